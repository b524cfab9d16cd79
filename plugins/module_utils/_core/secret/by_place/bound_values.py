# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Values that a statement gives to a column of a secret, where they stand apart from it. Pure.

Lists of bound parameters, as SQLAlchemy, Django, TypeORM, Prisma, Sequelize, Ecto, MyBatis, Laravel and PostgreSQL log
them, in the statement's line or another one; rows that a server shows in its errors; rows of COPY.
"""

from __future__ import annotations

import re
from typing import Sequence

from ...lazy import lazy
from ..secret_names import HIDDEN, about_secret, is_secret

_WIDEST = 4096  # characters of a statement that are read
_NEAR = 4  # lines between a statement and its parameters
_IS_STATEMENT = ("insert", "update", "select", "delete", "merge", "replace")
_COLUMNS = lazy(r"(?i)\b(?:insert|replace)\s+into\s+[^\s(]{1,200}\s{0,4}\(([^()]{1,2000})\)\s{0,4}values\b")
_ASSIGNED = lazy(r"(?<!\w)([A-Za-z_]\w{0,80})[\"`\]\\]{0,3}\s{0,4}=\s{0,4}(?:\$\d|\?|%s|%\(|:\w|@\w|['\"]|\w|\(hidden)")
_VALUES = lazy(r"(?i)(\bvalues\s{0,4}\()([^()]{1,4096})(?=\))")
_QUOTED = r"(?:\\\"(?:[^\"\\]|\\[^\"]){0,4096}\\\"|\"(?:[^\"\\]|\\.){0,4096}\"|'[^']{0,4096}')"
# args=('a', 'x'), "bindings":["a","x"], -- PARAMETERS: ["a"], Params: [..], args="[a x]"
_LIST = lazy(
    r"(?i)((?<!\w)\\?[\"']?(?:parameters?|params|args|arguments|bindings|binds)\\?[\"']?\s?[:=]\s{0,2})"
    rf"(\[[^\[\]]{{0,4096}}\]?|\([^()]{{0,4096}}\)?|\{{[^{{}}]{{0,4096}}\}}?|{_QUOTED})"
)
# Behind the statement: ... VALUES ($1,$2) ["a", "x"] and ... RETURNING "id"; "a", "x"
_BEHIND = lazy(
    r"([)\w\"?]\s)\[[^\[\]\n]{1,4096}\](?=\s*$)"
    rf"|(;\s)(?:(?:{_QUOTED}|\d{{1,20}}(?!\d)|null)(?:,\s?)?){{1,50}}(?=\s*$)"
)
# PostgreSQL's line apart from its statement: which column each is for is not known. Without a literal there is none.
_APART = lazy(r"(?i)\b(?:detail|context):\s{0,4}(?:\S{1,40}\s)?(?:portal\s\S{1,80}\s)?(?:with\s)?parameters:\s(?=\$\d)")
_NUMBERED = lazy(r"(\$\d{1,5}\s=\s)'(?:[^'\n]|''){0,65536}(?:'|$)")
# Hibernate's and MyBatis' line of each parameter, or of all, with its type: the statement is another record. A text may
# be a password.
_BOUND_TEXT = lazy(
    r"(?i)(\bbinding parameter (?:\[[\w.]{1,80}\] as \[\w*(?:char|clob|text|binary|blob)\w*\] - "
    r"|\([\w.]{1,80}:\w*(?:char|clob|text|binary|blob)\w*\) <- )\[)([^\n]+)"
)
_TYPE = lazy(r"(\((?:[A-Z]\w{0,30}|byte\[\])\)(?:, |\s{0,4}$))")
_NULLS = lazy(r"(?:null, ){0,1000}")
_BOUND_LINE = lazy(r"(?i)(?:^|[\s\[>-])(?:parameters?|params|args|bindings|binds)\s?[:=]\s?\S")
_AS_NAME = lazy(r"(?i)'(?:[^'\\]|''|\\.){1,1000}'(?=\s{1,4}as\s{1,4}[\"`]?([A-Za-z_]\w{0,80}))")
_ROW = lazy(r"(Failing row contains )\([^\n]{0,8192}\)")
_TWICE = lazy(r"(?i)(duplicate entry )'[^\n]{0,1000}?'(?= for key '([^'\n]{1,200})')")
_OF_INDEX = lazy(r"(index: ([\w.$-]{1,200}) dup key: )\{[^{}\n]{0,1000}\}")
_COPY = lazy(r"(?i)\bcopy\s+[^\s(]{1,200}\s{0,4}\(([^()]{1,2000})\)\s+from\s+stdin\b")
_NO_VALUE = lazy(
    r"(?i)\s*(?:\$\d+(?:::[\w ]+)?|\?|%s|%\(\w+\)s|:\w+|@\w+|null|default|-?\d+(?:\.\d+)?|true|false|now)\s*$"
)
_OF_INDEXES = re.compile(r"_(?:\d+|-1|idx|key|uniq|unique|index)$")


def gives_secret(text: str) -> bool:
    """Whether a statement in a text gives a value to a column of a secret, or compares one.

    >>> gives_secret("UPDATE users SET password=$1"), gives_secret("UPDATE users SET name=$1")
    (True, False)
    """
    head = text[:_WIDEST]
    low = head.lower()
    if not any(word in low for word in _IS_STATEMENT):
        return False
    names = [match.group(1) for match in _ASSIGNED.finditer(head)]
    for columns in _COLUMNS.finditer(head):
        names += columns.group(1).split(",")
    return any(map(_is_secret, names))


def without_bound_values(text: str) -> str:
    """The text without values of columns of secrets that stand apart from the columns.

    >>> without_bound_values("INSERT INTO users (email, password) VALUES ($1, $2) -- PARAMETERS: ['a', 'x']")
    'INSERT INTO users (email, password) VALUES ($1, $2) -- PARAMETERS: (hidden)'
    """
    low = text.lower()
    if "failing row" in low:
        text = _ROW.sub(rf"\1{HIDDEN}", text)
    if "duplicate entry" in low:
        text = _TWICE.sub(_without_key, text)
    if "dup key" in low:
        text = _OF_INDEX.sub(_without_key, text)
    if "'" in text and " as " in low:
        text = _AS_NAME.sub(_without_named, text)
    apart = _APART.search(text) if "arameters: $" in text else None
    if apart and "statement:" not in low and not any(word in low[: apart.start()] for word in _IS_STATEMENT):
        return text[: apart.end()] + _NUMBERED.sub(rf"\1{HIDDEN}", text[apart.end() :])
    if "binding parameter" in low:
        text = _BOUND_TEXT.sub(_without_text, text)
    if "==>" in low and "parameters: " in low:
        text = _without_typed(text)
    if not gives_secret(text):
        return text
    if "arameters: $" in text:  # csvlog and jsonlog have both in one record
        text = _NUMBERED.sub(rf"\1{HIDDEN}", text)
    text = _BEHIND.sub(_without_list, _LIST.sub(rf"\1{HIDDEN}", text))
    columns = _COLUMNS.search(text)
    if not columns:
        return text
    names, begin = columns.group(1).split(","), columns.start()
    return text[:begin] + _VALUES.sub(lambda match: _without_values(match, names), text[begin:])


def places_of_bound_values(lines: Sequence[str]) -> set[int]:
    """The places of lines with parameters of a statement on a line beside them, and of rows that COPY reads."""
    places = {place for place, line in enumerate(lines) if _BOUND_LINE.search(line[:_WIDEST])}
    found = {place for place in places if any(map(gives_secret, lines[max(0, place - _NEAR) : place + _NEAR + 1]))}
    for place, line in enumerate(lines):
        copied = _COPY.search(line[:_WIDEST]) if "stdin" in line.lower() else None
        if copied and any(map(_is_secret, copied.group(1).split(","))):
            rows = range(place + 1, len(lines))
            end = next((further for further in rows if lines[further].startswith("\\.")), len(lines))
            found.update(range(place + 1, end))
        found |= _further_rows(lines, place) if line.rstrip()[-1:] in (",", "s", "S") else set()
    return found


def _further_rows(lines: Sequence[str], place: int) -> set[int]:
    """Rows of an INSERT on lines behind its first one: a dump writes one on each."""
    head = lines[place][:_WIDEST]
    columns = _COLUMNS.search(head) if "into" in head.lower() else None
    if not columns or not any(map(_is_secret, columns.group(1).split(","))):
        return set()
    rows: set[int] = set()
    for further in range(place + 1, len(lines)):
        if not lines[further].lstrip().startswith("("):
            break
        rows.add(further)
    return rows


def _without_list(match: re.Match[str]) -> str:
    return f"{match.group(1) or match.group(2)}{HIDDEN}"


def _without_values(match: re.Match[str], names: Sequence[str]) -> str:
    values = match.group(2).split(",")
    if len(values) != len(names):
        return match.group() if all(map(_NO_VALUE.match, values)) else f"{match.group(1)}{HIDDEN}"
    kept = [
        f" {HIDDEN}" if _is_secret(name) and not _NO_VALUE.match(value) else value for name, value in zip(names, values)
    ]
    return match.group(1) + ",".join(kept)


def _without_text(match: re.Match[str]) -> str:
    value = match.group(2).rstrip()
    closed = "]" if value[-1:] == "]" else ""
    return match.group() if _NO_VALUE.match(value.rstrip("]")) else f"{match.group(1)}{HIDDEN}{closed}"


def _without_typed(text: str) -> str:
    """``==> Parameters: bob(String), 7(Integer)``: a comma may be in a text, and the last one may be cut."""
    begin = text.find("arameters: ") + len("arameters: ")
    parts = _TYPE.split(text[begin:])
    for place in range(0, len(parts) if len(parts) > 1 else 0, 2):
        nulls = _NULLS.match(parts[place])
        kept = nulls.group() if nulls else ""
        value, of_type = parts[place][len(kept) :], parts[place + 1] if place + 1 < len(parts) else "(String"
        if value.strip() and of_type.startswith(("(String", "(byte")) and not _NO_VALUE.match(value):
            parts[place] = kept + HIDDEN
    return text[:begin] + "".join(parts)


def _without_named(match: re.Match[str]) -> str:
    return HIDDEN if _is_secret(match.group(1)) else match.group()


def _without_key(match: re.Match[str]) -> str:
    """By the name of the index: users.api_token, users_api_token_uniq, token_1."""
    last = match.group(2).rpartition(".")[2]
    secret = any(map(_is_secret, (last, _OF_INDEXES.sub("", last))))
    return f"{match.group(1)}{HIDDEN}" if secret else match.group()


def _is_secret(name: str) -> bool:
    bare = name.strip(' "`[]\\\n\t')
    return is_secret(bare) and not about_secret(bare)
