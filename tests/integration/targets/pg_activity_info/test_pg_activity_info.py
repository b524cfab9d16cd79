from __future__ import annotations

import json
import re

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.io.connection import Login
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.io.refusal import answer_to

from support.clients import clients, lock_waiters, until
from support.modules import run_module
from support.scenes import alter_queue, held, row_storm
from support.servers import PASSWORD, Server

SETTINGS = {"max_connections": "200", "max_prepared_transactions": "10"}


def look(server, user="oncall", **options):
    result = run_module("pg_activity_info", **server.login(user), **options)
    assert "msg" not in result, result["msg"]
    return result


def test_a_quiet_server(server):
    result = look(server)
    assert (result["waiters"], result["root_blockers"], result["queued_blockers"], result["visibility"]) == (
        0,
        [],
        [],
        "full",
    )
    assert result["tree"] == ["no session waits for a lock"]
    assert result["server"]["version_num"] // 10000 == server.major
    assert result["server"]["login_path"] == "normal"
    assert result["changed"] is False


def test_a_row_storm_has_one_root(server, session):
    holder, queue = row_storm(server, session, 20)
    result = look(server, min_waiting=0)
    assert [(r["pid"], r["waiters"], r["state"]) for r in result["root_blockers"]] == [
        (holder.pid, 20, "idle in transaction")
    ]
    assert result["queued_blockers"] == []
    assert result["waiters"] == result["long_waiters"] == 20
    assert {b["pid"] for b in result["blocked"]} == {c.pid for c in queue}
    assert re.fullmatch(r"row public\.bookings \(\d+,\d+\)", result["blocked"][0]["waits_for"])
    assert result["root_blockers"][0]["statement"] == "UPDATE bookings SET seats = ? WHERE id = ?"


def test_an_alter_that_waits_is_the_gate(server, session):
    first, alter, dummy = alter_queue(server, session, application="pg_dump")
    result = look(server)
    assert [(r["pid"], r["protected"]) for r in result["root_blockers"]] == [(first.pid, "is a backup")]
    assert [(g["pid"], g["waiters"], g["frees_alone"]) for g in result["queued_blockers"]] == [(alter.pid, 5, 5)]
    assert "AccessExclusiveLock on public.payments" in result["queued_blockers"][0]["reason"]
    assert result["activity"]["protected"][0]["reason"] == "is a backup"


def test_a_prepared_transaction_is_a_root_by_its_gid(server, session):
    server.run("BEGIN; UPDATE bookings SET seats = 1 WHERE id = 5; PREPARE TRANSACTION 'trip, 5'")
    try:
        session().send("UPDATE bookings SET seats = 2 WHERE id = 5")
        until(lambda: lock_waiters(server) == 1)
        result = look(server)
        assert [(r["gid"], r["state"], r["waiters"], r["pid"]) for r in result["root_blockers"]] == [
            ("trip, 5", "prepared", 1, 0)
        ]
        assert result["prepared"][0]["target"] == result["root_blockers"][0]["target"]
    finally:
        server.run("ROLLBACK PREPARED 'trip, 5'")


def test_an_idle_session_can_hold_an_advisory_lock(server, session):
    holder = session()
    holder.run("SELECT pg_advisory_lock(77)")
    session().send("SELECT pg_advisory_lock(77)")
    until(lambda: lock_waiters(server) == 1)
    result = look(server)
    assert [(r["pid"], r["state"]) for r in result["root_blockers"]] == [(holder.pid, "idle")]
    assert result["blocked"][0]["waits_for"] == "advisory lock 77"
    assert "/idle-" in result["root_blockers"][0]["target"]


def test_a_deadlock_is_shown_as_a_cycle(server, session):
    one, two = session(), session()
    one.run("BEGIN; SELECT pg_advisory_xact_lock(1)")
    two.run("BEGIN; SELECT pg_advisory_xact_lock(2)")
    one.send("SELECT pg_advisory_xact_lock(2)")
    two.send("SELECT pg_advisory_xact_lock(1)")
    until(lambda: lock_waiters(server) == 2)
    result = look(server)
    assert [sorted(cycle) for cycle in result["cycles"]] == [sorted([one.pid, two.pid])]
    assert result["root_blockers"] == []


def test_a_wait_for_a_pinned_page_is_not_in_the_lock_table(server, session):
    reader = held(session, "DECLARE c CURSOR FOR SELECT * FROM bookings", "FETCH 1 FROM c")
    session().send("VACUUM (FREEZE, DISABLE_PAGE_SKIPPING) bookings")
    result = until(
        lambda: (r := look(server)) and [w for w in r["activity"]["other_waits"] if "Buffer" in w["wait"]] and r,
        what="the vacuum to wait for the pin",
    )
    assert result["waiters"] == 0
    assert reader.pid in [s["pid"] for s in result["activity"]["pin_suspects"]]


