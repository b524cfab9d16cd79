"""pg_role_settings against real servers: check, real, again, back; all of them or none."""

from __future__ import annotations

import subprocess
from typing import Any

import pytest

from support.clients import until
from support.modules import run_module
from support.servers import client_tool

GUARDS = [
    {"role": "app", "setting": "idle_in_transaction_session_timeout", "value": "5min"},
    {"role": "app", "setting": "connection_limit", "value": "40"},
]


def guard(server: Any, check: bool = False, user: str = "postgres", **options: Any) -> dict[str, Any]:
    return run_module("pg_role_settings", check=check, **server.login(user), **{"settings": GUARDS, **options})


def settings(server: Any, role: str = "app") -> str:
    return server.value(
        "SELECT concat(rolconnlimit, ' ', (SELECT setconfig FROM pg_db_role_setting WHERE setrole = r.oid))"
        f" FROM pg_roles AS r WHERE rolname = '{role}'"
    )


def test_check_real_again_and_back(server, session):
    session().ready()
    planned = guard(server, check=True)
    assert settings(server) == "-1 "
    assert planned["statements"] == [
        "ALTER ROLE app SET idle_in_transaction_session_timeout = '5min'", "ALTER ROLE app CONNECTION LIMIT 40",
    ]  # fmt: skip
    assert "keep their values" in planned["plan"]["actions"][0]["reason"]
    assert not any(" " in one["target"] for one in planned["plan"]["actions"])
    done = guard(server, only=[one["target"] for one in planned["plan"]["actions"]])
    assert done["plan"]["digest"] == planned["plan"]["digest"]
    assert settings(server) == "40 {idle_in_transaction_session_timeout=5min}"
    assert guard(server)["changed"] is False
    back = guard(server, **done["undo"]["options"])
    assert back["changed"] is True
    assert settings(server) == "-1 "


@pytest.mark.parametrize(
    ("value", "overrides"),
    [("0", True), ("10min", True), ("2min", False), ("300s", False)],
)
def test_a_setting_of_the_role_in_a_database_comes_before_it(server, value, overrides):
    name = "idle_in_transaction_session_timeout"
    server.run(f"ALTER ROLE app IN DATABASE other SET {name} = '{value}'")
    try:
        done = guard(server, settings=GUARDS[:1])
        again = guard(server, settings=GUARDS[:1], check=True)["plan"]
        assert (done["remaining"], again["affected_before"]) == (int(overrides), int(overrides))
        for plan in (done["plan"], again):
            said = [item["reason"] for item in plan["excluded"]]
            assert len(said) == int(overrides)
            assert all(f"ALTER ROLE app IN DATABASE other RESET {name}" in reason for reason in said)
        assert again["actions"] == []
        assert ("ALTER ROLE app IN DATABASE other RESET" in again["no_action_reason"]) == overrides
    finally:
        server.run(f"ALTER ROLE app IN DATABASE other RESET {name}", f"ALTER ROLE app RESET {name}")


def test_what_a_database_has_for_every_role_comes_after_it(server):
    server.run("ALTER DATABASE other SET idle_in_transaction_session_timeout = 0")
    try:
        assert guard(server, check=True)["plan"]["excluded"] == []
    finally:
        server.run("ALTER DATABASE other RESET idle_in_transaction_session_timeout")


def test_a_stricter_one_of_a_database_for_every_role_stays(server):
    """Set for the role, the value would replace the one of the database, which is shown for real."""
    server.run("ALTER DATABASE other SET statement_timeout = '5s'")
    loose = [{"role": "app", "setting": "statement_timeout", "value": "60s"}]
    try:
        done = guard(server, settings=loose)
        assert (done["changed"], settings(server)) == (False, "-1 ")
        (item,) = done["plan"]["excluded"]
        assert item["reason"].startswith("is stricter for every role in the database other (5s), which a setting of")
        assert "is not limited to 60s in " in item["reason"]
        assert guard(server, check=True, settings=[{**loose[0], "value": "3s"}])["plan"]["actions"]
    finally:
        server.run("ALTER DATABASE other RESET statement_timeout")


def test_a_role_that_does_not_log_in_is_excluded(server):
    server.run("CREATE ROLE readers NOLOGIN")
    try:
        done = guard(server, settings=[{"role": "readers", "setting": "lock_timeout", "value": "5s"}])
        assert done["changed"] is False
        assert "members do not inherit them" in done["plan"]["excluded"][0]["reason"]
    finally:
        server.run("DROP ROLE readers")


def test_a_part_of_them_is_approved(server):
    target = guard(server, check=True)["plan"]["actions"][1]["target"]
    done = guard(server, only=[target])
    try:
        assert settings(server) == "40 "
        assert len(done["done"]) == 1
    finally:
        server.run("ALTER ROLE app CONNECTION LIMIT -1")


@pytest.mark.parametrize("check", [True, False])
def test_an_approval_of_something_else_is_refused(server, check):
    done = guard(server, check=check, only=["bogus"])
    assert done["error"] == "StaleApproval", done
    assert settings(server) == "-1 "
    assert guard(server, only=[])["done"] == [], "an empty approval approves nothing"


