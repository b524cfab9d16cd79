# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What incident_outbox and announce return. Pure."""

from __future__ import annotations

from typing import Any, TypedDict

from .._incident.hash_chain import Head
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


class OutboxReport(TypedDict):
    """What incident_outbox returns. ``ended_on_page``: the page's references of older incidents, which ended there, by
    incident: they have nothing to say, and a person may open them there again."""

    incidents: list[OutboxOfIncident]
    ended_on_page: dict[str, list[str]]
    lines: list[str]


class AnnouncedMessage(TypedDict):
    """A message and what became of it; ``text``: as it goes out; ``title``: its subject or title, empty where its
    channel has none; ``to``: the channel or the recipient."""

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
