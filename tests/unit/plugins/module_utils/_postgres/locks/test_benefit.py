"""What is lost against what is freed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._core.gate import weigh
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.exclusions import Exclusions
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.locks.benefit import costly_ends, groups_of
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.locks.least_harm import judge
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.locks.price import Bounds

from support.snapshots import advisory, ago, holds, relation, row_queue, session, snapshot, waits

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
        pytest.param(reports("idle in transaction"), 4, id="four that have been idle for 100 s for one ALTER"),
        pytest.param(
            reports("idle in transaction", state_change=ago(601)), 0, id="four forgotten transactions for one ALTER"
        ),
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
    assert held.reasons[0] == "no action is possible (sessions that wait too long: 1): see what is excluded"
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


def one_report(query, mode="AccessExclusiveLock", state="active", behind=0, held="AccessShareLock"):
    """One reader of a table, a statement that waits for it, and sessions that wait behind that one and cannot be freed
    by its end, since it is excluded."""
    locks = [holds(1, relation(7), held), waits(2, relation(7), mode)]
    locks += [waits(20 + n, relation(7), "AccessShareLock", 40) for n in range(behind)]
    return snapshot(locks, session(1, state), session(2, query=query, application="deploy"))


@pytest.mark.parametrize(
    ("scene", "held"),
    [
        pytest.param(one_report("ALTER TABLE t ADD x int"), 1, id="an ALTER TABLE"),
        pytest.param(one_report("/* deploy */ TRUNCATE t"), 1, id="a TRUNCATE"),
        pytest.param(one_report("DROP TRIGGER x ON t"), 1, id="a change of its definition"),
        pytest.param(one_report("CREATE INDEX ON t (a)", "ShareLock", held="RowExclusiveLock"), 1, id="a plain index"),
        pytest.param(one_report("VACUUM FULL t"), 1, id="maintenance"),
        pytest.param(
            one_report("UPDATE t SET a = 1", "RowExclusiveLock", held="ShareLock"), 0, id="a statement on rows"
        ),
        pytest.param(one_report("LOCK TABLE t"), 0, id="a lock that an application takes"),
        pytest.param(one_report("SELECT f()"), 0, id="a function of which nothing is known"),
        pytest.param(one_report("ALTER TABLE t ADD x int", behind=2), 0, id="with sessions behind it"),
        pytest.param(
            one_report("ALTER TABLE t ADD x int", state="idle in transaction (aborted)"), 0, id="nothing is at work"
        ),
    ],
)
def test_an_active_session_is_not_stopped_for_a_change_that_can_wait(scene, held):
    """Of as many as it would free: no request waits for the change."""
    deploy = Exclusions(applications=frozenset({"deploy"}))
    assert len(judged(scene, deploy).need_approval) == held


def test_a_report_is_not_stopped_for_an_index_that_waits_for_old_snapshots():
    virtual = ("virtualxid", None, None, None, None, "3/5", None, None, None, None)
    scene = snapshot(
        [holds(1, virtual), waits(2, virtual, "ShareLock")],
        session(1, "active"),
        session(2, query="REINDEX INDEX CONCURRENTLY i", progress="REINDEX CONCURRENTLY"),
    )
    (action,) = judged(scene).need_approval
    assert "cancels or terminates 1 active session to free 1 (maintenance, a backup," in action.reason


def waiting_tool(number=3, **waiter):
    """A change of a table that is at work, and sessions that wait to read the table."""
    pids = range(2, 2 + number)
    locks = [
        holds(1, relation(7), "AccessExclusiveLock"),
        *(waits(pid, relation(7), "AccessShareLock") for pid in pids),
    ]
    rewrite = session(1, query="ALTER TABLE t ALTER a TYPE bigint", has_written=True)
    return snapshot(
        locks, rewrite, *(session(pid, **{"query": "SELECT pg_relation_size('t')", **waiter}) for pid in pids)
    )


@pytest.mark.parametrize(
    ("scene", "held"),
    [
        pytest.param(waiting_tool(application="postgres_exporter"), 1, id="monitoring"),
        pytest.param(waiting_tool(application="psql"), 1, id="an operator's console"),
        pytest.param(waiting_tool(application="pg_dump", query="LOCK TABLE t IN ACCESS SHARE MODE"), 1, id="a dump"),
        pytest.param(waiting_tool(query="LOCK TABLE t IN ACCESS SHARE MODE"), 1, id="a dump under another name"),
        pytest.param(waiting_tool(backend_type="autovacuum worker"), 1, id="a vacuum"),
        pytest.param(waiting_tool(backend_type="walsender"), 1, id="replication that makes a slot"),
        pytest.param(waiting_tool(backend_type="logical replication apply worker"), 1, id="logical replication"),
        pytest.param(
            waiting_tool(query="SELECT pg_create_logical_replication_slot($1, $2)"), 1, id="a slot by a function"
        ),
        pytest.param(waiting_tool(), 0, id="the application"),
    ],
)
def test_an_active_session_is_not_stopped_for_a_tool_that_can_wait(scene, held):
    found = judged(scene)
    assert len(found.plan.actions) == 1
    assert len(found.need_approval) == held


def _require_one_action(scene, held, reason):
    """``held``: how many of it need an approval, for the reason."""
    found = judged(scene)
    assert len(found.plan.actions) == 1
    assert len(found.need_approval) == held
    if held:
        assert reason in found.plan.actions[0].reason


def two_batches(waiting=1, **batch):
    """A batch that has changed rows and goes on, and others that wait for one of them."""
    return snapshot(
        row_queue(1, list(range(2, 2 + waiting))),
        session(1, **{"state": "active", "has_written": True, "query": "UPDATE bookings SET seats = 1", **batch}),
    )


@pytest.mark.parametrize(
    ("scene", "held"),
    [
        pytest.param(two_batches(), 1, id="one batch waits for another"),
        pytest.param(two_batches(2), 1, id="two requests"),
        pytest.param(two_batches(3), 0, id="a queue"),
        pytest.param(two_batches(state="idle in transaction", state_change=ago(2)), 1, id="between two statements"),
        pytest.param(two_batches(state="idle in transaction", state_change=ago(20)), 1, id="its code works on"),
        pytest.param(two_batches(state="idle in transaction", state_change=ago(40)), 0, id="a forgotten transaction"),
        pytest.param(two_batches(state="idle in transaction (aborted)"), 0, id="it has failed"),
        pytest.param(two_batches(has_written=False), 0, id="it has written nothing"),
    ],
)
def test_active_work_is_not_rolled_back_for_fewer_than_make_a_queue(scene, held):
    _require_one_action(scene, held, "its transaction has written and is active, and only")
    assert not judge(scene, Exclusions(), replace(WIDE, min_waiters=1)).need_approval


@pytest.mark.parametrize(
    "waiter", ["VACUUM FULL t", "ALTER TABLE t ADD x int", "SELECT pg_create_logical_replication_slot($1)"]
)
def test_a_transaction_that_has_written_is_not_ended_for_what_can_wait(waiter):
    """However long it has been idle: a job that calls a service meanwhile cannot be distinguished from it."""
    locks = [holds(1, relation(7), "RowExclusiveLock"), waits(2, relation(7), "AccessExclusiveLock")]
    idle = session(1, "idle in transaction", state_change=ago(600), has_written=True)
    (action,) = judged(snapshot(locks, idle, session(2, query=waiter))).need_approval
    assert "cancels or terminates 1 session that has written, to free 1 (maintenance, a backup," in action.reason
    behind = [waits(20, relation(7), "AccessShareLock", 40)]
    assert not judged(snapshot([*locks, *behind], idle, session(2, query=waiter))).need_approval


@pytest.mark.parametrize(
    ("application", "held"),
    [("pg_repack", 1), ("pg_squeeze worker", 1), ("pg_restore", 1), ("report", 0)],
)
def test_a_tool_of_maintenance_is_not_ended_for_what_can_wait(application, held):
    """One session of pg_repack keeps the table while another one copies it, for hours."""
    locks = [holds(1, relation(7), "AccessShareLock"), waits(2, relation(7), "AccessExclusiveLock")]
    keeper = session(1, "idle in transaction", application=application, state_change=ago(3600))
    alter = session(2, query="ALTER TABLE t ADD x int")
    found = judged(snapshot(locks, keeper, alter))
    assert len(found.plan.actions) == 1
    assert len(found.need_approval) == held
    if held:
        assert "cancels or terminates 1 active session to free 1" in found.plan.actions[0].reason
    behind = [waits(20, relation(7), "AccessShareLock", 40)]
    (action,) = judged(snapshot([*locks, *behind], keeper, alter)).plan.actions
    assert (action.detail["pid"], bool(held)) in ((2, True), (1, False))


SAFE = ("safe snapshot", None, None, None, None, None, None, None, None, None)


@pytest.mark.parametrize("holder", [{"state": "active"}, {"state": "idle in transaction", "has_written": True}])
def test_a_transaction_is_not_ended_for_one_that_asked_to_wait(holder):
    """SERIALIZABLE READ ONLY DEFERRABLE, as reports and dumps use it."""
    locks = [holds(1, SAFE), waits(2, SAFE)]
    (action,) = judged(snapshot(locks, session(1, **holder), session(2, query="SELECT 1"))).need_approval
    assert "with no session behind it" in action.reason


@pytest.mark.parametrize(
    ("seconds", "waiter", "held"),
    [
        pytest.param(6, "CREATE INDEX CONCURRENTLY i ON t (a)", 1, id="an index, a cursor of slow batches"),
        pytest.param(29, "ALTER TABLE t ADD x int", 1, id="a change of the table, a slow transaction"),
        pytest.param(31, "ALTER TABLE t ADD x int", 1, id="longer than a wait may last: only the change gains"),
        pytest.param(599, "VACUUM FULL t", 1, id="a report that is written out between two batches"),
        pytest.param(601, "ALTER TABLE t ADD x int", 0, id="a forgotten transaction"),
        pytest.param(6, "LOCK TABLE t", 0, id="a waiter of the application"),
    ],
)
def test_a_transaction_that_pauses_is_not_ended_for_what_can_wait(seconds, waiter, held):
    """Between two statements for longer than ``min_idle_in_transaction``, and for less than ten minutes."""
    locks = [holds(1, relation(7), "AccessShareLock"), waits(2, relation(7), "AccessExclusiveLock")]
    found = judged(
        snapshot(locks, session(1, "idle in transaction", state_change=ago(seconds)), session(2, query=waiter))
    )
    assert len(found.plan.actions) == 1
    assert len(found.need_approval) == held
    if held:
        since = "30 s" if seconds < 30 else "10 min"
        assert f"1 session, active less than {since} ago, to free 1" in found.plan.actions[0].detail["needs_approval"]


CHANGES = "UPDATE jobs SET done = true"
LOCKS = "LOCK TABLE jobs IN EXCLUSIVE MODE"
JOBS = relation(7)


def turns(ago_seconds, holder_query=LOCKS, state="idle in transaction", lock=JOBS, **given):
    """Five that wait for one lock, the longest for 100 s, and a holder that has been in its state for so long."""
    locks = [holds(1, lock), *(waits(pid, lock, "ExclusiveLock", 100) for pid in (2, 3, 4, 5, 6))]
    since = {"state_change": ago(ago_seconds), "query_start": ago(ago_seconds)}
    holder = session(1, state, query=holder_query, has_written=True, **since, **given)
    return snapshot(locks, holder, *(session(pid, query="LOCK TABLE jobs IN EXCLUSIVE MODE") for pid in range(2, 7)))


@pytest.mark.parametrize(
    ("scene", "held"),
    [
        pytest.param(turns(12), 1, id="its turn began 12 s ago"),
        pytest.param(turns(26, lock=advisory(5)), 1, id="an advisory lock"),
        pytest.param(turns(31), 0, id="stuck: for longer than a wait may last"),
        pytest.param(turns(12, CHANGES), 1, id="another statement since"),
        pytest.param(turns(12, CHANGES, application="batch"), 1, id="another application, and another statement"),
        pytest.param(turns(12, application="batch"), 1, id="another application, and the same statement"),
        pytest.param(turns(8, "SELECT 1", "active"), 1, id="at work on something else, for less than its waiters wait"),
        pytest.param(turns(31, "SELECT 1", "active"), 0, id="at work on something else, for long"),
        pytest.param(
            turns(110, LOCKS, "active"), 1, id="in the statement that its waiters run, since before they came"
        ),
        pytest.param(turns(90, LOCKS, "active"), 0, id="in that statement, for which a waiter would have gone first"),
        pytest.param(turns(8, "SELECT 1", "active", application="batch"), 1, id="another application at work"),
        pytest.param(turns(12, lock=("transactionid", *[None] * 9)), 0, id="they wait for its transaction"),
        pytest.param(turns(12, state="idle in transaction (aborted)"), 0, id="it has failed"),
    ],
)
def test_a_holder_whose_turn_has_just_begun_is_not_ended_unasked(scene, held):
    """Jobs that take one lock after the other and keep it for longer than a queue is watched."""
    found = judge(scene, Exclusions(), WIDE, approved=[scene.sessions[1].target])
    assert len(found.plan.actions) == 1
    assert len(found.need_approval) == held
    if held:
        assert "the queue may be moving" in found.plan.actions[0].reason


@pytest.mark.parametrize(
    ("state", "seconds", "held"),
    [("active", 5, 1), ("idle in transaction", 5, 0), ("active", 60, 0)],
    ids=["not idle, and its waiters are young", "idle for long", "a waiter has waited for long"],
)
def test_an_active_session_whose_waiters_come_back_is_ended_only_with_an_approval(state, seconds, held):
    locks = [holds(1, relation(7), "ShareLock"), waits(2, relation(7), "RowExclusiveLock", seconds)]
    scene = replace(snapshot(locks, session(1, state), session(2)), pressing={1: "4 waits for it"})
    found = judged(scene)
    assert found.affected == {2}
    assert "; 4 waits for it" in found.plan.actions[0].reason
    assert len(found.need_approval) == held
