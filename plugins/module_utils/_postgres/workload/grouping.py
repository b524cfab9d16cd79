# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One statement under many ids: cursors with names of their own, lists of another length, literals. Pure.

The extension takes literals out of queries, and not (or only from a late version on) out of utility statements: each
DECLARE and FETCH of a cursor with a name of its own is an entry of its own, and so is each length of a list. Here those
of one shape, role and database are one again. What a FETCH takes is shown with the query that its cursor was declared
for.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Iterable, Mapping, NamedTuple

from ..sql_text import without_literals
from .statements import Doing, Entry, Key, RunningNow, Samples

LONGEST_SHAPE = 2000  # characters of a text that are compared; longer ones are kept apart
CURSOR = "FETCH from a cursor: "
_NAME = r'(?:[^\W\d][\w$]*|"(?:[^"]|"")+")'
_DECLARE = re.compile(
    rf"\s*declare\s+({_NAME})\s+(?:(?:binary|insensitive|asensitive|no|scroll)\s+)*cursor\s+"
    r"(?:with(?:out)?\s+hold\s+)?for\s+(?=\S)",
    re.I,
)
_USE = re.compile(rf"\s*(fetch|move|close)\b.*?({_NAME})\s*;?\s*\Z", re.I | re.S)
_WITHIN = re.compile(
    rf"\s*(?:prepare\s+{_NAME}\s*(?:\([^()]*\)\s*)?as\s+|copy\s*\(|explain\s+(?:\([^()]*\)\s*|analyze\s+|verbose\s+)*"
    rf"|create\s+(?:\w+\s+)*(?:table|view)\s+(?:if\s+not\s+exists\s+)?[\w.\"$]+\s+as\s+"
    rf"|insert\s+into\s+[\w.\"$]+\s*(?:\([^()]*\)\s*)?)(?=select\b|with\b|update\b|delete\b|\()",
    re.I,
)
_VALUE = re.compile(r"\$\d+|\?")
_LIST = re.compile(r"\?(?:\s*,\s*\?)+")
_ROWS = re.compile(r"\((?:\?|\?, \.\.\.)\)(?:\s*,\s*\((?:\?|\?, \.\.\.)\))+")
_COMMENT = re.compile(r"/\*.*?\*/", re.S)


class Grouped(NamedTuple):
    """Doings of which each is a statement; ``texts``: those that are not the extension's; ``ids``: of which other ids
    each id is the one that stands for all."""

    doings: list[Doing]
    texts: dict[Key, str]
    ids: dict[int, int]


def inner_query(text: str) -> str:
    """The query in a statement that only wraps it: of a cursor, PREPARE, COPY, EXPLAIN, CREATE TABLE AS, INSERT.

    >>> inner_query('DECLARE "c 1" NO SCROLL CURSOR FOR SELECT 1')
    'SELECT 1'
    """
    text = text[len(CURSOR) :] if text.startswith(CURSOR) else text
    declared = _DECLARE.match(text)
    if declared:
        return text[declared.end() :]
    within = _WITHIN.match(text)
    if not within:
        return text
    if text[within.start() : within.end()].lstrip()[:4].lower() == "copy":
        return text[within.end() : text.rfind(")")]  # COPY (query) TO ...
    return text[within.end() :]


def shape(text: str) -> str:
    """A text without values, with lists of any length as one."""
    bare = _VALUE.sub("?", without_literals(text))
    return _ROWS.sub("(?, ...), ...", _LIST.sub("?, ...", bare))


def grouped(doings: Iterable[Doing], texts: Mapping[Key, str]) -> Grouped:
    """Doings of one shape as one, under the key of that which took most. ``texts``: also those of cursors that were
    declared before."""
    cursors = _cursors(texts)
    members: dict[tuple[object, ...], list[Doing]] = {}
    said: dict[tuple[object, ...], str] = {}
    for doing in doings:
        text = texts.get(doing.key, "")
        use = _USE.match(_bare(text)) if len(text) < LONGEST_SHAPE else None
        if use:
            queries = cursors.get((doing.key[0], doing.key[1], use.group(2)), set())
            text = CURSOR + (min(queries) if len(queries) == 1 else "its query is not known")
        elif _DECLARE.match(text):
            text = CURSOR + inner_query(text)
        group: tuple[object, ...] = (doing.key[0], doing.key[1], doing.key[3], shape(text))
        if not text or len(text) >= LONGEST_SHAPE:
            group = doing.key
        members.setdefault(group, []).append(doing)
        if text.startswith(CURSOR):
            said[group] = text
    groups = Grouped([], {}, {})
    for group, each in members.items():
        first = max(each, key=lambda doing: (doing.spent.seconds, doing.key))
        groups.doings.append(_sum(first, each, texts) if len(each) > 1 else first)
        if group in said:
            groups.texts[first.key] = said[group]
        groups.ids.update({doing.key[2]: first.key[2] for doing in each if doing is not first})
    return groups


def renumbered(running: Mapping[int, list[RunningNow]], ids: Mapping[int, int]) -> dict[int, list[RunningNow]]:
    """What runs, by the ids that stand for their groups."""
    running_by_number: dict[int, list[RunningNow]] = {}
    for query_id, sessions in running.items():
        running_by_number.setdefault(ids.get(query_id, query_id), []).extend(sessions)
    return running_by_number


def recounted(samples: Samples, ids: Mapping[int, int]) -> Samples:
    """The samples by those ids."""
    renumbered_samples = Samples(samples.looks, waits=samples.waits)
    for query_id, number in samples.seen.items():
        renumbered_samples.seen[ids.get(query_id, query_id)] += number
        renumbered_samples.locked[ids.get(query_id, query_id)] += samples.locked[query_id]
    return renumbered_samples


def _cursors(texts: Mapping[Key, str]) -> dict[tuple[int, int, str], set[str]]:
    """The queries that cursors were declared for, by role, database and name."""
    cursors: dict[tuple[int, int, str], set[str]] = {}
    for key, text in texts.items():
        declared = _DECLARE.match(_bare(text))
        if declared:
            cursors.setdefault((key[0], key[1], declared.group(1)), set()).add(shape(inner_query(_bare(text))))
    return cursors


def _bare(text: str) -> str:
    return _COMMENT.sub(" ", text)


def _sum(first: Doing, each: list[Doing], texts: Mapping[Key, str]) -> Doing:
    # The time to declare a cursor is its query's; how often is what was fetched.
    counted = [doing for doing in each if not _DECLARE.match(texts.get(doing.key, ""))] or each
    return replace(
        first,
        spent=_total([doing.spent for doing in each], [doing.spent for doing in counted]),
        lifetime=_total([doing.lifetime for doing in each], [doing.lifetime for doing in counted]),
        renewed=any(doing.renewed for doing in each),
    )


def _total(entries: list[Entry], counted: list[Entry]) -> Entry:
    return Entry(
        sum(entry.calls for entry in counted),
        sum(entry.seconds for entry in entries),
        sum(entry.rows for entry in counted),
        sum(entry.read for entry in entries),
        sum(entry.spilled for entry in entries),
        jit=sum(entry.jit for entry in entries),
    )
