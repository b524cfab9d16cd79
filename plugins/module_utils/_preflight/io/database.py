# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Is a database ready for an incident? Everything is asked, nothing is changed. I/O."""

from __future__ import annotations

import time
from shlex import quote
from typing import Callable

from ..._core.errors import RunbookError, ServerNotReady
from ..._postgres.background import background_report as background
from ..._postgres.background.io import background_queries as queries_background
from ..._postgres.background.io.backends import data_disk
from ..._postgres.exclusions import Exclusions
from ..._postgres.indexes.io import index_queries as queries_indexes
from ..._postgres.io.condition import with_condition
from ..._postgres.io.connection import Login, login_paths
from ..._postgres.io.server import Postgres, connect
from ..._postgres.io.snapshot import read_snapshot
from ..._postgres.workload.io.pg_stat_statements import usable
from .. import database as preflight
from ..check import Check, Exchange, PreflightReport, of_clock, of_disk, preflight_report

MAY_SIGNAL = "SELECT pg_catalog.pg_has_role(current_user, 'pg_signal_backend', 'USAGE')"
# The one that logs in, whatever session_role it takes then: it needs REPLICATION and the line in pg_hba.conf.
LOGIN_ROLE = "SELECT session_user::text"
SENDERS = """
SELECT pg_catalog.current_setting('max_wal_senders')::int
       - (SELECT pg_catalog.count(*)::int FROM pg_catalog.pg_stat_get_wal_senders())
"""


def database_report(login: Login, exclusions_of: Callable[[int], Exclusions]) -> PreflightReport:
    """What pg_preflight_info returns. ``exclusions_of`` is given the pid of this very connection."""
    return preflight_report(database_checks(login, exclusions_of))


def database_checks(login: Login, exclusions_of: Callable[[int], Exclusions]) -> list[Check]:
    """Every check of one database."""
    try:
        with connect(login) as postgres:
            return [
                Check("is reached", True, f"{login.where}, PostgreSQL {postgres.server['version']}"),
                *_server_checks(postgres, exclusions_of(postgres.pid)),
            ]
    except ServerNotReady as error:
        remedy = "wait until it accepts logins, and read its log; the host, the port and the network are healthy"
        return [Check("is reached", True, login.where), Check("takes logins", False, str(error), remedy)]
    except RunbookError as error:
        host = quote(login.unix_socket or login.host)
        way = quote(f"service={login.service}") if login.service else f"-h {host} -p {login.port}"
        parts = (f"-U {quote(login.user)}" if login.user else "", quote(login.database) if login.database else "")
        who = " ".join(part for part in parts if part)
        remedy = f"set runbook_postgres so that psql {way} {who}".rstrip() + " connects"
        return [Check("is reached", False, str(error), remedy)]


def _server_checks(postgres: Postgres, exclusions: Exclusions) -> list[Check]:
    sent = time.time()
    snapshot = read_snapshot(postgres)
    its, returned = snapshot.now.timestamp(), time.time()
    extension = usable(postgres)
    there = bool(postgres.names(queries_indexes.HYPOPG))
    replication = background.replication(
        postgres.names(queries_background.SLOTS), [], postgres.rows(queries_background.ARCHIVER)[0]
    )
    checks = [
        preflight.of_sight(snapshot),
        preflight.of_signals(snapshot, exclusions, bool(postgres.rows(MAY_SIGNAL)[0][0])),
        preflight.of_login_paths(
            postgres.text_rows(LOGIN_ROLE)[0][0], login_paths(postgres.login), int(postgres.rows(SENDERS)[0][0])
        ),
        *preflight.of_slots(snapshot),
        *preflight.of_states(with_condition(postgres, snapshot, disks=True)),
        preflight.of_extension(extension.why, extension.remedy, extension.notes),
        preflight.of_hypopg(str(postgres.server["database"]), there),
        *preflight.of_wal(replication),
        of_clock("the database", Exchange(sent, its, its, returned)),
        of_disk("the database's disk", data_disk(snapshot, postgres.pid)),
    ]
    ages = postgres.names(queries_background.AGES)
    if ages:
        checks.append(preflight.of_age(background.wraparound(snapshot, ages, [], [], [])))
    return checks
