"""What a server drags along, each made for real: old horizons, dead slots, spilled files, vanished clients, pools."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import psycopg2
import pytest

from support.clients import poll, until
from support.modules import run_module
from support.poolers import pgbouncer
from support.scenes import held, row_storm, spinning
from support.servers import PASSWORD


def look(server, *also, user="oncall", **options):
    return run_module("pg_activity_info", **server.login(user), also=list(also), **options)["background"]


def test_nothing_is_looked_at_unasked(server):
    assert look(server) == {"findings": []}


def test_who_keeps_the_horizon_back(server, session):
    old = held(session, "UPDATE bookings SET seats = 1 WHERE id = 920")
    server.run("DO $$ BEGIN FOR i IN 1..500 LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$")
    server.run("BEGIN; UPDATE payments SET amount = 1 WHERE id = 90; PREPARE TRANSACTION 'horizon'", dbname="postgres")
    try:
        found = look(server, "wraparound")["wraparound"]
        assert [one["kind"] for one in found["holders"]][:1] == ["session"]
        assert found["holders"][0]["pid"] == old.pid
        assert found["holders"][0]["age"] >= 500
        assert {"kind": "prepared transaction", "who": "horizon"}.items() <= found["holders"][1].items()
        assert {one["database"] for one in found["databases"]} >= {"postgres", "other"}
        assert all(0 <= one["share"] < 1 for one in found["databases"])
    finally:
        server.run("ROLLBACK PREPARED 'horizon'")


def test_a_slot_that_nobody_uses_keeps_wal(server):
    server.run("SELECT pg_create_physical_replication_slot('dead', true)")
    try:
        server.run(
            "CREATE TABLE bulk AS SELECT i, repeat('x', 100) FROM generate_series(1, 20000) i", "DROP TABLE bulk"
        )
        slots = look(server, "replication")["replication"]["slots"]
        (dead,) = [one for one in slots if one["slot"] == "dead"]
        assert (dead["active"], dead["kind"]) == (False, "physical")
        assert dead["kept_bytes"] > 2**20
        assert dead["wal_status"] == "reserved"
    finally:
        server.run("SELECT pg_drop_replication_slot('dead')")


def test_spilled_files_by_session(server, session):
    client = session()
    client.run("SET work_mem = '64kB'")
    client.run("BEGIN")
    client.run("DECLARE c CURSOR FOR SELECT i, repeat('x', 200) FROM generate_series(1, 200000) i ORDER BY i DESC")
    client.run("FETCH 1 FROM c")
    (mine,) = look(server, "spill")["spill"]["sessions"]
    assert mine["pid"] == client.pid
    assert mine["bytes"] > 10 * 2**20


def processor_seconds(pid):
    """What the kernel has counted for a process, user and system."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_what_each_session_uses(server, session):
    """A share of the processor is the machine's to give: what is told is held against the kernel's own count."""
    busy, idle = spinning(session), session().ready()
    before = [processor_seconds(client.pid) for client in (busy, idle)]
    found = look(server, "processes", interval=1.5)["processes"]
    spent = [processor_seconds(client.pid) - one for client, one in zip((busy, idle), before, strict=True)]
    by_pid = {one["pid"]: one for one in found["sessions"]}
    assert found["here"] is True
    assert 0 < by_pid[busy.pid]["cpu"] * 1.5 <= spent[0] + 0.05
    assert by_pid[idle.pid]["cpu"] * 1.5 <= spent[1] + 0.05
    assert by_pid[idle.pid]["cpu"] < by_pid[busy.pid]["cpu"]
    assert by_pid[idle.pid]["memory"] > 2**17
    assert found["sessions"][0]["pid"] == busy.pid
    assert found["dead_clients"] == []


