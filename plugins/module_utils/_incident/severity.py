# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The severity of an incident, from its events. Pure.

Facts raise it: the opening, a triage, a run that joins. A person sets it, up or down, with a reason. So what one run
measures never lowers what another one has found. What a person has lowered, only a fact raises that was not known then,
or was known to be less severe: the same fact, measured again, would take the decision back every few minutes.
"""

from __future__ import annotations

import re
from typing import Any, Collection, Iterable, Mapping, Sequence

from .._core.errors import InputError
from .._core.text import printable, shortened, some
from .event import EventReport

UNKNOWN = "unknown"
# One of these is in the line of each event from which the severity follows.
ABOUT_SEVERITY = (b'"opened"', b'"severity"', b'"triage"', b'"signs"', b'"facts"')
_ORDER = ("P0", "P1", "P2", "P3")
_MOST = 5  # facts that an event names
_WIDE = 160  # characters
_WORD = 40
_NUMBER = re.compile(r"\d[\d.,:]*")


def severity_given(text: Any, name: str = "severity", nothing: str = "Nothing was written.") -> str:
    """P0 to P3 or unknown, of what was typed; empty is unknown. Raises InputError for what is none: kept as it is, it
    would page no person and have no deadline."""
    word = str(text).strip()
    known = word.upper() if word.upper() in _ORDER else word.lower() or UNKNOWN
    if known not in (*_ORDER, UNKNOWN):
        shown = shortened(printable(word), _WORD)
        raise InputError(f"{name}: {shown!r} is no severity; use one of {', '.join(_ORDER)}, or {UNKNOWN}. {nothing}")
    return known


def is_worse(severity: str, than: str) -> bool:
    """Whether a known severity is worse than another one; any is worse than unknown."""
    return severity in _ORDER and (than not in _ORDER or _ORDER.index(severity) < _ORDER.index(than))


def severity_changes(events: Sequence[EventReport]) -> list[tuple[str, EventReport]]:
    """Each severity that the incident had, with the event that it comes from."""
    changes: list[tuple[str, EventReport]] = []
    for number, event in enumerate(events):
        present = changes[-1][0] if changes else UNKNOWN
        note = event["note"]
        said = str(note.get("triage" if event["kind"] == "noted" else "severity") or "")
        if event["kind"] == "noted" and note.get("signs") and is_worse(said, present):
            said = worst_of(_new(events[:number], note["signs"]))
        is_set = event["kind"] == "severity" and not note.get("facts")
        if event["kind"] in ("opened", "noted", "severity") and (
            is_worse(said, present) or (is_set and said in _ORDER)
        ):
            changes.append((said, event))
    return changes


def severity_event(events: Sequence[EventReport]) -> tuple[str, EventReport | None]:
    """The severity, and the event that it comes from; unknown and None where there is none."""
    changes = severity_changes(events)
    return changes[-1] if changes else (UNKNOWN, None)


def facts_by(severity: str, event: EventReport | None) -> str:
    """The facts by which an event has set the severity, in one line; empty where it names none."""
    note: Mapping[str, Any] = event["note"] if event else {}
    signs, facts = note.get("signs"), note.get("facts")
    found = _texts(signs, severity) if isinstance(signs, list) else []
    found += [str(fact) for fact in facts] if isinstance(facts, list) else []
    return shortened(printable(some(found, 2)), _WIDE) if found else ""


def assessed_by(severity: str, event: EventReport) -> str:
    """What an event that set the severity rests on: its facts, else the person, with the reason where there is one."""
    reason = str(event["note"].get("reason") or "")
    person = f"{event['by']}: {reason}" if reason else event["by"]
    return facts_by(severity, event) or shortened(printable(person), _WIDE)


def severity_since(events: Sequence[EventReport], severities: Collection[str]) -> EventReport | None:
    """The event since which the severity is one of these without a break; None where it is none of them now."""
    since = None
    for severity, event in severity_changes(events):
        since = (since or event) if severity in severities else None
    return since


def at_least(severity: str) -> tuple[str, ...]:
    """This severity and all that are worse; none for one that is not known."""
    return _ORDER[: _ORDER.index(severity) + 1] if severity in _ORDER else ()


def severity_of(events: Sequence[EventReport]) -> str:
    return severity_event(events)[0]


def worst_of(signs: Iterable[Any]) -> str:
    """The most severe of signs, each with ``severity`` and ``text``; unknown for none, or where none is known."""
    found = UNKNOWN
    for sign in signs:
        severity = str(sign.get("severity")) if isinstance(sign, Mapping) else UNKNOWN
        found = severity if is_worse(severity, found) else found
    return found


def opened_with(opening: Mapping[str, Any]) -> dict[str, Any]:
    """The note of the event that opens an incident, with the severity of what the run was given or has found,
    whichever is worse, and the facts by which it is. ``opening``: the note, and ``signs``, each with ``severity`` and
    ``text``."""
    note = {name: value for name, value in opening.items() if name != "signs" and (name != "alert" or value)}
    signs = opening.get("signs") or ()
    severity = worst_of(signs)
    if _rests_on(severity, str(note.get("severity") or UNKNOWN)):
        return {**note, "severity": severity, "facts": _texts(signs, severity)}
    said = _texts(signs, UNKNOWN) if str(note.get("severity") or UNKNOWN) == UNKNOWN else []
    return {**note, "facts": said} if said else note  # the word of an alert that is no severity is not lost


def raised(events: Sequence[EventReport], opening: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The event by which a run that joins raises the severity, as a list; empty where it brings no worse one.

    ``events``: those of the incident, empty for a new one; ``opening``: what the run would open an incident with, and
    the ``signs`` that it has found.
    """
    if not events:
        return []
    signs, present = _new(events, opening.get("signs") or ()), severity_of(events)
    run = f"a run of {opening.get('scenario') or 'a playbook'} on {', '.join(map(str, opening.get('hosts') or ()))}"
    severity, reason, facts = str(opening.get("severity") or UNKNOWN), "a run that joined has it", [run]
    if _rests_on(worst_of(signs), severity):
        severity, reason = worst_of(signs), f"by the facts of {run}"
        facts = _texts(signs, severity)
    if not is_worse(severity, present):
        return []
    return [{"kind": "severity", "note": {"severity": severity, "reason": reason, "before": present, "facts": facts}}]