def test_an_approval_that_was_carried_out_is_no_error(server):
    targets = [one["target"] for one in guard(server, check=True)["plan"]["actions"]]
    done = guard(server, only=targets)
    again = guard(server, only=targets)
    guard(server, **done["undo"]["options"])
    assert (done["remaining"], done["after"]["app"]["connection_limit"]) == (0, "40")
    assert (again["changed"], "every setting is set already" in again["plan"]["no_action_reason"]) == (False, True)


def test_new_sessions_are_bound(server, session):
    done = guard(server, settings=[{"role": "app", "setting": "idle_in_transaction_session_timeout", "value": "200ms"}])
    try:
        forgotten = session()
        forgotten.run("BEGIN")
        until(lambda: forgotten.fate() == "terminated")
    finally:
        guard(server, **done["undo"]["options"])


def test_who_may_not_gets_the_statements_and_nothing_is_done(server):
    done = guard(server, user="oncall")
    assert "may not change other roles" in done["msg"]
    assert "ALTER ROLE app CONNECTION LIMIT 40" in done["msg"]
    assert settings(server) == "-1 "


def test_a_superuser_and_who_makes_backups_are_spared(server):
    argv = [str(client_tool("pg_basebackup")), "-D", "-", "-Ft", "-X", "none", "-r", "64k", "-d"]
    backup = subprocess.Popen([*argv, server.dsn(user="oncall")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until(lambda: server.value("SELECT count(*) FROM pg_stat_replication"))
        more = [{"role": role, "setting": "statement_timeout", "value": "1s"} for role in ("postgres", "oncall")]
        done = guard(server, settings=more)
        assert done["changed"] is False
        reasons = [one["reason"] for one in done["plan"]["excluded"]]
        assert "superuser" in reasons[0]
        assert "replication" in reasons[1]
    finally:
        backup.terminate()
        backup.wait()


@pytest.mark.parametrize(
    ("role_settings", "said"),
    [
        ([{"role": "nobody", "setting": "lock_timeout", "value": "5s"}], "no role"),
        ([{"role": "app", "setting": "search_path", "value": "x"}], "is not among the settings of this module"),
        ([{"role": "app", "setting": "lock_timeout", "value": "5s'; DROP ROLE app; --"}], "must be a time like 30s"),
        ([{"role": "app", "setting": "connection_limit", "value": "many"}], "must be a number"),
        ([{"role": "app"}], "each needs role"),
        ([{"role": "app", "setting": "lock_timeout", "value": "5s", "database": "x"}], "each needs role"),
    ],
)
def test_bad_input_is_one_sentence_and_nothing_done(server, role_settings, said):
    done = guard(server, settings=role_settings)
    assert done["failed"] is True
    assert said in done["msg"]
    assert settings(server) == "-1 "


def test_all_or_none(server):
    """The second is refused by the server itself, so the first is not set either."""
    role_settings = [*GUARDS[:1], {"role": "app", "setting": "lock_timeout", "value": "99999999999999d"}]
    done = guard(server, settings=role_settings)
    assert done["failed"] is True
    assert settings(server) == "-1 "


def test_the_way_back_knows_what_was_set_by_hand(server):
    server.run("ALTER ROLE app SET statement_timeout = '10 min'")
    try:
        more = [{"role": "app", "setting": "statement_timeout", "value": "5s"}]
        done = guard(server, settings=more)
        assert guard(server, **done["undo"]["options"])["changed"] is True
        assert "statement_timeout=10 min" in settings(server)
    finally:
        server.run("ALTER ROLE app RESET statement_timeout")


def test_no_limit_is_no_limit_and_a_setting_must_be_there(server):
    assert guard(server, settings=[{"role": "app", "setting": "connection_limit", "value": "-1"}])["changed"] is False
    done = guard(server, check=True, settings=[{"role": "app", "setting": "transaction_timeout", "value": "5s"}])
    assert ("has no setting" in done.get("msg", "")) is (server.major < 17)


def test_a_role_in_another_script(server):
    server.run('CREATE ROLE "jörg" LOGIN')
    try:
        done = guard(server, settings=[{"role": "jörg", "setting": "lock_timeout", "value": "5s"}])
        assert done["done"] == ["set jörg: lock_timeout not set -> 5s"]
    finally:
        server.run('DROP ROLE "jörg"')


def test_a_stricter_one_stays_the_role_s_own_and_the_server_s(server):
    loose = [{"role": "app", "setting": "idle_in_transaction_session_timeout", "value": "120s"}]
    server.run("ALTER ROLE app SET idle_in_transaction_session_timeout = '30s'")
    try:
        done = guard(server, settings=loose)
        assert done["changed"] is False
        assert done["plan"]["excluded"][0]["reason"] == "is already stricter: 30s"
        server.run("ALTER ROLE app SET idle_in_transaction_session_timeout = '2min'")
        assert guard(server, settings=loose)["plan"]["no_action_reason"].startswith("nothing to do")
        assert guard(server, settings=loose)["plan"]["excluded"] == []
        server.run("ALTER ROLE app RESET ALL", "ALTER SYSTEM SET idle_in_transaction_session_timeout = '30s'")
        server.run("SELECT pg_reload_conf()")
        until(lambda: server.value("SHOW idle_in_transaction_session_timeout") == "30s")
        assert "30000ms, set for the server" in guard(server, settings=loose)["plan"]["excluded"][0]["reason"]
    finally:
        server.run("ALTER ROLE app RESET ALL", "ALTER SYSTEM RESET ALL", "SELECT pg_reload_conf()")
