# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Time zones that a calendar defines itself (VTIMEZONE), each under a name of its own. I/O for the host's time zones.

The library keeps such a zone by its name for the rest of the process: of two feeds with different zones of one name, as
``Customized Time Zone``, the second one would have the times of the first.
"""

from __future__ import annotations

import hashlib
import re
from typing import Callable

_FOLD = re.compile(rb"\r?\n[ \t]")
_NAME = re.compile(rb"(TZID(?:;[^:]*)?:)(.*)", re.I | re.S)
_USED = re.compile(
    rb"\A((?:DTSTART|DTEND|RECURRENCE-ID|EXDATE|RDATE)(?:;(?:[^\":]|\"[^\"]*\")*)?;TZID=)(\"[^\"]*\"|[^;:]*)", re.I
)
_ESCAPED = re.compile(rb"\\([\\;,])")
_MARK = "#pafar."


def with_own_zones(data: bytes, is_whole: Callable[[bytes], bool]) -> bytes:
    """The calendar with each zone that it defines, and that the host does not know, named after its definition.
    ``is_whole``: whether the library reads a definition; one that it does not read costs the times in its zone alone.
    """
    lines = _FOLD.sub(b"", data).splitlines()
    names: dict[bytes, bytes] = {}
    begin = -1  # of the definition that is being read
    for number, line in enumerate(lines):
        word = line.strip().upper()
        if word == b"BEGIN:VTIMEZONE":
            begin = number
        elif word == b"END:VTIMEZONE" and begin >= 0:
            mark = _name_after_definition(lines, begin, number)
            if is_whole(b"\r\n".join([*lines[begin : number + 1], b""])):
                names = {**mark, **names}  # of two zones of one name the first counts, as for the library
            else:
                lines[begin : number + 1] = [b"X-PAFAR-LEFT-OUT:"] * (number + 1 - begin)
            begin = -1
    return b"\r\n".join(
        [_USED.sub(lambda use: use[1] + _marked(use[2], names), line, 1) if b"TZID" in line.upper() else line
         for line in lines] + [b""]
    )  # fmt: skip


def _name_after_definition(lines: list[bytes], begin: int, end: int) -> dict[bytes, bytes]:
    """The name of a zone that the host does not know, and what is put behind it; empty for one that it knows."""
    for number in range(begin, end):
        found = _NAME.match(lines[number])
        name = _plain(found[2]) if found else b""
        if found and name and not _is_of_the_host(name):
            mark = _MARK.encode() + hashlib.sha256(b"\n".join(lines[begin:end])).hexdigest()[:12].encode()
            lines[number] = found[1] + found[2].strip() + mark
            return {name: mark}
    return {}


def shown_zone(name: str) -> str:
    """The name as the calendar has it."""
    return name.partition(_MARK)[0]


def _plain(value: bytes) -> bytes:
    return _ESCAPED.sub(rb"\1", value).strip()


def _marked(value: bytes, names: dict[bytes, bytes]) -> bytes:
    quote = b'"' if value[:1] == b'"' else b""
    name = value.strip(b'"')
    return quote + name + names.get(name.strip(), b"") + quote


def _is_of_the_host(name: bytes) -> bool:
    try:
        from zoneinfo import ZoneInfo  # noqa: PLC0415 - Python 3.9 and newer

        return ZoneInfo(name.decode().strip("/")) is not None
    except (ImportError, LookupError, ValueError, OSError):
        return False
