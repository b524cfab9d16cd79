"""Sites on real servers, which are reused, and the playbooks against all of them at once.

``python -m support.sites.stage 1 24`` plays the healthy and the broken sites of these seeds and prints who failed.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psycopg2

from support.clients import until
from support.poolers import pgbouncer
from support.servers import PASSWORD, ROOT, Server, client_tool, with_contrib
from support.sites.crews import Loop, Worker, dsn
from support.sites.description import SCALE, SLOTS, Site, broken, healthy
from support.sites.oracle import Seen, judge

PLAYBOOKS = ("db_lock_contention", "db_connection_exhaustion", "db_performance_degradation")
AGED = 75  # seconds of a site after which every limit of the playbooks has been passed
# The playbooks' own defaults, all of them scaled by the same factor.
LIMITS = {
    "unblock_sessions_min_waiting": 30, "db_connection_exhaustion_idle": 30,
    "db_connection_exhaustion_idle_in_transaction": 60, "db_performance_degradation_min_running": 10,
    "db_performance_degradation_idle_in_transaction": 60, "db_performance_degradation_window": 5,
}  # fmt: skip
SETTINGS = {
    "max_connections": str(SLOTS), "max_prepared_transactions": "10", "shared_preload_libraries": "pg_stat_statements",
    "log_line_prefix": "%p|%a|%u| ", "wal_level": "replica", "max_wal_senders": "6", "synchronous_commit": "on",
    "autovacuum": "off", "max_worker_processes": "4", "max_parallel_workers_per_gather": "0",
}  # fmt: skip
_TEMPLATE = (
    "CREATE TABLE bookings (id int PRIMARY KEY, seats int NOT NULL, guest text)",
    "INSERT INTO bookings SELECT i, 4, 'guest ' || i FROM generate_series(1, 1000) i",
    "CREATE TABLE convoys (id int PRIMARY KEY, n int)", "INSERT INTO convoys VALUES (1, 0)",
    "CREATE TABLE sold (n int)", "CREATE TABLE loaded (n int)", "CREATE TABLE hot (id int PRIMARY KEY, n int)",
    "INSERT INTO hot VALUES (1, 0)",
    "CREATE TABLE ledger (id int PRIMARY KEY, n int, t text)",
    "INSERT INTO ledger SELECT i, 1, 'x' FROM generate_series(1, 100) i", "CREATE INDEX ledger_n ON ledger (n)",
    "CREATE TABLE churned (id int PRIMARY KEY, n int)",
    "INSERT INTO churned SELECT i, 1 FROM generate_series(1, 600) i",
    "CREATE TABLE archive AS SELECT i, md5(i::text) || md5((i + 1)::text) AS t FROM generate_series(1, 60000) i",
    "CREATE FUNCTION slow(i int) RETURNS int LANGUAGE plpgsql IMMUTABLE"
    " AS 'BEGIN PERFORM pg_sleep(0.05); RETURN i; END'",
    "CREATE TABLE slow_table (id int PRIMARY KEY)", "INSERT INTO slow_table SELECT generate_series(1, 2000)",
    "CREATE TABLE slowly (id int CHECK (slow(id) = id))",
    "CREATE MATERIALIZED VIEW slow_view AS SELECT slow(id) AS id FROM slow_table WITH NO DATA",
    "CREATE EXTENSION pg_stat_statements", "ANALYZE",
)  # fmt: skip
_ROLES = ("app", "loader", *(f"svc{n}" for n in range(6)))


@dataclass
class Place:
    """A server that plays one site after another. ``standby``: async, sync, or none."""

    server: Server
    standby: str = ""


@dataclass
class Played:
    site: Site
    place: Place
    workers: list[Worker] = field(default_factory=list)
    logged_from: int = 0
    faults: list[str] = field(default_factory=list)


@contextmanager
def places(number: int) -> Iterator[list[Place]]:
    """So many servers of several versions, every fourth with a standby; started once."""
    builds = [build for dummy, build in sorted(with_contrib().items())]
    with ExitStack() as stack:
        found = []
        for place in range(number):
            standby = {2: "async", 3: "sync"}.get(place % 4, "")
            server = stack.enter_context(Server(builds[place % len(builds)], dict(SETTINGS)))
            _found(server)
            if standby:
                copy = Server(
                    server.binaries, {**SETTINGS, "hot_standby": "on", "cluster_name": "standby1"}, primary=server
                )
                stack.enter_context(copy)
            found.append(Place(server, standby))
        yield found


def _found(server: Server) -> None:
    server.run(
        *(f"CREATE ROLE {role} LOGIN PASSWORD '{PASSWORD}'" for role in _ROLES),
        f"CREATE ROLE boss LOGIN SUPERUSER PASSWORD '{PASSWORD}'",
        f"CREATE ROLE oncall LOGIN REPLICATION PASSWORD '{PASSWORD}'",
        "GRANT pg_monitor, pg_signal_backend TO oncall", "GRANT pg_execute_server_program TO loader",
        "CREATE EXTENSION pg_stat_statements", "CREATE DATABASE site_template OWNER app",
    )  # fmt: skip
    server.run(*_TEMPLATE, dbname="site_template")
    server.run(
        "GRANT ALL ON ALL TABLES IN SCHEMA public TO PUBLIC", "GRANT ALL ON SCHEMA public TO PUBLIC",
        "ALTER TABLE ledger OWNER TO app", "ALTER TABLE archive OWNER TO loader",
        "ALTER TABLE slow_table OWNER TO loader",
        "ALTER MATERIALIZED VIEW slow_view OWNER TO loader", "ALTER TABLE convoys OWNER TO app",
        dbname="site_template",
    )  # fmt: skip


def play(sites: Sequence[tuple[Place, Site]], order: Sequence[str] = PLAYBOOKS) -> list[tuple[Site, list[str]]]:
    """Each site on its server, all at once; what was wrong with what the playbooks did, by site."""
    with ExitStack() as stack, tempfile.TemporaryDirectory(prefix="pafar-sites-") as folder:
        loop = stack.enter_context(Loop())
        played = [_raise(stack, loop, place, site) for place, site in sites]
        time.sleep(AGED * SCALE)
        said = {name: _playbook(name, Path(folder), played) for name in order}
        assert loop.broke is None, loop.broke
        found = [
            (one.site, judge(one.site, _seen(one, number, Path(folder), said))) for number, one in enumerate(played)
        ]
        for one in played:
            _clear(one)
    return found


def _raise(stack: ExitStack, loop: Loop, place: Place, site: Site) -> Played:
    """The site's database and its sessions, the faults last."""
    server, dice = place.server, random.Random(site.seed)
    server.run("CREATE DATABASE site OWNER app TEMPLATE site_template")
    if place.standby == "sync" and site.standby == "sync":
        server.run("ALTER SYSTEM SET synchronous_standby_names = 'standby1, walreceiver'", "SELECT pg_reload_conf()")
    one = Played(site, place, logged_from=server.log.stat().st_size)
    port = stack.enter_context(pgbouncer(server, site.pooler, size=12)) if site.pooler else 0
    for crew in site.crews:
        if crew.options.get("limit"):
            server.run(f"ALTER ROLE {crew.role} CONNECTION LIMIT {crew.sessions}")
        if crew.kind in ("dump", "base backup"):
            stack.enter_context(_tool(server, crew.kind, crew.application))
            continue
        number = crew.sessions
        if crew.options.get("fill"):
            used = server.value("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'")
            number = max(1, SLOTS - 3 - int(used) + 1)
        crew_workers = []
        for place_of in range(number):
            through = port if crew.kind == "pooled" else server.port
            worker = Worker(dsn(through, crew.role, "site"), crew, place_of, dice)
            crew_workers.append(worker)
            loop.add(worker)
        until(lambda those=crew_workers: all(w.pid or w.lost for w in those), 60, f"{crew.kind} to log in")
        one.workers += crew_workers
    return one


