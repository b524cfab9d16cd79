# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Bytes that every record contains which an expression matches, so that the rest need not be decoded. Pure.

Only what is certain is used: letters, digits and plain signs outside of groups, classes and repetitions. An expression
of which nothing is certain has no such bytes, and then everything is decoded.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import NamedTuple

_LEAST = 2  # bytes; a single one is in most blocks
_MOST = 8  # alternatives
# As they stand in a line of the engine's json-file, too, which escapes quotes, backslashes, <, > and &.
_PLAIN = re.compile(r"[A-Za-z0-9 _.:;,=()\[\]{}/*+@!?#%$|~^-]")
_REPEATED = "*?{"
_NUMBER = re.compile(r"\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|N\{[^}]*\}|[0-9]{1,3})")
# What a letter may be beside the small and the large one, in UTF-8: the Kelvin sign, the long s, two i. Of each the
# first byte, which is looked for first, since that costs a sixth.
_FOLDED = {
    ord("k"): (b"\xe2", b"\xe2\x84\xaa"),
    ord("s"): (b"\xc5", b"\xc5\xbf"),
    ord("i"): (b"\xc4", b"\xc4\xb0", b"\xc4\xb1"),
}
# The forms of ``wrapping``, in bytes, also of a block in small letters.
_COLOURS = rb"(?:(?:\x1b|\\u001[bB]|\\x1[bB]|\\e|\\033|#033|\^\[)\[[\d;]{0,20}[mKk])*"
_SAMPLE = 32 * 1024  # bytes at the beginning of a block that show whether its lines are those of CRI
_ESCAPED = re.compile(rb"\\(?:u001[bB]|x1[bB]|e\[|033)")


class Needle(NamedTuple):
    """One of ``texts`` is in every record that matches; ``small``: in the form of small letters."""

    texts: tuple[bytes, ...]
    small: bool

    def places(self, data: bytes, most: int, start: int = 0, coloured: bool = False) -> list[int] | None:
        """Where it is in a block from ``start`` on, in order; None where there are more.

        ``coloured``: colours that are no part of the text may stand between its letters.
        """
        found: list[int] = []
        folds = False
        if self.small:
            folds = not data.isascii() and self._may_fold(data)
            data = data.lower()
        if folds or coloured:
            form = self._between(_COLOURS if coloured else b"")
            found = [match.start() for match in islice(form.finditer(data, start), most + 1)]
            return found if len(found) <= most else None
        for text in self.texts:
            place = data.find(text, start)
            while place >= 0:
                found.append(place)
                if len(found) > most:
                    return None
                place = data.find(text, place + len(text))
        return sorted(found)

    def _may_fold(self, data: bytes) -> bool:
        """Whether one of its letters may stand in the block in another form than the large and the small one."""
        return any(
            signs[0] in data and any(sign in data for sign in signs[1:])
            for letter, signs in _FOLDED.items()
            if any(letter in text for text in self.texts)
        )

    def _between(self, signs: bytes) -> re.Pattern[bytes]:
        """The texts, each letter in every form that it may have, with ``signs`` between them."""
        forms = _forms_of if self.small else _plain_form
        return re.compile(b"|".join(signs.join(map(forms, text)) for text in self.texts))


def has_colours(data: bytes) -> bool:
    """Whether a block may have lines that are read without their colours: those behind a container's name."""
    if not (
        b"\x1b" in data
        or (b"\\" in data and _ESCAPED.search(data))
        or (b"#" in data and b"#033[" in data)
        or (b"^" in data and b"^[[" in data)
    ):
        return False
    return b"|" in data or b"[pod/" in data or b"[deploy/" in data


def has_parts(data: bytes) -> bool:
    """Whether a block may have pieces of lines, as CRI writes them: what is looked for may lie in two of them."""
    if b" std" not in data[:_SAMPLE]:
        return False
    return b" stdout P" in data or b" stderr P" in data


def _plain_form(letter: int) -> bytes:
    return re.escape(bytes([letter]))


def _forms_of(letter: int) -> bytes:
    plain = re.escape(bytes([letter]))
    return b"(?:%b)" % b"|".join([plain, *_FOLDED[letter][1:]]) if letter in _FOLDED else plain


def needle_of(expression: str, ignore_case: bool) -> Needle | None:
    """What a record must contain to match; None where nothing is certain.

    >>> needle_of("payment.*(failed|declined)", True)
    Needle(texts=(b'payment',), small=True)
    """
    if "(?" in expression.replace("(?:", ""):
        return None
    longest = [max(parts, key=len, default="") for parts in _alternatives(expression)]
    if not longest or len(longest) > _MOST or min(map(len, longest)) < _LEAST:
        return None
    texts = (text.lower() if ignore_case else text for text in longest)
    return Needle(tuple(sorted({text.encode("ascii") for text in texts})), ignore_case)


def _alternatives(expression: str) -> list[list[str]]:
    """Of each alternative of the whole expression the plain texts that are in it for certain."""
    found: list[list[str]] = [[]]
    run, place = "", 0
    while place < len(expression):
        sign, literal, end = _next(expression, place)
        following = expression[end : end + 1]
        if literal and following and following in _REPEATED:
            literal = ""  # may be missing
            found[-1].append(run)
            run = ""
        elif literal:
            run += literal
            if following == "+":
                found[-1].append(run)
                run = ""
        else:
            found[-1].append(run)
            run = ""
            if sign == "|":
                found.append([])
        place = end
    found[-1].append(run)
    return found


def _next(expression: str, place: int) -> tuple[str, str, int]:
    """The sign at a place, the plain text that it stands for (empty for none), and where the next one begins."""
    sign = expression[place]
    if sign == "\\":
        escaped = expression[place + 1 : place + 2]
        plain = bool(escaped) and not escaped.isalnum() and bool(_PLAIN.match(escaped))
        number = _NUMBER.match(expression, place)  # \x41: what follows the letter is no text
        return sign, escaped if plain else "", number.end() if number else place + 2
    if sign == "[":
        return sign, "", _behind_class(expression, place)
    if sign == "(":
        return sign, "", _behind_group(expression, place)
    if sign == "{":
        end = expression.find("}", place)
        return sign, "", end + 1 if end > 0 else len(expression)
    if sign in "*?+.^$|)":
        return sign, "", place + 1
    return sign, sign if _PLAIN.match(sign) else "", place + 1


def _behind_class(expression: str, place: int) -> int:
    place += 2 if expression[place + 1 : place + 2] == "^" else 1
    place += expression[place : place + 1] == "]"
    while place < len(expression) and expression[place] != "]":
        place += 2 if expression[place] == "\\" else 1
    return place + 1


def _behind_group(expression: str, place: int) -> int:
    deep = 0
    while place < len(expression):
        sign = expression[place]
        if sign == "\\":
            place += 2
            continue
        if sign == "[":
            place = _behind_class(expression, place)
            continue
        deep += (sign == "(") - (sign == ")")
        place += 1
        if deep == 0:
            break
    return place
