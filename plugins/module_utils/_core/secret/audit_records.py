# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Commands in records of auditd that are written in base 16, since they have blanks or several words. Pure.

``type=PROCTITLE ... proctitle=6D7973716C002D7078`` is ``mysql``, a byte 0 and ``-px``; ``type=EXECVE`` has one word of
the command under each of a0, a1, ... (auditd's audit.log, ausearch --raw).
"""

from __future__ import annotations

import re
from typing import Callable

from ..lazy import lazy
from .secret_names import HIDDEN

_TITLE = lazy(r"(?<![\w.])(proctitle=)((?:[0-9A-F]{2}){4,8192})(?![\w\"])")
_WORDS = lazy(r"(?<![\w.])(a\d{1,3}=)(?:\"([^\"]{0,4096})\"|((?:[0-9A-F]{2}){2,8192})(?![\w\"]))")


def without_encoded(text: str, clean: Callable[[str], str]) -> str:
    """The text without those of such values in which ``clean`` finds a secret.

    >>> without_encoded("proctitle=6D7973716C002D70736563726574", lambda text: text.replace("-psecret", HIDDEN))
    'proctitle=(hidden)'
    """
    if "proctitle=" in text:
        text = _TITLE.sub(lambda match: _cleaned(match, clean), text)
    words = _WORDS.findall(text) if "EXECVE" in text else []
    if not any(encoded for *dummy, encoded in words):
        return text
    command = " ".join(_decoded(encoded) if encoded else word for dummy, word, encoded in words)
    kept = clean(command)
    if kept.count(HIDDEN) <= command.count(HIDDEN):
        return text
    return _WORDS.sub(lambda match: _without_word(match, kept), text)


def _cleaned(match: re.Match[str], clean: Callable[[str], str]) -> str:
    return f"{match.group(1)}{HIDDEN}" if HIDDEN in clean(_decoded(match.group(2))) else match.group()


def _without_word(match: re.Match[str], kept: str) -> str:
    encoded = match.group(3)
    return f"{match.group(1)}{HIDDEN}" if encoded and _decoded(encoded) not in kept else match.group()


def _decoded(encoded: str) -> str:
    """What was written, as a cleaned text has it: a blank for each byte 0 and each control character."""
    text = bytes.fromhex(encoded).decode("utf-8", "replace")
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
