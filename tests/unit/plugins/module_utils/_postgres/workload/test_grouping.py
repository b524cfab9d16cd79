"""One statement under many ids."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.workload.grouping import (
    CURSOR,
    grouped,
    inner_query,
    recounted,
    renumbered,
    shape,
)
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.workload.statements import Doing, Entry, Samples

REP = "SELECT * FROM rep WHERE cust = {}"


def doing(number, seconds=1.0, calls=1, role=1, database=1):
    entry = Entry(calls, seconds)
    return Doing((role, database, number, True), entry, entry)


def groups(texts, *doings):
    """What is grouped, and each statement by its text."""
    keys = [one.key for one in doings]
    known = dict(zip(keys, texts, strict=True))
    found = grouped(doings, known)
    return found, {found.texts.get(one.key, known[one.key]): one for one in found.doings}


def cursor(name, value):
    return [
        f'DECLARE "{name}" NO SCROLL CURSOR FOR {REP.format(value)}',
        f'FETCH FORWARD 2000 FROM "{name}"',
        f"FETCH FORWARD 2000 FROM \"{name}\"  /*controller='reports'*/",
    ]


def test_cursors_with_names_of_their_own_are_one_statement_with_its_query():
    texts = [*cursor("_django_curs_1_sync_1", 7), *cursor("_django_curs_2_sync_1", 8)]
    doings = [doing(number, 0.1 if number % 3 == 0 else 1.0) for number in range(6)]
    found, by_text = groups(texts, *doings)
    ((text, one),) = by_text.items()
    assert text == CURSOR + REP.format("?")
    assert (one.spent.calls, round(one.spent.seconds, 1)) == (4, 4.2)  # how often is what was fetched
    assert len(found.ids) == 5


@pytest.mark.parametrize(
    ("texts", "says"),
    [
        (["FETCH 100 FROM c1"], "not known"),
        (["FETCH 100 FROM c1", "DECLARE c1 CURSOR FOR SELECT 1 FROM a", "DECLARE c1 CURSOR FOR SELECT 1 FROM b"],
         "not known"),
        (["FETCH 100 FROM c1", "declare c1 binary scroll cursor with hold for SELECT x FROM a"], "SELECT x FROM a"),
    ],
)  # fmt: skip
def test_what_a_cursor_reads_is_said_where_it_is_known(texts, says):
    found, dummy = groups(texts, *(doing(number, 5.0 - number) for number in range(len(texts))))
    assert any(text.startswith(CURSOR) and says in text for text in found.texts.values())


@pytest.mark.parametrize(
    "texts",
    [
        ["SELECT * FROM a WHERE id IN ($1,$2,$3)", "SELECT * FROM a WHERE id IN ($1,$2)"],
        ["INSERT INTO a VALUES ($1,$2),($3,$4)", "INSERT INTO a VALUES ($1,$2),($3,$4),($5,$6)"],
        ["COPY (SELECT * FROM a WHERE d = '2026-01-01') TO STDOUT", "COPY (SELECT * FROM a WHERE d = 'x') TO STDOUT"],
        ["SELECT /* a */ 1 FROM a", "SELECT 2 FROM a"],
    ],
)
def test_lists_and_literals_do_not_count(texts):
    dummy, by_text = groups(texts, doing(1), doing(2, 3.0))
    assert len(by_text) == 1
    assert shape(texts[0]) == shape(texts[1])


def test_roles_databases_and_what_has_no_text_stay_apart():
    texts = ["SELECT 1 FROM a"] * 3 + ["", ""]
    found, dummy = groups(texts, doing(1), doing(2, role=2), doing(3, database=2), doing(4), doing(5))
    assert len(found.doings) == 5
    assert found.ids == {}


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("SELECT 1", "SELECT 1"),
        ("PREPARE p (int, text) AS SELECT $1", "SELECT $1"),
        ("COPY (SELECT a FROM t) TO STDOUT", "SELECT a FROM t"),
        ("EXPLAIN (ANALYZE, BUFFERS) SELECT 1", "SELECT 1"),
        ("CREATE TABLE x AS SELECT * FROM t", "SELECT * FROM t"),
        ("INSERT INTO x (a, b) SELECT a, b FROM t", "SELECT a, b FROM t"),
        (CURSOR + "SELECT 2", "SELECT 2"),
        ("INSERT INTO x VALUES ($1)", "INSERT INTO x VALUES ($1)"),
    ],
)
def test_the_query_within_a_statement(text, query):
    assert inner_query(text) == query


def test_samples_and_running_sessions_follow():
    samples = Samples(2)
    samples.add([(1, "Lock", 3), (2, None, 1)])
    counted = recounted(samples, {1: 2})
    assert (counted.seen[2], counted.locked[2], counted.lock_share(2)) == (4, 3, 0.75)
    assert renumbered({1: [], 2: []}, {1: 2}) == {2: []}
