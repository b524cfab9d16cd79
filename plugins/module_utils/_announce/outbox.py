# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The outbox of an incident: messages, what became of each, and which of them may go out now. Pure.

A message is an event ``message`` in the log: ``queued``, then ``sending``, then ``sent`` (with the reference that the
other side gave), ``failed`` (surely not delivered; tried again at ``next_at``), ``in_doubt`` (the connection ended
after the request had gone out, or the sender died), ``refused`` (the other side will never take it) or ``replaced`` (a
newer state of the same thing was queued). A message in doubt is asked for first and sent only if it is not there.

Order holds within a channel: what is behind a message that waits, waits too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Collection, Iterable, Mapping, Sequence

from .._core.text import printable, shortened
from .._incident.event import EventReport, kept_at
from .._incident.held import HELD, is_out_of_date
from .._incident.phase import ENDED
from .._incident.stamps import is_stamp, moment_of
from .settings import MAIL, PAGE, PAGER, TRACKER

QUEUED, SENDING, SENT, FAILED, IN_DOUBT = "queued", "sending", "sent", "failed", "in_doubt"
REFUSED, REPLACED = "refused", "replaced"
PERSON = "person"  # the audience of a page
FINAL = (SENT, REFUSED, REPLACED)
LEASE = timedelta(seconds=90)  # after which a message that is being sent by a run that says no more is in doubt
_RETRIES = (30, 60, 120, 300, 600)  # seconds until the next try; the last one from then on
_LONGEST = timedelta(hours=1)  # that a message waits, whatever the other side asks for
_PAGE_WAITS = timedelta(minutes=5)  # the same for a page
_QUIET = "the present severity pages no person"
_ANSWERED = "the incident was acknowledged, or is over"
_OPEN_AGAIN = "the incident was opened again"
_NO_PLAN = "its plan was carried out, refused or made again"
_OF_PLAN = re.compile(r"/held/(\d+)(?:/|\Z)")  # in a key, the number of the event
MOST_TAKEN = 20  # messages of a channel that are taken in one go


@dataclass(frozen=True)
class Message:
    """``key``: unique in its incident; ``thing``: what it is a state of, of which only the newest one is sent, empty
    for what is said once; ``values``: texts and numbers of the template, without secrets."""

    key: str
    channel: str
    template: str
    values: Mapping[str, Any] = field(default_factory=dict)
    thing: str = ""
    audience: str = "inside"
    lane: str = ""


@dataclass(frozen=True)
class Entry:
    """A message and its state. ``since``: of the state; ``tries``: how often it was sent; ``asks``: it may have arrived
    before; ``next_at`` None: at once; ``claim``: how often it was taken, the number of the run that has it."""

    message: Message
    state: str
    since: datetime
    reference: str = ""
    reason: str = ""
    by: str = ""
    next_at: datetime | None = None
    tries: int = 0
    asks: bool = False
    claim: int = 0


def queued_note(message: Message) -> dict[str, Any]:
    """The note of the event by which a message is queued."""
    return {
        "key": message.key, "state": QUEUED, "channel": message.channel, "audience": message.audience,
        "thing": message.thing, "lane": message.lane, "template": message.template, "values": dict(message.values),
    }  # fmt: skip


def entries_of(events: Iterable[EventReport]) -> list[Entry]:
    """All messages of an incident in the order in which they were queued."""
    entries: dict[str, Entry] = {}
    void: dict[str, str] = {}  # keys of messages that a later event has made wrong, and why
    plans: dict[int, EventReport] = {}  # that were held, by the number of the event
    for event in events:
        if event["kind"] != "message":
            void.update(_made_void(event, entries.values()))
            void.update(_of_no_plan(event, entries.values(), plans))
            continue
        note = event["note"]
        key, state = str(note.get("key", "")), str(note.get("state", ""))
        if key not in entries:
            if state == QUEUED:
                entries[key] = Entry(_message(key, note), QUEUED, kept_at(event), by=event["by"])
            continue
        entries[key] = _next(entries[key], state, event)
    return _without_replaced([_void(entry, void[key]) if key in void else entry for key, entry in entries.items()])


