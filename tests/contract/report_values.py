"""Values of every report, each from its producers, and the modules that return them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ansible_collections.pafar.runbook.plugins.module_utils._compose.container import container_of
from ansible_collections.pafar.runbook.plugins.module_utils._compose.project import Project
from ansible_collections.pafar.runbook.plugins.module_utils._compose.project_ref import Source
from ansible_collections.pafar.runbook.plugins.module_utils._compose.project_report import ProjectReport, project_dict
from ansible_collections.pafar.runbook.plugins.module_utils._compose.proxy import StaleProxy
from ansible_collections.pafar.runbook.plugins.module_utils._core.console import TextReport
from ansible_collections.pafar.runbook.plugins.module_utils._core.gate import GateResult
from ansible_collections.pafar.runbook.plugins.module_utils._core.outcome import OutcomeReport, outcome_of
from ansible_collections.pafar.runbook.plugins.module_utils._core.plan import Item
from ansible_collections.pafar.runbook.plugins.module_utils._diagnosis.cause import DiagnosisReport
from ansible_collections.pafar.runbook.plugins.module_utils._diagnosis.top_consumers import (
    ConsumersReport,
    weigh_cpu,
    weigh_memory,
)
from ansible_collections.pafar.runbook.plugins.module_utils._disk.reclaim import Explained, RoomReport
from ansible_collections.pafar.runbook.plugins.module_utils._endpoints.endpoint import Attempt, Meaning, Target, row_of
from ansible_collections.pafar.runbook.plugins.module_utils._endpoints.reached import ReachedReport, reached_report
from ansible_collections.pafar.runbook.plugins.module_utils._incident.event import IncidentReport, WrittenReport
from ansible_collections.pafar.runbook.plugins.module_utils._incident.hash_chain import VerifyReport
from ansible_collections.pafar.runbook.plugins.module_utils._incident.scope import OpenReport
from ansible_collections.pafar.runbook.plugins.module_utils._lifecycle.acts import ActedReport
from ansible_collections.pafar.runbook.plugins.module_utils._lifecycle.standing import StatusReport
from ansible_collections.pafar.runbook.plugins.module_utils._logs.io.limits import Limits, Tally
from ansible_collections.pafar.runbook.plugins.module_utils._logs.records import LogReport, Record, entry
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.activity_report import (
    ActivityReport,
    activity_result,
    with_background,
)
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.background.backends import Backend, usage
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.background.background_report import (
    BackgroundReport,
    autovacuum,
    replication,
    spill,
    wraparound,
)
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.background.pgbouncer import (
    pooler_dict as pools_of,
)
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.excess.excess_plan import Parts
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.excess.handed_over import parts_for
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.exclusions import Exclusions
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.indexes.catalog import (
    Catalog,
    Column,
    ForeignKey,
    Index,
    Table,
)
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.indexes.indexes_report import (
    IndexesReport,
    Least,
    build_progress,
    building_alone,
    catalog_report,
)
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.workload.statements import (
    Doing,
    Entry,
    Reader,
    Samples,
    StatementsReport,
    report,
    running_seconds,
)
from ansible_collections.pafar.runbook.plugins.module_utils._preflight.check import (
    Check,
    HostPreflightReport,
    PreflightReport,
)
from ansible_collections.pafar.runbook.plugins.module_utils._preflight.check import preflight_report as preflight
from ansible_collections.pafar.runbook.plugins.module_utils._preflight.total import PreflightTotal
from ansible_collections.pafar.runbook.plugins.module_utils._resources.resource_report import (
    ContainerName,
    ResourcesReport,
    containers_of,
    resources_dict,
)
from ansible_collections.pafar.runbook.plugins.module_utils._run.last_screen import RunReport
from ansible_collections.pafar.runbook.plugins.module_utils._run.unknown_names import CheckedRun
from ansible_collections.pafar.runbook.plugins.module_utils._system.counters import (
    HostReading,
    Process,
    Usage,
    parse_pressure,
    top,
)
from ansible_collections.pafar.runbook.plugins.module_utils._triage.alerts import alerts_of
from ansible_collections.pafar.runbook.plugins.module_utils._triage.changes import changes_of_services
from ansible_collections.pafar.runbook.plugins.module_utils._triage.prometheus_signs import AlertsAndSeries
from ansible_collections.pafar.runbook.plugins.module_utils._triage.sign import Sign, TriageReport, scenarios_of
from ansible_collections.pafar.runbook.plugins.module_utils._triage.survey_report import SurveyParts

from contract.incident_values import (
    OF_INCIDENTS,
    acted_values,
    check_values,
    gate_values,
    incident_values,
    opening_values,
    preflight_values,
    run_values,
    status_values,
    verify_values,
    written_values,
)
from support import database_reports, reports
from support.snapshots import NOW, SERVER, ago, holds, prepared, relation, session, snapshot, waits
from support.unfinished import left_by_runs


def activity_values() -> Iterator[ActivityReport]:
    locks = [
        holds(1, relation(1)), waits(2, relation(1), seconds=90), waits(3, relation(1), seconds=80),
        holds("prepared:9", relation(2)), waits(4, relation(2)),
        holds(10, relation(3), "AccessShareLock"), waits(11, relation(3), "AccessExclusiveLock", seconds=70),
        waits(12, relation(3), "AccessShareLock", seconds=60),
        holds(13, relation(4), "AccessShareLock"), waits("prepared:20", relation(4), "AccessExclusiveLock", seconds=70),
        waits(14, relation(4), "AccessShareLock", seconds=60),
    ]  # fmt: skip
    seen = snapshot(
        locks,
        prepared(9),
        prepared(20),
        session(5, "active", query_start=ago(900)),
        session(6, "active", wait_type="BufferPin", wait_event="BufferPin"),
        session(7, "idle in transaction"),
        session(8, "idle", application="pg_dump"),
        session(15, "active", query="COMMIT", wait_type="IPC", wait_event="SyncRep"),
        snapshot_blockers={5: (7,)},
        server={**SERVER, "synchronous_standby_names": "standby1"},
        role_limits={"app": 50},
        database_limits={"booking": 50},
    )
    told = activity_result(seen, Exclusions(), statements="normalized", rows=20, min_waiting=1.0, long_running=60.0)
    yield with_background(told, background(seen))


def background(seen: Any) -> BackgroundReport:
    slot = {"slot_name": "gone", "slot_type": "physical", "active": False, "temporary": False}
    tables: dict[str, list[dict[str, object]]] = {
        "DATABASES": [{"name": "shop", "pool_size": 2, "paused": 0}],
        "POOLS": [{"database": "shop", "user": "app", "cl_waiting": 3, "sv_active": 2}],
        "CLIENTS": [{"ptr": "0x1", "addr": "10.0.0.9", "port": 4711, "user": "app", "application_name": "web"}],
        "SERVERS": [{"remote_pid": pid, "link": "0x1"} for pid in (1, 11)],
        "CONFIG": [{"key": "max_client_conn", "value": "100"}],
    }
    first, second = Backend(100, 5, 0.0, 0.0, 9), Backend(100, 5, 0.0, 1.0, 9)
    used = usage(seen, {5: first}, {5: second}, 1.0, {5: "gone"})
    return {
        "wraparound": wraparound(seen, [("shop", 1, 1, 9, 9)], [(5, 7)], [], []),
        "replication": replication([(slot, 5, None, None)], [(8, "streaming", 5)], ("on", True, "then")),
        "spill": spill(seen, [("d", "pgsql_tmp5.0", 5)]),
        "autovacuum": autovacuum(seen, [(5, 1, 1, 9, 3)]),
        "processes": {"here": True, "why": "", "cores": 2, "idle_cores": 1.5, "logging_in": 0, **used},
        "pooler": {"reachable": True, "why": "", **pools_of(tables, seen)},
        "findings": [],
    }


def statements_values() -> Iterator[StatementsReport]:
    seen = snapshot([], session(5, "active", query_id=7))
    running = running_seconds(seen, 0, 5.0)
    doing = Doing((1, 1, 7, True), Entry(2, 1.0), Entry(9, 9.0))
    told = report([doing], running, Samples(), Reader({}, {}, {}, "normalized"), 5, 5.0)
    yield {**database_reports.workload(*told, CPU=1.0), "server": seen.server}


def index_values() -> Iterator[IndexesReport]:
    table = Table(1, "public", "t", "public.t", "r", 2**30, 10**6, 5, 10**6)
    parent = Table(2, "public", "p", "public.p", "r", 2**20, 10**3, deleted=3)
    twins = [Index(oid, 1, f"i{oid}", f"public.i{oid}", (1,), 1, "", "btree", size=2**21) for oid in (11, 12)]
    broken = Index(13, 1, "i13", "public.i13", (1,), 1, "", "btree", valid=False)
    key = ForeignKey(1, 2, "fk", (2,))
    catalog = Catalog({1: table, 2: parent}, [*twins, broken], [key], {1: {2: Column(2, "p", "p")}})
    told = catalog_report(
        catalog,
        {1: table, 2: parent},
        advice=[database_reports.advised()],
        missing=[(key, "")],
        full_reads=[database_reports.full_read()],
        least=Least(1, 9, 1),
    )
    nothing = building_alone([build_progress((5, 1, "t", "scanning", 1, 2, 9))], snapshot([]).server)
    (statements,) = statements_values()
    work = {name: each for name, each in statements.items() if name != "server"}
    yield {**nothing, **told, "workload": work}  # type: ignore[typeddict-item]


def project_values() -> Iterator[ProjectReport]:
    labels = {"com.docker.compose.project": "shop", "com.docker.compose.service": "web"}
    network = {"Networks": {"default": {"IPAddress": "10.0.0.2"}}, "Ports": {}}
    one = container_of(
        {"Id": "a" * 64, "Name": "/web", "State": {"Status": "exited", "ExitCode": 1}, "Config": {"Labels": labels},
         "NetworkSettings": network}
    )  # fmt: skip
    stale: StaleProxy = {"proxy": "nginx", "service": "web", "seconds": 60.0, "replicas": ["web"]}
    project = Project(Source("shop"), NOW, (one,), **left_by_runs(one, NOW))
    yield {**project_dict(project), "stale_proxies": [stale]}


def reached_values() -> Iterator[ReachedReport]:
    attempt = Attempt(reports.every_layer(), Meaning("up"), "10.0.0.1", (), 1)
    yield reached_report([row_of("host", Target("web", "http", "x", 80), [attempt])])


def log_values() -> Iterator[LogReport]:
    tally = Tally("web", "file", "/x", Limits(9, 0.0))
    yield {
        **reports.log(reports.kind_of_record("KeyError"), entries=[entry(Record(1.0, "web", "x"), {"user": "7"})]),
        "sources": [tally.as_dict()],
    }


def resource_values() -> Iterator[ResourcesReport]:
    id = "a" * 64
    low, high = (Usage(at, at, 9, 9, 2**20, 0, 0, 0, 0.0, None, 1) for at in (0.0, 1.0))
    name: ContainerName = {"name": "web", "project": "shop", "service": "web", "state": "running", "status": "Up"}
    used = containers_of(
        ({id: low}, {id: high}),
        {id: name},
        {id: [(0.0, 1.0), (1.0, 2.0), (2.0, 3.0)]},
        [{"container": id, "task": "python", "pid": 7, "exhausted": "container", "at": 1.0}],
        2.0,
    )
    psi = parse_pressure("some avg10=1.0 avg60=1.0 avg300=1.0 total=1\nfull avg10=1.0 avg60=1.0 avg300=1.0 total=1")
    first, last = (
        HostReading(at, {"MemTotal": 9}, (1.0, 1.0, 1.0), 2, at, at, {"cpu": psi}, 0, 9.0) for at in (0.0, 1.0)
    )
    told = resources_dict((first, last), used)
    like, process = reports.resources(disk=0.5), Process(7, 7, "python", "web", 1.0, 9)
    told["host"]["filesystems"] = like["host"]["filesystems"]
    yield {
        **told,
        "source": "cgroup",
        "processes": top({7: process}, {7: process}, 1.0, 5),
        "stopped": [{"id": id, **name}],
        **{key: like[key] for key in ("engine", "engine_problem")},  # type: ignore[typeddict-item]
    }


def hogs_values() -> Iterator[ConsumersReport]:
    busy = reports.container_use("web", cpu=2.0, leak=reports.growth(9.0), memory_share=0.95)
    busy["oom_killed"] = [{"container": "a", "task": "x", "pid": 7, "exhausted": "container", "at": 1.0}]
    found = reports.resources(busy, processes=[reports.process("postgres", "db", 1.0, 7, started=9.0)])
    yield weigh_cpu(found, [database_reports.running(7, started=9.0)], "")
    yield weigh_memory(found, "")


def _handed_over() -> Parts:
    """Both parts of a plan, with actions and excluded sessions that have every key."""
    items = [
        Item(
            f"{number}@x/y", "idle for 9 min", action,
            {
                "pid": number, "who": f"{number} app", "application": "web", "rule": rule, "frees": 1,
                "needs_approval": "", "out_of_reach": False,
            },
        )
        for number, (rule, action) in enumerate(itertools.product(("idle", "running"), ("terminate", "")), 1)
    ]  # fmt: skip
    plan = database_reports.ending(
        *(item for item in items if item.action), excluded=[i for i in items if not i.action]
    )
    return parts_for(plan, {item.target: "the pool is full" for item in items})


def diagnosis_values() -> Iterator[DiagnosisReport]:
    """Of every subject, with every cause that has rules or a detail of its own."""
    from ansible_collections.pafar.runbook.plugins.module_utils._diagnosis.connections import diagnose_connections
    from ansible_collections.pafar.runbook.plugins.module_utils._diagnosis.disk import diagnose_disk
    from ansible_collections.pafar.runbook.plugins.module_utils._diagnosis.network import diagnose_network
    from ansible_collections.pafar.runbook.plugins.module_utils._diagnosis.payments import Known, diagnose_payments
    from ansible_collections.pafar.runbook.plugins.module_utils._diagnosis.performance import diagnose_performance

    leak = database_reports.application("feed", 30, idle=30, idle_seconds=[300] * 30)
    full = database_reports.connection_limit(
        leak, database_reports.application("job", 10, role="job", idle_in_transaction_seconds=[300.0] * 10)
    )
    pooler = database_reports.pooler(database_reports.pool())
    gone = database_reports.processes(gone=[database_reports.dead_client()])
    seen = database_reports.activity(full, background={"processes": gone})
    plan = database_reports.ending_all(seen)
    yield diagnose_connections(seen, 30, 60, 0.5, 0.2, {}, plan=plan).as_dict()
    yield {**diagnose_connections(seen, 30, 60, 0.5, 0.2, {}, plan=plan).as_dict(), "plans": _handed_over()}
    room = database_reports.connection_limit(database_reports.application())
    seen = database_reports.activity(room, background={"pooler": pooler})
    yield diagnose_connections(seen, 30, 60, 0.5, 0.2, {}, plan=database_reports.ending()).as_dict()
    busy = database_reports.activity(
        room,
        background={"processes": database_reports.processes()},
        found=database_reports.lists([database_reports.running()]),
    )
    yield diagnose_performance(busy, database_reports.indexes(), 10, 60, database_reports.ending_all(busy)).as_dict()
    advised = database_reports.indexes(database_reports.advised())
    yield diagnose_performance(database_reports.activity(room), advised, 10, 60, database_reports.ending()).as_dict()
    fresh = {"web": reports.service(reports.container("web-1", age=60, image_age=90, image_tagged=90))}
    said = reports.log(reports.kind_of_record("KeyError: 'b1'", count=9, new=True))
    yield diagnose_payments([], fresh, said, Known(0), ["web"], 7200).as_dict()
    asked: BackgroundReport = {**database_reports.slots(300), "findings": []}
    yield diagnose_disk(reports.reclaim(reports.held(700, "web")), {"background": asked}, 1).as_dict()
    down = [reports.probed("web-1", name, "down", "dns", "no", address=f"{name}:1") for name in ("a", "db")]
    services = {name: reports.service(reports.container(f"{name}-1")) for name in ("web", "db")}
    yield diagnose_network([down[0], reports.probed("web-1", "db", address="db:1")], services).as_dict()
    yield diagnose_network([reports.probed("web-1", "db", "down", "tcp", "no", address="db:1")], services).as_dict()
    bad = reports.probed("host", "site", "down", "protocol", "no", address="web:80", status=502)
    stale: StaleProxy = {"proxy": "web-1", "service": "db", "seconds": 60.0, "replicas": ["db-1"]}
    yield diagnose_network([bad], services, [stale]).as_dict()


def triage_values() -> Iterator[TriageReport]:
    signs = [Sign("P1", "x", "db", "disk_space")]
    yield {
        "unread": [], "unplayed": [], "severity": "P1", "signs": [sign.as_dict() for sign in signs],
        "scenarios": scenarios_of(signs), "next": "x", "page": "",
    }  # fmt: skip


def survey_values() -> Iterator[SurveyParts]:
    answer = {"trouble_reading": "", "error": "", "seconds": 1.0}
    made = reports.service(reports.container("web", created_at="2026-01-01T00:00:00Z"))
    changes = changes_of_services({"web": made}, 1_795_600_000.0)
    (project,), (resources,), (log,) = project_values(), resource_values(), log_values()
    (reached,), (activity,) = reached_values(), activity_values()
    parts = {
        "services": project, "resources": resources, "logs": log, "reached": reached, "database": activity,
        "changes": {"changes": changes, "unknown": []},
    }  # fmt: skip
    yield {name: {**part, **answer} for name, part in parts.items()}  # type: ignore[misc]


def prometheus_values() -> Iterator[AlertsAndSeries]:
    reports, unread = alerts_of([{"labels": {"alertname": "X"}, "state": "firing"}])
    row: Any = {"name": "x", "query": "", "unit": "", "severity": {}, "scenario": "", "value": 1}
    row.update({"infinite": False, "problem": ""})
    yield {"alerts": reports, "unread": unread, "series": [row]}


@dataclass(frozen=True)
class Contract:
    """``at``: where in the module's result the report is; empty: it is the whole result, or several parts of it."""

    module: str
    kind: Any
    values: list[Any]
    at: str = ""


