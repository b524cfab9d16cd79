# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The alerts of an incident, from its events and as Alertmanager describes them. Pure.

An alert belongs to an incident when an event says so. Its fingerprint depends on its labels alone.
"""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any, Mapping, NamedTuple, Sequence, TypedDict

from .._core.redaction import redacted
from .._core.text import shortened
from .._incident.event import EventReport
from .._incident.stamps import stamp

FIRING, RESOLVED = "firing", "resolved"
_LONG = 500  # characters of a label or an annotation that are kept
_MOST = 64  # labels of an alert
_ANNOTATIONS = ("summary", "description")


class IncidentAlert(TypedDict):
    """An alert of an incident. ``status``: firing or resolved, as it was known last; ``by_labels``: a person named it,
    by all of its labels or by some."""

    alertname: str
    fingerprint: str
    status: str
    labels: dict[str, str]
    by_labels: bool


class Alert(NamedTuple):
    """An alert as Alertmanager or its webhook gives it. ``starts_at`` None: not known."""

    labels: Mapping[str, str]
    fingerprint: str
    is_firing: bool
    starts_at: datetime | None
    annotations: Mapping[str, str]

    @property
    def name(self) -> str:
        return self.labels.get("alertname", "")


def alerts_of(events: Sequence[EventReport]) -> list[IncidentAlert]:
    """The alerts of an incident, each with its last state, in the order in which they were recorded."""
    found: dict[str, IncidentAlert] = {}
    for event in events:
        note = event["note"]
        fingerprint = str(note.get("fingerprint") or "")
        if event["kind"] != "alert" or not fingerprint:
            continue
        known = found.get(fingerprint)
        labels = {str(name): str(value) for name, value in (note.get("labels") or {}).items()}
        found[fingerprint] = {
            "alertname": str(note.get("alertname", "")),
            "fingerprint": fingerprint,
            "status": RESOLVED if note.get("status") == RESOLVED else FIRING,
            "labels": labels or (known["labels"] if known else {}),
            # Alertmanager says of each alert when it began.
            "by_labels": not note.get("starts_at") and (known is None or known["by_labels"]),
        }
    return list(found.values())


class FiringAgain:
    """Alerts of an incident that had ended and fire again since the last verification: what recovered has not held.
    Where such an alert ends again, the recovery holds from then on."""

    def __init__(self) -> None:
        self.now: dict[str, EventReport] = {}  # by fingerprint
        self.ended: EventReport | None = None  # the last end of one
        self._over: set[str] = set()

    def read(self, event: EventReport) -> None:
        """Any event, in the order of the log."""
        fingerprint = str(event["note"].get("fingerprint") or "")
        if event["kind"] == "verified":
            self.verified()
        elif event["kind"] == "alert" and event["note"].get("status") == RESOLVED:
            self._over.add(fingerprint)
            self.ended = event if self.now.pop(fingerprint, None) else self.ended
        elif event["kind"] == "alert" and fingerprint in self._over:
            self._over.discard(fingerprint)
            self.now[fingerprint] = event

    def verified(self) -> None:
        """What fires was looked at."""
        self.now, self.ended = {}, None


def alert_lines(alerts: Sequence[IncidentAlert]) -> list[str]:
    """One line for each alert: its name, its other labels, its state."""
    lines = []
    for alert in alerts:
        others = ", ".join(f"{name}={value}" for name, value in alert["labels"].items() if name != "alertname")
        lines.append(f"{alert['alertname']}{f' ({others})' if others else ''}: {alert['status']}")
    return lines


def alert_from(raw: Any) -> Alert | None:
    """An alert of Alertmanager's API (``status`` is a dictionary) or of its webhook (a word); None where it is none."""
    labels = _texts(raw.get("labels")) if isinstance(raw, Mapping) else {}
    if not labels.get("alertname"):
        return None
    status = raw.get("status", FIRING)
    word = status.get("state", "active") if isinstance(status, Mapping) else status
    fingerprint = raw.get("fingerprint")
    return Alert(
        labels,
        fingerprint if isinstance(fingerprint, str) and fingerprint else fingerprint_of(labels),
        word != RESOLVED,
        moment_from(raw.get("startsAt")),
        _texts(raw.get("annotations")),
    )


def _texts(value: Any) -> dict[str, str]:
    if not isinstance(value, Mapping) or len(value) > _MOST:
        return {}
    return {name: text for name, text in value.items() if isinstance(name, str) and isinstance(text, str)}


def moment_from(text: Any) -> datetime | None:
    """The moment of a time as Go writes it (RFC 3339, up to nanoseconds); None where it is none, or its zero time."""
    if not isinstance(text, str) or len(text) > 40:
        return None
    head, dot, rest = text.partition(".")
    digits = rest[: len(rest) - len(rest.lstrip("0123456789"))]
    zone = rest[len(digits) :] if dot else ""
    for mark in () if dot else ("Z", "+", "-"):
        where = head.rfind(mark)
        if where > 10:
            head, zone = head[:where], head[where:]
            break
    try:
        offset = "+00:00" if zone in ("", "Z", "z") else zone
        moment = datetime.fromisoformat(f"{head}.{digits[:6]:0<6}{offset}")
        return moment.astimezone(timezone.utc) if moment.year > 1 else None
    except (ValueError, OverflowError):
        return None


def fingerprint_of(labels: Mapping[str, str]) -> str:
    """What Alertmanager calls an alert with these labels: FNV-1a, 64 bits, over names and values in the order of the
    names, each followed by the byte 255 (prometheus/common, model/signature.go).

    >>> fingerprint_of({})
    'cbf29ce484222325'
    """
    value = 0xCBF29CE484222325
    for name in sorted(labels):
        for byte in name.encode() + b"\xff" + labels[name].encode("utf-8", "replace") + b"\xff":
            value = ((value ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return f"{value:016x}"


def alert_note(alert: Alert, status: str = "") -> dict[str, Any]:
    """The note of the event that an alert belongs to the incident. A label that looks like a secret is left out: a log
    holds none, and a changed value would match nothing."""
    labels = {name: text for name, text in alert.labels.items() if len(text) <= _LONG and redacted(text) == text}
    said = {name: _shown(alert.annotations[name]) for name in _ANNOTATIONS if alert.annotations.get(name)}
    note: dict[str, Any] = {
        "alertname": alert.name, "fingerprint": alert.fingerprint, "labels": labels,
        "status": status or (FIRING if alert.is_firing else RESOLVED),
    }  # fmt: skip
    if said:
        note["annotations"] = said
    if alert.starts_at:
        note["starts_at"] = stamp(alert.starts_at)
    return note


def _shown(text: str) -> str:
    return shortened(redacted(text), _LONG)
