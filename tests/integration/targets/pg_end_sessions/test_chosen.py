"""pg_end_sessions with one chosen session, against real servers."""

from __future__ import annotations

import subprocess

import pytest

from support.clients import lock_waiters, until
from support.modules import run_module
from support.scenes import held, row_storm, spinning
from support.servers import client_tool


def end(server, session, check=False, user="oncall", **options):
    return run_module("pg_end_sessions", check=check, **server.login(user), session=str(session), **options)


def target_of(planned):
    (action,) = planned["plan"]["actions"]
    return action["target"]


def test_a_statement_is_cancelled_and_its_session_stays(server, session):
    busy, bystander = spinning(session), spinning(session)
    planned = end(server, busy.pid, check=True)
    assert "runs: SELECT ?, count(*)" in str(planned["about"])
    assert "secret" not in str(planned)
    assert busy.fate() == "alive"
    done = end(server, busy.pid, only=[target_of(planned)])
    assert done["plan"]["digest"] == planned["plan"]["digest"]
    assert [entry["action"] for entry in done["acted_on"]] == ["cancelled"]
    assert busy.fate() == "cancelled"
    assert busy.run("SELECT 1") == [(1,)]
    assert bystander.fate() == "alive"


def test_a_cancel_stays_a_cancel(server, session):
    stubborn = session()
    stubborn.send(
        "DO $$ BEGIN LOOP BEGIN PERFORM pg_sleep(3600); EXCEPTION WHEN query_canceled THEN NULL; END; END LOOP; END $$"
    )
    until(lambda: server.value(f"SELECT state FROM pg_stat_activity WHERE pid = {stubborn.pid}") == "active")
    done = end(server, stubborn.pid, session_action="cancel", grace=0.3)
    assert (done["acted_on"], len(done["still_present"]), done["remaining"]) == ([], 1, 1)
    assert stubborn.fate() == "alive"
    done = end(server, stubborn.pid, session_action="terminate")
    assert [entry["action"] for entry in done["acted_on"]] == ["terminated"]
    assert stubborn.fate() == "terminated"


def test_what_it_holds_and_who_waits_is_shown(server, session):
    holder, queue = row_storm(server, session, 3, row=50)
    about = end(server, holder.pid, check=True)["about"]
    assert any("RowExclusiveLock on public.bookings" in line for line in about)
    assert any(line.startswith("3 sessions wait for it: ") for line in about)
    assert any("rolls back what its transaction wrote" in line for line in about)
    end(server, holder.pid)
    assert holder.fate() == "terminated"
    until(lambda: lock_waiters(server) < 3)
    assert {client.fate(0) for client in queue} == {"alive"}


def test_a_session_that_went_on_since_the_plan_is_still_the_one_that_was_approved(server, session):
    """Transactions come and go while a person decides; a cancel is of one statement."""
    client = held(session, "SELECT 1")
    planned = end(server, client.pid, check=True, session_action="terminate")
    client.run("COMMIT")
    client.run("SELECT 2")
    assert (
        end(server, client.pid, check=True, session_action="terminate")["plan"]["digest"] == planned["plan"]["digest"]
    )
    assert end(server, client.pid, session_action="terminate", only=[target_of(planned)])["changed"] is True
    assert client.fate() == "terminated"


def test_another_session_with_the_pid_is_left_alone(server, session):
    client = held(session, "SELECT 1")
    identity = f"{client.pid}@20200101T000000.000000Z"
    found = end(server, identity)
    assert (found["changed"], found["plan"]["affected_before"]) == (False, 0)
    assert (
        f"the session {identity} has ended. Its pid now belongs to another session" in found["plan"]["no_action_reason"]
    )
    assert client.fate() == "alive"


def test_what_is_no_session_is_refused_in_a_paragraph(server):
    checkpointer = server.value("SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'")
    for chosen, words in (
        (checkpointer, "a background process of PostgreSQL (checkpointer)"),
        (4194303, "There is no session with pid 4194303"),
        ("bookings", "is neither a pid"),
    ):
        refused = end(server, chosen, override_exclusions=True)
        assert words in refused["msg"]
        assert refused["msg"].endswith("Nothing was done.")
    refused = end(server, checkpointer, idle=1)
    assert "use session or the rules" in refused["msg"]


@pytest.mark.parametrize("kind", ["superuser", "application"])
def test_an_excluded_session_is_ended_when_that_is_said(server, session, kind):
    given = {"user": "postgres"} if kind == "superuser" else {"application": "nightly-report"}
    client = held(session, "SELECT 1", **given)
    options = {"exclude_applications": ["nightly-report"]}
    spared = end(server, client.pid, user="postgres", **options)
    assert (spared["changed"], spared["plan"]["actions"]) == (False, [])
    assert client.fate() == "alive"
    planned = end(server, client.pid, user="postgres", check=True, override_exclusions=True, **options)
    assert "is excluded" in planned["plan"]["actions"][0]["needs_approval"]
    only = [target_of(planned)]
    # What was approved as an exception is none where the exception is not given again.
    assert "Nothing was done" in end(server, client.pid, user="postgres", only=only, **options)["msg"]
    end(server, client.pid, user="postgres", override_exclusions=True, only=only, **options)
    assert client.fate() == "terminated"


def test_a_walsender_is_ended_when_that_is_said(server, tmp_path):
    login = server.login("oncall")
    argv = [
        str(client_tool("pg_receivewal")), "-D", str(tmp_path), "-h", login["login_host"],
        "-p", str(login["login_port"]), "-U", "oncall", "--no-loop",
    ]  # fmt: skip
    query = "SELECT pid FROM pg_stat_activity WHERE backend_type = 'walsender'"
    environment = {"PGPASSWORD": login["login_password"], "PATH": "/usr/bin:/bin"}
    with subprocess.Popen(argv, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as stream:
        try:
            pid = until(lambda: server.value(query), what="a walsender")
            spared = end(server, pid, user="postgres", session_action="terminate")
            assert "walsender (replication or base backup)" in spared["plan"]["no_action_reason"]
            assert server.value(query) == pid
            end(server, pid, user="postgres", session_action="terminate", override_exclusions=True)
            until(lambda: server.value(query) != pid, what="the walsender to end")
        finally:
            stream.terminate()
