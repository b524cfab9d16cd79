"""One chosen session from end to end."""

from __future__ import annotations

from support.clients import until
from support.scenes import held, row_storm, spinning

PLAYBOOK = "playbooks/db_session_cancel.yml"


def kinds(site):
    return [event["kind"] for event in site.events()]


def test_it_is_shown_held_approved_ended_verified_and_recorded(server, session, site):
    holder, queue = row_storm(server, session, 3, row=60)
    root = holder.pid
    check = site.play("--check", playbook=PLAYBOOK, db_session_cancel_session=root)
    assert check.returncode == 0, check.stdout
    for words in (
        f"{root} app@postgres pafar-web from ",
        "3 sessions wait for it",
        "rolls back what its transaction wrote",
        "gate held",
    ):
        assert words in check.stdout
    assert not site.log.exists()
    hold = site.play(playbook=PLAYBOOK, db_session_cancel_session=root)
    assert hold.returncode == 0, hold.stdout
    assert kinds(site) == ["opened", "held"]
    assert holder.fate(0) == "alive"
    digest = site.events()[1]["note"]["plan"]["digest"]
    done = site.play(playbook=PLAYBOOK, db_session_cancel_session=root, incident_approved_digest=digest[:12])
    assert done.returncode == 0, done.stdout
    assert "recovered: chosen session: 1 before, 0 now" in done.stdout
    until(lambda: holder.fate(0) == "terminated")
    assert {client.fate(0) for client in queue} == {"alive"}
    assert kinds(site)[2:] == ["evidence", "intended", "mitigated", "verified"]
    (ended,) = next(event for event in site.events() if event["kind"] == "mitigated")["note"]["acted_on"]
    assert ended["pid"] == root


def test_a_statement_is_cancelled_and_the_outcome_is_of_that_statement(session, site):
    busy = spinning(session)
    done = site.play(playbook=PLAYBOOK, db_session_cancel_session=busy.pid, db_session_cancel_approval="over_limit")
    assert done.returncode == 0, done.stdout
    assert busy.fate() == "cancelled"
    assert busy.run("SELECT 1") == [(1,)]
    assert "recovered: chosen statement: 1 before, 0 now" in done.stdout


def test_an_excluded_session_needs_the_override_and_the_approval(session, site):
    client = held(session, "SELECT 1", application="nightly-report")
    chosen = {"playbook": PLAYBOOK, "db_session_cancel_session": client.pid, "db_session_cancel_approval": "over_limit"}
    site.variables["runbook_exclude_applications"] = ["nightly-report"]
    for words, more in (("no plan: ", {}), ("gate held", {"db_session_cancel_override_exclusions": True})):
        done = site.play(**chosen, **more)
        assert done.returncode == 0, done.stdout
        assert words in done.stdout
        assert "application nightly-report is excluded" in done.stdout
        assert client.fate(0) == "alive"
    plan = site.events()[-1]["note"]["plan"]
    done = site.play(
        **chosen, db_session_cancel_override_exclusions=True, incident_approved_targets=[plan["actions"][0]["target"]]
    )
    assert done.returncode == 0, done.stdout
    assert client.fate() == "terminated"


def test_a_choice_of_no_session_is_handed_over_in_one_paragraph(server, site):
    checkpointer = server.value("SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'")
    for given, words in (
        ({}, "No session was chosen. Nothing was done."),
        ({"db_session_cancel_session": 4194303}, "There is no session with pid 4194303"),
        ({"db_session_cancel_session": checkpointer}, "a background process of PostgreSQL (checkpointer)"),
    ):
        done = site.play(playbook=PLAYBOOK, **given)
        assert done.returncode == 2
        assert words in done.stdout
        assert kinds(site)[-1] == "handed_over"
