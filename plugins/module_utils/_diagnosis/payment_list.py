# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Payments that a person must process: what the database and the log know of each, as one list and as a file. Pure."""

from __future__ import annotations

import csv
import re
from datetime import datetime, timezone
from typing import Any, Iterable, Mapping, Sequence

from .._logs.records import EntryReport

KEY = "reference"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet would compute it; OWASP, "CSV Injection"


def to_process(rows: Iterable[Mapping[str, Any]], entries: Iterable[EntryReport], sign: str) -> list[dict[str, Any]]:
    """One entry for each payment, by its reference; a row of the database without one is an entry by itself.

    ``rows``: of the database, each with ``reference``. ``entries``: of the log; ``sign`` is a regular expression with a
    group ``reference``, and its other groups become columns.
    """
    found: dict[str, dict[str, Any]] = {}
    nameless = []  # nothing is lost for want of a name
    for row in rows:
        if row.get(KEY) is None:
            nameless.append({**row, KEY: "", "known_from": "database"})
            continue
        name = str(row[KEY])
        found[name] = {**found.get(name, {}), **row, KEY: name, "known_from": "database"}
    for entry in entries:
        seen = re.search(sign, entry["text"]) if sign else None
        if seen is None or not seen.groupdict().get(KEY):
            continue
        said = {name: text for name, text in seen.groupdict().items() if text is not None}
        known = found.setdefault(said[KEY], {KEY: said[KEY], "known_from": "log"})
        if known["known_from"] == "database":
            known["known_from"] = "database and log"
        known.update(said)
        known["attempts_seen"] = known.get("attempts_seen", 0) + 1
        known["last_seen"] = _moment(entry["at"])
    return [*found.values(), *nameless]


def _moment(at: float | None) -> str:
    """Seconds since 1970 as a person reads them, in UTC."""
    return datetime.fromtimestamp(at, timezone.utc).isoformat(timespec="seconds") if at else ""


def columns_of(payments: Sequence[Mapping[str, Any]]) -> list[str]:
    """The reference first, then whatever any of them has, in the order of its first appearance."""
    return list(dict.fromkeys([KEY, *(name for one in payments for name in one)]))


def as_csv(payments: Sequence[Mapping[str, Any]]) -> str:
    """For a spreadsheet, RFC 4180; what would be a formula there is made a text."""
    lines = _Lines()
    writer = csv.writer(lines, lineterminator="\r\n")
    columns = columns_of(payments)
    writer.writerow(columns)
    for one in payments:
        writer.writerow([_cell(one.get(name)) for name in columns])
    return "".join(lines.written)


class _Lines:
    """What a writer writes to, in memory."""

    def __init__(self) -> None:
        self.written: list[str] = []

    def write(self, text: str) -> int:
        self.written.append(text)
        return len(text)


def _cell(value: Any) -> Any:
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return "" if value is None else value
