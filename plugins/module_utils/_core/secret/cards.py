# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Numbers of payment cards, by ISO/IEC 7812 and Luhn's digit, and of bank accounts, by ISO 13616. Pure."""

from __future__ import annotations

import re
from typing import Mapping, Sequence

from ..lazy import lazy
from .secret_names import HIDDEN

# Groups of digits, apart by one blank or dash; a fraction's are none.
_DIGITS = lazy(r"(?<!\d)(?<!\d\.)\d+(?:[ -]\d+)*(?!\d)")
# The printed grouping (4-4-4-4, 4-6-5, 4-6-4) with one other separator throughout.
_PRINTED = lazy(
    r"(?<![\d./_+,])(?<![0-9a-fA-F]{4}:)(?<!::)\d{4}(?P<apart>[.+_/|:,]|\s?[-|\u2010-\u2015]\s?"
    r"|%20|%2[Bb]|%2[Dd]|%[Cc]2%[Aa]0"
    r"|%09|\\u00[2a]0|\\[ tnx]|\\x20|&nbsp;|&#(?:160|32|x20|xA0);"
    r"|[\u00a0\u00b7\u2000-\u200a\u2022\u202f\u3000*~^\\]|\s{2,3}|\.{2})"
    r"(?:\d{4}(?P=apart)\d{4}(?P=apart)\d{1,4}(?:(?P=apart)\d{1,3})?|\d{6}(?P=apart)\d{4,5})(?![\d]|[./_+:,]\d)"
)
# Country, check digits, and the account in groups of four or in one.
_ACCOUNT = lazy(
    r"(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?:[A-Z0-9]{11,30}"
    r"|(?P<gap>[ .-]|%20|\u00a0)[A-Z0-9]{4}(?:(?P=gap)[A-Z0-9]{1,4}){1,7})(?![A-Za-z0-9])"
)
_NAMED_ACCOUNT = lazy(r"(?i)(?<=iban[=: ])(?:\s|[\"'])?[A-Z]{2}\d{2}(?P<gap>)[A-Z0-9]{11,30}(?![A-Za-z0-9])")
# Length of the number by country: the registry of ISO 13616.
_ACCOUNTS = {
    country: length
    for length, countries in {
        15: "NO", 16: "BE", 18: "DK FO GL NL FK FI SD", 19: "MK SI", 20: "AT BA EE KZ LT LU MN XK", 21: "CH HR LI LV",
        22: "BG BH CR DE GB GE IE ME RS VA", 23: "AE GI IL IQ OM SO TL", 24: "AD CZ ES MD PK RO SA SE SK TN VG",
        25: "LY PT ST", 26: "IS TR", 27: "BI DJ FR GR IT MC MR SM", 28: "AL AZ BY CY DO GT HN HU LB NI PL SV",
        29: "BR EG PS QA UA", 30: "JO KW MU YE", 31: "MT SC", 32: "LC", 33: "RU",
    }.items()
    for country in countries.split()
}  # fmt: skip
_SHORTEST, _LONGEST = 13, 19  # digits of a card's number
_GROUP = 4  # digits of a group at least, but for the last
_ANY_LENGTH = tuple(range(_LONGEST, _SHORTEST - 1, -1))
_DOUBLED = {str(digit): sum(divmod(2 * digit, 10)) for digit in range(10)}


def without_cards(text: str) -> str:
    """The text without numbers of cards and bank accounts.

    >>> without_cards("card 4242 4242 4242 4242, code 123")
    'card (hidden), code 123'
    """
    text = _PRINTED.sub(_hide_printed, text)
    text = _ACCOUNT.sub(_without_account, text)
    text = _NAMED_ACCOUNT.sub(_without_account, text) if "iban" in text.lower() else text
    return _DIGITS.sub(_without_cards, text)


