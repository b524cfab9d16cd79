"""What makes a database slow, told apart from facts as values."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._diagnosis.connections import diagnose_connections
from ansible_collections.pafar.runbook.plugins.module_utils._diagnosis.performance import diagnose_performance
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.activity_report import SessionReport
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.background.background_report import (
    BackgroundSubjects,
    autovacuum,
    spill,
)
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.server_states import ServerState
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.workload.statements import StatementReport

from support.database_reports import (
    activity,
    advised,
    application,
    connection_limit,
    ending,
    ending_all,
    full_read,
    idle_for,
    indexes,
    lists,
    processes,
    running,
    statement,
    workload,
)
from support.snapshots import holds, relation, session, snapshot, waits


def slow(seen, given, **more):
    plan = more.get("plan") or ending_all(seen)
    return diagnose_performance(seen, given, more.get("min_running", 10), 60, plan).as_dict()


def test_a_missing_index():
    found = slow(activity(connection_limit(application())), indexes(advised()))
    assert (found["cause"], found["mitigation"]) == ("missing_index", "build_index")
    assert found["rules"] == {
        "schema": "public",
        "table": "bookings",
        "columns": ["customer"],
        "name": "i",
        "database": "booking",
    }
    assert "would make it worse" in found["scale"]


@pytest.mark.parametrize(
    "given", [indexes(advised(0.1)), indexes(advised(kind="foreign_key")), indexes(advised(statement="")), indexes()]
)
def test_no_missing_index(given):
    found = slow(activity(connection_limit(application())), given)
    assert found["cause"] == ""
    assert "not known: no cause was found among those that are looked for (" in found["scale"]


@pytest.mark.parametrize(
    ("each", "number", "named"),
    [
        pytest.param(0.003, 4, False, id="a few milliseconds now and then, at a quiet site"),
        pytest.param(0.003, 400, True, id="milliseconds, and many of them"),
        pytest.param(0.3, 1, True, id="one slow request"),
        pytest.param(0.05, 2, False, id="a request that is no slow one"),
    ],
)
def test_what_takes_no_time_is_no_cause_though_it_takes_all_of_it(each, number, named):
    taken = each * number
    work = workload({**statement(taken), "calls": number, "mean_ms": 1000 * each})
    reads = full_read()
    reads.update({"seconds": taken, "passes": float(number)})
    for given, cause in (
        (indexes(advised(taken), work=work), "missing_index"),
        (indexes(work=work, reads=[reads]), "full_table_read"),
    ):
        assert slow(activity(connection_limit(application())), given)["cause"] == (cause if named else "")


def test_a_missing_index_of_another_database_is_built_there():
    found = slow(activity(connection_limit(application())), indexes(advised(database="shop")))
    assert found["rules"]["database"] == "shop"
    assert "public.bookings in the database shop" in found["causes"][0]["evidence"][0]


def test_a_missing_index_of_a_partitioned_table_is_a_person_s():
    given = indexes(advised(statement="", steps=["CREATE INDEX i ON ONLY t", "CREATE INDEX CONCURRENTLY j ON p"]))
    found = slow(activity(connection_limit(application())), given)
    assert (found["cause"], found["mitigation"]) == ("missing_index", "")
    assert "CREATE INDEX i ON ONLY t; CREATE INDEX CONCURRENTLY j ON p" in found["advice"][0]


@pytest.mark.parametrize(
    ("reads", "causes", "says"),
    [
        ([full_read()], ["full_table_read"], "by SELECT 1 (90% of the time)"),
        ([full_read(statement="")], ["full_table_read"], "7 times in the window"),
        ([full_read(database="shop")], ["full_table_read"], "public.cust in the database shop"),
        ([full_read(share=0.1)], [], ""),
    ],
)
def test_a_table_that_is_read_from_end_to_end_is_a_cause_without_advice_too(reads, causes, says):
    found = slow(activity(connection_limit(application())), indexes(reads=reads))
    assert [cause["cause"] for cause in found["causes"]] == causes
    assert found["mitigation"] == ""
    assert all(says in cause["evidence"][0] for cause in found["causes"])
    assert "replicas can help" not in found["scale"]
    assert not causes or "lower(email) compares an expression" in found["advice"][0]


@pytest.mark.parametrize(
    ("before", "after", "proved", "share", "cause"),
    [
        (5793.0, 65.0, True, 0.9, "missing_index"),
        (5793.0, 600.0, True, 0.9, ""),  # not ten times the work
        (1500.0, 9.0, True, 0.9, ""),  # a small table
        (5793.0, 65.0, False, 0.9, ""),
        (5793.0, 65.0, True, 0.4, ""),
    ],
)
def test_ten_times_the_work_is_a_cause_on_a_fast_and_idle_host_too(before, after, proved, share, cause):
    advice = advised(0.3, proved=proved)
    advice.update({"cost_before": before, "cost_after": after})
    own: StatementReport = {**statement(0.3), "calls": 18, "mean_ms": 17.0}
    work = workload(own, statement(0.3 / share - 0.3, "SELECT 2"), CPU=0.1)
    assert slow(activity(connection_limit(application())), indexes(advice, work=work))["cause"] == cause


def test_a_runaway_statement_and_who_is_protected():
    found_lists = lists([running()])
    seen = activity(connection_limit(application()), background={"processes": processes()}, found=found_lists)
    found = slow(seen, indexes())
    assert (found["cause"], found["mitigation"]) == ("runaway_statement", "end_sessions")
    assert found["rules"] == {"targets": ["7@x/y"]}
    found_lists["protected"] = lists(protected=[7])["protected"]
    assert slow(seen, indexes())["cause"] == ""
    found_lists["protected"] = []
    found_lists["long_running"] = [running(seconds=3)]
    assert slow(seen, indexes())["cause"] == ""


@pytest.mark.parametrize(("statements", "cause"), [("aaa", "runaway_statement"), ("abc", "")])
def test_copies_of_a_statement_that_are_much_together_are_a_runaway(statements, cause):
    uses = [processes(cpu=0.2, pid=pid)["sessions"][0] for pid in (7, 8, 9)]
    found = lists([{**running(), "pid": use["pid"], "target": use["target"], "statement": text}
                   for use, text in zip(uses, statements, strict=True)])  # fmt: skip
    whole = processes()
    whole["sessions"] = uses
    seen = activity(connection_limit(application()), background={"processes": whole}, found=found)
    diagnosed = slow(seen, indexes())
    assert diagnosed["cause"] == cause
    assert diagnosed["rules"] == ({"targets": ["7@x/y", "8@x/y", "9@x/y"]} if cause else {})


@pytest.mark.parametrize(
    ("wait", "seconds", "suspects", "says"),
    [
        ("BufferPin/BufferPin", 40.0, [idle_for(50)], "; open transactions, of which one may keep it: 5 me psql"),
        ("Buffer/Cleanup", 40.0, [], "waits for a pinned page (its statement has run for 40 s)"),
        ("BufferPin/BufferPin", 3.0, [idle_for(50)], ""),
        ("IO/DataFileRead", 40.0, [], ""),
    ],
)
def test_a_wait_for_a_page_that_a_cursor_keeps_is_said(wait, seconds, suspects, says):
    vacuum = running(seconds=seconds)
    vacuum["wait"] = wait
    seen = activity(connection_limit(application()), found=lists(other_waits=[vacuum], pin_suspects=suspects))
    found = slow(seen, indexes())
    assert (found["cause"], found["mitigation"]) == ("", "")
    assert any("waits for a pinned page" in line for line in found["lines"]) is bool(says)
    assert says in "".join(found["lines"])


def test_a_lock_queue_goes_before_everything():
    seen = activity(
        connection_limit(application()),
        background={"processes": processes(4.0)},
        found=lists([running()]),
        waiters=5,
        long_waiters=5,
    )
    found = slow(seen, indexes(advised(), work=workload(statement(5.0), Lock=5.0, CPU=1.0)))
    assert found["cause"] == "lock_queue"
    assert "lengthen the lock queue" in found["scale"]


@pytest.mark.parametrize(("long_waiters", "says"), [(1, "1 session waits for locks"), (2, "2 sessions wait for locks")])
def test_waits_on_which_no_request_depends_are_told_and_hide_no_cause(long_waiters, says):
    """An index build waits for every transaction that was there before it, however long these last."""
    seen = activity(
        connection_limit(application()),
        background={"processes": processes(4.0)},
        found=lists([running()]),
        waiters=long_waiters,
        long_waiters=long_waiters,
        requests_waiting=0,
    )
    found = slow(seen, indexes())
    assert [cause["cause"] for cause in found["causes"]] == ["runaway_statement"]
    assert found["mitigation"] == "end_sessions"
    (line,) = (line for line in found["lines"] if "no request of the application is known to depend on that" in line)
    assert line.startswith(f"{says}, the longest for 9 s")
    assert "playbooks/db_lock_contention.yml --check" in line


@pytest.mark.parametrize(
    ("kind", "cause"), [("max_connections", "connection_exhaustion"), ("role", ""), ("database", "")]
)
def test_a_full_limit_of_one_role_or_database_slows_no_other(kind, cause):
    server = connection_limit(application(sessions=4))
    full = connection_limit(application(sessions=40), limit=40, kind=kind)
    limits = [full] if kind == "max_connections" else [server, full]
    assert slow(activity(*limits), indexes())["cause"] == cause


def test_a_full_limit_of_one_role_hides_no_runaway_statement():
    full = connection_limit(application(sessions=4), limit=4, kind="role")
    seen = activity(
        connection_limit(application(sessions=4)), full, background={"processes": processes()}, found=lists([running()])
    )
    assert slow(seen, indexes())["mitigation"] == "end_sessions"


def test_a_saturated_host_without_a_culprit():
    seen = activity(connection_limit(application()), background={"processes": processes(3.9, pid=99)})
    found = slow(seen, indexes())
    assert (found["cause"], found["mitigation"]) == ("traffic", "")
    assert "cores of the database are in use" in found["scale"]


def test_what_drags_along_is_told_without_a_relief():
    seen = snapshot(
        [holds(8, relation(1)), *(waits(pid, relation(1)) for pid in (9, 10, 11))],
        session(8, backend_type="autovacuum worker", query="autovacuum: VACUUM t"),
    )
    background: BackgroundSubjects = {
        "spill": spill(seen, [(1, "pgsql_tmp7.0", 2**29)]),
        "autovacuum": autovacuum(seen, []),
    }
    report = activity(connection_limit(application()), background=background, pressing=["slot dead keeps 9 MiB"])
    found = slow(report, indexes())
    assert {one["cause"] for one in found["causes"]} == {"spilled_files", "blocking_vacuum"}
    assert "slot dead keeps 9 MiB" in found["advice"]


@pytest.mark.parametrize(
    ("given", "cause"),
    [
        pytest.param({}, "spilled_files", id="a report"),
        pytest.param({"query": "CREATE INDEX i ON t (a)"}, "", id="an index build"),
        pytest.param({"progress": "CREATE INDEX CONCURRENTLY"}, "", id="an index build, concurrently"),
        pytest.param({"application": "pg_restore"}, "", id="a restore"),
    ],
)
def test_maintenance_that_sorts_in_files_is_no_cause(given, cause):
    seen = snapshot([], session(7, **given))
    background: BackgroundSubjects = {"spill": spill(seen, [(1, "pgsql_tmp7.0", 2**29)])}
    assert slow(activity(connection_limit(application()), background=background), indexes())["cause"] == cause


STANDBY: ServerState = {
    "cause": "synchronous_standby_missing", "text": "4 commits wait", "sessions": 4, "seconds": 9.0,
    "refuses": False, "advice": "start the standby",
}  # fmt: skip


def test_a_state_of_the_whole_server_comes_first_and_ends_no_session():
    seen = activity(connection_limit(application(waiting=30)), waiters=9, long_waiters=9, states=[STANDBY])
    found = slow(seen, indexes())
    assert [one["cause"] for one in found["causes"]][:2] == ["synchronous_standby_missing", "lock_queue"]
    assert (found["mitigation"], found["advice"][0]) == ("", "start the standby")
    assert "would make it worse" in found["scale"]
    full = diagnose_connections(seen, 30, 60, 0.5, 0.2, {}, plan=ending()).as_dict()
    assert (full["cause"], full["mitigation"]) == ("synchronous_standby_missing", "")


@pytest.mark.parametrize("cause", ["wraparound", "read_only", "database_disk_full"])
def test_a_database_that_refuses_writes_comes_before_all_else(cause):
    refuses: ServerState = {**STANDBY, "cause": cause, "sessions": 0, "refuses": True}
    seen = activity(connection_limit(application(waiting=30)), waiters=9, long_waiters=9, states=[refuses])
    found = slow(seen, indexes(advised()))
    assert (found["cause"], found["mitigation"]) == (cause, "")
    assert found["scale"] == "more replicas would not help: the database refuses writes"
    full = diagnose_connections(seen, 30, 60, 0.5, 0.2, {}, plan=ending()).as_dict()
    assert (full["cause"], full["mitigation"]) == (cause, "")


def test_a_state_that_no_session_waits_for_hides_no_cause():
    paused: ServerState = {**STANDBY, "cause": "replay_paused", "sessions": 0}
    found = slow(activity(connection_limit(application()), states=[paused]), indexes(advised()))
    assert [one["cause"] for one in found["causes"]] == ["missing_index", "replay_paused"]


@pytest.mark.parametrize("kind", ["VACUUM", "pg_restore", "COPY"])
def test_maintenance_is_no_runaway_statement_and_is_told(kind):
    works: SessionReport = {**running(), "maintenance": kind}
    seen = activity(connection_limit(application()), background={"processes": processes()}, found=lists([works]))
    found = slow(seen, indexes())
    assert (found["cause"], found["mitigation"]) == ("", "")
    assert any(f"maintenance has run for 40 s: {kind} by 7 app@booking web" in line for line in found["lines"])
