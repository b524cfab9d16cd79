# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is asked of logs, and records of many sources merged by time until enough of them is found. I/O."""

from __future__ import annotations

import heapq
import re
import time
from dataclasses import dataclass
from typing import Any, Callable, Iterator, Mapping, NamedTuple, Sequence

from ..._core.text import counted
from ..assembly import timed
from ..dates import unclear_zone
from ..failing_requests import FailingRequests
from ..fields import fields_of
from ..level import LEVELS
from ..prefilter import Needle, needle_of
from ..records import EntryReport, GatheredReport, Record, Signatures, entry
from .limits import Tally

_AHEAD = 60.0  # seconds by which clocks differ
_ZONES = 900.0  # seconds: zones are quarters of an hour apart


class Condition(NamedTuple):
    """A question to a record's values, and the names in it that only a structured record has."""

    holds: Callable[[Mapping[str, Any]], bool]
    names: frozenset[str]


@dataclass(frozen=True)
class LogQuery:
    """What is returned of it. Moments in seconds since 1970; ``signatures`` and ``last``: how many, 0 for none."""

    since: float
    until: float
    last: int = 100
    to_the_end: bool = True  # no end was given: what is dated after now is returned, too
    pattern: re.Pattern[str] | None = None
    level: str = ""
    condition: Condition | None = None
    signatures: int = 0
    new_since: float | None = None
    baseline: float = 3600.0
    follow: float = 0.0  # seconds for which new records are waited for

    @property
    def waits_for_one(self) -> bool:
        """Whether following ends with the first record that is wanted: without a condition all of them are."""
        return bool(self.pattern or self.level or self.condition)

    @property
    def needle(self) -> Needle | None:
        """What a record must contain to match; None where it cannot be said, or nothing is to match."""
        if self.pattern is None:
            return None
        return needle_of(self.pattern.pattern, bool(self.pattern.flags & re.IGNORECASE))

    @property
    def floor(self) -> float:
        """How far back is read: before what is new there must be something to compare it with."""
        if self.signatures and self.new_since is not None:
            return min(self.since, self.new_since - self.baseline)
        return self.since

    def chooses(self, record: Record, level: str) -> bool:
        if self.pattern is not None and not self.pattern.search(record.text):
            return False
        if not self.level:
            return True
        return bool(level) and LEVELS.index(level) >= LEVELS.index(self.level)


def counting(
    stream: Iterator[Record], tally: Tally, query: LogQuery, otherwise: float, written: float = 0.0
) -> Iterator[Record]:
    """The same records, each with a time, counted; ``written``: when the file was, 0 where it is not known.

    While a log is followed, records without a time are left out: whether they are new is not known.
    """
    for record in timed(_untimed(stream, tally, bool(query.follow)), otherwise):
        tally.records += 1
        tally.dropped += record.dropped
        if tally.records == 1 and record.at is not None:
            _doubt(record.at, written, tally)
        if record.at is not None and (tally.oldest is None or record.at < tally.oldest):
            tally.oldest = record.at
        yield record


def _untimed(stream: Iterator[Record], tally: Tally, without: bool) -> Iterator[Record]:
    for record in stream:
        tally.untimed += record.at is None
        if record.at is None and not tally.unclear_zone:
            tally.unclear_zone = unclear_zone(record.text)
        if record.at is not None or not without:
            yield record


def _doubt(newest: float, written: float, tally: Tally) -> None:
    """Times without a zone may be of another one: then too much is found, or nothing, without a visible reason."""
    ahead = newest - time.time()
    if ahead > _AHEAD:
        tally.note(f"its newest record is {ahead / 60:.0f} min ahead of this host's clock: another time zone or clock?")
    behind = written - newest
    if written and behind > _ZONES / 2 and abs(behind - round(behind / _ZONES) * _ZONES) < _AHEAD:
        tally.note(
            f"its newest record is dated {behind / 60:.0f} min before the file was written: if that is a time zone, say"
            " it with timezone"
        )


