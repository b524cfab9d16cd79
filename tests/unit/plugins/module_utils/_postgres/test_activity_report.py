from __future__ import annotations

import json

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.activity_report import activity_result
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.exclusions import Exclusions
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.locks.kill_result import (
    evidence,
    standing,
)
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.locks.least_harm import judge
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.locks.price import Bounds

from support.snapshots import NOW, advisory, ago, holds, prepared, relation, row_queue, session, snapshot, waits

SECRET = "UPDATE t SET card = '4111111111111111' WHERE id = 7"
SCENE = snapshot(
    row_queue(1, [2, 3]),
    session(1, "idle in transaction", query=SECRET, has_written=True),
    session(2, query=SECRET),
    session(8, "active", query="SELECT pg_sleep(600)", query_start=ago(600)),
    session(9, "active", wait_type="BufferPin", wait_event="BufferPin"),
    session(10, backend_type="walsender"),
    prepared(5),
)


def told(scene=SCENE, statements="normalized", rows=100):
    return activity_result(scene, Exclusions(), statements=statements, rows=rows, min_waiting=85, long_running=300)


def test_tells_what_other_tools_rely_on():
    result = told()
    assert result["waiters"] == 2
    assert result["long_waiters"] == 1
    assert result["visibility"] == "full"
    root = result["root_blockers"][0]
    assert {"target", "pid", "waiters", "state", "reason"} <= root.keys()
    assert (root["pid"], root["waiters"], root["state"]) == (1, 2, "idle in transaction")
    assert result["queued_blockers"] == []
    assert result["connections"]["used"] == 5  # the walsender takes no slot of max_connections
    assert result["connections"]["limit"] == 100
    assert result["connections"]["percent"] == 5.0
    assert result["connections"]["by_state"] == {"active": 4, "idle in transaction": 1}


@pytest.mark.parametrize(
    ("waiters", "least", "late"),
    [(4, 3, 4), (4, 4, 4), (4, 5, 0), (2, 2, 2), (2, 3, 0)],
)
def test_how_many_young_waits_are_late_is_the_sites_to_say(waiters, least, late):
    """Clients with a short timeout behind a session that has been idle in transaction for long."""
    queue = range(10, 10 + waiters)
    locks = [holds(1, relation(7)), *(waits(pid, relation(7), seconds=0.2) for pid in queue)]
    scene = snapshot(locks, session(1, "idle in transaction", has_written=True))
    seen = activity_result(
        scene, Exclusions(), statements="normalized", rows=9, min_waiting=30, long_running=300, min_waiters=least
    )
    assert (seen["long_waiters"], seen["requests_waiting"]) == (late, late)


def test_lists_who_is_the_matter_in_another_way():
    lists = told()["activity"]
    assert [s["pid"] for s in lists["long_running"]] == [8]
    assert [s["pid"] for s in lists["idle_in_transaction"]] == [1]
    assert [s["pid"] for s in lists["other_waits"]] == [9]
    assert [s["pid"] for s in lists["pin_suspects"]] == [1]
    assert [(s["pid"], s["reason"]) for s in lists["protected"]] == [
        (10, "is a walsender (replication or base backup)")
    ]
    assert told()["prepared"][0]["seconds"] == 500.0


def test_no_literal_leaves_unless_asked_for():
    assert "4111" not in json.dumps(told())
    assert "4111" in json.dumps(told(statements="full"))
    assert "UPDATE" not in json.dumps(told(statements="none")["root_blockers"])


def test_lists_are_bounded_and_counts_are_of_all():
    crowd = snapshot(row_queue(1, list(range(2, 302))))
    result = told(crowd, rows=10)
    assert result["waiters"] == 300
    assert len(result["blocked"]) == 10


def test_redacted_rows_are_counted_and_said():
    hidden = session(4, backend_type="", state="", redacted=True)
    result = told(snapshot(row_queue(1, [2]), hidden))
    assert (result["visibility"], result["redacted"]) == ("partial", 1)
    assert result["connections"]["by_state"]["unknown"] == 1


def test_the_evidence_holds_everybody_and_no_literal():
    judged = judge(SCENE, Exclusions(), Bounds())
    kept = evidence(judged, Exclusions(), 100)
    assert "4111" not in json.dumps([kept, judged.as_dict(), judged.diff()])
    assert [s["pid"] for s in kept["blockers"]] == [1]
    assert [s["pid"] for s in kept["waiters"]] == [2, 3]
    assert kept["plan"]["digest"] == judged.plan.digest
    assert kept["at"] == NOW.strftime("%Y%m%dT%H%M%S.%fZ")


def test_the_diff_is_for_people_and_empty_without_a_change():
    shown = judge(SCENE, Exclusions(), Bounds()).diff()
    assert shown["before"].splitlines()[-1] == "2 sessions wait too long"
    assert "session terminated, frees 2 of 2" in shown["after"]
    quiet = judge(snapshot([]), Exclusions(), Bounds()).diff()
    assert quiet["before"] == quiet["after"] == ""


def test_how_a_queue_stands_and_who_of_the_late_is_late_still():
    judged = judge(SCENE, Exclusions(), Bounds())
    assert standing(SCENE, Bounds(0)) == {"waiters": 2, "long_waiters": 2}
    assert judged.still_late(SCENE) == 2
    assert judged.still_late(snapshot([])) == 0


def test_waits_by_design_are_counted_apart():
    locks = [holds(20, advisory(7)), waits(21, advisory(7), seconds=9000), *row_queue(1, [2, 3])]
    result = told(snapshot(locks, session(20, "idle"), session(21, wait_type="Lock", application="scheduler")))
    assert (result["waiters"], result["long_waiters"], result["waiters_by_design"]) == (3, 1, 1)
    assert result["requests_waiting"] == 2  # behind the late one there is another
    assert result["longest_wait"] == 90.0
    applications = result["connections"]["connection_limits"][0]["applications"]
    assert {one["application"]: one["waiting"] for one in applications} == {"web": 0, "scheduler": 0}
    only = told(snapshot(locks[:2], session(20, "idle"), session(21, wait_type="Lock")))
    assert (only["long_waiters"], only["longest_wait"]) == (0, 0.0)


def test_standbys_of_a_leader_in_a_transaction_are_no_requests():
    locks = [holds(20, advisory(7)), waits(21, advisory(7), seconds=9000)]
    leader = session(20, "idle in transaction", query="SELECT pg_advisory_lock(7)")
    result = told(snapshot(locks, leader, session(21, wait_type="Lock")))
    assert (result["long_waiters"], result["waiters_by_design"], result["requests_waiting"]) == (1, 0, 0)
