# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The options of log_tail, parsed; refuses what could never be read."""

from __future__ import annotations

import re
import time
from typing import Any, Iterator, Mapping

from .._core.errors import DriverMissing, InputError
from .._core.module import at_least
from .._core.times import moment_of
from .io.gathering import Condition, LogQuery
from .io.limits import Limits
from .io.reader import Where
from .level import LEVELS

_MOST = 10_000  # records in one answer
_LONGEST = 3600.0  # seconds for which logs are followed
_INTO_VALUES = (
    "subexpression", "index_expression", "projection", "value_projection", "filter_projection", "flatten", "pipe",
)  # fmt: skip
_OF_EVERY_RECORD = {"text", "level", "source", "stream"}

LOG_ARGS: dict[str, Any] = {
    "services": {"type": "list", "elements": "str", "default": []},
    "containers": {"type": "list", "elements": "str", "default": []},
    "units": {"type": "list", "elements": "str", "default": []},
    "kernel": {"type": "bool", "default": False},
    "files": {"type": "list", "elements": "str", "default": []},
    "project": {"type": "str", "default": ""},
    "since": {"type": "str", "default": "1h"},
    "until": {"type": "str", "default": ""},
    "last": {"type": "int", "default": 100},
    "match": {"type": "str", "default": ""},
    "ignore_case": {"type": "bool", "default": True},
    "level": {"type": "str", "default": "", "choices": ["", *LEVELS]},
    "where": {"type": "str", "default": ""},
    "signatures": {"type": "int", "default": 20},
    "new_since": {"type": "str", "default": ""},
    "baseline": {"type": "float", "default": 3600.0},
    "source": {"type": "str", "default": "auto", "choices": ["auto", "file", "api"]},
    "timezone": {"type": "str", "default": ""},
    "journal_directory": {"type": "str", "default": ""},
    "max_bytes": {"type": "int", "default": 2**30},
    "max_seconds": {"type": "float", "default": 15.0},
    "follow": {"type": "float", "default": 0.0},
}


def where_of(params: dict[str, Any]) -> Where:
    if not any(params[name] for name in ("services", "containers", "units", "kernel", "files")):
        raise InputError("Say what to read: services, containers, units, kernel or files. Nothing was done.")
    for path in [*params["files"], *([params["journal_directory"]] if params["journal_directory"] else [])]:
        if not path.startswith("/"):
            raise InputError(f"files: {path!r} must be an absolute path. Nothing was done.")
    return Where(
        params["services"],
        params["containers"],
        params["units"],
        params["kernel"],
        params["files"],
        params["source"],
        params["journal_directory"],
        params["timezone"],
    )


def wanted_of(params: dict[str, Any]) -> LogQuery:
    for name in ("last", "signatures"):
        at_least(params, name, 0)
    at_least(params, "baseline", 0, "s")
    if params["last"] > _MOST:
        raise InputError(f"last is {params['last']} and must be at most {_MOST}. Nothing was done.")
    now = time.time()
    since, until = _moment(params, "since", now), now
    if params["until"]:
        until = _moment(params, "until", now)
    if until < since:
        raise InputError("until lies before since, so there is nothing between them. Nothing was done.")
    return LogQuery(
        since,
        until,
        params["last"],
        not params["until"],
        _pattern(params),
        params["level"],
        _condition(params["where"]),
        params["signatures"],
        _moment(params, "new_since", now) if params["new_since"] else None,
        params["baseline"],
        _follow(params),
    )


def _follow(params: dict[str, Any]) -> float:
    """Seconds for which logs are followed."""
    at_least(params, "follow", 0, "s")
    if params["follow"] > _LONGEST:
        raise InputError(f"follow is {params['follow']} and must be at most {_LONGEST:g} seconds. Nothing was done.")
    if params["follow"] and params["until"]:
        raise InputError("follow waits for what is written from now on, and until names an end. Nothing was done.")
    return float(params["follow"])


def limits_of(params: dict[str, Any]) -> Limits:
    at_least(params, "max_bytes", 65536, "bytes")
    at_least(params, "max_seconds", 0.1, "s")
    return Limits(params["max_bytes"], time.monotonic() + params["max_seconds"])


def _moment(params: dict[str, Any], name: str, now: float) -> float:
    at = moment_of(params[name], now)
    if at is None:
        raise InputError(
            f"{name}: {params[name]!r} is neither a length of time (90, 15m, 2h, 3d) nor a date"
            " (2026-11-24T08:30:00Z). Nothing was done."
        )
    return at


def _pattern(params: dict[str, Any]) -> re.Pattern[str] | None:
    if not params["match"]:
        return None
    try:
        return re.compile(params["match"], re.MULTILINE | (re.IGNORECASE if params["ignore_case"] else 0))
    except re.error as error:
        raise InputError(f"match: {params['match']!r} is no regular expression ({error}). Nothing was done.") from None


def _condition(text: str) -> Condition | None:
    """A JMESPath expression as a question; a record on which it cannot be asked is not meant."""
    if not text:
        return None
    try:
        import jmespath  # type: ignore[import-untyped] # noqa: PLC0415 (asked for only where it is needed, and missed in words)
    except ImportError:
        raise DriverMissing(
            "where: the Python library jmespath is not installed where the module runs. Install it there (python3 -m"
            " pip install jmespath), or use match and level. Nothing was done."
        ) from None
    try:
        compiled = jmespath.compile(text)
    except jmespath.exceptions.JMESPathError as error:
        problem = " ".join(str(error).split())
        raise InputError(f"where: {text!r} is no JMESPath expression ({problem}). Nothing was done.") from None

    def holds(fields: Mapping[str, Any]) -> bool:
        try:
            result = compiled.search(dict(fields))
        except (jmespath.exceptions.JMESPathError, ValueError, OverflowError, TypeError, RecursionError):
            return False
        return result is not None and result is not False and result not in ([], {}, "")

    return Condition(holds, frozenset(_names_in(compiled.parsed)) - _OF_EVERY_RECORD)


def _names_in(node: Mapping[str, Any]) -> Iterator[str]:
    """The names that a JMESPath expression looks up in the record itself, not in what it found there."""
    kind, children = node.get("type"), node.get("children") or []
    if kind == "field":
        yield str(node["value"])
    elif kind in (
        "subexpression",
        "index_expression",
        "projection",
        "value_projection",
        "filter_projection",
        "flatten",
        "pipe",
    ):
        yield from _names_in(children[0])
    else:
        for child in children:
            if isinstance(child, dict):
                yield from _names_in(child)
