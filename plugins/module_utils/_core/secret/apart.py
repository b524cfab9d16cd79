# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Secrets that stand apart from their names: on another line, or as another member of the same object. Pure.

YAML's block scalars and lists of names and values (Kubernetes, Compose, Terraform), parts of forms (RFC 7578), keys of
PuTTY, JSON web keys (RFC 7517), fields of HTML forms.
"""

from __future__ import annotations

import re
from typing import Sequence

from ..lazy import lazy
from .secret_names import HIDDEN, about_secret, is_secret

_Q = r"\\?[\"']"
_TEXT = r"(?:\\\"(?:[^\"\\]|\\[^\"]){0,4096}\\\"|\"(?:\\.|[^\"\\]){0,4096}\"|'[^']{0,4096}')"
_NAME = r"([A-Za-z_][\w.-]{0,80})"
_NAMES = ("name", "key", "field", "header", "variable", "env")
_KEY, _VALUE = r"(?i:name|key|field|header|variable|env)", r"(?i:value|val|default|content)"
_IS, _NEXT = r"\s{0,8}:\s{0,8}", r"\s{0,8},\s{0,8}"
_NAME_FIRST = lazy(rf"({_Q}{_KEY}{_Q}{_IS}{_Q}{_NAME}{_Q}{_NEXT}{_Q}{_VALUE}{_Q}{_IS})({_TEXT})")
_VALUE_FIRST = lazy(rf"({_Q}{_VALUE}{_Q}{_IS})({_TEXT})(?={_NEXT}{_Q}{_KEY}{_Q}{_IS}{_Q}{_NAME}{_Q})")
_FORM_PART = lazy(rf"(\bname=\\?\"{_NAME}\\?\"[^\\\"]{{0,200}}(?:\\r\\n|\\n){{2}})((?:(?!\\[rn]).){{1,4096}})")
_WEB_KEY = lazy(r"(\\?\"(?:d|p|q|dp|dq|qi|k)\\?\"\s{0,8}:\s{0,8}\\?\")[\w+/=-]{8,}")
_INPUT = lazy(r"<input\b[^<>]{0,2000}>?", re.I)
_OF_INPUT = lazy(r"(?i)\b(?:name|id|type)=[\"']?([\w.-]{1,80})")
_IN_INPUT = lazy(r"(?i)(\bvalue=)(\"[^\"]{0,4096}\"?|'[^']{0,4096}'?|[^\s>]+)")

# --- on other lines ---------------------------------------------------------------------------------------------------
_BLOCK = lazy(rf"(?<![\w.-])[\"']?{_NAME}[\"']?\s?:\s{{1,4}}[|>][-+\d]{{0,2}}\s*$")
_OPEN = lazy(rf"(?<![\w.-])[\"']?{_NAME}[\"']?\s{{0,4}}[:=]\s{{0,4}}(\{{?)\s*$")
_NAMED = lazy(rf"(?<![\w.-])[\"']?{_KEY}[\"']?\s{{0,4}}[:=]\s{{0,4}}[\"']?{_NAME}[\"']?,?\s*$")
_VALUED = lazy(rf"(?<![\w.-])[\"']?{_VALUE}[\"']?\s{{0,4}}[:=]\s{{0,4}}\S")
_PART = lazy(rf"(?i)content-disposition:.{{0,200}}\bname=\"{_NAME}\"")
_PUTTY = lazy(r"\bPrivate-Lines: (\d{1,4})\s*$")
_LIKE = lazy(r"(?=\S*\d)(?=\S*[A-Za-z])[^\s:={}]{6,}$")
_NUMBER = lazy(r"\d+")
_WIDEST = 4096  # characters of a line that may name one on the next
_NEAR, _LONGEST = 4, 200  # lines behind a name, and of a block


def without_members(text: str) -> str:
    """A line without the values of members of objects whose name is the value of another member.

    >>> without_members('{"name": "DB_PASSWORD", "value": "x"}')
    '{"name": "DB_PASSWORD", "value": (hidden)}'
    """
    low = text.lower()
    if "value" in low or "default" in low or "content" in low:
        text = _NAME_FIRST.sub(lambda match: _hidden(match, match.group(2)), text)
        text = _VALUE_FIRST.sub(lambda match: _hidden(match, match.group(3)), text)
    if "name=" in low and "\\n" in text:
        text = _FORM_PART.sub(lambda match: _hidden(match, match.group(2)), text)
    if "<input" in low:
        text = _INPUT.sub(_without_input, text)
    return _WEB_KEY.sub(rf"\1{HIDDEN}", text) if '"kty' in text or 'kty\\"' in text else text


def _hidden(match: re.Match[str], name: str) -> str:
    return f"{match.group(1)}{HIDDEN}" if _is_secret(name) else match.group()


def _is_secret(name: str) -> bool:
    return is_secret(name) and not about_secret(name)


def _without_input(match: re.Match[str]) -> str:
    names = _OF_INPUT.findall(match.group())
    return _IN_INPUT.sub(rf"\1{HIDDEN}", match.group()) if any(map(is_secret, names)) else match.group()


def places_apart(lines: Sequence[str]) -> set[int]:
    """The places of lines that are the value of a name on a line before them."""
    places: set[int] = set()
    for place, line in enumerate(lines[:-1]):
        if len(line) > _WIDEST:
            continue
        behind = lines[place + 1 : place + 1 + _LONGEST]
        places |= {place + 1 + further for further in _values_behind(line, behind)}
    return places


def _values_behind(line: str, behind: Sequence[str]) -> Sequence[int]:
    """Which of the lines behind a line are the value of a name in it."""
    putty = _PUTTY.search(line) if "Private-Lines" in line else None
    if putty:
        return range(min(int(putty.group(1)), len(behind)))
    part = _PART.search(line) if "isposition" in line else None
    if part:
        return (1,) if _is_secret(part.group(1)) and behind and not behind[0].strip() else ()
    block = _BLOCK.search(line) if ": |" in line or ": >" in line else None
    if block:
        return _of_block(line, block.start(1), behind) if _is_secret(block.group(1)) else ()
    opened = _OPEN.search(line) if line.rstrip()[-1:] in (":", "=", "{") else None
    if opened and _is_secret(opened.group(1)):
        if opened.group(2):
            return _valued(behind[:_NEAR])
        column = len(line[: opened.start(1)].rstrip(" \t\"'-"))  # where a line begins behind what stands before each
        return (0,) if behind and _LIKE.match(behind[0][column:].strip()) else ()
    low = line.lower()
    named = _NAMED.search(line) if any(word in low for word in _NAMES) else None
    return _valued(behind[:_NEAR]) if named and _is_secret(named.group(1)) else ()


def _of_block(line: str, column: int, behind: Sequence[str]) -> Sequence[int]:
    """Lines that are indented more than the name, behind the same prefix, in which a dash of a list is a blank."""
    prefix = _NUMBER.sub("0", line[:column])
    count = 0
    for text in behind:
        before = _NUMBER.sub("0", text[:column])
        if text.strip() and (before not in (prefix, prefix.replace("-", " ")) or text[column : column + 1].strip()):
            break
        count += 1
    return range(count)


def _valued(behind: Sequence[str]) -> Sequence[int]:
    return [further for further, text in enumerate(behind) if _VALUED.search(text)][:1]