def _made_void(event: EventReport, entries: Iterable[Entry]) -> dict[str, str]:
    """The keys of the messages that an event makes wrong, and why: calls for an answer that was given, and the
    archiving of the channel of an incident that was opened again."""
    phase = event["note"].get("phase") if event["kind"] == "phase" else None
    if event["kind"] == "acknowledged" or phase in ENDED:
        return {entry.message.key: _ANSWERED for entry in entries if _calls(entry)}
    if phase is not None:
        return {entry.message.key: _OPEN_AGAIN for entry in entries if _is_archive(entry)}
    return {}


def _of_no_plan(
    event: EventReport, entries: Iterable[Entry], plans: dict[int, EventReport]
) -> Iterable[tuple[str, str]]:
    """The keys of the messages about plans that wait no more after an event. ``plans``: gets the event's own plan."""
    ended = [number for number, plan in plans.items() if is_out_of_date(plan, [event])]
    for number in ended:
        del plans[number]
    if event["kind"] == HELD:
        plans[event["seq"]] = event
    return [(entry.message.key, _NO_PLAN) for entry in entries if _is_plan(entry) and _plan_of(entry) in ended]


def _is_plan(entry: Entry) -> bool:
    return entry.message.template == HELD


def _plan_of(entry: Entry) -> int:
    """The number of the event by which the plan of a message was held; 0 for a key that has none."""
    found = _OF_PLAN.search(entry.message.key)
    return int(found.group(1)) if found else 0


def _calls(entry: Entry) -> bool:
    """Whether a message calls for an acknowledgement: a page to a person, or a line that says so in the channel."""
    return _is_page(entry) or entry.message.template in ("paged", "passed_over")


def _is_page(entry: Entry) -> bool:
    return entry.message.template == "page" and entry.message.audience == PERSON


def calls_a_person(message: Message) -> bool:
    """Whether it is a page, or the alert of a pager."""
    return message.audience == PERSON or message.channel == PAGER


def _is_archive(entry: Entry) -> bool:
    return entry.message.template == "archive"


def _void(entry: Entry, why: str) -> Entry:
    """No person is paged after the acknowledgement, and no channel of an open incident is archived. What is on its way
    may still arrive; its sender reports it. What a chat may have of a plan is asked for there, and reported in its
    order; of a mail no second copy goes out."""
    if _is_plan(entry):
        is_maybe_there = entry.state == SENDING or (entry.asks and entry.message.channel != MAIL)
        return entry if entry.state in FINAL or is_maybe_there else _replaced(entry, why)
    is_struck_always = _is_page(entry) or _is_archive(entry)
    if entry.state in FINAL or (not is_struck_always and entry.state in (SENDING, IN_DOUBT)):
        return entry
    return _replaced(entry, why)


def _replaced(entry: Entry, why: str) -> Entry:
    return replace(entry, state=REPLACED, next_at=None, reason=f"{why}{_maybe(entry)}")


def _without_needless(entries: Sequence[Entry], quiet: Collection[str]) -> list[Entry]:
    """Without the pages that wait and that the present severity does not ask for. The alert is not struck from the log,
    and goes out when it is raised again."""
    found = []
    for entry in entries:
        if PERSON in quiet and _calls(entry):
            found.append(_void(entry, _QUIET))
        elif PAGER in quiet and _is_alert(entry) and entry.state not in (*FINAL, SENDING):
            found.append(_replaced(entry, _QUIET))
        else:
            found.append(entry)
    return found


def _struck(entries: Sequence[Entry], quiet: Collection[str], now: datetime, lease: timedelta) -> list[dict[str, Any]]:
    """Notes that strike the pages to persons which wait: when the severity is raised again, others may be on call, and
    each step waits anew. What another run has is left to it."""
    return [
        {"key": entry.message.key, "state": REPLACED, "reason": voided.reason}
        for entry, voided in ((entry, _void(entry, _QUIET)) for entry in entries if _calls(entry))
        if PERSON in quiet and voided is not entry and (entry.state != SENDING or _ready(entry, now, lease) is not None)
    ]


def _left_behind(entries: Sequence[Entry], now: datetime, lease: timedelta) -> list[dict[str, Any]]:
    """Notes that those are in doubt whose runs say no more and that give way to what may have been queued since."""
    reason = "the run that sent it said no more"
    return [
        {"key": entry.message.key, "state": IN_DOUBT, "reason": reason}
        for entry in entries
        if _gives_way(entry) and entry.state == SENDING and _ready(entry, now, lease) is not None
    ]


def _is_alert(entry: Entry) -> bool:
    """Whether a message is the alert of an incident at the pager, and not a later state of it."""
    return entry.message.template == "page_person" and entry.message.values.get("action") == "trigger"


