# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Commands in records of auditd that are written in base 16, since they have blanks or several words. Pure.

``type=PROCTITLE ... proctitle=6D7973716C002D7078`` is ``mysql``, a byte 0 and ``-px``; ``type=EXECVE`` has one word of
the command under each of a0, a1, ..., a long one in parts (a1_len=9000 a1[0]=... a1[1]=...); ``type=USER_CMD`` has
under cmd what sudo was asked for, ``type=TTY`` under data what was typed. Sources: auditd's audit.log, ausearch --raw,
the kernel's form (numbers of types) and journald's (without ``type=``).
"""

from __future__ import annotations

import re
from itertools import groupby
from typing import Callable, Iterator

from ..lazy import lazy
from .secret_names import HIDDEN

_HEX = r"((?:[0-9A-F]{2}){4,8192})(?!\w)"
_TITLE = lazy(rf"(?<![\w.])(proctitle=){_HEX}")
_TYPED = lazy(rf"(?<![\w.])((?:cmd|data)=){_HEX}")
_OF_AUDIT = lazy(r"\baudit(?:\(|\[\d|:)|\b(?:USER_CMD|USER_TTY|TTY)\b")
_WORDS = lazy(r"(?<![\w.])(a(\d{1,5})(?:\[(\d{1,5})\])?=)(?:\"([^\"]{0,4096})\"|((?:[0-9A-F]{2}){2,8192})(?!\w))")


def without_encoded(text: str, clean: Callable[[str], str]) -> str:
    """The text without those of such values in which ``clean`` finds a secret.

    >>> without_encoded("proctitle=6D7973716C002D70736563726574", lambda text: text.replace("-psecret", HIDDEN))
    'proctitle=(hidden)'
    """
    if "proctitle=" in text:
        text = _TITLE.sub(lambda match: _cleaned(match, clean), text)
    if (" cmd=" in text or " data=" in text) and _OF_AUDIT.search(text):
        text = _TYPED.sub(lambda match: _cleaned(match, clean), text)
    # 1309 is EXECVE in the kernel's own log, which has numbers
    return _without_words(text, clean) if "EXECVE" in text or "type=1309" in text else text


def _cleaned(match: re.Match[str], clean: Callable[[str], str]) -> str:
    return f"{match.group(1)}{HIDDEN}" if HIDDEN in clean(_decoded(match.group(2))) else match.group()


def _without_words(text: str, clean: Callable[[str], str]) -> str:
    """The text without the words of a command, as far as they are encoded and not in what ``clean`` leaves of it."""
    parts = list(_WORDS.finditer(text))
    if not any(part.group(5) for part in parts):
        return text
    words = [(group, _word_of(parts, group)) for group in _by_word(parts)]
    command = " ".join(word for dummy, word in words)
    kept = clean(command)
    if kept.count(HIDDEN) <= command.count(HIDDEN):
        return text
    hidden = {parts[place].start() for group, word in words if word not in kept for place in group}

    def without(match: re.Match[str]) -> str:
        return f"{match.group(1)}{HIDDEN}" if match.group(5) and match.start() in hidden else match.group()

    return _WORDS.sub(without, text)


def _by_word(parts: list[re.Match[str]]) -> Iterator[list[int]]:
    """The places of the parts of each word: those of one number that stand one behind the other."""
    for dummy, group in groupby(range(len(parts)), key=lambda place: parts[place].group(2)):
        yield list(group)


def _word_of(parts: list[re.Match[str]], places: list[int]) -> str:
    return _decoded("".join(parts[place].group(5) or parts[place].group(4).encode().hex() for place in places))


def _decoded(encoded: str) -> str:
    """What was written, as a cleaned text has it: a blank for each byte 0 and each control character."""
    text = bytes.fromhex(encoded).decode("utf-8", "replace")
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
