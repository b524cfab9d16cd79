# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Secrets that stand apart from their names, as another member of the same object. Pure.

Lists of names and values (Kubernetes, Compose, Terraform), parts of forms (RFC 7578), JSON web keys (RFC 7517), fields
of HTML forms. What stands on other lines: ``other_lines``.
"""

from __future__ import annotations

import re

from ..lazy import lazy
from .secret_names import HIDDEN, about_secret, is_secret

_Q = r"\\?[\"']"
_TEXT = r"(?:\\\"(?:[^\"\\]|\\[^\"]){0,4096}\\\"|\"(?:\\.|[^\"\\]){0,4096}\"|'[^']{0,4096}')"
_NAME = r"([A-Za-z_][\w.-]{0,80})"
_KEY = r"(?i:(?:parameter|option|attribute|property|setting)?(?:name|key|field|header|variable|env))"
_VALUE = r"(?i:(?:parameter|option|attribute|property|setting)?(?:value|val|default|content))"
_IS, _NEXT = r"\s{0,8}:\s{0,8}", r"\s{0,8},\s{0,8}"
_MORE = rf"(?:{_Q}\w{{1,40}}{_Q}{_IS}(?:{_Q}[^\"'\\]{{0,200}}{_Q}|[\w.+-]{{1,40}}){_NEXT}){{0,6}}?"  # other members
_NAME_FIRST = lazy(rf"({_Q}{_KEY}{_Q}{_IS}{_Q}{_NAME}{_Q}{_NEXT}{_MORE}{_Q}{_VALUE}{_Q}{_IS})({_TEXT})")
_VALUE_FIRST = lazy(rf"({_Q}{_VALUE}{_Q}{_IS})({_TEXT})(?={_NEXT}{_Q}{_KEY}{_Q}{_IS}{_Q}{_NAME}{_Q})")
# {name: DB_PASSWORD, value: x}, {Name:DB_PASSWORD Value:x}, name=DB_PASSWORD value=x
_BARE = lazy(
    rf"(?<![\w\"'-])({_KEY}\s{{0,4}}[:=]\s{{0,4}}[\"']?{_NAME}[\"']?\s{{0,4}}[,;]?\s{{0,4}}{_VALUE}\s{{0,4}}[:=]\s{{0,4}})"
    rf"({_TEXT}|[^\s,;}}\"']+)"
)
_FORM_PART = lazy(rf"(\bname=\\?\"{_NAME}\\?\"[^\\\"]{{0,200}}(?:\\r\\n|\\n){{2}})((?:(?!\\[rn]).){{1,4096}})")
# <name>db.password</name><value>x</value>
_ELEMENTS = lazy(
    rf"(<(?:name|key|param-name)>\s{{0,4}}{_NAME}\s{{0,4}}</(?:name|key|param-name)>\s{{0,8}}<(?:value|string|param-value)>)"
    r"[^<]{1,4096}"
)
_WEB_KEY = lazy(r"(\\?\"(?:d|p|q|dp|dq|qi|k)\\?\"\s{0,8}:\s{0,8}\\?\")[\w+/=-]{8,}")
_INPUT = lazy(r"<input\b[^<>]{0,2000}>?", re.I)
_OF_INPUT = lazy(r"(?i)\b(?:name|id|type)=[\"']?([\w.-]{1,80})")
_IN_INPUT = lazy(r"(?i)(\bvalue=)(\"[^\"]{0,4096}\"?|'[^']{0,4096}'?|[^\s>]+)")


def without_members(text: str) -> str:
    """A line without the values of members of objects whose name is the value of another member.

    >>> without_members('{"name": "DB_PASSWORD", "value": "x"}')
    '{"name": "DB_PASSWORD", "value": (hidden)}'
    """
    low = text.lower()
    if "value" in low or "default" in low or "content" in low:
        text = _NAME_FIRST.sub(lambda match: _hidden(match, match.group(2)), text)
        text = _VALUE_FIRST.sub(lambda match: _hidden(match, match.group(3)), text)
        text = _BARE.sub(lambda match: _hidden(match, match.group(2)), text)
    if "name=" in low and "\\n" in text:
        text = _FORM_PART.sub(lambda match: _hidden(match, match.group(2)), text)
    if "</" in text:
        text = _ELEMENTS.sub(lambda match: _hidden(match, match.group(2)), text)
    if "<input" in low:
        text = _INPUT.sub(_without_input, text)
    return _WEB_KEY.sub(rf"\1{HIDDEN}", text) if '"kty' in text or 'kty\\"' in text else text


def _hidden(match: re.Match[str], name: str) -> str:
    return f"{match.group(1)}{HIDDEN}" if _is_secret(name) else match.group()


def _is_secret(name: str) -> bool:
    return (is_secret(name) and not about_secret(name)) or name.lower() in ("authorization", "proxy-authorization")


def _without_input(match: re.Match[str]) -> str:
    names = _OF_INPUT.findall(match.group())
    return _IN_INPUT.sub(rf"\1{HIDDEN}", match.group()) if any(map(is_secret, names)) else match.group()
