# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Messages as Slack's API has them, with our key in their metadata. Pure."""

from __future__ import annotations

import re
from typing import Any, Iterable, Mapping

from ..outbox import Message

_EVENT = "pafar_runbook"
MOST_OF_BLOCK = 3000  # characters that a block of Slack has at most
FILE = "file"  # the template of the whole text of a message that was cut
PIN = "pin"  # of the pin of a message


def content(text: str, incident: str, key: str) -> dict[str, Any]:
    """A text without mentions and previews."""
    block = {"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": True}}
    return {
        "text": text, "blocks": [block], "unfurl_links": False, "unfurl_media": False, "parse": "none",
        "link_names": False,
        "metadata": {"event_type": _EVENT, "event_payload": {"incident": incident, "key": key}},
    }  # fmt: skip


def file_of(message: Message, reference: str, name: str) -> Message:
    """The whole text of a message as a file in its thread. In a lane of its own: it keeps nothing up."""
    key = f"{message.key}/file"
    values = {"name": name, "post": reference, "of": message.template, "values": dict(message.values)}
    return Message(key, message.channel, FILE, values, audience=message.audience, lane=key)


def invitation_of(message: Message, user: str) -> Message:
    """The invitation of a responder, where that with the channel was not answered."""
    key = f"slack/invite/{user}"
    base = {name: value for name, value in message.values.items() if name not in ("name", "invite")}
    values = {**base, "place": "incident", "person": user, "user": user, "why": "a responder of the site"}
    return Message(key, message.channel, "invite", values, lane=key)


def pin_of(message: Message, reference: str) -> Message:
    """The pin of a message, where it was not answered."""
    key = f"{message.key}/pin"
    return Message(key, message.channel, PIN, {"post": reference}, lane=key)


def units(text: str) -> int:
    """The length of a text as programs of the web count it: a character beyond the first 65,536 is two.

    >>> units("a\U0001f600")
    3
    """
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def cut(text: str, most: int) -> str:
    """A text of at most so many of these units; ``...`` marks a cut.

    >>> cut("\U0001f600" * 5, 8)
    '\U0001f600\U0001f600...'
    """
    if units(text) <= most:
        return text
    kept = text.encode("utf-16-le", "surrogatepass")[: 2 * max(0, most - 3)]
    return kept.decode("utf-16-le", "ignore").rstrip() + "..."


def is_post_of(found: Mapping[str, Any], incident: str, key: str) -> bool:
    """Whether a message of a channel is this one."""
    return _payload(found).get("key") == key and incident_of(found) == incident


def incident_of(found: Mapping[str, Any]) -> Any:
    """The incident of a message of a channel; None where it is none of ours."""
    return _payload(found).get("incident")


def first_of(messages: Iterable[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The oldest of our messages in a channel, None without any."""
    ours = [each for each in messages if incident_of(each) is not None]
    return min(ours, key=lambda each: _stamp(each.get("ts")), default=None)


def _stamp(text: Any) -> float:
    """Of a message without one nothing is known: it is behind all others."""
    try:
        return float(text)
    except (TypeError, ValueError):
        return float("inf")


def names_incident(text: str, incident: str) -> bool:
    """Whether the id of the incident is a word of the text."""
    return re.search(rf"(?<![\w.-]){re.escape(incident)}(?![\w-]|\.\w)", text) is not None


def _payload(found: Mapping[str, Any]) -> Mapping[str, Any]:
    payload = (found.get("metadata") or {}).get("event_payload")
    return payload if isinstance(payload, Mapping) else {}