def _maybe(entry: Entry) -> str:
    return "; whether it arrived before is not known" if entry.asks or entry.state == SENDING else ""


def _message(key: str, note: Mapping[str, Any]) -> Message:
    texts = {name: str(note.get(name, "")) for name in ("channel", "template", "thing", "audience", "lane")}
    return Message(key, values=note.get("values") or {}, **texts)


def _next(entry: Entry, state: str, event: EventReport) -> Entry:
    if entry.state in FINAL:
        return entry  # a second report of the same sending changes nothing
    # By the clock of the log's host, which asks what is due: the clock of a sender that is behind would end its lease
    # at once, and a second run would send the same.
    note, by, at = event["note"], event["by"], kept_at(event)
    if state != SENT and note.get("claim", entry.claim) != entry.claim:
        # It was too late: another run has taken it since, and says what becomes of it.
        return replace(entry, asks=entry.asks or state == IN_DOUBT)
    if state == QUEUED:  # given back by a run that had no time to send it
        return replace(entry, state=QUEUED, since=at, next_at=None, tries=max(0, entry.tries - 1))
    next_at = str(note.get("next_at") or "")
    return replace(
        entry, state=state, since=at, by=by,
        reference=str(note.get("reference") or entry.reference), reason=str(note.get("reason") or ""),
        next_at=at + min(moment_of(next_at) - moment_of(event["at"]), _LONGEST) if is_stamp(next_at) else None,
        tries=max(0, entry.tries + (state == SENDING) - bool(note.get("untried"))),
        claim=entry.claim + (state == SENDING),
        # It may have arrived where a try is in doubt, or where a run took it and said no more. A later try that surely
        # failed says nothing of the earlier one.
        asks=entry.asks or state == IN_DOUBT or (state == SENDING and entry.state == SENDING),
    )  # fmt: skip


def _without_replaced(entries: list[Entry]) -> list[Entry]:
    """Of one thing only the newest message is sent, unless an older one is on its way already."""
    newest = {(*_lane(entry), entry.message.thing): entry.message.key for entry in entries}
    return [
        _replaced(entry, "a newer state of it was queued")
        if entry.message.thing
        and (
            entry.state in (QUEUED, FAILED)
            or _is_copied_enough(entry)
            or (entry.state == IN_DOUBT and _gives_way(entry))
        )
        and newest[(*_lane(entry), entry.message.thing)] != entry.message.key
        else entry
        for entry in entries
    ]


def _is_copied_enough(entry: Entry) -> bool:
    """A mail in doubt cannot be asked for: of a state that is over no third copy goes out, nor does it hold the new one
    up."""
    return entry.message.channel == MAIL and entry.state == IN_DOUBT and entry.tries > 1


def _gives_way(entry: Entry) -> bool:
    """Whether a message in doubt is not sent again where a newer state of its thing is queued. An alert is acknowledged
    or over by then, and pages no person any more. A state of an issue cannot be asked for: sent again after a newer
    one has arrived, it would be the last that is said. A state of the page is not true any more: the public would read
    that an incident is over which was opened again."""
    return _is_alert(entry) or (entry.message.channel in (TRACKER, PAGE) and bool(entry.message.thing))


def due(entries: Sequence[Entry], now: datetime, lease: timedelta = LEASE, most: int = MOST_TAKEN) -> list[Entry]:
    """The messages that may go out now, of each channel the first ``most``, in order. ``asks`` of an entry: it must be
    asked for before it is sent."""
    chosen: list[Entry] = []
    for lane in dict.fromkeys(_lane(entry) for entry in entries):
        waiting = [entry for entry in entries if _lane(entry) == lane and entry.state not in FINAL]
        for entry in waiting[:most]:
            ready = _ready(entry, now, lease)
            if ready is None:
                break
            chosen.append(ready)
    return chosen


def _lane(entry: Entry) -> tuple[str, str]:
    return entry.message.channel, entry.message.lane


def _ready(entry: Entry, now: datetime, lease: timedelta) -> Entry | None:
    # A clock that was set back says nothing of how long it has waited: it is asked for, or tried, now.
    is_set_back = entry.since - now > max(lease, LEASE)
    if entry.state == SENDING:
        return replace(entry, asks=True) if is_set_back or now - entry.since >= lease else None
    if entry.next_at is not None and entry.next_at > now and not is_set_back:
        return None
    return entry


