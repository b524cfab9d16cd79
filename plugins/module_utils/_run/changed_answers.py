# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Answers of an AWX survey that no longer say what was answered. Pure.

ansible-core reads their texts again as YAML: 0123 becomes 83, 14:40 becomes 880, 1.10 becomes 1.1, null nothing.

What was meant cannot be put back, since an extra variable wins over every other one; so the run is refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Any, Iterator, Mapping, Sequence

from .known_names import KNOWN, LISTS, TRUTHS

# AWX's own: who acts is written into the log, and decides whether an approval is that of another person.
_OF_AWX = frozenset(("awx_user_name", "tower_user_name"))
_HOSTS = "runbook_hosts"  # Ansible takes hosts from a text alone
_TIME_OF_DAY = re.compile(r"\d{1,2}:\d\d(:\d\d)?\Z")
_SHOWN = 60  # characters of an answer


class MarkedText(str):
    """A text of a file of extra variables that is marked as unsafe, as it is written there."""


@dataclass(frozen=True)
class ChangedAnswer:
    """``written``: what was answered; ``value``: what has become of it."""

    name: str
    written: str
    value: Any


def changed_answers(written: Mapping[str, Any], arrived: Mapping[str, Any]) -> list[ChangedAnswer]:
    """Those of variables that this collection reads. ``written``: what the files have; ``arrived``: extra variables."""
    return [
        ChangedAnswer(name, text, value)
        for name, given in written.items()
        if name in KNOWN or name in _OF_AWX
        for text, value in _pairs(given, arrived.get(name))
        if _is_changed(name, text, value)
    ]


def _pairs(given: Any, value: Any) -> Iterator[tuple[str, Any]]:
    """A text with its value, or each text of a list."""
    if isinstance(given, MarkedText):
        yield str(given), value
    elif isinstance(given, list) and isinstance(value, list) and len(given) == len(value):
        for text, each in zip(given, value):
            yield from _pairs(text, each)


def _is_changed(name: str, text: str, value: Any) -> bool:
    if value is None:
        return bool(text.strip())
    if name == _HOSTS:
        return not isinstance(value, str)
    if isinstance(value, bool):
        return name not in TRUTHS
    if isinstance(value, (int, float)):
        return name not in TRUTHS and (str(value) != text.strip() or not value)  # 0 would be taken for no answer
    if isinstance(value, date):
        return name in LISTS  # else it is written in another way, and is the same date; of a date Ansible makes no list
    return False  # a text is what was written


def refusal(changed: Sequence[ChangedAnswer]) -> str:
    """One paragraph on all of them."""
    named = ", ".join(
        f"{each.name} was '{_short(each.written)}' and has become {_said(each.value)}" for each in changed
    )
    advice = " ".join(dict.fromkeys(_advice(each) for each in changed))
    return f"ansible-core reads an answer of AWX's survey again, as YAML: {named}. Nothing was done. {advice}"


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."


def _said(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return "nothing" if value is None else str(value).lower()
    return f"the date {value}" if isinstance(value, date) else f"the number {value}"


def _advice(answer: ChangedAnswer) -> str:
    if answer.name in _OF_AWX:
        return "Give this account of AWX a name with a letter in it."
    if answer.name == _HOSTS:
        return f"A host or a group with such a name is written all:&{_short(answer.written.strip())}."
    if isinstance(answer.value, bool) or answer.value is None:
        return "Write more than that word."
    if answer.name in LISTS:
        return f"A name in a list that is a number or a date has a comma at its end: {_short(answer.written.strip())},"
    if _TIME_OF_DAY.match(answer.written.strip()):
        return f"A time of day is written with its zone: {answer.written.strip()} UTC."
    return (
        "A number is written without a leading zero, sign, underscore or useless digit, and is not 0; a text has more"
        " in it than a number."
    )
