"""A running platform, looked at from outside: its users, its database, its containers."""

from __future__ import annotations

import json
import re
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

import psycopg2

from rehearsal import engine
from rehearsal.errors import PlatformError
from rehearsal.site import Site

# A user of the load generator waits two seconds; younger requests are not decided yet.
PATIENCE = 2.2
FULL_SECONDS = 60  # how long a free slot is waited for
# A proxy is for the world, not for loopback.
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
# What the server logs, in the session's own name, when somebody has cancelled or terminated it.
SIGNALLED = re.compile(
    r"^\S+ \S+ \S+ \[(\d+)\] .*(?:canceling statement due to user request"
    r"|terminating connection due to administrator command)$",
    re.M,
)
# A session as pid@backend_start: a pid may be used again, the pair may not.
_REF = "pid || '@' || to_char(backend_start AT TIME ZONE 'UTC', 'YYYYMMDD\"T\"HH24MISS.US\"Z\"')"
REF = f"SELECT {_REF} FROM pg_stat_activity"
# With what it is and does, for the one who reads that it has gone.
NAMED = (
    f"SELECT {_REF}, concat_ws(', ', nullif(application_name, ''), backend_type, client_addr, state,"
    " regexp_replace(left(query, 60), '\\s+', ' ', 'g'))"
    " FROM pg_stat_activity"
)


class Request(NamedTuple):
    """What a user asked and what came of it; times in seconds since 1970."""

    started: float
    kind: str
    outcome: str
    seconds: float


def felt(request: Request) -> float:
    """When its user knew: the answer came, or patience ended."""
    return request.started + request.seconds


@dataclass(frozen=True)
class Container:
    """One container; ``health`` is ``none`` where it has no check."""

    id: str
    name: str
    service: str
    state: str
    health: str
    started: str
    restarts: int
    last_check: str = ""
    image: str = ""


