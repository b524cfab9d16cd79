# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The people of a site, from its inventory (``runbook_people``). Pure.

A misspelt field, an unknown zone or a person who cannot be reached is found before an incident, by name.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Callable, Mapping, Sequence

FIELDS = ("name", "slack", "mail", "phone", "awx_user", "login", "zone")
_WAYS = ("slack", "mail", "phone")
_SEVERAL = ("login", "awx_user")  # fields that may hold several, separated by commas
_SLACK_ID = re.compile(r"[UW][A-Z0-9]+")  # a name or a mail is none
_MAIL = re.compile(r"[^\s@,]+@[^\s@,]+")
_NAMING = (("name", "mail"), (*_SEVERAL, "slack"))  # fields by which a text names a person, the first ones first
PAGED_BY = ("slack", "mail")  # ways by which pages go, each by the channel of the site that has its name


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
    """The people, and what is wrong with them, a sentence each. Left out is who has no name of their own or cannot be
    reached; another wrong field costs no page."""
    if not isinstance(given, Sequence) or isinstance(given, str):
        return [], ["runbook_people is a list of people, each with name, and slack, mail or phone"]
    people: dict[str, Person] = {}
    problems: list[str] = []
    for number, each in enumerate(given, 1):
        if not isinstance(each, dict) or not each.get("name"):
            problems.append(f"the person {number} of runbook_people has no name{_misspelt(each)}")
            continue
        person = _person(each)
        name, zone = person.name, person.zone
        problems += _problems(name, each)
        if person.slack and not _SLACK_ID.fullmatch(person.slack):  # Slack knows no such user, and the page is lost
            problems.append(f"slack of {name} is {person.slack!r}, no id of a member such as U0123ABCD")
            person = replace(person, slack="")
        if not any(getattr(person, way) for way in _WAYS):
            problems.append(f"{name} cannot be reached: give slack, mail or phone")
        if zone and not is_zone(zone):
            problems.append(f"the zone {zone!r} of {name} is no time zone such as Europe/Berlin")
            person = replace(person, zone="")
        if name.casefold() in people:
            problems.append(f"there are two people of the name {name}")
        elif any(getattr(person, way) for way in _WAYS):
            people[name.casefold()] = person
    return list(people.values()), problems


def everyone_of(given: Any) -> list[Person]:
    """All who have a name of their own, also those who cannot be reached: a person who acts is one of them."""
    rows = given if isinstance(given, Sequence) and not isinstance(given, str) else ()
    named = [each for each in rows if isinstance(each, Mapping) and each.get("name")]
    people = {person.name.casefold(): person for person in map(_person, reversed(named))}
    return list(reversed(people.values()))


def _person(given: Mapping[str, Any]) -> Person:
    return Person(**{field: as_name(given.get(field) or "") for field in FIELDS})


def as_name(text: Any) -> str:
    """A name in one form: programs write a letter with an accent as one character or as two.

    >>> as_name(" Jose\u0301  Diaz ") == "Jos\u00e9 Diaz"
    True
    """
    return " ".join(unicodedata.normalize("NFC", str(text)).split())


def _misspelt(given: Any) -> str:
    """The fields of what should be a person that are none, with what was meant; empty where there is none."""
    unknown = [field for field in given if field not in FIELDS] if isinstance(given, dict) else []
    return "".join(f"; {_no_field(field)}" for field in unknown)


def _no_field(field: Any) -> str:
    close = difflib.get_close_matches(str(field), FIELDS, 1)
    hint = f"; did you mean {close[0]}?" if close else f". It has: {', '.join(FIELDS)}"
    return f"no field {str(field)!r}{hint}"


def _problems(name: str, given: Mapping[Any, Any]) -> list[str]:
    """What is wrong with the fields of a person."""
    found = []
    for field, value in given.items():
        if field not in FIELDS:
            found.append(f"{name} has {_no_field(field)}")
        elif value is not None and not isinstance(value, str):
            found.append(f"{field} of {name} is {value!r} and no text; put it between quotes")
    mail = str(given.get("mail") or "").strip()
    if mail and not all(_MAIL.fullmatch(each.strip()) for each in mail.split(",")):
        found.append(f"mail of {name} is {mail!r}, no address such as ada@example.org")
    return found


def person_of(people: Sequence[Person], login: str) -> str:
    """The name of the one person that a login of AWX or of the controller belongs to; empty where that is none, or not
    one. ``awx_user`` and ``login`` may be several, separated by commas."""
    wanted = as_name(login).casefold()
    names = {person.name for person in people if wanted and wanted in _logins(person)}
    return names.pop() if len(names) == 1 else ""


def _logins(person: Person) -> set[str]:
    return {each.casefold() for each in _values(person, (*_SEVERAL, "name", "mail"))}


def nearest_name(people: Sequence[Person], text: str) -> str:
    """The name that a misspelt name, mail or login most likely means; empty where none is near."""
    names = {word: person.name for person in people for word in (person.name.casefold(), *_logins(person))}
    close = difflib.get_close_matches(as_name(text).casefold(), names, 1)
    return names[close[0]] if close else ""


def names_by_word(people: Sequence[Person]) -> dict[str, str]:
    """The name of the one person that each word means: a name, mail, login or id, in small letters. What two people
    have means none, unless it is the name or the mail of one of them alone."""
    found: dict[str, str] = {}
    for fields in reversed(_NAMING):
        owners: dict[str, set[str]] = {}
        for person in people:
            for value in _values(person, fields):
                owners.setdefault(value.casefold(), set()).add(person.name)
        for word, names in owners.items():
            found[word] = next(iter(names)) if len(names) == 1 else ""
    return {word: name for word, name in found.items() if name}


def named_by(people: Sequence[Person], text: str) -> str:
    """The name of the one person that a calendar or a schedule means: the text is a name, mail, login or id, or has it
    as whole words (`Ada Lovelace on call`); else the text itself."""
    wanted = as_name(text)
    for fields in _NAMING:
        for person in people:
            if wanted.casefold() in {value.casefold() for value in _values(person, fields)}:
                return person.name
    named = named_in(people, wanted)
    return named[0].name if len(named) == 1 else wanted


def named_in(people: Sequence[Person], text: str) -> list[Person]:
    """The people that a text names: by name or mail, and only where it has none of these by login, AWX user or id. Of
    names within each other the longest counts (Ann Lee, not Ann)."""
    text = as_name(text)
    for fields in _NAMING:
        spans = [
            (match.start(), match.end(), person)
            for person in people
            for value in _values(person, fields)
            for match in _whole(value).finditer(text)
        ]
        widest = [
            span
            for span in spans
            if not any(other[0] <= span[0] and span[1] <= other[1] and other[:2] != span[:2] for other in spans)
        ]
        if widest:
            return list({span[2].name: span[2] for span in sorted(widest, key=lambda span: span[:2])}.values())
    return []


def _values(person: Person, fields: Sequence[str]) -> list[str]:
    """What a person is called in these fields; logins may be several."""
    found: list[str] = []
    for field in fields:
        value = getattr(person, field)
        found += re.split(r"[\s,]+", value) if field in _SEVERAL else [value]
    return [value for value in found if value]


@lru_cache(maxsize=1024)
def _whole(words: str) -> re.Pattern[str]:
    """The words where they stand alone, and are no part of a longer word, name or address."""
    inside = r"\s+".join(re.escape(word) for word in words.split())
    return re.compile(rf"(?<![\w@+-])(?<!\w\.){inside}(?![\w@+-])(?!\.\w)", re.I)
