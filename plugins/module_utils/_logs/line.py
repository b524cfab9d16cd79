# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A line of a log: when it was written. Pure.

Times come in many forms, some without a zone, one (syslog's) without a year. What cannot be read has no time of its own
and takes its neighbour's; where no line says when, the result says so. The forms: ``dates``, ``json_line``.
"""

from __future__ import annotations

import re

from .dates import Zone, date_of
from .json_line import json_fields, time_in
from .wrapping import unwrapped, without_colours

__all__ = ["EXAMINED", "Zone", "bare_head", "time_of"]

EXAMINED = 400  # characters of a line in which its time is looked for
_LONGEST_JSON = 64 * 1024  # characters of a JSON line that are read for its time alone
# As nearly every JSON line begins or goes on within its first names: no need to read all of it.
_QUICK = re.compile(r"\{\"(?:@timestamp|timestamp|time|ts)\":\"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[^\"]{0,20})\"")
# Of a line that is no whole JSON (torn, or too long).
_TORN = re.compile(r"\"@?(?:time(?:stamp)?|ts|t|date|datetime|asctime|eventtime)\"\s*:\s*\"?([^\",}]{9,40})", re.I)


def bare_head(line: str) -> str:
    """The beginning of a line without what stands around it."""
    return _bare(line[:EXAMINED])[0]


def _bare(head: str) -> tuple[str, str]:
    """The same, and the time of a collector behind the name that it put before the line; empty for none."""
    if head[:1].isdigit() and head[4:5] == "-":
        return head, ""
    wrapped = unwrapped(head)
    return without_colours(wrapped.text).lstrip("\x00 "), wrapped.stamp


def time_of(line: str, zone: Zone) -> float | None:
    """Seconds since 1970 at which the line was written, as it says itself; None where it does not say."""
    head, stamp = _bare(line[:EXAMINED])
    if stamp:
        return date_of(stamp, zone)
    if head[:1] == "{":
        return _time_of_json(line[line.index("{") :], zone)
    at = date_of(head, zone)
    if at is None and "\r" in line:  # a bar of progress before it, which a terminal writes over
        at = date_of(bare_head(line.rstrip("\r").rpartition("\r")[2]), zone)
    return at


def _time_of_json(line: str, zone: Zone) -> float | None:
    quick = _QUICK.match(line)
    if quick:
        return date_of(quick.group(1), zone)
    fields = json_fields(line) if len(line) <= _LONGEST_JSON else {}
    if fields:
        return time_in(fields, zone)
    torn = _TORN.search(line[: 4 * EXAMINED])
    return time_in({"time": torn.group(1)}, zone) if torn else None
