"""The difference of two looks, and what waiting is of it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.workload.statements import (
    Doing,
    Entry,
    Reader,
    Samples,
    StatementCounters,
    difference,
    lifetime,
    ranked,
    report,
)

ONE, TWO = (10, 5, 1001, True), (10, 5, 1002, True)
EARLY, LATE = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 24, tzinfo=UTC)


@pytest.mark.parametrize(
    ("before", "after", "spent", "renewed"),
    [
        pytest.param(Entry(10, 5.0, 100, 7, 3), Entry(12, 6.5, 120, 9, 3), Entry(2, 1.5, 20, 2, 0), False, id="it ran"),
        pytest.param(Entry(10, 5.0, jit=2.0), Entry(12, 6.5, jit=3.0), Entry(2, 1.5, jit=1.0), False, id="compiled"),
        pytest.param(None, Entry(3, 1.0), Entry(3, 1.0), False, id="new"),
        pytest.param(Entry(10, 5.0), Entry(3, 1.0), Entry(3, 1.0), True, id="dropped and come again"),
        pytest.param(
            Entry(2, 5.0, since=EARLY), Entry(9, 6.0, since=LATE), Entry(9, 6.0, since=LATE), True, id="reset between"
        ),
    ],
)
def test_what_was_done_between_two_looks(before, after, spent, renewed):
    (doing,) = difference(StatementCounters({ONE: before} if before else {}), StatementCounters({ONE: after}))
    assert (doing.spent, doing.renewed) == (spent, renewed)


def test_what_did_not_run_is_not_told():
    assert difference(StatementCounters({ONE: Entry(3, 1.0)}), StatementCounters({ONE: Entry(3, 1.0)})) == []
    assert [one.spent for one in lifetime(StatementCounters({ONE: Entry(3, 1.0)}))] == [Entry(3, 1.0)]


def running(query_id, within, pid=7):
    told = {"pid": pid, "who": "7 app", "target": "7@x", "seconds": 99.0, "wait": "", "within": within}
    return {query_id: [{**told, "query": "SELECT 'x'"}]}


def test_what_runs_is_counted_beside_what_has_ended():
    doings = [Doing(ONE, Entry(1, 2.0), Entry(1, 2.0)), Doing(TWO, Entry(1, 3.0), Entry(1, 3.0))]
    assert ranked(doings, running(1001, 4.0)) == [(ONE, 6.0), (TWO, 3.0)]
    assert ranked(doings, running(77, 9.0))[0] == ((0, 0, 77, True), 9.0)


def test_a_victim_of_a_lock_is_told_from_a_worker():
    samples = Samples()
    samples.add([(1001, "Lock", 3), (1001, None, 1), (1002, None, 2), (None, "IO", 1)])
    reader = Reader({10: "app"}, {5: "shop"}, {ONE: "UPDATE t SET x = $1", TWO: "SELECT $1"}, "normalized")
    doings = [Doing(ONE, Entry(4, 8.0, jit=2.5), Entry(9, 9.0)), Doing(TWO, Entry(2, 2.0), Entry(2, 2.0))]
    first, second = report(doings, {}, samples, reader, 10, 4.0)
    assert (first["lock_share"], first["work_seconds"], first["share"]) == (0.75, 2.0, 0.8)
    assert (second["lock_share"], second["mean_ms"]) == (0.0, 1000.0)
    assert (first["jit_seconds"], second["jit_seconds"]) == (2.5, 0.0)
    assert samples.as_dict() == {"Lock": 3.0, "CPU": 3.0, "IO": 1.0}


def test_the_text_of_what_never_ended_is_the_sessions_without_literals():
    (told,) = report([], running(77, 1.0), Samples(), Reader({}, {}, {}, "normalized"), 10, 5.0)
    assert told["statement"] == "SELECT ?"
    assert [one["pid"] for one in told["running"]] == [7]
    assert "query" not in told["running"][0]
