# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The gate runs on the controller, without a connection to the host. Documentation: modules/gate.py."""

from __future__ import annotations

import json
import re
from typing import Any, Iterator, Mapping, Sequence

from ansible.errors import AnsibleActionFail
from ansible_collections.pafar.runbook.plugins.module_utils._core.approval import typed_digests
from ansible_collections.pafar.runbook.plugins.module_utils._core.console import Line, of_any_plan, of_gate
from ansible_collections.pafar.runbook.plugins.module_utils._core.errors import InputError
from ansible_collections.pafar.runbook.plugins.module_utils._core.gate import (
    APPROVAL,
    Elsewhere,
    GateReport,
    GateResult,
    PastGate,
    Stats,
    matched,
    of_this_plan,
    plans_in,
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
        "only_approved": {"type": "bool", "default": False},
        "refuse_approval": {"type": "bool", "default": False},
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
        try:
            digests = typed_digests(args["approved_digest"])
        except InputError as error:
            raise AnsibleActionFail(f"gate: {error}") from None
        approved = _targets(args["approved_targets"])
        if args["refuse_approval"] and (digests or approved):
            raise AnsibleActionFail(
                "This site wants the approval of another person (runbook_four_eyes), and who approved is not known here."
                " Nothing was done. Run it without an approval: the plan is held, and another person carries it out with"
                " playbooks/approve.yml or in a workflow of AWX."
            )
        elsewhere = self._elsewhere(plan) if digests or approved else Elsewhere()
        targets, binding = of_this_plan(plan, approved, digests, elsewhere)
        decision = weigh(plan, args["limit"], args["approval"], targets, binding, args["only_approved"])
        reasons = [*decision.reasons]
        if (digests or approved) and not binding and not targets:
            reasons.append("the approval that was given is of another plan")
        report: GateReport = {**decision.as_dict(), "reasons": reasons}
        gates = self._past(plan, args["mitigation"], report, matched(plan, digests))
        stats = _exported(plan, f"{args['mitigation']}@{self.host}", report)
        result: GateResult = {
            **report,
            "digest": plan["digest"],
            "options": self._options(),
            "gates": gates,
            "ansible_stats": stats,
        }
        return {**result}

    def _options(self) -> dict[str, Any]:
        """The options of the mitigation's module: its defaults in the block that this task is in. A registered result has
        none, since Ansible removes them."""
        found: dict[str, Any] = {}
        for defaults in getattr(self._task, "module_defaults", None) or ():
            for name, options in defaults.items():
                if str(name).startswith("pafar.runbook."):
                    found = self._templar.template(options)
        return {name: value for name, value in found.items() if not _omitted(value)}

    def said(self, args: dict[str, Any], result: dict[str, Any]) -> list[Line]:
        """The plan too: the module that made it has no screen of its own."""
        plan: Any = args["plan"]
        decision: Any = result
        if "affected_before" not in plan:  # not of this collection's modules
            return of_gate(decision)
        return [*of_any_plan(plan), *of_gate(decision)]

    def _elsewhere(self, plan: Mapping[str, Any]) -> Elsewhere:
        """The plans that this run has made so far, on all of its hosts, but for the one that is weighed."""
        plans = [other for other in self._plans() if other["digest"] != plan["digest"]]
        targets = [action["target"] for other in plans for action in other["actions"] if "target" in action]
        return Elsewhere([str(other["digest"]) for other in plans], targets)

    def _plans(self) -> Iterator[Mapping[str, Any]]:
        hostvars = self.task_vars.get("hostvars")
        if hostvars is None:
            return
        for host in self.task_vars.get("ansible_play_hosts_all") or ():
            for result in hostvars._variable_manager._nonpersistent_fact_cache.get(host, {}).values():
                yield from plans_in(result)

    def _past(
        self, plan: Mapping[str, Any], mitigation: str, report: GateReport, approvals: Sequence[str]
    ) -> list[PastGate]:
        """The gates of this host and this incident so far, from the result of the one before."""
        incident = str(self.task_vars.get("incident_name", ""))
        before = self.task_vars.get("incident_gate")
        past = before.get("gates") or [] if isinstance(before, Mapping) else []
        this: PastGate = {
            "incident": incident,
            "mitigation": mitigation,
            "digest": plan["digest"],
            "planned": len(plan["actions"]),
            "open": report["open"],
            "approved": report["approved"],
            "reasons": report["reasons"],
            "matched": list(approvals),
        }
        return [*(gate for gate in past if gate["incident"] == incident), this]


def _omitted(value: Any) -> bool:
    """Whether a value is Ansible's mark for an option that is not given."""
    return value is None or type(value).__name__ == "_OmitType" or "__omit_place_holder__" in str(value)


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
