# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a person did by hand, as an event, and what of a person's words is kept. Pure.

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
# What people type, and the words of a fault, which may be any program's, by the kind of their event. Passages of the
# post-mortem are kept as they are, and hidden on its pages.
_TYPED = {
    "opened": ("text", "where"), "noted": ("text", "where"), "update": ("text", "reason"), "acknowledged": ("text",),
    "phase": ("reason",), "severity": ("reason",), "checklist": ("reason",), "action_item": ("text", "reason"),
    "role": ("handover",), "handed_over": ("message",),
}  # fmt: skip
_FORMS = "use 14:56 (UTC, the last time it was that) or 2026-11-23T14:56:35Z"


def note_event(text: str, done_at: str, now: datetime) -> dict[str, Any]:
    """The event to append. Raises InputError for a text that is empty or too long, and for a time that is none or lies
    in the future."""
    text = text.strip()
    if not text or len(text) > _MOST:
        raise InputError(f"text: a note has 1 to {_MOST} characters, this one has {len(text)}. Nothing was written.")
    note = {"text": text, "done_at": stamp(when(done_at, now))} if done_at else {"text": text}
    return {"kind": "noted", "note": note}


def without_secrets(kind: str, note: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of an event with the secrets hidden that a person has typed: the log is copied and sent."""
    typed = {name: note[name] for name in _TYPED.get(kind, ()) if isinstance(note.get(name), str)}
    return {**note, **{name: _hidden(text) for name, text in typed.items() if text}}


def _hidden(text: str) -> str:
    """Only lines with a secret are changed."""
    # Its rules take longer to import than all else that a record does, and most records have no words of a person.
    from .._core.redaction import HIDDEN, redacted_lines  # noqa: PLC0415 - see above

    lines = text.split("\n")
    known = zip(lines, redacted_lines(lines))
    return "\n".join(other if other.count(HIDDEN) > line.count(HIDDEN) else line for line, other in known)


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