def gathered(streams: Sequence[Iterator[Record]], query: LogQuery, tallies: Sequence[Tally]) -> GatheredReport:
    """The last records that are wanted, by their times, and all kinds of errors."""
    by_name = {tally.name: tally for tally in tallies}
    chosen: list[tuple[float, int, EntryReport]] = []
    signatures, requests = Signatures(moment=query.new_since), FailingRequests(query.new_since)
    known_before: set[str] = set()
    more = False
    matched = 0
    for record in heapq.merge(*streams, key=lambda stream: -stream.at):  # type: ignore[operator]
        at = record.at or 0.0
        if len(chosen) >= query.last and not query.signatures and _is_settled(chosen, at, tallies):
            more = True  # the rest was not read
            break
        if (at > query.until and not query.to_the_end) or at < query.floor:
            continue
        tally = by_name[record.source]
        if query.new_since is not None and at < query.new_since and not tally.kinds_cut:
            known_before.add(record.source)
        level = record.level if query.signatures or query.level else ""
        tally.examined += 1
        tally.levels += bool(level)
        if query.signatures and level:
            signatures.add(record, level)
        is_wanted = at >= query.since  # what is older may be compared with
        if not (is_wanted or query.new_since is not None) or not query.chooses(record, level):
            continue
        fields = fields_of(record.text)
        if query.condition is not None and not _holds(query.condition, {**_record_dict(record), **fields}, tally):
            continue
        requests.add(at, record.text, fields)
        if not is_wanted:
            continue
        matched += 1
        place = (at, -matched)
        more = more or len(chosen) >= query.last
        if len(chosen) < query.last:
            heapq.heappush(chosen, (*place, entry(record, fields)))  # at once: a record may be long, its report is not
        elif query.last and place > chosen[0][:2]:
            heapq.heapreplace(chosen, (*place, entry(record, fields)))
    return {
        # Clocks are set back; of one moment the one that was read last is the oldest.
        "entries": [item[2] for item in sorted(chosen, key=lambda item: item[:2])],
        "matched": matched,
        "more": more,
        "signatures": signatures.as_dicts(query.since, query.new_since, known_before, query.signatures),
        "other_signatures": signatures.others,
        "requests": requests.report,
    }


def _is_settled(chosen: Sequence[tuple[float, int, EntryReport]], at: float, tallies: Sequence[Tally]) -> bool:
    """Whether no record that is still to come can be younger than the oldest chosen one, as far as lines are late."""
    disorder = max((tally.disorder for tally in tallies), default=0.0)
    return not chosen or at < chosen[0][0] - 2 * disorder or disorder == 0.0


def _holds(condition: Condition, values: dict[str, Any], tally: Tally) -> bool:
    tally.asked += 1
    tally.named.update(name for name in condition.names if name in values)
    return condition.holds(values)


def say_unknown(tallies: Sequence[Tally], query: LogQuery) -> None:
    """Note what no record of a source says: when, how bad, or what ``where`` asks for."""
    for tally in tallies:
        all_untimed = bool(tally.records) and tally.untimed == tally.records
        if tally.unclear_zone:
            tally.note(
                f"times in {tally.unclear_zone} are not understood, since more than one zone has that name: say which"
                f" with timezone, as Asia/Shanghai{'; since cannot be applied' if all_untimed else ''}",
                False,
            )
        elif all_untimed:
            tally.note(f"none of its {tally.records} records says when it was written: since cannot be applied", False)
        if tally.dropped:
            tally.note(f"{counted(tally.dropped, 'line', 'lines')} in the middle of very long records")
        if tally.examined and not tally.levels and (query.level or query.signatures):
            what = "level chooses none of them" if query.level else "its kinds of errors are not known"
            tally.note(f"none of its {tally.examined} records says how bad it is: {what}", bool(query.level))
        missing = sorted(query.condition.names - tally.named) if query.condition and tally.asked else []
        if missing:
            names = ", ".join(missing)
            tally.note(f"none of its {tally.asked} records has the field {names} that where asks for")


def _record_dict(record: Record) -> dict[str, Any]:
    return {"text": record.text, "level": record.level, "source": record.source, "stream": record.stream}
