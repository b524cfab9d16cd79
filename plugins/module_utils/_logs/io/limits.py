# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What reading logs may cost, and what it did: bytes and time of all sources, and what each left out. I/O."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from ..records import SourceReport

_MOST_NOTES = 20
_LEAST_KEPT, _MOST_KEPT, _ALL_KEPT = 128 * 1024, 8 * 1024 * 1024, 16 * 1024 * 1024  # bytes


@dataclass
class Limits:
    """Bytes that may be read and the moment (monotonic) at which it is enough, for all sources together."""

    bytes: int
    deadline: float
    scanned: int = 0
    sources: int = 1

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
    """What reading one source gave. ``left_out`` says in clauses what was not read, ``lost`` whether something was."""

    name: str
    kind: str
    place: str
    limits: Limits
    scanned: int = 0
    oldest: float | None = None
    records: int = 0
    left_out: list[str] = field(default_factory=list)
    problem: str = ""

    def scan(self, size: int) -> bool:
        """Count bytes; whether more may be read."""
        self.scanned += size
        self.limits.scanned += size
        return not self.limits.spent

    def note(self, clause: str) -> None:
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
