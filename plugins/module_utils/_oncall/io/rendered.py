# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Shifts that another system has computed, from its JSON by JMESPath. I/O for the library, which Ansible uses too."""

from __future__ import annotations

import json
from datetime import datetime, timezone, tzinfo
from typing import Any, Mapping, Sequence

from ..._core.errors import DriverMissing, InputError
from ..._core.text import printable, shortened
from ..people import Person, named_by
from ..shifts import Shift

_MOST = 5  # rows that are named
_LONGEST_DATE = 8  # digits, as 20261123
_DEFAULT = {"rows": "@", "start": "start", "end": "end", "person": "person"}


def shifts_of_json(
    data: bytes, options: Mapping[str, Any], people: Sequence[Person], zone: tzinfo | None
) -> tuple[list[Shift], list[str]]:
    """The shifts, and what is wrong with rows, a sentence each: one that cannot be read covers no time, and the others
    are read. ``options``: JMESPath of ``rows``, and within a row of ``start``, ``end`` and ``person``. Raises
    InputError for what has no rows, or none that can be read."""
    try:
        import jmespath  # type: ignore[import-untyped]  # noqa: PLC0415 - on the controller alone
    except ImportError:
        raise DriverMissing("Rendered shifts need the Python library jmespath: pip install jmespath.") from None
    paths = {name: str(options.get(name) or default) for name, default in _DEFAULT.items()}
    try:
        search = {name: jmespath.compile(path).search for name, path in paths.items()}
        rows = search["rows"](json.loads(data))
    except Exception as error:
        raise InputError(f"it has no shifts: {type(error).__name__}: {error}") from None
    if not isinstance(rows, list):
        raise InputError(f"it has no shifts: rows {paths['rows']!r} is no list")
    shifts: list[Shift] = []
    problems: list[str] = []
    for number, row in enumerate(rows, 1):
        try:
            shifts.append(_shift({name: search[name](row) for name in ("start", "end", "person")}, paths, people, zone))
        except InputError as error:
            problems.append(f"row {number} {error}, so it is left out")
        except Exception as error:
            reason = shortened(printable(f"{type(error).__name__}: {error}"), 120)
            problems.append(f"row {number} cannot be read ({reason}), so it is left out")
    if problems and not shifts:
        raise InputError(f"it has no shifts: {problems[0]}")
    return sorted(shifts), [*problems[:_MOST], *([f"{len(problems) - _MOST} rows more"] if problems[_MOST:] else [])]


def _shift(found: Mapping[str, Any], paths: Mapping[str, str], people: Sequence[Person], zone: tzinfo | None) -> Shift:
    missing = [name for name, value in found.items() if value in (None, "", [])]
    if missing:
        raise InputError(f"has no {missing[0]} ({paths[missing[0]]})")
    start, end = (_moment(found[name], zone) for name in ("start", "end"))
    if end < start:
        raise InputError("ends before it begins")
    several = found["person"] if isinstance(found["person"], list) else [found["person"]]
    # Of two people none is the one who is on call; both are named.
    return Shift(start, end, ", ".join(dict.fromkeys(named_by(people, str(each)) for each in several)))


def _moment(value: Any, zone: tzinfo | None) -> datetime:
    """From ISO 8601, or seconds or milliseconds since 1970."""
    if isinstance(value, str) and value.strip().isdigit() and len(value.strip()) > _LONGEST_DATE:
        value = int(value)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return datetime.fromtimestamp(value / 1000 if value > 1e11 else value, timezone.utc)
    text = str(value).strip()
    at = datetime.fromisoformat(f"{text[:-1]}+00:00" if text[-1:] in ("Z", "z") else text)
    if at.tzinfo is None and zone is None:
        raise InputError(f"has no time zone in {text!r}: set zone")
    return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(timezone.utc)