def test_parallel_workers_count_for_their_leader(server, session):
    server.run(
        "CREATE TABLE big AS SELECT i FROM generate_series(1, 300000) i", "GRANT SELECT ON big TO app", "ANALYZE big"
    )
    try:
        client = session()
        for setting in ("parallel_setup_cost = 0", "parallel_tuple_cost = 0", "min_parallel_table_scan_size = 0"):
            client.run(f"SET {setting}")
        client.send("SELECT count(*) FROM big a JOIN big b ON a.i % 100 = b.i % 100")
        until(lambda: server.value("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'parallel worker'"))
        found = look(server, "processes", interval=0.3)["processes"]
        assert found["sessions"][0]["pid"] == client.pid
        client.connection.close()
    finally:
        server.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'app'", "DROP TABLE big")


def test_a_client_that_hung_up_in_the_middle_of_a_statement(server):
    """Its socket is closed while its statement goes on: PostgreSQL does not notice, the kernel does."""
    connection = psycopg2.connect(server.dsn(user="app", password=PASSWORD), async_=1)
    while connection.poll() != psycopg2.extensions.POLL_OK:
        pass
    pid = connection.get_backend_pid()
    connection.cursor().execute("SELECT count(*) FROM generate_series(1, 10000000000)")
    until(lambda: server.value(f"SELECT state = 'active' FROM pg_stat_activity WHERE pid = {pid}"))
    with socket.socket(fileno=os.dup(connection.fileno())) as wire:
        wire.shutdown(socket.SHUT_RDWR)
    try:
        (one,) = look(server, "processes", interval=0.2)["processes"]["dead_clients"]
        assert one["pid"] == pid
        assert one["reason"] in (
            "the client has closed the connection",
            "the kernel has no open connection to its client",
        )
        done = run_module("pg_end_sessions", **server.login("oncall"), dead_clients=[one])
        assert [(e["pid"], e["action"]) for e in done["acted_on"]] == [(pid, "terminated")]
        assert done["plan"]["harmless"] is True
    finally:
        connection.close()
        server.run(f"SELECT pg_terminate_backend({pid})")


@pytest.fixture
def pooler(server):
    with pgbouncer(server, size=2) as port:
        yield port


def test_a_pool_that_is_used_up_and_who_is_behind_a_session(server, pooler):
    """Three clients want a pool of two; the server's sessions all come from the pooler."""
    held_open = []
    try:
        for name in ("shop-one", "shop-two"):
            connection = psycopg2.connect(
                f"host=127.0.0.1 port={pooler} user=app password={PASSWORD} dbname=postgres application_name={name}"
            )
            connection.cursor().execute("SELECT 1")  # in a transaction, which keeps the server connection
            held_open.append(connection)
        third = psycopg2.connect(f"host=127.0.0.1 port={pooler} user=app password={PASSWORD} dbname=postgres", async_=1)
        held_open.append(third)
        if poll(third, 1):  # logged in without a server connection; a statement needs one
            third.cursor().execute("SELECT 1")
        options = {"pooler_host": "127.0.0.1", "pooler_port": pooler}

        def told():
            return look(server, "pooler", **options)["pooler"]

        found = until(lambda: (seen := told())["findings"] and seen, what="somebody to wait in the pooler")
        (pool,) = [one for one in found["pools"] if one["user"] == "app"]
        assert (pool["size"], pool["active"], pool["idle"], pool["exhausted"]) == (2, 2, 0, True)
        assert "pool postgres/app is exhausted" in found["findings"][0]
        behind = {one["application"]: one["client"] for one in found["clients"].values()}
        assert set(behind) == {"shop-one", "shop-two"}
        with socket.socket(fileno=os.dup(held_open[0].fileno())) as wire:
            assert behind["shop-one"] == f"127.0.0.1:{wire.getsockname()[1]}"
    finally:
        for connection in held_open:
            connection.close()


def test_a_pooler_that_does_not_answer_costs_no_picture(server, session):
    row_storm(server, session, 2)
    done = run_module(
        "pg_activity_info", **server.login("oncall"), also=["pooler"], pooler_host="127.0.0.1", pooler_port=1
    )
    assert done["waiters"] == 2
    assert done["background"]["pooler"]["reachable"] is False
    assert PASSWORD not in str(done)
    bad = run_module("pg_activity_info", **server.login("oncall"), also=["pooler"])
    assert "pooler_host" in bad["msg"]


