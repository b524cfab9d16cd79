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
_NAMES = (
    r"[\w.-]*(?:pass(?:w(?:or)?d|wd|phrase)?|pwd|pw|secret|cookie|token|api[_-]?key|access[_-]?key|private[_-]?key"
    r"|credential)[\w.-]*"
)
_RULES = (
    (
        re.compile(
            r"\b(?:sk|rk|pk)_(?:live|test)_\w+|\bwhsec_\w+|\bxox[abprs]-[\w-]+|\bgh[opsu]_\w{20,}|\bAKIA[0-9A-Z]{12,}"
        ),
        HIDDEN,
    ),
    (re.compile(r"\beyJ[\w-]{8,}\.[\w-]{4,}\.[\w-]*"), HIDDEN),
    (re.compile(r"(?i)\b(authorization\s*[:=]\s*)(?:(?:bearer|basic|token)\s+)?[^\s\"',]+"), rf"\1{HIDDEN}"),
    (re.compile(r"(?i)\b(bearer\s+)[\w.~+/-]{8,}=*"), rf"\1{HIDDEN}"),
    (re.compile(r"(\b[a-zA-Z][\w+.-]*://[^\s:/@]*:)\S+@"), rf"\1{HIDDEN}@"),
    (re.compile(rf"(?i)(\\?[\"']?{_NAMES}\\?[\"']?\s*[:=]\s*)(\\?\"[^\"]*\"|'[^']*'|[^\s,;&\"']+)"), rf"\1{HIDDEN}"),
)
_CARD = re.compile(r"(?<![\d.])\d(?:[ -]?\d){12,18}(?![\d.])")


def redacted(text: str) -> str:
    """One line of text without secrets, card numbers and control characters.

    >>> redacted("charge failed: key sk_live_abc123, card 4242 4242 4242 4242")
    'charge failed: key (hidden), card (hidden)'
    """
    for rule, instead in _RULES:
        text = rule.sub(instead, text)
    return printable(_CARD.sub(_card, text))


def _card(found: re.Match[str]) -> str:
    digits = [int(one) for one in found.group() if one.isdigit()]
    doubled = [one if place % 2 else sum(divmod(2 * one, 10)) for place, one in enumerate(reversed(digits), 1)]
    return HIDDEN if sum(doubled) % 10 == 0 else found.group()
