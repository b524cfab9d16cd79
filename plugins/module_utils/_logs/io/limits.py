# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What reading logs may cost, and what it did: bytes and time of all sources, and what each left out. I/O."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from ..prefilter import Needle
from ..records import SourceReport

_MOST_NOTES = 20
_NO_CLOCK = 86400.0  # seconds; a line that is later than that is dated by something else
_LEAST_KEPT, _MOST_KEPT, _ALL_KEPT = 128 * 1024, 8 * 1024 * 1024, 16 * 1024 * 1024  # bytes


@dataclass
class Limits:
    """Bytes that may be read and the moment (monotonic) at which it is enough, for all sources together."""

    bytes: int
    deadline: float
    scanned: int = 0
    sources: int = 1
    kinds_until: float = 0.0  # until that moment (monotonic) also what ``match`` does not choose is read, for its kinds

    @property
    def share(self) -> int:
        """Bytes that one source may keep of what can only be read forwards; all of them begin at once."""
        return max(_LEAST_KEPT, min(_MOST_KEPT, _ALL_KEPT // max(1, self.sources)))

    @property
    def spent(self) -> str:
        """Which limit is reached; empty while none is."""
        if self.scanned >= self.bytes:
            return f"{self.bytes // 2**20} MiB were read"
        return "the time was over" if time.monotonic() >= self.deadline else ""


@dataclass
class Tally:
    """What reading one source gave. ``left_out`` says in clauses what was not read, or is not known of it."""

    name: str
    kind: str
    place: str
    limits: Limits
    scanned: int = 0
    oldest: float | None = None
    records: int = 0
    left_out: list[str] = field(default_factory=list)
    problem: str = ""
    needle: Needle | None = None
    unread: bool = False  # whether something that was asked for was not read, or could not be chosen
    disorder: float = 0.0  # seconds by which lines are late, or the clock was set back, as far as was read
    untimed: int = 0
    unclear_zone: str = ""  # one that times of it show, and several zones have
    dropped: int = 0  # lines of records that are longer than is kept
    levels: int = 0  # records with a level, of ``examined``
    examined: int = 0
    asked: int = 0  # records of which ``where`` was asked
    named: set[str] = field(default_factory=set)  # names of ``where`` that a record has
    kinds_cut: bool = False
    ended: bool = False  # whether all that belongs to it was read
    reaches: bool = False  # whether something in it is older than what was asked for
    _earliest: float = float("inf")

    def scan(self, size: int) -> bool:
        """Count bytes; whether more may be read."""
        self.scanned += size
        self.limits.scanned += size
        return not self.limits.spent

    def out_of_order(self, at: float | None) -> None:
        """Take the time of the next older line: one that is younger than those behind it shows how late they are."""
        if at is None:
            return
        if at - self._earliest > _NO_CLOCK or at < self._earliest:
            self._earliest = at  # a date that no clock shows is no order
        else:
            self.disorder = max(self.disorder, at - self._earliest)

    def note(self, clause: str, unread: bool = True) -> None:
        self.unread = self.unread or unread
        if len(self.left_out) < _MOST_NOTES:
            self.left_out.append(clause)

    def as_dict(self) -> SourceReport:
        return {
            "source": self.name,
            "kind": self.kind,
            "place": self.place,
            "records": self.records,
            "oldest": self.oldest,
            "scanned_bytes": self.scanned,
            "left_out": list(self.left_out),
            "problem": self.problem,
        }
