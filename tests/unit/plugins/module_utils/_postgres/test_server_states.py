"""States of the whole server, from the sessions of one look."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.condition import (
    Archiver,
    Checkpoints,
    Condition,
    DatabaseAges,
    Disk,
    Holder,
    Recovery,
)
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.exclusions import Exclusions
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.locks.least_harm import judge
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.locks.price import Bounds
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.server_states import (
    server_states,
    wanted_standbys,
)

from support.snapshots import SERVER, ago, holds, relation, row_queue, session, snapshot, waits

WAITS = {"wait_type": "IPC", "wait_event": "SyncRep"}


def commits(number, seconds=60.0):
    return [session(pid, query="COMMIT", query_start=ago(seconds), **WAITS) for pid in range(1, number + 1)]


def sender(application, pid=90, **given):
    return session(pid, "active", backend_type="walsender", application=application, **given)


def senders(application, number):
    return [sender(application, pid) for pid in range(90, 90 + number)]


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
        pytest.param(
            "*", [*commits(3), sender("pg_basebackup")], ["synchronous_standby_missing"], id="a backup is connected"
        ),
        pytest.param(
            "ANY 1 (*)",
            [*commits(3), sender("copy", progress="BASEBACKUP")],
            ["synchronous_standby_missing"],
            id="a backup under another name",
        ),
        pytest.param(
            "pg_receivewal",
            [*commits(3), sender("pg_receivewal")],
            ["synchronous_standby_slow"],
            id="it is asked for by its name",
        ),
        pytest.param(
            "ANY 2 (*)",
            [*commits(1), *senders("walreceiver", 3)],
            ["synchronous_standby_slow"],
            id="three of one name are three",
        ),
        pytest.param(
            "FIRST 2 (a)", [*commits(1), *senders("a", 2)], ["synchronous_standby_slow"], id="two of the one name"
        ),
        pytest.param("ANY 2 (*)", [*commits(1, 2.0), *senders("walreceiver", 3)], [], id="three take their time"),
        pytest.param(
            "ANY 2 (a, b)",
            [*commits(1), sender("a"), *[sender("c", pid) for pid in (91, 92)]],
            ["synchronous_standby_missing"],
            id="others do not count, however many",
        ),
        pytest.param(
            "3 (*)",
            [*commits(1), *senders("walreceiver", 2)],
            ["synchronous_standby_missing"],
            id="one of three is gone",
        ),
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
    ("processes", "recovery", "says"),
    [
        pytest.param(["startup"], Recovery(True), "receives no WAL", id="nothing is received"),
        pytest.param(["startup"], Recovery(True, True), "restores none from its archive", id="and none restored"),
        pytest.param(["startup"], Recovery(None), "only restores from an archive", id="the setting is not to be seen"),
        pytest.param(["startup"], Recovery(True, True, True), "", id="it restores instead"),
        pytest.param(["startup"], Recovery(None, True, True), "", id="it restores, wherever it would connect to"),
        pytest.param(["startup"], Recovery(False, True), "", id="a standby by archive alone"),
        pytest.param(["startup"], Recovery(False, False), "", id="a standby by files that are copied"),
        pytest.param(["startup"], None, "", id="not asked"),
        pytest.param(["startup", "walreceiver"], Recovery(True), "", id="all is as it should be"),
        pytest.param([], Recovery(True), "", id="the processes are not to be seen"),
    ],
)
def test_a_standby_without_its_primary(processes, recovery, says):
    sessions = [session(pid, "", backend_type=kind) for pid, kind in enumerate(processes, 50)]
    scene = snapshot([], *sessions, server=server("", standby=True), condition=Condition(recovery=recovery))
    found = server_states(scene)
    assert [state["cause"] for state in found] == ["standby_without_primary"] * bool(says)
    assert all(says in state["text"] + state["advice"] for state in found)


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


def test_what_resuming_a_replay_does_is_said_before_how():
    """PostgreSQL pauses for a max_connections below the primary's, and shuts down when it is resumed then."""
    replay = session(50, "", backend_type="startup", wait_type="IPC", wait_event="RecoveryPause")
    receiver = session(51, "", backend_type="walreceiver")
    (state,) = server_states(snapshot([], replay, receiver, server=server("", standby=True)))
    said = [state["advice"].index(words) for words in ("it shuts down", "ends the recovery", "pg_wal_replay_resume")]
    assert said == sorted(said)


def test_a_convoy_is_a_state_that_no_session_waits_for():
    (state,) = server_states(snapshot(row_queue(1, [2, 3]), convoys=("a convoy on t: 2 sessions wait",)))
    assert (state["cause"], state["sessions"]) == ("convoy", 0)
    assert "ending sessions frees none" in state["advice"]


@pytest.mark.parametrize(("kind", "event"), [("Lock", "relation"), ("BufferPin", "BufferPin"), ("Buffer", "Cleanup")])
def test_a_replay_that_waits_for_a_lock_or_a_page_is_in_conflict(kind, event):
    replay = session(50, "", backend_type="startup", wait_type=kind, wait_event=event)
    scene = snapshot([], replay, session(51, "", backend_type="walreceiver"), server=server("", standby=True))
    assert [state["cause"] for state in server_states(scene)] == ["replay_conflict"]