def _rests_on(severity: str, given: str) -> bool:
    """Whether facts of a severity are what an incident has it from, though one was given to the run."""
    return severity in _ORDER and not is_worse(given, severity)


def _texts(signs: Iterable[Any], severity: str) -> list[str]:
    rows = [sign for sign in signs if isinstance(sign, Mapping)]
    found = [str(sign.get("text", "")) for sign in rows if sign.get("severity") == severity]
    return [*found[:_MOST], *([f"{len(found) - _MOST} more"] if found[_MOST:] else [])]


def _new(events: Sequence[EventReport], signs: Iterable[Any]) -> list[Mapping[str, Any]]:
    """The signs without those that were known when a person has lowered the severity for the last time. The same one
    with other numbers is known, unless it is more severe by them than it was."""
    found = [sign for sign in signs if isinstance(sign, Mapping)]
    lowered = [
        number
        for number, event in enumerate(events)
        if event["kind"] == "severity"
        and not event["note"].get("facts")
        and is_worse(str(event["note"].get("before")), str(event["note"].get("severity")))
    ]
    if not found or not lowered:
        return found
    known: dict[str, str] = {}  # the worst severity of each kind of fact
    for severity, text in (fact for event in events[: lowered[-1]] for fact in _facts_of(event["note"])):
        kind = _kind_of(text)
        known[kind] = severity if is_worse(severity, known.get(kind, UNKNOWN)) else known.get(kind, UNKNOWN)
    return [sign for sign in found if _is_news(sign, known)]


def _is_news(sign: Mapping[str, Any], known: Mapping[str, str]) -> bool:
    before = known.get(_kind_of(str(sign.get("text", ""))))
    return before is None or is_worse(str(sign.get("severity")), before)


def _facts_of(note: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Severity and text of each fact that an event names."""
    signs, facts = note.get("signs"), note.get("facts")
    rows = [sign for sign in signs if isinstance(sign, Mapping)] if isinstance(signs, list) else []
    found = [(str(sign.get("severity")), str(sign.get("text"))) for sign in rows]
    return found + [(str(note.get("severity")), str(text)) for text in (facts if isinstance(facts, list) else ())]


def _kind_of(text: str) -> str:
    return _NUMBER.sub("#", text)
