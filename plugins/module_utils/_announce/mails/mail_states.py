# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the stakeholders have a mail of: each state that the facts reach, and each update that was promised. Pure.

A mail promises the next one. An update for the people of the site keeps that promise with the state as it is and the
time of the next mail, in the site's public words; what the person wrote stays inside, where it was meant to be.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Sequence

from ..._incident.event import EventReport, kept_at
from ..page_states import PUBLIC, RESOLVED, PageState, page_states


@dataclass(frozen=True)
class MailState:
    """``is_update``: the state is as it was, and a person has sent an update inside."""

    state: PageState
    is_update: bool = False


def mail_states(events: Sequence[EventReport], now: datetime, soak: timedelta) -> list[MailState]:
    """In the order in which they were reached, one mail for each. After the end no update is promised."""
    states = page_states(events, now, soak, posts_itself=True)
    found: list[MailState] = []
    number = 0
    for last, event in enumerate(events, 1):
        if not _is_inside(event):
            continue
        reached = page_states(events[:last], kept_at(event), soak, posts_itself=True)
        found += map(MailState, states[number : len(reached)])
        number = max(number, len(reached))
        if reached and reached[-1].state != RESOLVED:
            found.append(MailState(replace(reached[-1], seq=event["seq"], text="", corrects=""), is_update=True))
    return [*found, *map(MailState, states[number:])]


def _is_inside(event: EventReport) -> bool:
    return event["kind"] == "update" and str(event["note"].get("audience", "")).lower() not in PUBLIC
