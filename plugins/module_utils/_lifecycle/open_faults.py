# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The faults of an incident that no verification has closed, from its events. Pure.

An incident may have several faults: runs of other scenarios, and of other hosts, join it. A fault is found by a
diagnosis, by a plan that the facts called for, or by a verification that does not say recovered. It is closed by a
verification that says recovered, on the same host, of the same scenario and of a mitigation that the fault has. A
person who resolves the incident has seen all of them; opened again, each of them must be verified anew.
"""

from __future__ import annotations

from typing import NamedTuple

from .._incident.event import EventReport
from .._incident.phase import OPEN, RESOLVED, is_found_again

_APPROVE = "approve"  # the scenario of a run that carries out plans which runs of other scenarios have made


class Fault(NamedTuple):
    """``event``: by which it was found; ``scenario`` empty: not known; ``mitigations``: by which it can be verified,
    None where the log does not say."""

    event: EventReport
    scenario: str
    mitigations: frozenset[str] | None

    @property
    def host(self) -> str:
        return self.event["host"]


class OpenFaults:
    """``now``: the faults that are open, the oldest first."""

    def __init__(self) -> None:
        self._open: dict[tuple[str, str, str], Fault] = {}
        self._known: dict[tuple[str, str, str], Fault] = {}
        self._planned: dict[tuple[str, str], str] = {}  # the scenario of a plan, by host and mitigation

    @property
    def now(self) -> list[Fault]:
        return list(self._open.values())

    def read(self, event: EventReport) -> None:
        """Any event, in the order of the log."""
        kind, note = event["kind"], event["note"]
        mitigation = str(note.get("mitigation") or "")
        if kind == "diagnosed" and note.get("cause"):
            self._found(event, str(note["cause"]), _mitigations(event), is_whole=True)
        elif is_found_again(event):
            self._planned_by(event, mitigation)
            self._found(event, mitigation, frozenset([mitigation]))
        elif kind == "held":
            self._planned_by(event, mitigation)
        elif kind == "verified" and note.get("outcome") == "recovered":
            self._recovered(event, mitigation)
        elif kind == "verified":
            self._found(event, mitigation, frozenset([mitigation]))
        elif kind == "phase" and note.get("phase") == RESOLVED:
            self._open.clear()
        elif kind == "phase" and note.get("phase") == OPEN:
            self._open = dict(self._known)

    def _found(self, event: EventReport, name: str, mitigations: frozenset[str] | None, is_whole: bool = False) -> None:
        """A scenario has one fault on a host, of which a later diagnosis says what it is now (``is_whole``); without a
        scenario each name is a fault of its own."""
        scenario = self._scenario(event)
        key = (event["host"], scenario, "" if scenario else name)
        known = self._open.get(key)
        if known is not None and not is_whole:
            both = known.mitigations is not None and mitigations is not None
            mitigations = (known.mitigations or frozenset()) | (mitigations or frozenset()) if both else None
        self._open[key] = Fault(known.event if known else event, scenario, mitigations)
        self._known[key] = self._open[key]

    def _recovered(self, event: EventReport, mitigation: str) -> None:
        scenario = self._scenario(event)
        for key, fault in list(self._open.items()):
            is_of_it = fault.mitigations is None or mitigation in fault.mitigations
            is_its_own = not scenario or not fault.scenario or scenario == fault.scenario
            if fault.host == event["host"] and is_of_it and is_its_own:
                del self._open[key]

    def _planned_by(self, event: EventReport, mitigation: str) -> None:
        scenario = str(event["note"].get("scenario") or "")
        if scenario != _APPROVE:
            self._planned[event["host"], mitigation] = scenario

    def _scenario(self, event: EventReport) -> str:
        """That of a run; of one that carries out a plan, that of the run which has made the plan."""
        scenario = str(event["note"].get("scenario") or "")
        mitigation = str(event["note"].get("mitigation") or "")
        return self._planned.get((event["host"], mitigation), "") if scenario == _APPROVE else scenario


def _mitigations(event: EventReport) -> frozenset[str] | None:
    """Those of a diagnosis' causes; none of them where no role can act, so that a person alone says that it is over."""
    causes = event["note"].get("causes") or []
    rows = [cause for cause in causes if isinstance(cause, dict)]
    return frozenset(str(cause.get("mitigation") or "") for cause in rows) - {""} if rows else None
