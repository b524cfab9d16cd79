# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who answers at a moment, step by step, and where no person will. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Container, Sequence, TypedDict

from .._core.text import span
from .._incident.stamps import stamp
from .people import Person
from .shifts import Shifts, gaps, on_call, overlaps, until


class OnCallRow(TypedDict):
    """One step. ``person`` empty: there is none, and ``why``; ``until``: the end of the person's time (UTC), over
    shifts that follow each other; ``ways``: by which the person can be reached; ``age``: seconds of a copy that stands
    for a feed that could not be read, else 0."""

    step: str
    person: str
    until: str
    layer: str
    source: str
    ways: list[str]
    age: float
    why: str


class Uncovered(TypedDict):
    """A time (UTC) at which a step has no person, or two people."""

    step: str
    start: str
    end: str
    people: list[str]


class OnCallReport(TypedDict):
    """What oncall_info returns. ``problems``: what is wrong with people, rotations or feeds, a sentence each."""

    at: str
    steps: list[OnCallRow]
    gaps: list[Uncovered]
    overlaps: list[Uncovered]
    problems: list[str]
    lines: list[str]


@dataclass(frozen=True)
class Rota:
    """The shifts of one step. ``source``: rotation, or the feed's name; ``age``: seconds of the copy that was used;
    ``strangers``: shifts that name no known person, which cover no time."""

    step: str
    layers: Sequence[Shifts]
    source: str = "rotation"
    age: float = 0.0
    why: str = ""  # it could not be read at all
    strangers: Shifts = field(default_factory=lambda: Shifts(()))


@dataclass(frozen=True)
class Roster:
    """All steps of a site with its people. ``problems``: what is wrong with people, rotations and feeds; ``refused``:
    with steps that are not written as they must be. A sentence each. ``unreached``: words for people who are in the
    inventory and cannot be reached, in small letters."""

    people: Sequence[Person]
    rotas: Sequence[Rota]
    problems: list[str] = field(default_factory=list)
    refused: Sequence[str] = ()
    unreached: Container[str] = ()


def row_of(roster: Roster, rota: Rota, at: datetime) -> OnCallRow:
    """Who answers at a moment."""
    shift = on_call(rota.layers, at)
    person = next((each for each in roster.people if shift is not None and each.name == shift.person), None)
    end = until(rota.layers, at)
    ways = [way for way in ("slack", "mail", "phone") if person is not None and getattr(person, way)]
    if shift is None:
        stranger = rota.strangers.at(at)
        unknown = f"{stranger.person} {why_stranger(stranger.person, roster.unreached)}" if stranger else ""
        why = rota.why or unknown or "no layer has any person at this time"
    else:
        why = "" if person is not None else f"{shift.person} {why_stranger(shift.person, roster.unreached)}"
    return {
        "step": rota.step, "person": shift.person if shift else "", "until": stamp(end) if end else "",
        "layer": shift.layer if shift else "", "source": rota.source, "ways": ways, "age": rota.age, "why": why,
    }  # fmt: skip


def why_stranger(name: str, unreached: Container[str]) -> str:
    """Why a name that a rotation or a feed has is no person who is on call."""
    return "cannot be reached" if name.casefold() in unreached else "is not in runbook_people"


def not_paged(roster: Roster, ways: Sequence[str], at: datetime, ahead: timedelta) -> list[str]:
    """Who is on call and cannot be paged, since the person has none of the ways by which pages go; a sentence for each
    step, which begins with its name."""
    known = {person.name: person for person in roster.people}
    found = []
    for rota in roster.rotas:
        shifts = [shift for layer in rota.layers for shift in layer.all if shift.end > at and shift.start < at + ahead]
        for name in dict.fromkeys(shift.person for shift in shifts):
            if name in known and not any(getattr(known[name], way) for way in ways):
                found.append(f"{rota.step}: {name} is on call and cannot be paged: give {' or '.join(ways)}")
    return found


def report_of(roster: Roster, at: datetime, ahead: timedelta) -> OnCallReport:
    """Who answers now, and what will be wrong within ``ahead``."""
    rows = [row_of(roster, rota, at) for rota in roster.rotas]
    holes = [
        _uncovered(rota.step, each.start, each.end, ())
        for rota in roster.rotas
        if not rota.why
        for each in gaps(rota.layers, at, at + ahead)
    ]
    double = [
        _uncovered(rota.step, each.start, each.end, each.people)
        for rota in roster.rotas
        for layer in rota.layers
        for each in overlaps(layer, at, at + ahead)
    ]
    report: OnCallReport = {
        "at": stamp(at), "steps": rows, "gaps": holes, "overlaps": double, "problems": roster.problems, "lines": [],
    }  # fmt: skip
    return {**report, "lines": lines_of(report)}


def _uncovered(step: str, start: datetime, end: datetime, people: Sequence[str]) -> Uncovered:
    return {"step": step, "start": stamp(start), "end": stamp(end), "people": list(people)}


def lines_of(report: OnCallReport) -> list[str]:
    """The report for people."""
    lines = [_line(row) for row in report["steps"]] or ["no step is configured (runbook_oncall)"]
    for each in report["gaps"][:10]:
        lines.append(f"{each['step']}: no person from {_time(each['start'])} until {_time(each['end'])}")
    for each in report["overlaps"][:10]:
        both = " and ".join(each["people"])
        lines.append(f"{each['step']}: {both} from {_time(each['start'])} until {_time(each['end'])}")
    return [*lines, *report["problems"]]


def _line(row: OnCallRow) -> str:
    copy = f", from a copy that is {span(row['age'])} old" if row["age"] else ""
    if not row["person"]:
        return f"{row['step']}: no person: {row['why']}{copy}"
    end = f" until {_time(row['until'])}" if row["until"] else ""
    reached = f", by {', '.join(row['ways'])}" if row["ways"] else ""
    why = f" ({row['why']})" if row["why"] else ""
    return f"{row['step']}: {row['person']}{end} ({row['layer'] or row['source']}){reached}{copy}{why}"


def _time(at: str) -> str:
    return f"{at[:10]} {at[11:16]} UTC"
