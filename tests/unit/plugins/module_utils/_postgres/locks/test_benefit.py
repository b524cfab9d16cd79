"""What is lost against what is freed."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._core.gate import weigh
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.exclusions import Exclusions
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.locks.benefit import costly_ends, groups_of
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.locks.least_harm import judge
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.locks.price import Bounds

from support.snapshots import ago, holds, relation, row_queue, session, snapshot, waits

WIDE = Bounds(max_share=1.0)
REPORTS = (1, 2, 3, 4)
ALTER = 9
MIGRATION = session(ALTER, application="migration", query="ALTER TABLE t ADD x int")


def reports(state="active", behind=0, **given):
    """Four readers of a table, an ALTER that waits for them, and so many sessions that wait behind it."""
    locks = [
        *(holds(pid, relation(7), "AccessShareLock") for pid in REPORTS),
        waits(ALTER, relation(7), "AccessExclusiveLock"),
    ]
    locks += [waits(20 + n, relation(7), "AccessShareLock", 40 - n) for n in range(behind)]
    return snapshot(locks, MIGRATION, *(session(pid, state, **given) for pid in REPORTS))


def judged(scene, exclusions=None):
    return judge(scene, exclusions or Exclusions(), WIDE)


@pytest.mark.parametrize(
    ("scene", "held"),
    [
        pytest.param(reports(), 4, id="four reports for one ALTER"),
        pytest.param(reports("idle in transaction", state_change=ago(1)), 4, id="four cursors for one ALTER"),
        pytest.param(reports("idle in transaction"), 0, id="four forgotten transactions for one ALTER"),
        pytest.param(snapshot(row_queue(1, [2]), session(1, "active")), 0, id="one statement for one waiter"),
        pytest.param(snapshot(row_queue(1, [2, 3])), 0, id="a forgotten transaction"),
    ],
)
def test_what_loses_more_than_it_frees_needs_an_approval(scene, held):
    found = judged(scene)
    assert found.plan.actions
    assert len(found.need_approval) == held
    assert len(found.without_approval().plan.actions) == len(found.plan.actions) - held
    assert bool(found.as_dict()["alternatives"]) is bool(held)


def test_the_alternative_is_offered_where_the_bounds_exclude_the_holders():
    """Of six client sessions one may be terminated, and the four go only together."""
    plan = judge(reports(), Exclusions(), Bounds()).as_dict()
    assert plan["actions"] == []
    assert "must be terminated together" in plan["excluded"][0]["reason"]
    (other,) = plan["alternatives"]
    held = weigh(plan, 9)
    assert not held.open
    assert held.reasons[0].startswith("no action is possible for the 1 that wait too long")
    assert other["digest"][:12] in held.reasons[1]
    approved = weigh(plan, 9, approved_digests=[other["digest"]])
    assert (approved.open, approved.targets) == (True, (MIGRATION.target,))
    assert not weigh(plan, 9, approved_digests=["0" * 12]).open


def test_with_a_queue_behind_the_alter_it_is_the_one_to_go():
    found = judged(reports(behind=5))
    assert [(item.action, item.detail["pid"]) for item in found.plan.actions] == [("cancel", ALTER)]
    assert found.need_approval == ()


def test_the_gate_asks_and_lets_the_alternative_through_when_it_is_approved():
    plan = judged(reports()).as_dict()
    held = weigh(plan, 9)
    assert not held.open
    assert "4 planned need an approval: cancels or terminates 4 active sessions to free 1" in held.reasons[0]
    assert f"cancel {ALTER} app@booking migration" in held.reasons[0]
    (other,) = plan["alternatives"]
    assert other["digest"][:12] in held.reasons[1]
    assert weigh(plan, 9, approved_targets=[other["actions"][0]["target"]]).targets == (MIGRATION.target,)
    assert weigh(plan, 9, approved_digests=[other["digest"][:12]]).targets == (MIGRATION.target,)
    assert len(weigh(plan, 9, approved_digests=[plan["digest"]]).targets) == 4
    assert len(weigh(plan, 9, approved_targets=[MIGRATION.target, plan["actions"][0]["target"]]).targets) == 1


def test_beside_a_queue_that_needs_no_approval_the_others_are_held():
    scene = snapshot(
        [
            *(holds(pid, relation(7), "AccessShareLock") for pid in REPORTS),
            waits(ALTER, relation(7), "AccessExclusiveLock"),
            *row_queue(30, [31, 32]),
        ],
        MIGRATION,
        *(session(pid, "active") for pid in REPORTS),
    )
    found = judged(scene)
    decision = weigh(found.as_dict(), 9)
    assert decision.open
    assert decision.targets == (scene.sessions[30].target,)
    assert "need an approval" in decision.reasons[1]


def test_the_approved_alternative_is_the_plan_that_is_carried_out():
    kept = judged(reports()).narrowed_to([MIGRATION.target])
    assert [(item.action, item.detail["pid"]) for item in kept.plan.actions] == [("cancel", ALTER)]
    assert kept.left == 0
    assert kept.as_dict()["digest"] == judged(reports()).as_dict()["alternatives"][0]["digest"]


def test_a_waiter_that_is_spared_is_no_alternative():
    scene = reports()
    exclusions = Exclusions(applications=frozenset({"migration"}))
    costly, to_cancel = costly_ends(scene, exclusions, list(REPORTS), {ALTER}, WIDE)
    assert (set(costly), to_cancel) == (set(REPORTS), [])
    assert judged(scene, exclusions).as_dict()["alternatives"] == []


def test_who_shares_a_waiter_is_one_group():
    scene = snapshot([*row_queue(1, [2, 3], 901), *row_queue(4, [5], 902)])
    assert groups_of(scene, [1, 4], {2, 3, 5}) == [([1], 2), ([4], 1)]
    assert groups_of(reports(), [1, 2], {ALTER}) == [([1, 2], 1)]
