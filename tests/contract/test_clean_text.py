"""Foreign names and texts reach the screen and messages through one cleaner.

A role, a table, a container, a file, a log line, a label of an alert may hold escapes of a terminal, other controls,
directions of writing and line breaks. Each text of each report is made hostile here, so that a view without the cleaner
fails, and so does a view of a report that has no value here.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.pafar.runbook.plugins.callback.summary import CallbackModule
from ansible_collections.pafar.runbook.plugins.module_utils._core import errors
from ansible_collections.pafar.runbook.plugins.module_utils._core.plan import diff_of
from ansible_collections.pafar.runbook.plugins.plugin_utils._controller_action import ControllerAction

from contract.report_values import CONTRACTS
from support import reports

HOSTILE = "\x1b[2J\x1b]0;t\x07\x9b31m\u202e\u2066\u200b\ufeff\r\n\x00\u2028"
PLAN = {
    "verb": "v", "digest": "d" * 64, "affected_before": 1, "affected_after": 0, "what": "things",
    "no_action_reason": "", "actions": [{"target": "t", "reason": "r", "action": "terminate", "who": "w", "frees": 1}],
    "excluded": [{"target": "t2", "reason": "r"}],
}  # fmt: skip
ACT = {"plan": PLAN, "done": ["did it"], "not_done": [{"target": "t", "reason": "r"}], "seconds": 1.0, "remaining": 0,
       "undo": {}, "about": ["a session"]}  # fmt: skip
BLOCKING = {
    **ACT, "facts": {}, "rounds": 1, "stopped": "why", "seconds_to_recovery": 0.1,
    "still_present": [{"target": "t", "who": "w"}],
    "acted_on": [{"action": "terminated", "pid": 0, "who": "w", "reason": "r"}],
}  # fmt: skip
ACTS: dict[str, Any] = {
    **dict.fromkeys(
        ("compose_restart", "compose_rollback", "compose_scale", "compose_switch", "pg_end_sessions",
         "pg_role_settings", "pg_index_build", "async_status"), ACT),
    "disk_reclaim": {**reports.reclaim(reports.held(1, "web")), **ACT},
    "pg_kill_blocking": BLOCKING,
}  # fmt: skip
# Keys whose few words decide how the rest is shown.
UNTOUCHED = {"outcome", "severity", "state", "layer", "kind", "level", "fault_of"}


def unclean(text: str) -> bool:
    """Whether a text may move a cursor, turn the direction of writing, hide a character, or break its line."""
    return any(unicodedata.category(character) in ("Cc", "Cf", "Zl", "Zp", "Cs") for character in text)


def hostile(value: Any, name: str = "") -> Any:
    """The same with an attack in every text, also where the text is a key of whatever name."""
    if isinstance(value, dict):
        return {key: hostile(each, key) for key, each in value.items()}
    if isinstance(value, list):
        return [hostile(each, name) for each in value]
    return f"{value}{HOSTILE}x" if isinstance(value, str) and name not in UNTOUCHED else value


def values() -> Iterator[tuple[str, Any]]:
    for contract in CONTRACTS:
        if not contract.at:
            yield from ((contract.module, value) for value in contract.values)
    yield from ACTS.items()


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Any:
    shown: list[str] = []
    callback = CallbackModule()
    display = SimpleNamespace(display=lambda text, **_colour: shown.append(text))
    monkeypatch.setattr(callback, "_display", display)

    def show(module: str, *results: Any) -> list[str]:
        """What is printed for results of a module on one host, one after the other: the plan, then the act."""
        shown.clear()
        for result in results:
            home = "ansible.builtin" if module == "async_status" else "pafar.runbook"
            task = SimpleNamespace(resolved_action=f"{home}.{module}", action="", _role=None)
            host = SimpleNamespace(get_name=lambda: "db")
            callback.v2_runner_on_ok(SimpleNamespace(task=task, host=host, result=result))
        return list(shown)

    return show


def test_every_view_has_a_report_to_be_attacked_with() -> None:
    assert sorted(set(CallbackModule()._views) - {module for module, dummy in values()}) == []


@pytest.mark.parametrize(("module", "value"), list(values()), ids=[module for module, dummy in values()])
def test_no_line_on_the_screen_is_hostile(screen: Any, module: str, value: Any) -> None:
    lines = screen(module, hostile(value), hostile(value))
    assert not [line for line in lines if "not understood" in line]
    assert [line for line in lines if unclean(line)] == []


def test_a_view_without_the_cleaner_is_found(monkeypatch: pytest.MonkeyPatch, screen: Any) -> None:
    from ansible_collections.pafar.runbook.plugins.plugin_utils import _screen

    monkeypatch.setattr(_screen, "harmless", lambda text: text)
    assert any(unclean(line) for line in screen("compose_scale", hostile(ACT)))


@pytest.mark.parametrize(
    "error",
    [each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, errors.RunbookError)],
)
def test_no_message_of_a_failure_is_hostile(error: type[errors.RunbookError]) -> None:
    assert not unclean(str(error(f"could not read {HOSTILE} of x")))


def test_no_line_of_a_diff_is_hostile_and_each_stays_one() -> None:
    diff = diff_of("x", [f"a{HOSTILE}b", "  indented"], [])
    assert len(diff["before"].splitlines()) == 2
    assert not [line for line in diff["before"].split("\n") if unclean(line)]
    assert "  indented" in diff["before"]


def test_no_message_of_a_decision_on_the_controller_is_hostile(monkeypatch: pytest.MonkeyPatch) -> None:
    class Decides(ControllerAction):
        def __init__(self) -> None:
            pass

        def validate_argument_spec(self, **_given: Any) -> Any:
            return None, {}

        def judge(self, _args: dict[str, Any]) -> dict[str, Any]:
            return {"failed": True, "msg": f"stopped: {HOSTILE}"}

    monkeypatch.setattr("ansible.plugins.action.ActionBase.run", lambda *_a, **_k: {})
    assert not unclean(Decides().run()["msg"])
