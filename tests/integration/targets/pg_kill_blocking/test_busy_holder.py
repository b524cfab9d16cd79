"""One approval for a holder that is at work at one moment and idle at the next: the digest names the session and the
strongest action that may follow, not what its state asks for first."""

from __future__ import annotations

import pytest

from support.clients import lock_waiters, until
from support.killing import kill, pids, refused
from support.modules import run_module
from support.scenes import Batch, ended_steps, held

ROW = "UPDATE bookings SET seats = 1 WHERE id = 80"


@pytest.fixture
def steps(server):
    with ended_steps(server):
        yield


@pytest.fixture
def batch(server, session, steps):
    """It has written a row for which four requests wait."""
    holder = held(session, ROW, application="batch")
    queue = [session(name).send(ROW) for name in ("web", "web", "partner", "partner")]
    until(lambda: lock_waiters(server) == len(queue))
    return Batch(holder), queue


def planned(server, **options):
    """Digest of the plan, and the first action for each session."""
    plan = kill(server, check=True, **options)["plan"]
    return plan["digest"], {action["pid"]: action["action"] for action in plan["actions"]}


def test_the_digest_does_not_change_with_the_state_of_the_holder(server, batch):
    holder, dummy = batch
    looks = []
    for dummy in range(2):
        looks.append(planned(server))
        holder.begin()
        looks.append(planned(server))
        holder.finish()
    pid = holder.client.pid
    assert [acts[pid] for digest, acts in looks] == ["terminate", "cancel"] * 2
    assert len({digest for digest, acts in looks}) == 1


@pytest.mark.parametrize("then", ["its statement ends", "its next statement begins", "another statement runs"])
def test_what_was_approved_is_done_whatever_the_holder_does_by_then(server, batch, then):
    holder, queue = batch
    if then != "its next statement begins":
        holder.begin()
    (action,) = kill(server, check=True)["plan"]["actions"]
    if then != "its next statement begins":
        holder.finish()
    if then != "its statement ends":
        holder.begin()
    done = kill(server, only=[action["target"]])
    assert pids(done["acted_on"]) == [holder.client.pid]
    assert holder.client.fate() == ("terminated" if then == "its statement ends" else "cancelled")
    assert (done["waiters_after"], {client.fate() for client in queue}) == (0, {"alive"})


def test_of_two_holders_one_is_busy(server, session, steps):
    """Both keep the table, and go together or not at all."""
    readers = [held(session, "SELECT count(*) FROM payments", application="report") for dummy in range(2)]
    session("migration").send("ALTER TABLE payments ADD busy text")
    until(lambda: lock_waiters(server) == 1)
    options = {"strategy": "root_blockers"}
    busy = Batch(readers[1])
    both_idle = planned(server, **options)
    busy.begin()
    one_busy = planned(server, **options)
    assert both_idle[1] == dict.fromkeys((reader.pid for reader in readers), "terminate")
    assert one_busy[1] == {readers[0].pid: "terminate", readers[1].pid: "cancel"}
    assert both_idle[0] == one_busy[0]
    plan = kill(server, check=True, **options)["plan"]
    busy.finish()
    done = kill(server, only=[action["target"] for action in plan["actions"]], **options)
    assert pids(done["acted_on"]) == sorted(reader.pid for reader in readers)
    until(lambda: {reader.fate() for reader in readers} == {"terminated"})


def test_the_approval_ends_with_the_transaction(server, batch):
    """The same session, that holds the same row again, is another target, and another digest."""
    holder, queue = batch
    before, dummy = planned(server)
    target = kill(server, check=True)["plan"]["actions"][0]["target"]
    holder.client.run("COMMIT")
    until(lambda: lock_waiters(server) == 0)
    for statement in ("BEGIN", ROW):
        holder.client.run(statement)
    for client in queue:
        assert client.done(60)
        client.send(ROW)
    until(lambda: lock_waiters(server) == len(queue))
    holder.begin()
    assert planned(server)[0] != before
    assert refused(server, only=[target])["error"] == "StaleApproval"
    assert holder.client.fate(0) == "alive"


def test_a_chosen_session_is_cancelled_or_terminated_as_approved(server, batch):
    """There the person chooses the action: a cancel never becomes the end of the session."""
    holder, queue = batch
    digests = set()
    for action in ("cancel", "terminate"):
        holder.begin()
        chosen = {"session": str(holder.client.pid), "session_action": action}
        digests.add(run_module("pg_end_sessions", check=True, **server.login("oncall"), **chosen)["plan"]["digest"])
        holder.finish()
    assert len(digests) == 2
    assert {client.fate(0) for client in (holder.client, *queue)} == {"alive"}
