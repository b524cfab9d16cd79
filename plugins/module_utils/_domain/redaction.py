# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Text of logs and health checks made fit to be shown and kept: secrets out, control characters out. Pure.

What looks like a secret goes, also where it is none: a key that is lost from a log line costs less than one that is
kept in ten files. Rules: Stripe's and other providers' key prefixes, HTTP's Authorization, the password of a URL
(RFC 3986, userinfo), ``name=value`` where the name tells, and payment card numbers (ISO/IEC 7812, with Luhn's digit).
"""

from __future__ import annotations

import re

from .statements import printable

HIDDEN = "(hidden)"
# Every rule is linear in the length of a line: a line of a megabyte must not hold up an act. So a rule begins at a word
# that it looks for, or where a run of characters begins, and what may follow is bounded.
_NAMES = (
    r"(?:pass(?:w(?:or)?d|wd|phrase)?|pwd|pw|secret|cookie|token|api[_-]?key|access[_-]?key|private[_-]?key"
    r"|credential)[\w.-]{0,64}"
)
# A value: escaped JSON, JSON, in single quotes, or a word.
_VALUE = r"(?:\\\"(?:[^\"\\]|\\[^\"]){0,4096}\\\"|\"(?:\\.|[^\"\\]){0,4096}\"|'(?:\\.|[^'\\]){0,4096}'|[^\s,;&\"']+)"
_QUOTED = r"(?:\"[^\"]{0,4096}\"|'[^']{0,4096}')"
_RULES = (
    (re.compile(r"(-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----).*?(?:-----END|\Z)", re.S), rf"\1{HIDDEN}"),
    (
        re.compile(
            r"\b(?:sk|rk|pk)_(?:live|test)_\w+|\bwhsec_\w+|\bxox[abprs]-[\w-]+|\bgh[opsu]_\w{20,}|\bAKIA[0-9A-Z]{12,}"
            r"|\bAIza[\w-]{30,}"
        ),
        HIDDEN,
    ),
    (re.compile(r"(?<![\w-])eyJ[\w-]{8,}\.[\w-]{4,}\.[\w-]*"), HIDDEN),
    (
        re.compile(
            r"(?i)\b(authorization\\?[\"']?\s{0,8}[:=]\s{0,8}\\?[\"']?)(?:(?:bearer|basic|token)\s{1,8})?[^\s\"',]+"
        ),
        rf"\1{HIDDEN}",
    ),
    (re.compile(r"(?i)\b(bearer\s{1,8})[\w.~+/-]{8,}=*"), rf"\1{HIDDEN}"),
    # The header goes to the end of its line: a cookie has several parts.
    (re.compile(r"(?i)(?<![\w-])((?:set-)?cookie:\s{0,8})[^\r\n\"']+"), rf"\1{HIDDEN}"),
    (re.compile(r"(://[^\s:/@]{0,256}:)\S{1,1024}@"), rf"\1{HIDDEN}@"),
    (re.compile(r"(?i)([?&]key=)[^\s&\"']+"), rf"\1{HIDDEN}"),
    (re.compile(rf"(?i)({_NAMES}\\?[\"']?\s{{0,8}}(?:=>|[:=])\s{{0,8}}){_VALUE}"), rf"\1{HIDDEN}"),
    (re.compile(rf"(?i)({_NAMES}[\"']\s{{0,8}},\s{{0,8}}){_QUOTED}"), rf"\1{HIDDEN}"),
)
_NAMED = re.compile(rf"(?i){_NAMES}|authorization")
_CARD = re.compile(r"(?<![\d.])\d(?:[ -]?\d){12,18}(?![\d.])")


def redacted(text: str) -> str:
    """One line of text without secrets, card numbers and control characters.

    >>> redacted("charge failed: key sk_live_abc123, card 4242 4242 4242 4242")
    'charge failed: key (hidden), card (hidden)'
    """
    for rule, instead in _RULES:
        text = rule.sub(instead, text)
    return printable(_CARD.sub(_card, text))


def names_secret(name: str) -> bool:
    """Whether a field of this name holds a secret.

    >>> names_secret("db_password"), names_secret("amount")
    (True, False)
    """
    return _NAMED.search(name) is not None


def _card(found: re.Match[str]) -> str:
    digits = [int(one) for one in found.group() if one.isdigit()]
    doubled = [one if place % 2 else sum(divmod(2 * one, 10)) for place, one in enumerate(reversed(digits), 1)]
    return HIDDEN if sum(doubled) % 10 == 0 else found.group()
