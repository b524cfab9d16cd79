"""Maintenance is work: it is known by what it does, and is no runaway."""

from __future__ import annotations

import pytest

from support.modules import run_module
from support.scenes import at_work

VACUUM = ["SET vacuum_cost_delay = '100ms'", "SET vacuum_cost_limit = 1"]
SLEEPS = "SELECT 1 FROM pg_sleep(3600)"


@pytest.fixture
def table(server):
    server.run(
        "CREATE TABLE IF NOT EXISTS kept AS SELECT generate_series(1, 50000) AS n", "ALTER TABLE kept OWNER TO app"
    )
    return "kept"


@pytest.mark.parametrize(
    ("application", "statements", "kind"),
    [
        pytest.param("web", [*VACUUM, "VACUUM (FREEZE) kept"], "VACUUM", id="a vacuum by hand"),
        pytest.param("vacuumdb", [*VACUUM, "ANALYZE kept"], "ANALYZE", id="an analyze"),
        pytest.param("pg_restore", [SLEEPS], "pg_restore", id="a restore"),
        pytest.param("nightly", [f"COPY ({SLEEPS}) TO STDOUT"], "backup", id="a dump under another name"),
        pytest.param(
            "web", [f"CREATE MATERIALIZED VIEW IF NOT EXISTS seen AS {SLEEPS}"], "CREATE MATERIALIZED VIEW", id="a view"
        ),
        pytest.param("web", [f"CREATE TEMP TABLE seen AS {SLEEPS}"], "", id="a statement"),
    ],
)
def test_maintenance_is_ended_only_where_the_site_says_so(server, session, table, application, statements, kind):
    client = session(application)
    for statement in statements[:-1]:
        client.run(statement)
    client.send(statements[-1])
    at_work(client)
    busy = [{"pid": client.pid, "cpu": 0.9}]

    def plan(**options):
        planned = run_module(
            "pg_end_sessions", check=True, **server.login("oncall"), busy=busy, min_running=0, max_share=1.0, **options
        )["plan"]
        return [one["pid"] for one in planned["actions"]], [one["reason"] for one in planned["excluded"]]

    if not kind:
        assert plan() == ([client.pid], [])
        return
    chosen, reasons = plan()
    assert chosen == []
    assert kind in reasons[0]
    assert plan(maintenance=True)[0] == ([] if kind == "backup" else [client.pid])
    assert client.fate() == "alive"
