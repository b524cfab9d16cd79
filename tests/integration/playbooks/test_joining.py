"""Runs of one fault are one incident: they join it, two at once share it, and what people do by hand is in it too."""

from __future__ import annotations

import json
import os
import subprocess
import time

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._incident.record import record
from ansible_collections.pafar.runbook.plugins.module_utils._system.io.run import this_run

from support.clients import lock_waiters, until
from support.scenes import lasting, row_storm
from support.scope import ALL, left_out
from support.servers import ROOT


@pytest.fixture
def storm(server, session):
    def begin(row=1, waiters=4):
        holder, queue = row_storm(server, session, waiters, row=row)
        lasting(server, 0.25)
        return holder, queue

    return begin


def incidents(site):
    return sorted(path.stem for path in site.log.glob("*.jsonl"))


def test_a_relative_log_is_one_folder_wherever_a_run_begins(site, tmp_path_factory):
    """Tasks of one run stand in different folders: that of the playbook, and that in which the command was typed."""
    site.variables["runbook_incident_log"] = "incidents"  # in the home, which is the site's folder here
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    typed = {
        "incident_open": {"incident_act_text": "Bookings fail", "incident_act_reported_by": "ada"},
        "incident_note": {"incident_note_text": "Moved the report"},
    }
    for playbook, extra in typed.items():
        done = site.play(playbook=str(ROOT / f"playbooks/{playbook}.yml"), cwd=elsewhere, **extra)
        assert done.returncode == 0, done.stdout + done.stderr
    assert len(incidents(site)) == 1
    assert site.events()[-1]["note"]["text"] == "Moved the report"
    assert list(elsewhere.iterdir()) == []


def test_undo_and_approve_without_an_id_write_nothing_into_the_incident_that_is_open(storm, site):
    storm()
    assert site.play().returncode == 0
    (name,) = incidents(site)
    before = site.events()
    for playbook in ("undo", "approve"):
        done = site.play(playbook=str(ROOT / f"playbooks/{playbook}.yml"))
        assert done.returncode != 0
        assert "incident_id" in done.stdout
        assert f"joins the incident {name}" not in done.stdout
        assert site.events() == before
    assert incidents(site) == [name]


def test_the_next_run_joins_and_says_so_and_new_opens_another_one(server, storm, site):
    storm()
    opened = site.play()
    assert opened.returncode == 0, opened.stdout
    (name,) = incidents(site)
    assert f"  incident: {name}, log " in opened.stdout
    assert ", head 5:" in opened.stdout
    until(lambda: lock_waiters(server) == 0)
    again = site.play()
    assert "nothing to do" in again.stdout
    assert len(site.events()) == 5, "a run that finds nothing leaves nothing"
    storm(2)
    check = site.play("--check")
    assert f"joins the incident {name}: it is open, shares db" in check.stdout
    assert len(site.events()) == 5
    joined = site.play()
    assert joined.returncode == 0, joined.stdout
    assert f"  incident: {name} (joined), log " in joined.stdout
    assert incidents(site) == [name]
    until(lambda: lock_waiters(server) == 0)
    storm(3)
    other = site.play(incident_id="new")
    assert other.returncode == 0, other.stdout
    assert len(incidents(site)) == 2
    assert "joins the incident" not in other.stdout


def test_what_has_ended_is_not_joined_and_a_changed_log_is_said_on_the_last_screen(server, storm, site):
    storm()
    site.play()
    (name,) = incidents(site)
    path = site.log / f"{name}.jsonl"
    path.write_text(path.read_text().replace('"scenario":"db_lock_contention"', '"scenario":"x"', 1))
    until(lambda: lock_waiters(server) == 0)
    storm(2)
    done = site.play()
    assert done.returncode == 0, "a changed log stops no mitigation"
    assert "  the log of the incident was changed: broken at line 1 (seq 1)" in done.stdout
    site.play(playbook="playbooks/incident_note.yml", incident_note_text="back to normal", incident_id=name)
    record({"log": str(site.log), "id": name, "events": [{"kind": "phase", "note": {"phase": "resolved"}}]}, False)
    until(lambda: lock_waiters(server) == 0)
    storm(3)
    site.play()
    assert len(incidents(site)) == 2


