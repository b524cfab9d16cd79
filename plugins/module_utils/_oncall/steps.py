# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who is asked one after the other, from the inventory (``runbook_oncall``): primary, secondary, escalation. Pure.

Each step is one of: layers of an own rotation, an iCal feed, or rendered shifts of another system as JSON.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from datetime import date, datetime, time, tzinfo
from typing import Any, Callable, Iterator, Mapping, Sequence, TypeVar

from .._core.errors import InputError
from .._core.local_time import DAYS, time_of_day, weekdays
from .._core.urls import base_url_of
from .people import Person, as_name
from .rotation import Hours, Layer, Override, moment_in

STEPS = ("primary", "secondary", "escalation")
KINDS = ("layers", "ical", "shifts")
_LAYER = ("name", "zone", "starts", "hand_over", "turn", "people", "hours", "overrides")
_HOURS = ("days", "from", "until")
_OVERRIDE = ("from", "until", "person")
_FEED = ("zone", "rows", "start", "end", "person", "match", "headers")
_PLAIN_HEADERS = ("accept", "user-agent")
_NOTHING = "Nothing was read."
_USE = "Use dates such as 2026-11-23, times such as 09:00, and days such as mon"
_LONGEST = 3660  # days of a turn
_Value = TypeVar("_Value")
ZoneOf = Callable[[str], tzinfo]


@dataclass(frozen=True)
class Step:
    """``kind``: layers, ical or shifts; ``source``: file or address of a feed; ``options``: how a feed is read;
    ``in_utc``: layers of which no zone is written."""

    name: str
    kind: str
    layers: tuple[Layer, ...] = ()
    source: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    in_utc: tuple[str, ...] = ()


def steps_of(given: Any, zone_of: ZoneOf) -> list[Step]:
    """The steps in their order. Raises InputError, with everything that is wrong with them."""
    steps, problems = read_steps(given, zone_of)
    if problems:
        raise InputError(f"{'; '.join(each for found in problems.values() for each in found)}. {_NOTHING}")
    return steps


def read_steps(given: Any, zone_of: ZoneOf) -> tuple[list[Step], dict[str, list[str]]]:
    """The steps that are as they must be, in their order, and for each other one what is wrong with it. What belongs to
    no step is under an empty name. ``zone_of``: raises InputError for a name that is no zone."""
    if not isinstance(given, Mapping):
        return [], {"": [f"runbook_oncall is a dictionary with {', '.join(STEPS)}"]}
    steps: list[Step] = []
    problems: dict[str, list[str]] = {"": list(_unknown("runbook_oncall", given, STEPS))}
    for name in STEPS:
        if given.get(name):
            reader = _Reader(zone_of)
            step = reader.step(name, given[name])
            if step is not None and not reader.problems:
                steps.append(step)
            problems[name] = reader.problems
    return steps, {name: found for name, found in problems.items() if found}


