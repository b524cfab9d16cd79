# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Appends events. Documentation: modules/incident_event.py."""

from __future__ import annotations

from typing import Any

from ansible_collections.pafar.runbook.plugins.module_utils._core.console import Line, of_act, of_terminations
from ansible_collections.pafar.runbook.plugins.module_utils._incident.held import HELD
from ansible_collections.pafar.runbook.plugins.module_utils._incident.intent import INTENDED
from ansible_collections.pafar.runbook.plugins.module_utils._incident.record import RECORD_ARGS, record
from ansible_collections.pafar.runbook.plugins.module_utils._system.io.run import this_run
from ansible_collections.pafar.runbook.plugins.plugin_utils._log_action import LogAction


class ActionModule(LogAction):
    """Writes events of any kind."""

    arguments = RECORD_ARGS

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """An intent says which run has it: a later one must not take an act that is under way for one that was cut off. A
        plan that is held says which workflow of AWX made it, so that its approval is of this plan and no other."""
        events = self._task.args.get("events")
        if isinstance(events, list):
            place = _made_in(task_vars or {})
            self._task.args = {**self._task.args, "events": [_placed(_marked(event), place) for event in events]}
        return super().run(tmp, task_vars)

    def write(self, params: dict[str, Any], check_mode: bool) -> dict[str, Any]:
        return record(params, check_mode)

    def said(self) -> list[Line]:
        """What was done: the module that did it has no screen of its own."""
        lines: list[Line] = []
        for event in self._task.args.get("events") or ():
            note: Any = event.get("note") or {}
            if event.get("kind") != "mitigated":
                continue
            lines += of_terminations(note) if "rounds" in note else of_act(note, bool(note.get("undoes")))
        return lines


def _marked(event: Any) -> Any:
    run = this_run() if isinstance(event, dict) and event.get("kind") == INTENDED else ""
    return {**event, "note": {**(event.get("note") or {}), "run": run}} if run else event


def _made_in(task_vars: dict[str, Any]) -> dict[str, Any]:
    """The workflow of AWX that this job is a part of; empty where there is none."""
    workflow, job = task_vars.get("awx_workflow_job_id"), task_vars.get("awx_job_id")
    if not isinstance(workflow, int) or not isinstance(job, int):
        return {}
    return {"workflow": workflow, "job": job}


def _placed(event: Any, place: dict[str, Any]) -> Any:
    is_about_a_plan = isinstance(event, dict) and event.get("kind") in (HELD, "approved", "handed_over")
    return {**event, "note": {**(event.get("note") or {}), "made_in": place}} if is_about_a_plan and place else event
