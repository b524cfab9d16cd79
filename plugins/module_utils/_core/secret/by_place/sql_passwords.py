# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Passwords that statements of SQL set, without a sign of equality: PostgreSQL, MySQL, MariaDB, Oracle. Pure."""

from __future__ import annotations

from ...lazy import lazy
from ..secret_names import HIDDEN

_QUOTED = lazy(
    r"(?i)(\b(?:identified\s{1,8}via\s{1,8}\S{1,60}\s{1,8}(?:using|as)\s{1,8}"
    r"|set\s{1,8}password\s{1,8}(?:for\s{1,8}\S{1,120}\s{1,8})?(?:=|to)\s{0,8}|(?:old_)?password\(\s?)"
    r"|\b(?:password|identified\s{1,8}(?:with\s{1,8}\S{1,60}\s{1,8})?(?:by|as)(?:\s{1,8}password)?)\s{1,8})"
    r"((?:e|u&)?'(?:[^'\\]|''|\\.){1,4096}(?:'|$)|\"(?!\$[{A-Z])[^\"\s]{1,4096}(?:\"|$)|\$(\w{0,30})\$.{0,4096}?(?:\$\3\$|$))"
)
# Oracle's, without quotes
_BARE = lazy(
    r"(?i)(\b(?:create|alter|set)\s{1,8}(?:user|role|(?:\w{1,20}\s{1,8})?database\s{1,8}link)\s[^\n;]{0,200}?\bidentified\s{1,8}by\s{1,8})"
    r"(?!values\b|password\b|[\"'])[^\s;,]{1,256}"
)


def without_sql_passwords(text: str) -> str:
    """The text without passwords of roles and users in statements.

    >>> without_sql_passwords("ALTER ROLE app PASSWORD 'x'; ALTER USER app IDENTIFIED BY x")
    'ALTER ROLE app PASSWORD (hidden); ALTER USER app IDENTIFIED BY (hidden)'
    """
    low = text.lower()
    identified = "identified" in low
    if identified or "password" in low:
        text = _QUOTED.sub(rf"\1{HIDDEN}", text)
    return _BARE.sub(rf"\1{HIDDEN}", text) if identified else text
