# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A plan to end sessions, narrowed to the targets that a diagnosis found. Pure."""

from __future__ import annotations

from typing import Any, Iterable, Mapping

from ..._core.plan import Item, Plan
from .excess_plan import HARMLESS, EndDict, Parts, end_dict

_IDENTITY = ("target", "reason", "action")


def named_by(plan: EndDict, rule: str, families: Iterable[str] | None = None) -> list[str]:
    """Targets that a rule names, also those that only a bound leaves alone; ``families``: of these applications."""
    wanted = None if families is None else set(families)
    return [
        item["target"]
        for item in (*plan["actions"], *plan["excluded"])
        if item.get("rule") == rule and (wanted is None or item["application"] in wanted)
    ]


def out_of_reach(plan: EndDict, families: Iterable[str] | None = None) -> list[Mapping[str, Any]]:
    """Sessions that would be terminated by what they do, were they not a superuser's or beyond the login's rights."""
    wanted = None if families is None else set(families)
    return [
        item
        for item in plan["excluded"]
        if item.get("out_of_reach") and (wanted is None or item["application"] in wanted)
    ]


def parts_for(plan: EndDict, targets: Mapping[str, str]) -> Parts:
    """The plan for these targets and no other, in two parts. Each target comes with why it needs an approval, empty
    where it needs none."""
    named = {item["target"]: item for item in (*plan["actions"], *plan["excluded"]) if item["target"] in targets}
    return {
        "harmless": _part(plan, [item for item in named.values() if item["rule"] in HARMLESS], targets),
        "others": _part(plan, [item for item in named.values() if item["rule"] not in HARMLESS], targets),
    }


def _part(plan: EndDict, named: Iterable[Mapping[str, Any]], targets: Mapping[str, str]) -> EndDict:
    acts: list[Item] = []
    bounded: list[Item] = []
    for item in named:
        detail = {name: value for name, value in item.items() if name not in _IDENTITY}
        if targets[item["target"]]:
            detail["needs_approval"] = targets[item["target"]]
        action = str(item.get("action", ""))
        (acts if action else bounded).append(Item(item["target"], item["reason"], action, detail))
    narrowed = Plan(plan["verb"], tuple(acts), tuple(bounded))
    return end_dict(narrowed, len(acts) + len(bounded), len(bounded))
