# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Payments that an operator must process, from the database and the log, as one list and as a file. Pure."""

from __future__ import annotations

import csv
import re
from datetime import datetime, timezone
from typing import Any, Iterable, Mapping, Sequence

from .._logs.records import EntryReport

KEY = "reference"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet would compute it; OWASP, "CSV Injection"


def to_process(rows: Iterable[Mapping[str, Any]], entries: Iterable[EntryReport], sign: str) -> list[dict[str, Any]]:
    """One entry for each payment, by its reference; a row of the database without one is an entry of its own.

    ``rows``: of the database, each with ``reference``. ``entries``: of the log; ``sign`` is a regular expression with a
    group ``reference``, and its other groups become columns.
    """
    by_reference: dict[str, dict[str, Any]] = {}
    nameless = []  # rows without a reference are kept
    for row in rows:
        if row.get(KEY) is None:
            nameless.append({**row, KEY: "", "known_from": "database"})
            continue
        name = str(row[KEY])
        by_reference[name] = {**by_reference.get(name, {}), **row, KEY: name, "known_from": "database"}
    for entry in entries:
        match = re.search(sign, entry["text"]) if sign else None
        if match is None or not match.groupdict().get(KEY):
            continue
        fields = {name: text for name, text in match.groupdict().items() if text is not None}
        known = by_reference.setdefault(fields[KEY], {KEY: fields[KEY], "known_from": "log"})
        if known["known_from"] == "database":
            known["known_from"] = "database and log"
        known.update(fields)
        known["attempts_seen"] = known.get("attempts_seen", 0) + 1
        known["last_seen"] = _moment(entry["at"])
    return [*by_reference.values(), *nameless]


def _moment(at: float | None) -> str:
    """Seconds since 1970 in ISO 8601, in UTC."""
    return datetime.fromtimestamp(at, timezone.utc).isoformat(timespec="seconds") if at else ""


def columns_of(payments: Sequence[Mapping[str, Any]]) -> list[str]:
    """The reference first, then every other column, in the order of its first appearance."""
    return list(dict.fromkeys([KEY, *(name for payment in payments for name in payment)]))


def as_csv(payments: Sequence[Mapping[str, Any]]) -> str:
    """For a spreadsheet, RFC 4180; a formula is written as text."""
    lines = _Lines()
    writer = csv.writer(lines, lineterminator="\r\n")
    columns = columns_of(payments)
    writer.writerow(columns)
    for payment in payments:
        writer.writerow([_cell(payment.get(name)) for name in columns])
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
