# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the messages of an incident have in common: scenario, hosts, severity, and values without secrets. Pure."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any, Mapping, Sequence

from .._core.redaction import redacted
from .._core.text import shortened, some
from .._incident.event import EventReport, kept_at
from .._incident.severity import facts_by, is_worse, severity_event
from .._incident.stamps import moment_of, stamp
from .follow_up import COURSE
from .settings import SLACK

# Characters of one text in a message, twice as many as a person may write: a channel that takes less has all of the
# message as a file, and what is longer, as the output of a program, says where it is whole.
_LONG = 20_000
_IS_CUT = f" (cut after {_LONG:,} characters: the incident log has the whole text)"
_PLACES = ("to", "place", "user")  # addresses and ids of the site's own people and channels
_REPORT = 400  # of what users reported, which several messages have


_MADE = re.compile(r"(\d{4}-\d\d-\d\d-\d{6})-[A-Za-z0-9_-]+-([0-9a-f]{6})")  # an id: time, scenario, random digits


def reference_of(incident: str) -> str:
    """An incident's id without the name of its scenario, which is of the inside; one that a person has chosen is as it
    is.

    >>> reference_of("2026-11-23-145635-db_lock_contention-06f2a1"), reference_of("INC-4711")
    ('2026-11-23-145635-06f2a1', 'INC-4711')
    """
    made = _MADE.fullmatch(incident)
    return f"{made.group(1)}-{made.group(2)}" if made else incident


class IncidentFacts:
    """An incident as its messages see it."""

    def __init__(
        self, incident: str, events: Sequence[EventReport], settings: Mapping[str, Mapping[str, Any]], now: datetime
    ) -> None:
        self.incident, self.events, self.settings, self.now = incident, events, settings, now
        self.opening = next((event for event in events if event["kind"] == "opened"), None)
        note: Mapping[str, Any] = self.opening["note"] if self.opening else {}
        self.scenario = str(note.get("scenario") or "incident")
        self.hosts = [redacted(str(host)) for host in note.get("hosts") or ()]
        self.opened_at = stamp(kept_at(self.opening)) if self.opening else ""
        # Each by itself: what is beside a secret, or a cut, may hide that it is one.
        words, reporter, place = (redacted(str(note.get(name) or "")) for name in ("text", "reported_by", "where"))
        where = f", seen at {place}" if place else ""
        self.reported = shortened(f"reported by {reporter}{where}: {words}", _REPORT) if words and reporter else ""
        self.severity, assessed = severity_event(events)
        self.because = facts_by(self.severity, assessed)
        self.worst = self._worst()

    def _worst(self) -> str:
        """The worst that it was: who was paged for a P1 hears of its end, also where it ends as a P3."""
        worst = "unknown"
        for event in self.events:
            name = "triage" if event["kind"] == "noted" else "severity"
            severity = str(event["note"].get(name) or "") if event["kind"] in ("opened", "severity", "noted") else ""
            worst = severity if is_worse(severity, worst) else worst
        return worst

    def base(self, **more: Any) -> dict[str, Any]:
        """Values that every template has, and some of its own; without secrets. ``reported``: what users reported,
        where the incident was opened by that; ``because``: the facts by which it is so severe, where there are any;
        ``reference``: the incident's id for people outside."""
        values = {
            "incident": self.incident, "scenario": self.scenario, "severity": self.severity,
            "hosts": some(self.hosts, 6), "opened_at": self.opened_at, "reference": reference_of(self.incident),
            **({"reported": self.reported} if self.reported else {}),
            **({"because": self.because} if self.because else {}), **more,
        }  # fmt: skip
        return without_secrets(values)

    @property
    def queued(self) -> list[str]:
        """Keys of the messages that are in the log, the oldest first."""
        notes = [event["note"] for event in self.events if event["kind"] == "message"]
        return list(dict.fromkeys(str(note.get("key", "")) for note in notes if note.get("state") == "queued"))

    @property
    def is_over(self) -> bool:
        """Whether nothing was recorded for so long that it has nothing to say of its course."""
        recorded = [event["logged"] or event["at"] for event in self.events if event["kind"] != "message"]
        archiving = timedelta(seconds=float(self.settings.get(SLACK, {}).get("archive_after") or 0))
        return self.now - moment_of(max(recorded)) > COURSE + archiving


def without_secrets(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a message; by those of ``_PLACES`` it finds its recipient."""
    return {name: value if name in _PLACES else cleaned(value) for name, value in values.items()}


def cleaned(value: Any) -> Any:
    """A value for a template without secrets, and not too long."""
    if isinstance(value, str):
        text = redacted(value)
        # Cleaned once more, as on its way through several hands, it stays as it is.
        is_whole = len(text) <= _LONG or text.endswith(_IS_CUT)
        return text if is_whole else f"{shortened(text, _LONG)}{_IS_CUT}"
    if isinstance(value, Mapping):
        return {str(name): cleaned(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [cleaned(each) for each in value]
    return value
