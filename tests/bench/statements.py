"""What it costs to ask a busy server what it does: 500 sessions, 5,000 statements in pg_stat_statements."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg2
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.background.io.background import collect_background
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.io.connection import Login
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.io.server import Postgres, connect
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.io.snapshot import read_snapshot
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.workload.io.pg_stat_statements import usable
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.workload.io.window import workload

from support.clients import clients
from support.servers import PASSWORD, Server, with_contrib

SESSIONS, AT_WORK, SIDE = 500, 50, 71  # 71 x 71 statements
WINDOW = 5.0
ALSO = ("wraparound", "replication", "spill", "autovacuum")


def fill(server: Server) -> None:
    """Statements that differ in what they are made of, so that each has an id of its own."""
    connection = psycopg2.connect(server.dsn())
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("CREATE EXTENSION pg_stat_statements")
        for columns in range(1, SIDE + 1):
            for conditions in range(1, SIDE + 1):
                cursor.execute(f"SELECT {', '.join(['1'] * columns)} WHERE {' AND '.join(['1 = 1'] * conditions)}")
    connection.close()


def statement_costs(measure: Callable[..., Any], picture: Callable[[Postgres], Any]) -> list[str]:
    """Rows of the table; ``measure`` is the benchmark's own, ``picture`` the whole of pg_activity_info."""
    settings = {
        "max_connections": "600",
        "shared_buffers": "64MB",
        "shared_preload_libraries": "pg_stat_statements",
        "pg_stat_statements.max": "6000",
    }
    newest = with_contrib()[max(with_contrib())]
    with Server(newest, settings) as server, clients(server) as session:
        server.prepare_site()
        fill(server)
        crowd = [session("pafar-web").ready() for dummy in range(SESSIONS)]
        for client in crowd[:AT_WORK]:
            client.send("SELECT pg_sleep(600)")
        plain = psycopg2.connect(server.dsn())
        plain.autocommit = True
        cursor = plain.cursor()

        def read() -> None:
            """The usual way: everything, twice."""
            for statement in ("SELECT * FROM pg_stat_statements",) * 2 + ("SELECT * FROM pg_stat_activity",):
                cursor.execute(statement)
                cursor.fetchall()

        usual = measure(read, plain.get_backend_pid())
        entries = server.value("SELECT count(*) FROM pg_stat_statements")
        plain.close()
        with connect(Login(host="127.0.0.1", port=server.port, password=PASSWORD)) as postgres:
            extension = usable(postgres)

            def window() -> None:
                workload(postgres, extension, 0.001).report(postgres, 10, "normalized")

            ways: dict[str, Callable[[], Any]] = {
                "snapshot": lambda: picture(postgres),
                "its background": lambda: collect_background(postgres, read_snapshot(postgres), ALSO, None, 1.0),
                "statements window, without waiting": window,
                "**snapshot and window together**": lambda: (picture(postgres), window()),
            }
            costs = {name: measure(way, postgres.pid) for name, way in ways.items()}
    rows = [f"| both views read whole, the statements twice | {usual.wall:.1f} | {usual.database:.1f} | |"]
    for name, cost in costs.items():
        rows.append(
            f"| {name} | {cost.wall:.1f} | {cost.database:.1f} | {cost.wall / usual.wall:.2f}x /"
            f" {cost.database / usual.database:.2f}x |"
        )
        print(rows[-1], flush=True)
    both = list(costs.values())[-1]
    share = both.database / (1000 * WINDOW)
    return [
        *rows,
        "",
        f"{entries} entries, {SESSIONS} sessions. Of one core during a window of {WINDOW:g} s: {share:.1%}.",
    ]
