# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Takes messages from the outbox of an incident, on the log's host. I/O; which ones is `outbox.claim`'s."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Callable, Mapping, NamedTuple, Sequence

from ..._core.errors import InputError, RunbookError
from ..._core.text import counted
from ..._incident.event import EventReport
from ..._incident.io.log import NOTHING, ids, read
from ..._incident.phase import ENDED, acknowledgements, phase_of
from ..._incident.record import record
from ..._incident.severity import severity_of
from ..._lifecycle.deadlines import SEVERITIES, OutsideUpdates, outside_updates
from ..._lifecycle.rota_roles import assignments, steps_of_roles
from ..._oncall.escalation import escalation_of
from ..._oncall.steps import STEPS
from ..delivery import KEPT, may_wait
from ..follow_up import COURSE
from ..incident_facts import IncidentFacts
from ..outbox import MOST_TAKEN, Claim, Entry, claim, entries_of, is_waiting, lines_of_outbox
from ..page_states import OPERATIONAL
from ..pages.first_post import said_to_none, waiting_for_a_person
from ..pages.page_components import behind_facts, components_on_page, components_shown, worst_of
from ..pages.page_keys import PageLog
from ..pages.page_messages import components_now
from ..paging import Answerer, answerer_of, not_paged, within
from ..report import EndedOnPage, OutboxOfIncident, OutboxReport, TakenMessage
from ..settings import PAGE
from ..silences import Silencing, scenario_of, silencing_of
from ..wanted import wanted

Clock = Callable[[], datetime]
_RECENT = COURSE  # after which an incident that has ended and has nothing to say is not read again
_AT_ONCE = 20  # incidents whose messages are taken in one go, so that all of them are sent within the lease
_ACTION_ITEM = b'"action_item"'
# What a line that was written by hand may lead to: its incident is named, and the others may page a person.
_UNREADABLE = (RunbookError, TypeError, ValueError, KeyError, AttributeError, IndexError, OverflowError)


def utc_now() -> datetime:
    return datetime.now(timezone.utc)


def take_messages(given: Mapping[str, Any], check_mode: bool, clock: Clock = utc_now) -> OutboxReport:
    """What incident_outbox returns; see its documentation. ``clock``: the present time in UTC."""
    report: OutboxReport = {"incidents": [], "ended_on_page": {}, "lines": []}
    logs: list[tuple[str, list[EventReport]]] = []
    for name in given["ids"] or _candidates(given["log"], given["settings"], report["ended_on_page"]):
        try:
            logs.append((name, read(given["log"], name)[0]))
        except _UNREADABLE as error:
            report["lines"].append(_not_read(name, error))
    page = _Page(given, logs)
    rules, problems = _rules(given)
    report["lines"] += problems
    busy = left = 0
    for name, events in sorted(logs, key=lambda log: _urgency(log[1], rules.after)):
        try:
            found = _taken(given, name, check_mode or busy >= _AT_ONCE, clock(), events, rules)
        except _UNREADABLE as error:
            report["lines"].append(_not_read(name, error))
            continue
        if busy >= _AT_ONCE and not check_mode:  # what is not taken is not sent, but its silences count
            left += bool(found["messages"])
            found["waiting"], found["messages"] = found["waiting"] + len(found["messages"]), []
        if found["path"]:
            page.read(name)
        busy += bool(found["messages"])
        report["incidents"].append(found)
    for found in report["incidents"]:
        found["components"] = page.elsewhere(found["id"])
    page.leave_out_shown(report["ended_on_page"], clock())
    _name_rivals(given, report["incidents"], logs)
    if left:
        report["lines"].append(
            f"{counted(left, 'more incident has', 'more incidents have')} messages: the next run sends them"
        )
    return report


def _not_read(name: str, error: Exception) -> str:
    kind = "" if isinstance(error, RunbookError) else f"{type(error).__name__}: "
    return f"{name}: not read: {kind}{error}"


def _name_rivals(
    given: Mapping[str, Any], taken: Sequence[OutboxOfIncident], logs: Sequence[tuple[str, list[EventReport]]]
) -> None:
    """To each incident that is acknowledged, the others of its scenario and site that wait for a person."""
    held = [each for each in taken if each["silencing"]["is_open"] and each["silencing"]["acknowledged_at"]]
    if not held:
        return
    known = dict(logs)
    for name in _candidates(str(given["log"]), given["settings"]) if given["ids"] else ():
        with suppress(*_UNREADABLE):
            known.setdefault(name, read(given["log"], name)[0])
    waiting: dict[str, tuple[str, str]] = {}
    for name, events in known.items():
        with suppress(*_UNREADABLE):
            if events and phase_of(events) not in ENDED and not acknowledgements(events):
                waiting[name] = _about(events)
    for incident in held:
        scenario, site = _about(known[incident["id"]])
        incident["silencing"]["rivals"] = [
            name
            for name, (other, at) in waiting.items()
            if name != incident["id"] and other == scenario and (at == site or not at or not site)
        ]


