# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Text of logs and health checks made fit to be shown and kept: secrets out, control characters out. Pure.

What looks like a secret goes, also where it is none: a key that is lost from a log line costs less than one that is
kept in ten files. Rules: Stripe's and other providers' key prefixes, HTTP's Authorization, the password of a URL
(RFC 3986, userinfo), ``name=value`` where the name tells, and payment card numbers (ISO/IEC 7812, with Luhn's digit).
"""

from __future__ import annotations

import re

from .text import printable

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
            r"\b(?:sk|rk|pk)_(?:live|test)_\w+|\bwhsec_\w+|\b(?:pi|seti|cs)_\w{6,80}_secret_\w+|\bxox[abprs]-[\w-]+"
            r"|\bSG\.[\w-]{16,64}\.[\w-]{16,}|\bgh[opsu]_\w{20,}|\bAKIA[0-9A-Z]{12,}"
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
# Groups of digits, apart by one blank or dash; a fraction's are none.
_DIGITS = re.compile(r"(?<!\d)(?<!\d\.)\d+(?:[ -]\d+)*(?!\d)")
_CARD = (13, 19)  # digits of a card's number
_ISSUED = re.compile(r"[3-6]|2[2-7]")  # ISO/IEC 7812: banking, merchandising; Mastercard's second range


def redacted(text: str) -> str:
    """One line of text without secrets, card numbers and control characters.

    >>> redacted("charge failed: key sk_live_abc123, card 4242 4242 4242 4242")
    'charge failed: key (hidden), card (hidden)'
    """
    for rule, instead in _RULES:
        text = rule.sub(instead, text)
    return printable(_DIGITS.sub(_without_cards, text))


def names_secret(name: str) -> bool:
    """Whether a field of this name holds a secret.

    >>> names_secret("db_password"), names_secret("amount")
    (True, False)
    """
    return _NAMED.search(name) is not None


def _without_cards(found: re.Match[str]) -> str:
    """Neighbouring groups that make a card's number are hidden, whatever digits stand beside them."""
    text = found.group()
    if len(text) < _CARD[0]:
        return text
    groups = re.split(r"([ -])", text)  # groups at even places, what keeps them apart between
    if re.match(r"\.\d", found.string[found.end() : found.end() + 2]):
        groups, rest = groups[:-1], groups[-1]  # an amount: 4242 4242 4242.50
    else:
        rest = ""
    place, told = 0, ""
    while place < len(groups):
        end = _card_from(groups, place) if place % 2 == 0 else 0
        told += HIDDEN if end else groups[place]
        place = end or place + 1
    return told + rest


def _card_from(groups: list[str], place: int) -> int:
    """The place behind the longest card's number that begins with this group; 0 where none does."""
    digits, best = "", 0
    if not _ISSUED.match(groups[place]):
        return 0
    for end in range(place, len(groups), 2):
        digits += groups[end]
        if len(digits) > _CARD[1]:
            break
        if len(digits) >= _CARD[0] and _luhn(digits):
            best = end + 1
    return best


def _luhn(digits: str) -> bool:
    backwards = [int(one) for one in reversed(digits)]
    doubled = [sum(divmod(2 * one, 10)) for one in backwards[1::2]]
    return (sum(backwards[::2]) + sum(doubled)) % 10 == 0
