# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Secrets that are known by their place among other values: arguments of a call, columns of a row. Pure.

Calls of pgcrypto, MySQL and of logins, as statements and tracebacks show them; the values of an INSERT whose column is
one of a secret; the values of a key that PostgreSQL writes into DETAIL.
"""

from __future__ import annotations

import re
from typing import Callable, Iterator, Tuple

from ..lazy import lazy
from .secret_names import HIDDEN, is_secret
from .stand_ins import names_algorithm

# Calls whose every literal may be a secret, and those whose first literal is a user or an address.
_WHOLE = (
    r"pgp_sym_(?:en|de)crypt(?:_bytea)?|aes_(?:en|de)crypt|openssl_(?:en|de)crypt|crypt|hash_hmac|password_(?:hash|verify)"
    r"|(?:set|make|check|verify|hash|compare|change|update)_?passw(?:or)?d|passwordEncoder\.matches|bcrypt\.\w{4,20}"
)
_BEHIND_FIRST = (
    r"(?:pdo|mysqli)->(?:__construct|real_connect|connect)|new (?:pdo|mysqli)|mysqli?_(?:p|real_)?connect|ftp_login"
    r"|ldap_bind|simple_bind(?:_s)?|imap_open|ssh2_auth_password|log_?in|sign_?in|authenticate|drivermanager\.getconnection"
    r"|\w{0,20}basic_?auth|\w{0,20}\.auth|auth\s?="
)
_CALL = lazy(rf"(?i)(?<!\w)(?:({_WHOLE})|(?:{_BEHIND_FIRST}))\s?\(")
_TOKEN = lazy(r"(?i)(?:\b(?:e|n|u&|b))?(?:'(?:[^'\\]|''|\\.){0,1000}(?:'|$)|\"(?:[^\"\\]|\\.){0,1000}(?:\"|$))|[(),;]")
_Places = Callable[[str, "re.Match[str]"], Iterator[Tuple[int, int]]]
_LONGEST = 4000  # characters of a call or a row
_INSERT = lazy(
    r"(?i)\b(?:insert\s{1,4}(?:ignore\s{1,4})?|replace\s{1,4})into\s{1,4}[^\s(]{1,200}\s{0,8}\(([^()]{1,2000})\)"
    r"\s{0,8}values?\s{0,8}(?=\()"
)
_SET = lazy(r"(?i)\bset\s{1,4}\(([^()]{1,2000})\)\s{0,8}=\s{0,8}(?:row\s{0,4})?(?=\()")
# SET app.api_key TO 'x', token IN ('x', 'y'), token LIKE 'x%'
_COMPARED = lazy(
    r"(?i)(?<![\w.])(([A-Za-z_][\w.]{0,80})[\"`]?\s{1,4}(?:to|(?:not\s)?in|i?like|<>|~)\s{0,4}\(?\s?)"
    r"(?:'(?:[^'\\]|''|\\.){1,1000}(?:'|$)(?:\s?,\s?)?){1,50}"
)
# coalesce(password, 'x'): what stands in its place
_INSTEAD = lazy(
    r"(?i)(\b(?:coalesce|ifnull|isnull|nvl|nullif)\s?\(\s{0,4}(?:[\w\"`]{1,60}\.){0,2}[\"`]?([A-Za-z_]\w{0,80})[\"`]?"
    r"(?:::\w{1,20})?\s{0,4},\s{0,4})(?!'(?:none|null|n/a|unknown|missing|unset|-)')'(?:[^'\\]|''|\\.){1,1000}(?:'|$)"
)
# DuckDB: CREATE SECRET s (TYPE s3, KEY_ID 'a', SECRET 'x')
_CREATED = lazy(
    r"(?i)\bcreate\s(?:or\sreplace\s)?(?:(?:persistent|temporary|temp)\s)?secret(?:\sif\snot\sexists)?"
    r"(?:\s[\w.\"]{1,80})?(?:\sin\s\w{1,60})?\s?\("
)
_GIVEN = lazy(r"(?i)((?<!\w)([A-Za-z_]\w{0,60})\s{1,4})'(?:[^']|''){0,1000}(?:'|$)")
_DETAIL = lazy(r"(\bKey \(([^()\n]{1,300})\)=\()(?:[^()\n]{1,2000})(?=\)|$)")


def without_arguments(text: str) -> str:
    """The text without secrets among the arguments of a call and the values of a row.

    >>> without_arguments("SELECT crypt('x', gen_salt('bf'))")
    "SELECT crypt((hidden), gen_salt('bf'))"
    >>> without_arguments("INSERT INTO users (name, password) VALUES ('bob', 'x')")
    "INSERT INTO users (name, password) VALUES ('bob', (hidden))"
    """
    text = _DETAIL.sub(_without_key, text) if ")=(" in text else text
    if "'" not in text and '"' not in text:
        return text
    text = _without(text, _CALL, _of_call) if "(" in text else text
    low = text.lower()
    text = _without(text, _INSERT, _of_rows) if "into" in low else text
    created = _CREATED.search(text) if "secret" in low and "create" in low else None
    if created:
        text = text[: created.end()] + _GIVEN.sub(_without_given, text[created.end() :])
    text = _without(text, _SET, _of_rows) if "set (" in low or "set(" in low else text
    if "'" not in text:
        return text
    if "coalesce" in low or "null" in low or "nvl" in low:
        text = _INSTEAD.sub(_without_literals, text)
    return _COMPARED.sub(_without_literals, text)


def _without_literals(match: re.Match[str]) -> str:
    return f"{match.group(1)}{HIDDEN}" if is_secret(match.group(2).rpartition(".")[2]) else match.group()


def _without_given(match: re.Match[str]) -> str:
    return f"{match.group(1)}{HIDDEN}" if is_secret(match.group(2)) else match.group()


def _without_key(match: re.Match[str]) -> str:
    secret = any(is_secret(column.strip()) for column in match.group(2).split(","))
    return f"{match.group(1)}{HIDDEN}" if secret else match.group()


def _without(text: str, rule: re.Pattern[str], places: _Places) -> str:
    """``places``: where the secrets behind a match are, and last where to go on; what was read is not read again."""
    kept: list[str] = []
    place = 0
    match = rule.search(text)
    while match:
        end = match.end()
        for begin, end in places(text, match):
            if begin < end:
                kept += [text[place:begin], HIDDEN]
                place = end
        match = rule.search(text, max(end, match.end()))
    return "".join([*kept, text[place:]])


def _of_call(text: str, match: re.Match[str]) -> Iterator[tuple[int, int]]:
    depth, behind, end = 1, False, match.end()
    for token in _TOKEN.finditer(text, match.end(), min(len(text), match.end() + _LONGEST)):
        end = token.end()
        sign = token.group()
        depth += {"(": 1, ")": -1}.get(sign, 0)
        if not depth:
            break
        if len(sign) > 2 and (match.group(1) or behind) and not names_algorithm(sign):  # no empty one
            yield token.start(), end
        behind = behind or sign == ","
    yield end, end


def _of_rows(text: str, match: re.Match[str]) -> Iterator[tuple[int, int]]:
    secret = {place for place, name in enumerate(match.group(1).split(",")) if is_secret(name.strip(' "`[]\n'))}
    depth, column, end = 0, 0, match.end()
    for token in _TOKEN.finditer(text, match.end(), min(len(text), match.end() + 4 * _LONGEST)) if secret else ():
        end = token.end()
        sign = token.group()
        if sign == ";":
            break
        if sign in ("(", ")"):
            depth += 1 if sign == "(" else -1
            column = 0 if depth == 0 else column
        elif sign == "," and depth == 1:
            column += 1
        elif len(sign) > 2 and depth and column in secret:
            yield token.start(), end
    yield end, end
