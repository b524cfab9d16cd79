"""What shows only when the first is gone: cascades, sharers, retries; and the bounds of going on."""

from __future__ import annotations

import pytest

from support.clients import lock_waiters, until
from support.killing import kill, pids
from support.scenes import held, queueing_up_again


def test_a_savepoint_keeps_the_lock_over_a_cancel_so_it_is_followed_up(server, session):
    holder = held(session, "UPDATE bookings SET seats = 1 WHERE id = 3", "SAVEPOINT s")
    holder.send("SELECT pg_sleep(3600)")
    queue = [session().send("UPDATE bookings SET seats = 2 WHERE id = 3") for dummy in range(3)]
    until(lambda: lock_waiters(server) == 3)
    done = kill(server, grace=0.5)
    assert [(e["pid"], e["action"]) for e in done["acted_on"]] == [(holder.pid, "terminated")]
    assert {waiter.fate() for waiter in queue} == {"alive"}
    assert lock_waiters(server) == 0


@pytest.mark.parametrize("changed", ["waiters have gone", "it is active again"])
def test_what_needs_an_approval_by_now_is_not_ended_by_an_earlier_plan(server, session, changed):
    """The gate had opened for a queue, or for a forgotten transaction. By then one session waits for active work."""
    holder = held(session, "UPDATE bookings SET seats = 1 WHERE id = 3")
    active = changed == "waiters have gone"
    if active:
        holder.send("SELECT pg_sleep(3600)")
    queue = [session().send("UPDATE bookings SET seats = 2 WHERE id = 3") for dummy in range(3 if active else 1)]
    until(lambda: lock_waiters(server) == len(queue))
    (action,) = kill(server, check=True)["plan"]["actions"]
    assert "needs_approval" not in action
    for waiter in queue[1:]:
        server.run(f"SELECT pg_cancel_backend({waiter.pid})")
    if not active:
        holder.send("SELECT pg_sleep(3600)")
    until(lambda: lock_waiters(server) == 1)
    done = kill(server, only=[action["target"]], follow=True)
    assert done["acted_on"] == []
    assert "and only 1 of the application's sessions waits too long for it" in done["not_done"][0]["reason"]
    assert {holder.fate(), queue[0].fate()} == {"alive"}
    assert [entry["pid"] for entry in kill(server, only=[action["target"]])["acted_on"]] == [holder.pid]


def cascade(server, session, length=3):
    holder = held(session, "UPDATE bookings SET seats = 3 WHERE id = 9")
    queue = []
    for n in range(length):
        waiter = session()
        waiter.run("BEGIN")
        waiter.send("UPDATE bookings SET seats = 4 WHERE id = 9")
        queue.append(waiter)
        until(lambda n=n: lock_waiters(server) == n + 1)
    return holder, queue


def test_a_cascade_is_followed_round_by_round(server, session):
    holder, queue = cascade(server, session)
    done = kill(server)
    assert done["waiters_after"] == 0
    assert done["rounds"] == 3
    assert pids(done["acted_on"]) == sorted([holder.pid, queue[0].pid, queue[1].pid])


def test_an_approved_run_does_not_follow_a_cascade(server, session):
    holder, dummy = cascade(server, session)
    planned = kill(server, check=True)
    done = kill(server, only=[a["target"] for a in planned["plan"]["actions"]])
    assert pids(done["acted_on"]) == [holder.pid]
    assert "no other session may be terminated" in done["stopped"]


def test_the_share_is_of_all_rounds_together(server, session):
    cascade(server, session, 4)
    done = kill(server, max_share=0.2)
    assert len(done["acted_on"]) == 1
    assert "no other session may be terminated" in done["stopped"]


def test_what_was_not_approved_may_be_followed_when_asked(server, session):
    cascade(server, session)
    planned = kill(server, check=True)
    done = kill(server, only=[a["target"] for a in planned["plan"]["actions"]], follow=True)
    assert done["waiters_after"] == 0
    assert done["rounds"] == 3


def test_rounds_are_bounded(server, session):
    cascade(server, session)
    done = kill(server, max_rounds=2)
    assert done["rounds"] == 2
    assert "max_rounds" in done["stopped"]


def test_an_application_that_retries_stops_it(server, session):
    """Whoever loses or gets its turn queues up again at once, behind a second holder: no end of victims."""
    holder = held(session, "UPDATE bookings SET seats = 3 WHERE id = 14")
    second = held(session, "UPDATE bookings SET seats = 3 WHERE id = 15")
    queue = [session().ready() for dummy in range(6)]
    for waiter in queue:
        waiter.send("UPDATE bookings SET seats = 2 WHERE id = 14")
    until(lambda: lock_waiters(server) == 6)
    with queueing_up_again(queue, "UPDATE bookings SET seats = 2 WHERE id = 15"):
        # The picture after the act is taken when the queue has filled up again.
        done = kill(server, settle=1.0)
    assert pids(done["acted_on"]) == [holder.pid]
    assert second.fate() == "alive"
    assert done["rounds"] == 1
    assert "queued up again" in done["stopped"]
