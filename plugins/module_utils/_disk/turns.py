# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Backups without a date that replace each other in turn. Pure."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Mapping

from .moments import COARSE, weekday_of, weekdays_in


def in_turn(changed: Mapping[str, int], mark: str) -> dict[str, str]:
    """Files that replace each other in turn: name to that of the family, in which ``mark`` stands for what differs.

    By a number that grows with the age from 0 or 1 on, by a day of the week that is the day of the change, or by a
    month or week. ``changed``: nanoseconds, by name.
    """
    families: dict[str, str] = {}
    numbers: dict[str, list[tuple[int, str]]] = defaultdict(list)
    weekdays: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for name in changed:
        for match in re.finditer(r"(?<!\d)\d{1,3}(?!\d)", name):
            numbers[name[: match.start()] + mark + name[match.end() :]].append((int(match.group(0)), name))
        for start, end, day in weekdays_in(name):
            weekdays[name[:start] + mark + name[end:]].append((day, name))
        coarse = list(COARSE.finditer(name))
        if len(coarse) == 1:
            families[name] = name[: coarse[0].start()] + mark + name[coarse[0].end() :]
    for family, numbered in numbers.items():
        numbered.sort(key=lambda pair: pair[0])
        without_gap = [number - numbered[0][0] for number, dummy in numbered] == list(range(len(numbered)))
        older = all(changed[newer[1]] > changed[old[1]] for newer, old in zip(numbered, numbered[1:]))
        if len(numbered) > 2 and numbered[0][0] in (0, 1) and without_gap and older:
            families.update({name: family for dummy, name in numbered})
    for family, named in weekdays.items():
        if len(named) > 1 and all(_on_that_day(day, changed[name] / 1e9) for day, name in named):
            families.update({name: family for dummy, name in named})
    return families


def _on_that_day(day: int, changed: float) -> bool:
    """Whether it was that day of the week in any zone, or the day after: a backup may end past midnight."""
    return day in {weekday_of(changed + hours * 3600) for hours in (-24, -14, 0, 14)}