class _Reader:
    """Reads one step, and collects everything that is wrong with it."""

    def __init__(self, zone_of: ZoneOf) -> None:
        self.zone_of = zone_of
        self.problems: list[str] = []
        self.in_utc: list[str] = []

    def step(self, name: str, given: Any) -> Step | None:
        where = f"runbook_oncall.{name}"
        if not isinstance(given, Mapping):
            self.problems.append(f"{where} is a dictionary with layers, ical or shifts")
            return None
        self.problems += _unknown(where, given, (*KINDS, *_FEED))
        kinds = [kind for kind in KINDS if given.get(kind)]
        if len(kinds) != 1:
            self.problems.append(f"{where} has one of layers, ical and shifts, not {len(kinds)}")
            return None
        options = {option: given[option] for option in _FEED if given.get(option)}
        if "zone" in options:
            self._read(f"{where}.zone", lambda: self.zone_of(str(options["zone"])))
        if kinds == ["layers"]:
            layers = given["layers"]
            if not isinstance(layers, Sequence) or isinstance(layers, str):
                self.problems.append(f"{where}.layers is a list")
                return None
            zone = str(options.get("zone") or "")
            made = [self._layer(f"{where}.layers[{number}]", each, zone) for number, each in enumerate(layers)]
            known = tuple(layer for layer in made if layer is not None)
            return Step(name, "layers", known, in_utc=tuple(self.in_utc))
        if not isinstance(options.get("headers", {}), Mapping):
            self.problems.append(f"{where}.headers is a dictionary")
        source = self._read(f"{where}.{kinds[0]}", lambda: _source(given[kinds[0]]))
        return Step(name, kinds[0], source=source or "", options=options)

    def _read(self, where: str, read: Callable[[], _Value]) -> _Value | None:
        """What is read; None, with the problem noted, where it is not as it must be."""
        try:
            return read()
        except InputError as error:
            self.problems.append(f"{where}: {str(error).replace(_NOTHING, '').strip().rstrip('.')}")
        except (ValueError, TypeError) as error:
            self.problems.append(f"{where}: {error}. {_USE}")
        return None

    def _layer(self, where: str, given: Any, zone_of_step: str) -> Layer | None:
        if not isinstance(given, Mapping):
            self.problems.append(f"{where} is a dictionary")
            return None
        self.problems += _unknown(where, given, _LAYER)
        people = given.get("people") or ()
        if isinstance(people, str) or not isinstance(people, Sequence):
            self.problems.append(f"{where}.people is a list of names")
            people = ()
        zone_name = str(given.get("zone") or zone_of_step)
        if not zone_name:
            self.in_utc.append(where)
        zone = self._read(f"{where}.zone", lambda: self.zone_of(zone_name or "UTC"))
        starts = self._read(f"{where}.starts", lambda: _date(given.get("starts")))
        hand_over = self._read(f"{where}.hand_over", lambda: time_of_day(given.get("hand_over"), "09:00"))
        turn = self._read(f"{where}.turn", lambda: _turn(given.get("turn", 7)))
        hours = [self._hours(f"{where}.hours", each) for each in self._list(f"{where}.hours", given.get("hours"))]
        overrides = [
            self._override(f"{where}.overrides", each)
            for each in self._list(f"{where}.overrides", given.get("overrides"))
        ]
        if zone is None or starts is None or hand_over is None or turn is None:
            return None
        for each in overrides:  # as moments, since one of the two may have an offset
            if each is not None and moment_in(zone, each.end) <= moment_in(zone, each.start):
                begins, ends = each.start.isoformat(" ", "minutes"), each.end.isoformat(" ", "minutes")
                self.problems.append(f"{where}.overrides: until {ends} is not after from {begins}")
        return Layer(
            name=str(given.get("name") or where.rpartition(".")[2]), zone=zone, starts=starts,
            people=tuple(map(as_name, people)), hand_over=hand_over, turn=turn,
            hours=tuple(each for each in hours if each is not None),
            overrides=tuple(each for each in overrides if each is not None),
        )  # fmt: skip

    def _list(self, where: str, given: Any) -> Sequence[Any]:
        if given is None or (isinstance(given, Sequence) and not isinstance(given, str)):
            return given or ()
        self.problems.append(f"{where} is a list of dictionaries")
        return ()

    def _hours(self, where: str, given: Any) -> Hours | None:
        if not isinstance(given, Mapping):
            self.problems.append(f"{where} is a list of dictionaries with days, from and until")
            return None
        self.problems += _unknown(where, given, _HOURS)
        days = self._read(f"{where}.days", lambda: weekdays(given.get("days") or DAYS))
        begins = self._read(f"{where}.from", lambda: time_of_day(given.get("from"), "00:00"))
        ends = self._read(f"{where}.until", lambda: time_of_day(given.get("until"), "00:00"))
        return None if days is None or begins is None or ends is None else Hours(days, begins, ends)

    def _override(self, where: str, given: Any) -> Override | None:
        if not isinstance(given, Mapping):
            self.problems.append(f"{where} is a list of dictionaries with from, until and person")
            return None
        self.problems += _unknown(where, given, _OVERRIDE)
        if not given.get("person"):
            self.problems.append(f"{where} needs person")
        begins = self._read(f"{where}.from", lambda: _moment(given.get("from")))
        ends = self._read(f"{where}.until", lambda: _moment(given.get("until")))
        if begins is None or ends is None:
            return None
        return Override(begins, ends, as_name(given.get("person") or ""))


