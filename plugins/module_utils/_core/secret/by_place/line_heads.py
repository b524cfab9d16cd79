# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What stands before each line of a text and is no part of it: a container's name (Compose), syslog's beginning. Pure.

Rules that go by where a line begins, or by how far it is indented, would find nothing behind it.
"""

from __future__ import annotations

import re
from typing import List, Sequence, Tuple

from ...lazy import lazy

_NAME = lazy(r"[a-z0-9][\w.-]{0,80}[-_]\d{1,3} {0,60}\| ?")
_SYSLOG = lazy(
    r"(?:[A-Z][a-z]{2} {1,2}\d{1,2} \d\d:\d\d:\d\d(?:\.\d{1,9})? [\w.-]{1,80} [\w./@-]{1,60}(?:\[\d{1,8}\])?"
    r"|\d{4}-\d\d-\d\dT[\d:.,+Z-]{8,30} [\w.-]{1,80} [\w./@-]{1,60}\[\d{1,8}\]): "
)
_Split = Tuple[List[str], List[str], List[str]]


def split_heads(lines: list[str]) -> _Split:
    """What syslog puts before each line, the rest of each, and the rest without a container's name too; nothing stands
    before any where one line has no such head. Behind a container's name a line is judged with it: its programs may
    test, and write PASS.

    >>> split_heads(["Nov 24 02:40:04 web app[7]: x", ""])
    (['Nov 24 02:40:04 web app[7]: ', ''], ['x', ''], ['x', ''])
    >>> split_heads(["web-1  | password:", "web-1  |   x"])
    (['', ''], ['web-1  | password:', 'web-1  |   x'], ['password:', '  x'])
    """
    nothing = [""] * len(lines)
    first = next(filter(None, lines), "")
    for form in (_SYSLOG, _NAME):
        heads = _heads(lines, form) if form.match(first) else []
        if heads:
            bare = [line[len(head) :] for head, line in zip(heads, lines)]
            return (heads, bare, bare) if form is _SYSLOG else (nothing, lines, bare)
    return nothing, lines, lines


def _heads(lines: Sequence[str], form: re.Pattern[str]) -> list[str]:
    """The heads of all lines; none where one has none. A blank line needs none."""
    heads: list[str] = []
    for line in lines:
        match = form.match(line)
        if line and match is None:
            return []
        heads.append(match.group() if match else "")
    return heads