def test_who_joins_leaves_an_act_that_is_under_way_and_brings_a_higher_severity(server, storm, site):
    act = {"mitigation": "unblock_sessions", "actions": [{"action": "terminate", "target": "1@x"}], "run": this_run()}
    opening = {"scenario": "db_lock_contention", "hosts": ["db"], "severity": "P2"}
    events = [{"kind": "intended", "note": act}]
    record({"log": str(site.log), "id": "i", "by": "ada", "host": "db", "opening": opening, "events": events}, False)
    storm()
    done = site.play(incident_id="i", incident_severity="P1")
    assert done.returncode == 0, done.stdout
    assert "unblock_sessions on db, begun" in done.stdout
    assert "by ada, has no outcome yet" in " ".join(done.stdout.split())
    raised = [event["note"]["severity"] for event in site.events() if event["kind"] == "severity"]
    assert raised == ["P1"], "once, with the first event of the run"
    assert "reconciled" not in [event["kind"] for event in site.events()]


def test_two_playbooks_that_are_started_at_once_are_one_incident(server, storm, site):
    """Each is held, so that both write; which of them opens it is open."""
    storm(1)
    storm(2)
    site.variables["unblock_sessions_approval"] = "always"
    argv = ["ansible-playbook", "playbooks/db_lock_contention.yml", "-i", str(site.inventory())]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    runs = [subprocess.Popen(argv, cwd=ROOT, env=site.environment(), **pipes) for dummy in range(2)]
    for run in runs:
        out, dummy = run.communicate(timeout=300)
        assert run.returncode == 0, out
    assert len(incidents(site)) == 1
    assert [event["kind"] for event in site.events()] == ["opened", "held", "held"]
    assert [event["seq"] for event in site.events()] == [1, 2, 3]


RECORDS = """
- hosts: localhost
  gather_facts: false
  roles: [pafar.runbook.incident]
  tasks:
    - ansible.builtin.import_role: {name: pafar.runbook.incident, tasks_from: record}
      vars: {incident_events: [{kind: noted, note: {text: it began}}]}
"""
PAIRS, ALL_PAIRS = 3, 100


def test_pairs_of_playbooks_that_begin_within_50_ms_are_one_incident_each(tmp_path):
    left_out("pairs of playbooks that begin at once", 0 if ALL else ALL_PAIRS - PAIRS)
    playbook = tmp_path / "records.yml"
    playbook.write_text(RECORDS)
    environment = {**os.environ, "HOME": str(tmp_path), "ANSIBLE_LOCALHOST_WARNING": "false"}
    apart = []
    for pair in range(ALL_PAIRS if ALL else PAIRS):
        log = tmp_path / str(pair)
        argv = ["ansible-playbook", str(playbook), "-e", f"runbook_incident_log={log}"]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
        began, runs = [], []
        for dummy in range(2):
            began.append(time.monotonic())
            runs.append(subprocess.Popen(argv, cwd=ROOT, env=environment, **pipes))
        for run in runs:
            out, dummy = run.communicate(timeout=300)
            assert run.returncode == 0, out
        (path,) = log.glob("*.jsonl")
        assert [json.loads(line)["kind"] for line in path.read_text().splitlines()] == ["opened", "noted", "noted"]
        apart.append(began[1] - began[0])
    print(f"{len(apart)} pairs, begun {1000 * sorted(apart)[len(apart) // 2]:.0f} ms apart (median)")


def test_status_and_note_of_the_incident_that_is_open(server, storm, site):
    storm()
    site.variables["unblock_sessions_approval"] = "always"
    site.play()
    (name,) = incidents(site)
    noted = site.play(
        playbook="playbooks/incident_note.yml",
        incident_note_text="<b>moved</b> the report; $(id)",
        incident_note_at="00:00",
    )
    assert noted.returncode == 0, noted.stdout
    assert site.events()[-1]["note"]["text"] == "<b>moved</b> the report; $(id)"
    result = site.folder / "status.json"
    shown = site.play(
        playbook="playbooks/incident_status.yml", incident_status_json="status.json", env={"PWD": str(site.folder)}
    )
    assert shown.returncode == 0, shown.stdout
    assert f"{name}: identified, severity P2, no incident commander" in shown.stdout
    status = json.loads(result.read_text())
    assert [incident["id"] for incident in status["incidents"]] == [name]
    assert status["incidents"][0]["notes"] == 1
    whole = site.play(playbook="playbooks/incident_status.yml", incident_id=name)
    assert "<b>moved</b> the report" in whole.stdout
    refused = site.play(playbook="playbooks/incident_note.yml", incident_note_text="x", incident_id="nope")
    assert refused.returncode == 2
    assert "There is no incident" in refused.stdout
    assert not (site.log / "nope.jsonl").exists()


def typed(site, name, **extra):
    done = site.play(playbook=f"playbooks/incident_{name}.yml", **extra)
    return done.returncode, done.stdout


