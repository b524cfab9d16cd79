# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a server drags along: ages and who holds them, slots that keep WAL, spilled files, vacuums. Pure.

Rows as ``background.io.queries`` fetches them go in, dicts and sentences come out.
"""

from __future__ import annotations

import re
from typing import Any, Iterable, Sequence, TypedDict

from ..._core.text import printable
from ..._core.units import MIB
from ..describe import who_is
from ..snapshot import Snapshot
from ..sql_text import plain_identifier
from ..work import maintenance
from .backends import ProcessesReport
from .pgbouncer import PoolerReport

Row = Sequence[Any]
_TEMPORARY = re.compile(r"^pgsql_tmp(\d+)\.")
# From here on PostgreSQL gives up transaction ids soon: it warns 40 million before the end (vacuum documentation).
_NEAR_THE_END = 1_500_000_000
_OLD_HORIZON = 1_000_000  # transactions whose dead rows cannot be removed
_MUCH_WAL = 1024 * MIB
_MUCH_SPILL = 100 * MIB
_SHOWN = 20


class DatabaseAge(TypedDict):
    """``age`` in transactions; ``share`` of the age at which autovacuum steps in."""

    database: str
    age: int
    multixact_age: int
    limit: int
    share: float


class HorizonHolder(TypedDict):
    """Who keeps dead rows from being removed, and of how many transactions. ``pid`` 0: no session."""

    kind: str
    who: str
    pid: int
    age: int


class WraparoundReport(TypedDict):
    """The oldest first."""

    databases: list[DatabaseAge]
    holders: list[HorizonHolder]


class SlotReport(TypedDict):
    """A replication slot and the WAL that it keeps. What an old version does not report is None or empty."""

    slot: str
    kind: str
    active: bool
    pid: int
    kept_bytes: int
    wal_status: str
    safe_bytes: int | None
    inactive_since: str | None
    temporary: bool


class WalsenderReport(TypedDict):
    """Who is sent WAL, and how far behind it is."""

    pid: int
    state: str
    behind_bytes: int


class ArchiverReport(TypedDict):
    """The WAL archiver. ``mode``: archive_mode; ``failed_at`` is empty where it has never failed."""

    mode: str
    failing: bool
    failed_at: str


class ReplicationReport(TypedDict):
    """The slot that keeps most WAL first."""

    slots: list[SlotReport]
    walsenders: list[WalsenderReport]
    archiver: ArchiverReport


class SpillSession(TypedDict):
    """Temporary files of one session, those of its parallel workers among them. ``maintenance``: what of it the session
    does; an index build sorts in temporary files as a rule."""

    pid: int
    who: str
    target: str
    maintenance: str
    files: int
    bytes: int


class SpillReport(TypedDict):
    """The largest first. ``note``: why some cannot be seen; empty where all can."""

    sessions: list[SpillSession]
    other_bytes: int
    note: str


class VacuumReport(TypedDict):
    """A running vacuum. ``share_done`` None: it is not reported; ``holds_up``: sessions that wait for its locks."""

    pid: int
    doing: str
    database: str
    seconds: float
    automatic: bool
    against_wraparound: bool
    share_done: float | None
    holds_up: int


class AutovacuumReport(TypedDict):
    """Those that hold most up first."""

    vacuums: list[VacuumReport]


class BackgroundSubjects(TypedDict, total=False):
    """What was asked for of it."""

    wraparound: WraparoundReport
    replication: ReplicationReport
    spill: SpillReport
    autovacuum: AutovacuumReport
    processes: ProcessesReport
    pooler: PoolerReport


class BackgroundReport(BackgroundSubjects):
    """``background`` of pg_activity_info; ``pressing``: what a person should know now, a sentence each."""

    findings: list[str]


def wraparound(
    snapshot: Snapshot, ages: Iterable[Row], sessions: Iterable[Row], prepared: Iterable[Row], slots: Iterable[Row]
) -> WraparoundReport:
    """How old each database is, and who keeps the horizon back, the oldest first."""
    holders: list[HorizonHolder]
    holders = [
        {"kind": holder_kind(snapshot, pid), "who": who_is(snapshot, pid), "pid": pid, "age": age}
        for pid, age in sessions
    ]
    holders += [{"kind": "prepared transaction", "who": printable(gid), "pid": 0, "age": age} for gid, age in prepared]
    for slot, dummy, xmin, catalog_xmin in slots:
        age = max(xmin or 0, catalog_xmin or 0)
        if age:
            name = printable(slot["slot_name"])
            holders.append({"kind": "replication slot", "who": name, "pid": slot.get("active_pid") or 0, "age": age})
    databases: list[DatabaseAge] = [
        {
            "database": printable(name),
            "age": age,
            "multixact_age": mxid,
            "limit": limit,
            "share": round(max(age / limit, mxid / mxid_limit), 3),
        }
        for name, age, mxid, limit, mxid_limit in ages
    ]
    return {"databases": databases, "holders": sorted(holders, key=lambda holder: -holder["age"])[:_SHOWN]}


def holder_kind(snapshot: Snapshot, pid: int) -> str:
    """What a process is that keeps rows. A walsender without a transaction of its own keeps them for a query on its
    standby (hot_standby_feedback)."""
    session = snapshot.sessions.get(pid)
    return "standby" if session and session.backend_type == "walsender" and session.xact_start is None else "session"


def replication(slots: Iterable[Row], senders: Iterable[Row], archiver: Row) -> ReplicationReport:
    """Slots with the bytes of WAL that each keeps, the most first; who is sent WAL, and how far behind it is."""
    slot_reports: list[SlotReport] = [
        {
            "slot": printable(slot["slot_name"]),
            "kind": slot["slot_type"],
            "active": slot["active"],
            "pid": slot.get("active_pid") or 0,
            "kept_bytes": kept or 0,
            "wal_status": slot.get("wal_status") or "",
            "safe_bytes": slot.get("safe_wal_size"),
            "inactive_since": slot.get("inactive_since"),
            "temporary": slot["temporary"],
        }
        for slot, kept, dummy, dummy2 in slots
    ]
    behind: list[WalsenderReport] = [
        {"pid": pid, "state": state or "", "behind_bytes": behind} for pid, state, behind in senders
    ]
    mode, failing, failed_at = archiver
    return {
        "slots": sorted(slot_reports, key=lambda slot_report: -slot_report["kept_bytes"]),
        "walsenders": behind,
        "archiver": {"mode": mode, "failing": bool(failing), "failed_at": failed_at or ""},
    }


def spill(snapshot: Snapshot, files: Iterable[Row], unlisted_by: str = "") -> SpillReport:
    """Temporary files by the session that writes them, the largest first; those of parallel workers are their leader's.

    ``unlisted_by``: the role that may not look into the folders in which workers share theirs.
    """
    parallel = any(session.leader_pid for session in snapshot.sessions.values())
    by_pid: dict[int, list[int]] = {}
    other = 0
    for dummy, name, size in files:
        name_match = _TEMPORARY.match(name)
        if name_match:
            pid = int(name_match.group(1))
            by_pid.setdefault(snapshot.sessions[pid].key if pid in snapshot.sessions else pid, []).append(size)
        else:
            other += size
    sessions: list[SpillSession] = [
        {
            "pid": pid,
            "who": who_is(snapshot, pid) if pid in snapshot.sessions else f"{pid} (gone)",
            "target": snapshot.sessions[pid].target if pid in snapshot.sessions else "",
            "maintenance": maintenance(snapshot.sessions[pid]) if pid in snapshot.sessions else "",
            "files": len(sizes),
            "bytes": sum(sizes),
        }
        for pid, sizes in by_pid.items()
    ]
    note = (
        "temporary files of parallel queries cannot be read: GRANT EXECUTE ON FUNCTION"
        f" pg_ls_dir(text, boolean, boolean), pg_stat_file(text, boolean) TO {plain_identifier(unlisted_by)}"
    )
    return {
        "sessions": sorted(sessions, key=lambda session: -session["bytes"])[:_SHOWN],
        "other_bytes": other,
        "note": note if unlisted_by and parallel else "",
    }


def autovacuum(snapshot: Snapshot, progress: Iterable[Row]) -> AutovacuumReport:
    """Running vacuums: on what, how far, against wraparound or not, and how many wait behind each."""
    done = {row[0]: (row[3], row[4]) for row in progress}
    vacuums: list[VacuumReport] = []
    for session in snapshot.sessions.values():
        if session.backend_type != "autovacuum worker" and session.pid not in done:
            continue
        total, scanned = done.get(session.pid, (0, 0))
        vacuums.append(
            {
                "pid": session.pid,
                "doing": printable(session.query)[:200],
                "database": printable(session.database),
                "seconds": round(session.seconds_in_state(snapshot.now), 1),
                "automatic": session.backend_type == "autovacuum worker",
                "against_wraparound": "(to prevent wraparound)" in session.query,
                "share_done": round(scanned / total, 3) if total else None,
                "holds_up": snapshot.forest.reach.get(session.pid, 0),
            }
        )
    return {"vacuums": sorted(vacuums, key=lambda vacuum: (-vacuum["holds_up"], -vacuum["seconds"]))}


def pressing(subjects: BackgroundSubjects) -> list[str]:
    """What of it a person should know now, a sentence each."""
    said = []
    for database in subjects.get("wraparound", {}).get("databases", []):
        if database["age"] >= _NEAR_THE_END or database["share"] >= 1.2:
            said.append(
                f"database {database['database']} is {database['age']:,} transactions old, {database['share']:.0%} of"
                " the age at which autovacuum prevents wraparound: vacuum does not keep up"
            )
    holders = subjects.get("wraparound", {}).get("holders", [])
    if holders and holders[0]["age"] >= _OLD_HORIZON:
        oldest = holders[0]
        said.append(
            f"{oldest['kind']} {oldest['who']} holds back the xmin horizon by {oldest['age']:,} transactions:"
            " vacuum cannot remove the dead rows since then"
        )
    for slot in subjects.get("replication", {}).get("slots", []):
        if slot["wal_status"] == "lost":
            said.append(f"slot {slot['slot']} has lost WAL that its consumer needs: set up the consumer again")
        elif slot["kept_bytes"] >= _MUCH_WAL or slot["wal_status"] in ("extended", "unreserved"):
            state = "in use" if slot["active"] else "not in use"
            said.append(f"slot {slot['slot']} ({state}) keeps {slot['kept_bytes'] // MIB:,} MiB of WAL")
    for session in subjects.get("spill", {}).get("sessions", []):
        if session["bytes"] >= _MUCH_SPILL:
            said.append(f"session {session['who']} has spilled {session['bytes'] // MIB:,} MiB to temporary files")
    if subjects.get("spill", {}).get("note"):
        said.append(subjects["spill"]["note"])
    for vacuum in subjects.get("autovacuum", {}).get("vacuums", []):
        if vacuum["holds_up"]:
            kind = "to prevent wraparound, it would start again at once" if vacuum["against_wraparound"] else "ordinary"
            said.append(f"a vacuum (pid {vacuum['pid']}, {kind}) blocks {vacuum['holds_up']}: {vacuum['doing']}")
    said += [
        f"session {dead_client['who']}: {dead_client['reason']}"
        for dead_client in subjects.get("processes", {}).get("dead_clients", [])
    ]
    return said + list(subjects.get("pooler", {}).get("findings", []))
