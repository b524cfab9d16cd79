"""Leaders that are elected by the lock of a row or a table, and what looks like one."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

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
