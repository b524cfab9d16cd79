# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The rule that makes a container refuse new connections, and the mark in it. Pure.

The mark says whose rule it is and until when it may stand, so that any later run can tell a rule that its run left
behind from one of an active run. The kernel itself ends a rule at its time, where it has the match `time`. Words and
listing: iptables(8), iptables-extensions(8).
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Sequence

from ..._system.identity import Identity, identity_of

_SIGN = "pafar-drain"
_TIME = "--datestop"
_LONGEST = 250  # characters of a comment; the kernel's field has 256 bytes
_COMMENT = re.compile(_SIGN + r" (\w+) (\d+) (\d+) (\d+@\d+/\d+(?:/[0-9a-f]+)?) ([^/ ]*)(?:/(\S*))?")


@dataclass(frozen=True)
class Mark:
    """Which container, since and until when (seconds since 1970), and the process that set the rule."""

    container: str  # short id
    since: int
    until: int
    owner: Identity
    project: str
    service: str

    @property
    def text(self) -> str:
        words = f"{_SIGN} {self.container} {self.since} {self.until} {self.owner.text} {self.project}/{self.service}"
        return words[:_LONGEST]

    @property
    def since_text(self) -> str:
        return _date(self.since) + "Z"


def mark_of(comment: str) -> Mark | None:
    """From a rule's comment; None where it is not of this kind."""
    match = _COMMENT.fullmatch(comment)
    owner = identity_of(match.group(4)) if match else None
    if match is None or owner is None:
        return None
    return Mark(match.group(1), int(match.group(2)), int(match.group(3)), owner, match.group(5), match.group(6) or "")


def rule_words(mark: Mark, timed: bool) -> list[str]:
    """The rule, without the command: answer every new TCP connection from outside with a reset."""
    until = ["-m", "time", _TIME, _date(mark.until)] if timed else []
    comment = ["-m", "comment", "--comment", mark.text]
    reject = ["-j", "REJECT", "--reject-with", "tcp-reset"]
    return ["INPUT", "!", "-i", "lo", "-p", "tcp", "--syn", *until, *comment, *reject]


def rules_in(listing: str) -> list[tuple[list[str], Mark]]:
    """Marked rules in what `iptables -S` prints: the words that delete each, and its mark."""
    rules = []
    for line in listing.splitlines():
        if _SIGN not in line:
            continue
        try:
            words = shlex.split(line)
        except ValueError:
            continue
        comment = words[words.index("--comment") + 1] if "--comment" in words[:-1] else ""
        mark = mark_of(comment)
        if mark is not None and words[0] == "-A":
            rules.append((["-D", *words[1:]], mark))
    return rules


def over(words: Sequence[str], mark: Mark, now: float) -> bool:
    """Whether the kernel has ended a rule by its time: it stands there until its container stops, and does nothing."""
    return _TIME in words and now > mark.until + 1  # it ends with the second that it names


def _date(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S")
