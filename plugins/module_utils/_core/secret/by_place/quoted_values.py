# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Secrets in what a program writes in quotes behind a name: logfmt, and JSON behind other words. Pure.

There a text of several lines, or one with quotes, has escapes in place of them: ``msg="X-Api-Key:\\n  a1b2"``. What
it says is known where it is read as it was before it was written; so is what stands at its beginning. A message is
judged so alone: where it begins and ends, and its quotes without escapes, also say that a word is no secret.
"""

from __future__ import annotations

import json
import re
from itertools import count
from typing import Callable, Iterable

from ...lazy import lazy
from ...text import printable
from ..secret_names import HIDDEN
from .bound_values import gives_secret

_VALUE = lazy(r"([=:]\s?)\"((?:[^\"\\]|\\[^\n]){1,8192})\"(?![\w\"])")
_ESCAPE = lazy(r"\\(u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|.)")
_MEANT = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}
# Reading a value takes as long as a whole line: of those with none of these words as many are read that have escapes.
_MOST = 200
_MAY_HOLD = lazy(
    r"(?i)pass|pwd|secret|token|key|auth|cookie|cred|community|login|connect |identify|vxnlcm5hb|could not be cast"
    r"|\s-u\s|--user"
)

# logfmt's names of what is said in words; what is under another name may be the value of a name beside it.
_MESSAGE = lazy(
    r"((?<!\S)(?:msg|message|@?m|event|error|err|text|log|body|reason|detail|details|description|cause|exception|stderr|stdout|output"
    r"|cmd|command|statement|query)=)\"((?:[^\"\\\n]|\\[^\n]){1,8192})\"(?!\S)"
)
_APART = lazy(r"\bmessagepart([a-j]{1,8})x\b")
_TO_LETTERS, _TO_DIGITS = str.maketrans("0123456789", "abcdefghij"), str.maketrans("abcdefghij", "0123456789")


def messages_apart(text: str, messages: list[str], clean: Callable[[Iterable[str]], list[str]]) -> str:
    """The text with a word for each message in quotes, which is added to ``messages`` as ``clean`` leaves it.

    >>> messages_apart('at=1 msg="no token: x"', [], list)
    'at=1 msg=messagepartax'
    """

    def apart(match: re.Match[str]) -> str:
        written = match.group(2)
        if not (" " in written or "\\" in written) or not _MAY_HOLD.search(written):
            return match.group()
        meant = unescaped(written)
        if "arameters: $" in meant or gives_secret(meant):  # of a statement, whose values another field has
            return match.group()
        kept = "\n".join(clean(meant.split("\n")))
        hidden = kept.count(HIDDEN) > meant.count(HIDDEN)
        messages.append(json.dumps(kept, ensure_ascii=False) if hidden else printable(f'"{written}"'))
        return f"{match.group(1)}messagepart{str(len(messages) - 1).translate(_TO_LETTERS)}x"

    return _MESSAGE.sub(apart, text)


def with_messages(text: str, messages: list[str]) -> str:
    """The text with the messages in their places again."""

    def message(match: re.Match[str]) -> str:
        place = int(match.group(1).translate(_TO_DIGITS))
        return messages[place] if place < len(messages) else match.group()

    return _APART.sub(message, text)


def without_quoted(text: str, clean: Callable[[Iterable[str]], list[str]]) -> str:
    """The text, of whose values those are changed in whose lines ``clean`` finds a secret.

    >>> without_quoted('at=1 msg="a \\\\"x\\\\""', lambda lines: [line.replace('"x"', HIDDEN) for line in lines])
    'at=1 msg="a (hidden)"'
    """

    others = count()

    def cleaned(match: re.Match[str]) -> str:
        written = match.group(2)
        if not _MAY_HOLD.search(written) and ("\\" not in written or next(others) >= _MOST):
            return match.group()
        meant = unescaped(written)
        kept = "\n".join(clean(meant.split("\n")))
        if kept.count(HIDDEN) <= meant.count(HIDDEN):
            return match.group()
        return f"{match.group(1)}{json.dumps(kept, ensure_ascii=False)}"

    return _VALUE.sub(cleaned, text) if '"' in text else text


def unescaped(written: str) -> str:
    """What a text in quotes says, whose escapes are those of JSON or of Go's %q.

    >>> unescaped('a \\"b\\"')
    'a "b"'
    """
    if "\\" not in written:
        return written
    # A sign beyond 16 bits is written as two halves; a half alone could be written to no file.
    said = _ESCAPE.sub(_character, written)
    return said.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _character(match: re.Match[str]) -> str:
    escape = match.group(1)
    return chr(int(escape[1:], 16)) if len(escape) > 1 else _MEANT.get(escape, escape)
