# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The last screen of a run, and approvals that were of none of its plans. Documentation: modules/run_summary.py."""

from __future__ import annotations

from typing import Any, Iterator, Mapping, Sequence

from ansible_collections.pafar.runbook.plugins.module_utils._core.approval import words_of
from ansible_collections.pafar.runbook.plugins.module_utils._core.console import Line, of_any_plan
from ansible_collections.pafar.runbook.plugins.module_utils._core.gate import plans_in
from ansible_collections.pafar.runbook.plugins.module_utils._incident.hash_chain import head_text
from ansible_collections.pafar.runbook.plugins.module_utils._incident.held import workflow_address
from ansible_collections.pafar.runbook.plugins.module_utils._incident.incident_lines import broken_in
from ansible_collections.pafar.runbook.plugins.module_utils._run.last_screen import (
    Run,
    RunReport,
    Story,
    last_lines,
    undoes,
)
from ansible_collections.pafar.runbook.plugins.plugin_utils._controller_action import ControllerAction
from ansible_collections.pafar.runbook.plugins.plugin_utils._screen import invocation


class ActionModule(ControllerAction):
    """Reads the results that this run has registered, on all of its hosts; no connection to any."""

    arguments = {
        "approved_digest": {"type": "str", "default": ""},
    }

    def judge(self, args: dict[str, Any]) -> dict[str, Any]:
        incident = str(self.task_vars.get("incident_name", ""))
        stories = [self._story(str(host), incident) for host in self.task_vars.get("ansible_play_hosts_all") or ()]
        matched = {digest for story in stories for gate in story.gates for digest in gate["matched"]}
        # Of a plan that was held the gate has the whole digest.
        unmatched = [
            digest
            for digest in words_of(args["approved_digest"])  # the gate has refused what is none
            if not any(_is_of(digest, each) for each in matched)
        ]
        workflow = self._workflow()
        plans = list(self._held_plans(stories)) if workflow else []
        report: RunReport = {"unmatched": unmatched, "workflow": workflow, "held_plans": plans}
        result: dict[str, Any] = {**report}
        if unmatched:
            result["warnings"] = [
                f"incident_approved_digest: no plan of this run is {', '.join(unmatched)}, so that this approval had no effect."
                " Take the digest that this run printed, or run it again with --check."
            ]
        self.host = ""  # it is of all hosts
        return result

    def said(self, args: dict[str, Any], result: dict[str, Any]) -> list[Line]:  # noqa: ARG002
        incident = str(self.task_vars.get("incident_name", ""))
        hosts = [str(host) for host in self.task_vars.get("ansible_play_hosts_all") or ()]
        values = [value for host in hosts for value in self._results(host).values()]
        written = [value for value in values if "intended" in value and value.get("path")]
        stories = [self._story(host, incident) for host in hosts]
        opening: Mapping[str, Any] = next((value for value in values if {"first_break", "why"} <= value.keys()), {})
        incident = str(written[0].get("id") or incident) if written else incident
        heads = [value.get("head") for value in written]
        heads += [value["heads"].get(incident) for value in values if isinstance(value.get("heads"), Mapping)]
        last = max((head for head in heads if head), key=lambda head: head["seq"], default={"seq": 0, "hash": ""})
        proposed: Mapping[str, Any] = self._results(hosts[0]).get("triage_report", {}) if hosts else {}
        run = Run(
            call=invocation(incident),
            stories=stories,
            check=bool(self._task.check_mode),
            path=str(written[0]["path"]) if written else "",
            head=head_text(last),
            # Also at the first event: another run had opened one meanwhile.
            joined=bool(opening.get("joined")) or bool(opening and written and opening["id"] != incident),
            broken=broken_in(opening),
            unwritten=next(filter(None, (_unwritten(self._results(host)) for host in hosts)), ""),
            proposed=playbook_of(str(proposed.get("next") or "")),
            severity=str(proposed.get("severity") or ""),
            workflow=str(result.get("workflow") or ""),
            held_plans=result.get("held_plans") or (),
        )
        return last_lines(run)

    def _workflow(self) -> str:
        """Where the plans of this run are approved, if it is a job of a workflow of AWX."""
        workflow = self.task_vars.get("awx_workflow_job_id")
        if not isinstance(workflow, int):
            return ""
        address = workflow_address(str(self._templar.template(self.task_vars.get("runbook_awx_url") or "")), workflow)
        return address or f"workflow {workflow} of AWX"

    def _held_plans(self, stories: Sequence[Story]) -> Iterator[str]:
        """The plans that were held, whole."""
        for story in stories:
            plans = {plan["digest"]: plan for value in self._results(story.host).values() for plan in plans_in(value)}
            for gate in story.held:
                plan: Any = plans.get(gate["digest"])
                if plan and "affected_before" in plan:
                    yield f"plan {gate['digest'][:12]} of {gate['mitigation']} on {story.host}:"
                    yield from (f"  {text}" for dummy, text in of_any_plan(plan))

    def _known(self, host: str) -> Mapping[str, Any]:
        known: Mapping[str, Any] = self.task_vars["hostvars"]._variable_manager._nonpersistent_fact_cache.get(host, {})
        return known

    def _results(self, host: str) -> dict[str, Mapping[str, Any]]:
        return {name: value for name, value in self._known(host).items() if isinstance(value, Mapping)}

    def _story(self, host: str, incident: str) -> Story:
        results = self._results(host)
        gates = [gate for gate in results.get("incident_gate", {}).get("gates") or () if gate["incident"] == incident]
        out = host not in self.task_vars.get("ansible_play_hosts", [host])
        story = Story(host, gates, failed=out or "__incident_failure" in results)  # as hand_over.yml sets it
        story.undoes = undoes(self._known(host))
        for value in _acts_and_outcomes(results):
            story.add(value)
        return story


def _is_of(digest: str, whole: str) -> bool:
    return whole.lower().startswith(digest.lower())


def _unwritten(results: Mapping[str, Mapping[str, Any]]) -> str:
    """The reason that append.yml has printed; empty where everything was written."""
    reason, *dummy = results.get("__incident_unwritten", {}).get("msg") or [""]
    return str(reason)


def _acts_and_outcomes(results: Mapping[str, Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Results of modules of this collection that acted, and outcomes, in the order in which they were registered."""
    for value in results.values():
        if "kept" in value or value.get("done") or value.get("acted_on"):
            yield value


def playbook_of(path: str) -> str:
    """The name of a playbook that is named by its path."""
    return path.rpartition("/")[2].partition(".")[0]
