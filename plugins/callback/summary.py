# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Prints the results for the operator under their tasks. It is no record of the incident."""

from __future__ import annotations

DOCUMENTATION = r"""
name: summary
type: aggregate
short_description: Show the blocking tree, the plan, the gate's decision and the outcome
version_added: 0.1.0
description:
  - Prints the results of this collection's modules as a few lines of text under their tasks.
  - The C(ansible.cfg) of this collection enables it. Elsewhere, add V(pafar.runbook.summary) to C(callbacks_enabled).
author:
  - Pafar runbook maintainers (@pafar)
requirements:
  - enabled in configuration
"""

from typing import Any, Callable, Mapping

from ansible import context
from ansible.plugins.callback import CallbackBase
from ansible_collections.pafar.runbook.plugins.module_utils._core import console as summary
from ansible_collections.pafar.runbook.plugins.module_utils._incident.hash_chain import head_text
from ansible_collections.pafar.runbook.plugins.module_utils._incident.incident_lines import broken_in
from ansible_collections.pafar.runbook.plugins.module_utils._run.last_screen import Run, Story, last_lines, undoes
from ansible_collections.pafar.runbook.plugins.plugin_utils._result_lines import (
    Lines,
    of_activity,
    of_announced,
    of_diagnosis,
    of_explained,
    of_incident,
    of_indexes,
    of_log,
    of_opening,
    of_preflight,
    of_probes,
    of_record,
    of_resources,
    of_services,
    of_statements,
    of_top_consumers,
    of_total,
    of_triage,
    of_unread,
)
from ansible_collections.pafar.runbook.plugins.plugin_utils._screen import invocation, show

View = Callable[[str, Any], Lines]  # host and result, which is what the module of that name returns


# Modules whose results are shown: ours, and the one that fetches the result of ours from the background.
_HOMES = ("pafar.runbook.", "ansible.builtin.")
# Mitigations that plan with a module of their own, which the role `incident` runs too, to complete an earlier act.
_PLANNERS = (
    "compose_restart",
    "compose_rollback",
    "compose_scale",
    "compose_switch",
    "disk_reclaim",
    "pg_index_build",
    "pg_role_settings",
)
_OF_ALL_HOSTS = ("preflight_report", "incident_open", "incident_note", "announce", "show_text")
PLANNED = "planned"
ACTED = "acted"


def _results_of(result: Any) -> list[tuple[Any, str, Mapping[str, Any]]]:
    """Task, host and values of a result; of a task with a loop those of each item that was not skipped."""
    task = getattr(result, "task", None) or result._task
    host = str((getattr(result, "host", None) or result._host).get_name())
    values = getattr(result, "result", None) or result._result
    items = values.get("results") if getattr(task, "loop", None) else None
    if not isinstance(items, (list, tuple)):
        return [(task, host, values)]
    return [(task, host, item) for item in items if not item.get("skipped")]


