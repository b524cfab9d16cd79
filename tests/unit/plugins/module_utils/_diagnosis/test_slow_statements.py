"""Compilation, temporary files and new sessions as causes of slowness."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._diagnosis.performance import diagnose_performance
from ansible_collections.pafar.runbook.plugins.module_utils._diagnosis.slow_statements import (
    compilation,
    logins,
    maintenance_lines,
    spilled,
)
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.activity_report import activity_result
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.exclusions import Exclusions

from support.database_reports import (
    activity,
    application,
    connection_limit,
    ending_all,
    indexes,
    statement,
    workload,
)
from support.snapshots import ago, holds, relation, session, snapshot, waits

MIB_IN_BLOCKS = 128


def took(seconds=4.0, calls=40, share=0.8, text="SELECT sum(x) FROM t", **more):
    return {**statement(seconds, text), "calls": calls, "mean_ms": 1000 * seconds / calls, "share": share, **more}


@pytest.mark.parametrize(
    ("given", "named"),
    [
        pytest.param({"jit_seconds": 3.0}, True, id="three quarters of a short statement"),
        pytest.param({"jit_seconds": 2.0}, True, id="half of it"),
        pytest.param({"jit_seconds": 1.9}, False, id="less than half"),
        pytest.param({"jit_seconds": 0.0}, False, id="none"),
        pytest.param({"jit_seconds": 3.0, "share": 0.1}, False, id="a small part of the time"),
        pytest.param({"jit_seconds": 3.0, "calls": 1}, False, id="a single call"),
        pytest.param({"seconds": 12.0, "calls": 2, "jit_seconds": 9.0}, False, id="a long statement"),
        pytest.param({"seconds": 0.4, "jit_seconds": 0.3}, False, id="one that no client feels"),
        pytest.param({"calls": 1000, "jit_seconds": 3.0}, False, id="some milliseconds of each call"),
    ],
)
def test_the_compilation_of_short_statements_is_a_cause(given, named):
    found = compilation(workload(took(**given)))
    assert [cause.name for cause in found] == (["jit_compilation"] if named else [])
    if named:
        assert "80% of the time is a statement of which PostgreSQL compiles each call (JIT)" in found[0].evidence[0]
        assert "SELECT sum(x) FROM t" in found[0].evidence[0]
        assert "ALTER ROLE app SET jit = off" in found[0].detail["advice"]


@pytest.mark.parametrize(
    ("given", "named"),
    [
        pytest.param({}, True, id="much in the window"),
        pytest.param({"spilled_blocks": 63 * MIB_IN_BLOCKS}, False, id="little"),
        pytest.param({"share": 0.1}, False, id="a small part of the time"),
        pytest.param({"seconds": 0.4}, False, id="one that no client feels"),
        pytest.param({"text": "CREATE INDEX i ON t (x)"}, False, id="an index build"),
        pytest.param({"text": "create unique index i ON t (x)"}, False, id="one of an unique index"),
        pytest.param({"text": "REINDEX TABLE t"}, False, id="maintenance"),
        pytest.param({"text": "/* cron:nightly */ CREATE INDEX i ON t (x)"}, False, id="a build with a comment"),
        pytest.param({"text": "-- job\nREINDEX TABLE t"}, False, id="maintenance with a comment"),
        pytest.param({"text": "CREATE MATERIALIZED VIEW m AS SELECT 1"}, False, id="a materialized view"),
        pytest.param({"text": "SET statement_timeout = 0; VACUUM FULL t"}, False, id="with a setting before it"),
        pytest.param({"text": "/* web:list */ SELECT x FROM t ORDER BY x"}, True, id="a query with a comment"),
        pytest.param({"text": "CREATE TEMP TABLE m AS SELECT 1"}, True, id="a request's own table"),
    ],
)
def test_a_statement_that_sorts_on_disk_is_a_cause(given, named):
    found = spilled(workload(took(**{"spilled_blocks": 400 * MIB_IN_BLOCKS, **given})))
    assert [cause.name for cause in found] == (["spilled_files"] if named else [])
    if named:
        assert "wrote 400 MiB to temporary files in the window, 10.0 MiB a call" in found[0].evidence[0]
        assert "more work_mem" in found[0].detail["advice"]


@pytest.mark.parametrize(
    ("jit", "shown"),
    [
        (3.0, "for 75 of 100 ms: SELECT"),
        (4.0, "for 100 of 100 ms: SELECT"),
        (5.2, "for 130 ms, of which the 100 ms that PostgreSQL counts for it have only a part: SELECT"),
        (9.0, "for 225 ms, of which the 100 ms that PostgreSQL counts for it have only a part: SELECT"),
    ],
)
def test_compilation_that_is_longer_than_the_statement_is_no_part_of_it(jit, shown):
    assert shown in compilation(workload(took(jit_seconds=jit)))[0].evidence[0]


@pytest.mark.parametrize("role", ["", None])
def test_no_statement_is_advised_for_a_role_that_is_not_known(role):
    advice = compilation(workload(took(jit_seconds=3.0, role=role)))[0].detail["advice"]
    assert advice.startswith("raise jit_above_cost")


@pytest.mark.parametrize(("share", "weight"), [(0.16, 0.25), (0.4, 0.25), (0.8, 0.4)])
def test_spilled_files_are_as_grave_as_the_gravest_of_them(share, weight):
    spill: Any = {"findings": [], "spill": {"sessions": [{"bytes": 6 * 2**30, "who": "77 app", "maintenance": ""}]}}
    work = workload(took(share=share, spilled_blocks=64 * MIB_IN_BLOCKS))
    seen = activity(connection_limit(application()), background=spill)
    found = diagnose_performance(seen, indexes(work=work), 10, 60, ending_all(seen)).as_dict()
    assert [(cause["cause"], cause["weight"]) for cause in found["causes"]] == [("spilled_files", weight)]
    assert len(found["causes"][0]["evidence"]) == 3
    assert any("more work_mem" in line for line in found["advice"])


@pytest.mark.parametrize(
    ("rate", "cores", "named"),
    [
        (80.0, 4, True),
        (79.0, 4, False),
        (80.0, None, False),
        (399.0, None, False),
        (400.0, None, True),
        (80.0, 16, False),
        (400.0, 16, True),
        (None, 1, False),
    ],
)
def test_new_sessions_all_the_time_are_a_cause(rate, cores, named):
    work = workload(took())
    work["window"]["logins"] = rate
    found = logins(work, cores)
    assert [cause.name for cause in found] == (["many_logins"] if named else [])
    if named:
        assert f"{rate:.0f} new sessions per second" in found[0].evidence[0]
        assert "PgBouncer" in found[0].detail["advice"]


def test_what_was_counted_since_long_ago_is_no_cause_of_now():
    work = workload(took(jit_seconds=3.0, spilled_blocks=400 * MIB_IN_BLOCKS))
    work["window"].update({"lifetime": True, "seconds": None})
    assert (compilation(work), spilled(work)) == ([], [])


def test_they_are_among_the_causes_and_none_is_said_to_be_the_only_ones_looked_for():
    work = workload(took(jit_seconds=3.0, spilled_blocks=400 * MIB_IN_BLOCKS), CPU=1.0)
    work["window"]["logins"] = 500.0
    seen = activity(connection_limit(application()))
    found = diagnose_performance(seen, indexes(work=work), 10, 60, ending_all(seen)).as_dict()
    assert {cause["cause"] for cause in found["causes"]} == {"jit_compilation", "spilled_files", "many_logins"}
    assert found["scale"] == "more replicas would make it worse: they would open still more sessions"
    none = diagnose_performance(seen, indexes(work=workload(took(), CPU=1.0)), 10, 60, ending_all(seen)).as_dict()
    assert none["causes"] == []
    assert "no cause was found among those that are looked for" in none["scale"]


TABLE, ALL = relation(7), "AccessExclusiveLock"
IN_A_QUEUE = {"wait_type": "Lock", "wait_event": "relation"}


@pytest.mark.parametrize(
    ("statement", "given", "locks", "says"),
    [
        pytest.param("ALTER TABLE t ADD x int", IN_A_QUEUE, [holds(1, TABLE), waits(2, TABLE, ALL)], "", id="it waits"),
        pytest.param("VACUUM FULL t", IN_A_QUEUE, [holds(1, TABLE), waits(2, TABLE, ALL), waits(3, TABLE)], "",
                     id="it waits, and one waits behind it"),
        pytest.param("VACUUM FULL t", {}, [holds(2, TABLE, ALL), waits(3, TABLE), waits(4, TABLE)],
                     "VACUUM by 2 app@booking web; 2 sessions wait for its locks", id="two wait for it"),
        pytest.param("CREATE INDEX i ON t (a)", {}, [holds(2, TABLE), waits(3, TABLE)],
                     "CREATE INDEX by 2 app@booking web; 1 session waits for its locks", id="one waits for it"),
        pytest.param("VACUUM t", {"wait_type": "IO", "wait_event": "DataFileRead"}, [], "it is left running",
                     id="it reads"),
        pytest.param("REINDEX TABLE t", {}, [holds(1, TABLE), waits(3, TABLE)], "it is left running",
                     id="beside a queue"),
    ],
)  # fmt: skip
def test_maintenance_is_left_running_only_where_no_queue_is_about_it(statement, given, locks, says):
    works = session(2, query=statement, query_start=ago(100), **given)
    seen = activity_result(
        snapshot(locks, works), Exclusions(), statements="full", rows=9, min_waiting=30.0, long_running=60.0
    )
    lines = maintenance_lines(seen, 10)
    assert [says in line for line in lines] == ([True] if says else [])
    assert all("maintenance has run for 100 s" in line for line in lines)
