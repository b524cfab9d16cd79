# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The verdict on an act, on the controller. Documentation: modules/outcome.py."""

from __future__ import annotations

from typing import Any

from ansible_collections.pafar.runbook.plugins.module_utils._core.outcome import OutcomeReport, outcome_of
from ansible_collections.pafar.runbook.plugins.plugin_utils._controller_action import ControllerAction


class ActionModule(ControllerAction):
    """Compare before and after; fail when the plan did not keep its word."""

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
        told: OutcomeReport = {
            **outcome_of(args["before"], args["after"], args["remaining"], seconds, args["stopped"]),
            "what": args["what"],
        }
        result: dict[str, Any] = {**told}
        if not told["kept"]:
            because = f" It stopped because {args['stopped']}." if args["stopped"] else ""
            result.update(
                failed=True,
                msg=f"The act did not bring the relief that was planned ({told['outcome']}): "
                f"{_counted(args)}, {args['remaining']} were expected.{because} Look again with --check: it shows what is in"
                " the way now.",
            )
        return result


def _counted(args: dict[str, Any]) -> str:
    if args["what"]:
        return f"{args['what']}: {args['before']} before, {args['after']} after"
    return f"{args['before']} waited too long before, {args['after']} after"