class Platform:
    """The platform of one site."""

    MARK = "pafar.rehearsal"

    def __init__(self, site: Site) -> None:
        self.site = site
        self.env = site.env

    # -- containers

    def containers(self) -> list[Container]:
        inspected = engine.inspect("container", engine.things_of(self.site.project, "container"))
        return sorted(map(container_of, inspected), key=lambda container: container.name)

    def container(self, service: str) -> str:
        """The id of the service's first running container."""
        for container in self.containers():
            if container.service == service and container.state == "running":
                return container.id
        raise PlatformError(
            f"The service {service} of {self.site.project} does not run. Start the platform: make platform"
        )

    def execute(self, service: str, *argv: str, detach: bool = False, **environment: str) -> str:
        """Run a command inside a service; with ``detach`` it goes on by itself."""
        options = [word for key, value in environment.items() for word in ("--env", f"{key}={value}")]
        flags = ["--detach"] if detach else []
        return engine.run(["docker", "exec", *flags, *options, self.container(service), *argv]).stdout

    # -- users

    def fetch(self, path: str) -> Any:
        try:
            with DIRECT.open(f"http://127.0.0.1:{self.env['LOAD_PORT']}{path}", timeout=20) as answer:
                return json.load(answer)
        except (OSError, ValueError) as error:
            raise PlatformError(
                f"The load generator does not answer ({error}): it stops after two hours. make platform"
            ) from None

    def stats(self, seconds: float, kind: str = "") -> dict[str, Any]:
        """What the users felt who started in the last ``seconds`` and are answered or gone by now."""
        until = time.time() - PATIENCE
        report: dict[str, Any] = self.fetch(f"/stats?since={until - seconds}&until={until}&kind={kind}")
        return report

    def success(self, seconds: float, kind: str = "") -> float | None:
        """The share of those users that was served; None when there was nobody yet."""
        share: float | None = self.stats(seconds, kind)["success"]
        return share

    def fails(self, kind: str = "", share: float = 0.5) -> bool:
        """Whether at least this share of the users of the last two seconds was not served."""
        served = self.success(2, kind)
        if served is None:  # of a rare kind there may have been none in so short a time
            served = self.success(8, kind)
        if served is None:
            raise PlatformError(
                "The load generator made no requests in the last seconds, so nobody knows how users fare."
            )
        return served <= 1 - share

    def asked(self) -> float:
        """How many requests users have made since the load generator's start, of those that are decided."""
        address = f"http://127.0.0.1:{self.env['LOAD_PORT']}/metrics"
        try:
            with DIRECT.open(address, timeout=20) as answer:
                lines = answer.read().decode().splitlines()
        except OSError as error:
            raise PlatformError(f"The load generator does not answer ({error}). make platform") from None
        return sum(float(line.split()[-1]) for line in lines if line.startswith("pafar_user_requests_total"))

    def requests(self, since: float, until: float, kind: str = "") -> list[Request]:
        """Of all kinds but "confirm", or of one; see load.py."""
        return [Request(*request) for request in self.fetch(f"/requests?since={since}&until={until}&kind={kind}")]

    def call(self, method: str, path: str, **headers: str) -> int:
        """One request through nginx, as from outside; the HTTP status."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.env['NGINX_PORT']}{path}", method=method, headers=headers
        )
        try:
            with DIRECT.open(request, timeout=60) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError as error:
            raise PlatformError(f"{method} {path}: no answer from nginx ({error}).") from None

    def behave(self, service: str, mode: str) -> None:
        """Set how a stand-in (stripe, maps) answers from now on."""
        self.execute(
            service,
            "curl",
            "--noproxy",
            "*",
            "-fsS",
            "-X",
            "PUT",
            "-d",
            json.dumps({"mode": mode}),
            "http://127.0.0.1:8000/_mode",
        )

    # -- database

    def connect(self) -> Any:
        """A connection of a superuser.

        Where clients come faster than they are refused, those that are being refused hold even the slots that are
        reserved: then it is tried again.
        """
        deadline = time.monotonic() + FULL_SECONDS
        while True:
            try:
                return psycopg2.connect(
                    host="127.0.0.1", port=self.env["POSTGRES_PORT"], dbname="pafar", user="breakglass",
                    password=self.env["BREAKGLASS_DB_PASSWORD"], application_name="game-day", connect_timeout=30,
                    options="-c statement_timeout=60s -c lock_timeout=30s",
                )  # fmt: skip
            except psycopg2.OperationalError as error:
                if "too many clients" not in str(error) or time.monotonic() > deadline:
                    raise PlatformError(f"The platform's database does not answer: {str(error).strip()}") from None
            time.sleep(0.2)

    @contextmanager
    def database(self) -> Iterator[Any]:
        """A cursor of a superuser, each statement its own transaction, nothing waiting longer than half a minute."""
        connection = self.connect()
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                yield cursor
        except psycopg2.Error as error:
            raise PlatformError(f"The platform's database refused: {str(error).strip()}") from None
        finally:
            connection.close()

    def query(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        with self.database() as cursor:
            cursor.execute(sql, values or None)
            return list(cursor.fetchall()) if cursor.description else []

    def signalled(self, since: float) -> list[int]:
        """Pids of the backends that, by the server's own log, somebody cancelled or terminated since then."""
        log = engine.run(["docker", "logs", "--since", f"{since:.3f}", self.container("db")])
        return [int(pid) for pid in SIGNALLED.findall(log.stdout + log.stderr)]

    def session(self, application: str, user: str, *statements: str) -> None:
        """A psql of its own inside the database's container that outlives us: one connection, in the background."""
        words = [word for statement in statements for word in ("--command", statement)]
        self.execute(
            "db", "psql", "--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", "--host", "/tmp", "--username", user,
            "--dbname", "pafar", *words, detach=True, PGAPPNAME=application,
        )  # fmt: skip

    def sessions(self, *applications: str) -> list[str]:
        """``pid@backend_start`` of the sessions of these applications."""
        return [row[0] for row in self.query(f"{REF} WHERE application_name = ANY(%s)", list(applications))]

    def end(self, *applications: str) -> None:
        """End the sessions of these applications, and wait until they are gone."""
        self.query(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = ANY(%s)",
            list(applications),
        )
        self.until(f"the sessions of {', '.join(applications)} are gone", lambda: not self.sessions(*applications))

    def dumps(self) -> list[str]:
        """The nightly dumps, of which one is made when the platform starts."""
        return self.execute(
            "db-backup", "bash", "-c", "ls /var/backups/postgresql/pafar-*.sql.gz 2>/dev/null; :"
        ).split()

    def until(self, what: str, true: Any, seconds: float = 90) -> None:
        deadline = time.monotonic() + seconds
        while not true():
            if time.monotonic() > deadline:
                raise PlatformError(f"Within {seconds:g} s it did not come to pass that {what}.")
            time.sleep(0.1)


def container_of(inspected: dict[str, Any]) -> Container:
    """From ``docker inspect``."""
    state = inspected["State"]
    health = state.get("Health") or {}
    checks = health.get("Log") or [{}]
    labels = inspected["Config"]["Labels"] or {}
    return Container(
        id=inspected["Id"],
        name=inspected["Name"].lstrip("/"),
        service=labels.get("com.docker.compose.service", ""),
        state=state["Status"],
        health=health.get("Status", "none"),
        started=state["StartedAt"],
        restarts=inspected["RestartCount"],
        last_check=str(checks[-1].get("Output", "")).strip()[-300:],
        image=inspected["Image"],
    )
