"""Clients that fail by a short timeout and pause before they try again are in the facts of the plan, too."""

from __future__ import annotations

import pytest

from support import scenes
from support.clients import lock_waiters, until
from support.modules import run_module
from support.scenes import held, lasting

LONG = 4.0


@pytest.fixture
def coming_back(server):
    """Four clients that pause for three seconds."""
    with scenes.coming_back(server, "statement_timeout = '500ms'", 3.0):
        yield


def late(server, **options):
    look = run_module("pg_end_sessions", check=True, **server.login("oncall"), also=[], min_waiting=LONG, **options)
    return look["facts"]["long_waiters"]


def in_a_pause(server):
    """The moment after they have failed."""
    until(lambda: lock_waiters(server) == 4)
    until(lambda: lock_waiters(server) == 0)


@pytest.mark.parametrize("least", [3, 50])
def test_they_wait_too_long_behind_a_root_that_is_idle_for_long(server, session, coming_back, least):
    root = held(session, "UPDATE bookings SET seats = 1 WHERE id = 41")
    lasting(server, LONG, f"pid = {root.pid}")
    for dummy in range(4):  # a machine that is too busy shows them in the next run
        in_a_pause(server)
        found = late(server, min_waiters=least)
        if found or least > 4:
            break
    assert (found > 0) is (least <= 4)
    assert root.fate() == "alive"


def test_an_old_transaction_that_no_session_waits_for_is_no_cause(server, session):
    root = held(session, "UPDATE bookings SET seats = 1 WHERE id = 42")
    lasting(server, LONG, f"pid = {root.pid}")
    assert late(server) == 0