@pytest.mark.parametrize(
    ("holders", "names"),
    [((), ""), ((1,), ": 1 app@booking report"), ((1, 2), ": 1 app@booking report, 2 app@booking report")],
    ids=["a conflict that no lock shows", "one reader", "two readers"],
)
def test_a_conflict_about_a_lock_names_the_sessions_that_hold_it(holders, names):
    replay = session(50, "", backend_type="startup", wait_type="Lock", wait_event="relation")
    wants = (
        [waits(50, relation(7), "AccessExclusiveLock"), waits(60, relation(7), "AccessShareLock")] if holders else []
    )
    readers = [session(pid, "idle in transaction", application="report") for pid in holders]
    scene = snapshot(
        [*(holds(pid, relation(7), "AccessShareLock") for pid in holders), *wants],
        replay, session(51, "", backend_type="walreceiver"), *readers, server=server("", standby=True),
    )  # fmt: skip
    (state,) = server_states(scene)
    assert state["text"].endswith(f"holds a lock that replay needs{names}")
    assert "never if that is -1" in state["advice"]
    assert ("oldest transactions" in state["advice"]) is not bool(holders)


MIB = 2**20
REFUSED, NEAR = 2_144_483_647, 2_100_000_000


def states(condition, *sessions):
    return server_states(replace(snapshot([], *sessions), condition=condition))


@pytest.mark.parametrize(
    ("ages", "refuses", "says"),
    [
        pytest.param([("shop", 190_000_000, 5)], None, "", id="on an ordinary day"),
        pytest.param([("shop", 1_900_000_000, 5)], None, "", id="old, and the background says so"),
        pytest.param([("shop", NEAR, 5)], False, "after 44,483,647 more transaction ids", id="near"),
        pytest.param([("shop", REFUSED, 5), ("a", REFUSED, 5)], True, "of transaction ids: shop, a", id="xid"),
        pytest.param([("shop", 9, REFUSED), ("a", 9, 9)], True, "of multixacts: shop", id="multixact"),
        pytest.param([("shop", REFUSED, REFUSED)], True, "of transaction ids and multixacts", id="both"),
    ],
)
def test_writes_refused_before_wraparound(ages, refuses, says):
    found = states(Condition(ages=tuple(DatabaseAges(*one) for one in ages)))
    assert [state["refuses"] for state in found] == ([] if refuses is None else [refuses])
    assert all(says in state["text"] for state in found)


def test_what_keeps_the_oldest_ids_goes_first_and_each_database_is_named():
    condition = Condition(
        ages=(DatabaseAges("shop", REFUSED, 1), DatabaseAges("template0", REFUSED, 1, open=False)),
        holders=(Holder("prepared transaction", "transfer-7", REFUSED),),
    )
    (state,) = states(condition)
    assert "held by prepared transaction transfer-7" in state["text"]
    assert state["advice"].startswith("first end what holds the xmin horizon")
    assert "run VACUUM in each database: shop; autovacuum vacuums template0" in state["advice"]


@pytest.mark.parametrize(
    ("given", "refuses", "says"),
    [
        (Condition(), None, ""),
        (Condition(read_only="configuration file"), True, "of the whole server"),
        (Condition(read_only_databases=("booking",)), False, "of the database booking"),
    ],
)
def test_writes_refused_by_a_setting(given, refuses, says):
    found = states(given, session(1))
    assert [state["refuses"] for state in found] == ([] if refuses is None else [refuses])
    for state in found:
        assert says in state["text"]
        assert "1 session is connected" in state["text"]
        assert "RESET default_transaction_read_only" in state["advice"]


@pytest.mark.parametrize(
    ("given", "connected", "says", "undo"),
    [
        (Condition(read_only_roles=(("app", ""),)), 2, "of the role app are", "ALTER ROLE app RESET"),
        (
            Condition(read_only_roles=(("app", "My-App"), ("Web", "booking"))),
            2,
            "of the role Web in the database booking and of the role app in the database My-App are",
            'ALTER ROLE "Web" IN DATABASE booking RESET default_transaction_read_only; ALTER ROLE app IN DATABASE'
            ' "My-App" RESET',
        ),
        (Condition(read_only_roles=(("report", ""), ("app", "elsewhere"))), None, "", ""),
        (
            Condition(read_only_databases=("My-App", "booking"), read_only_roles=(("Web", ""), ("gone", ""))),
            3,
            "of the database My-App, booking and of the role Web are",
            'ALTER DATABASE "My-App" RESET default_transaction_read_only; ALTER DATABASE booking RESET'
            ' default_transaction_read_only; ALTER ROLE "Web" RESET',
        ),
        (
            Condition(read_only="global", read_only_roles=(("app", ""),)),
            3,
            "of the whole server",
            "ALTER ROLE ALL RESET",
        ),
        (Condition(read_only="configuration file"), 3, "of the whole server", "ALTER SYSTEM RESET"),
    ],
)
def test_each_of_a_read_only_role_and_database_has_its_remedy(given, connected, says, undo):
    found = states(given, session(1), session(2, database="My-App"), session(3, user="Web"))
    assert [state["cause"] for state in found] == ["read_only"] * (connected is not None)
    for state in found:
        assert says in state["text"]
        assert f"{connected} sessions are connected" in state["text"]
        assert f"maintenance: {undo} default_transaction_read_only" in state["advice"]


