"""Reports as their producers make them, for tests of all that read them.

Each begins with what a producer returns of a small fact; what a test varies is set by name, and mypy checks the names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from ansible_collections.pafar.runbook.plugins.module_utils._compose.container import container_of
from ansible_collections.pafar.runbook.plugins.module_utils._compose.endpoint.engine_endpoint import EngineEndpoint
from ansible_collections.pafar.runbook.plugins.module_utils._compose.project import Project
from ansible_collections.pafar.runbook.plugins.module_utils._compose.project_ref import Source
from ansible_collections.pafar.runbook.plugins.module_utils._compose.project_report import (
    ContainerReport,
    ServiceReport,
    container_dict,
    service_dict,
)
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

MIB = 2**20

# -- Compose


def container(
    name: str,
    problem: str = "",
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
    report = container_dict(Project(Source("pafar"), datetime(2026, 11, 23, tzinfo=UTC), (inspected,)), inspected)
    return {
        **report, "problem": problem, "age": age, "image_age": image_age, "image_tagged": image_tagged,
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
    report = service_dict(Project(Source("pafar"), datetime(2026, 11, 23, tzinfo=UTC), ()), "none")
    well = sum(not container["problem"] for container in containers)
    return {
        **report, "running": running, "healthy": well if healthy is None else healthy, "containers": list(containers),
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
    fault_of: str = NOBODY,
    judge: str = "",
    address: str = "api.stripe.com:443",
    status: int = 0,
) -> ProbeReport:
    """A row of the matrix. ``status``: of the HTTP answer, where there was one."""
    attempt = Attempt((Step("dns", True, 1.0),), Meaning(state, why, fault_of))
    report = row_of(source, Target(target, "http", "x", 80, judge=judge), [attempt])
    answer: LayerReport = {"ok": True, "ms": 1.0, "said": "", "status": status}
    layers = {"protocol": answer} if status else {}
    return {**report, "state": state, "layer": layer, "address": address, "layers": layers}


def every_layer() -> tuple[Step, ...]:
    """The steps of an attempt, with every fact that a layer may have."""
    return (
        Step("dns", True, 1.0, "", {"proxy": "p"}),
        Step("tcp", True, 1.0, "", {"address": "10.0.0.1", "own": False}),
        Step(
            "tls", True, 1.0, "",
            {
                "trusted": True, "days_left": 9, "expired": False, "issuer": "x", "subject": "y", "ends_first": "x",
                "names": ["y"], "chain_problems": ["x is not sent"],
                "chain": [{"subject": "y", "issuer": "x", "days_left": 9, "sent": True}],
            },
        ),
        Step(
            "protocol", True, 1.0, "",
            {"status": 200, "sqlstate": "28000", "answered_by": "page", "request_id": "r1",
             "refuses_writes": True},
        ),
    )  # fmt: skip


# -- logs


def kind_of_record(
    text: str, *, level: str = "error", count: int = 3, new: bool | None = None, first_seen: float | None = None
) -> SignatureReport:
    """A kind of records, as log_tail counts it."""
    kinds = Signatures("debug")
    kinds.add(Record(first_seen, "web", f"{level.upper()} x"), level)
    (report,) = kinds.as_dicts(0.0, None, (), 1)
    return {**report, "text": text, "level": level, "count": count, "new": new, "first_seen": first_seen}


def record(text: str, at: float | None = None) -> EntryReport:
    return {**entry(Record(at, "web", text), {}), "text": text}


def log(*kinds: SignatureReport, entries: Sequence[EntryReport] = ()) -> LogReport:
    return {
        "entries": list(entries), "matched": len(entries), "more": False, "signatures": list(kinds),
        "other_signatures": 0, "requests": {"before": {"asked": 0, "failed": 0}, "since": {"asked": 0, "failed": 0}},
        "truncated": False, "scanned_bytes": 0, "sources": [], "followed": 0.0,
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
    oom_own: int | None = None,
    oom_age: float | None = None,
    memory_share: float | None = 0.1,
    working_set: int = MIB,
    limit: int | None = 16 * MIB,
    leak: LeakReport | None = None,
    reclaimable: int = 0,
    memory_stall: float | None = None,
    age: float | None = None,
    refills: float | None = None,
    oom_kills: int | None = None,
    in_files: float | None = None,
) -> ContainerUse:
    """``oom_kills``: as many as were recent, if it is not said."""
    usage = Usage(1.0, 0.0, MIB, MIB, None, 0, 0, 0, 0.0, None, 1)
    (report,) = containers_of(({}, {"a" * 64: usage}), {}, {}, [], 1.0)
    return {
        **report, "name": name, "project": project, "service": service, "cpu": cpu, "throttled": throttled,
        "oom_recent": oom_recent, "oom_own": oom_own, "memory_share": memory_share, "working_set": working_set,
        "limit": limit, "leak": leak, "reclaimable": reclaimable, "memory_stall": memory_stall, "age": age,
        "refills": refills, "oom_age": oom_age, "oom_kills": oom_recent if oom_kills is None else oom_kills,
        "in_files": in_files,
    }  # fmt: skip


def steady() -> LeakReport:
    """Of memory that does not grow."""
    return {"bytes_per_second": -512, "grows": False, "seconds_to_limit": None, "samples": 20, "window": 10.0}


def growth(seconds_to_limit: float, bytes_per_second: int = MIB) -> LeakReport:
    return {
        "bytes_per_second": bytes_per_second, "grows": True, "seconds_to_limit": seconds_to_limit, "samples": 9,
        "window": 4.0,
    }  # fmt: skip


def process(
    name: str,
    container: str,
    cpu: float,
    inside: int = 7,
    *,
    started: float | None = None,
    twins: int | None = 0,
) -> BusyProcess:
    return {
        "pid": 4711, "inside_pid": inside, "name": name, "container": container, "cpu": cpu, "resident": MIB,
        "started": started, "twins": twins,
    }  # fmt: skip


def resources(
    *containers: ContainerUse,
    reading: HostReading | None = None,
    processes: Sequence[BusyProcess] = (),
    disk: float | None = None,
) -> ResourcesReport:
    """``disk``: the used share of /."""
    last = reading or host()
    first = HostReading(0.0, {}, (0.0, 0.0, 0.0), last.cores, 0.0, 0.0, {}, 0, 0.0)
    report = resources_dict((first, last), list(containers))
    if disk is not None:
        report["host"]["filesystems"] = [
            {
                "mount": "/", "device": "/dev/vda1", "kind": "ext4", "size": 2**30, "free": int(2**30 * (1 - disk)),
                "used_share": disk, "inodes_used_share": None,
            }
        ]  # fmt: skip
    return {
        **report, "source": "cgroup", "processes": list(processes), "stopped": [],
        "engine": EngineEndpoint().as_dict(), "engine_problem": "",
    }  # fmt: skip


# -- disk


def held(size: int, *services: str) -> Explained:
    """A deleted file of so many MiB that these services hold open."""
    return {**explained_of("deleted_open", "/x", size * MIB, "restart"), "services": list(services)}


def reclaim(*explained: Explained) -> ReclaimFacts:
    """What disk_reclaim returns in check mode where 100 MiB are missing and nothing may be freed."""
    room = Room("/", 5 * MIB, 1000 * MIB)
    return {
        "plan": {"actions": [], "affected_before": 100},
        "before": room.as_dict(),
        "explained": list(explained),
        "notes": [],
    }