def retry_after(tries: int, asked: float | None = None, *, pages: bool = False) -> timedelta:
    """How long a message waits after it was tried so often; ``asked``: seconds that the other side wants, which it gets
    where they are more; ``pages``: it calls a person, who cannot wait for as long as a number or a date that is wrong
    may ask for."""
    seconds = _RETRIES[min(max(tries, 1), len(_RETRIES)) - 1]
    longest = _PAGE_WAITS if pages else _LONGEST
    return timedelta(seconds=max(float(seconds), min(asked or 0.0, longest.total_seconds())))


def references(entries: Iterable[Entry]) -> dict[str, str]:
    """What the other sides called the messages that were sent, by key."""
    return {entry.message.key: entry.reference for entry in entries if entry.state == SENT}


def is_waiting(entry: Entry) -> bool:
    """Whether it is not delivered yet."""
    return entry.state not in FINAL


def lines_of_outbox(entries: Sequence[Entry], now: datetime) -> list[str]:
    """What is not delivered, the oldest first: a sentence for each channel, state and reason."""
    alike: dict[tuple[str, str, str], list[Entry]] = {}
    for entry in entries:
        if is_waiting(entry) or entry.state == REFUSED:
            is_named = entry.state == SENDING and entry.by
            words = f"being sent by {shortened(printable(entry.by), 60)}" if is_named else entry.state.replace("_", " ")
            alike.setdefault((entry.message.channel, words, entry.reason), []).append(entry)
    lines = []
    for (channel, words, reason), found in alike.items():
        next_at = min((entry.next_at for entry in found if entry.next_at), default=None)
        when = f", tried again in {max(0, (next_at - now).total_seconds()):.0f} s" if next_at else ""
        why = f": {reason}" if reason else ""
        named = named_first([entry.message.key for entry in found])
        lines.append(f"{channel}: {named} {'is' if len(found) == 1 else 'are'} {words}{why}{when}")
    return lines


def named_first(keys: Sequence[str]) -> str:
    """Messages of which the same is to be said: a missing library is one fault, and not one of each message.

    >>> named_first(["slack/note/7", "slack/note/8", "slack/note/9"])
    'slack/note/7 and 2 more'
    """
    return keys[0] if len(keys) == 1 else f"{keys[0]} and {len(keys) - 1} more"


@dataclass(frozen=True)
class Claim:
    """``notes``: of the events ``message`` to append; ``taken``: what is to be sent, in order; ``sent``: the references
    of what was sent before, by key; ``left``: entries that wait for a later run."""

    notes: list[dict[str, Any]]
    taken: list[Entry]
    sent: dict[str, str]
    left: list[Entry]


def claim(
    events: Sequence[EventReport],
    wanted: Sequence[Message],
    now: datetime,
    channels: Sequence[str] | None = None,
    lease: timedelta = LEASE,
    quiet: Collection[str] = (),
    most: int = MOST_TAKEN,
) -> Claim:
    """Queue what is wanted and not in the log yet, and take what may go out now. ``channels``: of these alone;
    ``quiet``: of ``PERSON`` and ``PAGER`` those that the present severity does not page; ``most``: of a channel.

    It is decided while no one else can write the log, so that of two runs each message is taken by one.
    """
    entries = entries_of(events)
    known = {entry.message.key for entry in entries}
    new = [message for message in wanted if message.key not in known]
    notes = [queued_note(message) for message in new]
    notes += _left_behind(entries, now, lease) + _struck(entries, quiet, now, lease)
    added = [_as_event(note, now, len(events) + number) for number, note in enumerate(notes, 1)]
    entries = _without_needless(entries_of([*events, *added]), quiet)
    taken = [entry for entry in due(entries, now, lease, most) if channels is None or entry.message.channel in channels]
    notes += [{"key": entry.message.key, "state": SENDING} for entry in taken]
    keys = {entry.message.key for entry in taken}
    left = [entry for entry in entries if entry.message.key not in keys]
    taken = [replace(entry, tries=entry.tries + 1, claim=entry.claim + 1) for entry in taken]
    return Claim(notes, taken, references(entries), left)


def _as_event(note: dict[str, Any], now: datetime, seq: int) -> EventReport:
    at = f"{now:%Y-%m-%dT%H:%M:%S.%f}Z"
    return {"seq": seq, "at": at, "kind": "message", "by": "", "host": "", "note": note, "logged": ""}
