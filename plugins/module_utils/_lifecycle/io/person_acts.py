# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Acts of people on an incident: the log is read, the rules are asked, the events are appended. I/O."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Callable, Mapping, Sequence, Tuple

from ..._core.errors import InputError
from ..._incident.event import EventReport
from ..._incident.hash_chain import break_text
from ..._incident.incident_lines import with_head
from ..._incident.io.joining import existing_incident, open_incident
from ..._incident.io.log import missing_incident, read
from ..._incident.io.verify import verify
from ..._incident.note import require_short
from ..._incident.record import record
from ..._incident.scope import NEW
from ..._incident.timeline import words_of
from ..._oncall.people import Person, everyone_of, nearest_name, person_of
from ..acts import ActedReport, NewEvent, Said, events_of
from ..user_report import SCENARIO, action_item, noted, opening_of
from .site_rules import due_rules

_SAID = ("text", "reason", "severity", "role", "item", "audience", "status")
_OTHERS = ("person", "reported_by", "noticed_at")
_KEPT = ("log", "by", "at", "group")
REPORT = "report"
Reached = Callable[[Sequence[EventReport], datetime, timedelta], Tuple[str, ...]]


def act_on_incident(given: dict[str, Any], check_mode: bool, reached: Reached) -> dict[str, Any]:
    """What incident_act returns. ``reached``: the states of the status page that a log allows. Raises InputError where
    there is no such incident, and where the act is refused."""
    texts = {field: str(given[field]).strip() for field in _SAID}
    require_short({**texts, **{field: str(given[field]).strip() for field in _OTHERS}})
    if given["act"] == REPORT:
        return _report(given, check_mode)
    name = existing_incident(given["log"], given["id"], given["hosts"], given["join_within"], given["site"])
    people = everyone_of(given["people"])
    outside, hours, problems = due_rules(given["hours"], given["public_every"], given["public_scenarios"])
    first_break = verify(given["log"], name, ())["incidents"][name]["first_break"] if given["act"] == "close" else None
    said = Said(
        person_of(people, given["by"]) or given["by"],
        person=_person(people, str(given["person"]).strip(), bool(texts["reason"])),
        alerts=tuple(given["alerts"]),
        outside=outside,
        hours=hours,
        soak=timedelta(seconds=given["soak"]),
        broken=break_text(first_break) if first_break else "",
        reached=(),  # of the log as it is when no one else can write
        **texts,
    )
    new: list[dict[str, Any]] = []

    def decide(events: Sequence[EventReport]) -> list[dict[str, Any]]:
        now = datetime.now(timezone.utc)
        # Asked for where it counts: no other act is to fail for a line that no reader of the page can make out.
        states = reached(events, now, said.soak) if said.status else ()
        new[:] = events_of(given["act"], replace(said, reached=states), events, now)
        return new

    if check_mode:
        decide(read(given["log"], name)[0])
        return _acted(name, said.by, new, None, problems)
    # Asked while no one else can write: of two people who take one role at once the second one is refused.
    options = {option: given[option] for option in _KEPT}
    written = record({**options, "id": name, "events": [], "create": False}, check_mode, decide)
    return _acted(name, said.by, new, written, problems)


def _acted(
    name: str,
    by: str,
    new: Sequence[dict[str, Any]],
    written: Mapping[str, Any] | None,
    problems: Sequence[str] = (),
) -> dict[str, Any]:
    """``written``: what the log answered; None in check mode, where nothing was written; ``problems``: of the site's
    rules."""
    head = with_head(written["head"]) if written else "; nothing was written in check mode"
    lines = [f"incident {name}{head}"]
    events: list[NewEvent] = [{"kind": event["kind"], "note": event["note"]} for event in new]
    bare: EventReport = {"seq": 0, "at": "", "kind": "", "by": by, "host": "", "note": {}, "logged": ""}
    lines += [f"{words_of({**bare, **event})} (by {by})" for event in events]
    lines += problems
    report: ActedReport = {
        "id": name, "events": events, "lines": lines, "path": written["path"] if written else "",
        "head": written["head"] if written else {"seq": 0, "hash": ""},
    }  # fmt: skip
    return {"changed": bool(written and written["changed"]), **report}


def _person(people: Sequence[Person], text: str, has_reason: bool) -> str:
    """The name of the person who is meant by a name, mail, login or user of AWX. Raises InputError for one who is not
    in the inventory, unless there is a reason: a misspelt name would hold a role and hear of nothing."""
    name = person_of(people, text)
    if name or not text or not people or has_reason:
        return name or text
    near = nearest_name(people, text)
    hint = f"; did you mean {near}?" if near else f". It has: {', '.join(person.name for person in people)}."
    raise InputError(
        f"person: {text!r} is no one person of runbook_people{hint} Name one of them, or give a reason. Nothing was"
        " written."
    )


def _report(given: dict[str, Any], check_mode: bool) -> dict[str, Any]:
    """What users reported opens an incident, or is added to the open one of these hosts."""
    now = datetime.now(timezone.utc)
    report = opening_of(
        given["text"].strip(), given["reported_by"].strip(), given["noticed_at"].strip(), given["severity"],
        given["hosts"], given["site"], now, where=given["where"].strip(),
    )  # fmt: skip
    found = open_incident(given["log"], given["id"], SCENARIO, given["hosts"], given["join_within"], given["site"])
    if given["id"] not in ("", NEW) and not found["joined"]:
        raise missing_incident(Path(given["log"]).expanduser(), given["id"])
    new = [noted(report)] if found["joined"] else [action_item(report)]
    if check_mode:
        return _acted(found["id"], given["by"], new, None)
    options = {option: given[option] for option in _KEPT}
    # Two reports of one moment are one incident: the second one joins it when it is written.
    joins = {"join_hosts": given["hosts"], "join_within": found["join_within"]}

    def decide(events: Sequence[EventReport]) -> list[dict[str, Any]]:
        new[:] = [noted(report)] if events else [action_item(report)]
        return new

    written = record({**options, **joins, "id": found["id"], "events": [], "opening": report}, check_mode, decide)
    return _acted(written["id"] or found["id"], given["by"], new, written)