def test_a_wait_for_a_safe_snapshot_names_whom_it_waits_for(server, session):
    writer = session()
    writer.run("BEGIN ISOLATION LEVEL SERIALIZABLE; UPDATE bookings SET seats = 1 WHERE id = 8")
    waiter = session()
    waiter.send("BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY DEFERRABLE; SELECT count(*) FROM bookings")
    result = until(lambda: (r := look(server)) and r["activity"]["safe_snapshot_waits"] and r)
    assert result["activity"]["safe_snapshot_waits"] == [{"pid": waiter.pid, "blocked_by": [writer.pid]}]
    assert [root["pid"] for root in result["root_blockers"]] == [writer.pid]
    assert result["blocked"][0]["waits_for"] == "a safe snapshot"


def test_parallel_workers_are_shown_as_their_leader(server, session):
    mode = "debug_parallel_query" if server.major >= 16 else "force_parallel_mode"
    leader = session()
    leader.run(f"SET {mode} = on")
    leader.send("SELECT count(pg_sleep(0.2)) FROM bookings")
    until(lambda: server.value("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'parallel worker'"))
    session("migration").send("ALTER TABLE bookings ADD note text")
    until(lambda: lock_waiters(server) == 1)
    assert [r["pid"] for r in look(server)["root_blockers"]] == [leader.pid]


def test_locks_of_another_database_are_told_by_number(server, session):
    server.run("CREATE TABLE IF NOT EXISTS far (id int)", dbname="other")
    server.run("ALTER TABLE far OWNER TO app", dbname="other")
    held(session, "LOCK TABLE far", db="other")
    session(db="other").send("SELECT * FROM far")
    until(lambda: lock_waiters(server) == 1)
    blocked = look(server)["blocked"][0]
    assert "of database other" in blocked["waits_for"]
    assert blocked["database"] == "other"


def test_without_privilege_the_picture_says_what_it_lacks(server, session):
    row_storm(server, session, 3)
    result = look(server, user="stranger")
    assert result["visibility"] == "partial"
    assert result["redacted"] >= 4
    assert result["waiters"] == 3  # the lock table hides nothing
    assert "Grant it pg_monitor" in str(result["warnings"])


@pytest.mark.parametrize("catalog", ["pg_class", "pg_database"])
def test_a_locked_table_or_catalog_costs_names_and_not_the_picture(server, session, catalog):
    locker = session(user="postgres")
    locker.run("BEGIN")
    locker.run("LOCK TABLE bookings IN ACCESS EXCLUSIVE MODE")
    session().send("SELECT * FROM bookings")
    until(lambda: lock_waiters(server) == 1)
    locker.run(f"LOCK TABLE {catalog} IN EXCLUSIVE MODE")
    result = look(server, lock_timeout=0.3)  # comes back while the lock is held
    assert [r["pid"] for r in result["root_blockers"]] == [locker.pid]
    assert result["waiters"] == 1


def test_text_in_another_encoding_does_not_blind_the_look(server, session):
    server.run("CREATE DATABASE latin TEMPLATE template0 ENCODING LATIN1 LC_COLLATE 'C' LC_CTYPE 'C' OWNER app")
    try:
        client = session(db="latin", client_encoding="LATIN1")
        client.run("SET application_name = 'kiosk'")
        client.send("SELECT pg_sleep(3600), 'caf\u00e9' AS \"caf\u00e9\"")
        until(lambda: server.value("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'"))
        shown = look(server, long_running=0, statements="full")["activity"]["long_running"]
        assert [s["application"] for s in shown] == ["kiosk"]
        assert "caf\ufffd" in shown[0]["statement"]
        client.connection.close()
    finally:
        until(
            lambda: (
                not server.value("SELECT count(*) FROM pg_stat_activity WHERE datname = 'latin'")
                or server.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'latin'")
            )
        )
        server.run("DROP DATABASE latin")


def test_a_locked_catalog_cannot_hold_up_the_way_in(server, session):
    locker = session(user="postgres")
    locker.run("BEGIN")
    locker.run("LOCK TABLE pg_auth_members IN ACCESS EXCLUSIVE MODE")
    try:
        # Comes back while the lock is held.
        run_module("pg_activity_info", **server.login("oncall"), lock_timeout=0.3, statement_timeout=2)
    finally:
        locker.run("ROLLBACK")


def test_limits_of_a_role_are_told_beside_what_it_uses(server, session):
    server.run("ALTER ROLE app CONNECTION LIMIT 150")
    session().ready()
    limits = look(server)["connections"]["role_limits"]
    server.run("ALTER ROLE app CONNECTION LIMIT -1")
    assert limits == {"app": {"limit": 150, "used": 1}}


def test_logins_that_hang_are_given_up_in_time(server, session):
    locker = session(user="postgres")
    locker.run("BEGIN")
    locker.run("LOCK TABLE pg_authid IN ACCESS EXCLUSIVE MODE")
    try:
        result = run_module("pg_activity_info", **server.login("oncall"), connect_timeout=2)
    finally:
        locker.run("ROLLBACK")
    assert result["error"] == "ConnectError"
    assert "pg_authid" in result["msg"]


