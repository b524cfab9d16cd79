"""An answer that rests on something unread says so in its first line on the screen, whichever module gives it."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.pafar.runbook.plugins.callback.summary import CallbackModule
from ansible_collections.pafar.runbook.plugins.module_utils._core.console import BAD, CARE, GOOD, first_line
from ansible_collections.pafar.runbook.plugins.module_utils._preflight.check import Check, preflight_report

from contract.report_values import CONTRACTS
from contract.test_screen import on_screen
from support import reports

SAID = "not everything is known ("


def value_of(module: str) -> Any:
    """A result of the module, from its producers."""
    return copy.deepcopy(next(each.values[0] for each in CONTRACTS if each.module == module and not each.at))


def changed(module: str, change: Callable[[Any], Any]) -> Any:
    value = value_of(module)
    change(value)
    return value


def unhealthy_check(value: Any) -> None:
    service = next(iter(value["services"].values()))
    service["unknown"] = 1


# Module -> results of it that rest on something unread.
UNREAD: dict[str, list[Any]] = {
    "compose_info": [
        changed("compose_info", lambda value: value["project"].update(readable=False, why_unreadable="moved")),
        changed("compose_info", lambda value: (value["project"].update(readable=True), unhealthy_check(value))),
    ],
    "diagnosis": [changed("diagnosis", lambda value: value.update(unread=["3 sessions cannot be seen"], lines=[]))],
    "endpoint_probe_info": [
        changed("endpoint_probe_info", lambda value: value["matrix"][0].update(state="unknown", attempts=0, why="x"))
    ],
    "log_tail": [
        changed("log_tail", lambda value: value["sources"][0].update(problem="may not be read")),
        changed("log_tail", lambda value: value["sources"][0].update(left_out=["older lines"])),
    ],
    "pg_activity_info": [changed("pg_activity_info", lambda value: value.update(visibility="partial", redacted=3))],
    "pg_end_sessions": [
        {"facts": changed("pg_activity_info", lambda value: value.update(visibility="partial", redacted=3))}
    ],
    "pg_kill_blocking": [
        {"facts": changed("pg_activity_info", lambda value: value.update(visibility="partial", redacted=3, waiters=[]))}
    ],
    "pg_statements_info": [
        changed("pg_statements_info", lambda value: value.update(available=False, why="no extension", remedy="x"))
    ],
    "pg_index_info": [changed("pg_index_info", lambda value: value.update(building=[], notes=["db2 was not read"]))],
    "pg_preflight_info": [preflight_report([Check("clock", None, "not read")])],
    "host_preflight_info": [preflight_report([Check("a", True, ""), Check("clock", None, "not read")])],
    "preflight_report": [value_of("preflight_report")],
    "triage_report": [changed("triage_report", lambda value: value.update(unread=["db could not be examined"]))],
    "disk_reclaim": [{**reports.reclaim(), "notes": ["the engine was not asked"], "plan": None}],
}
# Modules whose screen says nothing of what was read, each with the reason.
EXEMPT = {
    "announce": "names each message that was not sent",
    "async_status": "the act whose plan was shown before",
    "compose_restart": "plans on a look that fails where it cannot be taken",
    "compose_rollback": "plans on a look that fails where it cannot be taken",
    "compose_scale": "plans on a look that fails where it cannot be taken; what is not known is a refusal",
    "compose_switch": "plans on a look that fails where it cannot be taken",
    "gate": "judges a plan",
    "host_resources_info": "fails where the kernel shows no figures; what one kernel lacks is null",
    "incident_event": "says where it wrote",
    "incident_note": "says where it wrote",
    "incident_open": "names why the log could not be read",
    "incident_info": "names acts without an outcome first",
    "outcome": "compares two counts",
    "pg_index_build": "plans on a look that fails where it cannot be taken",
    "pg_role_settings": "plans on a look that fails where it cannot be taken",
    "show_text": "shows the lines of another result",
    "top_consumers": "weighs what host_resources_info returned",
}


def test_every_module_on_the_screen_is_in_one_of_the_lists() -> None:
    assert set(CallbackModule()._views) == set(UNREAD) | set(EXEMPT)
    assert not set(UNREAD) & set(EXEMPT)


@pytest.mark.parametrize(
    ("module", "result"), [(module, result) for module, results in UNREAD.items() for result in results]
)
def test_what_is_unread_is_said_in_the_first_line(module: str, result: Any) -> None:
    if module == "disk_reclaim":
        plan = {"actions": [], "excluded": [], "affected_before": 100, "no_action_reason": "nothing may be freed"}
        result = {**result, "plan": plan}
    lines = on_screen(module, [result])
    assert SAID in lines[0], lines


@pytest.mark.parametrize("module", [each for each in UNREAD if any(c.module == each and not c.at for c in CONTRACTS)])
def test_what_was_read_whole_does_not_say_so(module: str) -> None:
    value = value_of(module)
    if module == "compose_info":
        value["project"].update(readable=True)
    if module == "pg_activity_info":
        value.update(visibility="full")
    if module == "log_tail":
        value["sources"] = []
    if module == "preflight_report":
        value.update(unknown=[], unreached=[])
    assert not any(SAID in line for line in on_screen(module, [value]))


def test_no_good_news_rests_on_something_unread() -> None:
    assert first_line(GOOD, "all well", []) == (GOOD, "all well")
    assert first_line(GOOD, "all well", ["a", "b"]) == (CARE, "not everything is known (a and 1 more): all well")
    assert first_line(BAD, "P0", ["a"])[0] == BAD
