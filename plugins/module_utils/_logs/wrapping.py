# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What stands around a line of a log: terminal colours, the name before a saved `docker compose logs`, CRI. Pure.

Formats: ECMA-48 SGR; Docker Compose's and kubectl's prefixes; Kubernetes CRI ("TIME stdout F message"); the time that
`docker logs --timestamps`, Compose, Podman and kubectl put before each line, also of a traceback.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from .._core.lazy import lazy

# The escape itself, or what programs that must print it write instead of it.
_COLOUR = lazy(r"(?:\x1b|\\u001[bB]|\\x1[bB]|\\e|\\033|#033|\^\[)\[[\d;]{0,20}[mK]")
_MAY_COLOUR = lazy(r"\x1b|\\u001[bB]|\\x1[bB]|\\e\[|\\033|#033|\^\[\[")
_NAMED = lazy(r"([a-z0-9][\w.-]{0,80})[ \t]{0,60}\|(?:[ \t]|$)")
_POD = lazy(r"\[((?:pod|deploy)/[\w./-]{1,120})\] ")
_CRI = lazy(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\S{0,20}) (stdout|stderr) ([FP])(?::\S{0,20})? (.*)\Z", re.S)
# With thousandths of thousandths of thousandths, which kubectl cuts where they end with zeros.
_STAMPED = lazy(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{8,9}(?:Z|[+-]\d\d:\d\d)) (.*)\Z", re.S)
_LEVELS = {"debug", "trace", "info", "notice", "warn", "warning", "error", "err", "critical", "crit", "fatal"}


class Wrapped(NamedTuple):
    """A line without what stands around it. ``part``: more of the line follows; ``stamp``: the time of the wrapping."""

    text: str
    stream: str = ""
    stamp: str = ""
    part: bool = False


def without_colours(text: str) -> str:
    """The text without what sets colours.

    >>> without_colours("\\x1b[31mERROR\\x1b[0m it failed")
    'ERROR it failed'
    """
    return _COLOUR.sub("", text) if _MAY_COLOUR.search(text) else text


def unwrapped(line: str) -> Wrapped:
    """A line of a file as its program wrote it, and who wrote it, where a collector put that before it.

    >>> unwrapped("backend-1  | ERROR it failed")
    Wrapped(text='ERROR it failed', stream='backend-1', stamp='', part=False)
    """
    if line[4:5] == "-":
        match = _CRI.match(line)
        if match:
            return Wrapped(match.group(4), match.group(2), match.group(1), match.group(3) == "P")
        return _unstamped(line)
    if "|" not in line[:120] and line[:1] != "[":
        return Wrapped(line)
    bare = without_colours(line[:200]) + line[200:]
    match = _POD.match(bare) if bare[:1] == "[" else _NAMED.match(bare)
    if match is None or match.group(1).lower() in _LEVELS or match.group(1).isdigit():
        return Wrapped(line)
    return _unstamped(bare[match.end() :], match.group(1))


def _unstamped(line: str, stream: str = "") -> Wrapped:
    """The same for a line that may have a collector's time before it."""
    match = _STAMPED.match(line) if line[19:20] == "." and line[27:28].isdigit() else None
    return Wrapped(match.group(2), stream, match.group(1)) if match else Wrapped(line, stream)
