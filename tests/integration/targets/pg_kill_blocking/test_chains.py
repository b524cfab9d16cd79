"""Waits behind sessions that wait themselves: who answers for which of them."""

from __future__ import annotations

import pytest
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


def judged(server, young=None):
    """Of one snapshot: while a queue is watched, the waits of a test get as old as the limit. ``young``: a session that
    has waited for less than the limit, however long the test takes; the others began ``MIN_WAITING`` before it."""
    with connect(Login("127.0.0.1", server.port, "oncall", PASSWORD)) as postgres:
        snapshot = read_snapshot(postgres)
    limit = MIN_WAITING if young is None else snapshot.seconds_waiting(young.pid) + MIN_WAITING / 2
    return judge(snapshot, Exclusions(), Bounds(limit, max_share=1.0))


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
    found = judged(server, young=migration)
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
    found = judged(server, young=leader)
    assert not found.affected
    assert any("by design: 4 sessions wait for advisory lock" in line for line in found.no_incident)
    lasting(server, MIN_WAITING, f"pid = {leader.pid}")
    found = judged(server)
    assert "only 1 of the application's sessions waits too long for it" in acts(found)[batch.pid], (
        "the standbys would wait on"
    )


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
    assert "its transaction has written" in acts(judged(server, young=batch))[batch.pid]


@pytest.fixture
def another_server(counted):
    """This one, by a connection of postgres_fdw."""
    options = f"host '127.0.0.1', port '{counted.port}', dbname 'postgres'"
    counted.run(
        "CREATE EXTENSION postgres_fdw",
        f"CREATE SERVER another FOREIGN DATA WRAPPER postgres_fdw OPTIONS ({options})",
        f"CREATE USER MAPPING FOR PUBLIC SERVER another OPTIONS (user 'app', password '{PASSWORD}')",
        "CREATE FOREIGN TABLE far_bookings (id int, seats int) SERVER another OPTIONS (table_name 'bookings')",
        "GRANT ALL ON far_bookings TO app",
    )
    yield
    counted.run("DROP EXTENSION postgres_fdw CASCADE")


@pytest.mark.usefixtures("another_server")
def test_a_report_of_another_server_is_not_ended_for_an_alter(counted, worker):
    report = worker("report").send(
        "WITH far AS MATERIALIZED (SELECT * FROM far_bookings) SELECT count(*), pg_sleep(3600) FROM far"
    )
    remote = "application_name = 'postgres_fdw' AND state = 'idle in transaction'"
    until(lambda: counted.value(f"SELECT count(*) FROM pg_stat_activity WHERE {remote} AND query ~ '^(FETCH|CLOSE)'"))
    worker("migration").send("ALTER TABLE bookings ADD far text")
    waiting(counted, 1)
    lasting(counted, MIN_WAITING, f"wait_event_type = 'Lock' OR {remote}")
    found = judged(counted)
    assert len(found.plan.actions) == 1
    assert found.without_approval().plan.actions == ()
    requests = [worker().send("SELECT count(*) FROM bookings") for dummy in range(3)]
    waiting(counted, 4)
    done = kill(counted, min_waiting=MIN_WAITING)
    assert [entry["who"].split()[-1] for entry in done["acted_on"]] == ["migration"]
    assert {one.fate() for one in (report, *requests)} == {"alive"}


@pytest.mark.parametrize(
    ("takes", "how"),
    [
        pytest.param("UPDATE bookings SET seats = 1 WHERE id = {}", "cancelled", id="rows"),
        pytest.param("SELECT pg_advisory_xact_lock({})", "cancelled", id="locks of transactions"),
        pytest.param("SELECT pg_advisory_lock({})", "terminated", id="locks of sessions, which a cancel leaves"),
    ],
)
def test_a_deadlock_that_postgresql_leaves_for_an_hour_is_broken_by_one_of_its_sessions(server, session, takes, how):
    ring = [held(session, takes.format(number)) for number in (71, 72, 73)]
    for client, number in zip(ring, (72, 73, 71), strict=True):
        client.send(f"{takes.format(number)}; COMMIT; SELECT pg_advisory_unlock_all()")
    behind = session().send(takes.format(71))
    waiting(server, 4, MIN_WAITING)
    (action,) = kill(server, check=True, min_waiting=MIN_WAITING)["plan"]["actions"]
    assert "needs_approval" not in action
    done = kill(server, min_waiting=MIN_WAITING, grace=0.5)
    assert [(entry["pid"], entry["action"]) for entry in done["acted_on"]] == [(ring[2].pid, how)], "the youngest"
    assert [client.fate() for client in ring[:2]] == ["alive", "alive"]
    assert ring[2].fate() != "alive"
    assert done["stopped"] == ""
    assert behind.fate() == "alive"