def test_people_work_an_incident_from_the_acknowledgement_to_its_end(server, storm, site):
    storm()
    assert site.play(incident_severity="P1").returncode == 0
    (name,) = incidents(site)
    assert typed(site, "ack", incident_act_text="on it")[0] == 0
    assert typed(site, "role", incident_act_role="incident_commander")[0] == 0
    code, shown = typed(site, "severity", incident_act_severity="P0")
    assert (code, "needs a reason" in shown) == (2, True)
    assert typed(site, "severity", incident_act_severity="P0", incident_act_reason="payments fail")[0] == 0
    assert typed(site, "update", incident_act_text="the queue has cleared")[0] == 0
    code, shown = typed(site, "resolve")
    assert (code, "of 10 min. Resolve it after" in " ".join(shown.split())) == (2, True)
    assert typed(site, "resolve", announce_soak=0)[0] == 0, "the last verification says recovered"
    code, shown = typed(site, "close", incident_id=name)
    assert (code, "The checklist is open at" in shown) == (2, True)
    tick = {"incident_id": name, "incident_act_item": "runbooks_updated", "incident_act_reason": "none was needed"}
    assert typed(site, "checklist", incident_checklist_action="waive", **tick)[0] == 0
    shown = site.play(playbook="playbooks/incident_status.yml", incident_id=name).stdout
    assert f"{name}: resolved, severity P0, led by" in shown
    assert "[ ] recovery verified (#5 holds for" in shown
    shown = site.play(playbook="playbooks/incident_status.yml", incident_id=name, announce_soak=0).stdout
    assert "[x] recovery verified (#5)" in shown
    assert "[ ] lessons shared" in shown
    assert "[-] runbooks updated (waived by" in shown
    kinds = [event["kind"] for event in site.events()][5:]
    assert kinds == ["acknowledged", "role", "severity", "update", "phase", "checklist"]
    code, shown = typed(site, "ack", incident_id=name)
    assert (code, "incident_resolve_action=reopen" in " ".join(shown.split())) == (2, True)
    again = {"incident_id": name, "incident_resolve_action": "reopen", "incident_act_reason": "the queue is back"}
    assert typed(site, "resolve", **again)[0] == 0
    assert typed(site, "ack", incident_id=name)[0] == 0
    code, shown = typed(site, "resolve")
    assert (code, "since it was opened again" in " ".join(shown.split())) == (2, True)


def started_by(scenario, severity="unknown"):
    """As ansible-rulebook passes it on."""
    return {"ansible_eda": {"event": {"runbook": scenario, "severity": severity}}}


def test_a_plan_that_an_alert_starts_has_the_severity_of_its_facts_or_of_the_alert(server, storm, site):
    storm(waiters=7)
    site.variables["unblock_sessions_approval"] = "always"
    assert site.play(**started_by("db_lock_contention", "P2")).returncode == 0
    opened = site.events()[0]["note"]
    assert (opened["severity"], opened["alert"]) == ("P1", "db_lock_contention")
    assert opened["facts"] == ["db: 7 sessions wait for locks for long"]
    assert site.play(**started_by("db_lock_contention", "P0")).returncode == 0
    (raised,) = [event["note"] for event in site.events() if event["kind"] == "severity"]
    assert (raised["severity"], raised["before"]) == ("P0", "P1")
    assert raised["facts"] == ["an alert of the scenario db_lock_contention fires, which the site maps to P0"]
    assert site.play().returncode == 0
    assert len([event for event in site.events() if event["kind"] == "severity"]) == 1, "facts never lower it"


def test_a_database_that_does_not_answer_opens_an_incident_that_pages_people(site):
    site.variables["runbook_postgres"] = {**site.variables["runbook_postgres"], "login_port": 1}
    assert site.play(**started_by("db_lock_contention")).returncode != 0
    opened, handed_over = site.events()
    assert opened["note"]["severity"] == "P1"
    assert "the database could not be asked" in opened["note"]["facts"][0]
    assert handed_over["kind"] == "handed_over"


def test_a_triage_joins_that_of_the_same_alert_and_no_other_one(site):
    triage = str(ROOT / "playbooks/triage.yml")
    for scenario in ("high_cpu", "high_cpu", "payment_outage", ""):
        done = site.play(playbook=triage, **(started_by(scenario) if scenario else {}))
        assert done.returncode == 0, done.stdout + done.stderr
    assert len(incidents(site)) == 3
    logs = [(site.log / f"{name}.jsonl").read_text().splitlines() for name in incidents(site)]
    triages = [[json.loads(line)["kind"] for line in log].count("noted") for log in logs]
    assert sorted(triages) == [1, 1, 2]
