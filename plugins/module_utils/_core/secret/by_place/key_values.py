# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Secrets that are stored under a key which names them: Redis' commands, also as MONITOR writes them. Pure."""

from __future__ import annotations

import re

from ...lazy import lazy
from ..secret_names import HIDDEN, about_secret, is_secret

_TEXT = r"(?:\"(?:[^\"\\]|\\.){0,4096}(?:\"|$)|'[^']{0,4096}(?:'|$)|[^\s\"']{1,4096})"
# SET reset_token:bob x, SETEX otp:bob 300 x; not SQL's SET a = b and SET a TO b.
_SET = lazy(
    r"((?<![\w-])[\"']?(?:SET|SETNX|GETSET|APPEND|P?SETEX|(?<=[\"'])(?:set|setnx|getset|append|p?setex))[\"']?\s{1,4}[\"']?)"
    r"([\w:.{}@+-]{1,200})([\"']?\s{1,4}(?:[\"']?\d{1,15}[\"']?\s{1,4}(?=\S))?)(?!=|(?i:to|for)\b)" + _TEXT
)
_HASH = lazy(r"(?i)(?<![\w-])[\"']?(?:hset|hmset|hsetnx)[\"']?\s")
# rclone config create NAME TYPE key value ...
_RCLONE = lazy(
    r"(?i)\brclone\s[^\n]{0,200}?\bconfig\s{1,4}(?:create\s{1,4}\S{1,100}\s{1,4}\S{1,40}|(?:update|password)\s{1,4}\S{1,100})(?=\s)"
)
_MEMBER = lazy(r"((?:^|(?<=\s))([\"']?)([A-Za-z_][\w.-]{0,80})\2\s{1,4})" + _TEXT)
_APART = re.compile(r"[:.{}]")


def without_key_values(text: str) -> str:
    """The text without values that a command stores under a name of a secret.

    >>> without_key_values('SET reset_token:bob x1 "HSET" "user:1" "password" "x2"')
    'SET reset_token:bob (hidden) "HSET" "user:1" "password" (hidden)'
    """
    low = text.lower()
    given = _RCLONE.search(text) if "rclone" in low else None
    if given:
        text = text[: given.end()] + _MEMBER.sub(_without_member, text[given.end() :])
    if "set" not in low and "append" not in low:
        return text
    text = _SET.sub(_hidden, text)
    hashed = _HASH.search(text)
    if hashed:
        text = text[: hashed.end()] + _MEMBER.sub(_without_member, text[hashed.end() :])
    return text


def _hidden(match: re.Match[str]) -> str:
    before = match.group(1) + match.group(2) + match.group(3)
    return f"{before}{HIDDEN}" if any(map(_is_secret, _APART.split(match.group(2)))) else match.group()


def _without_member(match: re.Match[str]) -> str:
    return f"{match.group(1)}{HIDDEN}" if _is_secret(match.group(3)) else match.group()


def _is_secret(name: str) -> bool:
    return (is_secret(name) and not about_secret(name)) or name.lower() in ("otp", "totp")
