"""A result that the screen cannot read is said in one line, whichever module it is of and whichever key is renamed."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from types import SimpleNamespace
from typing import Any, get_args, get_origin, get_type_hints, is_typeddict

import pytest
from ansible_collections.pafar.runbook.plugins.callback.summary import CallbackModule
from ansible_collections.pafar.runbook.plugins.module_utils._core.console import ShownAct, Terminations
from ansible_collections.pafar.runbook.plugins.module_utils._core.plan import Item, Plan, diff_of, plan_dict

from contract.report_values import CONTRACTS

PLAN = plan_dict(Plan("x", (Item("a", "old", "restart", {"frees": 1, "who": "a"}),), (Item("b", "new"),)), 1, "things")
ACTED: ShownAct = {
    "changed": True, "plan": PLAN, "done": ["restarted a"], "not_done": [{"target": "c", "reason": "gone"}],
    "before": {},
    "after": {}, "remaining": 0, "seconds": 1.0, "undo": {"reversible": True}, "evidence": {},
    "diff": diff_of("x", [], []), "next_up": "reverts it",
}  # fmt: skip
PLANNED: ShownAct = {**ACTED, "done": [], "not_done": [], "seconds": None}
KILLED: Terminations = {
    "acted_on": [{"who": "a", "action": "terminated", "reason": "idle"}],
    "still_present": [{"who": "b"}], "not_done": [{"target": "c", "reason": "gone"}], "rounds": 1,
    "seconds_to_recovery": 0.1, "stopped": "",
}  # fmt: skip
# Module -> results in the order in which they are shown; the last is the one whose keys are renamed.
SHOWN: list[tuple[str, Any, list[Any]]] = [
    *((each.module, each.kind, [value]) for each in CONTRACTS if not each.at for value in each.values),
    ("compose_scale", ShownAct, [PLANNED]),
    ("compose_scale", ShownAct, [PLANNED, ACTED]),
    ("pg_end_sessions", ShownAct, [PLANNED]),
    ("pg_end_sessions", ShownAct, [PLANNED, ACTED]),
    ("pg_kill_blocking", ShownAct, [{**PLANNED, "rounds": 0, "facts": {}}]),
    ("pg_kill_blocking", Terminations, [{**PLANNED, "rounds": 0, "facts": {}}, {**ACTED, **KILLED, "facts": {}}]),
]
SHOWN = [each for each in SHOWN if each[0] in CallbackModule()._views]


def on_screen(module: str, results: list[Any]) -> list[str]:
    """The lines of the last result."""
    lines: list[str] = []
    callback = CallbackModule()
    callback._display = SimpleNamespace(display=lambda text, **_colour: lines.append(text))  # type: ignore[assignment]
    task = SimpleNamespace(resolved_action=f"pafar.runbook.{module}", action="")
    host = SimpleNamespace(get_name=lambda: "db")
    for result in results:
        lines.clear()
        callback.v2_runner_on_ok(SimpleNamespace(task=task, host=host, result=result))
    return lines


def required_keys(value: Any, kind: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where the value has a key that its type requires, down to the first of each list."""
    args = [each for each in get_args(kind) if each is not type(None)]
    if is_typeddict(kind) and isinstance(value, Mapping):
        for name, each in get_type_hints(kind).items():
            if name in kind.__required_keys__ and name in value:
                yield (*path, name)
                yield from required_keys(value[name], each, (*path, name))
    elif get_origin(kind) is list and value:
        yield from required_keys(value[0], args[0], (*path, 0))
    elif get_origin(kind) is dict and value:
        first = next(iter(value), "")
        yield from required_keys(value[first], args[1], (*path, first))
    elif args and get_origin(kind) not in (list, dict):
        yield from required_keys(value, args[0], path)


def renamed(value: Any, path: tuple[Any, ...]) -> Any:
    changed = copy.deepcopy(value)
    inside = changed
    for part in path[:-1]:
        inside = inside[part]
    inside[f"{path[-1]}_renamed"] = inside.pop(path[-1])
    return changed


NAMES = [f"{module}-{number}" for number, (module, *dummy) in enumerate(SHOWN)]


@pytest.mark.parametrize(("module", "kind", "results"), SHOWN, ids=NAMES)
def test_a_key_that_is_renamed_is_said_or_was_not_shown(module: str, kind: Any, results: list[Any]) -> None:
    *before, last = results
    whole = on_screen(module, results)
    assert not any("not understood" in line for line in whole), whole
    for path in required_keys(last, kind):
        lines = on_screen(module, [*before, renamed(last, path)])
        said = len(lines) == 1 and f"result of {module} not understood" in lines[0]
        assert said or lines == whole, (path, lines)


def test_every_module_that_is_shown_is_tried() -> None:
    tried = {module for module, *dummy in SHOWN}
    same_as_scale = {"compose_restart", "compose_rollback", "compose_switch", "pg_role_settings", "pg_index_build"}
    assert set(CallbackModule()._views) - tried == same_as_scale | {"disk_reclaim", "async_status"}


def test_a_result_that_could_not_be_read_is_found() -> None:
    """The comparison can fail: a key that is shown is missed, and one that is not changes nothing."""
    assert "not understood" in on_screen("compose_scale", [renamed(PLANNED, ("plan", "actions"))])[0]
    assert on_screen("compose_scale", [renamed(PLANNED, ("evidence",))]) == on_screen("compose_scale", [PLANNED])
