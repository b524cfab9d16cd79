# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The place of a file where a moment begins, by bisection, also where clocks were set back. I/O."""

from __future__ import annotations

import os
from typing import BinaryIO, Callable, Iterator

from .backwards import BLOCK, FARTHEST

PROBE = 64 * 1024  # bytes within which a line with a time is looked for
_GLANCE = 2048  # bytes of them that are read first
_BESIDE = 12  # lines whose latest time counts
_LOOKS = 64  # places all over a file at which its times are compared
_WHOLE = 256 * 1024  # bytes of a file of which every line is read for its latest time
_CLOSER = 1.05
_MORE_LOOKS = 600  # that may be added
_FINEST, _SHARE = 300.0, 0.2  # seconds between two looks, and their share of the way to the moment
TimeAt = Callable[[bytes], "float | None"]


def place_of(file: BinaryIO, end: int, since: float, time_at: TimeAt) -> int:
    """Where a line begins before which everything was written before ``since``, as far as the lines say.

    By bisection over places, each dated by the first line with a time behind it. A clock that was set back
    makes more than one such place; where looks all over the file show that, what lies before the jump is bisected too.
    The place is rather a little too early than too late: the caller filters exactly.
    """
    place = _bisected(file, end, since, time_at)
    for jump, latest in _jumps(file, place, end, since, time_at):
        if latest >= since:
            place = min(place, _bisected(file, jump, since, time_at))
    return _line_start(file, place)


def _bisected(file: BinaryIO, high: int, since: float, time_at: TimeAt) -> int:
    low = 0
    while high - low > PROBE:
        middle = (low + high) // 2
        first_time = _first_time(file, middle, min(high, middle + PROBE), time_at)
        if first_time is None or first_time[1] >= since:
            high = middle
        else:
            low = max(middle, min(first_time[0], high))
    return low


def _jumps(file: BinaryIO, high: int, end: int, since: float, time_at: TimeAt) -> Iterator[tuple[int, float]]:
    """Places before ``high`` behind which the clock was set back, each with the latest time shortly before it."""
    # All over it, and ever closer together towards the end: what a clock doubled lies right before the place that was
    # found, as far away as it is long.
    looks = {*range(0, high, max(PROBE, high // _LOOKS)), high}
    distance = float(_GLANCE)
    while distance < high:
        looks.add(high - int(distance))
        distance *= _CLOSER
    seen = [look for look in (_look(file, place, end, time_at) for place in sorted(looks)) if look is not None]
    for before, after in _refined(file, seen, end, since, time_at):
        if after[1] < before[1]:
            yield _jump(file, before, after[0], time_at)


def _look(file: BinaryIO, place: int, end: int, time_at: TimeAt) -> tuple[int, float] | None:
    """The first line with a time from a place on, and the latest time of those beside it: single lines may be late."""
    first_time = _first_time(file, place, min(end, place + PROBE), time_at)
    if first_time is None:
        return None
    data = os.pread(file.fileno(), min(_GLANCE, end - first_time[0]), first_time[0])
    times = [time_at(line) for line in data.split(b"\n")[:_BESIDE]]
    return first_time[0], max((at for at in times if at is not None), default=first_time[1])


def _refined(
    file: BinaryIO, looks: list[tuple[int, float]], end: int, since: float, time_at: TimeAt
) -> Iterator[tuple[tuple[int, float], tuple[int, float]]]:
    """Neighbouring looks; more of them where those that were taken lie far apart in time, as in a quiet night."""
    budget = _MORE_LOOKS
    pairs = list(zip(looks, looks[1:]))[::-1]
    while pairs:
        before, after = pairs.pop()
        gap = max(_FINEST, _SHARE * abs(since - before[1]))
        if budget > 0 and after[0] - before[0] > PROBE and after[1] - before[1] > gap:
            budget -= 1
            between = _look(file, (before[0] + after[0]) // 2, end, time_at)
            if between is not None and before[0] < between[0] < after[0]:
                pairs += [(between, after), (before, between)]
                continue
        yield before, after


def _jump(file: BinaryIO, before: tuple[int, float], high: int, time_at: TimeAt) -> tuple[int, float]:
    low = before[0]
    while high - low > PROBE:
        middle = (low + high) // 2
        first_time = _first_time(file, middle, min(high, middle + PROBE), time_at)
        if first_time is not None and first_time[1] >= before[1]:
            low = middle
        else:
            high = middle
    times = [time_at(line) for line in os.pread(file.fileno(), high - low, low).split(b"\n")]
    return high, max((at for at in times if at is not None), default=before[1])


def _first_time(file: BinaryIO, start: int, end: int, time_at: TimeAt) -> tuple[int, float] | None:
    """The first whole line from there on that has a time, and that time."""
    for size in (_GLANCE, end - start):  # mostly the first few lines show it
        data = os.pread(file.fileno(), min(size, end - start), start)
        place = data.find(b"\n") + 1 if start else 0
        stop = data.find(b"\n", place) if place or not start else -1
        while stop >= 0:
            at = time_at(data[place:stop])
            if at is not None:
                return start + place, at
            place = stop + 1
            stop = data.find(b"\n", place)
    return None


def _line_start(file: BinaryIO, place: int) -> int:
    """The beginning of the line in which a place lies."""
    end = place
    while end > 0:
        start = max(0, end - BLOCK)
        line_feed = os.pread(file.fileno(), end - start, start).rfind(b"\n")
        if line_feed >= 0:
            return start + line_feed + 1
        if place - start > FARTHEST:
            return place
        end = start
    return 0


def latest_in(file: BinaryIO, end: int, time_at: TimeAt) -> float | None:
    """The latest time that looks all over a file show; None where they show none. A small file is read whole."""
    if end <= _WHOLE:
        times = [time_at(line) for line in os.pread(file.fileno(), end, 0).split(b"\n")]
        return max((at for at in times if at is not None), default=None)
    places = [*range(0, end, max(_GLANCE, end // _LOOKS)), max(0, end - _GLANCE)]
    looks = [look for look in (_look(file, place, end, time_at) for place in sorted(places)) if look is not None]
    latest = [at for dummy, at in looks]
    # Where the clock was set back between two looks, the latest line stands right before that.
    latest += [
        _jump(file, before, after[0], time_at)[1] for before, after in zip(looks, looks[1:]) if after[1] < before[1]
    ]
    return max(latest, default=None)
