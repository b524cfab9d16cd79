# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Messages of what follows an incident: its action items in the tracker, the invitation to the review, what is overdue,
and the lessons of the post-mortem. Pure.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any, Mapping, Sequence
from urllib.parse import quote, unquote

from .._incident.action_items import ActionItem, action_items, is_overdue
from .._incident.event import EventReport
from .._incident.stamps import stamp
from .._postmortem.invitation import review_of
from .outbox import Message
from .settings import MAIL, SLACK, TRACKER

# An incident of which nothing was recorded for so long has nothing to say of its course.
COURSE = timedelta(days=2)
_MOST = 20  # action items that one message names


def follow_up_messages(
    events: Sequence[EventReport], settings: Mapping[str, Mapping[str, Any]], base: Mapping[str, Any], now: datetime
) -> list[Message]:
    """All of them that are due by now."""
    return [
        *item_messages(events, settings, base),
        *review_messages(events, settings, base, now),
        *overdue_messages(events, settings, base, now),
        *lessons_messages(events, settings, base),
    ]


def item_messages(
    events: Sequence[EventReport], settings: Mapping[str, Mapping[str, Any]], base: Mapping[str, Any]
) -> list[Message]:
    """Of the tracker: an issue for each action item, its changes, and its end. An item that has a reference to another
    tracker is kept there."""
    if TRACKER not in settings:
        return []
    messages: list[Message] = []
    items: dict[str, list[EventReport]] = {}
    for event in events:
        if event["kind"] == "action_item":
            items.setdefault(str(event["note"].get("key", "")), []).append(event)
    for key, changes in items.items():
        if any(event["note"].get("reference") for event in changes):
            continue
        was_open = True
        for number, event in enumerate(changes, 1):
            (item,) = action_items(changes[:number])
            action = "create" if number == 1 else _change(was_open, item["open"])
            was_open = item["open"]
            values = {**base, **_values(item), "action": action, "phase": item["state"]}
            thing = "" if action == "create" else f"item {key}"
            name = f"{item_prefix(key)}{action}/{event['seq']}"
            if action == "create" and not item["open"]:
                break  # it was done when it was recorded
            messages.append(Message(name, TRACKER, "item", values, thing, lane="items"))
    return messages


def _change(was_open: bool, is_open: bool) -> str:
    if was_open == is_open:
        return "update"
    return "reopen" if is_open else "close"


def item_prefix(key: str) -> str:
    """How the keys of all messages about an action item begin."""
    return f"item/{quote(key, safe='', errors='replace')}/"


def item_of(key: str) -> str:
    """The key of the action item that a message is about."""
    return unquote(key.split("/")[1])


def _values(item: ActionItem) -> dict[str, Any]:
    return {"item": item["key"], "text": item["text"], "owner": item["owner"], "due": item["due"]}


def review_messages(
    events: Sequence[EventReport],
    settings: Mapping[str, Mapping[str, Any]],
    base: Mapping[str, Any],
    now: datetime,
) -> list[Message]:
    """Mails with the invitation to the review, to each reviewer, once an incident of P0 or P1 is resolved, and again
    where its time has changed; one whose review would have been has none."""
    reviewers = settings.get(MAIL, {}).get("reviewers") or ()
    review = review_of(events) if reviewers else None
    if review is None or review.at <= now:
        return []
    values = {
        **base, "severity": review.severity, "review_at": stamp(review.at), "round": review.number,
        "ended_at": stamp(datetime.fromtimestamp(review.ended, timezone.utc)),
    }  # fmt: skip
    return [
        Message(
            f"review/{review.seq}/{address}",
            MAIL,
            "review",
            {**values, "to": address},
            f"review {address}",
            lane=address,
        )
        for address in map(str, reviewers)
    ]


def overdue_messages(
    events: Sequence[EventReport],
    settings: Mapping[str, Mapping[str, Any]],
    base: Mapping[str, Any],
    now: datetime,
) -> list[Message]:
    """Once a week, of all action items whose date is over: in the standing channel, and by mail to the reviewers."""
    today = f"{now:%Y-%m-%d}"
    late = [item for item in action_items(events) if is_overdue(item, today)]
    if not late:
        return []
    year, week, dummy = now.isocalendar()
    key = f"overdue-items/{year}-W{week:02d}"
    rows = [f"{each['key']}: {each['text']} ({each['owner'] or 'no owner'}, due {each['due']})" for each in late]
    more = [f"{len(rows) - _MOST} more"] if len(rows) > _MOST else []
    values = {**base, "items": [*rows[:_MOST], *more], "number": len(rows)}
    messages = []
    if SLACK in settings:
        shown = {**values, "place": "standing"}
        messages.append(Message(f"{key}/slack", SLACK, "overdue_items", shown, "overdue-items"))
    for address in map(str, settings.get(MAIL, {}).get("reviewers") or ()):
        addressed = {**values, "to": address}
        messages.append(
            Message(f"{key}/{address}", MAIL, "overdue_items", addressed, f"overdue {address}", lane=address)
        )
    return messages


def lessons_messages(
    events: Sequence[EventReport], settings: Mapping[str, Mapping[str, Any]], base: Mapping[str, Any]
) -> list[Message]:
    """That the post-mortem is done, with its lessons, in the standing channel: once, until its status is another."""
    if SLACK not in settings:
        return []
    messages: list[Message] = []
    lessons: list[str] = []
    is_done = False
    for event in events:
        section, text = event["note"].get("section"), str(event["note"].get("text", "")).strip()
        if event["kind"] != "written":
            continue
        if section == "lessons" and text not in lessons:
            lessons.append(text)
        if section != "status":
            continue
        was_done, is_done = is_done, text.lower() == "done"
        if is_done and not was_done:
            values = {**base, "by": event["by"], "lessons": list(lessons), "place": "standing"}
            messages.append(Message(f"slack/postmortem/{event['seq']}", SLACK, "postmortem", values))
    return messages