def _about(events: Sequence[EventReport]) -> tuple[str, str]:
    """Scenario of its alerts, and site."""
    note = next((event["note"] for event in events if event["kind"] == "opened"), {})
    return scenario_of(note), str(note.get("site") or "")


class _Page:
    """What the status page shows of the components, by incident."""

    def __init__(self, given: Mapping[str, Any], logs: Sequence[tuple[str, list[EventReport]]]) -> None:
        self.log, self.shown = str(given["log"]), {}
        self.settings, self.logs = given["settings"], logs
        components = (given["settings"].get("page") or {}).get("components") or {}
        self.known = {str(each) for each in components.values()}
        self.is_used = bool(self.known)
        if not self.is_used:
            return
        for name, events in logs:
            with suppress(*_UNREADABLE):
                self.shown[name] = components_shown(entries_of(events))
        for name in _candidates(self.log, given["settings"]) if given["ids"] else ():
            if name not in self.shown:
                self.read(name)

    def read(self, name: str) -> None:
        with suppress(*_UNREADABLE):
            self.shown[name] = components_shown(entries_of(read(self.log, name)[0])) if self.is_used else {}

    def elsewhere(self, name: str) -> dict[str, str]:
        """The worst state of each component by the other incidents that the page shows as open."""
        found: dict[str, str] = {}
        for other, states in self.shown.items():
            for component, state in states.items() if other != name else ():
                found[component] = worst_of([state, found.get(component, OPERATIONAL)])
        return found

    def leave_out_shown(self, ended: Mapping[str, EndedOnPage], now: datetime) -> None:
        """Of components that ended incidents had, those that an open incident affects, whether the page has it yet or
        not, and those that are not in the settings."""
        affected = {component for component, state in self.elsewhere("").items() if state != OPERATIONAL}
        for dummy, events in self.logs if ended else ():
            with suppress(*_UNREADABLE):
                if phase_of(events) not in ENDED:
                    states = components_now(IncidentFacts("", events, self.settings, now))
                    affected |= {component for component, state in states.items() if state != OPERATIONAL}
        for each in ended.values():
            found = {name: states for name, states in each["components"].items() if name in self.known - affected}
            each["components"] = found


class _Rules(NamedTuple):
    """The site's own: minutes of each step, updates to the public, and the step of each role."""

    after: Mapping[str, Sequence[float]]
    outside: OutsideUpdates
    roles_from: Mapping[str, str]


def _rules(given: Mapping[str, Any]) -> tuple[_Rules, list[str]]:
    """With what is wrong of them, a sentence each. A rule that is wrong has its default: it costs no page."""
    after, problems = escalation_of(given.get("after") or {})
    faces = (given["settings"].get("page") or {}).get("scenarios") or ()
    outside, roles_from = outside_updates({}, faces), steps_of_roles({}, STEPS)
    try:
        outside = outside_updates(given.get("public_every") or {}, faces)
    except InputError as error:
        problems.append(f"{error} Those of the default count.")
    try:
        roles_from = steps_of_roles(given.get("roles_from") or {}, STEPS)
    except InputError as error:
        problems.append(f"{error} The default fills them.")
    return _Rules(after, outside, roles_from), problems


def _urgency(events: Sequence[EventReport], after: Mapping[str, Any]) -> tuple[bool, int]:
    """The smallest first: what pages people, then what is most severe."""
    try:
        severity = severity_of(events)
        calls = severity in after and phase_of(events) not in ENDED and not acknowledgements(events)
    except _UNREADABLE:  # it is named when its messages are taken
        return True, len(SEVERITIES)
    return not calls, SEVERITIES.index(severity) if severity in SEVERITIES else len(SEVERITIES)


