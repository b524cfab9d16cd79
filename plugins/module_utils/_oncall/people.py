# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The people of a site, from its inventory (``runbook_people``). Pure.

A misspelt field, an unknown zone or a person who cannot be reached is found before an incident, by name.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import Any, Callable, Sequence

FIELDS = ("name", "slack", "mail", "phone", "awx_user", "login", "zone")
_WAYS = ("slack", "mail", "phone")


@dataclass(frozen=True)
class Person:
    """``name``: by which rotations and events call the person; ``zone``: IANA name, empty for that of the site."""

    name: str
    slack: str = ""
    mail: str = ""
    phone: str = ""
    awx_user: str = ""
    login: str = ""
    zone: str = ""


def people_of(given: Any, is_zone: Callable[[str], bool]) -> tuple[list[Person], list[str]]:
    """The people, and what is wrong with those that are left out, a sentence each."""
    if not isinstance(given, Sequence) or isinstance(given, str):
        return [], ["runbook_people is a list of people, each with name, and slack, mail or phone"]
    people: list[Person] = []
    problems: list[str] = []
    for number, each in enumerate(given, 1):
        found = _problems(each, number, {person.name for person in people}, is_zone)
        problems += found
        if not found:
            people.append(Person(**{field: str(each.get(field) or "") for field in FIELDS}))
    return people, problems


def _problems(each: Any, number: int, known: set[str], is_zone: Callable[[str], bool]) -> list[str]:
    if not isinstance(each, dict) or not each.get("name"):
        return [f"the person {number} of runbook_people has no name"]
    name = str(each["name"])
    found = []
    for field in each:
        if field not in FIELDS:
            close = difflib.get_close_matches(str(field), FIELDS, 1)
            hint = f"; did you mean {close[0]}?" if close else f". It has: {', '.join(FIELDS)}"
            found.append(f"{name} has no field {field!r}{hint}")
    if name in known:
        found.append(f"there are two people of the name {name}")
    if not any(each.get(way) for way in _WAYS):
        found.append(f"{name} cannot be reached: give slack, mail or phone")
    zone = str(each.get("zone") or "")
    if zone and not is_zone(zone):
        found.append(f"the zone {zone!r} of {name} is no time zone such as Europe/Berlin")
    return found


def named_by(people: Sequence[Person], text: str) -> str:
    """The name of the person that a calendar or a schedule means: by name, mail, login or id; else the text itself."""
    wanted = text.strip()
    folded = wanted.lower()
    for person in people:
        if folded in {value.lower() for value in (person.name, person.mail, person.login, person.slack) if value}:
            return person.name
    return wanted
