# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Values that a validation quotes of a field, which it names beside them or on the line above. Pure.

pydantic and FastAPI, express-validator, joi, class-validator, Spring's binding, Prisma, GraphQL.
"""

from __future__ import annotations

import re
from typing import Callable, Iterable, Tuple

from ...lazy import lazy
from ..secret_names import HIDDEN, about_secret, is_secret

_NAME = r"[A-Za-z_$][\w.$\[\]-]{0,80}"
_TEXT = r"(?:\\\"(?:[^\"\\]|\\[^\"]){1,4096}\\\"|\"(?:\\.|[^\"\\]){1,4096}\"|'(?:\\.|[^'\\]){1,4096}'|-?\d[\d.]{0,30})"
_Q = r"\\?[\"']"
# 'loc': ('body', 'password'), "path":["password"], path: 'password', label: 'password'
_FIELD = lazy(
    rf"(?<![\w.-])(?:{_Q})?(?i:path|param|property(?:path|name)?|label|argument|loc|field)(?:{_Q})?\s{{0,4}}[:=]\s{{0,4}}"
    rf"(?:[\[(][^\])\n{{}}]{{0,200}}?{_Q}({_NAME}){_Q}(?:,\s?\d{{1,6}}){{0,2}},?\s{{0,2}}[\])]|{_Q}({_NAME}){_Q})"
)
_GIVEN = lazy(
    rf"((?<![\w.-])(?:{_Q})?(?i:value|input|(?:rejected|attempted|invalid)_?value)(?:{_Q})?\s{{0,4}}[:=]\s{{0,4}}){_TEXT}"
)
_FAR = 600  # characters of an object on either side of the name
# on field 'password': rejected value [x]; Variable "$password" got invalid value "x"; Provided: "x"
_SPOKEN = lazy(
    rf"(?i)\b(?:field|property|parameter|argument|attribute|variable)\s\\?[\"'`]({_NAME})\\?[\"'`]"
    r"(?=[^\n]{1,300}?(?:value|provided|string|received))"
)
_QUOTED = lazy(
    r"(?i)(\b(?:(?:rejected|invalid|non-\w{1,20}) value|provided|input string|received):?\s)"
    rf"(?:\[[^\]\n]{{1,1000}}\]|{_TEXT})"
)
_AT = lazy(rf"(\bgot invalid value\s){_TEXT}(?=\sat\s\\?\"({_NAME})\\?\")")
# pydantic, whose line with the value is below that of the name
_BELOW = lazy(r"(\binput_value=)(?!\{|(?:None|''|\"\"|\[\]|True|False)[,\]]).{1,4096}?(?=, input_type=|\]\s*$|$)")
_ABOVE = lazy(rf"(?:[\w.-]{{1,80}}\s{{0,40}}\|\s)?({_NAME})(?:\.\(?function-.{{1,200}})?$")
_PartOf = Callable[[str, "re.Match[str]"], Tuple[int, int]]
_NO_NAME = frozenset(["str", "int", "bytes", "float", "bool"])  # a type of several, behind the field's name


def without_validated(text: str) -> str:
    """The text without values that a validation quotes of a field of a secret.

    >>> without_validated("{'loc': ('body', 'password'), 'msg': 'too short', 'input': 'x'}")
    "{'loc': ('body', 'password'), 'msg': 'too short', 'input': (hidden)}"
    >>> without_validated("on field 'password': rejected value [x]; default message [too short]")
    "on field 'password': rejected value (hidden); default message [too short]"
    """
    if "alue" not in text and "input" not in text and "rovided" not in text:
        return text
    text = _AT.sub(_hidden, text) if "invalid value" in text else text
    text = _each(text, _FIELD, _object_of, _GIVEN)
    return _each(text, _SPOKEN, _rest_of, _QUOTED)


def without_inputs(lines: Iterable[str]) -> list[str]:
    """As many lines, without the values of fields of secrets whose names are on the lines above them.

    >>> without_inputs(["password", "  too short [type=x, input_value='x', input_type=str]"])
    ['password', '  too short [type=x, input_value=(hidden), input_type=str]']
    """
    given = list(lines)
    for place, line in enumerate(given):
        if "input_value=" in line and place:
            named = _ABOVE.match(given[place - 1].strip())
            if named and _is_secret(named.group(1)):
                given[place] = _BELOW.sub(rf"\1{HIDDEN}", line)
    return given


def _each(text: str, rule: re.Pattern[str], part_of: _PartOf, value: re.Pattern[str]) -> str:
    """The text without the values in the parts of it that belong to names of secrets."""
    kept: list[str] = []
    place = 0
    for match in rule.finditer(text):
        if not _is_secret(next(filter(None, match.groups()))):
            continue
        begin, end = part_of(text, match)
        if end > place:  # parts of names near each other overlap
            begin = max(place, begin)
            kept += [text[place:begin], value.sub(rf"\1{HIDDEN}", text[begin:end])]
            place = end
    return "".join([*kept, text[place:]])


def _object_of(text: str, match: re.Match[str]) -> tuple[int, int]:
    """The members of the object beside a name, without those of objects in it."""
    first, last = max(0, match.start() - _FAR), min(len(text), match.end() + _FAR)
    begin = max(text.rfind("{", first, match.start()), text.rfind("}", first, match.start()), first)
    ends = [end for end in (text.find("{", match.end(), last), text.find("}", match.end(), last)) if end >= 0]
    return begin, min(ends, default=last)


def _rest_of(text: str, match: re.Match[str]) -> tuple[int, int]:
    """What follows a name on its line."""
    last = min(len(text), match.end() + _FAR)
    end = text.find("\n", match.end(), last)
    return match.end(), end if end >= 0 else last


def _hidden(match: re.Match[str]) -> str:
    return f"{match.group(1)}{HIDDEN}" if _is_secret(match.group(2)) else match.group()


def _is_secret(path: str) -> bool:
    """Of a path of names the last one counts that is no number and no type."""
    names = [name for name in path.replace("[", ".").strip("$]").split(".") if name.strip("]").isidentifier()]
    while names and names[-1] in _NO_NAME:
        names.pop()
    return bool(names) and is_secret(names[-1].strip("]")) and not about_secret(names[-1].strip("]"))
