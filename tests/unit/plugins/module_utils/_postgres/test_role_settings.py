"""Guards: durations are compared as such, and a stricter one stays."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._postgres import role_settings
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.locks.wait_forest import build_forest
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.role_settings import (
    CONNECTIONS,
    RoleSetting,
    RoleState,
    bound,
    plan_role_settings,
)
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.snapshot import Limits, Snapshot

from support.snapshots import SERVER, snapshot

IDLE = "idle_in_transaction_session_timeout"


def plan(now, wanted, setting=IDLE, everywhere=None, **more):
    known = {"app": RoleState("app", {setting: now} if now else {})}
    return plan_role_settings([RoleSetting("app", setting, wanted, **more)], known, snapshot([]), everywhere).plan


@pytest.mark.parametrize(
    ("value", "milliseconds"),
    [("30s", 30_000), ("2min", 120_000), ("120 s", 120_000), ("500", 500), ("1.5h", 5_400_000), ("250us", 0.25),
     ("0", float("inf")), ("", float("inf")), ("0x10", None)],
)  # fmt: skip
def test_how_much_a_value_lets_through(value, milliseconds):
    assert bound(IDLE, value) == milliseconds


@pytest.mark.parametrize(
    ("now", "wanted", "setting"),
    [("2min", "120s", IDLE), ("30000", "30s", IDLE), ("10", "10", CONNECTIONS)],
)
def test_the_same_in_another_spelling_is_set_already(now, wanted, setting):
    found = plan(now, wanted, setting)
    assert (found.actions, found.excluded) == ((), ())


@pytest.mark.parametrize(
    ("now", "wanted", "setting"),
    [("30s", "120s", IDLE), ("30s", "0", IDLE), ("1min", "1h", "lock_timeout"), ("5", "28", CONNECTIONS)],
)
def test_a_stricter_one_stays_and_says_so(now, wanted, setting):
    found = plan(now, wanted, setting)
    assert found.actions == ()
    assert found.excluded[0].reason == f"is already stricter: {now}"


@pytest.mark.parametrize(
    ("now", "wanted", "setting"),
    [("5min", "120s", IDLE), ("0", "120s", IDLE), ("", "120s", IDLE), ("0x10", "120s", IDLE), ("30s", "", IDLE),
     ("40", "28", CONNECTIONS)],
)  # fmt: skip
def test_a_looser_one_gives_way(now, wanted, setting):
    assert len(plan(now, wanted, setting).actions) == 1


def test_what_the_server_has_for_everybody_counts_where_the_role_has_nothing():
    strict = {IDLE: "30000ms"}
    assert "set for the server" in plan("", "120s", everywhere=strict).excluded[0].reason
    assert len(plan("5min", "120s", everywhere=strict).actions) == 1
    assert len(plan("", "120s", everywhere={IDLE: "0ms"}).actions) == 1


STRICT = {"booking": {IDLE: "5s"}, "other": {"lock_timeout": "1s"}}


@pytest.mark.parametrize(
    ("own", "in_databases", "wanted", "setting", "why"),
    [
        ("", {}, "60s", IDLE, "is already stricter: 5s in the database booking, set for every role there"),
        ("", {}, "0", IDLE, "is already stricter: 5s in the database booking"),
        ("", {"other": {IDLE: "1s"}}, "60s", IDLE, "is already stricter: 5s in the database booking"),
        ("", {}, "2s", "lock_timeout", "is already stricter: 1s in the database other"),
        ("", {}, "4s", IDLE, ""),
        ("10min", {}, "60s", IDLE, ""),
        ("", {"booking": {IDLE: "3s"}}, "60s", IDLE, ""),
        ("", {}, "60s", "statement_timeout", ""),
        ("", {}, "5", CONNECTIONS, ""),
    ],
)
def test_what_a_database_has_for_every_role_is_not_replaced_by_more(own, in_databases, wanted, setting, why):
    app = RoleState("app", {setting: own} if own else {}, in_databases=in_databases, of_databases=STRICT)
    found = plan_role_settings([RoleSetting("app", setting, wanted)], {"app": app}, snapshot([])).plan
    reasons = [item.reason for item in found.excluded if "@" not in item.target]
    assert len(found.actions) == (not why)
    assert why in "".join(reasons)
    loosened = plan_role_settings([RoleSetting("app", setting, wanted, True)], {"app": app}, snapshot([])).plan
    assert len(loosened.actions) == 1


@pytest.mark.parametrize(
    ("databases", "of", "in_shop", "everywhere", "left_open"),
    [
        (["reporting", "shop"], {}, "", "", "shop"),
        (["reporting", "shop"], {}, "", "60s", "shop"),
        (["My-Shop", "reporting"], {}, "", "", "My-Shop"),
        (["reporting", "shop"], {}, "0", "", "shop"),
        (["reporting"], {}, "", "", ""),
        (["reporting", "shop"], {"shop": {IDLE: "30s"}}, "", "", ""),
        (["reporting", "shop"], {}, "20s", "", ""),
    ],
)
def test_a_stricter_one_of_one_database_is_not_told_as_a_limit_in_the_others(
    databases, of, in_shop, everywhere, left_open
):
    of_databases = {"reporting": {IDLE: "5s"}, **of}
    in_databases = {"shop": {IDLE: in_shop}} if in_shop else {}
    app = RoleState("app", {}, in_databases=in_databases, of_databases=of_databases, databases=databases)
    found = plan_role_settings([RoleSetting("app", IDLE, "30s")], {"app": app}, snapshot([]), {IDLE: everywhere}).plan
    (reason,) = [item.reason for item in found.excluded if "@" not in item.target]
    assert found.actions == ()
    assert reason.startswith("is stricter for every role in" if left_open else "is already stricter: 5s in the data")
    assert f"is not limited to 30s in {left_open}: ALTER ROLE app IN DATABASE" in reason or not left_open
    assert (f"SET {IDLE} = '30s'" in reason) is bool(left_open)


@pytest.mark.parametrize(
    ("wanted", "setting", "loosen", "acts"),
    [("5min", IDLE, False, 0), ("1s", "lock_timeout", False, 0), ("5", CONNECTIONS, False, 0), ("5min", IDLE, True, 1),
     ("", "lock_timeout", False, 1)],
)  # fmt: skip
def test_a_role_that_does_not_log_in_binds_no_session(wanted, setting, loosen, acts):
    group = RoleState("group", {"lock_timeout": "2s"}, logs_in=False)
    found = plan_role_settings([RoleSetting("group", setting, wanted, loosen)], {"group": group}, snapshot([])).plan
    assert len(found.actions) == acts
    assert all("members do not inherit them" in item.reason for item in found.excluded)


@pytest.mark.parametrize(
    ("role", "database", "command"),
    [
        ("app", "booking", "ALTER ROLE app IN DATABASE booking RESET"),
        ("app", "My-App", 'ALTER ROLE app IN DATABASE "My-App" RESET'),
        ("Web App", "order", 'ALTER ROLE "Web App" IN DATABASE "order" RESET'),
        ("user", 'a"b', 'ALTER ROLE "user" IN DATABASE "a""b" RESET'),
    ],
)
def test_advice_quotes_names_that_need_it(role, database, command):
    state = RoleState(role, {}, in_databases={database: {"lock_timeout": "0"}})
    (reason,) = state.overridden(RoleSetting(role, "lock_timeout", "5s")).values()
    assert command in reason


def test_the_way_back_may_loosen():
    known = {"app": RoleState("app", {IDLE: "10 min"})}
    (back,) = plan_role_settings([RoleSetting("app", IDLE, "5s")], known, snapshot([])).undo()["options"]["settings"]
    assert back == {"role": "app", "setting": IDLE, "value": "10 min", "loosen": True}
    tight = {"app": RoleState("app", {IDLE: "5s"})}
    role_setting = RoleSetting(**back)
    found = plan_role_settings([role_setting], tight, snapshot([]))
    assert len(found.plan.actions) == 1
    assert found.role_settings == [role_setting]
    assert found.narrowed_to(["app.x:-->1s"]).role_settings == []


NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)


def pictured(*sessions, **more):
    given = {"prepared": {}, **more}
    known = {one.pid: one for one in sessions}
    return Snapshot(NOW, SERVER, Limits(100, 3), known, forest=build_forest([]), **given)


KNOWN = {"app": RoleState("app", {"lock_timeout": "5s"}), "boss": RoleState("boss", {}, True)}


@pytest.mark.parametrize(
    ("role_setting", "said"),
    [
        (RoleSetting("app", "lock_timeout", "30s"), ""),
        (RoleSetting("app", "lock_timeout", ""), ""),
        (RoleSetting("app", "connection_limit", "-1"), ""),
        (RoleSetting("app", "connection_limit", "5min"), "must be a number"),
        (RoleSetting("app", "lock_timeout", "5s'"), "must be a time"),
        (RoleSetting("app", "lock_timeout", "1.5 min"), ""),
        (RoleSetting("app", "transaction_timeout", "5s"), "too old"),
        (RoleSetting("app", "search_path", "x"), "is not among the settings of this module"),
        (RoleSetting("ghost", "lock_timeout", "5s"), "no role"),
    ],
)
def test_what_can_be_a_guard(role_setting, said):
    why = role_settings.why_not(role_setting, KNOWN, ["lock_timeout", "statement_timeout"])
    assert said in why if said else why == ""


def test_a_guard_that_is_set_is_no_action_and_the_way_back_is_what_was():
    same, new = RoleSetting("app", "lock_timeout", "5s"), RoleSetting("app", "statement_timeout", "1min")
    planned = plan_role_settings([same, new], KNOWN, pictured())
    assert planned.plan.targets == ("app.statement_timeout:-->1min",)
    assert planned.role_settings == [new]
    both = plan_role_settings([RoleSetting("app", "lock_timeout", "1s"), new], KNOWN, pictured())
    assert [one["value"] for one in both.undo()["options"]["settings"]] == ["5s", ""]
    assert plan_role_settings([RoleSetting("boss", "lock_timeout", "1s")], KNOWN, pictured()).plan.actions == ()
