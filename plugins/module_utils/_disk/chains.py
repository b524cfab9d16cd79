# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Backups that restore nothing without others: incremental ones, and those from which they were taken. Pure.

An incremental base backup (pg_basebackup --incremental, from PostgreSQL 17 on) states in its backup_label the place in
the log (LSN) at which the backup before it began. It is no backup of its own: what it was taken from must stay.
"""

from __future__ import annotations

import re
from typing import Collection, Iterable, Mapping, NamedTuple

from .._core.text import some

_LABEL = (b"backup_label\0", b"START WAL LOCATION: ")  # as the first file of a tar archive, and by itself
_START = re.compile(rb"START WAL LOCATION: ([0-9A-F]{1,8}/[0-9A-F]{1,8}) ")
_FROM = re.compile(rb"\nINCREMENTAL FROM LSN: ([0-9A-F]{1,8}/[0-9A-F]{1,8})")
_INCREMENTAL = re.compile(r"(?<![a-z])(?:incr|incremental|increment|differential)(?![a-z])", re.I)
# Words that are names as well: of a company, of an airline. Beside full backups of the same name they are none.
_PERHAPS = re.compile(r"(?<![a-z])(?:inc|diff|delta)(?![a-z])", re.I)
_FULL = re.compile(r"(?<![a-z])full(?![a-z])", re.I)


class Label(NamedTuple):
    """Where a base backup begins in the log, and where the one began that it was taken from; empty for a full one."""

    start: str
    base: str = ""


def label_in(head: bytes) -> Label | None:
    """The label of a base backup; ``head``: the first bytes of its tar archive, or its backup_label."""
    if not head.startswith(_LABEL):
        return None
    start, base = _START.search(head), _FROM.search(head)
    return Label(start.group(1).decode() if start else "", base.group(1).decode() if base else "")


def is_incremental(head: bytes) -> bool:
    label = label_in(head)
    return label is not None and bool(label.base)


def why_chained(own: Mapping[str, Label], every: Iterable[Label], unread: str = "") -> str:
    """Why none of a series may go; empty where its base backups (name to label) need no other, and no other needs them.

    ``every``: labels of all base backups that are known; ``unread``: what else may be an incremental one, with the
    reason why that is not known.
    """
    increments = sorted(name for name, label in own.items() if label.base)
    if increments:
        number = "is an incremental base backup" if len(increments) == 1 else "are incremental base backups"
        return f"{some(increments)} {number}, of no use without those before: pg_combinebackup makes full ones of them"
    needed = {label.base for label in every if label.base}
    bases = sorted(name for name, label in own.items() if label.start in needed)
    if bases:
        return f"incremental base backups need {some(bases)}"
    return (
        f"whether an incremental base backup needs {some(sorted(own))} is not known: {unread}" if own and unread else ""
    )


def why_named(series: str, names: Collection[str]) -> str:
    """Why none of a series may go by its name alone; empty where it does not call them incremental.

    ``names``: of every series of the folder.

    >>> why_named("shop-incr-#.sql.gz", ()), why_named("acme-inc-#.sql.gz", ["acme-inc-#.sql.gz"])
    ('its name says that they are incremental, so that each is needed', '')
    """
    perhaps = _PERHAPS.search(series)
    beside = bool(perhaps) and any(_PERHAPS.sub("", series) == _FULL.sub("", name) for name in names)
    return (
        "its name says that they are incremental, so that each is needed"
        if beside or _INCREMENTAL.search(series)
        else ""
    )
