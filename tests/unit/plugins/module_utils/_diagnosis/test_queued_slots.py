"""Slots that are full of sessions that wait, or of sessions that show no cause."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._diagnosis.connections import diagnose_connections
from ansible_collections.pafar.runbook.plugins.module_utils._diagnosis.queued_slots import queue_causes
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.activity_report import Connections
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.background.background_report import (
    BackgroundSubjects,
)
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.server_states import ServerState

from support.database_reports import activity, application, connection_limit, ending_all, processes


def diagnose(seen):
    return diagnose_connections(seen, 30, 60, 0.5, 0.2, {}, plan=ending_all(seen))


CONVOY: ServerState = {
    "cause": "convoy", "text": "a lock convoy on row 7", "sessions": 0, "seconds": 0.0, "refuses": False,
    "advice": "shorten the transactions",
}  # fmt: skip


@pytest.mark.parametrize(
    ("applications", "states", "cause"),
    [
        pytest.param([application(sessions=38, active=38, waiting_in_turn=37)], [], "advisory_lock", id="one holder"),
        pytest.param([application(sessions=38, active=38, waiting_in_turn=37)], [CONVOY], "convoy", id="a convoy"),
        pytest.param(
            [application(sessions=26, active=26), application("job", 12, active=12, waiting_in_turn=12)],
            [], "advisory_lock", id="beside traffic",
        ),
        pytest.param([application(sessions=38, active=38, waiting_in_turn=3)], [], "traffic", id="a few followers"),
    ],
)  # fmt: skip
def test_sessions_that_wait_are_no_traffic(applications, states, cause):
    found = diagnose(activity(connection_limit(*applications), states=states)).as_dict()
    assert (found["cause"], found["mitigation"], found["plans"]) == (cause, "", {})
    assert found["causes"][0]["detail"].get("advice") in (None, found["advice"][0])
    traffic = [one["evidence"][0] for one in found["causes"] if one["cause"] == "traffic"]
    assert all("38 of 38" not in text or cause == "traffic" for text in traffic)


@pytest.mark.parametrize(
    ("waiting", "causes"),
    [
        pytest.param({"synchronous_standby_missing": 38}, ["synchronous_standby_missing"], id="all for a standby"),
        pytest.param({"synchronous_standby_slow": 20}, ["synchronous_standby_slow"], id="half for a slow one"),
        pytest.param({"checkpointer_stopped": 30}, ["checkpointer_stopped"], id="most for a checkpoint"),
        pytest.param({"synchronous_standby_slow": 2}, ["synchronous_standby_slow", "traffic"], id="few of them"),
        pytest.param({"replication_slot_behind": 0}, ["traffic"], id="none"),
    ],
)
def test_who_waits_for_the_server_is_no_traffic(waiting, causes):
    states = [
        ServerState(cause=cause, text="x", sessions=number, seconds=60.0, refuses=False, advice="y")
        for cause, number in waiting.items()
    ]
    seen = activity(connection_limit(application(sessions=40, active=38)), states=states)
    assert [cause["cause"] for cause in diagnose(seen).as_dict()["causes"]] == causes


@pytest.mark.parametrize(
    ("number", "seconds", "said"),
    [
        (9, 600.0, "; 9 others have been idle in transaction for 60 s or longer"), (1, 61.0, "; 1 other has been idle"),
        (4, 90.0, "; 4 others have been idle"), (9, 59.0, ""), (0, 0.0, ""), (10, 600.0, ""),
    ],
)  # fmt: skip
def test_forgotten_transactions_beside_traffic_are_told(number, seconds, said):
    """They use slots, also where they are too few to be a cause."""
    busy = application("busy", 40 - number, active=40 - number)
    open_ones = application(sessions=number, idle_in_transaction=number, idle_in_transaction_seconds=[seconds] * number)
    found = diagnose(activity(connection_limit(busy, open_ones))).as_dict()
    (traffic,) = (cause["evidence"][0] for cause in found["causes"] if cause["cause"] == "traffic")
    assert ("others have" in traffic or "other has" in traffic) is bool(said)
    assert said in traffic


@pytest.mark.parametrize(
    ("used", "says"),
    [
        pytest.param({"idle": 40, "idle_seconds": [2] * 40}, "40 sessions are idle, the longest for 2.0 s", id="idle"),
        pytest.param({"active": 12, "idle": 28, "idle_seconds": [5] * 28}, "12 active", id="some at work"),
        pytest.param({"idle_in_transaction": 40}, "0 sessions are idle, 0 active, 40 idle in transaction", id="open"),
    ],
)
@pytest.mark.parametrize("path", ["normal", "replication"])
def test_a_limit_that_is_reached_without_a_cause_is_said(used, says, path):
    seen = activity(connection_limit(application(sessions=40, **used)))
    seen["server"] = {**seen["server"], "login_path": path, "refused_by": "max_connections"}
    found = diagnose(seen).as_dict()
    assert any(says in line and "(0 of 40 free)" in line for line in found["lines"])
    assert found["cause"] == ("" if path == "normal" else "limit_reached")
    assert found["mitigation"] == ""


@pytest.mark.parametrize(
    ("active", "waiting", "says"),
    [
        pytest.param(36, 35, "36 active (35 of them wait for locks, the longest for 0.8 s), 0 idle", id="a busy row"),
        pytest.param(25, 20, "25 active (20 of them wait for locks, the longest for 0.8 s), 0 idle", id="half of them"),
        pytest.param(12, 3, "12 active (3 of them wait for locks, the longest for 0.8 s), 0 idle", id="a few"),
        pytest.param(12, 0, "12 active, 0 idle in transaction", id="none waits"),
        pytest.param(0, 0, "0 active, 0 idle in transaction", id="none is active"),
    ],
)
def test_who_waits_for_a_moment_where_no_cause_was_found_is_not_said_to_work(active, waiting, says):
    limit = connection_limit(application(sessions=40, active=active, waiting=waiting, idle=40 - active))
    seen = activity(limit)
    server = {**seen["server"], "login_path": "reserve", "refused_by": "max_connections"}
    (cause,) = diagnose({**seen, "longest_wait": 0.8, "server": server}).causes
    assert cause.name == "limit_reached"
    assert says in cause.evidence[0]


@pytest.mark.parametrize(
    ("waiting", "in_turn", "causes"),
    [(0, 0, []), (20, 0, ["lock_queue"]), (0, 20, ["advisory_lock"]), (15, 15, ["lock_queue", "advisory_lock"]),
     (1, 1, []), (9, 9, [])],
)  # fmt: skip
def test_a_queue_counts_from_a_quarter_of_the_slots(waiting, in_turn, causes):
    limit = connection_limit(application(sessions=40, active=40, waiting=waiting, waiting_in_turn=in_turn))
    assert [cause.name for cause in queue_causes(limit, activity(limit))] == causes


@pytest.mark.parametrize(
    ("longest", "late", "causes"),
    [(0.3, 0, ["leak"]), (1.2, 0, ["lock_queue", "leak"]), (0.3, 3, ["lock_queue", "leak"])],
    ids=["sessions that meet at a busy row", "a queue", "clients that fail and come back"],
)
def test_waits_of_a_moment_hide_no_leak(longest, late, causes):
    feed = application("feed", 26, idle=26, idle_seconds=[300] * 26)
    limit = connection_limit(feed, application(sessions=12, active=12, waiting=11))
    seen = activity(limit, waiters=11, long_waiters=late)
    seen = {**seen, "longest_wait": longest}
    assert [cause.name for cause in diagnose(seen).causes] == causes


@pytest.mark.parametrize(
    ("shown", "seen_processes", "path", "cause", "says"),
    [
        pytest.param(0, 37, "replication", "hanging_logins", "37 connections have begun to log in", id="by processes"),
        pytest.param(37, 0, "replication", "hanging_logins", "37 connections have begun to log in", id="as sessions"),
        pytest.param(0, None, "replication", "limit_reached", "only 3 of 40 slots are used", id="not to be seen"),
        pytest.param(0, 2, "replication", "limit_reached", "either slots have become free since", id="a few log in"),
        pytest.param(0, 20, "normal", "", "", id="many log in, and there is room"),
        pytest.param(0, 34, "normal", "hanging_logins", "34 connections", id="there is hardly room"),
        pytest.param(0, 0, "normal", "", "", id="nothing is wrong"),
    ],
)
def test_logins_that_hang_take_slots_without_being_sessions(shown, seen_processes, path, cause, says):
    behind: BackgroundSubjects = {} if seen_processes is None else {"processes": processes(logging_in=seen_processes)}
    seen = activity(connection_limit(application(sessions=3, idle=3)), background=behind)
    connections: Connections = {**seen["connections"], "by_state": {"starting": shown} if shown else {}}
    seen = {
        **seen,
        "connections": connections,
        "server": {**seen["server"], "login_path": path, "refused_by": "max_connections"},
    }
    found = diagnose(seen).as_dict()
    assert found["cause"] == cause
    assert all("no connection limit is reached" not in line for line in found["lines"]) or not cause
    if cause:
        assert says in found["causes"][0]["evidence"][0]
        assert "authentication_timeout" in found["advice"][0]


@pytest.mark.parametrize(
    ("stalled", "cause"),
    [(30, "stalled_clients"), (12, "stalled_clients"), (9, "traffic"), (1, "traffic"), (0, "traffic")],
)
def test_sessions_that_wait_for_their_clients_are_no_traffic(stalled, cause):
    full = application("export", 38, active=38, waiting_for_client=stalled)
    limit: Any = {**connection_limit(full, application("web", 2)), "free": 0}
    found = diagnose_connections(activity(limit), 30, 60, 0.5, 0.2, {}, plan=ending_all(activity())).as_dict()
    assert (found["cause"], found["mitigation"], found["plans"]) == (cause, "", {})
    if cause == "stalled_clients":
        assert (
            f"{stalled} of 40 sessions run a statement that waits for its client" in found["causes"][0]["evidence"][0]
        )
        assert "tcp_user_timeout = 90s" in found["advice"][0]
        assert "is not known" in found["advice"][0]
