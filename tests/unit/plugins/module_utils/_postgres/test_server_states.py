"""States of the whole server, from the sessions of one look."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.exclusions import Exclusions
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.locks.least_harm import judge
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.locks.price import Bounds
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.server_states import (
    server_states,
    wanted_standbys,
)

from support.snapshots import SERVER, ago, row_queue, session, snapshot

WAITS = {"wait_type": "IPC", "wait_event": "SyncRep"}


def commits(number, seconds=60.0):
    return [session(pid, query="COMMIT", query_start=ago(seconds), **WAITS) for pid in range(1, number + 1)]


def sender(application):
    return session(90, "active", backend_type="walsender", application=application)


def server(setting="standby1", standby=False):
    return {**SERVER, "synchronous_standby_names": setting, "in_recovery": standby}


@pytest.mark.parametrize(
    ("setting", "sessions", "causes"),
    [
        pytest.param("standby1", commits(4), ["synchronous_standby_missing"], id="none is connected"),
        pytest.param(
            "standby1", [*commits(1), sender("standby2")], ["synchronous_standby_missing"], id="another is connected"
        ),
        pytest.param(
            "FIRST 2 (a, b)", [*commits(1), sender("a")], ["synchronous_standby_missing"], id="one of two is connected"
        ),
        pytest.param("*", [*commits(3), sender("any")], ["synchronous_standby_slow"], id="it is there and slow"),
        pytest.param("*", [*commits(3, 2.0), sender("any")], [], id="it is there and takes its time"),
        pytest.param("standby1", commits(1, 0.1), [], id="for a moment"),
        pytest.param("", [session(1)], [], id="none is asked for"),
    ],
)
def test_commits_that_wait_for_a_standby(setting, sessions, causes):
    found = server_states(snapshot([], *sessions, server=server(setting)))
    assert [state["cause"] for state in found] == causes
    for state in found:
        assert f"synchronous_standby_names = {setting}" in state["text"]


def test_what_is_connected_is_named_with_what_to_do():
    (state,) = server_states(snapshot([], *commits(2), sender("standby2"), server=server()))
    assert state["text"] == (
        "2 commits wait for a synchronous standby, the longest for 60 s: synchronous_standby_names = standby1,"
        " connected: standby2"
    )
    assert "ALTER SYSTEM SET synchronous_standby_names" in state["advice"]
    assert (state["sessions"], state["seconds"]) == (2, 60.0)


@pytest.mark.parametrize(
    ("setting", "names", "needed"),
    [
        ("", set(), 0),
        ("a, b", {"a", "b"}, 1),
        ("*", {"*"}, 1),
        ("2 (a, B)", {"a", "b"}, 2),
        ('any 2 (a, "b c", "d""e")', {"a", "b c", 'd"e'}, 2),
        ("first", {"first"}, 1),
    ],
)
def test_the_setting_is_read(setting, names, needed):
    assert wanted_standbys(setting) == (names, needed)


def test_no_session_is_ended_for_a_commit_that_waits():
    scene = snapshot(row_queue(1, [2, 3]), *commits(1), server=server())
    judged = judge(scene, Exclusions(), Bounds(max_share=1.0))
    assert judged.plan.actions == ()
    assert "synchronous standby" in judged.plan.excluded[0].reason


@pytest.mark.parametrize(
    ("processes", "causes"),
    [
        pytest.param(["startup"], ["standby_without_primary"], id="nothing is received"),
        pytest.param(["startup", "walreceiver"], [], id="all is as it should be"),
        pytest.param([], [], id="the processes are not to be seen"),
    ],
)
def test_a_standby_without_its_primary(processes, causes):
    sessions = [session(pid, "", backend_type=kind) for pid, kind in enumerate(processes, 50)]
    found = server_states(snapshot([], *sessions, server=server("", standby=True)))
    assert [state["cause"] for state in found] == causes


@pytest.mark.parametrize(
    ("event", "cause"),
    [
        ("RecoveryPause", "replay_paused"),
        ("RecoveryConflictSnapshot", "replay_conflict"),
        ("RecoveryConflictTablespace", "replay_conflict"),
    ],
)
def test_a_replay_that_stands(event, cause):
    replay = session(50, "", backend_type="startup", wait_type="IPC", wait_event=event)
    scene = snapshot([], replay, session(51, "", backend_type="walreceiver"), server=server("", standby=True))
    (state,) = server_states(scene)
    assert (state["cause"], state["sessions"]) == (cause, 0)


def test_a_convoy_is_a_state_that_no_session_waits_for():
    (state,) = server_states(snapshot(row_queue(1, [2, 3]), convoys=("a convoy on t: 2 sessions wait",)))
    assert (state["cause"], state["sessions"]) == ("convoy", 0)
    assert "to end sessions frees none" in state["advice"]
