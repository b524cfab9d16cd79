# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Writing to the incident log, for the module (on the log's host) and for its action plugin (on the controller)."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from typing import Any, Callable, Dict, List, Mapping, Sequence

from .._core.errors import InputError
from .event import Event, EventReport
from .io.joining import existing_incident, joined_at_write, open_incident, survey_of, without_log
from .io.log import NOTHING, append
from .io.share import Share
from .kinds import KINDS, SEVERITIES, why_refused
from .note import note_event, without_secrets
from .scope import OpenReport, Scope, id_given, targets_of
from .severity import ABOUT_SEVERITY, opened_with, raised, severity_given
from .stamps import moment_of

OPENED = "opened"
UNNAMED = "incident"  # the scenario of a run that has none
_SAME_CLOCK = timedelta(seconds=2)
_Decide = Callable[[Sequence[EventReport]], List[Dict[str, Any]]]

RECORD_ARGS: dict[str, Any] = {
    "log": {"type": "path", "required": True},
    "id": {"type": "str", "required": True},
    "events": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {
            "kind": {"type": "str", "required": True, "choices": list(KINDS)},
            "note": {"type": "dict", "default": {}},
        },
    },
    "evidence": {"type": "dict"},
    "by": {"type": "str", "default": "unknown"},
    "host": {"type": "str", "default": ""},
    "opening": {"type": "dict", "default": {}},
    "at": {"type": "str", "default": ""},
    "group": {"type": "str", "default": ""},
    "create": {"type": "bool", "default": True},
    "join_hosts": {"type": "list", "elements": "str", "default": []},
    "join_within": {"type": "float", "default": 0},
}


OPEN_ARGS: dict[str, Any] = {
    "log": {"type": "path", "required": True},
    "id": {"type": "str", "default": ""},
    "scenario": {"type": "str", "default": UNNAMED},
    "hosts": {"type": "list", "elements": "str", "default": []},
    "join_within": {"type": "float", "default": 14400},
    "site": {"type": "str", "default": ""},
    "workflow": {"type": "int", "default": 0},
    "alert": {"type": "str", "default": ""},
    "severity": {"type": "str", "default": ""},
}
NOTE_ARGS: dict[str, Any] = {
    "log": {"type": "path", "required": True},
    "id": {"type": "str", "default": ""},
    "text": {"type": "str", "required": True},
    "done_at": {"type": "str", "default": ""},
    "by": {"type": "str", "default": "unknown"},
    "host": {"type": "str", "default": ""},
    "hosts": {"type": "list", "elements": "str", "default": []},
    "join_within": {"type": "float", "default": 14400},
    "site": {"type": "str", "default": ""},
    "at": {"type": "str", "default": ""},
    "group": {"type": "str", "default": ""},
}


def record(
    given: dict[str, Any], check_mode: bool, decide: _Decide | None = None, now: datetime | None = None
) -> dict[str, Any]:
    """Append the events; in check mode nothing is written, since a dry run is no part of an incident. ``given``: values
    of RECORD_ARGS; what is left out has its default. ``decide``: makes the events from those that the log has when no
    one else can write, and may refuse. ``now``: by the clock of the log's host; without it, it is read."""
    params = {**{name: option.get("default") for name, option in RECORD_ARGS.items()}, **given}
    params["events"] = [{**each, "note": _with_dates_as_text(each["note"])} for each in params["events"]]
    given_opening = _opening_note(params["opening"])
    opening = {"id": params["id"], **opened_with(given_opening)}
    # Also where the incident exists: what is misspelt would be found out on the day that it does not.
    _require_known([{"kind": OPENED, "note": opening}, *params["events"]])
    if check_mode:
        return {"changed": False, **NOTHING}
    scenario = str(given_opening.get("scenario") or "")
    opening, params["events"] = without_secrets(OPENED, opening), _typed(_of_run(params["events"], scenario))
    now = now or datetime.now(timezone.utc)
    at = _writers_clock(params["at"]) or now
    logged = now if abs(now - at) > _SAME_CLOCK else None

    def event(kind: str, note: dict[str, Any]) -> Event:
        return Event(kind, at, params["by"], params["host"], note, logged)

    def events_for(present: Sequence[EventReport]) -> list[Event]:
        new = _typed(decide(present)) if decide else params["events"]
        _require_known(new)
        return made([*raised(present, given_opening), *new])

    def made(events: Sequence[Mapping[str, Any]]) -> list[Event]:
        return [event(each["kind"], each["note"]) for each in events]

    targets = frozenset(target for each in params["events"] for target in targets_of(each["note"]))
    site = opening.get("site", "")
    scope, within = Scope(frozenset(params["join_hosts"]), targets), params["join_within"]
    survey = survey_of(str(opening.get("scenario", "")), str(opening.get("alert", "")))
    written = append(
        params["log"],
        params["id"],
        lambda: event(OPENED, opening),
        # A log is read before it is written only where it matters, and of it what matters: it grows with every event.
        events_for if decide or opening.get("severity") in SEVERITIES[:-1] else made(params["events"]),
        params["evidence"],
        Share(params["group"]),
        create=params["create"],
        about=() if decide else ABOUT_SEVERITY,
        joins=(lambda folder: joined_at_write(folder, scope, within, site, survey)) if within > 0 else None,
    )
    return {"changed": bool(written["path"]), **written}


