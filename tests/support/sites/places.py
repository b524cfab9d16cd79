"""The servers on which sites are played, one after another, and what a site finds there."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg2

from support.clients import until
from support.scope import majors
from support.servers import PASSWORD, Server, password_hash, with_contrib
from support.sites.crews import GRIND, SLOW
from support.sites.description import SLOTS, Site

_SETTINGS = {
    "max_connections": str(SLOTS), "max_prepared_transactions": "10", "shared_preload_libraries": "pg_stat_statements",
    "log_line_prefix": "%p|%a|%u| ", "wal_level": "replica", "max_wal_senders": "6", "synchronous_commit": "on",
    # A standby whose connection breaks for a moment must find its WAL again, or it streams no more to any site.
    "wal_keep_size": "1GB", "autovacuum": "off", "max_worker_processes": "4", "max_parallel_workers_per_gather": "0",
}  # fmt: skip
_TEMPLATE = (
    "CREATE TABLE bookings (id int PRIMARY KEY, seats int NOT NULL, guest text)",
    "INSERT INTO bookings SELECT i, 4, 'guest ' || i FROM generate_series(1, 1000) i",
    "CREATE TABLE convoys (id int PRIMARY KEY, n int)", "INSERT INTO convoys VALUES (1, 0), (2, 0)",
    "CREATE TABLE leaders (id int PRIMARY KEY, n int)", "INSERT INTO leaders VALUES (1, 0), (2, 0)",
    "CREATE TABLE terms (id int PRIMARY KEY)", "CREATE TABLE polled (id int PRIMARY KEY)",
    "INSERT INTO polled VALUES (1)",
    "CREATE TABLE visits (id int PRIMARY KEY, n int)", "INSERT INTO visits VALUES (1, 0)",
    "CREATE TABLE sales (id int PRIMARY KEY, n int)", "INSERT INTO sales SELECT i, 1 FROM generate_series(1, 1000) i",
    "CREATE TABLE sold (n int)", "CREATE TABLE loaded (n int)", "CREATE TABLE hot (id int PRIMARY KEY, n int)",
    "INSERT INTO hot VALUES (1, 0)",
    "CREATE TABLE ledger (id int PRIMARY KEY, n int, t text)",
    "INSERT INTO ledger SELECT i, 1, 'x' FROM generate_series(1, 100) i", "CREATE INDEX ledger_n ON ledger (n)",
    "CREATE TABLE churned (id int PRIMARY KEY, n int)",
    "INSERT INTO churned SELECT i, 1 FROM generate_series(1, 600) i",
    # A megabyte a row for those who read it, and few kilobytes on the disk.
    "CREATE TABLE albums (id int, picture text)",
    "INSERT INTO albums SELECT i, repeat('picture ' || i || ' ', 90000) FROM generate_series(1, 150) i",
    "CREATE TABLE archive AS SELECT i, md5(i::text) || md5((i + 1)::text) AS t FROM generate_series(1, 60000) i",
    SLOW, GRIND,
    "CREATE TABLE slow_table (id int PRIMARY KEY)", "INSERT INTO slow_table SELECT generate_series(1, 20000)",
    "CREATE TABLE slow_indexed (id int PRIMARY KEY)", "INSERT INTO slow_indexed SELECT generate_series(1, 20000)",
    "CREATE INDEX slow_indexed_slow ON slow_indexed (slow(id))",
    "CREATE MATERIALIZED VIEW slow_view AS SELECT slow(id) AS id FROM slow_table WITH NO DATA",
    "CREATE EXTENSION pg_stat_statements", "ANALYZE",
    "GRANT ALL ON ALL TABLES IN SCHEMA public TO PUBLIC", "GRANT ALL ON SCHEMA public TO PUBLIC",
    *(f"ALTER TABLE {table} OWNER TO {role}" for table, role in {
        "ledger": "app", "sales": "app", "convoys": "app", "archive": "loader", "slow_table": "loader",
        "slow_indexed": "loader", "slow_view": "loader"}.items()),
)  # fmt: skip
_ROLES = ("app", "loader", *(f"svc{n}" for n in range(6)))


@dataclass
class Place:
    """A server that plays one site after another."""

    server: Server
    has_standby: bool = False

    def open(self, site: Site) -> None:
        """What a site finds: its database, limits of roles, and a standby that commits wait for or not."""
        statements = ["CREATE DATABASE site OWNER app TEMPLATE site_template"]
        if site.standby == "sync":
            statements += ["ALTER SYSTEM SET synchronous_standby_names = '*'", "SELECT pg_reload_conf()"]
        statements += [f"ALTER ROLE {crew.role} CONNECTION LIMIT {crew.sessions}"
                       for crew in site.crews if crew.options.get("limit")]  # fmt: skip
        self.server.run(*statements)

    def clear(self, site: Site) -> None:
        """Nothing of the site is left, and the server is as before."""
        server = self.server
        for crew in site.crews:
            if crew.kind == "prepared":
                with suppress(psycopg2.Error):
                    server.run(f"ROLLBACK PREPARED '{crew.options['gid']}'", dbname="site")
        others = "backend_type = 'client backend' AND pid <> pg_backend_pid()"
        server.run(
            "ALTER SYSTEM RESET synchronous_standby_names", "SELECT pg_reload_conf()",
            f"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE {others}",
        )  # fmt: skip
        until(lambda: not server.value(f"SELECT count(*) FROM pg_stat_activity WHERE {others}"), what="an empty server")
        server.run(
            "DROP DATABASE site WITH (FORCE)", "SELECT pg_stat_statements_reset()",
            *(f"ALTER ROLE {role} CONNECTION LIMIT -1" for role in _ROLES),
            *(f"ALTER ROLE {role} RESET ALL" for role in _ROLES),
        )  # fmt: skip


@dataclass
class _Copy(Server):
    """A server that begins as a copy of the stopped server in ``source``; with a primary, as its standby."""

    source: Path = Path()

    def _initialise(self) -> None:
        subprocess.run(["cp", "-a", str(self.source), str(self.data)], check=True)
        if self.primary:
            (self.data / "standby.signal").touch()
            self.settings = {**self.settings, "primary_conninfo": self.primary.dsn()}


@contextmanager
def places(number: int) -> Iterator[list[Place]]:
    """So many servers of the majors of this run, every second with a standby; initialised once for each major."""
    builds = with_contrib()
    chosen = majors(builds)[: (number + 1) // 2]
    with ExitStack() as stack:
        templates = [stack.enter_context(Server(builds[major], dict(_SETTINGS))) for major in chosen]
        for template in templates:
            _prepare(template)
            template.stop(signal.SIGINT)
        found = []
        for place in range(number):
            template = templates[place // 2 % len(templates)]
            server = stack.enter_context(_Copy(template.binaries, dict(_SETTINGS), source=template.data))
            if place % 2:
                settings = {**_SETTINGS, "hot_standby": "on"}
                stack.enter_context(_Copy(template.binaries, settings, primary=server, source=template.data))
            found.append(Place(server, has_standby=bool(place % 2)))
        yield found


def _prepare(server: Server) -> None:
    server.run(
        *(f"CREATE ROLE {role} LOGIN PASSWORD '{password_hash(PASSWORD)}'" for role in _ROLES),
        f"CREATE ROLE boss LOGIN SUPERUSER PASSWORD '{password_hash(PASSWORD)}'",
        f"CREATE ROLE oncall LOGIN REPLICATION PASSWORD '{password_hash(PASSWORD)}'",
        "GRANT pg_monitor, pg_signal_backend TO oncall", "GRANT pg_execute_server_program TO loader",
        "CREATE EXTENSION pg_stat_statements", "CREATE DATABASE site_template OWNER app",
    )  # fmt: skip
    server.run(*_TEMPLATE, dbname="site_template")


def batches(found: Sequence[Place], sites: Sequence[Site]) -> Iterator[list[tuple[Place, Site]]]:
    """Each site with a server of its own and a standby where it wants one, as many at once as there are servers."""
    waiting = list(sites)
    while waiting:
        free = sorted(found, key=lambda place: place.has_standby)
        batch = []
        for site in list(waiting):
            fits = [place for place in free if place.has_standby or not site.standby]
            if fits:
                waiting.remove(site)
                free.remove(fits[0])
                batch.append((fits[0], site))
        yield batch
