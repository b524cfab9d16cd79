"""pg_index_build against real servers: check, real, again; what speaks against it; nothing left half-built."""

from __future__ import annotations

import threading
import time
from typing import Any

import psycopg2
import pytest

from support.clients import until
from support.modules import run_module
from support.scenes import held


def build(server: Any, check: bool = False, user: str = "app", **options: Any) -> dict[str, Any]:
    given = {"table": "bookings", "columns": ["seats", "guest"], **options}
    return run_module("pg_index_build", check=check, **server.login(user), **given)


def indexes(server: Any) -> list[str]:
    return server.value(
        "SELECT coalesce(array_agg(relname::text || CASE WHEN indisvalid THEN '' ELSE ' invalid' END ORDER BY 1), '{}')"
        " FROM pg_index JOIN pg_class ON oid = indexrelid WHERE indrelid = 'bookings'::regclass"
    )


@pytest.fixture(autouse=True)
def as_before(server):
    yield
    for name in ("bookings_seats_guest_idx", "mine"):
        server.run(f"DROP INDEX IF EXISTS {name}")


def test_check_real_again_and_back(server):
    planned = build(server, check=True)
    assert planned["changed"] is True
    assert indexes(server) == ["bookings_pkey"]
    (act,) = planned["plan"]["actions"]
    assert (
        "CREATE INDEX CONCURRENTLY bookings_seats_guest_idx ON public.bookings (seats, guest)"
        in (planned["diff"]["after"])
    )
    done = build(server, only=[act["target"]])
    assert done["plan"]["digest"] == planned["plan"]["digest"]
    assert indexes(server) == ["bookings_pkey", "bookings_seats_guest_idx"]
    again = build(server)
    assert (again["changed"], again["plan"]["actions"]) == (False, [])
    assert "already has these columns" in again["plan"]["no_action_reason"]
    back = done["undo"]["options"]
    assert build(server, check=True, **back)["changed"] is True
    assert build(server, **back)["done"] == ["dropped public.bookings_seats_guest_idx"]
    assert indexes(server) == ["bookings_pkey"]
    assert build(server, **back)["changed"] is False


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("only", [["public.bookings(x):y@1"], ["bogus"]])
def test_approved_is_something_else(server, check, only):
    done = build(server, check=check, only=only)
    assert done["error"] == "StaleApproval", done
    assert build(server, only=[])["done"] == [], "an empty approval approves nothing"
    assert indexes(server) == ["bookings_pkey"]


def leave_invalid(server, session):
    """A build that was cancelled while it waited for a writer."""
    writer, builder = held(session, "UPDATE bookings SET seats = 1 WHERE id = 5"), session()
    builder.send("CREATE INDEX CONCURRENTLY mine ON bookings (seats, guest)")
    until(lambda: indexes(server) == ["bookings_pkey", "mine invalid"])
    server.run(f"SELECT pg_cancel_backend({builder.pid})")
    until(lambda: builder.fate() == "cancelled")
    writer.run("ROLLBACK")


def test_what_a_broken_build_left_goes_first(server, session):
    leave_invalid(server, session)
    planned = build(server, check=True)
    assert [one["action"] for one in planned["plan"]["actions"]] == ["drop_index", "build_index"]
    done = build(server)
    assert len(done["done"]) == 2
    assert indexes(server) == ["bookings_pkey", "mine"]


def test_it_does_not_begin_behind_an_old_transaction(server, session):
    old = held(session, "UPDATE bookings SET seats = 1 WHERE id = 6")
    done = build(server, max_transaction_age=0)
    assert "waits for all older transactions" in done["msg"]
    assert str(old.pid) in done["msg"]
    assert indexes(server) == ["bookings_pkey"]


@pytest.fixture
def settled(server):
    """No prepared transaction outlives its test."""
    yield
    for gid in server.value("SELECT coalesce(array_agg(gid), '{}') FROM pg_prepared_xacts"):
        server.run(f"ROLLBACK PREPARED '{gid}'")


def prepare(session, gid, *statements):
    client = held(session, *statements)
    client.run(f"PREPARE TRANSACTION '{gid}'")


@pytest.mark.parametrize("check", [True, False])
def test_it_does_not_begin_behind_a_prepared_transaction(server, session, settled, check):
    """It has no session, and nothing ever ends it."""
    prepare(session, "booking-17", "SAVEPOINT a", "UPDATE bookings SET seats = 1 WHERE id = 8")
    done = build(server, check=check, build_timeout=8)
    assert "prepared transaction booking-17 of app@postgres" in done["msg"]
    assert "Nothing was done" in done["msg"]
    assert indexes(server) == ["bookings_pkey"]