def _source(given: Any) -> str:
    """The path or address of a feed; ``webcal:`` is https."""
    source = str(given).strip()
    if source.lower().startswith("webcal://"):
        source = f"https{source[6:]}"
    if is_address(source) and not base_url_of(source)[0]:
        raise InputError("it is a file or an address such as https://calendar.example.org/team.ics")
    return source


def is_address(source: str) -> bool:
    return "://" in source.partition("?")[0]


def has_feeds(given: Any) -> bool:
    """Whether a step of ``runbook_oncall`` is read from elsewhere, which takes its time."""
    steps = given.values() if isinstance(given, Mapping) else ()
    return any(isinstance(step, Mapping) and (step.get("ical") or step.get("shifts")) for step in steps)


def shown(source: str) -> str:
    """How a feed is called in messages: the path of a file; of an address the host alone, since its path is often a
    secret, as that of a private calendar."""
    return base_url_of(source)[0] or source


def secrets_in(given: Any) -> Iterator[str]:
    """The values of ``runbook_oncall`` that are never shown: addresses with what stands behind their host, and the
    values of headers."""
    for step in given.values() if isinstance(given, Mapping) else ():
        if not isinstance(step, Mapping):
            continue
        for source in (str(step.get(kind) or "").strip() for kind in ("ical", "shifts")):
            if is_address(source):
                yield source
                yield "/" + source.partition("://")[2].partition("/")[2]
        headers = step.get("headers")
        if isinstance(headers, Mapping):
            yield from (str(value) for title, value in headers.items() if str(title).lower() not in _PLAIN_HEADERS)


def _date(value: Any) -> date:
    """YAML makes a date of some forms, and a text of others."""
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date) else date.fromisoformat(str(value))


def _moment(value: Any) -> datetime:
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime.combine(value, time())
    text = str(value).strip()
    return datetime.fromisoformat(f"{text[:-1]}+00:00" if text[-1:] in ("Z", "z") else text)


def _turn(value: Any) -> int:
    turn = 7 if value is None else int(value)
    if isinstance(value, bool) or (isinstance(value, float) and value != turn):
        raise ValueError(f"turn is {value!r}, no number of days")
    if not 1 <= turn <= _LONGEST:
        raise ValueError(f"turn is {turn} days")
    return turn


def _unknown(where: str, given: Mapping[str, Any], known: Sequence[str]) -> Iterator[str]:
    for name in given:
        if name not in known:
            close = difflib.get_close_matches(str(name), known, 1)
            hint = f"; did you mean {close[0]}?" if close else f". It has: {', '.join(known)}"
            yield f"{where} has no field {str(name)!r}{hint}"


def without_zone(step: Step, people: Sequence[Person]) -> list[str]:
    """Which layers have their times in UTC since no zone is written, a sentence each, with the zone that their people
    have."""
    zones = sorted({person.zone for person in people if person.zone and person.name in names_in([step])})
    hint = f", such as {zones[0]}, which its people have" if len(zones) == 1 else ", such as Europe/Berlin, or UTC"
    return [f"{step.name}: {where} has no zone, so its times are in UTC: set zone{hint}" for where in step.in_utc]


def names_in(steps: Sequence[Step]) -> set[str]:
    """The people that own rotations name."""
    layers = [layer for step in steps for layer in step.layers]
    return {name for layer in layers for name in (*layer.people, *(each.person for each in layer.overrides))}
