# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who is asked one after the other, from the inventory (``runbook_oncall``): primary, secondary, escalation. Pure.

Each step is one of: layers of an own rotation, an iCal feed, or rendered shifts of another system as JSON.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from datetime import date, datetime, time, tzinfo
from typing import Any, Callable, Iterator, Mapping, Sequence

from .._core.errors import InputError
from .._core.urls import base_url_of
from .rotation import Hours, Layer, Override

STEPS = ("primary", "secondary", "escalation")
KINDS = ("layers", "ical", "shifts")
_LAYER = ("name", "zone", "starts", "hand_over", "turn", "people", "hours", "overrides")
_HOURS = ("days", "from", "until")
_OVERRIDE = ("from", "until", "person")
_FEED = ("zone", "rows", "start", "end", "person", "match", "headers")
_PLAIN_HEADERS = ("accept", "user-agent")
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_NOTHING = "Nothing was read."


@dataclass(frozen=True)
class Step:
    """``kind``: layers, ical or shifts; ``source``: file or address of a feed; ``options``: how a feed is read."""

    name: str
    kind: str
    layers: tuple[Layer, ...] = ()
    source: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)


def steps_of(given: Mapping[str, Any], zone_of: Callable[[str], tzinfo]) -> list[Step]:
    """The steps in their order. ``zone_of``: raises InputError for a name that is no zone. Raises InputError."""
    _require_known("runbook_oncall", given, STEPS)
    return [_step(name, given[name], zone_of) for name in STEPS if given.get(name)]


def _step(name: str, given: Any, zone_of: Callable[[str], tzinfo]) -> Step:
    where = f"runbook_oncall.{name}"
    if not isinstance(given, Mapping):
        raise InputError(f"{where} is a dictionary with layers, ical or shifts. {_NOTHING}")
    _require_known(where, given, (*KINDS, *_FEED))
    kinds = [kind for kind in KINDS if given.get(kind)]
    if len(kinds) != 1:
        raise InputError(f"{where} has one of layers, ical and shifts, not {len(kinds)}. {_NOTHING}")
    if kinds == ["layers"]:
        layers = given["layers"]
        if not isinstance(layers, Sequence) or isinstance(layers, str):
            raise InputError(f"{where}.layers is a list. {_NOTHING}")
        made = tuple(_layer(f"{where}.layers[{number}]", each, zone_of) for number, each in enumerate(layers))
        return Step(name, "layers", made)
    options = {option: given[option] for option in _FEED if given.get(option)}
    if "zone" in options:
        zone_of(str(options["zone"]))
    if not isinstance(options.get("headers", {}), Mapping):
        raise InputError(f"{where}.headers is a dictionary. {_NOTHING}")
    return Step(name, kinds[0], source=_source(f"{where}.{kinds[0]}", given[kinds[0]]), options=options)


def _source(where: str, given: Any) -> str:
    """The path or address of a feed; ``webcal:`` is https."""
    source = str(given).strip()
    if source.lower().startswith("webcal://"):
        source = f"https{source[6:]}"
    if is_address(source) and not base_url_of(source)[0]:
        raise InputError(f"{where} is a file or an address such as https://calendar.example.org/team.ics. {_NOTHING}")
    return source


def is_address(source: str) -> bool:
    return "://" in source.partition("?")[0]


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


def _layer(where: str, given: Any, zone_of: Callable[[str], tzinfo]) -> Layer:
    if not isinstance(given, Mapping):
        raise InputError(f"{where} is a dictionary. {_NOTHING}")
    _require_known(where, given, _LAYER)
    people = given.get("people") or ()
    if isinstance(people, str) or not isinstance(people, Sequence):
        raise InputError(f"{where}.people is a list of names. {_NOTHING}")
    try:
        turn = int(given.get("turn") or 7)
        if turn < 1:
            raise ValueError(f"turn is {turn} days")
        return Layer(
            name=str(given.get("name") or where.rpartition(".")[2]),
            zone=zone_of(str(given.get("zone") or "UTC")),
            starts=_date(given.get("starts")),
            people=tuple(map(str, people)),
            hand_over=_time(given.get("hand_over") or "09:00"),
            turn=turn,
            hours=tuple(_hours(f"{where}.hours", each) for each in given.get("hours") or ()),
            overrides=tuple(_override(f"{where}.overrides", each) for each in given.get("overrides") or ()),
        )
    except (ValueError, TypeError) as error:
        raise InputError(
            f"{where}: {error}. Use dates such as 2026-11-23, times such as 09:00, and days such as mon. {_NOTHING}"
        ) from None


def _hours(where: str, given: Any) -> Hours:
    if not isinstance(given, Mapping):
        raise InputError(f"{where} is a list of dictionaries with days, from and until. {_NOTHING}")
    _require_known(where, given, _HOURS)
    days = frozenset(_DAYS.index(str(day).lower()[:3]) for day in given.get("days") or _DAYS)
    return Hours(days, _time(given.get("from") or "00:00"), _time(given.get("until") or "00:00"))


def _override(where: str, given: Any) -> Override:
    if not isinstance(given, Mapping):
        raise InputError(f"{where} is a list of dictionaries with from, until and person. {_NOTHING}")
    _require_known(where, given, _OVERRIDE)
    if not given.get("person"):
        raise InputError(f"{where} needs person. {_NOTHING}")
    return Override(_moment(given.get("from")), _moment(given.get("until")), str(given["person"]))


def _date(value: Any) -> date:
    """YAML makes a date of some forms, and a text of others."""
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date) else date.fromisoformat(str(value))


def _time(value: Any) -> time:
    """YAML makes seconds of an unquoted 09:00 (a number in base 60)."""
    if isinstance(value, int) and not isinstance(value, bool):
        return time(value // 60 % 24, value % 60) if value < 1440 else time(value // 3600 % 24, value // 60 % 60)
    return time.fromisoformat(str(value))


def _moment(value: Any) -> datetime:
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime.combine(value, time())
    text = str(value).strip()
    return datetime.fromisoformat(f"{text[:-1]}+00:00" if text[-1:] in ("Z", "z") else text)


def _require_known(where: str, given: Mapping[str, Any], known: Sequence[str]) -> None:
    for name in given:
        if name not in known:
            close = difflib.get_close_matches(str(name), known, 1)
            hint = f"; did you mean {close[0]}?" if close else f". It has: {', '.join(known)}"
            raise InputError(f"{where} has no field {str(name)!r}{hint} {_NOTHING}")


def names_in(steps: Sequence[Step]) -> set[str]:
    """The people that own rotations name."""
    layers = [layer for step in steps for layer in step.layers]
    return {name for layer in layers for name in (*layer.people, *(each.person for each in layer.overrides))}
