# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Numbers of payment cards, by ISO/IEC 7812 and Luhn's digit. Pure."""

from __future__ import annotations

import re

from ..lazy import lazy
from .secret_names import HIDDEN

# Groups of digits, apart by one blank or dash; a fraction's are none.
_DIGITS = lazy(r"(?<!\d)(?<!\d\.)\d+(?:[ -]\d+)*(?!\d)")
# The printed grouping (4-4-4-4, 4-6-5, 4-6-4) with one other separator throughout.
_PRINTED = lazy(
    r"(?<![\d./_+:,])\d{4}(?P<apart>[.+_/|:,]|\s?[-|\u2010-\u2015]\s?|%20|%2[Bb]|%2[Dd]|\\u00[2a]0|&nbsp;|&#160;"
    r"|[\u00a0\u2000-\u200a\u202f]|\s{2,3}|\.{2})"
    r"(?:\d{4}(?P=apart)\d{4}(?P=apart)\d{1,4}(?:(?P=apart)\d{1,3})?|\d{6}(?P=apart)\d{4,5})(?![\d]|[./_+:,]\d)"
)
_LENGTHS = (13, 19)  # digits of a card's number
_ISSUED = lazy(r"[3-6]|2[2-7]")  # ISO/IEC 7812: banking, merchandising; Mastercard's second range


def without_cards(text: str) -> str:
    """The text without numbers of cards.

    >>> without_cards("card 4242 4242 4242 4242, code 123")
    'card (hidden), code 123'
    """
    text = _PRINTED.sub(_hide_printed, text)
    return _DIGITS.sub(_without_cards, text)


def _hide_printed(match: re.Match[str]) -> str:
    """The longest run of whole groups, from the first on, that is a card's number."""
    apart = match.group("apart")
    groups = match.group().split(apart)
    if apart in (",", ":") and len(groups) > 4:
        return match.group()  # a list of numbers
    for count in (len(groups), len(groups) - 1):
        digits = _plain("".join(groups[:count]))
        if _LENGTHS[0] <= len(digits) <= _LENGTHS[1] and _ISSUED.match(digits) and _luhn(digits):
            return apart.join([HIDDEN, *groups[count:]])
    return match.group()


def _without_cards(match: re.Match[str]) -> str:
    """Neighbouring groups that form a card's number are hidden, whatever digits are beside them."""
    text = match.group()
    if len(text) < _LENGTHS[0]:
        return text
    groups = re.split(r"([ -])", text)  # groups at even places, what keeps them apart between
    if re.match(r"\.\d", match.string[match.end() : match.end() + 2]):
        groups, rest = groups[:-1], groups[-1]  # an amount: 4242 4242 4242.50
    else:
        rest = ""
    place, kept = 0, ""
    while place < len(groups):
        end = _card_from(groups, place) if place % 2 == 0 else 0
        kept += HIDDEN if end else groups[place]
        place = end or place + 1
    return kept + rest


def _card_from(groups: list[str], place: int) -> int:
    """The place behind the longest card's number that begins with this group; 0 where none does."""
    digits, best = "", 0
    if not _ISSUED.match(_plain(groups[place][:2])):
        return 0
    for end in range(place, len(groups), 2):
        digits += groups[end]
        if len(digits) > _LENGTHS[1]:
            break
        if len(digits) >= _LENGTHS[0] and _luhn(digits):
            best = end + 1
    return best


def _plain(digits: str) -> str:
    """Digits of any script as those of ASCII."""
    return digits if digits.isascii() else "".join(str(int(digit)) for digit in digits)


def _luhn(digits: str) -> bool:
    backwards = [int(digit) for digit in reversed(digits)]
    doubled = [sum(divmod(2 * digit, 10)) for digit in backwards[1::2]]
    return (sum(backwards[::2]) + sum(doubled)) % 10 == 0
