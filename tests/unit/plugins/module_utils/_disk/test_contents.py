"""What a dump holds, counted in pieces."""

from __future__ import annotations

import random

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._disk.contents import Contents, ContentsReader

PLAIN = b"""--
-- PostgreSQL database dump
--
SET statement_timeout = 0;
CREATE TABLE public.trips (
    id integer NOT NULL,
    "name with (" text
);
CREATE TABLE public."odd.name" (
    id integer
);
COPY public.trips (id, name) FROM stdin;
1\tCREATE TABLE x
2\t-- a comment
3\t\\\\.
\\.
COPY public."odd.name" (id) FROM stdin;
\\.
INSERT INTO public.trips VALUES (4, 'x');
-- PostgreSQL database dump complete
"""


def read(text: bytes, size: int = 2**20) -> Contents:
    reader = ContentsReader()
    for start in range(0, len(text), size):
        reader.feed(text[start : start + size])
    return reader.result()


@pytest.mark.parametrize("size", [1, 2, 7, 64, 4096])
def test_tables_and_rows(size):
    contents = read(PLAIN, size)
    assert (contents.tables, contents.rows) == (2, 4)
    assert contents.names == {"public.trips", "public.odd.name"}
    assert contents.summary() == "2 tables, 4 rows"


def test_lines_of_windows_and_long_rows():
    assert read(PLAIN.replace(b"\n", b"\r\n")).rows == 4
    long = PLAIN.replace(b"1\tCREATE", b"1\t" + b"x" * 9_000_000)
    assert read(long, 2**20).rows == 4


def test_databases_and_roles():
    text = b"CREATE ROLE ada;\n\\connect postgres\nSET x = 1;\n\\connect shop\nCREATE TABLE t (i int);\n"
    contents = read(text + b"\\connect -reuse-previous=on \"dbname='crm'\"\n")
    assert contents.databases == ("shop", "crm")
    assert not contents.globals_only
    roles = read(b"CREATE ROLE ada;\nALTER ROLE ada WITH LOGIN;\n")
    assert roles.globals_only
    assert roles.summary() == "1 role and no table"


@pytest.mark.parametrize("size", [4096, 2**20])
def test_bytes_that_look_like_a_statement_here_and_there_are_no_sql(size):
    data = random.Random(1).randbytes(4_000_000)
    contents = read(data, size)
    assert contents.statements > 0
    assert not contents.understood


def test_of_what_is_no_sql_nothing_is_known():
    contents = read(b"--\n0a1b\n2c3d\n")
    assert not contents.understood
    assert (contents.other, contents.summary()) == (2, "")


COPIED = b"COPY public.%s (id, v) FROM stdin;\n1\tx\n2\ty\n\\.\n"


@pytest.mark.parametrize("size", [1, 7, 4096])
@pytest.mark.parametrize(
    ("text", "names", "rows"),
    [
        (COPIED % b"events_20261128", {"public.events_20261128"}, 2),
        (COPIED % b'"odd name"' + COPIED % b"b", {"public.odd name", "public.b"}, 4),
        (b"INSERT INTO `events_1` VALUES (1,2),(3,4);\nINSERT INTO `events_1` VALUES (5,6);\n", {"events_1"}, 2),
        (b"INSERT  IGNORE INTO `a` VALUES (1);\nREPLACE INTO `b` (`i`) VALUES (1);\n", {"a", "b"}, 2),
        (b"INSERT INTO public.a VALUES (1);\nINSERT INTO public.b VALUES (1);\n", {"public.a", "public.b"}, 2),
    ],
)
def test_a_dump_of_the_data_alone_names_the_tables_that_it_fills(text, names, rows, size):
    contents = read(b"-- a dump\nSET x = 1;\n" + text, size)
    assert (contents.names, contents.rows, contents.tables) == (names, rows, 0)
    assert contents.summary().startswith(f"{len(names)} table")


def test_a_dump_of_certain_rows_says_of_which():
    text = b"-- Dumping data for table `a`\n--\n-- WHERE:  day='2026-11-28'\n\nINSERT INTO `a` VALUES (1);\n"
    assert read(text, 7).condition == "day='2026-11-28'"
    assert read(PLAIN).condition == ""


@pytest.mark.parametrize(
    ("text", "unended"),
    [
        (b"COPY a (i) FROM stdin;\n1\n-- PostgreSQL database dump complete\n", True),
        (b"COPY a (i) FROM stdin;\n", True),
        (b"COPY a (i) FROM stdin;\n1\n\\.", True),
        (b"COPY a (i) FROM stdin;\n1\n\\.\n", False),
        (b"COPY a (i) FROM stdin;\n\\.\n\n-- PostgreSQL database dump complete\n", False),
        (b"CREATE TABLE a (i int);\n", False),
    ],
)
def test_whether_it_ends_among_the_rows_of_a_table(text, unended):
    assert read(text).unended is unended
