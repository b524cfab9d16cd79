# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What incident_outbox and announce return. Pure."""

from __future__ import annotations

import re
from typing import Any, Mapping, TypedDict

from .._core.urls import base_url_of
from .._incident.hash_chain import Head
from .chats.slack_posts import FILE, MOST_OF_BLOCK, PIN, units
from .outbox import PERSON
from .settings import PAGE, PAGER, SLACK, TRACKER
from .silences import Silencing


class TakenMessage(TypedDict):
    """A message to send. ``asks``: it may have arrived before; ``tries``: with this one; ``claim``: the number of this
    run among those that took it."""

    key: str
    channel: str
    lane: str
    thing: str
    audience: str
    template: str
    values: dict[str, Any]
    asks: bool
    tries: int
    claim: int
    reason: str


class OutboxOfIncident(TypedDict):
    """``messages``: taken to send, in order; ``references``: of those that were sent, by key; ``path``: of the log,
    empty where nothing was written; ``head``: of it afterwards; ``waiting``: messages that stay; ``lines``: what is not
    delivered; ``silencing``: what the log says about its alerts; ``components``: states that other incidents have on
    the page; ``on_page``: those that its own last post there has set."""

    id: str
    messages: list[TakenMessage]
    references: dict[str, str]
    path: str
    head: Head
    waiting: int
    lines: list[str]
    silencing: Silencing
    components: dict[str, str]
    on_page: dict[str, str]


class EndedOnPage(TypedDict):
    """An older incident, whose end the page took: it has nothing to say. ``references``: the page's own, since a person
    may open it there again; ``components``: the states that its posts have set, by id, without components that another
    incident has there now: one may have been left as it was."""

    references: list[str]
    components: dict[str, list[str]]


class OutboxReport(TypedDict):
    """What incident_outbox returns. ``ended_on_page``: by incident."""

    incidents: list[OutboxOfIncident]
    ended_on_page: dict[str, EndedOnPage]
    lines: list[str]


class AnnouncedMessage(TypedDict):
    """A message and what became of it; ``text``: as it goes out; ``title``: its subject or title, empty where its
    channel has none; ``to``: the channel or the recipient, by its name; ``reason``: why it was not sent, or what is to
    be known of it, as what goes with it."""

    incident: str
    key: str
    channel: str
    to: str
    title: str
    text: str
    state: str
    reason: str


class AnnounceReport(TypedDict):
    """What announce returns. ``differences``: what a page shows and the log does not say; ``waiting``: messages that
    a later run sends; ``left``: what waits or was refused in earlier runs, and incidents that could not be read, in
    sentences; ``silences``: what was changed in Alertmanager, and what could not be; ``heads``: of the logs that
    were written, by incident."""

    messages: list[AnnouncedMessage]
    differences: list[str]
    silences: list[str]
    left: list[str]
    waiting: int
    heads: dict[str, Head]
    lines: list[str]


_CHANNEL_ID = re.compile(r"[CG][A-Z0-9]{8,}\Z")


def recipient(taken: TakenMessage, options: Mapping[str, Any], own: str) -> str:
    """To whom a message goes, without a secret. ``options``: the settings of its channel; ``own``: the incident's own
    channel in the chat, empty where it has none."""
    name, values = taken["channel"], taken["values"]
    if values.get("to"):
        return str(values["to"])
    if name == PAGE:
        return f"{options['kind']} {options['page'] or _host(options['api'])}".strip()
    if name == PAGER:
        return str(options["kind"])
    if name == TRACKER:
        return _host(options["url"]) or name
    if name == SLACK:
        return _in_chat(taken, str(options["standing_channel"]).lstrip("#"), own)
    return name


def _host(address: Any) -> str:
    """An address may have a token in its path."""
    return base_url_of(str(address))[0]


def _in_chat(taken: TakenMessage, standing: str, own: str) -> str:
    values = taken["values"]
    if values.get("post"):  # a message, by the id of its channel
        return f"the channel {str(values['post']).partition('/')[0]}"
    if taken["audience"] == PERSON:
        return f"{values.get('person') or 'a person'} ({values.get('place')})"
    if own and values.get("place") != "standing":
        return own
    return standing if _CHANNEL_ID.match(standing) else f"#{standing}"


def own_channel(incident: OutboxOfIncident) -> str:
    """An incident's own channel in the chat, empty without one: by its id once it is made, since its name may have
    a number then."""
    made = incident["references"].get("slack/channel")
    if made is not None:
        return f"the incident's own channel {made}" if made else ""
    names = [taken["values"].get("name") for taken in incident["messages"] if taken["key"] == "slack/channel"]
    return f"#{names[0]}" if names else ""


def beside(taken: TakenMessage, text: str) -> str:
    """What goes out with a message, or is done in its place, in words; empty for a message alone."""
    template, values = taken["template"], taken["values"]
    if taken["channel"] in (PAGER, TRACKER):
        return str(values.get("action") or "")
    if taken["channel"] != SLACK:
        return ""
    if template == "channel":
        people = ", ".join(str(user) for user in values.get("invite") or ())
        return f"this channel is made{f', and {people} invited' if people else ''}"
    if template == "invite":
        return f"{values.get('user')} is invited"
    done = {"topic": "as its topic", "archive": "this channel is archived", PIN: "a message is pinned",
            FILE: "the whole text of a message, as a file in its thread"}  # fmt: skip
    more = ["pinned"] if values.get("pin") else []
    more += ["cut, with the whole text as a file"] if units(text) > MOST_OF_BLOCK else []
    return done.get(template) or ", ".join(more)