@pytest.mark.parametrize(
    ("disks", "full"),
    [
        ([Disk("data directory", 10_000 * MIB, 0)], True),
        ([Disk("data directory", 10_000 * MIB, 900 * MIB), Disk("pg_wal", 1000 * MIB, 8 * MIB)], True),
        ([Disk("data directory", 100 * MIB, 15 * MIB)], False),
        ([Disk("data directory", 10_000 * MIB, 400 * MIB)], False),
        ([], False),
    ],
)
def test_a_full_disk(disks, full):
    found = states(Condition(disks=tuple(disks)))
    assert [(state["cause"], state["refuses"]) for state in found] == [("database_disk_full", True)] * full
    assert all("53100" in state["text"] for state in found)


@pytest.mark.parametrize(
    ("archiver", "says"),
    [
        (Archiver(), ""),
        (Archiver(True, None, "", 0, None), ""),
        (Archiver(True, None, "", 3, 20.0), ""),
        (Archiver(True, 30.0, "0001", 40, 900.0), "0001 failed 30 s ago; 40 files wait; pg_wal has 700 MiB"),
        (Archiver(True, None, "", 40, 900.0), "a file has waited for 15 min, and none has failed; 40 files wait"),
        (Archiver(True, 30.0, "0001", None, None), "0001 failed 30 s ago; pg_wal"),
        (Archiver(True, 2.0, "0001", 40, 90.0), "0001 failed 2.0 s ago; 40 files wait"),
        (Archiver(True, 8.0, "0001", 1, 11.0), "0001 failed 8.0 s ago; 1 file waits"),
        (Archiver(True, 1.0, "0001", 1, 1.0), ""),
        (Archiver(True, 1.0, "0001", 12, 20.0), ""),
        (Archiver(True, 1.0, "0001", None, None), ""),
        (Archiver(True, 3600.0, "0001", 0, None), ""),
    ],
)
def test_an_archiver_that_is_blocked(archiver, says):
    found = states(Condition(archiver=archiver, wal_bytes=700 * MIB))
    assert [state["cause"] for state in found] == ["archiver_blocked"] * bool(says)
    assert all(says in state["text"] for state in found)


@pytest.mark.parametrize(
    ("checkpoints", "stopped"),
    [
        (Checkpoints(), False),
        (Checkpoints(90_000.0, 5 * MIB), False),
        (Checkpoints(500.0, 900 * MIB), False),
        (Checkpoints(60.0, 2150 * MIB), False),
        (Checkpoints(290.0, 9000 * MIB), False),
        (Checkpoints(300.0, 3000 * MIB), True),
        (Checkpoints(1000.0, 100 * MIB), True),
    ],
)
def test_a_checkpointer_that_stands(checkpoints, stopped):
    waits = session(5, wait_type="IPC", wait_event="CheckpointDone")
    works = session(6, backend_type="checkpointer", wait_type="IO", wait_event="DataFileWrite")
    found = states(Condition(checkpoints=checkpoints), waits, works)
    assert [(state["cause"], state["sessions"]) for state in found] == [("checkpointer_stopped", 1)] * stopped


@pytest.mark.parametrize(
    ("event", "written", "stopped"),
    [("CheckpointerMain", 2100, True), ("CheckpointerMain", 1500, False), ("CheckpointWriteDelay", 2100, False)],
)
def test_a_checkpointer_that_rests_while_a_checkpoint_is_due_is_stopped(event, written, stopped):
    process = session(6, backend_type="checkpointer", wait_type="Activity", wait_event=event)
    found = states(Condition(checkpoints=Checkpoints(20.0, written * MIB)), process)
    assert [state["cause"] for state in found] == ["checkpointer_stopped"] * stopped


@pytest.mark.parametrize(
    ("application", "managed"),
    [("Patroni", True), ("cnpg_metrics_exporter", True), ("pg_auto_failover monitor", True), ("web", False),
     ("report of patroni", False)],
)  # fmt: skip
def test_a_cluster_s_manager_changes_its_standbys(application, managed):
    """What is set by hand beside it outlasts what it sets, and a promotion by hand makes two primaries."""
    other = session(70, "idle", application=application)
    (missing,) = server_states(snapshot([], *commits(1), other, server=server()))
    alone = snapshot([], other, session(9, backend_type="startup"), server=server(standby=True))
    (lost,) = server_states(replace(alone, condition=Condition(recovery=Recovery(streams=True))))
    assert missing["text"].startswith("1 commit waits for")
    for state, by_hand in ((missing, "ALTER SYSTEM SET"), (lost, "SELECT pg_promote()")):
        assert (f"{application} is connected" in state["advice"]) is managed
        assert (by_hand in state["advice"]) is not managed
