# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The roster of a site: its people, its rotations and its feeds. I/O."""

from __future__ import annotations

import time
import warnings
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Container, Mapping, Sequence

from ..._core.errors import InputError
from ..._core.times import moment_of
from ..people import PAGED_BY, Person, everyone_of, names_by_word, people_of
from ..roster import OnCallReport, Roster, Rota, not_paged, report_of, why_stranger
from ..rotation import shifts_of
from ..shifts import Shift, Shifts
from ..steps import STEPS, Step, names_in, read_steps, shown, without_zone
from .feed import Feed, Read, read_feeds
from .ical import shifts_of_calendar
from .rendered import shifts_of_json
from .time_zones import is_zone, zone_of

# Of a shift: seconds since 1970, until the year 2200.
_FIRST, _LAST = 0.0, 7258118400.0
_MOST_DAYS = 3660


def oncall_report(given: Mapping[str, Any]) -> OnCallReport:
    """What oncall_info returns; see its documentation. Raises InputError."""
    now = time.time()
    at = moment_of(given["at"], now) if given["at"] else now
    if at is None or not _FIRST <= at <= _LAST:
        raise InputError(f"at: {given['at']!r} is no time such as 2026-11-23T14:56Z. Nothing was read.")
    if not 0 <= float(given["ahead"]) <= _MOST_DAYS:
        raise InputError(f"ahead: {given['ahead']!r} is no number of days up to {_MOST_DAYS}. Nothing was read.")
    ahead, moment = timedelta(days=float(given["ahead"])), datetime.fromtimestamp(at, timezone.utc)
    roster = load_roster(given, moment, moment + ahead)
    if roster.refused:
        raise InputError(f"{'; '.join([*roster.refused, *roster.problems])}. Nothing was read.")
    roster.problems.extend(not_paged(roster, PAGED_BY, moment, ahead))
    return report_of(roster, moment, ahead)


def load_roster(given: Mapping[str, Any], start: datetime, end: datetime) -> Roster:
    """``given``: people, oncall, copies and timeout, as the options of oncall_info. What is wrong with a person or a
    feed is a problem of the roster; a step that is not written as it must be is one without a person, and the others
    count."""
    people, problems = people_of(given["people"], is_zone)
    steps, wrong = read_steps(given["oncall"], zone_of)
    known = names_by_word(people)
    unknown = sorted(name for name in names_in(steps) if name.casefold() not in known)
    unreached = names_by_word([each for each in everyone_of(given["people"]) if each.name not in {*known.values()}])
    problems += [f"a rotation names {name}, who {why_stranger(name, unreached)}" for name in unknown]
    problems += [text for step in steps for text in without_zone(step, people)]
    rotas = {step.name: _of_layers(step, people, start, end) for step in steps if step.kind == "layers"}
    fed = [step for step in steps if step.kind != "layers"]
    feeds = [_feed(step, people, start, end) for step in fed]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a library that guesses at names of zones
        answers = read_feeds(feeds, Path(given["copies"]).expanduser(), float(given["timeout"]))
    for step, answer in zip(fed, answers):
        rotas[step.name] = _of_feed(step, answer, people, problems, unreached)
    for name, found in wrong.items():  # what belongs to no step may be the primary, misspelt
        rotas.setdefault(name or "primary", Rota(name or "primary", [], "runbook_oncall", why="; ".join(found)))
    ordered = [rotas[name] for name in STEPS if name in rotas]
    return Roster(people, ordered, problems, [text for found in wrong.values() for text in found], unreached)


def _feed(step: Step, people: Sequence[Person], start: datetime, end: datetime) -> Feed:
    """What is to be read of a step. Its parser runs beside those of others, and shares nothing with them."""
    zone = zone_of(str(step.options["zone"])) if step.options.get("zone") else None

    def parse(data: bytes) -> tuple[list[Shift], list[str]]:
        if step.kind == "ical":
            return shifts_of_calendar(data, people, zone, start, end)
        return shifts_of_json(data, step.options, people, zone)

    headers = {str(title): str(value) for title, value in (step.options.get("headers") or {}).items()}
    return Feed(
        step.source,
        parse,
        headers,
        _words(start, end),
        reach=_reach_of_calendar if step.kind == "ical" else _reach_of_rows,
        until=end.timestamp(),
        days=(end - start).days,
    )


def _reach_of_calendar(data: bytes, parsed: Any) -> float:  # noqa: ARG001
    """Of a calendar the time in question alone is parsed, which may have no shift; one that has no event at all is
    empty."""
    return float("inf") if b"BEGIN:VEVENT" in data.upper() else 0.0


def _reach_of_rows(data: bytes, parsed: tuple[list[Shift], list[str]]) -> float:  # noqa: ARG001
    return max((shift.end.timestamp() for shift in parsed[0]), default=0.0)


def _of_feed(
    step: Step, answer: Read, people: Sequence[Person], problems: list[str], unreached: Container[str]
) -> Rota:
    name = shown(step.source)
    if answer.problem:
        problems.append(f"{step.name}: {answer.problem}")
    if answer.parsed is None:
        return Rota(step.name, [], name, why=answer.problem)
    shifts, wrong = answer.parsed
    problems += [f"{step.name}: {text}" for text in wrong]
    known = {person.name for person in people}
    strangers = [shift for shift in shifts if shift.person not in known]
    for stranger in sorted({shift.person for shift in strangers}):
        problems.append(f"{step.name}: the feed names {stranger!r}, who {why_stranger(stranger, unreached)}")
    known_ones = Shifts(shift for shift in shifts if shift.person in known)
    return Rota(step.name, [known_ones], name, answer.age, strangers=Shifts(strangers))


def _of_layers(step: Step, people: Sequence[Person], start: datetime, end: datetime) -> Rota:
    """The rotations of a step. What names no known person leaves its time to the next layer, and an override to the
    person whose turn it is."""
    wide = timedelta(days=400)  # a person may be on call for long
    names = names_by_word(people)
    layers: list[Shifts] = []
    strangers: list[Shift] = []
    for layer in step.layers:
        known = tuple(each for each in layer.overrides if each.person.casefold() in names)
        shifts = shifts_of(replace(layer, overrides=known), start - wide, end + wide)
        strangers += [shift for shift in shifts if shift.person.casefold() not in names]
        strangers += shifts_of(replace(layer, people=(), overrides=tuple({*layer.overrides} - {*known})), start, end)
        found = [
            replace(shift, person=names[key]) for shift in shifts for key in [shift.person.casefold()] if key in names
        ]
        layers.append(Shifts(found))
    return Rota(step.name, layers, strangers=Shifts(strangers))


def _words(start: datetime, end: datetime) -> dict[str, str]:
    """What stands for the time in question in the address of a schedule."""
    since, until = (at.astimezone(timezone.utc) for at in (start - timedelta(days=1), end + timedelta(days=1)))
    return {
        "since": f"{since:%Y-%m-%dT%H:%M:%SZ}", "until": f"{until:%Y-%m-%dT%H:%M:%SZ}",
        "since_date": f"{since:%Y-%m-%d}", "until_date": f"{until:%Y-%m-%d}",
    }  # fmt: skip
