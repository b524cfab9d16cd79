"""Facts and evidence of an unblocking, and how many wait too long."""

from __future__ import annotations

from ansible_collections.pafar.runbook.plugins.module_utils._postgres.exclusions import Exclusions
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.locks.kill_result import evidence, facts, standing
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.locks.least_harm import judge
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.locks.price import Bounds

from support.snapshots import SERVER, holds, relation, row_queue, session, snapshot, waits

EXCLUSIVE = "AccessExclusiveLock"
LOCKS = [holds(1, relation(7), EXCLUSIVE), waits(2, relation(7), EXCLUSIVE, 90), waits(3, relation(7), EXCLUSIVE, 5)]
BOUNDS = Bounds(min_waiting=30, max_share=1.0, min_waiters=9)


def test_waiters_and_those_that_wait_too_long():
    assert standing(snapshot(LOCKS), BOUNDS) == {"waiters": 2, "long_waiters": 1}
    assert standing(snapshot(LOCKS), BOUNDS, moving=[2]) == {"waiters": 2, "long_waiters": 0}
    assert standing(snapshot([]), BOUNDS) == {"waiters": 0, "long_waiters": 0}


def test_facts_have_the_names_of_pg_activity_info():
    report = facts(snapshot(LOCKS, session(9, "idle")), Exclusions(), 30)
    assert set(report) == {"visibility", "redacted", "server", "connections", "waiters", "tree", "server_states"}
    assert (report["waiters"], report["redacted"], report["server"]) == (2, 0, SERVER)
    assert report["tree"][0].startswith("2 sessions wait")


def test_facts_name_an_old_transaction_that_no_session_waits_for():
    stuck = session(9, "idle in transaction", has_written=True)
    assert "db_session_cancel" in facts(snapshot([], stuck), Exclusions(), 30)["tree"][-1]
    assert facts(snapshot([], stuck), Exclusions(), 300)["tree"] == ["no session waits for a lock"]


def test_evidence_has_no_literal_and_is_bounded_by_rows():
    holder = session(1, "idle in transaction", query="UPDATE t SET guest = 'Ada' WHERE id = 7")
    scene = snapshot(row_queue(1, [2, 3, 4, 5]), holder)
    report = evidence(judge(scene, Exclusions(), BOUNDS), Exclusions(), 2)
    assert "Ada" not in str(report)
    assert "guest = ?" in str(report["blockers"])
    assert (len(report["blockers"]), len(report["waiters"]), report["waiters_in_all"]) == (1, 2, 4)
    assert [action["pid"] for action in report["plan"]["actions"]] == [1]
    assert report["at"] == "20261123T030000.000000Z"
