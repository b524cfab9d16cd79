# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A backup as it was read: whether it is whole, and what is in it. Pure.

A dump in SQL shows that it is whole by its last line, an archive of pg_dump by being read to its end (pg_restore), a
base backup by its manifest. A whole dump of an empty or a wrong database restores nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from .._core.text import counted, some
from .contents import Contents

_CLUSTER = b"-- PostgreSQL database cluster dump"
_END_OF_CLUSTER = _CLUSTER + b" complete"
_END_OF_DUMP = b"-- PostgreSQL database dump complete"
_OF_MYSQL = (b"-- MySQL dump", b"-- MariaDB dump", b"/*M!999999", b"/*!999999")
_LAST = 1024  # bytes that hold the end: the newest pg_dump writes an \unrestrict line behind it
_CUSTOM = b"PGDMP"
_MUCH = 0.5  # of the tables of an older one


@dataclass(frozen=True)
class Dump:
    """A backup. ``head`` and ``tail``: its ends, once unpacked; ``problem``: why it could not be read.

    ``damaged``: it was read, and its packing breaks off or does not agree with its own checksum. ``contents``: None
    where they are not known; ``archive``: it was read to its end by what reads such archives, or is a base backup with
    all of its files. ``lacking``: what is missing in it.
    """

    path: str
    size: int
    age: float  # seconds
    head: bytes = b""
    tail: bytes = b""
    problem: str = ""
    damaged: bool = False
    contents: Contents | None = None
    archive: bool = False
    lacking: str = ""


def why_not_whole(dump: Dump) -> str:
    """pg_dump writes its last line when it is done; archives have none, and are judged by being read to their end."""
    if dump.damaged:
        return "and does not end as a whole dump does: its packing breaks off or is damaged"
    if dump.lacking:
        return f"and is not complete: {dump.lacking}"
    if dump.contents is not None and dump.contents.unended:
        return "and breaks off among the rows of a table"
    if dump.archive or header_alone(dump) or _ends_whole(dump):
        return ""
    return "and does not end as a whole dump does"


def why_empty(dump: Dump, expected: str = "") -> str:
    """Why nothing is restored from a whole dump; empty where it holds something, or where it is not known.

    ``expected``: the database that it must be of, where the site names one.
    """
    contents = dump.contents
    if contents is None or not contents.understood:
        return ""
    if expected and contents.databases and expected not in contents.databases:
        return f"and is of {some(list(contents.databases))}, not of {expected}"
    if contents.globals_only:
        return ""
    if not contents.tables and not contents.rows:
        return "and holds no table"
    return "and holds no row: its tables alone" if not contents.rows else ""


def fewer_than(newer: Dump, older: Dump) -> str:
    """What an older backup holds and a newer one does not, if it is much; empty where one of them is not known."""
    if newer.contents is None or older.contents is None:
        return ""
    if not (newer.contents.understood and older.contents.understood):
        return ""
    if newer.contents.globals_only and older.contents.tables_in_it:
        return f"it holds roles alone, and {older.path} {counted(older.contents.tables_in_it, 'table')}"
    if newer.contents.condition and newer.contents.condition != older.contents.condition:
        of = f"those where {older.contents.condition}" if older.contents.condition else "all of them"
        return f"it holds the rows where {newer.contents.condition}, and {older.path} {of}"
    # Dumps of partitions, of one each, hold one table, or it and one that all of them share.
    lost = sorted(older.contents.names - newer.contents.names)
    if lost and len(lost) >= _MUCH * len(older.contents.names):
        return f"it lacks {len(lost):,} of the {len(older.contents.names):,} tables in {older.path} ({some(lost)})"
    if older.contents.rows and newer.contents.rows < _MUCH * older.contents.rows:
        return f"it holds {counted(newer.contents.rows, 'row')}, and {older.path} {older.contents.rows:,}"
    return ""


def are_others(newer: Dump, older: Dump) -> bool:
    """Whether each lacks half of the tables of the other, as of two databases; no, where that is not known."""
    if newer.contents is None or older.contents is None:
        return False
    mine, others = newer.contents.names, older.contents.names
    both = len(mine & others)
    return bool(mine and others) and max(both / len(mine), both / len(others)) <= _MUCH


def are_parts(newer: Dump, older: Dump) -> bool:
    """Whether they are of the data alone, of no common table or of other rows: parts of which each is needed."""
    mine, others = newer.contents, older.contents
    if mine is None or others is None or mine.tables or others.tables:
        return False
    return mine.condition != others.condition or bool(mine.names and others.names and not mine.names & others.names)


def header_alone(dump: Dump) -> bool:
    """Whether it is an archive of which nothing but its beginning could be judged."""
    return dump.head.startswith(_CUSTOM) and not dump.archive


def _ends_whole(dump: Dump) -> bool:
    """A row of data may hold the words too: they are a line, and nothing but comments and \\unrestrict follows."""
    # A dump of a cluster holds a whole dump of each database: only its own last line ends it.
    # One of its roles alone, before that of a database (pg_dumpall --globals-only), has ended in the head already.
    cluster = _CLUSTER in dump.head and _END_OF_CLUSTER not in dump.head
    ends = (_END_OF_CLUSTER,) if cluster else (_END_OF_DUMP, _END_OF_CLUSTER)
    of_mysql = dump.head.startswith(_OF_MYSQL)
    lines = dump.tail[-_LAST:].splitlines()
    for line in reversed(lines[1:] if len(dump.tail) > _LAST else lines):
        if line.rstrip() in ends or (of_mysql and line.startswith(b"-- Dump completed")):
            return True
        if line.strip() and not line.startswith((b"--", b"\\unrestrict")):
            return False
    return False
