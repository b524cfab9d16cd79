"""Reports of a PostgreSQL server, as `support.reports` has those of all else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from ansible_collections.pafar.runbook.plugins.module_utils._core.plan import Item, Plan
from ansible_collections.pafar.runbook.plugins.module_utils._core.times import stamp
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.activity_report import (
    ActivityLists,
    ActivityReport,
    ProtectedSession,
    SessionReport,
    activity_result,
    session_dict,
)
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.background.backends import (
    BackendUse,
    DeadClient,
    ProcessesReport,
)
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.background.background_report import (
    BackgroundReport,
    BackgroundSubjects,
    SlotReport,
    replication,
)
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.background.pgbouncer import (
    PoolerReport,
    PoolReport,
)
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.connection_limits import (
    ApplicationReport,
    ConnectionLimitReport,
)
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.excess.excess_plan import EndDict, end_dict
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.exclusions import Exclusions
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.indexes.advice import AdviceReport
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.indexes.indexes_report import (
    IndexesReport,
    building_alone,
)
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.indexes.reads import FullRead
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.server_states import ServerState
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.workload.statements import (
    StatementReport,
    WorkloadReport,
)

from support.snapshots import session, snapshot

MIB = 2**20


def application(
    name: str = "web",
    sessions: int = 10,
    role: str = "app",
    *,
    idle: int = 0,
    idle_seconds: Sequence[int] = (),
    idle_in_transaction: int = 0,
    idle_in_transaction_seconds: Sequence[float] = (),
    active: int = 0,
    waiting: int = 0,
    waiting_in_turn: int = 0,
    waiting_for_client: int = 0,
    clients: Mapping[str, int] | None = None,
    pooled: bool = False,
    unused_seconds: Sequence[int] | None = None,
    pools: Sequence[int] = (),
    opened_seconds: float = 900.0,
    filled_seconds: float | None = None,
    half_within_seconds: float = 60.0,
    steady: bool = False,
    stopped: bool = False,
    one_by_one: bool = False,
    may_renew: bool = False,
    interleaved: bool = False,
) -> ApplicationReport:
    """``unused_seconds``: those of ``idle_seconds`` unless given."""
    return {
        "role": role,
        "application": name,
        "database": "shop",
        "name": name,
        "family": name,
        "sessions": sessions,
        "idle": idle,
        "idle_seconds": list(idle_seconds),
        "unused_seconds": list(idle_seconds if unused_seconds is None else unused_seconds),
        "pools": list(pools),
        "opened_seconds": opened_seconds,
        "filled_seconds": opened_seconds if filled_seconds is None else filled_seconds,
        "half_within_seconds": half_within_seconds,
        "idle_in_transaction": idle_in_transaction,
        "idle_in_transaction_seconds": list(idle_in_transaction_seconds),
        "active": active,
        "waiting": waiting,
        "waiting_in_turn": waiting_in_turn,
        "waiting_for_client": waiting_for_client,
        "pooled": pooled,
        "steady": steady,
        "stopped": stopped,
        "one_by_one": one_by_one,
        "may_renew": may_renew,
        "interleaved": interleaved,
        "clients": dict(clients if clients is not None else {"a": sessions}),
    }


def to_end(rule: str, family: str = "web", number: int = 1, first: int = 1) -> list[Item]:
    """Actions of a plan to end sessions: so many of an application, by one rule."""
    return [
        Item(
            f"{pid}@x/y", "because", "terminate", {"pid": pid, "who": f"{pid} app", "application": family, "rule": rule}
        )
        for pid in range(first, first + number)
    ]


def beyond(family: str, number: int = 1, first: int = 500) -> list[Item]:
    """Sessions of a superuser, which would be ended otherwise."""
    return [
        Item(
            f"{pid}@x/y", "role postgres is a superuser", "",
            {"pid": pid, "who": f"{pid} postgres", "application": family, "out_of_reach": True},
        )
        for pid in range(first, first + number)
    ]  # fmt: skip


def ending(*actions: Item, excluded: Sequence[Item] = ()) -> EndDict:
    """A plan to end sessions."""
    return end_dict(Plan("end_sessions", tuple(actions), tuple(excluded)), len(actions), 0)


def ending_all(seen: ActivityReport) -> EndDict:
    """The plan that names whatever the report tells of: long idle, idle in transaction, busy, without a client."""
    actions: list[Item] = []
    for limit in seen["connections"]["connection_limits"]:
        for each in limit["applications"]:
            for rule, seconds in (
                ("idle", each["idle_seconds"]),
                ("idle_in_transaction", each["idle_in_transaction_seconds"]),
            ):
                number = sum(value >= 30 for value in seconds)
                actions += to_end(rule, each["family"], number, 1000 + len(actions))
    processes = seen["background"].get("processes")
    for gone in processes["dead_clients"] if processes else ():
        actions += [*to_end("dead_clients", "gone", 1, gone["pid"])]
    protected = {each["pid"] for each in seen["activity"]["protected"]}
    long = {
        each["pid"]
        for each in seen["activity"]["long_running"]
        if each["seconds_in_state"] >= 10 and not each["maintenance"]
    }
    for use in processes["sessions"] if processes else ():
        if use["pid"] in long - protected:
            actions += [*to_end("running", "busy", 1, use["pid"])]
    return ending(*actions)


def connection_limit(
    *applications: ApplicationReport, limit: int = 40, kind: str = "max_connections"
) -> ConnectionLimitReport:
    used = sum(member["sessions"] for member in applications)
    return {
        "kind": kind,
        "name": "app",
        "limit": limit,
        "used": used,
        "free": limit - used,
        "applications": list(applications),
    }


def lists(
    long_running: Sequence[SessionReport] = (),
    idle_in_transaction: Sequence[SessionReport] = (),
    protected: Sequence[int] = (),
    other_waits: Sequence[SessionReport] = (),
    pin_suspects: Sequence[SessionReport] = (),
) -> ActivityLists:
    """``protected``: pids."""
    excluded: list[ProtectedSession] = [
        {"target": f"{pid}@x/y", "pid": pid, "reason": "is a backup"} for pid in protected
    ]
    return {
        "long_running": list(long_running),
        "idle_in_transaction": list(idle_in_transaction),
        "other_waits": list(other_waits),
        "pin_suspects": list(pin_suspects),
        "safe_snapshot_waits": [],
        "protected": excluded,
    }


def activity(
    *connection_limits: ConnectionLimitReport,
    background: BackgroundSubjects | None = None,
    pressing: Sequence[str] = (),
    found: ActivityLists | None = None,
    waiters: int = 0,
    long_waiters: int = 0,
    requests_waiting: int | None = None,
    used: int = 10,
    slots: int = 60,
    states: Sequence[ServerState] = (),
) -> ActivityReport:
    """What pg_activity_info returns of a server with these ceilings; ``used`` of ``slots`` where there are none."""
    report = activity_result(
        snapshot([]), Exclusions(), statements="normalized", rows=20, min_waiting=3.0, long_running=60.0
    )
    free = connection_limits[0]["free"] if connection_limits else slots - used
    behind: BackgroundReport = {**(background or {}), "findings": list(pressing)}
    return {
        **report,
        "waiters": waiters,
        "waiters_by_design": 0,
        "long_waiters": long_waiters,
        "requests_waiting": long_waiters if requests_waiting is None else requests_waiting,
        "longest_wait": 9.0,
        "tree": ["", "root"],
        "server_states": list(states),
        "connections": {
            **report["connections"],
            "used": used,
            "limit": slots,
            "ordinary_free": free,
            "connection_limits": list(connection_limits),
        },
        "activity": found or lists(),
        "background": behind,
    }


def running(pid: int = 7, seconds: float = 40.0, started: float | None = None) -> SessionReport:
    """A session whose statement has been running for so long. ``started``: of its backend, in seconds since 1970."""
    state = snapshot([], session(pid, query="SELECT 2"))
    target = f"{pid}@x/y" if started is None else f"{pid}@{stamp(datetime.fromtimestamp(started, UTC))}/-"
    return {**session_dict(state, state.sessions[pid], "full"), "target": target, "seconds_in_state": seconds}


def idle_for(seconds: float, pid: int = 5) -> SessionReport:
    """A session that is idle in a transaction."""
    state = snapshot([], session(pid, "idle in transaction", user="me", database="shop", application="psql"))
    return {**session_dict(state, state.sessions[pid], "full"), "seconds_in_state": seconds}


def dead_client(pid: int = 7) -> DeadClient:
    return {"target": f"{pid}@x/y", "pid": pid, "who": f"{pid} app", "reason": "hung up"}


def processes(
    cpu: float = 1.0, cores: int = 4, pid: int = 7, gone: Sequence[DeadClient] = (), logging_in: int = 0
) -> ProcessesReport:
    """The processes of a server on this host, of which one uses the CPU."""
    busy: BackendUse = {
        "target": f"{pid}@x/y", "pid": pid, "who": f"{pid} app", "state": "active", "cpu": cpu, "memory": MIB,
        "read_per_second": 0, "written_per_second": 0,
    }  # fmt: skip
    return {
        "here": True,
        "why": "",
        "cores": cores,
        "idle_cores": cores - cpu,
        "logging_in": logging_in,
        "cpu": cpu,
        "memory": MIB,
        "sessions": [busy],
        "dead_clients": list(gone),
    }


def pool(
    user: str = "app", *, waiting: int = 9, active: int = 5, size: int = 5, exhausted: bool = True, paused: bool = False
) -> PoolReport:
    return {
        "database": "shop", "user": user, "mode": "transaction", "clients": 5, "waiting": waiting, "longest_wait": 2.0,
        "active": active, "idle": 0, "size": size, "paused": paused, "exhausted": exhausted,
    }  # fmt: skip


def pooler(*pools: PoolReport, used: int = 0, limit: int = 0) -> PoolerReport:
    return {
        "reachable": True, "why": "", "pools": list(pools), "clients": {}, "sessions": [], "findings": [],
        "client_connections": {"used": used, "limit": limit},
    }  # fmt: skip


def slots(*kept_mib: int, failing: bool = False) -> BackgroundSubjects:
    """Replication slots that nobody reads from, with the MiB of WAL that each keeps."""
    rows = [
        ({"slot_name": "gone", "slot_type": "physical", "active": False, "temporary": False}, mib * MIB, None, None)
        for mib in kept_mib
    ]
    return {
        "replication": replication(rows, [], ("on" if failing else "off", failing, "yesterday" if failing else None))
    }


def dead_slot(kept_mib: int) -> SlotReport:
    return slots(kept_mib)["replication"]["slots"][0]


def statement(seconds: float, text: str = "SELECT 1") -> StatementReport:
    return {
        "query_id": "1", "role": "app", "database": "shop", "statement": text, "seconds": seconds, "share": 1.0,
        "sessions": 1.0, "lock_share": 0.0, "work_seconds": seconds, "calls": 1, "mean_ms": 1.0, "rows": 1,
        "read_blocks": 0, "spilled_blocks": 0, "jit_seconds": 0.0, "lifetime_mean_ms": 1.0, "renewed": False,
        "running": [],
    }  # fmt: skip


def workload(*statements: StatementReport, **waits: float) -> WorkloadReport:
    return {
        "available": True, "why": "", "remedy": "", "notes": [], "statements": list(statements), "waits": waits,
        "window": {"seconds": 5.0, "lifetime": False, "since": None, "entries": 1, "evictions": 0, "renewed": False,
                   "logins": None},
    }  # fmt: skip


def advised(
    seconds: float = 4.0,
    *,
    kind: str = "statement",
    statement: str = "CREATE INDEX i",
    proved: bool = True,
    database: str = "booking",
    steps: Sequence[str] = (),
) -> AdviceReport:
    return {
        "kind": kind, "schema": "public", "table": "bookings", "columns": ["customer"], "name": "i",
        "statement": statement, "why": "because", "proved": proved, "cost_before": 9.0, "cost_after": 1.0, "gain": 0.9,
        "seconds": seconds, "statements": ["SELECT 1"], "size_bytes": MIB, "table_bytes": MIB,
        "writes_per_second": 0.0, "lock": "", "database": database, "steps": list(steps),
    }  # fmt: skip


def full_read(share: float = 0.9, statement: str = "SELECT 1", database: str = "booking") -> FullRead:
    return {
        "database": database, "schema": "public", "table": "cust", "rows": 120_000, "size_bytes": MIB, "passes": 7.0,
        "seconds": 4.0, "share": share, "statement": statement, "why": "lower(email) compares an expression",
    }  # fmt: skip


def indexes(*advice: AdviceReport, work: WorkloadReport | None = None, reads: Sequence[FullRead] = ()) -> IndexesReport:
    nothing = building_alone([], snapshot([]).server)
    return {
        **nothing,
        "advice": list(advice),
        "full_reads": list(reads),
        "workload": work or workload(statement(5.0), CPU=1.0),
    }