def settle_when_looked_at(server, over):
    """As soon as somebody has asked what is prepared, as a transaction manager may in that moment."""
    asked = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_prepared_xact%' AND pid <> pg_backend_pid()"
    while not over.is_set():
        if server.value(f"{asked} AND state LIKE 'idle%'"):
            server.run("COMMIT PREPARED 'brief'")
            return
        time.sleep(0.05)


def test_a_transaction_manager_at_work_is_no_obstacle(server, session, settled):
    """What it has prepared it settles at once."""
    prepare(session, "brief", "UPDATE bookings SET seats = 1 WHERE id = 8")
    # The module is asked within its own process, whose start would take longer than the transaction is prepared.
    looks = threading.Event()
    settling = threading.Thread(target=settle_when_looked_at, args=(server, looks))
    settling.start()
    try:
        done = build(server)
    finally:
        looks.set()
        settling.join()
    assert done.get("done"), done


def test_prepared_readers_and_those_of_other_tables_are_not_in_the_way_of_a_build_but_of_a_drop(
    server, session, settled
):
    prepare(session, "reads", "SELECT count(*) FROM bookings", "UPDATE payments SET amount = 1 WHERE id = 8")
    assert build(server)["done"]
    gone = {"state": "absent", "name": "bookings_seats_guest_idx", "columns": []}
    assert "prepared transaction reads of" in build(server, **gone)["msg"]
    assert indexes(server) == ["bookings_pkey", "bookings_seats_guest_idx"]
    server.run("ROLLBACK PREPARED 'reads'")
    assert build(server, **gone)["done"]


def test_a_transaction_that_is_prepared_meanwhile_does_not_hold_the_build_up_for_ever(server, session, settled):
    """It comes after the look. What is left is told, with its cure, and gone after the next build."""
    writer = held(session, "UPDATE bookings SET seats = 1 WHERE id = 9")
    preparing = threading.Thread(target=lambda: builds(server) and writer.run("PREPARE TRANSACTION 'late'"))
    preparing.start()
    done = build(server, build_timeout=4)  # comes back while the transaction stands
    preparing.join()
    assert done["failed"] is True
    assert "prepared transaction late of app@postgres" in done["msg"]
    assert 'DROP INDEX CONCURRENTLY IF EXISTS "public"."bookings_seats_guest_idx"' in done["msg"]
    assert indexes(server) == ["bookings_pkey", "bookings_seats_guest_idx invalid"]
    server.run("ROLLBACK PREPARED 'late'")
    assert len(build(server)["done"]) == 2
    assert indexes(server) == ["bookings_pkey", "bookings_seats_guest_idx"]


BUILDING = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'CREATE %INDEX CONCURRENTLY%' AND state = 'active'"


def builds(server):
    """Wait for the build to hang behind its writer."""
    return until(lambda: server.value(f"{BUILDING} AND wait_event_type = 'Lock'"), what="the build to wait")


def gives_up(server):
    return until(lambda: not server.value(BUILDING), what="the time of the build to end")


def test_it_does_not_begin_behind_one_who_shuts_out_writers(server, session):
    """Neither a snapshot nor a transaction id, and a lock that a build does not get along with."""
    old = held(session, "LOCK TABLE bookings IN SHARE MODE")
    assert str(old.pid) in build(server, max_transaction_age=0)["msg"]


def test_a_build_that_takes_too_long_leaves_nothing(server, session):
    """It hangs behind a writer that came after the look; its time ends; the invalid index goes."""
    writer = held(session, "UPDATE bookings SET seats = 1 WHERE id = 7")
    letting_go = threading.Thread(target=lambda: builds(server) and gives_up(server) and writer.run("ROLLBACK"))
    letting_go.start()
    done = build(server, build_timeout=1)
    letting_go.join()
    assert done["failed"] is True
    assert "was dropped: the table is unchanged" in done["msg"] or "left no invalid index" in done["msg"]
    assert indexes(server) == ["bookings_pkey"]


def hangs_for(server, seconds, options=""):
    """Wait until the build has waited for so long, by the server's clock."""
    age = f"{BUILDING} AND wait_event_type = 'Lock' AND clock_timestamp() - query_start > interval '{seconds} s'"
    return until(lambda: server.value(age, options), what=f"the build to wait for {seconds} s")


TIMEOUTS = (
    "statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout", "idle_session_timeout",
    "transaction_timeout",
)  # fmt: skip


