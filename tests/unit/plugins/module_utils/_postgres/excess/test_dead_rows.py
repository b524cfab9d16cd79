"""Which transaction keeps dead rows, and whether its end alone would free any."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.excess.dead_rows import (
    RowKeeper,
    held_back,
    why_in_vain,
)
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.excess.excess_plan import (
    Bounds,
    Known,
    Rules,
    plan_ending,
)
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.exclusions import Exclusions
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.locks.wait_forest import build_forest

from support.pools import session, snapshot
from support.snapshots import advisory, holds, relation, waits

FORGOTTEN = session(1, "notebook", "idle in transaction", 600)


def beside(**other):
    return snapshot(FORGOTTEN, session(2, **{"application": "report", "state": "active", "seconds": 900, **other}))


PREPARED = RowKeeper("prepared transaction", "order-7", 5200, "shop")
SLOT = RowKeeper("replication slot", "standby1", 9000)


@pytest.mark.parametrize(
    ("seen", "horizon", "others", "says"),
    [
        pytest.param(snapshot(FORGOTTEN), {1: 5000}, [], "", id="it is the only one"),
        pytest.param(beside(), {1: 5000, 2: 3000}, [], "", id="a younger one beside it"),
        pytest.param(beside(), {1: 5000, 2: 6000}, [], "session 2 app@shop report holds back the xmin horizon by 6,000",
                     id="an older one"),
        pytest.param(beside(), {1: 5000, 2: 4500}, [], "by 4,500 transactions too", id="one that is nearly as old"),
        pytest.param(beside(application="pg_dump"), {1: 5000, 2: 5000}, [], "session 2 app@shop pg_dump",
                     id="a dump that began with it"),
        pytest.param(beside(database="other"), {1: 5000, 2: 6000}, [], "", id="an older one in another database"),
        pytest.param(snapshot(FORGOTTEN), {1: 5000}, [PREPARED], "prepared transaction order-7 holds", id="prepared"),
        pytest.param(snapshot(FORGOTTEN), {1: 5000}, [PREPARED._replace(database="other")], "",
                     id="prepared in another database"),
        pytest.param(snapshot(FORGOTTEN), {1: 5000}, [SLOT], "replication slot standby1 holds", id="a slot"),
    ],
)  # fmt: skip
def test_what_keeps_the_rows_too(seen, horizon, others, says):
    reason = why_in_vain(seen, FORGOTTEN, horizon, others, {1})
    assert says in reason
    assert bool(reason) is bool(says)
    rules = Rules(idle_in_transaction=60, holds_back=True)
    excess = plan_ending(seen, Exclusions(), rules, Bounds(), Known(horizon=horizon, row_keepers=others))
    (action,) = excess.plan.actions
    assert action.detail.get("needs_approval", "") == reason


def test_two_that_go_together_free_the_rows():
    second = session(2, "notebook", "idle in transaction", 900)
    horizon = {1: 5000, 2: 6000}
    rules = Rules(idle_in_transaction=60, holds_back=True)
    wide = Bounds(max_share=1.0)
    plan = plan_ending(snapshot(FORGOTTEN, second), Exclusions(), rules, wide, Known(horizon=horizon)).plan
    assert [item.detail.get("needs_approval") for item in plan.actions] == [None, None]
    keeps = snapshot(FORGOTTEN, second._replace(has_written=True))
    plan = plan_ending(keeps, Exclusions(), rules, wide, Known(horizon=horizon)).plan
    asked = {item.detail["pid"]: item.detail.get("needs_approval", "") for item in plan.actions}
    assert "session 2 app@shop notebook holds back" in asked[1]
    assert "has written" in asked[2]


def test_one_that_sessions_wait_for_is_not_ended_in_vain():
    forest = build_forest([holds(1, relation(7)), waits(3, relation(7))])
    seen = replace(snapshot(FORGOTTEN, session(2, state="active"), session(3, state="active")), forest=forest)
    assert why_in_vain(seen, FORGOTTEN, {1: 5000, 2: 6000}, [], {1}) == ""
    assert held_back(seen, FORGOTTEN, {1: 5000}) == ", holds back the xmin horizon by 5,000 transactions, blocks 1"
    assert held_back(seen, FORGOTTEN, {1: 999}) == ", blocks 1"


@pytest.mark.parametrize(
    ("query", "named"),
    [("SELECT pg_advisory_lock(5)", False), ("SELECT pg_advisory_xact_lock(5)", False), ("LOCK TABLE t", True)],
)
def test_a_leader_whose_driver_began_a_transaction_keeps_no_session_waiting(query, named):
    tag = relation(7) if named else advisory(5)
    leader = FORGOTTEN._replace(query=query)
    waiter = session(3, state="active")._replace(query=query)
    seen = replace(snapshot(leader, waiter), forest=build_forest([holds(1, tag), waits(3, tag)]))
    rules = Rules(idle_in_transaction=60, holds_back=True)
    actions = plan_ending(seen, Exclusions(), rules, Bounds(), Known(horizon={1: 5})).plan.actions
    assert [item.detail["pid"] for item in actions] == ([1] if named else [])
    (action,) = plan_ending(seen, Exclusions(), rules, Bounds(), Known(horizon={1: 5000})).plan.actions
    assert "elected leader" in action.detail["needs_approval"]
