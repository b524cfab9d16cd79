"""Whether a dump is complete, by its first and last bytes."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._disk.backup import (
    Dump,
    are_others,
    are_parts,
    fewer_than,
    header_alone,
    why_empty,
    why_not_whole,
)
from ansible_collections.pafar.runbook.plugins.module_utils._disk.contents import Contents

ARCHIVE = b"PGDMP"
WHOLE = b"--\n-- PostgreSQL database dump complete\n--\n"


MARK = b"-- PostgreSQL database dump complete"


CLUSTER = b"--\n-- PostgreSQL database cluster dump\n--\n"


@pytest.mark.parametrize(
    ("head", "tail", "whole"),
    [
        (b"--", WHOLE, True),
        (b"--", WHOLE + b"\n\\unrestrict Ab3\n\n", True),
        (b"--", b"x" * 4000 + b"\n" + WHOLE.replace(b"\n", b"\r\n"), True),
        (b"--", b"1\tsays " + MARK + b"\n2\tmore\n", False),
        (b"--", b"1\tsays " + MARK, False),
        (b"--", MARK + b"\n2\tmore\n", False),
        (b"--", MARK + b"\n\\N\tmore\n", False),
        (b"--", WHOLE + b"-- " + b"x" * 1100 + b"\n", False),
        (b"--", b"", False),
        (CLUSTER, WHOLE, False),
        (CLUSTER, WHOLE + b"--\n-- PostgreSQL database cluster dump complete\n--\n\n", True),
        (ARCHIVE, b"", True),
        (b"-- MySQL dump 10.13", b"UNLOCK TABLES;\n\n-- Dump completed on 2026-11-24  2:00:00\n", True),
        (b"/*!999999\\- enable the sandbox mode */ \n-- MariaDB dump", b"-- Dump completed on 2026-11-24\n", True),
        (b"-- MySQL dump 10.13", b"INSERT INTO `t` VALUES (1,'-- Dump completed')\n", False),
        (b"--", b"-- Dump completed\n", False),
    ],
)
def test_a_dump_ends_with_a_line_of_its_own(head, tail, whole):
    assert (why_not_whole(Dump("x", 9, 0.0, head, tail)) == "") is whole


@pytest.mark.parametrize("head", [ARCHIVE, b"--"])
def test_a_dump_whose_packing_breaks_off_is_not_whole(head):
    why = why_not_whole(Dump("x", 9, 0.0, head, WHOLE, damaged=True))
    assert why == "and does not end as a whole dump does: its packing breaks off or is damaged"


def test_a_dump_that_breaks_off_behind_a_row_that_reads_as_the_last_line_is_not_whole():
    cut, whole = (Contents(1, 2, frozenset({"a"}), statements=9, unended=unended) for unended in (True, False))
    assert why_not_whole(Dump("x", 9, 0.0, b"--", WHOLE, contents=cut)) == "and breaks off among the rows of a table"
    assert why_not_whole(Dump("x", 9, 0.0, b"--", WHOLE, contents=whole)) == ""


def test_a_dump_of_the_roles_before_that_of_a_database_does_not_end_it():
    """pg_dumpall --globals-only in the head has its own last line; the database's dump must end too."""
    roles = CLUSTER + b"CREATE ROLE ada;\n--\n-- PostgreSQL database cluster dump complete\n--\n"
    assert why_not_whole(Dump("x", 9, 0.0, roles, WHOLE)) == ""
    assert why_not_whole(Dump("x", 9, 0.0, roles, b"INSERT INTO trips\n")) == "and does not end as a whole dump does"


@pytest.mark.parametrize(("head", "alone"), [(ARCHIVE + b"\x01", True), (b"--\n", False), (b"", False)])
def test_of_a_custom_archive_only_the_header_can_be_checked(head, alone):
    assert header_alone(Dump("x", 9, 0.0, head, b"")) is alone


def holding(contents: Contents | None, path: str = "x") -> Dump:
    return Dump(path, 9, 0.0, contents=contents)


@pytest.mark.parametrize(
    ("contents", "expected", "why"),
    [
        (None, "", ""),
        (Contents(other=9), "", ""),
        (Contents(statements=3), "", "and holds no table"),
        (Contents(2, 0, statements=3), "", "and holds no row: its tables alone"),
        (Contents(0, 5, statements=3), "", ""),
        (Contents(2, 5, statements=3), "shop", ""),
        (Contents(2, 5, databases=("crm",), statements=3), "shop", "and is of crm, not of shop"),
        (Contents(2, 5, databases=("crm", "shop"), statements=3), "shop", ""),
        (Contents(roles=2, statements=3), "", ""),
    ],
)
def test_a_whole_dump_of_nothing(contents, expected, why):
    assert why_empty(holding(contents), expected) == why


def test_a_dump_that_holds_much_less_than_an_older_one():
    older = holding(Contents(4, 100, frozenset("abcd"), statements=9), "old")
    assert fewer_than(older, older) == ""
    assert fewer_than(holding(None), older) == ""
    assert fewer_than(holding(Contents(3, 90, frozenset("abc"), statements=9)), older) == ""
    assert fewer_than(holding(Contents(1, 90, frozenset("a"), statements=9)), older) == (
        "it lacks 3 of the 4 tables in old (b, c, d)"
    )
    assert fewer_than(holding(Contents(4, 9, frozenset("abcd"), statements=9)), older) == "it holds 9 rows, and old 100"
    assert fewer_than(holding(Contents(roles=1, statements=9)), older) == "it holds roles alone, and old 4 tables"


@pytest.mark.parametrize(
    ("newer", "older", "parts"),
    [
        (Contents(0, 5, frozenset({"day_2"})), Contents(0, 5, frozenset({"day_1"})), True),
        (Contents(0, 5, frozenset("a"), condition="day=2"), Contents(0, 5, frozenset("a"), condition="day=1"), True),
        (Contents(0, 5, frozenset("a")), Contents(0, 5, frozenset("ab")), False),
        (Contents(1, 5, frozenset("a")), Contents(1, 5, frozenset("b")), False),
        (Contents(0, 0), Contents(0, 5, frozenset("a")), False),
        (None, None, False),
    ],
)
def test_parts_of_which_each_is_needed(newer, older, parts):
    assert are_parts(holding(newer), holding(older)) is parts


@pytest.mark.parametrize(
    ("newer", "older", "others"),
    [
        ("abc", "xyz", True),
        ("abcs", "xyzs", True),
        ("ab", "bx", True),
        ("abc", "abcd", False),
        ("abcdef", "ab", False),
        ("ab", "abcdef", False),
        ("", "abc", False),
        ("abc", None, False),
    ],
)
def test_dumps_of_two_databases_lack_half_of_the_tables_of_each_other(newer, older, others):
    dumps = [
        Dump("x", 9, 0.0, contents=None if names is None else Contents(len(names), 9, frozenset(names)))
        for names in (newer, older)
    ]
    assert are_others(*dumps) is others


def test_an_archive_that_was_read_to_its_end():
    assert why_not_whole(Dump("x", 9, 0.0, ARCHIVE, archive=True)) == ""
    assert not header_alone(Dump("x", 9, 0.0, ARCHIVE, archive=True))
    cut = Dump("x", 9, 0.0, ARCHIVE, archive=True, lacking="its end")
    assert why_not_whole(cut) == "and is not complete: its end"
