"""Waits behind sessions that wait themselves: who answers for which of them."""

from __future__ import annotations

from ansible_collections.pafar.runbook.plugins.module_utils._postgres.exclusions import Exclusions
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.io.connection import Login
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.io.server import connect
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.io.snapshot import read_snapshot
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.locks.least_harm import judge
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.locks.price import Bounds

from support.clients import lock_waiters, until
from support.killing import kill
from support.scenes import at_work, held, lasting
from support.servers import PASSWORD

MIN_WAITING = 3.0


def judged(server, min_waiting=MIN_WAITING):
    """Of one snapshot: while a queue is watched, the waits of a test get as old as the limit."""
    with connect(Login("127.0.0.1", server.port, "oncall", PASSWORD)) as postgres:
        return judge(read_snapshot(postgres), Exclusions(), Bounds(min_waiting, max_share=1.0))


def waiting(server, number, seconds=0.0):
    until(lambda: lock_waiters(server) == number, what=f"{number} waiters")
    if seconds:
        lasting(server, seconds)


def acts(judgement):
    return {item.detail["pid"]: item.detail.get("needs_approval", "") for item in judgement.plan.actions}


def test_a_report_that_a_migration_has_run_into_is_not_cancelled_unasked(server, session):
    report = at_work(session("report").send("SELECT pg_sleep(3600) FROM payments LIMIT 1"))
    migration = held(session, "ALTER TABLE bookings ADD run_into text", application="migration")
    for dummy in range(4):
        session().send("SELECT count(*) FROM bookings")
    waiting(server, 4, MIN_WAITING)
    migration.send("ALTER TABLE payments ADD run_into text")
    waiting(server, 5)
    found = judged(server)
    assert "no session has waited for it for longer than" in acts(found)[report.pid]
    assert found.without_approval().plan.actions == ()
    lasting(server, MIN_WAITING, f"pid = {migration.pid}")
    assert acts(judged(server)) == {report.pid: ""}


def test_standbys_are_by_design_while_their_leader_has_only_begun_to_wait(server, session):
    leader = session("scheduler-0")
    leader.run("SELECT pg_advisory_lock(70)")
    for n in range(1, 5):
        session(f"scheduler-{n}").send("SELECT pg_advisory_lock(70)")
    waiting(server, 4, MIN_WAITING)
    batch = held(session, "UPDATE bookings SET seats = 1 WHERE id = 71", application="batch")
    at_work(batch.send("SELECT pg_sleep(3600)"))
    leader.send("UPDATE bookings SET seats = 2 WHERE id = 71")
    waiting(server, 5)
    found = judged(server)
    assert not found.affected
    assert any("by design: 4 sessions wait for advisory lock" in line for line in found.no_incident)
    lasting(server, MIN_WAITING, f"pid = {leader.pid}")
    found = judged(server)
    assert "only 1 of the application's sessions waits for it" in acts(found)[batch.pid], "the standbys would wait on"


def test_requests_behind_one_that_wants_a_shared_advisory_lock_alone_are_a_queue(server, session):
    job = session("job")
    job.run("SELECT pg_advisory_lock_shared(72)")
    deploy = session("deploy").send("SELECT pg_advisory_lock(72)")
    waiting(server, 1)
    assert kill(server, check=True)["plan"]["actions"] == []
    web = [session().send("SELECT pg_advisory_xact_lock_shared(72)") for dummy in range(4)]
    waiting(server, 5)
    done = kill(server)
    assert [(entry["pid"], entry["action"]) for entry in done["acted_on"]] == [(deploy.pid, "cancelled")]
    assert {one.fate() for one in (job, *web)} == {"alive"}


def test_a_batch_that_has_begun_to_wait_is_as_dear_as_one_at_work(server, session):
    """Behind a backup, which is excluded, so that the batch itself is what could be ended for its waiters."""
    batch = held(session, "UPDATE bookings SET seats = 1", application="batch")
    for dummy in range(2):
        session().send("UPDATE bookings SET seats = 2 WHERE id = 73")
    waiting(server, 2, MIN_WAITING)
    held(session, "LOCK TABLE payments IN ACCESS SHARE MODE", application="pg_dump")
    batch.send("LOCK TABLE payments")
    waiting(server, 3)
    assert "its transaction has written" in acts(judged(server))[batch.pid]
