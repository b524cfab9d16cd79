"""A server that takes no login: known by its SQLSTATE, in whatever language it answers."""

from __future__ import annotations

import threading
from contextlib import suppress

import psycopg2
import pytest

from support.clients import until
from support.modules import run_module
from support.servers import Server, one_per_major

# Debian's build has its messages in other languages; another one says the same in English.
TRANSLATED = 15 if 15 in one_per_major() else max(one_per_major())
MAJORS = [major for major in (14, 18) if major in one_per_major()]


def survey(server, user="oncall"):
    return run_module("triage_info", parts=["database"], postgres=server.login(user))["database"]


@pytest.mark.parametrize("major", MAJORS)
def test_a_standby_that_answers_no_query_is_no_matter_of_the_network(major):
    """It answers every login with 57P03, as one that starts, recovers or shuts down does."""
    with Server(one_per_major()[major], {"wal_level": "replica"}) as primary:
        primary.prepare_site()
        standby = Server(one_per_major()[major], {"hot_standby": "off"}, primary=primary)
        starting = threading.Thread(target=started, args=(standby,), daemon=True)
        starting.start()
        try:
            until(lambda: standby.port and "57P03" in refusal(standby))
            found = survey(standby)
            assert found["error"] == "ServerNotReady"
            assert "the network works" in found["trouble_reading"] or "hot_standby" in found["trouble_reading"]
            checks = run_module("pg_preflight_info", **standby.login("oncall"))
            assert checks["not_ready"] == ["takes logins"]
        finally:
            standby.stop()
            starting.join()


def started(standby):
    """It never takes a login, so that its start ends with it."""
    with suppress(RuntimeError):
        standby.__enter__()


def refusal(server):
    try:
        psycopg2.connect(server.dsn("oncall")).close()
    except psycopg2.OperationalError as error:
        return "57P03" if "FATAL" in str(error) else ""
    return ""


@pytest.mark.parametrize(("language", "user"), [("de", "stranger"), ("fr", "stranger"), ("C", "stranger")])
def test_a_server_without_a_slot_is_full_in_any_language(language, user, monkeypatch):
    """``stranger`` has no other entrance; the slots that are left are a superuser's, which comes after the password."""
    monkeypatch.setenv("LANGUAGE", language)
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    settings = {"max_connections": "8", "superuser_reserved_connections": "3", "lc_messages": "C.UTF-8"}
    with Server(one_per_major()[TRANSLATED], settings) as server:
        server.prepare_site()
        taken = [psycopg2.connect(server.dsn("app")) for dummy in range(5)]
        assert survey(server, user)["error"] == "NoSlotLeft"
        taken += [psycopg2.connect(server.dsn()) for dummy in range(3)]
        assert survey(server, user)["error"] == "NoSlotLeft"
        for connection in taken:
            connection.close()
