# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Backups made by pg_dump and pg_dumpall: whether a file is whole, by its two ends. Pure."""

from __future__ import annotations

from dataclasses import dataclass

_CLUSTER = b"-- PostgreSQL database cluster dump"
_END_OF_CLUSTER = _CLUSTER + b" complete"
_END_OF_DUMP = b"-- PostgreSQL database dump complete"
_LAST = 1024  # bytes that hold the end: the newest pg_dump writes an \unrestrict line behind it
_CUSTOM = b"PGDMP"


@dataclass(frozen=True)
class Dump:
    """A backup file. ``head`` and ``tail``: its ends, once unpacked; ``problem``: why it could not be read.

    ``damaged``: it was read, and its packing breaks off or does not agree with its own checksum.
    """

    path: str
    size: int
    age: float  # seconds
    head: bytes = b""
    tail: bytes = b""
    problem: str = ""
    damaged: bool = False


def why_not_whole(dump: Dump) -> str:
    """pg_dump writes its last line when it is done. A custom archive has none: its beginning is all there is."""
    if dump.damaged:
        return "and does not end as a whole dump does: its packing breaks off or is damaged"
    if header_alone(dump) or _ends_whole(dump):
        return ""
    return "and does not end as a whole dump does"


def header_alone(dump: Dump) -> bool:
    """Whether it is a custom archive, of which nothing but its beginning can be judged."""
    return dump.head.startswith(_CUSTOM)


def _ends_whole(dump: Dump) -> bool:
    """A row of data may hold the words too: they are a line, and nothing but comments and \\unrestrict follows."""
    # A dump of a cluster holds a whole dump of each database: only its own last line ends it.
    # One of its roles alone, before that of a database (pg_dumpall --globals-only), has ended in the head already.
    cluster = _CLUSTER in dump.head and _END_OF_CLUSTER not in dump.head
    ends = (_END_OF_CLUSTER,) if cluster else (_END_OF_DUMP, _END_OF_CLUSTER)
    lines = dump.tail[-_LAST:].splitlines()
    for line in reversed(lines[1:] if len(dump.tail) > _LAST else lines):
        if line.rstrip() in ends:
            return True
        if line.strip() and not line.startswith((b"--", b"\\unrestrict")):
            return False
    return False
