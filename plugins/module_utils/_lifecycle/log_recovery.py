# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether the log shows that the fault is gone. Pure.

Each mitigation on each host counts by its last verification, and an act that is younger than its verification is not
verified; nor has a recovery held after which the same mitigation has found the fault again, and waits for an approval,
or after which an alert of the incident that had ended fires again, nor while another fault of the incident is open.
With a reopening what had recovered must be verified anew; what had not recovered has still not.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple, Sequence

from .._core.text import printable, shortened, span
from .._incident.event import EventReport, kept_at
from .._incident.intent import RECONCILED
from .._incident.phase import is_found_again, rounds
from .incident_alerts import FiringAgain
from .open_faults import Fault, OpenFaults

_ACTS = ("intended", "mitigated")
_SHORT = 100  # characters of the name of an alert
SOAK = timedelta(minutes=10)  # for which a recovery must hold, unless the site says otherwise (announce_soak)


class Recovery(NamedTuple):
    """``verified``: the last verification of each mitigation, in their order; ``why_not``: why they do not show that
    the fault is gone, empty where they do; ``alert_ended``: the last end of an alert that fired again since; ``fault``:
    the one that is open, where that alone is why not."""

    verified: list[EventReport]
    why_not: str
    alert_ended: EventReport | None = None
    fault: Fault | None = None

    @property
    def since(self) -> list[EventReport]:
        """Of these the last one is what the recovery holds from."""
        return [*self.verified, *([self.alert_ended] if self.alert_ended else [])]


def recovery_of(events: Sequence[EventReport]) -> Recovery:
    """By the whole log, of which only the time since the last reopening can show a recovery."""
    again = [id(event) for event in rounds(events)[1:]]
    last: dict[tuple[str, str], EventReport] = {}
    acted: dict[tuple[str, str], EventReport] = {}
    found_again: dict[tuple[str, str], EventReport] = {}
    alerts, faults = FiringAgain(), OpenFaults()
    for event in events:
        key = (event["host"], str(event["note"].get("mitigation", "")))
        alerts.read(event)
        faults.read(event)
        if id(event) in again:
            found_again.clear()
            alerts.verified()
            last = {each: verified for each, verified in last.items() if _outcome(verified) != "recovered"}
        elif event["kind"] == "verified":
            last.pop(key, None)
            acted.pop(key, None)
            found_again.pop(key, None)
            last[key] = event
        elif event["kind"] in _ACTS:
            acted[key] = event
        elif _is_nothing(event):
            acted.pop(key, None)
        elif is_found_again(event) and key in last:
            found_again[key] = event
    found = list(last.values())
    back = [*found_again.values(), *alerts.now.values()]
    why_not = _why_not(found, list(acted.values()), back, bool(again))
    if why_not or not faults.now:
        return Recovery(found, why_not, alerts.ended)
    fault = faults.now[0]
    return Recovery(found, _why_open(fault, found[-1], events), alerts.ended, fault)


def held_since(found: Recovery) -> datetime:
    """Since when all of it has recovered; there is at least one verification."""
    return max(map(kept_at, found.since))


def why_not_held(found: Recovery, now: datetime, soak: timedelta) -> str:
    """Why a recovery has not held for the soak time yet, empty where it has."""
    held = now - held_since(found)
    if held >= soak:
        return ""
    last, so_far = max(found.since, key=kept_at), max(0.0, held.total_seconds())
    return f"#{last['seq']} holds for {span(so_far)} of {span(soak.total_seconds())}"


def _is_nothing(event: EventReport) -> bool:
    """Whether nothing of what was intended has happened."""
    note = event["note"]
    is_end = event["kind"] in ("noted", RECONCILED) and bool(note.get("intended"))
    return is_end and not note.get("gone") and not note.get("unknown")


def _why_not(
    verified: Sequence[EventReport], acted: Sequence[EventReport], found_again: Sequence[EventReport], is_again: bool
) -> str:
    for event in verified:
        if _outcome(event) != "recovered":
            return f"the last verification{_on(event)} (#{event['seq']}) says {_outcome(event)}"
    if not verified:
        return "no verification is in the log" + (" since it was opened again" if is_again else "")
    if acted:
        name, seq = acted[0]["note"].get("mitigation") or "an act", acted[0]["seq"]
        return f"{name}{_on(acted[0])} (#{seq}) was not verified after it was carried out"
    for event in found_again:
        if event["kind"] == "alert":
            name = shortened(printable(str(event["note"].get("alertname") or "an alert")), _SHORT)
            return f"{name} (#{event['seq']}) fires again since the last verification"
        name = event["note"].get("mitigation")
        return f"{name}{_on(event)} (#{event['seq']}) has found the fault again after its last verification"
    return ""


def _why_open(fault: Fault, last: EventReport, events: Sequence[EventReport]) -> str:
    event, order = fault.event, {id(each): place for place, each in enumerate(events)}
    if event["kind"] == "diagnosed" and order[id(event)] > order[id(last)]:
        return f"a fault was diagnosed (#{event['seq']}) after the last verification (#{last['seq']})"
    of = f" of {fault.scenario}" if fault.scenario else ""
    kinds = {"diagnosed": f"the fault{of} that was diagnosed", "held": f"the fault{of} for which a plan was made"}
    what = kinds.get(event["kind"], f"the fault{of} that had not recovered")
    return f"{what}{_on(event)} (#{event['seq']}) was not verified as recovered since"


def _on(event: EventReport) -> str:
    return f" on {event['host']}" if event["host"] else ""


def _outcome(event: EventReport) -> str:
    return str(event["note"].get("outcome"))