class CallbackModule(CallbackBase):
    """Prints; keeps the stage of each host, to distinguish facts from verification and plan from act."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "pafar.runbook.summary"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        super().__init__()
        self._stage: dict[str, str] = {}
        self._seen: set[str] = set()  # hosts whose facts have been shown
        self._opened: set[str] = set()  # hosts with a gate that is open for their present plan
        self._incident = ""  # its id, once it has one
        self._check = False
        self._stories: dict[str, Story] = {}
        self._head = ""  # of the incident's log, after the last event
        self._opening: Mapping[str, Any] = {}  # how the incident was chosen
        self._path = self._proposed = self._severity = ""  # of the incident's file; what a triage proposes
        self._unwritten = ""  # why an event of the run is not in the log
        self._approval: Mapping[str, Any] = {}  # of the plans of a job of a workflow of AWX
        self._views: dict[str, View] = {
            "pg_activity_info": self._activity,
            "pg_kill_blocking": self._kill,
            "gate": self._gate,
            "outcome": self._outcome,
            "incident_open": lambda _host, result: of_opening(result),
            "incident_event": lambda _host, result: of_record(result),
            "incident_note": lambda _host, result: of_record(result),
            "incident_info": lambda _host, result: of_incident(result),
            "announce": lambda _host, result: of_announced(result),
            "compose_info": lambda _host, result: of_services(result),
            "host_resources_info": lambda _host, result: of_resources(result),
            "top_consumers": lambda _host, result: of_top_consumers(result),
            "compose_restart": self._act,
            "compose_rollback": self._act,
            "compose_scale": self._act,
            "compose_switch": self._act,
            "disk_reclaim": self._reclaim,
            "log_tail": lambda _host, result: of_log(result),
            "triage_report": lambda _host, result: of_triage(result),
            "endpoint_probe_info": lambda _host, result: of_probes(result),
            "pg_end_sessions": self._end,
            "pg_role_settings": self._act,
            "pg_index_build": self._act,
            "async_status": self._act,  # of a build in the background
            "diagnosis": self._diagnosis,
            "pg_preflight_info": lambda _host, result: of_preflight(result),
            "host_preflight_info": lambda _host, result: of_preflight(result),
            "preflight_report": lambda _host, result: of_total(result),
            "show_text": lambda _host, result: summary.of_text(result),
            "pg_statements_info": lambda _host, result: of_statements(result),
            "pg_index_info": lambda _host, result: of_indexes(result),
        }

    def v2_runner_on_ok(self, result: Any) -> None:
        for task, host, values in _results_of(result):
            self._keep(task, host, values)
            self._show(task, host, values)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:  # noqa: ARG002
        # Other failures have only their message, which Ansible has shown.
        only = ("outcome", "pg_kill_blocking", "pg_end_sessions", "preflight_report")
        for task, host, values in _results_of(result):
            self._keep(task, host, values)
            # A setting of one channel is wrong: what became of the messages of the others is in no message.
            shown = (*only, "announce") if "messages" in values else only
            self._show(task, host, values, shown, failed=True)

    def v2_runner_retry(self, result: Any) -> None:
        for task, host, values in _results_of(result):
            self._show(task, host, values, only=("pg_index_info",))  # how far a build is

    def v2_playbook_on_stats(self, stats: Any) -> None:
        """The last screen, under the recap."""
        for host, story in self._stories.items():
            story.failed, story.reached = bool(stats.failures.get(host)), not stats.dark.get(host)
        run = Run(
            call=invocation(self._incident),
            stories=list(self._stories.values()),
            check=self._check,
            path=self._path,
            head=self._head,
            joined=bool(self._opening.get("joined")),
            broken=broken_in(self._opening),
            unwritten=self._unwritten,
            proposed=self._proposed,
            severity=self._severity,
            workflow=str(self._approval.get("workflow") or ""),
            held_plans=self._approval.get("held_plans") or (),
        )
        show(self._display, "", last_lines(run), self._incident)

    def v2_playbook_on_play_start(self, play: Any) -> None:
        self._check = bool(getattr(play, "check_mode", False) or context.CLIARGS.get("check"))
        self._stage.clear()
        self._seen.clear()
        self._opened.clear()

    def _keep(self, task: Any, host: str, values: Mapping[str, Any]) -> None:
        """What the last screen says of the run."""
        facts = values.get("ansible_facts") or {}
        if "incident_name" in facts:
            self._incident = str(facts["incident_name"])
            self._stories.clear()
        if self._incident and ("incident_undoable" in facts or "incident_held" in facts):
            self._stories.setdefault(host, Story(host)).undoes = undoes(facts)
        name = str(task.resolved_action or task.action)
        short = name.rpartition("pafar.runbook.")[2]
        # An act in the background has its result in that of async_status.
        ours = name != short or (name == "ansible.builtin.async_status" and "plan" in values and "done" in values)
        if short == "incident_open" and name != short:
            self._opening = values
        if not self._incident or not ours or (short in _PLANNERS and _looks_back(task)):
            return
        story = self._stories.setdefault(host, Story(host))
        if short == "gate" and values.get("gates"):
            story.gates.append(values["gates"][-1])
        elif short == "incident_event":
            self._unwritten = self._unwritten if "path" in values else str(values.get("msg") or "")
            self._path = str(values.get("path") or "") or self._path
            self._head = head_text(values.get("head") or {"seq": 0}) or self._head
            self._incident = str(values.get("id") or "") or self._incident
            if values.get("joined"):  # at its first event: another run had opened one meanwhile
                self._opening = {**self._opening, "joined": True}
        elif short == "announce":  # what was sent is recorded too
            self._head = head_text((values.get("heads") or {}).get(self._incident) or {"seq": 0}) or self._head
        elif short == "run_summary":
            self._approval = values
        elif short == "triage_report":
            self._proposed, self._severity = _playbook_of(values), str(values.get("severity") or "")
        story.add(values)

    def _show(
        self, task: Any, host: str, values: Mapping[str, Any], only: tuple[str, ...] = (), failed: bool = False
    ) -> None:
        name = str(task.resolved_action or task.action)
        short = next((name[len(home) :] for home in _HOMES if name.startswith(home)), "")
        view = self._views.get(short)
        if view is None or (only and short not in only) or (short in _PLANNERS and _looks_back(task)):
            return
        try:
            lines = view(host, values)
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            if "msg" in values and (failed or "failed_when_result" in values):
                return  # such a result has its message alone
            what = f"key {error}" if isinstance(error, KeyError) else str(error)
            lines = [(summary.CARE, f"result of {short} not understood ({what}); see the log")]
        show(self._display, "" if short in _OF_ALL_HOSTS else host, lines, self._incident)

    def _activity(self, host: str, result: Any) -> Lines:
        self._seen.add(host)
        return [] if host in self._stage else of_activity(result)

    def _planned(self, host: str) -> None:
        self._stage[host] = PLANNED
        self._opened.discard(host)

    def _kill(self, host: str, result: Any) -> Lines:
        if self._stage.get(host) != PLANNED:
            # One snapshot serves facts and plan. Facts are shown once; without waiters the plan is not shown.
            facts: Any = {} if host in self._seen else result["facts"]
            self._seen.add(host)
            lines = of_activity(facts) if facts else []
            if "error" in result or (facts and not facts["waiters"]):
                return lines  # a refusal has who waits, and its message
            lines += summary.of_plan(result["plan"])
            self._planned(host)
            return lines
        if result["rounds"]:
            self._stage[host] = ACTED
            return summary.of_terminations(result)
        del self._stage[host]
        return [(summary.DIM, "no session was terminated")]

    def _act(self, host: str, result: Any) -> Lines:
        """The first time the plan, the second time the act; the outcome shows a plan made again to verify."""
        if self._stage.get(host) == ACTED or ("ansible_job_id" in result and "plan" not in result):
            return []  # a job in the background that has no result yet, or another's
        if self._stage.get(host) != PLANNED:
            lines = summary.of_act_plan(result["plan"])
            self._planned(host)
            return lines
        self._stage[host] = ACTED
        if result["done"]:
            return summary.of_act(result, host in self._stories and self._stories[host].undoes)
        del self._stage[host]
        return [(summary.DIM, "nothing was done")]

    def _end(self, host: str, result: Any) -> Lines:
        """A look for a diagnosis has facts, and a plan of which the diagnosis says what is to be carried out. Before its
        plan, what is known of a session that an operator chose."""
        if not result.get("facts"):
            planned = host not in self._stage
            lines = self._act(host, result)
            return [*((summary.PLAIN, text) for text in result.get("about") or ()), *lines] if planned else lines
        seen = host in self._seen
        self._seen.add(host)
        return [] if seen else of_activity(result["facts"])

    def _diagnosis(self, host: str, result: Any) -> Lines:
        lines = of_diagnosis(result)
        plans = [plan for plan in result["plans"].values() if plan["affected_before"]]
        if plans:
            self._planned(host)
        return lines + [line for plan in plans for line in summary.of_act_plan(plan)]

    def _reclaim(self, host: str, result: Any) -> Lines:
        """With the plan also what it does not free, and what could not be read."""
        planned = host not in self._stage
        lines = self._act(host, result)
        return [*of_unread(result), *lines, *of_explained(result)] if planned else lines

    def _gate(self, host: str, result: Any) -> Lines:
        """A plan may have two gates, of which one is open: then an act follows."""
        if result["open"]:
            self._opened.add(host)
            self._stage[host] = PLANNED
        elif host not in self._opened:
            self._stage.pop(host, None)
        return summary.of_gate(result)

    def _outcome(self, host: str, result: Any) -> Lines:
        self._stage.pop(host, None)
        return summary.of_outcome(result)


def _playbook_of(values: Mapping[str, Any]) -> str:
    return str(values.get("next") or "").rpartition("/")[2].partition(".")[0]


def _looks_back(task: Any) -> bool:
    """Whether a task looks what became of an act of an earlier run: its plan is no plan of this run."""
    role = getattr(task, "_role", None)
    return role is not None and role.get_name().rpartition(".")[2] == "incident"
