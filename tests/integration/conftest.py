"""One real server per major version that this machine has; tests run on each."""

from __future__ import annotations

import fcntl
from contextlib import ExitStack

import pytest

from support.clients import clients
from support.servers import Server, one_per_major, with_contrib

SETTINGS = {
    "max_connections": "200",
    "max_prepared_transactions": "10",
    "deadlock_timeout": "30s",  # a deadlock stays long enough to be looked at
    "log_statement": "all",
    "wal_level": "replica",
    "log_line_prefix": "%a| ",
}
COUNTING = {"shared_preload_libraries": "pg_stat_statements", "track_functions": "none"}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Tests of one server stay on one worker."""
    for item in items:
        params = item.callspec.params if getattr(item, "callspec", None) else {}
        major = params.get("server") or params.get("counted")
        if major:
            item.add_marker(pytest.mark.xdist_group(f"server-{major}"))


@pytest.fixture(autouse=True)
def turn(request, tmp_path_factory):
    """A test marked ``alone`` measures what the machine gives it: it waits for the other workers' tests to end.

    Others share one lock, that one takes it for itself. Everybody passes the door first and it stays in there while it
    waits, or tests that begin meanwhile would keep it waiting.
    """
    if not hasattr(request.config, "workerinput"):
        yield
        return
    kind = fcntl.LOCK_EX if request.node.get_closest_marker("alone") else fcntl.LOCK_SH
    shared = tmp_path_factory.getbasetemp().parent
    with ExitStack() as stack:
        door, machine = (stack.enter_context((shared / name).open("w")) for name in ("door", "machine"))
        fcntl.flock(door, fcntl.LOCK_EX)
        fcntl.flock(machine, kind)
        fcntl.flock(door, fcntl.LOCK_UN)
        yield


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