@pytest.mark.parametrize("of", ["ROLE app", "ROLE app IN DATABASE postgres", "DATABASE postgres"])
def test_a_timeout_of_the_site_breaks_no_build(server, session, of):
    """Each of them strikes within the time that the build waits for a writer."""
    names = [name for name in TIMEOUTS if name != "transaction_timeout" or server.major >= 17]
    writer = held(session, "UPDATE bookings SET seats = 1 WHERE id = 7")
    server.run(*(f"ALTER {of} SET {name} = '300ms'" for name in names))
    without = " ".join(f"-c {name}=0" for name in names)  # they end a slow look of this test too

    def let_go():
        try:
            hangs_for(server, 1, without)
        finally:
            writer.run("ROLLBACK")

    letting_go = threading.Thread(target=let_go)
    letting_go.start()
    try:
        done = build(server)
    finally:
        letting_go.join()
        connection = psycopg2.connect(server.dsn(), options=without)
        connection.autocommit = True
        for name in names:
            connection.cursor().execute(f"ALTER {of} RESET {name}")
        connection.close()
    assert done.get("done"), done
    assert indexes(server) == ["bookings_pkey", "bookings_seats_guest_idx"]


@pytest.mark.parametrize("end", ["pg_terminate_backend", "pg_cancel_backend"])
def test_a_build_that_is_ended_from_outside_leaves_nothing(server, session, end):
    writer = held(session, "UPDATE bookings SET seats = 1 WHERE id = 7")

    def strike():
        builds(server)
        server.run(f"SELECT {end}(pid) FROM pg_stat_activity WHERE query LIKE 'CREATE %INDEX CONCURRENTLY%'"
                   " AND pid <> pg_backend_pid()")  # fmt: skip
        gives_up(server)
        writer.run("ROLLBACK")

    striking = threading.Thread(target=strike)
    striking.start()
    done = build(server)
    striking.join()
    assert done["failed"] is True
    assert "was dropped: the table is unchanged" in done["msg"] or "left no invalid index" in done["msg"], done["msg"]
    assert indexes(server) == ["bookings_pkey"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"table": "nothing"}, "has no table public.nothing"),
        ({"columns": ["seats", "no"]}, "has no column no"),
        ({"columns": []}, "at least one"),
        ({"columns": ['seats"; DROP TABLE payments; --']}, "has no column"),
        ({"state": "absent"}, "needs the name of the index"),
        ({"user": "oncall"}, "may not create or drop indexes of public.bookings"),
        ({"build_timeout": 0}, "build_timeout"),
    ],
)
def test_what_it_does_not_even_begin(server, options, said):
    done = build(server, **options)
    assert done["failed"] is True
    assert said in done["msg"]
    assert "Nothing was done" in done["msg"]
    assert indexes(server) == ["bookings_pkey"]


def test_a_constraint_s_index_is_never_dropped(server):
    done = build(server, state="absent", name="bookings_pkey")
    assert done["changed"] is False
    assert "constraint" in done["plan"]["excluded"][0]["reason"]


def test_a_partitioned_table_is_told_how(server, session):
    client = session()
    client.run("CREATE TABLE parted (id int, at date) PARTITION BY RANGE (at)")
    try:
        assert "partitioned" in build(server, table="parted", columns=["id"])["msg"]
    finally:
        client.run("DROP TABLE parted")


def test_another_index_of_the_name_is_left_alone(server, session):
    """Also an invalid one: it is not what this build left."""
    leave_invalid(server, session)
    done = build(server, columns=["id", "seats"], name="mine")
    assert "another index has the name mine" in done["msg"]
    assert indexes(server) == ["bookings_pkey", "mine invalid"]
    assert "longer than the 63 bytes" in build(server, name="n" * 64)["msg"]


def test_what_was_more_than_its_columns_cannot_be_taken_back(server, session):
    client = session()
    client.run("CREATE INDEX mine ON bookings (seats DESC) WHERE seats > 1")
    gone = {"state": "absent", "name": "mine", "columns": []}
    done = build(server, check=True, **gone)
    assert done["undo"]["reversible"] is False
    assert any("WHERE (seats > 1)" in text for text in done["evidence"]["definitions"])
    client.run("DROP INDEX mine")
    client.run("CREATE INDEX mine ON bookings (seats, guest)")
    done = build(server, **gone)
    assert build(server, **done["undo"]["options"])["changed"] is True
    assert indexes(server) == ["bookings_pkey", "mine"]


def test_a_writer_without_a_snapshot_is_waited_for_too(server, session):
    held(session, "UPDATE bookings SET seats = 1 WHERE id = -1")
    assert "waits for all older transactions" in build(server, user="postgres", max_transaction_age=0)["msg"]
