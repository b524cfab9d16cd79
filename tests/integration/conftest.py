"""One real server per major version that this machine has; tests run on each."""

from __future__ import annotations

import pytest

from support.clients import clients
from support.servers import Server, has_hypopg, one_per_major, with_contrib

SETTINGS = {
    "max_connections": "200",
    "max_prepared_transactions": "10",
    "deadlock_timeout": "1h",  # a deadlock stays until it has been looked at
    "log_statement": "all",
    "wal_level": "replica",
    "log_line_prefix": "%a| ",
}
COUNTING = {"shared_preload_libraries": "pg_stat_statements", "track_functions": "none"}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Tests that need hypopg run where it is, whichever majors are wanted."""
    for item in items:
        if "hypopg" in item.fixturenames and has_hypopg(with_contrib()[item.callspec.params["counted"]]):
            item.add_marker("every_major")


@pytest.fixture(scope="session", params=sorted(one_per_major()), ids=lambda major: f"pg{major}")
def server(request):
    with Server(one_per_major()[request.param], SETTINGS) as running:
        running.prepare_site()
        running.major = request.param
        yield running


@pytest.fixture
def session(server):
    """A factory of sessions that are all gone when the test is over."""
    with clients(server) as factory:
        yield factory


@pytest.fixture(scope="session", params=sorted(with_contrib()), ids=lambda major: f"pg{major}")
def counted(request):
    """A server that counts its statements."""
    with Server(with_contrib()[request.param], {**SETTINGS, **COUNTING}) as running:
        running.prepare_site()
        running.major = request.param
        running.run("CREATE EXTENSION pg_stat_statements")
        yield running


@pytest.fixture
def worker(counted):
    """A factory of sessions on that server."""
    with clients(counted) as factory:
        yield factory
