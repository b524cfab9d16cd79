"""Whatever the locks, each act of a plan frees a session, and none could be left out."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.exclusions import Exclusions
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.locks.least_harm import judge
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.locks.lock_table import MODES
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.locks.price import Bounds

from support.snapshots import ago, holds, relation, session, snapshot, waits


def scene(chance):
    """Up to nine sessions that hold and want some tables, in circles and without."""
    locks, sessions = [], []
    tables = range(1, chance.randint(3, 5))
    for pid in range(1, chance.randint(4, 10)):
        locks += [
            holds(pid, relation(chance.choice(tables)), chance.choice(MODES)) for dummy in range(chance.randint(0, 2))
        ]
        waiting = chance.random() < 0.75
        if waiting:
            locks.append(waits(pid, relation(chance.choice(tables)), chance.choice(MODES), chance.randint(35, 90)))
        state = "active" if waiting or chance.random() < 0.3 else "idle in transaction"
        given = {"has_written": chance.random() < 0.5, "application": chance.choice(["web"] * 4 + ["pg_dump"])}
        sessions.append(session(pid, state, xact_start=ago(chance.randint(100, 400)), **given))
    built = snapshot(locks, *sessions)
    return replace(built, server={**built.server, "deadlock_timeout": chance.choice(["1h", "1s"])})


@pytest.mark.parametrize("seed", range(10))
def test_each_act_frees_a_session_that_would_wait_on_without_it(seed):
    chance, plans = random.Random(seed), 0
    for dummy in range(60):
        seen = scene(chance)
        found = judge(seen, Exclusions(), Bounds(max_share=1.0, max_terminations=50))
        chosen = [item.detail["pid"] for item in found.plan.actions]
        plans += bool(chosen)
        assert all(item.detail["frees"] for item in found.plan.actions)
        for key in chosen:
            rest = [other for other in chosen if other != key]
            without = found.affected - seen.forest.still_blocked(rest) - {*rest, key}
            assert not found.freed <= without, f"{key} of {chosen}"
    assert plans