def _without_account(match: re.Match[str]) -> str:
    """The longest run of groups, from the first on, that is the number of an account; what stands behind it stays."""
    gap = match.group("gap")
    groups = match.group().split(gap) if gap else [match.group()]
    length = _ACCOUNTS.get(groups[0][:2].upper(), 0)
    for count in range(len(groups), 0, -1):
        number = "".join(groups[:count])
        if len(number) == length and int("".join(str(int(sign, 36)) for sign in number[4:] + number[:4])) % 97 == 1:
            return (gap or "").join([HIDDEN, *groups[count:]])
    return match.group()


def _hide_printed(match: re.Match[str]) -> str:
    """The longest run of whole groups, from the first on, that is a card's number."""
    apart = match.group("apart")
    groups = match.group().split(apart)
    if apart in (",", ":") and len(groups) > 4:
        return match.group()  # a list of numbers
    for count in (len(groups), len(groups) - 1):
        digits = _plain("".join(groups[:count]))
        if len(digits) in _lengths(digits) and _luhn(digits):
            return apart.join([HIDDEN, *groups[count:]])
    return match.group()


def _without_cards(match: re.Match[str]) -> str:
    """Neighbouring groups that form a card's number are hidden, whatever digits are beside them."""
    text = match.group()
    if len(text) < _SHORTEST:
        return text
    groups = re.split(r"([ -])", text)  # groups at even places, what keeps them apart between
    if re.match(r"\.\d", match.string[match.end() : match.end() + 2]):
        groups, rest = groups[:-1], groups[-1]  # an amount: 4242 4242 4242.50
    else:
        rest = ""
    whole = _plain("".join(groups[::2]))
    begins = [0]
    for group in groups[::2]:
        begins.append(begins[-1] + len(group))
    ends = {begin: 2 * number - 1 for number, begin in enumerate(begins)}  # the place behind the group that ends there
    place = 0
    kept: list[str] = []
    while place < len(groups):
        end = _card_from(whole, begins, place // 2, ends) if place % 2 == 0 else 0
        kept.append(HIDDEN if end else groups[place])
        place = end or place + 1
    return "".join(kept) + rest


def _card_from(whole: str, begins: Sequence[int], number: int, ends: Mapping[int, int]) -> int:
    """The place behind the longest card's number that begins with that group and ends with one; 0 where none does.

    Of a card all groups but the last have four digits or more: columns of numbers, as of IIS or vmstat, are none.
    """
    begin = begins[number]
    for length in _lengths(whole[begin : begin + 2]):
        if (
            begin + length in ends
            and _in_groups(begins, number, begin + length)
            and _luhn(whole[begin : begin + length])
        ):
            return ends[begin + length]
    return 0


def _in_groups(begins: Sequence[int], number: int, end: int) -> bool:
    while begins[number + 1] < end:
        if begins[number + 1] - begins[number] < _GROUP:
            return False
        number += 1
    return True


def _lengths(digits: str) -> tuple[int, ...]:
    """How long a card's number is that begins so, the longest first: ISO/IEC 7812, banking and merchandising.

    Of Visa, Mastercard, American Express, JCB and Mir the lengths are known: an IMEI and many a number of an order are
    none.
    """
    first = digits[:2]
    if first[:1] == "4":
        return (19, 16, 13)
    if "51" <= first <= "55":
        return (16,)
    if first in ("34", "37"):
        return (15,)
    if first == "35" or "22" <= first <= "27":  # JCB; Mastercard, Mir
        return _ANY_LENGTH[:4]
    if first in ("31", "32", "33"):  # of no brand
        return ()
    return _ANY_LENGTH if first[:1] in ("3", "5", "6") else ()


def _plain(digits: str) -> str:
    """Digits of any script as those of ASCII."""
    return digits if digits.isascii() else "".join(str(int(digit)) for digit in digits)


def _luhn(digits: str) -> bool:
    return (sum(map(int, digits[::-2])) + sum(map(_DOUBLED.__getitem__, digits[-2::-2]))) % 10 == 0
