# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Extra variables that would replace what a run takes from the incident. Pure.

An extra variable wins over every other one, so that an undo would do something else, and be recorded as an undo.
"""

from __future__ import annotations

from typing import Any, Mapping

from .._core.text import printable, shortened
from .typed import Pair

_WIDE = 60  # characters of a value


def refusal(fixed: Mapping[str, Any], extra: Mapping[str, Any]) -> str:
    """Why a run is refused whose extra variables have other values than the incident; else empty. Of a value that is a
    dictionary the keys of ``fixed`` count."""
    changed = [name for name in fixed if name in extra and not _says(fixed[name], extra[name])]
    if not changed:
        return ""
    named = "; ".join(
        f"{name} is {_shown(name, extra[name])}, and {_shown(name, fixed[name])} there" for name in changed
    )
    return (
        f"Extra variables replace what this run takes from the incident: {named}. Nothing was done. Leave"
        f" {'it' if len(changed) == 1 else 'them'} out, also from a file of extra variables."
    )


def _says(fixed: Any, given: Any) -> bool:
    """Whether a value that may have been typed is the same: a number or a truth may be a text."""
    if isinstance(fixed, Mapping):
        return isinstance(given, Mapping) and all(name in given and _says(fixed[name], given[name]) for name in fixed)
    if isinstance(fixed, (list, tuple)):
        return (
            isinstance(given, (list, tuple))
            and len(fixed) == len(given)
            and all(_says(each, other) for each, other in zip(fixed, given))
        )
    return str(fixed).strip().lower() == str(given).strip().lower()


def _shown(name: str, value: Any) -> str:
    text = shortened(printable(str(value)), _WIDE) or "empty"
    return "another value" if Pair(name, f"{name}={value}").is_secret else text
