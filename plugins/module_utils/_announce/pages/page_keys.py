# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The keys of messages to the status page, ``page/STATE/...``, or ``page-N/STATE/...`` after a later relapse. Pure."""

from __future__ import annotations

import json
import re
from typing import Any, Iterator, Mapping

from ..outbox import SENT
from ..page_states import RESOLVED

_KEY = re.compile(r"page(?:-\d+)?/([a-z]+)/")
_IN_LOG = re.compile(rb'"key": ?"page(?:-\d+)?/[a-z]+/')


def is_on_page(key: str) -> bool:
    """
    >>> is_on_page("page-2/resolved/7"), is_on_page("pager/trigger/1")
    (True, False)
    """
    return _KEY.match(key) is not None


def last_on_page(references: Mapping[str, str]) -> tuple[str, str]:
    """The state of the last message that the page took, and the page's own reference; both empty without one.

    >>> last_on_page({"page/investigating/1": "x7", "pager/trigger/1": "d"})
    ('investigating', 'x7')
    """
    for key in reversed(list(references)):
        told = _KEY.match(key)
        if told:
            return told[1], references[key]
    return "", ""


def told_on_page(references: Mapping[str, str]) -> list[tuple[str, str]]:
    """The last state that the page took, and the page's own reference, of each of its incidents: after a relapse of
    another day there is one more.

    >>> told_on_page({"page/identified/1": "x7", "page/resolved/2": "x7", "page-2/identified/5": "x9"})
    [('resolved', 'x7'), ('identified', 'x9')]
    """
    rounds = dict.fromkeys(key.partition("/")[0] for key in references if is_on_page(key))
    told = [
        last_on_page({key: reference for key, reference in references.items() if key.startswith(f"{each}/")})
        for each in rounds
    ]
    return [(state, reference) for state, reference in told if reference]


def is_left_open(log: bytes) -> bool:
    """Whether an incident's log has messages to the page, and does not say that the page took its end: the newest one
    is not that it is resolved, or was not sent. Of the log only the lines about the page are parsed.

    >>> end = b'{"note": {"key": "page/resolved/4", "state": "sent"}}'
    >>> is_left_open(end), is_left_open(end.replace(b"sent", b"queued")), is_left_open(b"")
    (False, True, False)
    """
    notes = _notes(log)
    newest = next(reversed(list(notes)), "")
    return bool(notes) and not (last_on_page({newest: ""})[0] == RESOLVED and notes[newest].get("state") == SENT)


def ended_in(log: bytes) -> list[str]:
    """The page's own references of an incident whose end the page took; none of one that is left open there.

    >>> ended_in(b'{"note": {"key": "page/resolved/4", "state": "sent", "reference": "x7"}}')
    ['x7']
    """
    if is_left_open(log):
        return []
    sent = {key: note for key, note in _notes(log).items() if note.get("state") == SENT}
    references = {key: str(note.get("reference") or "") for key, note in sent.items()}
    return [reference for state, reference in told_on_page(references) if state == RESOLVED]


def components_set_in(log: bytes) -> dict[str, list[str]]:
    """The states of components that an incident's messages to the page had, by id.

    >>> components_set_in(b'{"note": {"key": "page/resolved/4", "values": {"components": {"c1": "operational"}}}}')
    {'c1': ['operational']}
    """
    found: dict[str, list[str]] = {}
    for dummy, note in _lines(log):
        values = note.get("values")
        components = values.get("components") if isinstance(values, dict) else None
        for component, state in components.items() if isinstance(components, dict) else ():
            states = found.setdefault(str(component), [])
            states += [str(state)] if str(state) not in states else []
    return found


def _notes(log: bytes) -> dict[str, Mapping[str, Any]]:
    """The last note of each message to the page, in the order in which they were queued."""
    return dict(_lines(log))


def _lines(log: bytes) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Each note of a message to the page, with its key."""
    for line in log.splitlines() if _IN_LOG.search(log) else ():
        note = _note(line) if _IN_LOG.search(line) else {}
        key = note.get("key")
        if isinstance(key, str) and is_on_page(key):
            yield key, note


def _note(line: bytes) -> Mapping[str, Any]:
    """Of an event; empty for a line that is none, as one that was written by hand."""
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    note = event.get("note") if isinstance(event, dict) else None
    return note if isinstance(note, dict) else {}
