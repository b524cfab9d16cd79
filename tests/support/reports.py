"""Reports as their producers make them, for tests of all that read them.

Each begins with what a producer returns of a small fact; what a test varies is set by name, and mypy checks the names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from ansible_collections.pafar.runbook.plugins.module_utils._compose.container import container_of
from ansible_collections.pafar.runbook.plugins.module_utils._compose.project import (
    ContainerReport,
    Project,
    ServiceReport,
    container_dict,
    service_dict,
)
from ansible_collections.pafar.runbook.plugins.module_utils._compose.project_ref import Source
from ansible_collections.pafar.runbook.plugins.module_utils._disk.reclaim import Explained, ReclaimFacts, Room
from ansible_collections.pafar.runbook.plugins.module_utils._disk.reclaim import explained as explained_of
from ansible_collections.pafar.runbook.plugins.module_utils._endpoints.endpoint import (
    NOBODY,
    UP,
    Attempt,
    LayerReport,
    Meaning,
    ProbeReport,
    Step,
    Target,
    row_of,
)
from ansible_collections.pafar.runbook.plugins.module_utils._logs.records import (
    EntryReport,
    LogReport,
    Record,
    SignatureReport,
    Signatures,
    entry,
)
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
    ProcessesReport,
    VanishedClient,
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
    CeilingReport,
)
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.exclusions import Mercy
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.indexes.advice import AdviceReport
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.indexes.indexes_report import (
    IndexesReport,
    building_alone,
)
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.workload.statements import (
    StatementReport,
    WorkloadReport,
)
from ansible_collections.pafar.runbook.plugins.module_utils._resources.resource_report import (
    ContainerUse,
    ResourcesReport,
    containers_of,
    resources_dict,
)
from ansible_collections.pafar.runbook.plugins.module_utils._system.counters import (
    BusyProcess,
    HostReading,
    LeakReport,
    Usage,
)

from support.pictures import picture, session

MIB = 2**20

# -- PostgreSQL


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
    clients: Mapping[str, int] | None = None,
) -> ApplicationReport:
    return {
        "role": role,
        "application": name,
        "database": "shop",
        "name": name,
        "sessions": sessions,
        "idle": idle,
        "idle_seconds": list(idle_seconds),
        "idle_in_transaction": idle_in_transaction,
        "idle_in_transaction_seconds": list(idle_in_transaction_seconds),
        "active": active,
        "waiting": waiting,
        "clients": dict(clients if clients is not None else {"a": sessions}),
    }


def ceiling(*applications: ApplicationReport, limit: int = 40, kind: str = "max_connections") -> CeilingReport:
    used = sum(each["sessions"] for each in applications)
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
) -> ActivityLists:
    """``protected``: pids."""
    spared: list[ProtectedSession] = [
        {"target": f"{pid}@x/y", "pid": pid, "reason": "is a backup"} for pid in protected
    ]
    return {
        "long_running": list(long_running),
        "idle_in_transaction": list(idle_in_transaction),
        "other_waits": [],
        "pin_suspects": [],
        "safe_snapshot_waits": [],
        "protected": spared,
    }


def activity(
    *ceilings: CeilingReport,
    background: BackgroundSubjects | None = None,
    pressing: Sequence[str] = (),
    found: ActivityLists | None = None,
    waiters: int = 0,
    long_waiters: int = 0,
    used: int = 10,
    slots: int = 60,
) -> ActivityReport:
    """What pg_activity_info returns of a server with these ceilings; ``used`` of ``slots`` where there are none."""
    report = activity_result(picture([]), Mercy(), statements="normalized", rows=20, min_waiting=3.0, long_running=60.0)
    free = ceilings[0]["free"] if ceilings else slots - used
    behind: BackgroundReport = {**(background or {}), "pressing": list(pressing)}
    return {
        **report,
        "waiters": waiters,
        "long_waiters": long_waiters,
        "longest_wait": 9.0,
        "tree": ["", "root"],
        "connections": {
            **report["connections"], "used": used, "limit": slots, "ordinary_free": free, "ceilings": list(ceilings),
        },
        "activity": found or lists(),
        "background": behind,
    }  # fmt: skip


def running(pid: int = 7, seconds: float = 40.0) -> SessionReport:
    """A session whose statement has been running for so long."""
    seen = picture([], session(pid, query="SELECT 2"))
    return {**session_dict(seen, seen.sessions[pid], "full"), "seconds_in_state": seconds}


def idle_for(seconds: float, pid: int = 5) -> SessionReport:
    """A session that is idle in a transaction."""
    seen = picture([], session(pid, "idle in transaction", user="me", database="shop", application="psql"))
    return {**session_dict(seen, seen.sessions[pid], "full"), "seconds_in_state": seconds}


def vanished(pid: int = 7) -> VanishedClient:
    return {"target": f"{pid}@x/y", "pid": pid, "who": f"{pid} app", "reason": "hung up"}


def processes(cpu: float = 1.0, cores: int = 4, pid: int = 7, gone: Sequence[VanishedClient] = ()) -> ProcessesReport:
    """The processes of a server on this host, of which one uses the CPU."""
    busy: BackendUse = {
        "target": f"{pid}@x/y", "pid": pid, "who": f"{pid} app", "state": "active", "cpu": cpu, "memory": MIB,
        "read_per_second": 0, "written_per_second": 0,
    }  # fmt: skip
    return {
        "here": True, "why": "", "cores": cores, "cpu": cpu, "memory": MIB, "sessions": [busy], "vanished": list(gone),
    }  # fmt: skip


def pool(
    user: str = "app", *, waiting: int = 9, active: int = 5, size: int = 5, exhausted: bool = True, paused: bool = False
) -> PoolReport:
    return {
        "database": "shop", "user": user, "mode": "transaction", "clients": 5, "waiting": waiting, "longest_wait": 2.0,
        "active": active, "idle": 0, "size": size, "paused": paused, "exhausted": exhausted,
    }  # fmt: skip


def pooler(*pools: PoolReport, used: int = 0, limit: int = 0) -> PoolerReport:
    return {
        "reachable": True, "why": "", "pools": list(pools), "clients": {}, "pressing": [],
        "client_connections": {"used": used, "limit": limit},
    }  # fmt: skip


def slots(*kept_mib: int, failing: bool = False) -> BackgroundSubjects:
    """Replication slots that nobody reads from, with the MiB of WAL that each keeps."""
    rows = [
        ({"slot_name": "gone", "slot_type": "physical", "active": False, "temporary": False}, each * MIB, None, None)
        for each in kept_mib
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
        "read_blocks": 0, "spilled_blocks": 0, "lifetime_mean_ms": 1.0, "renewed": False, "running": [],
    }  # fmt: skip


def workload(*statements: StatementReport, **waits: float) -> WorkloadReport:
    return {
        "available": True, "why": "", "cure": "", "notes": [], "statements": list(statements), "waits": waits,
        "window": {"seconds": 5.0, "lifetime": False, "since": None, "entries": 1, "evictions": 0, "renewed": False},
    }  # fmt: skip


def advised(
    seconds: float = 4.0, *, kind: str = "statement", statement: str = "CREATE INDEX i", proved: bool = True
) -> AdviceReport:
    return {
        "kind": kind, "schema": "public", "table": "bookings", "columns": ["customer"], "name": "i",
        "statement": statement, "why": "because", "proved": proved, "cost_before": 9.0, "cost_after": 1.0, "gain": 0.9,
        "seconds": seconds, "statements": ["SELECT 1"], "size_bytes": MIB, "table_bytes": MIB,
        "writes_per_second": 0.0, "lock": "",
    }  # fmt: skip


def indexes(*advice: AdviceReport, work: WorkloadReport | None = None) -> IndexesReport:
    nothing = building_alone([], picture([]).server)
    return {**nothing, "advice": list(advice), "workload": work or workload(statement(5.0), CPU=1.0)}


# -- Compose


def container(
    name: str,
    trouble: str = "",
    *,
    state: str = "running",
    age: int | None = 9000,
    image_age: int | None = 9000,
    image_tagged: int | None = None,
    ports: Sequence[str] = (),
    networks: Mapping[str, str] | None = None,
    uptime: float = 9000.0,
    image: str = "sha256:aaaaaaaaaaaa",
    image_made_at: str | None = None,
    created_at: str | None = None,
) -> ContainerReport:
    """As compose_info returns it."""
    inspected = container_of({"Id": "a" * 64, "Name": f"/{name}", "State": {"Status": state}, "Config": {"Labels": {}}})
    told = container_dict(Project(Source("pafar"), datetime(2026, 11, 23, tzinfo=UTC), (inspected,)), inspected)
    return {
        **told, "trouble": trouble, "age": age, "image_age": image_age, "image_tagged": image_tagged,
        "ports": list(ports), "networks": dict(networks or {}), "uptime": uptime, "image": image,
        "image_made_at": image_made_at, "created_at": created_at,
    }  # fmt: skip


def service(
    *containers: ContainerReport,
    running: int = 1,
    healthy: int | None = None,
    wanted: int | None = None,
    notes: Sequence[str] = (),
    image: str = "",
) -> ServiceReport:
    """``healthy``: as many as have no trouble, if it is not said."""
    told = service_dict(Project(Source("pafar"), datetime(2026, 11, 23, tzinfo=UTC), ()), "none")
    well = sum(not each["trouble"] for each in containers)
    return {
        **told, "running": running, "healthy": well if healthy is None else healthy, "containers": list(containers),
        "wanted": wanted, "notes": list(notes), "image": image,
    }  # fmt: skip


# -- endpoints


def probed(
    source: str,
    target: str,
    state: str = UP,
    layer: str = "",
    why: str = "",
    *,
    whose: str = NOBODY,
    judge: str = "",
    address: str = "api.stripe.com:443",
    status: int = 0,
) -> ProbeReport:
    """A row of the matrix. ``status``: of the HTTP answer, where there was one."""
    attempt = Attempt((Step("dns", True, 1.0),), Meaning(state, why, whose))
    told = row_of(source, Target(target, "http", "x", 80, judge=judge), [attempt])
    answer: LayerReport = {"ok": True, "ms": 1.0, "said": "", "status": status}
    layers = {"protocol": answer} if status else {}
    return {**told, "state": state, "layer": layer, "address": address, "layers": layers}


# -- logs


def kind_of_record(
    text: str, *, level: str = "error", count: int = 3, new: bool | None = None, first_seen: float | None = None
) -> SignatureReport:
    """A kind of records, as log_tail counts it."""
    kinds = Signatures("debug")
    kinds.add(Record(first_seen, "web", f"{level.upper()} x"), level)
    (told,) = kinds.told(0.0, None, (), 1)
    return {**told, "text": text, "level": level, "count": count, "new": new, "first_seen": first_seen}


def record(text: str, at: float | None = None) -> EntryReport:
    return {**entry(Record(at, "web", text), {}), "text": text}


def log(*kinds: SignatureReport, entries: Sequence[EntryReport] = ()) -> LogReport:
    return {
        "entries": list(entries), "matched": len(entries), "more": False, "signatures": list(kinds),
        "other_signatures": 0, "truncated": False, "scanned_bytes": 0, "sources": [],
    }  # fmt: skip


# -- host


def host(
    *, memory: float = 0.5, cpu: float = 0.1, load: float = 0.1, cores: int = 2, total: int = 2**32
) -> HostReading:
    """A second reading of a host, whose first is all zeros. ``memory``: the share that is available."""
    return HostReading(
        at=1.0, memory={"MemTotal": total, "MemAvailable": int(total * memory)}, load=(load * cores, 1.0, 1.0),
        cores=cores, busy=cpu, idle=1 - cpu, pressure={}, oom_kills=0, uptime=9000.0,
    )  # fmt: skip


def container_use(
    name: str,
    *,
    project: str = "shop",
    service: str = "web",
    cpu: float = 0.0,
    throttled: float = 0.0,
    oom_recent: int = 0,
    memory_share: float | None = 0.1,
    working_set: int = MIB,
    limit: int | None = 16 * MIB,
    leak: LeakReport | None = None,
) -> ContainerUse:
    usage = Usage(1.0, 0.0, MIB, MIB, None, 0, 0, 0, 0.0, None, 1)
    (told,) = containers_of(({}, {"a" * 64: usage}), {}, {}, [], 1.0)
    return {
        **told, "name": name, "project": project, "service": service, "cpu": cpu, "throttled": throttled,
        "oom_recent": oom_recent, "memory_share": memory_share, "working_set": working_set, "limit": limit,
        "leak": leak,
    }  # fmt: skip


def growth(seconds_to_limit: float, bytes_per_second: int = MIB) -> LeakReport:
    return {
        "bytes_per_second": bytes_per_second, "grows": True, "seconds_to_limit": seconds_to_limit, "samples": 9,
        "window": 4.0,
    }  # fmt: skip


def process(name: str, container: str, cpu: float, inside: int = 7) -> BusyProcess:
    return {"pid": 4711, "inside_pid": inside, "name": name, "container": container, "cpu": cpu, "resident": MIB}


def resources(
    *containers: ContainerUse,
    reading: HostReading | None = None,
    processes: Sequence[BusyProcess] = (),
    disk: float | None = None,
) -> ResourcesReport:
    """``disk``: the used share of /."""
    last = reading or host()
    first = HostReading(0.0, {}, (0.0, 0.0, 0.0), last.cores, 0.0, 0.0, {}, 0, 0.0)
    told = resources_dict((first, last), list(containers))
    if disk is not None:
        told["host"]["filesystems"] = [
            {
                "mount": "/", "device": "/dev/vda1", "kind": "ext4", "size": 2**30, "free": int(2**30 * (1 - disk)),
                "used_share": disk, "inodes_used_share": None,
            }
        ]  # fmt: skip
    return {**told, "source": "cgroup", "processes": list(processes), "stopped": []}


# -- disk


def held(size: int, *services: str) -> Explained:
    """A deleted file of so many MiB that these services hold open."""
    return {**explained_of("deleted_open", "/x", size * MIB, "restart"), "services": list(services)}


def reclaim(*explained: Explained) -> ReclaimFacts:
    """What disk_reclaim returns in check mode where 100 MiB are missing and nothing may be freed."""
    room = Room("/", 5 * MIB, 1000 * MIB)
    return {
        "plan": {"actions": [], "late": 100}, "before": room.as_dict(), "explained": list(explained), "notes": [],
    }  # fmt: skip
