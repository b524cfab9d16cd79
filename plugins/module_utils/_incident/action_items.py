# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Work that remains after an incident: the last state of each action item. Pure."""

from __future__ import annotations

import re
from typing import Sequence, TypedDict

from .event import EventReport

_DATE = re.compile(r"\d{4}-\d\d-\d\d(?!\d)", re.ASCII)
_CLOSED = ("done", "closed", "cancelled", "rejected")


class ActionItem(TypedDict):
    """An action item as its events leave it. ``events``: their numbers; empty texts are unknown."""

    key: str
    text: str
    owner: str
    due: str
    state: str
    open: bool
    events: list[int]


def action_items(events: Sequence[EventReport]) -> list[ActionItem]:
    """In the order in which they were first recorded; a later event of the same key changes what it has."""
    items: dict[str, ActionItem] = {}
    for event in events:
        if event["kind"] != "action_item":
            continue
        note = event["note"]
        key = str(note.get("key", ""))
        item = items.setdefault(
            key, {"key": key, "text": "", "owner": "", "due": "", "state": "open", "open": True, "events": []}
        )
        item["text"] = str(note.get("text") or item["text"])
        item["owner"] = str(note.get("owner") or item["owner"])
        item["due"] = str(note.get("due") or item["due"])
        item["state"] = str(note.get("state") or item["state"])
        item["open"] = item["state"].lower() not in _CLOSED
        item["events"].append(event["seq"])
    return list(items.values())


def is_overdue(item: ActionItem, today: str) -> bool:
    """Whether it is open and its date is before today; both as 2026-11-23. What is no such date is not over."""
    return item["open"] and bool(_DATE.match(item["due"])) and item["due"][:10] < today
