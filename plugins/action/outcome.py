# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The outcome of an act, on the controller. Documentation: modules/outcome.py."""

from __future__ import annotations

from typing import Any

from ansible_collections.pafar.runbook.plugins.module_utils._core.console import Line, of_outcome
from ansible_collections.pafar.runbook.plugins.module_utils._core.outcome import OutcomeReport, outcome_of
from ansible_collections.pafar.runbook.plugins.plugin_utils._controller_action import ControllerAction


class ActionModule(ControllerAction):
    """Compare before and after; fail when the result is worse than the plan said."""

    arguments = {
        "before": {"type": "int", "required": True},
        "after": {"type": "int", "required": True},
        "remaining": {"type": "int", "default": 0},
        "seconds": {"type": "raw"},
        "stopped": {"type": "str", "default": ""},
        "what": {"type": "str", "default": ""},
    }

    def judge(self, args: dict[str, Any]) -> dict[str, Any]:
        seconds = None if args["seconds"] in (None, "") else float(args["seconds"])
        report: OutcomeReport = {
            **outcome_of(args["before"], args["after"], args["remaining"], seconds, args["stopped"]),
            "what": args["what"],
        }
        result: dict[str, Any] = {**report}
        if not report["kept"]:
            because = f" It stopped early: {args['stopped']}." if args["stopped"] else ""
            result.update(
                failed=True,
                msg=f"The act did not reach the planned result ({report['outcome']}): {_counted(args)}, {args['remaining']}"
                f" expected.{because} Run the playbook again with --check: it shows the present cause and plan.",
            )
        return result

    def said(self, args: dict[str, Any], result: dict[str, Any]) -> list[Line]:  # noqa: ARG002
        report: Any = result
        return of_outcome(report)


def _counted(args: dict[str, Any]) -> str:
    if args["what"]:
        return f"{args['what']}: {args['before']} before, {args['after']} after"
    return f"sessions that wait too long: {args['before']} before, {args['after']} after"