@contextmanager
def _tool(server: Server, kind: str, name: str) -> Iterator[None]:
    """A real pg_dump whose reader is slow, or a real base backup that is slow by its own wish."""
    target = tempfile.mkdtemp(prefix="pafar-copy-")
    if kind == "dump":
        argv = [client_tool("pg_dump"), "-d", dsn(server.port, "loader", "site")]
    else:
        argv = [client_tool("pg_basebackup"), "-d", dsn(server.port, "oncall", "postgres"), "-D", f"{target}/copy",
                "-r", "1M", "-X", "none", "-c", "fast"]  # fmt: skip
    with subprocess.Popen(
        [str(word) for word in argv],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PGAPPNAME": name},
    ) as process:
        try:
            yield
        finally:
            process.kill()


def _playbook(name: str, folder: Path, played: Sequence[Played]) -> str:
    """One run of a playbook against all sites; what it printed."""
    hosts = {}
    for number, one in enumerate(played):
        hosts[f"site{number}"] = {
            "ansible_connection": "local",
            "ansible_python_interpreter": sys.executable,
            "runbook_postgres": one.place.server.login("oncall", db=one.site.login_db),
            **{limit: seconds * SCALE for limit, seconds in LIMITS.items()},
        }
    inventory = folder / "hosts.json"
    group = {"hosts": hosts, "vars": {"runbook_incident_log": str(folder / "incidents")}}
    inventory.write_text(json.dumps({"database": group}))
    argv = ["ansible-playbook", "-i", str(inventory), f"playbooks/{name}.yml", "-f", "8", "-e", f"incident_id={name}"]
    done = subprocess.run(
        argv, cwd=ROOT, env={**os.environ, "ANSIBLE_NOCOLOR": "1", "ANSIBLE_HOME": str(folder), "HOME": str(folder)},
        text=True, capture_output=True, check=False,
    )  # fmt: skip
    return done.stdout + done.stderr


