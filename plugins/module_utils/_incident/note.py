# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a person did by hand, as an event. Most of an incident is that. Pure.

The time of the event is when it was written; a time that lies before is kept beside it as ``done_at``, and is what the
person says.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from typing import Any, Mapping

from .._core.errors import InputError
from .._core.text import printable, shortened
from .stamps import stamp

_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?\s*(?:z|utc)?\Z", re.I)
_DAY = re.compile(r"[\dW-]+\Z")
_FAST = timedelta(minutes=1)  # by which a person's watch may be ahead
_MOST = 10_000  # characters of a note
_WIDE = 60  # characters of a time that is none, in its refusal
_SHORT = 200  # of a name, a key, a place or a time
_SAID_AT_MOST = {"text": _MOST, "reason": _MOST, "item": 1000}
_FORMS = "use 14:56 (UTC, the last time it was that) or 2026-11-23T14:56:35Z"


def note_event(text: str, done_at: str, now: datetime) -> dict[str, Any]:
    """The event to append. Raises InputError for a text that is empty or too long, and for a time that is none or lies
    in the future."""
    text = text.strip()
    if not text or len(text) > _MOST:
        raise InputError(f"text: a note has 1 to {_MOST} characters, this one has {len(text)}. Nothing was written.")
    note = {"text": text, "done_at": stamp(when(done_at, now))} if done_at else {"text": text}
    return {"kind": "noted", "note": note}


def require_short(said: Mapping[str, str]) -> None:
    """Refuse what is longer than a person can mean: each goes to a log that is kept, and into messages. ``said``: texts
    by the name of their option. Raises InputError."""
    for name, text in said.items():
        most = _SAID_AT_MOST.get(name, _SHORT)
        if len(text) > most:
            raise InputError(
                f"{name}: at most {most} characters are kept, and this has {len(text)}. Nothing was written."
            )


def when(text: str, now: datetime, name: str = "done_at") -> datetime:
    """The moment of a clock time (UTC, at most a day ago) or of a date with a time. Raises InputError.

    A minute that has not quite begun is that of a watch that is fast, and not the one of yesterday.
    """
    shown = shortened(printable(text), _WIDE)
    clock = _CLOCK.match(text.strip())
    try:
        if clock:
            hour, minute, second = (int(part or 0) for part in clock.groups())
            moment = now.replace(hour=hour, minute=minute, second=second, microsecond=0)
            return moment - timedelta(days=1) if moment > now + _FAST else moment
        if _DAY.match(text.strip()):
            raise ValueError("a day is no time")
        moment = datetime.fromisoformat(re.sub(r"[zZ]\Z", "+00:00", text.strip()))
        moment = (moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)).astimezone(timezone.utc)
    except (ValueError, OverflowError):
        number = (
            "; a file or a survey of AWX makes a number of 14:56, so write 14:56 UTC there" if text.isdigit() else ""
        )
        raise InputError(f"{name}: {shown!r} is no time: {_FORMS}{number}. Nothing was written.") from None
    if moment > now + _FAST:
        raise InputError(f"{name}: {shown!r} lies in the future: {_FORMS}. Nothing was written.")
    return moment