def _of_run(events: Sequence[Mapping[str, Any]], scenario: str) -> list[Mapping[str, Any]]:
    """Events with the scenario of their run, where their kind has it: runs of several join one incident, and a
    verification of one of them says nothing of the fault of another."""
    if scenario in ("", UNNAMED):
        return list(events)
    return [
        {**each, "note": {"scenario": scenario, **each["note"]}}
        if each["kind"] != OPENED and "scenario" in KINDS[each["kind"]].fields
        else each
        for each in events
    ]


def _typed(events: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [{**each, "note": without_secrets(each["kind"], each["note"])} for each in events]


def _with_dates_as_text(note: Mapping[str, Any] | None) -> dict[str, Any]:
    """The fields of a note; a date that YAML made of what was written (due: 2026-12-01) is a text again."""
    is_date = {
        name: isinstance(value, date) and not isinstance(value, datetime) for name, value in (note or {}).items()
    }
    return {name: value.isoformat() if is_date[name] else value for name, value in (note or {}).items()}


def _opening_note(given: Mapping[str, Any] | None) -> dict[str, Any]:
    """The facts of an opening, which are values of the inventory: a number is a text there, and null is none."""
    present = {name: value for name, value in (given or {}).items() if value is not None}
    is_number = {name: isinstance(value, (int, float)) for name, value in present.items()}
    note = {name: str(value) if is_number[name] else value for name, value in present.items()}
    return {**note, "severity": severity_given(note["severity"])} if "severity" in note else note


def _require_known(events: Sequence[Mapping[str, Any]]) -> None:
    refused = [text for each in events for text in [why_refused(each["kind"], each["note"])] if text]
    if refused:
        stop = "" if refused[0].endswith("?") else "."
        raise InputError(f"The event was not kept: {refused[0]}{stop} Nothing was written.")


def note(given: dict[str, Any], check_mode: bool) -> dict[str, Any]:
    """Append a note to the incident that is named, or to the open one that shares hosts. ``given``: values of
    NOTE_ARGS. Raises InputError where there is no such incident, and for what is no note."""
    event = note_event(str(given["text"]), str(given["done_at"]), datetime.now(timezone.utc))
    name = existing_incident(given["log"], given["id"], given["hosts"], given["join_within"], given["site"])
    options = {option: given[option] for option in ("log", "by", "host", "at", "group")}
    return record({**options, "id": name, "events": [event], "create": False}, check_mode)


def opening(given: dict[str, Any]) -> OpenReport:
    """The incident of a run. ``given``: values of OPEN_ARGS. Raises InputError for what is no severity, and no id."""
    checked = opening_checked(given)
    return open_incident(**{name: checked[name] for name in OPEN_ARGS if name != "severity"})


def opening_checked(given: Mapping[str, Any]) -> dict[str, Any]:
    """The values of OPEN_ARGS, with the id as it is meant. Refuse a severity and an id that the log would refuse, when
    the run has not done anything yet."""
    severity_given(given["severity"], "incident_severity", "Nothing was done.")
    return {**given, "id": id_given(given["id"])}


def opening_without_log(given: dict[str, Any], problem: str) -> OpenReport:
    """A new name for a run whose log host did not answer."""
    return without_log(given["id"], given["scenario"], problem)


def _writers_clock(text: str) -> datetime | None:
    try:
        return moment_of(text) if text else None
    except ValueError:
        raise InputError(
            f"at: {text!r} is no time in UTC such as 2026-11-23T14:56:35.123456Z. Nothing was written."
        ) from None
