# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Shifts that another system has computed, from its JSON by JMESPath. I/O for the library, which Ansible uses too."""

from __future__ import annotations

import json
from datetime import datetime, timezone, tzinfo
from typing import Any, Mapping, Sequence

from ..._core.errors import DriverMissing, InputError
from ..people import Person, named_by
from ..shifts import Shift

_DEFAULT = {"rows": "@", "start": "start", "end": "end", "person": "person"}


def shifts_of_json(
    data: bytes, options: Mapping[str, Any], people: Sequence[Person], zone: tzinfo | None
) -> list[Shift]:
    """``options``: JMESPath of ``rows``, and within a row of ``start``, ``end`` and ``person``. Raises InputError."""
    try:
        import jmespath  # type: ignore[import-untyped]  # noqa: PLC0415 - on the controller alone
    except ImportError:
        raise DriverMissing("Rendered shifts need the Python library jmespath: pip install jmespath.") from None
    paths = {name: str(options.get(name) or default) for name, default in _DEFAULT.items()}
    try:
        rows = jmespath.search(paths["rows"], json.loads(data))
        if not isinstance(rows, list):
            raise ValueError(f"rows {paths['rows']!r} is no list")
        return sorted(_shift(row, paths, people, zone, jmespath) for row in rows)
    except InputError:
        raise
    except Exception as error:
        raise InputError(f"it has no shifts: {type(error).__name__}: {error}") from None


def _shift(row: Any, paths: Mapping[str, str], people: Sequence[Person], zone: tzinfo | None, jmespath: Any) -> Shift:
    found = {name: jmespath.search(paths[name], row) for name in ("start", "end", "person")}
    missing = [name for name, value in found.items() if value in (None, "")]
    if missing:
        raise InputError(f"it has no shifts: a row has no {missing[0]} ({paths[missing[0]]})")
    start, end = (_moment(found[name], zone) for name in ("start", "end"))
    return Shift(start, end, named_by(people, str(found["person"])))


def _moment(value: Any, zone: tzinfo | None) -> datetime:
    """From ISO 8601, or seconds or milliseconds since 1970."""
    if isinstance(value, (int, float)):
        return datetime.fromtimestamp(value / 1000 if value > 1e11 else value, timezone.utc)
    text = str(value).strip()
    at = datetime.fromisoformat(f"{text[:-1]}+00:00" if text[-1:] in ("Z", "z") else text)
    if at.tzinfo is None and zone is None:
        raise InputError(f"{text!r} has no time zone: set zone")
    return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(timezone.utc)
