# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A process as something that a later run can recognise: a pid alone is given to another process some day. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

_TEXT = re.compile(r"(\d+)@(\d+)/(\d+)(?:/([0-9a-f]+))?")
RUNS, ENDED, UNKNOWN = "runs", "ended", "unknown"  # what is known of a process


@dataclass(frozen=True)
class Identity:
    """``started``: in the kernel's ticks since its boot; ``space``: the inode of its pid namespace, which the first one
    of every host has in common; ``boot``: which boot of which host, empty where that is not known."""

    pid: int
    started: int
    space: int
    boot: str = ""

    @property
    def text(self) -> str:
        """For a file or a mark; ``identity_of`` reads it."""
        return f"{self.pid}@{self.started}/{self.space}" + (f"/{self.boot}" if self.boot else "")


def identity_of(text: str) -> Identity | None:
    """From its text; None where it is none.

    >>> identity_of("12@345/678")
    Identity(pid=12, started=345, space=678, boot='')
    """
    match = _TEXT.fullmatch(text)
    if match is None:
        return None
    pid, started, space = (int(match.group(place)) for place in (1, 2, 3))
    return Identity(pid, started, space, match.group(4) or "")


def start_and_state(stat: str) -> tuple[int, str]:
    """When a process was started, in ticks, and the letter of its state, from /proc/PID/stat; (0, "") for no text."""
    fields = stat.rpartition(")")[2].split()
    return (int(fields[19]), fields[0]) if len(fields) > 19 else (0, "")


def state_of(identity: Identity, space: int, boot: str, stat: str) -> str:
    """``runs``, ``ended`` or ``unknown``. ``space``, ``boot``: those of the reader; ``stat``: what it reads there."""
    if not (space and boot) or (identity.space, identity.boot) != (space, boot):
        return UNKNOWN
    started, letter = start_and_state(stat)
    return RUNS if started == identity.started and letter not in ("Z", "X", "") else ENDED
