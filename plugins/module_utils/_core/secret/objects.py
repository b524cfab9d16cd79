# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Lines that are secret by what they are a part of: a Secret of Kubernetes, a column of a table. Pure.

Of a Secret every value is one, whatever its key is. A table is one of psql, of MySQL or of Markdown: names of columns,
and a line of dashes below them; or one of keys and values, as Vault prints it.
"""

from __future__ import annotations

from typing import Sequence

from ..lazy import lazy
from .secret_names import HIDDEN, about_secret, is_secret

_KIND = lazy(r"^\s*[\"']?kind[\"']?\s*:\s*[\"']?Secret[\"']?\s*,?\s*$")
_DATA = lazy(r"^(\s*)[\"']?(?:data|stringData)[\"']?\s*:\s*\{?\s*$")
_IN_LINE = lazy(r"(\\?[\"'](?:data|stringData)\\?[\"']\s{0,4}:\s{0,4})(?!\{\s{0,4}\}|null)\{[^{}]{0,65536}\}?")
_OF_KIND = lazy(r"\\?[\"']kind\\?[\"']\s{0,4}:\s{0,4}\\?[\"']Secret\\?[\"']")
_RULE = lazy(r"^[\s|]*[-+=:][-+=:|\s]*$")
# Key  Value, below it dashes, and a name with its value in each row
_KEYS = lazy(r"(?i)^\s*(?:key|name|field|variable|setting)\s{2,}(?:value|content)\s*$")
_DASHES = lazy(r"^\s*-{2,}\s{2,}-{2,}\s*$")
_ROW = lazy(r"^\s*([A-Za-z_][\w.-]{0,80})\s{2,}(\S.*)$")
_NO_VALUE = lazy(r"(?i)(?:<[\w ]{1,20}>|n/a|none|null|nil|true|false|-+|\d{1,9}(?:h|m|s)?)$")
_CERTIFICATE = "LS0tLS1CRUdJTiBDRVJU"  # the beginning of one, in base 64
_MOST = 500  # rows of a table


def places_of_objects(lines: Sequence[str]) -> set[int]:
    """The places of lines that hold values of a Secret, or rows of a table with a column of a secret."""
    places: set[int] = set()
    begin = 0
    for place in [*(at for at, line in enumerate(lines) if line.rstrip() == "---"), len(lines)]:
        places |= _of_secret(lines, begin, place)
        begin = place + 1
    for place, line in enumerate(lines[:-1]):
        if "|" in line and _RULE.match(lines[place + 1]) and "-" in lines[place + 1] and _has_secret(line):
            places |= _rows(lines, place + 2, line.count("|"))
        elif _KEYS.match(line[:200]) and _DASHES.match(lines[place + 1][:200]):
            places |= _named_rows(lines, place + 2)
    return places


def without_objects(text: str) -> str:
    """A line without the data of a Secret, as JSON.

    >>> without_objects('{"data":{"url":"x"},"kind":"Secret"}')
    '{"data":(hidden),"kind":"Secret"}'
    """
    if "Secret" not in text or "kind" not in text or not _OF_KIND.search(text):
        return text
    return _IN_LINE.sub(rf"\1{HIDDEN}", text)


def _of_secret(lines: Sequence[str], begin: int, end: int) -> set[int]:
    """Of one document: the lines below data and stringData that are indented more."""
    if not any("Secret" in line and _KIND.match(line) for line in lines[begin:end]):
        return set()
    places: set[int] = set()
    indent = -1
    for place in range(begin, end):
        line = lines[place]
        deep = len(line) - len(line.lstrip())
        data = _DATA.match(line)
        if data:
            indent = len(data.group(1))
        elif line.strip() and deep <= indent:
            indent = -1
        elif indent >= 0 and line.strip() and _CERTIFICATE not in line:
            places.add(place)
    return places


def _has_secret(header: str) -> bool:
    return any(is_secret(name) and not about_secret(name) for name in map(str.strip, header.split("|")) if name)


def _rows(lines: Sequence[str], begin: int, count: int) -> set[int]:
    rows: set[int] = set()
    for place in range(begin, min(len(lines), begin + _MOST)):
        if lines[place].count("|") != count or _RULE.match(lines[place]):
            break
        rows.add(place)
    return rows


def _named_rows(lines: Sequence[str], begin: int) -> set[int]:
    rows: set[int] = set()
    for place in range(begin, min(len(lines), begin + _MOST)):
        row = _ROW.match(lines[place])
        if not row:
            break
        if is_secret(row.group(1)) and not about_secret(row.group(1)) and not _NO_VALUE.match(row.group(2).strip()):
            rows.add(place)
    return rows
