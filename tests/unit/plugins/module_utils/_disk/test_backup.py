"""Whether a dump is complete, by its first and last bytes."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._disk.backup import Dump, header_alone, why_not_whole

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
    ],
)
def test_a_dump_ends_with_a_line_of_its_own(head, tail, whole):
    assert (why_not_whole(Dump("x", 9, 0.0, head, tail)) == "") is whole


@pytest.mark.parametrize("head", [ARCHIVE, b"--"])
def test_a_dump_whose_packing_breaks_off_is_not_whole(head):
    why = why_not_whole(Dump("x", 9, 0.0, head, WHOLE, damaged=True))
    assert why == "and does not end as a whole dump does: its packing breaks off or is damaged"


def test_a_dump_of_the_roles_before_that_of_a_database_does_not_end_it():
    """pg_dumpall --globals-only in the head has its own last line; the database's dump must end too."""
    roles = CLUSTER + b"CREATE ROLE ada;\n--\n-- PostgreSQL database cluster dump complete\n--\n"
    assert why_not_whole(Dump("x", 9, 0.0, roles, WHOLE)) == ""
    assert why_not_whole(Dump("x", 9, 0.0, roles, b"INSERT INTO trips\n")) == "and does not end as a whole dump does"


@pytest.mark.parametrize(("head", "alone"), [(ARCHIVE + b"\x01", True), (b"--\n", False), (b"", False)])
def test_of_a_custom_archive_only_the_header_can_be_checked(head, alone):
    assert header_alone(Dump("x", 9, 0.0, head, b"")) is alone