CONTRACTS = [
    Contract("pg_activity_info", ActivityReport, list(activity_values())),
    Contract("pg_statements_info", StatementsReport, list(statements_values())),
    Contract("pg_index_info", IndexesReport, list(index_values())),
    Contract("compose_info", ProjectReport, list(project_values())),
    Contract("endpoint_probe_info", ReachedReport, list(reached_values())),
    Contract("log_tail", LogReport, list(log_values())),
    Contract("host_resources_info", ResourcesReport, list(resource_values())),
    Contract("top_consumers", ConsumersReport, list(hogs_values())),
    Contract("diagnosis", DiagnosisReport, list(diagnosis_values())),
    Contract("incident_event", WrittenReport, list(written_values())),
    Contract("incident_info", IncidentReport, list(incident_values())),
    Contract("incident_verify", VerifyReport, list(verify_values())),
    Contract("incident_open", OpenReport, list(opening_values())),
    Contract("incident_status", StatusReport, list(status_values())),
    Contract("incident_note", WrittenReport, list(written_values())),
    Contract("incident_act", ActedReport, list(acted_values())),
    *(Contract(module, kind, list(values())) for module, kind, values in OF_INCIDENTS),
    Contract("triage_report", TriageReport, list(triage_values())),
    Contract("triage_info", SurveyParts, list(survey_values())),
    Contract("preflight_report", PreflightTotal, list(preflight_values())),
    Contract("check_run", CheckedRun, list(check_values())),
    Contract("run_summary", RunReport, list(run_values())),
    Contract("show_text", TextReport, [{"lines": ["nothing is due"]}]),
    Contract("gate", GateResult, list(gate_values())),
    Contract("outcome", OutcomeReport, [{**outcome_of(1, 0, 0, 1.0), "what": ""}]),
    Contract("prometheus_info", AlertsAndSeries, list(prometheus_values())),
    Contract(
        "host_preflight_info",
        HostPreflightReport,
        [{**preflight([Check("x", True, "")]), "host_clock": {"received": 1.0, "answered": 2.0}}],
    ),
    Contract("pg_preflight_info", PreflightReport, [preflight([Check("x", True, "")])]),
    Contract("disk_reclaim", RoomReport, [reports.reclaim()["before"]], ".before"),
    Contract("disk_reclaim", RoomReport, [reports.reclaim()["before"]], ".after"),
    Contract("disk_reclaim", Explained, [reports.held(1, "web")], ".explained[]"),
]