def test_what_the_pooler_itself_holds_back(server):
    """Three clients are all that it takes; then its database is paused."""
    with pgbouncer(server, more="max_client_conn = 3\nadmin_users = oncall\n") as port:
        options = {"pooler_host": "127.0.0.1", "pooler_port": port}
        login = f"host=127.0.0.1 port={port} password={PASSWORD}"
        found = [psycopg2.connect(f"{login} user=app dbname=postgres") for dummy in range(2)]
        console = psycopg2.connect(f"{login} user=oncall dbname=pgbouncer")
        console.autocommit = True
        try:
            told = look(server, "pooler", **options)["pooler"]
            assert told["client_connections"] == {"used": 3, "limit": 3}
            assert "accepts no more clients: 3 of 3" in told["findings"][-1]
            with pytest.raises(psycopg2.OperationalError, match="no more connections allowed"):
                psycopg2.connect(f"{login} user=app dbname=postgres")
            with console.cursor() as cursor:
                cursor.execute("PAUSE postgres")
            told = look(server, "pooler", **options)["pooler"]
            (pool,) = [one for one in told["pools"] if one["user"] == "app"]
            assert (pool["paused"], pool["exhausted"]) == (True, False)
            assert any("database postgres is paused in the pooler" in line for line in told["findings"])
        finally:
            for connection in (*found, console):
                connection.close()


def test_the_host_that_a_pooler_adds_to_a_name_makes_no_other_application(server):
    with pgbouncer(server, mode="session", more="application_name_add_host = 1\n") as port:
        login = f"host=127.0.0.1 port={port} user=app password={PASSWORD} dbname=postgres"
        found = [psycopg2.connect(f"{login} application_name=feed") for dummy in range(3)]
        found += [psycopg2.connect(login)]
        try:
            for connection in found:
                connection.cursor().execute("SELECT 1")
            told = run_module("pg_activity_info", **server.login("oncall"))
            names = {
                one["name"]: one["sessions"] for one in told["connections"]["connection_limits"][0]["applications"]
            }
            assert names["feed (app@postgres)"] == 3
            assert names["app (app@postgres, from 127.0.0.1)"] == 1
        finally:
            for connection in found:
                connection.close()


def test_what_parallel_workers_spill_together_is_their_leader_s(server, session):
    """A hash join whose batches lie in a folder; it dawdles over its rows, so that it can be looked at."""
    server.run("CREATE TABLE wide AS SELECT i, repeat('x', 50) AS t FROM generate_series(1, 200000) i", "ANALYZE wide",
               "GRANT SELECT ON wide TO app")  # fmt: skip
    grants = "FUNCTION pg_ls_dir(text, boolean, boolean), pg_stat_file(text, boolean)"
    try:
        client = session()
        for setting in ("parallel_setup_cost = 0", "parallel_tuple_cost = 0", "min_parallel_table_scan_size = 0",
                        "work_mem = '64kB'", "enable_mergejoin = off", "enable_nestloop = off"):  # fmt: skip
            client.run(f"SET {setting}")
        client.send("SELECT count(*) FROM wide a JOIN wide b USING (i) WHERE a.t || b.t || pg_sleep(0.001) <> ''")

        def told(user):
            return look(server, "spill", user=user)["spill"]

        until(lambda: any(one["bytes"] > 2**20 for one in told("postgres")["sessions"]), what="a folder to fill")
        (mine,) = told("postgres")["sessions"]
        assert (mine["pid"], mine["files"] > 1) == (client.pid, True)
        blind = look(server, "spill")
        assert f"GRANT EXECUTE ON {grants} TO oncall" in blind["spill"]["note"]
        assert blind["findings"][-1] == blind["spill"]["note"]
        server.run(f"GRANT EXECUTE ON {grants} TO oncall")
        seen = told("oncall")
        assert seen["note"] == ""
        assert seen["sessions"][0]["bytes"] > 2**20
    finally:
        server.run(f"REVOKE EXECUTE ON {grants} FROM oncall")
        server.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'app'", "DROP TABLE wide")
