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


class PageLog:
    """What an incident's log says of its messages to the page. Only the lines about these are parsed: many logs are
    read so in each run. ``notes``: the last note of each message, in the order in which they were queued.

    >>> found = PageLog(b'{"note": {"key": "page/resolved/4", "state": "sent", "reference": "x7"}}')
    >>> found.is_left_open, found.ended
    (False, ['x7'])
    """

    def __init__(self, log: bytes) -> None:
        self.notes: dict[str, Mapping[str, Any]] = {}
        self._set: dict[str, Mapping[str, Any]] = {}
        for note in _notes(log):
            self.notes[str(note["key"])] = note
            values = note.get("values")
            components = values.get("components") if isinstance(values, dict) else None
            if isinstance(components, dict):
                self._set[str(note["key"])] = components

    @property
    def is_left_open(self) -> bool:
        """Whether it has messages to the page, and does not say that the page took the end: the newest one is not that
        the incident is resolved, or was not sent."""
        newest = next(reversed(list(self.notes)), "")
        return bool(newest) and not (last_on_page({newest: ""})[0] == RESOLVED and self._is_sent(newest))

    @property
    def ended(self) -> list[str]:
        """The page's own references of an incident whose end it took; none of one that is left open there."""
        if self.is_left_open:
            return []
        sent = {key: str(note.get("reference") or "") for key, note in self.notes.items() if self._is_sent(key)}
        return [reference for state, reference in told_on_page(sent) if state == RESOLVED]

    @property
    def components(self) -> dict[str, list[str]]:
        """The states of components that messages which the page took have set, by id."""
        found: dict[str, list[str]] = {}
        for key, components in self._set.items():
            for component, state in components.items() if self._is_sent(key) else ():
                states = found.setdefault(str(component), [])
                states += [str(state)] if str(state) not in states else []
        return found

    def _is_sent(self, key: str) -> bool:
        return bool(self.notes[key].get("state") == SENT)


def _notes(log: bytes) -> Iterator[Mapping[str, Any]]:
    """Of the messages to the page."""
    end = -1
    for match in _IN_LOG.finditer(log):
        if match.start() > end:
            begin, end = log.rfind(b"\n", 0, match.start()) + 1, log.find(b"\n", match.end())
            end = len(log) if end < 0 else end
            note = _note(log[begin:end])
            key = note.get("key")
            if isinstance(key, str) and is_on_page(key):
                yield note


def _note(line: bytes) -> Mapping[str, Any]:
    """Of an event; empty for a line that is none, as one that was written by hand."""
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    note = event.get("note") if isinstance(event, dict) else None
    return note if isinstance(note, dict) else {}
