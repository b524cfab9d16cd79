# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Lines for a terminal of a given width. They break at spaces alone, and in a command at those outside quotes: no name,
no digest and no quoted word is torn. Pure."""

from __future__ import annotations

import re

_BRANCH = re.compile(r"(?:[ │├└─]*)")
_COMMAND = "ansible-playbook "
# As a shell reads it: a quote that begins a word goes on to its end, with the blanks that are in it.
_WORD = re.compile(r"""(?:'[^']*'|"[^"]*")(?:'[^']*'|"[^"]*"|[^\s'"])*(?= |$)|[^ ]*""")
_INDENT = 4


def wrapped(text: str, width: int | None) -> list[str]:
    """The text in lines of at most ``width`` characters; a word that is longer stands alone. None: one line.

    What follows is indented, under the branches of a tree. A command continues with a backslash, so that it runs as it
    is pasted.
    """
    if width is None or len(text) <= width:
        return [text]
    match = _BRANCH.match(text)
    head = match.group() if match else ""
    follow = head.replace("├─", "│ ").replace("└─", "  ") + " " * _INDENT
    lines, line, is_command = [], head, False
    for word in _words(text[len(head) :]):
        room = width - (2 if is_command else 0)
        joined = f"{line}{word}" if line in (head, follow) else f"{line} {word}"
        if len(joined) > room and line.strip() and line not in (head, follow):
            lines.append(f"{line} \\" if is_command else line)
            joined = f"{follow}{word}"
        is_command = is_command or word == _COMMAND.strip()
        line = joined
    return [*lines, line]


def _words(text: str) -> list[str]:
    """Split at each space; from a command on at those outside quotes."""
    prose, command, rest = text.partition(_COMMAND)
    words, at = f"{prose}{command.strip()}".split(" "), 0
    while command and at <= len(rest):
        match = _WORD.match(rest, at)
        word = match.group() if match else ""
        words.append(word)
        at += len(word) + 1
    return words
