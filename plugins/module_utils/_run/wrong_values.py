# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Values that would be taken for another one without a word (a word for true that is none, a list for a dictionary),
and those that a role would refuse later, under the name of its own option. Pure.

Only literal values are judged. What has a template is read where it is used, which refuses it there.
"""

from __future__ import annotations

from typing import Any, Iterator, Mapping, Sequence, TypedDict

from .._core.gate import APPROVAL
from .._core.text import shortened
from .known_keys import KEYS
from .known_names import CHOICES, NUMBERS, TRUTHS, WHOLE

# As Ansible reads an option that is true or false, in any case; an empty answer is one that was not given.
_WORDS = ("true", "yes", "on", "y", "t", "1", "1.0", "false", "no", "off", "n", "f", "0", "0.0", "")
_SEVERITIES = ("P0", "P1", "P2", "P3")
_RATED = ("triage_services", "triage_targets")
_NAMES = ("_exclude_roles", "_exclude_applications", "_exclude_databases", "_exclude_queries")
_MORE_NAMES = ("_application_superusers", "_singletons")
# Beside those of the roles, what a playbook hands to them.
_CHOICES = {
    **CHOICES,
    "db_session_cancel_action": CHOICES["end_sessions_session_action"],
    "db_session_cancel_approval": APPROVAL,
    "runbook_approval": APPROVAL,
}
_SHOWN = 40  # characters
# Beside those that KEYS has, which are dictionaries but for the entries of a list.
_DICTIONARIES = (
    "runbook_charts", "runbook_endpoint_key_variables", "runbook_endpoint_keys", "runbook_objectives",
    "runbook_oncall.*", *_RATED,
)  # fmt: skip
_LISTS = (
    "runbook_backups", "runbook_endpoints", "runbook_people", "runbook_oncall.*.layers",
    "runbook_oncall.*.layers.*.hours", "runbook_oncall.*.layers.*.overrides",
)  # fmt: skip


class WrongValue(TypedDict):
    """``name``: a variable, or the way to a value in it; ``why``: what it must be; ``place``: where it is set;
    ``refused``: whether no run may go on with it. Others go on, since what reads them leaves them out."""

    name: str
    why: str
    place: str
    refused: bool


def wrong_values(variables: Mapping[str, Any], typed: bool = False) -> list[WrongValue]:
    """Of the variables of one host, one group, or the command line (``typed``). What the role that reads it refuses
    anyway ends a run that it was typed for; in an inventory it may be of a role that this run does not use."""
    return [
        {"name": name, "why": why, "place": "", "refused": refused}
        for variable in sorted(map(str, variables))
        for name, why, refused in (
            *_wrong(variable, variables[variable]),
            *((variable, why, typed) for why in _misfit(variable, variables[variable])),
        )
    ]


def _misfit(name: str, value: Any) -> Iterator[str]:
    """Why a value is no number or none of the words that its variable takes. An empty one was not given."""
    if _is_template(value) or not value or not isinstance(value, (str, bool, float, list, tuple, dict)):
        return
    if name in WHOLE and not _is_number(value, whole=True):
        yield f"is {_short(value)} and must be a whole number"
    elif name in NUMBERS and not _is_number(value):
        yield f"is {_short(value)} and must be a number"
    elif name in _CHOICES and value not in _CHOICES[name]:
        yield f"is {_short(value)} and must be one of {', '.join(_CHOICES[name])}"


def _is_number(value: Any, whole: bool = False) -> bool:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return False
    return number.is_integer() or not whole


def _wrong(name: str, value: Any) -> Iterator[tuple[str, str, bool]]:
    if _is_template(value):
        return
    if name in TRUTHS and not _is_truth(value):
        yield name, f"is {_short(value)} and must be true or false", True
    if name.endswith((*_NAMES, *_MORE_NAMES)) and isinstance(value, (list, tuple)):
        for each in value:
            if isinstance(each, (list, tuple, dict)):
                yield name, f"has {_short(each)} in it and must be a list of names", True
    if name in _RATED and isinstance(value, Mapping):
        for key, severity in value.items():
            if not _is_template(severity) and str(severity).strip().upper() not in _SEVERITIES:
                yield f"{name}.{key}", f"is {_short(severity)} and must be one of {', '.join(_SEVERITIES)}", False
    yield from ((place, why, False) for place, why in _containers(name, name, value))


def _containers(path: str, place: str, value: Any) -> Iterator[tuple[str, str]]:
    """``path``: as in KEYS; ``place``: the same as it is shown."""
    is_list, is_dictionary = isinstance(value, (list, tuple)), isinstance(value, Mapping)
    if is_list and value and (path in _DICTIONARIES or (path in KEYS and not path.endswith(".*"))):
        yield place, "must be a dictionary and is a list"
    elif is_dictionary and value and path in _LISTS:
        yield place, "must be a list and is a dictionary"
    elif is_dictionary:
        for key, inner in value.items():
            known = path in KEYS and key in KEYS[path]
            yield from _containers(
                f"{path}.{key if known and _leads(f'{path}.{key}') else '*'}", f"{place}.{key}", inner
            )
    elif is_list:
        for number, inner in enumerate(value, 1):
            yield from _containers(f"{path}.*", f"{place}[{number}]", inner)


def _leads(path: str) -> bool:
    return any(each == path or each.startswith(f"{path}.") for each in (*KEYS, *_LISTS))


def _is_template(value: Any) -> bool:
    return isinstance(value, str) and ("{{" in value or "{%" in value)


def _is_truth(value: Any) -> bool:
    if isinstance(value, str):
        return value.lower().strip() in _WORDS
    if isinstance(value, (int, float)):
        return value in (0, 1)
    return not isinstance(value, (list, tuple, dict))  # nothing, or what Ansible reads later, such as a vault's


def _short(value: Any) -> str:
    return shortened(repr(value), _SHOWN)


def said_of_values(wrong: Sequence[WrongValue]) -> str:
    """Each with its place, as one sentence."""
    named = (f"{each['name']}{' (' + each['place'] + ')' if each['place'] else ''} {each['why']}" for each in wrong)
    return f"{'; '.join(named)}."
