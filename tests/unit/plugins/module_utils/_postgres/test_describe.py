"""A session in one line: its name, and its state."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.describe import describe, who_is

from support.snapshots import ago, holds, prepared, relation, session, snapshot, waits

MODE = "AccessExclusiveLock"


@pytest.mark.parametrize(
    ("more", "name"),
    [
        ({}, "1 app@booking web"),
        ({"application": ""}, "1 app@booking"),
        ({"user": "", "database": ""}, "1 ?@? web"),
        ({"application": "we\x1b[0mb\n"}, "1 app@booking we [0mb"),
    ],
)
def test_the_name_of_a_session(more, name):
    assert who_is(snapshot([], session(1, **more)), 1) == name


@pytest.mark.parametrize(
    ("state", "more", "words"),
    [
        ("active", {"query_start": ago(3), "state_change": ago(900)}, "active for 3.0 s"),
        ("idle in transaction", {"state_change": ago(45)}, "idle in transaction for 45 s"),
        (
            "active",
            {"query_start": ago(9), "wait_type": "Client", "wait_event": "ClientWrite"},
            "active for 9.0 s, waits for its client (ClientWrite)",
        ),
        ("idle in transaction", {"wait_type": "Client", "wait_event": "ClientRead"}, "idle in transaction for 100 s"),
        ("", {"backend_type": "walsender", "state_change": ago(600)}, "walsender for 10 min"),
        ("", {"backend_type": "", "state_change": None}, "unknown for 0.0 s"),
    ],
)
def test_the_state_of_a_session(state, more, words):
    assert describe(snapshot([], session(1, state, **more)), 1) == words


def test_a_waiter_is_described_by_what_it_waits_for():
    locks = [holds(1, relation(7)), waits(2, relation(7), MODE, 42)]
    state = snapshot(locks)
    assert describe(state, 2).startswith(f"has waited 42 s for {MODE} on ")
    assert describe(state, 1) == "idle in transaction for 100 s"


def test_a_prepared_transaction_has_a_name_and_an_age():
    held = prepared(9, "or\tder-7")
    state = snapshot([], held)
    assert who_is(state, held.key) == "prepared transaction or der-7 of app@booking"
    assert describe(state, held.key) == "prepared 8 min ago"
