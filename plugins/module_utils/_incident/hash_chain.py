# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The chain of an incident's lines, and the first place at which it is broken. Pure.

Every line has ``seq`` (one more than the line before that could be read), ``prev`` (SHA-256 of the bytes of the line
before, torn or whole, without its line feed; of nothing for the first line) and ``sum`` (the beginning of the SHA-256
of its own text without ``sum``). A line that is changed no longer fits its ``sum`` and the ``prev`` of the next one.

This shows accidents and careless changes. A person who may write the file can compute a whole new chain: only a head
(``seq`` and the first digits of the last line's hash) that is kept elsewhere shows that, and only such a head shows
that the end was cut off. Lines of versions before the chain are read; the chain begins at the first line that has it.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field
from typing import Any, Callable, Iterable, Mapping, Sequence, TypedDict

from .._core.text import counted
from .stamps import is_stamp

HEAD_DIGITS = 12
_SUM_DIGITS = 16
PLACE = ("seq", "prev", "sum")
_SUM = re.compile(rb',"sum":"([0-9a-f]{16})"\}\Z')
_HEAD = re.compile(r"\A\s*(?:seq\s*)?0*([1-9]\d{0,14})\s*[:@/ ]\s*([0-9a-f]{6,64})\s*\Z", re.I | re.ASCII)


class Head(TypedDict):
    """The last event of a log: its number and the first digits of its line's SHA-256. Both are zero or empty without
    one. A torn line behind it is no part of it: the next event's ``prev`` covers that."""

    seq: int
    hash: str


class Break(TypedDict):
    """The first place at which a log is not what was written. ``line`` counts from 1; 0: no line of the log.
    ``evidence``: the file that differs; empty where the log itself does."""

    line: int
    seq: int
    evidence: str
    what: str


class Verification(TypedDict):
    """``first_break`` None: none was found. ``lines``: all; ``chained``: those with a place in the chain; ``torn``:
    interrupted writes, which are no break; ``not_checked``: lines of a version without a chain."""

    head: Head
    lines: int
    chained: int
    torn: int
    not_checked: int
    evidence_files: int
    first_break: Break | None


def read_event(line: str | bytes) -> dict[str, Any] | None:
    """The event of a line; None where it is none, as a torn write leaves it."""
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(event, dict) or not isinstance(event.get("note", {}), dict):
        return None
    return event if is_stamp(event.get("at")) and isinstance(event.get("kind"), str) else None


class VerifyReport(TypedDict):
    """What incident_verify returns. ``incidents``: by id; ``broken``: ids of those with a break; ``unread``: those that
    could not be read, with the reason; ``lines``: words."""

    incidents: dict[str, Verification]
    broken: list[str]
    unread: list[str]
    lines: list[str]


def digest_of(line: bytes) -> str:
    """SHA-256 of a line's bytes without the line feed."""
    return hashlib.sha256(line).hexdigest()


def head_at(seq: int, line: bytes) -> Head:
    """The head of a log whose last event has this number and this line."""
    return {"seq": seq, "hash": digest_of(line)[:HEAD_DIGITS]} if seq else {"seq": 0, "hash": ""}


def head_text(head: Mapping[str, Any]) -> str:
    """``17:ab12cd34ef56``, as it is printed and passed to `incident_verify`."""
    return f"{head['seq']}:{head['hash']}" if head["seq"] else ""


def head_of(text: str) -> Head | None:
    """A head from its text; None where it is none."""
    match = _HEAD.match(text)
    return {"seq": int(match[1]), "hash": match[2].lower()} if match else None


def sealed(event: Mapping[str, Any], seq: int, prev: str) -> bytes:
    """The line of an event at its place in the chain, without a line feed."""
    # What JSON does not have, as a date within a note, is written as its text.
    whole = {"seq": seq, **event, "prev": prev}
    text = json.dumps(whole, ensure_ascii=False, separators=(",", ":"), default=str)
    try:
        data = text.encode("utf-8")
    except UnicodeEncodeError:  # a lone surrogate, which UTF-8 does not have, is written as an escape
        data = json.dumps(json.loads(text), separators=(",", ":")).encode("ascii")
    own = hashlib.sha256(data).hexdigest()[:_SUM_DIGITS]
    return data[:-1] + f',"sum":"{own}"}}'.encode("ascii")


@dataclass
class Chain:
    """Reads lines in order, and keeps the first break. ``keeps``: given each line that is an event."""

    heads: Sequence[Head] = ()
    keeps: Callable[[dict[str, Any]], None] | None = None
    seq: int = 0
    before: bytes = b""
    lines: int = 0
    chained: int = 0
    torn: int = 0
    not_checked: int = 0
    first_break: Break | None = None
    _seen: dict[int, str] = field(default_factory=dict)
    _last: bytes = b""  # the last line that is an event
    # Lines that could not be read and no later line has vouched for, and whether each begins as the next event does.
    _unread: list[tuple[int, bool]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._wanted = {head["seq"] for head in self.heads}

    def read(self, line: bytes, is_whole: bool = True) -> None:
        """The next line, without its line feed. ``is_whole``: whether it ended with one."""
        self.lines += 1
        event = read_event(line)
        if event is None:
            self.torn += 1
            if is_whole:  # else an interrupted write at the end of the file
                self._unread.append((self.lines, _is_begun(line, self.seq + 1)))
        elif not event.keys().isdisjoint(PLACE):
            self._linked(line, event)
        else:
            self._unlinked()
        if event is not None:
            self._last = line
            if self.seq in self._wanted:
                self._seen[self.seq] = digest_of(line)
            if self.keeps is not None:
                self.keeps(event)
        self.before = line

    def _linked(self, line: bytes, event: Mapping[str, Any]) -> None:
        seq, expected = event.get("seq"), self.seq + 1
        inserted = self._inserted()
        if inserted:
            self._broken(inserted, 0, "the line cannot be read, and is no interrupted write")
        if event.get("prev") != digest_of(self.before):
            self._broken(self.lines, seq, self._between(seq, expected))
        elif seq != expected:
            self._broken(self.lines, seq, f"it says seq {seq} where {expected} follows")
        if not _fits_sum(line):
            self._broken(self.lines, seq, "the line was changed: its text does not fit its sum")
        self.chained += 1
        self._unread.clear()  # its prev covers what was torn before it
        self.seq = seq if isinstance(seq, int) else expected

    def _inserted(self) -> int:
        """The first line before this event that no ``prev`` covers and no interrupted write leaves; 0: there is none.

        Of several in a row the event covers the last one alone. An empty one, with the hash of no line, is never left.
        """
        if self.not_checked and not self.chained:
            return 0
        uncovered = self._unread[:-1] if self.before else self._unread
        return next((number for number, is_begun in uncovered if not is_begun), 0)

    def _between(self, seq: Any, expected: int) -> str:
        if self._unread:
            return "the line before it was changed: it cannot be read, and is no interrupted write"
        if not self.chained and not self.not_checked:
            return f"the log begins with seq {seq}: lines before it were removed, or this one was changed"
        if isinstance(seq, int) and seq > expected:
            return f"lines were removed before it: seq {seq} follows {expected - 1}"
        if isinstance(seq, int) and seq < expected:
            return f"a line was inserted, repeated or moved here: seq {seq} follows {expected - 1}"
        return "the line before it was changed, removed or replaced"

    def _unlinked(self) -> None:
        self.seq += 1
        if self.chained:
            self._broken(self.lines, self.seq, "the line has no place in the chain: it was not written as an event")
        else:
            self.not_checked += 1

    def _broken(self, line: int, seq: Any, what: str) -> None:
        if self.first_break is None:
            number = seq if isinstance(seq, int) else 0
            self.first_break = {"line": line, "seq": number, "evidence": "", "what": what}

    @property
    def head(self) -> Head:
        return head_at(self.seq, self._last)

    def end(self) -> None:
        """No more lines: what can only be known then."""
        # A version without a chain left lines that no later one vouches for.
        if self._unread and (self.chained or not self.not_checked):
            self._broken(self._unread[0][0], 0, "the line cannot be read, and is no interrupted write")
        for head in sorted(self.heads, key=lambda head: head["seq"]):
            if head["seq"] > self.seq:
                self._broken(
                    0, head["seq"], f"the end was cut off: seq {head['seq']} was written, {self.seq} is the last"
                )
            elif not self._seen.get(head["seq"], "").startswith(head["hash"]):
                self._broken(0, head["seq"], f"seq {head['seq']} is not the line of the head {head_text(head)}")


def _is_begun(line: bytes, seq: int) -> bool:
    """Whether a line is what an interrupted write of the event with this number leaves; a file system may have filled
    it up with zeros."""
    begun, start = line.rstrip(b"\0"), b'{"seq":%d,' % seq
    return bool(line) and (begun.startswith(start) or start.startswith(begun))


def _fits_sum(line: bytes) -> bool:
    match = _SUM.search(line)
    if not match:
        return False
    return hashlib.sha256(line[: match.start()] + b"}").hexdigest()[:_SUM_DIGITS].encode("ascii") == match[1]


def read_chain(lines: Iterable[bytes], chain: Chain) -> Chain:
    """The chain after all lines of a file, as it is iterated in binary mode."""
    for line in lines:
        is_whole = line.endswith(b"\n")
        text = line[:-1] if is_whole else line
        chain.read(text, is_whole)
    chain.end()
    return chain


def verify_report(incidents: Mapping[str, Verification], unread: Sequence[str] = ()) -> VerifyReport:
    """Every incident, and the sentences for those that are broken or could not be checked as a whole. ``unread``: a
    sentence for each that could not be read."""
    broken = [name for name, found in incidents.items() if found["first_break"]]
    lines = [f"{name}: {break_text(found['first_break'])}" for name, found in incidents.items() if found["first_break"]]
    lines += [f"not verified: {each}" for each in unread]
    for name, found in incidents.items():
        if found["not_checked"]:
            lines.append(
                f"{name}: {counted(found['not_checked'], 'line is', 'lines are')} of a version without a chain"
                " and not checked"
            )
        if found["torn"]:
            lines.append(f"{name}: {found['torn']} interrupted writes")
    if len(incidents) == 1 and not unread:
        ((name, found),) = incidents.items()
        counts = f"{counted(found['chained'], 'line')}, {counted(found['evidence_files'], 'evidence file')}"
        lines.append(f"{name}: {counts}, head {head_text(found['head'])}")
    else:
        more = f"; {len(unread)} could not be read" if unread else ""
        lines.append(f"{counted(len(incidents), 'incident')}, {len(broken)} of them broken{more}")
    return {"incidents": dict(incidents), "broken": broken, "unread": list(unread), "lines": lines}


def break_text(found: Break | None) -> str:
    """Where a log is broken and how, in words."""
    if found is None:
        return "not broken"
    where = f"line {found['line']}" if found["line"] else "the log"
    of_file = f", evidence {found['evidence']}" if found["evidence"] else ""
    return f"broken at {where} (seq {found['seq']}){of_file}: {found['what']}"
