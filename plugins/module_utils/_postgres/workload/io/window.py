# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A server's work over a window of time, whole: counters, samples, and what runs at its end. I/O."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Mapping

from ...._core.text import counted
from ...io import queries
from ...io.server import Postgres
from ...snapshot import Snapshot
from ..grouping import grouped, recounted, renumbered
from ..statements import (
    Doing,
    Key,
    Reader,
    RunningNow,
    Samples,
    StatementCounters,
    WorkloadReport,
    difference,
    lifetime,
    ranked,
    report,
    running_seconds,
)
from .pg_stat_statements import Extension, named, own_statements, short_texts, texts, watch


@dataclass(frozen=True)
class Workload:
    """What was seen. ``seconds`` None: no window was wanted, and the doings are those of the counters' whole life."""

    extension: Extension
    doings: list[Doing]
    running: dict[int, list[RunningNow]]
    samples: Samples
    first: StatementCounters
    second: StatementCounters
    seconds: float | None
    snapshot: Snapshot
    texts: Mapping[Key, str] = field(default_factory=dict)  # of statements that the extension has no text of
    whole: float = 0.0  # seconds of all statements, finished and running
    opened: int | None = None  # sessions, within the seconds

    def top(self, number: int) -> list[Key]:
        return [key for key, dummy in ranked(self.doings, self.running)[:number]]

    def databases(self, postgres: Postgres, least: float) -> list[str]:
        """Databases that took at least such a share of the time, the most first."""
        names = named(postgres, queries.DATABASES)
        seconds: dict[str, float] = {}
        for doing in self.doings:
            name = names.get(doing.key[1], "")
            seconds[name] = seconds.get(name, 0.0) + doing.spent.seconds
        for sessions in self.running.values():
            for session in sessions:
                name = self.snapshot.sessions[session["pid"]].database
                seconds[name] = seconds.get(name, 0.0) + session["within"]
        ordered = sorted(seconds, key=lambda name: -seconds[name])
        return [name for name in ordered if name and seconds[name] >= least * self.whole]

    def reader(self, postgres: Postgres, keys: list[Key], form: str) -> Reader:
        known = texts(postgres, self.extension, keys) if self.extension.name and keys and form != "none" else {}
        known.update({key: text for key, text in self.texts.items() if key in keys} if form != "none" else {})
        return Reader(named(postgres, queries.ROLES), named(postgres, queries.DATABASES), known, form)

    def report(self, postgres: Postgres, top: int, form: str) -> WorkloadReport:
        """What pg_statements_info returns; see its documentation."""
        reader = self.reader(postgres, self.top(top), form)
        renewed = self.first.reset != self.second.reset
        evictions = 0 if renewed else self.second.dealloc - self.first.dealloc
        since = self.second.reset
        return {
            "available": bool(self.extension.name),
            "why": self.extension.why,
            "remedy": self.extension.remedy,
            "notes": [*self.extension.notes, *_reservations(self.second, evictions, renewed)],
            "window": {
                "seconds": round(self.seconds, 2) if self.seconds is not None else None,
                "lifetime": self.seconds is None,
                "since": since.isoformat() if self.seconds is None and since else None,
                "entries": len(self.second.entries) + self.second.hidden,
                "evictions": evictions,
                "renewed": renewed,
                "logins": round(self.opened / self.seconds, 2) if self.seconds and self.opened is not None else None,
            },
            "statements": report(self.doings, self.running, self.samples, reader, top, self.seconds),
            "waits": self.samples.as_dict(),
        }


def workload(postgres: Postgres, extension: Extension, window: float) -> Workload:
    """Watch for ``window`` seconds; 0 takes the counters as they are."""
    first, second, samples, snapshot, seconds, opened = watch(postgres, extension, window)
    ours = own_statements(postgres, extension) if extension.name else frozenset()
    doings = [doing for doing in (difference(first, second) if window else lifetime(second)) if doing.key not in ours]
    texts_of = short_texts(postgres, extension, [doing.key for doing in doings]) if extension.name else {}
    statements = grouped(doings, texts_of)
    running = running_seconds(snapshot, postgres.pid, seconds if window else None)
    return Workload(
        extension,
        statements.doings,
        renumbered(running, statements.ids),
        recounted(samples, statements.ids),
        first,
        second,
        seconds if window else None,
        snapshot,
        statements.texts,
        sum(doing.spent.seconds for doing in statements.doings)
        + sum(session["within"] for sessions in running.values() for session in sessions),
        opened,
    )


def _reservations(second: StatementCounters, evictions: int, renewed: bool) -> list[str]:
    said = []
    if second.hidden:
        said.append(
            f"{counted(second.hidden, 'statement')} of other roles not seen: GRANT pg_read_all_stats (in pg_monitor) to"
            " this login"
        )
    if renewed:
        said.append("the counters were reset during the window; statements that ended before are not counted")
    elif evictions > 0:
        said.append(
            f"entries were evicted {evictions} times during the window, the least executed first: raise"
            " pg_stat_statements.max"
        )
    return said
