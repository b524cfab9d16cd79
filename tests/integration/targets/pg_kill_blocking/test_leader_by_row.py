"""Leaders that are elected by the lock of a row or a table, and what looks like one."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

import psycopg2
import pytest

from support.clients import Client, lock_waiters, until
from support.killing import kill
from support.scenes import held, lasting


@contextlib.contextmanager
def beating(leader: Client) -> Iterator[None]:
    """It says something every half a second, as a leader that works does."""
    ended = threading.Event()

    def beats() -> None:
        while not ended.wait(0.5):
            leader.run("SELECT 1")

    leader.run("SELECT 1")
    thread = threading.Thread(target=beats)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def standing_by(server, session, takes):
    """Four of the leader's application, which wait for its lock."""
    standbys = [session(f"node-{n}") for n in (2, 3, 4, 5)]
    for standby in standbys:
        standby.run("BEGIN")
        standby.send(takes)
    until(lambda: lock_waiters(server) == 4)
    return standbys


def assert_held(done, *alive):
    assert "it may be the elected leader" in done["plan"]["actions"][0]["needs_approval"]
    assert done["acted_on"] == []
    assert {client.fate() for client in alive} == {"alive"}


@pytest.mark.parametrize("takes", ["SELECT * FROM bookings WHERE id = 1 FOR UPDATE"])
def test_one_that_works_for_too_long_while_all_of_its_application_wait_is_held(server, session, takes):
    """It may lead, or be a request that hangs: a person decides."""
    holder = held(session, takes, application="node-1")
    holder.send("SELECT pg_sleep(3600)")
    waiters = standing_by(server, session, takes)
    lasting(server, 3.1, f"pid = {waiters[-1].pid}")
    assert_held(kill(server, min_waiting=3), holder, *waiters)


BY_ROW, BY_TABLE = "SELECT * FROM bookings WHERE id = 1\nFOR UPDATE", "LOCK TABLE bookings IN EXCLUSIVE MODE"


@pytest.mark.parametrize("takes", [BY_ROW, BY_TABLE])
def test_the_standbys_of_a_leader_by_a_row_or_a_table_wait_by_design_while_it_goes_on(server, session, takes):
    leader = held(session, takes, application="node-1")
    standbys = standing_by(server, session, takes)
    lasting(server, 3.1, f"pid = {standbys[-1].pid}")
    with beating(leader):
        done = kill(server, min_waiting=3)
    assert (done["plan"]["actions"], done["acted_on"]) == ([], [])
    assert "by design: 4 sessions wait for" in done["plan"]["no_action_reason"]
    assert {client.fate() for client in (leader, *standbys)} == {"alive"}


@pytest.mark.parametrize("takes", [BY_ROW, BY_TABLE])
def test_a_silent_leader_by_a_row_or_a_table_is_not_ended_unasked(server, session, takes):
    leader = held(session, takes, application="node-1")
    standbys = standing_by(server, session, takes)
    lasting(server, 5.1, f"pid = {leader.pid}")
    assert_held(kill(server, min_waiting=2), leader, *standbys)


LEASE = "UPDATE bookings SET seats = 4 WHERE id = 1"
BY_FUNCTION = (
    "CREATE OR REPLACE FUNCTION take_leadership() RETURNS void LANGUAGE sql AS"
    " 'SELECT FROM public.bookings WHERE id = 1 FOR UPDATE'"
)


@pytest.mark.parametrize("takes", [LEASE, "SELECT take_leadership()"])
def test_a_leader_by_a_lease_or_a_function_is_not_ended_unasked_while_it_works(server, session, takes):
    server.run(BY_FUNCTION)
    leader = held(session, takes, application="node-1")
    standbys = standing_by(server, session, takes)
    lasting(server, 2.1, f"pid = {standbys[-1].pid}")
    with beating(leader):
        done = kill(server, min_waiting=2)
    assert_held(done, leader, *standbys)
    assert "it is active" in done["plan"]["actions"][0]["needs_approval"]


@pytest.mark.parametrize("takes", [LEASE, "SELECT take_leadership()"])
def test_one_that_does_nothing_is_ended_for_requests_that_run_its_statement(server, session, takes):
    server.run(BY_FUNCTION)
    holder = held(session, takes, application="node-1")
    waiters = standing_by(server, session, takes)
    lasting(server, 2.1, f"pid IN ({holder.pid}, {waiters[-1].pid})")
    done = kill(server, min_waiting=2)
    assert [entry["pid"] for entry in done["acted_on"]] == [holder.pid]
    assert holder.fate() != "alive"


def test_an_election_that_is_held_does_not_keep_a_stuck_root_beside_it(server, session):
    leader = held(session, LEASE, application="node-1")
    standbys = standing_by(server, session, LEASE)
    root = held(session, "UPDATE bookings SET seats = 3 WHERE id = 2", application="shop")
    requests = [session("shop").send("UPDATE bookings SET seats = 2 WHERE id = 2") for dummy in range(4)]
    until(lambda: lock_waiters(server) == 8)
    lasting(server, 2.1, f"pid IN ({root.pid}, {requests[-1].pid})")
    with beating(leader):
        done = kill(server, min_waiting=2)
    assert [entry["pid"] for entry in done["acted_on"]] == [root.pid]
    assert {client.fate() for client in (leader, *standbys, *requests)} == {"alive"}


@contextlib.contextmanager
def trying_again(clients: list[Client], takes: str) -> Iterator[None]:
    """Each waits for less than a second, gives up, and tries again after a moment. Where lock_timeout ends as the row's
    tuple lock is obtained, PostgreSQL's words are those of a cancel ("due to user request")."""
    over = threading.Event()

    def tries(client: Client) -> None:
        client.run("SET lock_timeout = '600ms'")
        while not over.is_set():
            with contextlib.suppress(psycopg2.errors.LockNotAvailable, psycopg2.errors.QueryCanceled):
                client.run(takes)
            over.wait(0.3)

    threads = [threading.Thread(target=tries, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()


@pytest.mark.parametrize(("works", "late"), [(True, False), (False, True)])
def test_standbys_that_try_again_are_no_requests_while_their_leader_works(server, session, works, late):
    leader = held(session, BY_ROW, application="node-1")
    lasting(server, 3.1, f"pid = {leader.pid}")
    standbys = [session(f"node-{n}").ready() for n in (2, 3, 4)]
    with trying_again(standbys, BY_ROW), beating(leader) if works else contextlib.nullcontext():
        until(lambda: lock_waiters(server) >= 2, what="standbys that wait")
        done = kill(server, min_waiting=3)
    assert done["acted_on"] == []
    assert bool(done["plan"]["actions"]) == late
    if late:
        assert "it may be the elected leader" in done["plan"]["actions"][0]["needs_approval"]
    assert {client.fate() for client in (leader, *standbys)} == {"alive"}
