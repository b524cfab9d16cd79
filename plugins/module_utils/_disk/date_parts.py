# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which of the parts of names that may be dates are their one moment. Pure."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from typing import Iterable, Mapping, Sequence, Tuple

from .moments import DAY, Moment, weekday_of, weekdays_in

Key = Tuple[str, int]
Span = Tuple[int, int]
# Forms of which only the order of day and month differs.
TWINS = {"d-m-y": "m-d-y", "m-d-y": "d-m-y", "dmy": "mdy", "mdy": "dmy"}
PUT_APART = ("d-m-y", "m-d-y")
# How names write a moment other than by a date that is known here. Those in the second line are short numbers.
_OTHERWISE = ("%m[-_. ]?%d", "%d[-_. ]?%m", "%j", "%Y", "%Y[01235]\\d{1,2}", "[01235]\\d{1,2}%Y")
_SHORT = ("%d", "%V")
_TWO_DIGITS = re.compile(r"(?<!\d)(\d\d)([-_.])(\d\d)\2(\d\d)(?!\d)")
_AROUND = (-DAY, 0.0, 0.6 * DAY)  # a file may be changed on the day after, and in any zone


def odd(key: Key) -> bool:
    """A form that many numbers have, and that is none without the time of the change."""
    return key[0] in ("dmy", "mdy", "yymmdd", "d-m-y", "m-d-y")


def of_one_order(key: Key, keys: Iterable[Key]) -> bool:
    """Whether day and month of a date can be in this order alone, since some name has a day beyond the twelfth."""
    return key[0] in PUT_APART and (TWINS[key[0]], key[1]) not in keys


def shows_order(key: Key, reading: Mapping[Key, Moment], changed: float) -> bool | None:
    """Whether a file shows that day and month are in this order, by its change too; False: that they are in the other.

    None: it shows neither.
    """
    twin = reading.get((TWINS.get(key[0], ""), key[1]))
    if twin is None or twin.at == reading[key].at:
        return True
    mine, other = reading[key].agrees(changed), twin.agrees(changed)
    return None if mine == other else mine


def same_moment(keys: Sequence[Key], readings: Sequence[Mapping[Key, Moment]]) -> list[Key]:
    """All of these parts where they give one moment; none where they give several: one may be a partition's."""
    for reading in readings:
        days = [reading[key] for key in keys]
        for place, one in enumerate(days):
            for other in days[place + 1 :]:
                finer, wider = sorted((one, other), key=lambda moment: moment.span)
                if not (wider.at == finer.at or (wider.span > finer.span and wider.agrees(finer.at))):
                    return []
    return apart(keys, readings)


def apart(keys: Sequence[Key], readings: Sequence[Mapping[Key, Moment]]) -> list[Key]:
    """Without those that lie in another: one part of a name that fits two forms."""
    kept: list[Key] = []
    for key in keys:
        moment = readings[0][key]
        if not any(readings[0][other].start < moment.end and moment.start < readings[0][other].end for other in kept):
            kept.append(key)
    return kept


def outer(spans: Iterable[Span]) -> list[Span]:
    """Without what lies in another."""
    kept: list[Span] = []
    for start, end in sorted(spans, key=lambda span: span[0] - span[1]):
        if not any(begins < end and start < ends for begins, ends in kept):
            kept.append((start, end))
    return kept


def say_changes(beside: Sequence[tuple[str, float, float]]) -> bool:
    """Whether what stands beside the dates of files says when they were changed, as the dates do not: a week, a day of
    the week, a month in another language with its year. Then the dates are names.

    ``beside``: of each name the rest, its date, and when the file was changed.
    """
    weekdays = [[day for *dummy, day in weekdays_in(rest)] for rest, *dummy in beside]
    if all(len(days) == 1 for days in weekdays) and any(
        days[0] != weekday_of(date) for days, (dummy, date, changed) in zip(weekdays, beside)
    ):
        near = [{weekday_of(changed + around) for around in _AROUND} for *dummy, changed in beside]
        if all(days[0] in around for days, around in zip(weekdays, near)):
            return True
    if all(_in_the_year_before(rest, changed) for rest, dummy, changed in beside):
        return True
    return any(
        all(matches) and (form not in _SHORT or len(set(matches)) > 1)
        for form in (*_OTHERWISE, *_SHORT)
        for matches in [[_written(form, rest, changed) for rest, dummy, changed in beside]]
    )


def _in_the_year_before(rest: str, changed: float) -> bool:
    """Whether it holds a date with two digits for its year, in any order, of the year before the change."""
    for match in _TWO_DIGITS.finditer(rest):
        for form in ("%d%m%y", "%m%d%y", "%y%m%d"):
            try:
                date = datetime.strptime("".join(match.group(1, 3, 4)), form).replace(tzinfo=timezone.utc).timestamp()
            except ValueError:
                continue
            if -2 * DAY < changed - date < 366 * DAY:
                return True
    return False


def _written(form: str, rest: str, changed: float) -> str:
    """What of a name says in this form when the file was changed; empty for nothing."""
    for around in _AROUND:
        pattern = datetime.fromtimestamp(changed + around, timezone.utc).strftime(form)
        match = re.search(rf"(?<!\d){pattern}(?!\d)", rest)
        if match:
            return match.group(0)
    return ""
