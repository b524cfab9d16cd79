# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What all modules share: checks of numbers and names, and the one way to return a result."""

from __future__ import annotations

import math
from typing import Any, Callable, Mapping

from ansible.module_utils.basic import AnsibleModule

from .errors import InputError, RunbookError

_QUOTATION_MARKS = "'\"`\u2018\u2019\u201a\u201c\u201d\u201e\u00ab\u00bb"


def at_least(params: dict[str, Any], name: str, least: float, unit: str = "") -> None:
    """Raise InputError for a number below ``least``; ``unit`` ends the sentence."""
    if not math.isfinite(params[name]):
        raise InputError(f"{name} is {params[name]} and must be a number. Nothing was done.")
    if params[name] < least:
        text = f"at least {least:g} {unit}".rstrip()
        raise InputError(f"{name} is {params[name]:g} and must be {text}. Nothing was done.")


def share(params: dict[str, Any], name: str) -> None:
    """Raise InputError for a fraction outside of (0, 1]."""
    if not 0 < params[name] <= 1:
        raise InputError(f"{name} is {params[name]:g} and must be more than 0 and at most 1. Nothing was done.")


def names(params: dict[str, Any], option: str) -> frozenset[str]:
    """A list of names, each with and without the blanks around it: Ansible splits a text at its commas alone.

    Raise InputError for the text of a list or a dictionary, which Ansible splits too, and for what begins or ends with
    a quotation mark: what was meant would not be excluded. A name may begin with a bracket.
    """
    for name in map(str.strip, params[option]):
        if _is_of_text(name):
            raise InputError(
                f"{option}: {name!r} is not a name but a part of a list or a dictionary, or a text in quotes."
                f" Nothing was done. Give a list of names, as {option}: [first, second]; with -e as JSON."
            )
    return frozenset(each for name in params[option] for each in (name, name.strip()))


def _is_of_text(name: str) -> bool:
    """Whether it is a list or a dictionary, or begins or ends one or a text in quotes."""
    if name and (name[0] in _QUOTATION_MARKS or name[-1] in _QUOTATION_MARKS):
        return True
    for opens, closes in ("[]", "{}"):
        if name.startswith(opens) and (name.endswith(closes) or closes not in name):
            return True
        if name.endswith(closes) and opens not in name:
            return True
    return False


def finish(module: AnsibleModule, work: Callable[[AnsibleModule], Mapping[str, Any]]) -> None:
    """Run ``work`` and exit the module; the only place where a RunbookError becomes a failed task."""
    try:
        result = work(module)
    except RunbookError as error:
        module.fail_json(msg=str(error), error=type(error).__name__, **error.details)
    module.exit_json(**result)
