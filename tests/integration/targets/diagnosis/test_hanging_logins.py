"""Connections that take every slot and never log in, as where an authentication service does not answer."""

from __future__ import annotations

import socket
import struct
from contextlib import ExitStack

import psycopg2
import pytest

from support.adhoc import adhoc
from support.clients import until
from support.modules import run_module
from support.servers import Server, one_per_major

SETTINGS = {"max_connections": "20", "authentication_timeout": "600s"}
MAJORS = [major for major in (15, 18) if major in one_per_major()]


@pytest.fixture(params=MAJORS, ids=lambda major: f"pg{major}")
def site(request):
    with Server(one_per_major()[request.param], SETTINGS) as running:
        running.prepare_site()
        yield running


def begin_to_log_in(server):
    """The first message of a login, and no answer to what the server asks then."""
    connection = socket.create_connection(("127.0.0.1", server.port))
    body = struct.pack("!I", 196608) + b"user\0app\0database\0postgres\0\0"
    connection.sendall(struct.pack("!I", len(body) + 4) + body)
    return connection


def is_full(server):
    try:
        psycopg2.connect(server.dsn("app")).close()
    except psycopg2.OperationalError:
        return True
    return False


def test_logins_that_hang_are_named(site):
    with ExitStack() as stack:
        for dummy in range(22):
            stack.enter_context(begin_to_log_in(site))
        until(lambda: is_full(site))
        rules = {"idle": 30, "idle_in_transaction": 60}
        look = run_module(
            "pg_end_sessions", check=True, **site.login("oncall"), also=["processes"], interval=0.2, **rules
        )
        assert look["facts"]["server"]["login_path"] == "replication"
        found = adhoc("diagnosis", of="connections", activity=look["facts"], plan=look["plan"], **rules)
    assert (found["cause"], found["mitigation"], found["plans"]) == ("hanging_logins", "", {})
    assert "connections have begun to log in and have not finished" in found["causes"][0]["evidence"][0]
    assert not any("no connection limit is reached" in line for line in found["lines"])
