# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The gate runs on the controller, without a connection to the host. Documentation: modules/gate.py."""

from __future__ import annotations

import json
import re
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible_collections.pafar.runbook.plugins.module_utils._core.gate import (
    APPROVAL,
    SHORTEST_DIGEST,
    GateReport,
    GateResult,
    Stats,
    weigh,
)
from ansible_collections.pafar.runbook.plugins.plugin_utils._controller_action import ControllerAction


class ActionModule(ControllerAction):
    """Check the plan, return the decision, export digest and targets."""

    arguments = {
        "plan": {"type": "dict", "required": True},
        "mitigation": {"type": "str", "default": "plan"},
        "limit": {"type": "int", "default": 5},
        "approval": {"type": "str", "default": "over_limit", "choices": list(APPROVAL)},
        "approved_targets": {"type": "raw"},
        "approved_digest": {"type": "str", "default": ""},
    }

    def judge(self, args: dict[str, Any]) -> dict[str, Any]:
        plan = args["plan"]
        missing = {"digest", "actions"} - set(plan)
        if missing:
            raise AnsibleActionFail(
                f"gate: plan lacks {', '.join(sorted(missing))}; pass the plan that a module of this collection returned in"
                " check mode. Nothing was done."
            )
        if args["limit"] < 1:
            raise AnsibleActionFail(
                f"gate: limit is {args['limit']} and must be at least 1. To require an approval for every plan, set"
                " approval to always. Nothing was done."
            )
        digests = [word for word in re.split(r"[\s,]+", args["approved_digest"]) if word]
        for digest in digests:
            if not re.fullmatch(rf"[0-9a-fA-F]{{{SHORTEST_DIGEST},64}}", digest):
                raise AnsibleActionFail(
                    f"gate: approved_digest: {digest!r} is no digest; give at least the first {SHORTEST_DIGEST} of the 64"
                    " hexadecimal digits that the run in check mode printed. Nothing was done."
                )
        approved = _targets(args["approved_targets"])
        decision = weigh(plan, args["limit"], args["approval"], approved, digests)
        stats = _exported(plan, f"{args['mitigation']}@{self.host}", decision.as_dict())
        result: GateResult = {**decision.as_dict(), "digest": plan["digest"], "ansible_stats": stats}
        return {**result}


def _targets(given: Any) -> list[str] | None:
    """A survey returns strings: an empty one means "not given"; JSON or words are a list."""
    if given is None or given == "":
        return None
    if isinstance(given, str):
        if not given.lstrip().startswith("["):
            return [word for word in re.split(r"[\s,]+", given) if word]
        try:
            given = json.loads(given)
        except ValueError as error:
            raise AnsibleActionFail(
                f"gate: approved_targets is no valid JSON list: {error}. Nothing was done."
            ) from None
    if not isinstance(given, list) or not all(isinstance(target, str) for target in given):
        raise AnsibleActionFail("gate: approved_targets must be a list of targets (texts). Nothing was done.")
    return given


def _exported(plan: dict[str, Any], name: str, decision: GateReport) -> Stats:
    """Custom stats, as set_stats would set them: AWX hands them to the next job of a workflow."""
    targets = [action["target"] for action in plan["actions"]]
    return {
        "data": {
            "incident_plans": {name: {"digest": plan["digest"], "targets": targets, "open": decision["open"]}},
            "incident_plan_digest": {name: plan["digest"]},
            "incident_plan_targets": targets,
        },
        "per_host": False,
        "aggregate": True,
    }