def test_it_leaves_nothing_behind_and_says_who_it_is(server):
    look(server)
    left = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'pafar.runbook'"
    until(lambda: server.value(left) == 0)
    ours = [line for line in server.log.read_text(errors="replace").splitlines() if line.startswith("pafar.runbook|")]
    assert ours
    assert not [line for line in ours if "BEGIN" in line]


def test_literals_are_shown_only_on_demand(server, session):
    secret = "SELECT pg_sleep(3600), '4111 1111'"
    client = session()
    client.send(secret)
    until(lambda: server.value(f"SELECT count(*) FROM pg_stat_activity WHERE pid = {client.pid} AND state = 'active'"))
    assert "4111" not in json.dumps(look(server, long_running=0))
    assert "4111" in json.dumps(look(server, long_running=0, statements="full"))


@pytest.fixture(scope="module")
def full(server):
    """A small server of which ordinary roles have taken every slot."""
    reserved = {"reserved_connections": "2"} if server.major >= 16 else {}
    with Server(server.binaries, {"max_connections": "10", **reserved}) as small, clients(small) as session:
        small.prepare_site()
        small.run(f"CREATE ROLE keeper LOGIN PASSWORD '{PASSWORD}'", "GRANT pg_monitor TO keeper")
        if server.major >= 16:
            small.run("GRANT pg_use_reserved_connections TO keeper")
        ordinary = 10 - 3 - (2 if server.major >= 16 else 0)
        yield small, [session("leaky").ready() for dummy in range(ordinary)]


class TestWhenEverySlotIsTaken:
    """It gets in all the same, and says how."""

    def test_by_a_replication_connection(self, full):
        small, taken = full
        result = look(small)
        assert (result["server"]["login_path"], result["server"]["refused_by"]) == ("replication", "max_connections")
        assert result["connections"]["used"] == len(taken)
        assert result["connections"]["ordinary_free"] == 0
        assert result["connections"]["by_application"] == {"leaky": len(taken)}

    def test_by_the_reserve_login(self, full):
        small, dummy = full
        keeper = {"login_reserve_user": "keeper", "login_reserve_password": PASSWORD}
        if small.value("SELECT current_setting('server_version_num')::int") < 160000:
            keeper["login_reserve_user"] = "postgres"
        result = run_module("pg_activity_info", **small.login("stranger"), **keeper)
        assert result["server"]["login_path"] == "reserve"

    def test_and_says_what_to_do_when_no_entrance_opens(self, full):
        small, dummy = full
        result = run_module("pg_activity_info", **small.login("stranger"))
        assert result["failed"]
        assert result["error"] == "NoSlotLeft"
        assert "REPLICATION" in result["msg"]


@pytest.mark.parametrize(
    ("limit", "kind"),
    [("ROLE oncall CONNECTION LIMIT 1", "role"), ("DATABASE postgres CONNECTION LIMIT 1", "database")],
)
def test_the_limit_of_a_role_or_a_database_is_no_full_server(server, session, limit, kind):
    session(user="oncall").ready()
    server.run(f"ALTER {limit}")
    try:
        result = look(server)
        answer = answer_to(Login(host="127.0.0.1", port=server.port), "oncall", PASSWORD)
    finally:
        server.run(f"ALTER {limit.replace('LIMIT 1', 'LIMIT -1')}")
    assert (result["server"]["login_path"], result["server"]["refused_by"]) == ("replication", kind)
    # What a server that speaks another language is recognized by.
    routines = {"role": "InitializeSessionUserId", "database": "CheckMyDatabase"}
    assert answer == ("53300", routines[kind])


def test_a_standby_shows_the_replay_that_holds_up_readers(server):
    settings = {**SETTINGS, "max_standby_streaming_delay": "-1"}
    with Server(server.binaries, settings, primary=server) as standby:
        with clients(server) as on_primary, clients(standby) as on_standby:
            locker = on_primary(user="postgres")
            locker.run("BEGIN")
            locker.run("LOCK TABLE payments IN ACCESS EXCLUSIVE MODE")
            server.run("SELECT pg_switch_wal()")
            reader = on_standby()
            until(lambda: standby.value("SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND granted"))
            reader.send("SELECT * FROM payments")
            until(lambda: lock_waiters(standby) == 1)
            result = look(standby)
            assert result["server"]["in_recovery"] is True
            assert [r["backend_type"] for r in result["root_blockers"]] == ["startup"]
            assert "replay" in result["root_blockers"][0]["protected"]
            refused = run_module("pg_kill_blocking", **standby.login("oncall"), min_waiting=0)
            assert refused["error"] == "StandbyError"
            assert f"127.0.0.1:{server.port}" in refused["msg"]
            assert "primary, run this there" in refused["msg"]
