# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Each act of an incident in one place: plan, approval, evidence, what was done and its outcome. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Mapping, Sequence

from .._incident.event import EventReport
from .story import listed, of_dict

_SHORT = 12  # characters of a digest


@dataclass
class Mitigation:
    """The events of an act, or of a plan that was held and never carried out. Each None where there is none."""

    name: str
    host: str
    digest: str = ""
    held: EventReport | None = None
    approved: EventReport | None = None
    intended: EventReport | None = None
    evidence: EventReport | None = None
    act: EventReport | None = None
    outcome: EventReport | None = None
    cites: list[int] = field(default_factory=list)

    @property
    def short_digest(self) -> str:
        return self.digest[:_SHORT]

    @property
    def is_done(self) -> bool:
        return self.intended is not None or self.act is not None

    @property
    def outcome_word(self) -> str:
        return str(self.outcome["note"].get("outcome", "")) if self.outcome else ""

    @property
    def seconds(self) -> float | None:
        """Until the recovery, as it was measured; None where it was not."""
        found = self.outcome["note"].get("seconds_to_recovery") if self.outcome else None
        return float(found) if isinstance(found, (int, float)) and not isinstance(found, bool) else None


def mitigations(events: Sequence[EventReport]) -> list[Mitigation]:
    """In the order in which each began."""
    reader = _Reader()
    for event in events:
        reader.read(event)
    return reader.found


class _Reader:
    """Joins each event to the act that it is about."""

    def __init__(self) -> None:
        self.found: list[Mitigation] = []
        self.evidence: list[EventReport] = []  # not yet of an act

    def read(self, event: EventReport) -> None:
        kind, note = event["kind"], event["note"]
        if kind == "held":
            self._add(event, held=event, digest=str(of_dict(note, "plan").get("digest", "")))
        elif kind == "approved":
            self._approved(event)
        elif kind == "evidence":
            self.evidence.append(event)
        elif kind == "intended":
            self._intended(event)
        elif kind in ("mitigated", "reconciled") or (kind == "noted" and note.get("intended")):
            self._act(event)
        elif kind == "verified":
            self._verified(event)

    def _add(self, event: EventReport, **parts: Any) -> Mitigation:
        mitigation = Mitigation(str(event["note"].get("mitigation", "")), event["host"], **parts)
        mitigation.cites.append(event["seq"])
        self.found.append(mitigation)
        return mitigation

    def _approved(self, event: EventReport) -> None:
        digest = str(event["note"].get("digest", ""))
        for each in reversed(self.found):
            if each.held and digest and (each.digest.startswith(digest) or _is_alternative(each.held, digest)):
                each.approved, each.digest = event, digest
                each.cites.append(event["seq"])
                return

    def _intended(self, event: EventReport) -> None:
        digest = str(event["note"].get("digest", ""))
        this = self._last(event, lambda each: each.held is not None and not each.is_done and _same(each, digest))
        if this is None:
            this = self._add(event)
        else:
            this.cites.append(event["seq"])
        this.intended, this.digest = event, digest
        for kept in self.evidence:
            if kept["host"] == event["host"] and kept["at"] == event["at"]:
                this.evidence = kept
                this.cites.append(kept["seq"])

    def _act(self, event: EventReport) -> None:
        moment = event["note"].get("intended")
        this = self._last(event, lambda each: each.intended is not None and each.intended["at"] == moment)
        if this is None:
            this = self._add(event, digest=str(of_dict(event["note"], "plan").get("digest", "")))
        else:
            this.cites.append(event["seq"])
        this.act = event

    def _verified(self, event: EventReport) -> None:
        this = self._last(event, lambda each: each.act is not None and each.outcome is None)
        if this is not None:
            this.outcome = event
            this.cites.append(event["seq"])

    def _last(self, event: EventReport, fits) -> Mitigation | None:  # type: ignore[no-untyped-def]
        name = event["note"].get("mitigation", "")
        for each in reversed(self.found):
            if each.host == event["host"] and (not name or each.name == name) and fits(each):
                return each
        return None


def _same(each: Mitigation, digest: str) -> bool:
    return bool(digest) and (digest == each.digest or each.digest.startswith(digest) or digest.startswith(each.digest))


def _is_alternative(held: EventReport, digest: str) -> bool:
    plan: Mapping[str, Any] = of_dict(held["note"], "plan")
    others = [other for other in listed(plan, "alternatives") if isinstance(other, Mapping)]
    return any(str(other.get("digest", "")).startswith(digest) for other in others)


def evidence_of(events: Sequence[EventReport]) -> list[EventReport]:
    """Events of evidence, also those whose file is not named."""
    return [event for event in events if event["kind"] == "evidence"]
