"""One chosen session: who it is, what its end costs, and what may not be ended."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._core.errors import InputError
from ansible_collections.pafar.runbook.plugins.module_utils._core.gate import weigh
from ansible_collections.pafar.runbook.plugins.module_utils._core.times import stamp
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.excess.chosen import (
    Chosen,
    HeldLock,
    chosen_of,
    cost,
    plan_chosen,
)
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.exclusions import Exclusions
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.session import SESSION_TARGET

from support.snapshots import ago, session, snapshot

BEGAN = stamp(ago(1000))
PARAGRAPH = "Nothing was done."


def picture(*sessions):
    return snapshot([], sessions={one.pid: one for one in sessions})


def plan(*sessions, pid=7, exclusions=None, held=(), **choice):
    return plan_chosen(picture(*sessions), exclusions or Exclusions(own_pid=1), Chosen(pid, **choice), held)


def test_a_statement_at_work_is_cancelled_and_a_session_without_one_terminated():
    (cancel,) = plan(session(7)).plan.actions
    (terminate,) = plan(session(7, "idle in transaction")).plan.actions
    assert (cancel.action, cancel.target) == ("cancel", f"7@{BEGAN}/{stamp(ago(100))}")
    assert (terminate.action, terminate.target) == ("terminate", f"7@{BEGAN}/-")
    for item in (cancel, terminate):
        assert SESSION_TARGET.pattern.match(item.target)


def test_a_terminated_session_is_one_plan_whatever_it_does():
    """An approval takes minutes; transactions come and go."""
    first = plan(session(7), action="terminate").plan.digest
    assert plan(session(7, "idle", xact_start=None), action="terminate").plan.digest == first
    assert plan(session(7, backend_start=ago(5)), action="terminate").plan.digest != first


@pytest.mark.parametrize("given", ["4711", " 4711 ", f"4711@{BEGAN}", f"4711@{BEGAN}/-", f"4711@{BEGAN}/idle-{BEGAN}"])
def test_a_session_is_named_by_its_pid_or_its_identity(given):
    assert chosen_of(given).pid == 4711
    assert chosen_of(given).began == (BEGAN if "@" in given else "")


@pytest.mark.parametrize("given", ["", "0", "web", "-1", "4711@yesterday", "4711; DROP", "4711,4712", "9" * 20])
def test_what_names_no_session_is_refused(given):
    with pytest.raises(InputError, match="is neither a pid"):
        chosen_of(given)


@pytest.mark.parametrize(
    ("sessions", "choice", "words"),
    [
        pytest.param([], {}, "There is no session with pid 7", id="unknown"),
        pytest.param([session(1)], {"pid": 1}, "the connection of this run", id="own"),
        pytest.param(
            [session(7, backend_type="checkpointer")], {}, "a background process of PostgreSQL", id="checkpointer"
        ),
        pytest.param([session(7, backend_type="logical replication worker")], {}, "a background process", id="worker"),
        pytest.param([session(7, backend_type="parallel worker", leader_pid=8)], {}, "Choose session 8", id="parallel"),
    ],
)
def test_what_no_operator_may_end_is_refused_in_a_paragraph(sessions, choice, words):
    with pytest.raises(InputError, match=words) as caught:
        plan(*sessions, override=True, **choice)
    assert str(caught.value).endswith(PARAGRAPH)


def test_a_pid_that_is_another_session_since_is_left_alone():
    found = plan(session(7, backend_start=ago(5), user="ada"), began=BEGAN)
    assert found.plan.actions == ()
    assert found.as_dict()["affected_before"] == 0
    said = found.as_dict()["no_action_reason"]
    assert "belongs to another session: 7 ada@booking web" in said
    assert f"choose 7@{stamp(ago(5))}" in said
    assert "has ended" in plan(began=BEGAN).as_dict()["no_action_reason"]


def test_nothing_is_cancelled_where_no_statement_runs():
    found = plan(session(7, "idle in transaction"), action="cancel")
    assert found.plan.actions == ()
    assert "runs no statement that could be cancelled" in found.as_dict()["no_action_reason"]


EXCLUDED = [
    pytest.param(session(7, backend_type="walsender"), "walsender", id="replication"),
    pytest.param(session(7, application="pg_dump"), "backup", id="backup"),
    pytest.param(
        session(7, backend_type="autovacuum worker", query="autovacuum: VACUUM t (to prevent wraparound)"),
        "wraparound", id="wraparound",
    ),
    pytest.param(session(7, superuser=True), "superuser", id="superuser"),
]  # fmt: skip


@pytest.mark.parametrize(("excluded", "why"), EXCLUDED)
def test_an_exclusion_stands_until_it_is_overridden_and_the_plan_approved(excluded, why):
    held = plan(excluded)
    assert held.plan.actions == ()
    assert why in held.plan.excluded[0].reason
    assert "override_exclusions" in held.as_dict()["no_action_reason"]
    overridden = plan(excluded, override=True).as_dict()
    assert why in overridden["actions"][0]["needs_approval"]
    for approval in ("over_limit", "always", "never"):
        assert weigh(overridden, 5, approval).open is False
    assert weigh(overridden, 5, "always", None, [overridden["digest"][:12]]).open is True


@pytest.mark.parametrize("more", [{"signalable": False}, {"redacted": True, "state": ""}])
def test_what_the_login_may_not_end_or_see_cannot_be_overridden(more):
    found = plan(session(7, **more), override=True)
    assert found.plan.actions == ()
    assert "override" not in found.as_dict()["no_action_reason"]


def test_what_is_known_is_said():
    held = [
        HeldLock("relation", "RowExclusiveLock", "public.bookings", 1),
        HeldLock("advisory", "ExclusiveLock", "", 3),
    ]
    query = "UPDATE bookings SET email = 'ada@example.org' WHERE id = 7"
    chosen = session(7, "idle in transaction", has_written=True, query=query, client="10.0.0.7")
    lines = plan(chosen, held=held).about
    assert lines[0].startswith("7 app@booking web from 10.0.0.7, connected for 17 min (7@")
    assert "UPDATE bookings SET email = ?" in lines[2]
    assert "ada@example.org" not in str(lines)
    assert lines[3] == "holds RowExclusiveLock on public.bookings, ExclusiveLock (advisory), 3 times"
    assert lines[4] == "no session waits for it"
    assert lines[5].startswith("ending it rolls back what its transaction wrote")


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"backend_type": "walsender"}, "disconnects a replica"),
        ({"query": "CREATE INDEX CONCURRENTLY i ON t (a)"}, "invalid index"),
        ({"state": "idle in transaction (aborted)"}, "already failed"),
        ({"has_written": True}, "rolls back"),
        ({}, "its statement; it has written nothing"),
        ({"state": "idle", "xact_start": None}, "its connection"),
    ],
)
def test_what_its_end_costs(more, words):
    one = session(7, **more)
    assert words in cost(picture(one), one)