def _seen(one: Played, number: int, folder: Path, said: dict[str, str]) -> Seen:
    host = f"site{number}"
    events = []
    for file in sorted((folder / "incidents").glob("*.jsonl")):
        events += [json.loads(line) for line in file.read_text().splitlines()]
    with one.place.server.log.open(errors="replace") as log:
        log.seek(one.logged_from)
        logged = log.read().splitlines()
    lines = {name: [line for line in text.splitlines() if line.strip().startswith((f"{host} |", f"{host}  "))]
             for name, text in said.items()}  # fmt: skip
    failed = [name for name, text in said.items() if f"fatal: [{host}]" in text or f"[{host}]: FAILED" in text]
    pids = {worker.pid: worker.crew for worker in one.workers if worker.pid}
    return Seen([event for event in events if event.get("host") == host], logged, pids, lines, failed)


def _clear(one: Played) -> None:
    """Everything of the site is gone, and the server is as before."""
    server = one.place.server
    for worker in one.workers:
        worker.connection.close()
    for gid in (crew.options["gid"] for crew in one.site.crews if crew.kind == "prepared"):
        with suppress(psycopg2.Error):
            server.run(f"ROLLBACK PREPARED '{gid}'", dbname="site")
    server.run(
        "ALTER SYSTEM RESET synchronous_standby_names", "SELECT pg_reload_conf()",
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = 'site'",
        "DROP DATABASE site WITH (FORCE)", "SELECT pg_stat_statements_reset()",
        *(f"ALTER ROLE {role} CONNECTION LIMIT -1" for role in _ROLES),
        *(f"ALTER ROLE {role} RESET ALL" for role in _ROLES),
    )  # fmt: skip


def assigned(found: Sequence[Place], sites: Sequence[Site]) -> list[list[tuple[Place, Site]]]:
    """Batches in which every site has a server of its own, one with a standby where it wants one."""
    waiting, batches = list(sites), []
    while waiting:
        free, batch, later = list(found), [], []
        for site in waiting:
            fits = [place for place in free if place.standby == site.standby] or ([] if site.standby else free)
            if fits:
                free.remove(fits[0])
                batch.append((fits[0], site))
            else:
                later.append(site)
        batches.append(batch)
        waiting = later
    return batches


def main() -> int:
    first, last = int(sys.argv[1]), int(sys.argv[2])
    kinds = sys.argv[3:] or ["healthy", "broken"]
    sites = [healthy(seed) for seed in range(first, last + 1)] if "healthy" in kinds else []
    sites += [broken(seed) for seed in range(first, last + 1)] if "broken" in kinds else []
    bad, began = 0, time.monotonic()
    with places(8) as found:
        print(f"servers after {time.monotonic() - began:.0f} s", flush=True)
        for number, batch in enumerate(assigned(found, sites)):
            order = [PLAYBOOKS[(number + place) % 3] for place in range(3)]
            for site, wrong in play(batch, order):
                bad += bool(wrong)
                what = ", ".join(f"{crew.sessions} {crew.kind}" for crew in site.crews)
                print(f"{'WRONG' if wrong else 'right'} {site.seed} {site.fault or 'healthy'} [{what}]", flush=True)
                for text in wrong:
                    print("      " + text, flush=True)
            print(f"--- {time.monotonic() - began:.0f} s", flush=True)
    print(f"{bad} of {len(sites)} wrong")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