def _candidates(log: str, settings: Mapping[str, Any], ended: dict[str, EndedOnPage] | None = None) -> list[str]:
    """Logs that were written lately, and those whose incident is open on the page: one without a new event has nothing
    new to say, but for its archiving and for what is overdue, while the page may be changed by others. ``ended``: for a
    run that looks at all of them, which has those with action items and those with messages that wait, too: for some
    days there may have been no run. It gets what the others have on the page, where they have ended."""
    folder, now = Path(log).expanduser(), datetime.now(timezone.utc).timestamp()
    recent = _RECENT.total_seconds() + float((settings.get("slack") or {}).get("archive_after") or 0)
    found = []
    for name in ids(log):
        try:
            path = folder / f"{name}.jsonl"
            age = now - path.stat().st_mtime
            if age <= recent:
                found.append(name)
                continue
            text = path.read_bytes()
        except OSError:
            continue
        is_told = ended is not None and (_ACTION_ITEM in text or _waits(log, name, text, age - recent))
        on_page = PageLog(text if PAGE in settings else b"")
        if is_told or on_page.is_left_open:
            found.append(name)
        elif ended is not None and on_page.ended:
            ended[name] = {"references": on_page.ended, "components": on_page.components}
    return found


def _waits(log: str, name: str, text: bytes, older: float) -> bool:
    """Whether messages of a log wait, which is read again where that seems so. ``older``: seconds beyond those after
    which a log is not looked at."""
    if older > KEPT.total_seconds() or not may_wait(text):
        return False
    with suppress(*_UNREADABLE):
        return any(map(is_waiting, entries_of(read(log, name)[0])))
    return True  # it is named when it is read again


def _taken(
    given: Mapping[str, Any],
    name: str,
    check_mode: bool,
    now: datetime,
    present: Sequence[EventReport],
    rules: _Rules,
) -> OutboxOfIncident:
    after, outside = rules.after, rules.outside
    made: list[Claim] = []
    alerts: list[Silencing] = []
    roles: list[dict[str, Any]] = []

    def decide(events: Sequence[EventReport]) -> list[dict[str, Any]]:
        who = within([answerer_of(row) for row in given.get("answerers") or ()], given["settings"])
        alerts[:] = [silencing_of(events, now)]
        people, is_named = given.get("people") or (), bool(given["ids"])
        messages = wanted(
            name, events, given["settings"], now, who, after, people=people, outside=outside, is_named=is_named
        )
        # What is queued for a channel that the site has no more stays, and keeps nothing else up.
        channels = list(given["settings"]) if given["channels"] is None else given["channels"]
        lease, quiet = timedelta(seconds=given["lease"]), not_paged(events, after, given["settings"])
        most = len(events) + len(messages) if check_mode else MOST_TAKEN
        made[:] = [claim(events, messages, now, channels, lease, quiet, most)]
        roles[:] = _roles(events, who, rules.roles_from)
        return [*roles, *({"kind": "message", "note": note} for note in made[0].notes)]

    # Read first: most runs have nothing to send, and then nothing is locked.
    decide(present)
    written: Mapping[str, Any] = NOTHING
    if (made[0].notes or roles) and not check_mode:
        options = {option: given[option] for option in ("log", "by", "at", "group")}
        written = record({**options, "id": name, "events": [], "create": False}, False, decide, now)
    claimed = made[0]
    return {
        "id": name,
        "messages": [_message(entry) for entry in claimed.taken],
        "references": claimed.sent,
        "path": written["path"],
        "head": written["head"],
        "waiting": sum(is_waiting(entry) for entry in claimed.left),
        "lines": [
            *lines_of_outbox(claimed.left, now),
            *_behind(given["settings"], present, claimed, now),
            *waiting_for_a_person(name, present, given["settings"]),
            *said_to_none(present, given["settings"], now),
        ],
        "silencing": alerts[0],
        "components": {},
        "on_page": components_on_page(claimed.left),
    }


def _behind(settings: Mapping[str, Any], events: Sequence[EventReport], claimed: Claim, now: datetime) -> list[str]:
    """What the components of the page do not show of the facts, unless a message sets them now."""
    if PAGE not in settings or any(entry.message.channel == PAGE for entry in claimed.taken):
        return []
    story = IncidentFacts("", events, settings, now)
    return behind_facts(claimed.left, components_now(story), story.severity)


def _roles(
    events: Sequence[EventReport], answerers: Sequence[Answerer], steps: Mapping[str, str]
) -> list[dict[str, Any]]:
    """The roles that the rotation fills, whether the severity pages people or not."""
    if not events:
        return []
    on_call = {each["step"]: each["person"] for each in answerers}
    until = {each["step"]: each["until"] for each in answerers}
    notes = assignments(events, on_call, until, steps)
    return [{"kind": "role", "note": note} for note in notes]


def _message(entry: Entry) -> TakenMessage:
    message = entry.message
    return {
        "key": message.key, "channel": message.channel, "lane": message.lane, "thing": message.thing,
        "audience": message.audience, "template": message.template, "values": dict(message.values),
        "asks": entry.asks, "tries": entry.tries, "claim": entry.claim, "reason": entry.reason,
    }  # fmt: skip
