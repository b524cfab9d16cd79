"""Whether a site stands as described, from the server's own views: no site is judged before, and none that fell. Pure.

Ages are read from the server's clock, so that nothing depends on how fast the machine is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from support.sites.description import SCALE, Crew, Site

AGED = 75 * SCALE  # seconds after which every limit of the playbooks has been passed
_WAITED = 40 * SCALE  # and that of a wait for a lock
_KEPT = 1500  # transactions whose dead rows a forgotten snapshot keeps
_BUSY = 0.35  # cores that a runaway statement uses; the playbook names those from 0.3 of them

SESSIONS = """
SELECT pid, backend_type, application_name, coalesce(state, ''), coalesce(wait_event_type, ''), query,
       extract(epoch FROM clock_timestamp() - backend_start)::float8,
       coalesce(extract(epoch FROM clock_timestamp() - xact_start), 0)::float8,
       coalesce(extract(epoch FROM clock_timestamp() - query_start), 0)::float8,
       coalesce(extract(epoch FROM clock_timestamp() - state_change), 0)::float8, coalesce(age(backend_xmin), 0)
  FROM pg_stat_activity WHERE backend_type IN ('client backend', 'walsender') AND pid <> pg_backend_pid()
"""
PREPARED = """
SELECT coalesce(min(extract(epoch FROM clock_timestamp() - prepared)), 0)::float8 FROM pg_prepared_xacts
"""
STANDBYS = "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming' AND application_name = 'walreceiver'"


class Row(NamedTuple):
    """A session of pg_stat_activity; ages in seconds, ``kept`` in transactions."""

    pid: int
    backend_type: str
    application: str
    state: str
    wait: str
    query: str
    connected: float
    in_transaction: float
    in_statement: float
    in_state: float
    kept: int

    @property
    def waits(self) -> bool:
        return self.wait == "Lock"

    @property
    def idle_in_transaction(self) -> bool:
        return self.state == "idle in transaction"


class Look(NamedTuple):
    """``pids``: the sessions of each crew, by its place; ``cores``: what each runaway statement uses."""

    rows: Mapping[int, Row]
    pids: Mapping[int, Sequence[int]]
    prepared_for: float
    standbys: int
    cores: float


def missing(site: Site, look: Look, places: Sequence[int] | None = None) -> list[str]:
    """What does not stand (yet); ``places``: of these crews alone."""
    found = []
    for place, crew in enumerate(site.crews):
        if places is not None and place not in places:
            continue
        rows = [look.rows[pid] for pid in look.pids.get(place, ()) if pid in look.rows]
        what = _of_crew(crew, rows, look)
        if what:
            found.append(f"{crew.kind}{f' ({crew.application})' if crew.application else ''}: {what}")
    if site.standby and not look.standbys:
        found.append("the standby does not stream")
    return found


def _of_crew(crew: Crew, rows: Sequence[Row], look: Look) -> str:
    tools = [row for row in look.rows.values() if row.application == crew.application]
    if crew.kind == "pooled":
        return "" if tools else "the pooler has no session of it"
    if crew.kind == "base backup":
        return "" if any(row.backend_type == "walsender" and row.connected >= AGED for row in tools) else "not at work"
    if crew.kind == "dump":
        at_work = [row for row in tools if "COPY" in row.query and row.in_transaction >= AGED]
        return (
            "" if at_work else f"it does not copy a table: {[(row.state, row.wait, row.query[:60]) for row in tools]}"
        )
    if crew.kind == "prepared":
        return "" if look.prepared_for >= AGED else "its transaction is not prepared for long"
    if crew.kind == "requests":
        return ""
    if crew.options.get("by"):
        return "" if sum(row.waits for row in rows) > 1 else "too few wait"
    if not crew.options.get("fill") and len(rows) < crew.sessions:
        return f"{len(rows)} of {crew.sessions} sessions are there"
    young = sum(row.connected < AGED for row in rows)
    return f"{young} are young" if young else _state(crew, rows, look)


def _state(crew: Crew, rows: Sequence[Row], look: Look) -> str:  # noqa: PLR0911
    waiting = [row for row in rows if row.waits and row.in_statement >= _WAITED]
    if crew.kind.startswith("leader"):
        return "" if len(waiting) == len(rows) - 1 else f"{len(waiting)} of {len(rows)} wait for the leader"
    if crew.kind == "convoy":
        return "" if any(row.in_transaction for row in rows) else "none is in a transaction"
    if crew.kind in ("cursor reader", "batch", "long reader"):
        return _all(row.in_transaction >= AGED for row in rows)
    if crew.kind == "maintenance":
        return _all(row.state == "active" and row.in_statement >= AGED for row in rows)
    if crew.kind in ("stuck root", "forgotten snapshot"):
        if crew.kind == "forgotten snapshot" and any(row.kept < _KEPT for row in rows):
            return f"it keeps the dead rows of {rows[0].kept} transactions"
        return _all(row.idle_in_transaction and row.in_state >= AGED for row in rows)
    if crew.kind == "sufferers":
        if crew.options["statement_timeout"]:
            return "" if sum(row.waits for row in rows) >= len(rows) / 2 else "too few wait"
        return "" if len(waiting) == len(rows) else f"{len(waiting)} of {len(rows)} have waited long"
    if crew.kind == "ddl":
        return "" if waiting else "it does not wait"
    if crew.kind == "leak":
        return _all(row.state == "idle" and row.in_state >= AGED for row in rows) if rows else "it has no session"
    if crew.kind == "runaway":
        if look.cores < _BUSY:
            return f"it uses {look.cores:.2f} cores"
        return _all(row.state == "active" and row.in_statement >= AGED for row in rows)
    return ""


def _all(answers: Iterable[bool]) -> str:
    return "" if all(answers) else "not as described for long"
