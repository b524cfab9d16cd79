# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How grave a line of Redis is, by its mark and, where that is the gravest, by what it says. Pure.

Redis and Valkey know four levels. The last one, ``#``, has what failed, hints about the host's settings, and the usual
words of a start and an end. To syslog they give all of it as a warning.
"""

from __future__ import annotations

from ..._core.lazy import lazy

_MARKS = {".": "debug", "-": "info", "*": "notice", "#": "warning"}  # as Redis itself gives them to syslog
_CRITICAL = lazy(
    r"(?i)[=*! ]{0,4}(?:fatal|critical)\b|=== (?:redis|valkey) bug report start|=== assertion failed|guru meditation"
    r"|(?:redis|valkey) \S{1,20} crashed by signal|out of memory allocating"
)
_FAILED = lazy(
    r"(?i)\b(?:errors?|can't|cannot|could not|couldn't|unable to|fail(?:ed|s|ing|ure|ures)|aborting|aborted"
    r"|corrupt(?:ed|ion)?|short read|bad file format|no space left|misconf)\b|^fail to\b|^out of memory\b"
)
# What it says at each start on a host whose limits it would have otherwise, and what is over.
_NO_FAILURE = lazy(
    r"(?i)(?:##? ?)?warning\b|.{0,40}\bmaximum open files\b|.{0,60}\blooks solved\b|.{0,40}\bunable to failover\b"
    r"|.{0,40}\bcurrent maximum\b"
)


def level_of_redis(mark: str, said: str) -> str:
    """``mark``: one of ``.-*#``; ``said``: what is behind it.

    >>> level_of_redis("#", "Error writing to the AOF file: No space left"), level_of_redis("#", "Server started")
    ('error', 'warning')
    """
    level = _MARKS[mark]
    if mark != "#" or _NO_FAILURE.match(said):
        return level
    if _CRITICAL.match(said):
        return "critical"
    return "error" if _FAILED.search(said) else level
