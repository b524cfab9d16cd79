"""Sessions that take one lock after the other: all of them wait for long, none is stuck, and none is ended."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg2
import pytest

from support.clients import lock_waiters, until
from support.killing import kill, pids
from support.modules import run_module
from support.scenes import held

ROW, TABLE = "SELECT * FROM bookings WHERE id = 70 FOR UPDATE", "LOCK TABLE payments IN SHARE ROW EXCLUSIVE MODE"
ADVISORY = "SELECT pg_advisory_xact_lock(70)"
SLOWLY = "SELECT pg_sleep(0.4)"
MIN_WAITING = 1.2  # seconds; several holders in turn take longer, and each of them alone does not


@contextmanager
def convoy(server, *statements: str, members: int = 8, between: float = 0.0) -> Iterator[list[str]]:
    """Members that run these statements in one transaction after the other, for as long as the test wants; what became
    of those that lost one."""
    over = threading.Event()
    lost: list[str] = []

    def work() -> None:
        with psycopg2.connect(server.dsn("app"), application_name="member") as connection:
            while not over.is_set():
                try:
                    with connection.cursor() as cursor:
                        for statement in statements:
                            cursor.execute(statement)
                            over.wait(between)
                    connection.commit()
                except psycopg2.Error as error:
                    lost.append(str(error))
                    return

    threads = [threading.Thread(target=work) for dummy in range(members)]
    for thread in threads:
        thread.start()
    waits = "SELECT max(extract(epoch FROM clock_timestamp() - query_start)) FROM pg_stat_activity"
    until(
        lambda: (server.value(f"{waits} WHERE wait_event_type = 'Lock'") or 0) > MIN_WAITING,
        what="a member that has waited for long",
    )
    try:
        yield lost
    finally:
        over.set()
        for thread in threads:
            thread.join()


@pytest.mark.parametrize(
    ("takes", "on", "between"),
    [
        pytest.param([ROW, SLOWLY], "row public.bookings", 0.0, id="a row, at work"),
        pytest.param([ROW], "row public.bookings", 0.4, id="a row, between statements"),
        pytest.param([TABLE, SLOWLY], "public.payments", 0.0, id="a table, at work"),
        pytest.param([TABLE], "public.payments", 0.4, id="a table, between statements"),
        pytest.param([f"{TABLE}; {SLOWLY}"], "public.payments", 0.0, id="a table, in one message"),
        pytest.param([ADVISORY, SLOWLY], "advisory lock 70", 0.0, id="an advisory lock"),
    ],
)
def test_a_convoy_is_named_and_none_of_it_is_ended(server, takes, on, between):
    with convoy(server, *takes, between=between) as lost:
        planned = kill(server, check=True, min_waiting=MIN_WAITING)
        done = kill(server, min_waiting=MIN_WAITING)
        told = run_module("pg_activity_info", **server.login("oncall"), min_waiting=MIN_WAITING)
        assert not lost
    assert (planned["plan"]["actions"], done["acted_on"]) == ([], [])
    assert f"a lock convoy on {on}" in planned["plan"]["no_action_reason"]
    assert f" run: {takes[0].split()[0]}" in planned["plan"]["no_action_reason"]
    assert told["long_waiters"] == 0
    assert [state["cause"] for state in told["server_states"]] == ["convoy"]


def test_a_convoy_whose_members_do_other_work_is_not_cancelled_unasked(server):
    """Each keeps the table for longer than a queue is watched, at most 5 s, and for less than a wait may last."""
    with convoy(server, TABLE, "SELECT pg_sleep(5.5)", members=4) as lost:
        late = "SELECT max(extract(epoch FROM clock_timestamp() - query_start)) FROM pg_stat_activity"
        until(lambda: server.value(f"{late} WHERE wait_event_type = 'Lock'") > 8.5)
        done = kill(server, min_waiting=8)
        assert not lost
    assert done["acted_on"] == []
    for action in done["plan"]["actions"]:
        assert "the queue may be moving" in action["needs_approval"]


def test_members_that_update_one_row_begin_to_wait_anew_with_each_version_of_it(server):
    with convoy(server, "UPDATE bookings SET seats = seats WHERE id = 70", between=0.4) as lost:
        done = kill(server, min_waiting=MIN_WAITING)
        assert not lost
    assert (done["acted_on"], done["plan"]["affected_before"]) == ([], 0)


def test_a_convoy_hides_no_session_that_is_stuck(server, session):
    stuck = held(session, "UPDATE bookings SET seats = 1 WHERE id = 71")
    queue = [session().send("UPDATE bookings SET seats = 2 WHERE id = 71") for dummy in range(2)]
    with convoy(server, TABLE, between=0.4) as lost:
        done = kill(server, min_waiting=MIN_WAITING)
        assert not lost
    assert pids(done["acted_on"]) == [stuck.pid]
    assert {client.fate() for client in queue} == {"alive"}


@pytest.mark.parametrize(
    "holds",
    [
        pytest.param("SELECT pg_sleep(3600)", id="a statement that does not end"),
        pytest.param("DO $$ BEGIN LOOP PERFORM pg_sleep(0.1); END LOOP; END $$", id="a loop"),
    ],
)
def test_a_holder_that_stays_for_as_long_as_it_is_watched_is_stuck(server, session, holds):
    """Its lock and its statement came in one message, so that one look cannot show since when it has the lock."""
    stuck = session("batch").send(f"BEGIN; {TABLE}; {holds}")
    until(lambda: server.value("SELECT count(*) FROM pg_locks WHERE mode = 'ShareRowExclusiveLock' AND granted"))
    queue = [session().send(f"BEGIN; {TABLE}; COMMIT") for dummy in range(3)]
    until(lambda: lock_waiters(server) == 3)
    until(lambda: kill(server, check=True, min_waiting=MIN_WAITING)["plan"]["affected_before"] == 3)
    done = kill(server, min_waiting=MIN_WAITING)
    assert pids(done["acted_on"]) == [stuck.pid]
    assert {client.fate() for client in queue} == {"alive"}


def test_a_plan_of_a_gate_that_has_become_needless_is_no_error(server, session):
    holder = held(session, "UPDATE bookings SET seats = 1 WHERE id = 72")
    session().send("UPDATE bookings SET seats = 2 WHERE id = 72")
    until(lambda: lock_waiters(server) == 1)
    targets = [action["target"] for action in kill(server, check=True)["plan"]["actions"]]
    holder.run("COMMIT")
    until(lambda: lock_waiters(server) == 0)
    with convoy(server, TABLE, between=0.4) as lost:
        done = kill(server, only=targets, follow=True, min_waiting=MIN_WAITING)
        assert not lost
    assert (done["acted_on"], done["changed"], done["plan"]["affected_before"]) == ([], False, 0)
