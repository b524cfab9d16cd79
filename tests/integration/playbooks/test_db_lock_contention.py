"""The main job from end to end, the way people run it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from datetime import datetime

import psycopg2
import pytest

from support.clients import lock_waiters, until
from support.scenes import alter_queue, held, lasting, queueing_up_again, row_storm
from support.servers import PASSWORD, ROOT


@pytest.fixture(autouse=True)
def _fresh_log(server):
    """What a test reads in the server's log was written during that test."""
    server.log.write_text("")


def recap(done):
    """``{"ok": 3, "changed": 0, ...}`` of the only host."""
    line = next(line for line in done.stdout.splitlines() if re.match(r"\S+ +: ok=", line))
    return {word: int(count) for word, count in re.findall(r"(\w+)=(\d+)", line)}


@pytest.fixture
def storm(server, session):
    holder, queue = row_storm(server, session, 30)
    lasting(server, 0.25)
    return holder, queue


@pytest.fixture
def two_storms(server, session):
    first, queue = row_storm(server, session, 10, row=1)
    second, more = row_storm(server, session, 5, row=2)
    lasting(server, 0.25)
    return first, second, queue + more


def test_check_shows_the_plan_and_changes_nothing(server, storm, site):
    done = site.play("--check", "--diff")
    assert done.returncode == 0, done.stdout
    assert "30 wait too long; with this plan 0 would" in done.stdout
    assert "session terminated, frees 30 of 30" in done.stdout
    assert storm[0].fate() == "alive"
    assert lock_waiters(server) == 30
    assert not site.log.exists()
    sent = server.log.read_text()
    ours = [line for line in sent.splitlines() if "pafar.runbook|" in line]
    assert ours
    assert not [line for line in ours if re.search("terminate|cancel|ROLLBACK|advisory", line)]


def test_ends_one_frees_thirty_and_records_it(server, storm, site):
    holder, queue = storm
    done = site.play()
    assert done.returncode == 0, done.stdout
    assert recap(done)["changed"] == 1
    assert "recovered: 30 waited too long, 0 do now" in done.stdout
    until(lambda: holder.fate() == "terminated")
    assert {client.fate() for client in queue} == {"alive"}
    events = site.events()
    assert [event["kind"] for event in events] == ["opened", "evidence", "intended", "mitigated", "verified"]
    assert events[4]["note"]["outcome"] == "recovered"
    assert events[3]["note"]["intended"] == events[2]["at"]
    log = server.log.read_text().splitlines()
    ended_at = [line for line in log if "terminating connection due to administrator" in line][-1]
    told = datetime.fromisoformat(events[1]["at"].replace("Z", "+00:00"))
    done_at = datetime.fromisoformat(ended_at[:23] + "+00:00")
    assert told < done_at, "evidence is written before anybody is ended"
    kept = json.loads((site.log / events[1]["note"]["file"]).read_text())
    assert len(kept["waiters"]) == 30
    again = site.play()
    assert "no session waits for a lock" in again.stdout
    assert recap(again)["changed"] == 0
    assert len(site.events()) == 5


def test_a_plan_over_the_limit_is_held_and_exported(server, two_storms, site):
    done = site.play(unblock_sessions_limit=1)
    assert done.returncode == 0, done.stdout
    assert "gate held: 2 actions are planned and 1 are allowed without approval" in done.stdout
    assert "incident_approved_digest=" in done.stdout
    assert two_storms[0].fate() == two_storms[1].fate() == "alive"
    assert [event["kind"] for event in site.events()] == ["opened", "held"]
    assert lock_waiters(server) == 15


def exported(site, **extra):
    """The custom stats of a check run, as AWX would hand them to the next job."""
    done = site.play("--check", env={"ANSIBLE_SHOW_CUSTOM_STATS": "1"}, **extra)
    assert done.returncode == 0, done.stdout
    line = next(line for line in done.stdout.splitlines() if "RUN: {" in line)
    return json.loads(line.split("RUN: ", 1)[1])


def test_what_was_approved_is_done_and_nothing_else(server, session, two_storms, site):
    first, second, dummy = two_storms
    stats = exported(site, unblock_sessions_limit=1)
    assert len(stats["incident_plan_targets"]) == 2
    approved = [target for target in stats["incident_plan_targets"] if target.startswith(f"{first.pid}@")]
    third, dummy = row_storm(server, session, 3, row=3)
    lasting(server, 0.25)
    done = site.play(unblock_sessions_limit=1, incident_approved_targets=approved)
    assert done.returncode == 0, done.stdout
    until(lambda: first.fate() == "terminated")
    assert second.fate() == third.fate() == "alive"
    assert "improved: 18 waited too long, 8 do now" in done.stdout


def test_a_digest_approves_that_very_plan(server, session, two_storms, site):
    digest = exported(site, unblock_sessions_limit=1)["incident_plan_digest"]["unblock_sessions@db"]
    third, dummy = row_storm(server, session, 3, row=3)
    lasting(server, 0.25)
    held = site.play(unblock_sessions_limit=1, incident_approved_digest=digest[:12])
    assert "the plan is not the approved one" in held.stdout
    third.run("ROLLBACK")
    until(lambda: lock_waiters(server) == 15)
    done = site.play(unblock_sessions_limit=1, incident_approved_digest=digest[:12])
    assert "recovered: 15 waited too long" in done.stdout, done.stdout
    until(lambda: two_storms[0].fate() == two_storms[1].fate() == "terminated")


def test_an_empty_approval_approves_nothing(server, storm, site):
    done = site.play(incident_approved_targets=[])
    assert done.returncode == 0
    assert "gate held" in done.stdout
    assert storm[0].fate() == "alive"
    survey = site.play(incident_approved_targets="", incident_approved_digest="")
    assert "gate open: 1 planned, up to 5 in rounds, within the limit of 5" in survey.stdout


def test_approved_targets_that_are_undefined_are_no_missing_approval(storm, site):
    """As when the check job of a workflow exported nothing."""
    done = site.play("-e", '{"incident_approved_targets": "{{ incident_plan_targets }}"}')
    assert done.returncode == 2
    assert "incident_plan_targets" in done.stdout
    assert storm[0].fate() == "alive"


def test_nothing_to_do_exports_an_empty_plan(site):
    assert exported(site)["incident_plan_targets"] == []


def test_never_means_never(two_storms, site):
    digest = exported(site, unblock_sessions_limit=1)["incident_plan_digest"]["unblock_sessions@db"]
    done = site.play(unblock_sessions_limit=1, runbook_approval="never", incident_approved_digest=digest)
    assert "this site allows 1 even with approval" in done.stdout
    assert two_storms[0].fate() == two_storms[1].fate() == "alive"


def test_all_holders_of_a_shared_row_go_together_within_the_limit(server, session, site):
    sharers = [held(session, "SELECT * FROM bookings WHERE id = 20 FOR SHARE") for dummy in range(2)]
    for dummy in sharers:  # for one alone, more would be lost than freed
        session().send("UPDATE bookings SET seats = 2 WHERE id = 20")
    until(lambda: lock_waiters(server) == 2)
    lasting(server, 0.25)
    held_for_approval = site.play()
    assert "GRANT SELECT (ctid, xmax)" in held_for_approval.stdout, "which transactions share the row is not known"
    assert {client.fate() for client in sharers} == {"alive"}
    server.run("GRANT SELECT (ctid, xmax) ON bookings TO oncall")
    # Forgotten at once; active sharers are not ended together for so few that wait.
    site.variables.update(unblock_sessions_max_share=1.0, unblock_sessions_min_idle_in_transaction=0)
    done = site.play()
    assert done.returncode == 0, done.stdout
    assert "recovered: 2 waited too long" in done.stdout
    until(lambda: {client.fate() for client in sharers} == {"terminated"})
    more = [held(session, "SELECT * FROM bookings WHERE id = 21 FOR SHARE") for dummy in range(2)]
    session().send("UPDATE bookings SET seats = 2 WHERE id = 21")
    until(lambda: lock_waiters(server) == 1)
    lasting(server, 0.25)
    short = site.play(unblock_sessions_limit=1, unblock_sessions_patience=1)
    assert (short.returncode, "gate held: 2" in short.stdout) == (0, True), short.stdout
    assert {client.fate() for client in more} == {"alive"}
    assert site.events()[-1]["kind"] == "held"


def test_a_busy_holder_is_ended_all_the_same(server, session, site):
    """Statement after statement in one transaction: its state never stands still. Those that wait are of several
    applications, so that it is no elected leader of theirs."""
    holder = held(session, "UPDATE bookings SET seats = 3 WHERE id = 22")
    others = ("pafar-web", "pafar-web", "partner-sync")
    queue = [session(name).send("UPDATE bookings SET seats = 4 WHERE id = 22") for name in others]
    until(lambda: lock_waiters(server) == 3)
    busy = threading.Event()

    def work():
        while not busy.is_set():
            try:
                holder.run("SELECT 1")
            except psycopg2.Error:
                return

    batch = threading.Thread(target=work)
    batch.start()
    try:
        lasting(server, 0.25)
        done = site.play()
    finally:
        busy.set()
        batch.join()
    assert done.returncode == 0, done.stdout
    assert "recovered: 3 waited too long" in done.stdout
    assert {client.fate() for client in queue} == {"alive"}


def test_an_application_that_queues_up_again_is_no_recovery(server, session, site):
    """Freed sessions go straight into the next lock: nobody waits long yet, and nothing is relieved."""
    row_storm(server, session, 1, row=30)
    second = held(session, "UPDATE bookings SET seats = 3 WHERE id = 31")
    queue = [session().ready() for dummy in range(6)]
    holder = held(session, "UPDATE bookings SET seats = 3 WHERE id = 32")
    for client in queue:
        client.send("SELECT id FROM bookings WHERE id = 32 FOR UPDATE; COMMIT")
    until(lambda: lock_waiters(server) == 7)
    with queueing_up_again(queue, "UPDATE bookings SET seats = 2 WHERE id = 31"):
        lasting(server, 3.1)
        done = site.play(unblock_sessions_min_waiting=3, unblock_sessions_patience=1)
    assert done.returncode == 2, done.stdout
    assert "queued up again" in done.stdout
    assert "recovered" not in done.stdout
    assert holder.fate() == "terminated"
    assert second.fate() == "alive"
    assert [event["kind"] for event in site.events()] == [
        "opened", "evidence", "intended", "mitigated", "verified", "handed_over",
    ]  # fmt: skip


def test_two_hosts_are_one_incident(server, storm, site):
    other = {**site.variables, "runbook_postgres": {**site.variables["runbook_postgres"], "login_port": 1}}
    path = site.folder / "two.yml"
    path.write_text(json.dumps({"database": {"hosts": {"db": site.variables, "broken": other}}}))
    done = site.play("-i", str(path))
    assert done.returncode == 2
    until(lambda: storm[0].fate() == "terminated")
    assert len(list(site.log.glob("*.jsonl"))) == 1
    by_host = {event["host"]: event["kind"] for event in site.events()}
    assert by_host == {"db": "verified", "broken": "handed_over"}


def test_two_incidents_of_one_second_are_two_files(server, session, site, tmp_path):
    """Two runs at once of one playbook, each of which asks for an incident of its own."""
    row_storm(server, session, 3)
    own = {"unblock_sessions_approval": "always", "incident_id": "new"}
    runs = [threading.Thread(target=site.play, kwargs=own) for dummy in range(2)]
    for one in runs:
        one.start()
    for one in runs:
        one.join()
    files = sorted(path.name for path in site.log.glob("*.jsonl"))
    assert len(files) == 2
    assert all(name.split("-db_lock_contention-")[1] for name in files)


def test_the_role_twice_in_a_play_records_each_use_once(storm, site):
    playbook = site.folder / "twice.yml"
    use = {"ansible.builtin.include_role": {"name": "pafar.runbook.unblock_sessions"}}
    broken = {**use, "vars": {"unblock_sessions_max_terminations": 0}, "ignore_errors": True}
    playbook.write_text(json.dumps([{"hosts": "database", "gather_facts": False, "tasks": [use, broken]}]))
    done = site.play(playbook=str(playbook))
    assert "max_terminations is 0" in done.stdout
    assert [event["kind"] for event in site.events()] == ["opened", "evidence", "intended", "mitigated", "verified"]
    until(lambda: storm[0].fate() == "terminated")


def test_the_alternative_of_a_plan_is_approved_by_its_digest(server, session, site):
    """Ending four running reports for one ALTER with no session behind it loses more than it frees."""
    reports = [session(application=f"report{number}") for number in range(4)]
    for report in reports:
        report.send("SELECT count(*), pg_sleep(600) FROM payments")
    until(lambda: server.value("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'") == 4)
    migration = session(application="migration").send("ALTER TABLE payments ADD note text")
    until(lambda: lock_waiters(server) == 1)
    lasting(server, 0.25)
    held_for_approval = site.play()
    assert held_for_approval.returncode == 0, held_for_approval.stdout
    text = " ".join(held_for_approval.stdout.split())
    digest = re.search(r"approve ([0-9a-f]{12}) instead", text)
    assert digest, held_for_approval.stdout
    assert [report.fate() for report in reports] == ["alive"] * 4
    done = site.play(incident_approved_digest=digest[1])
    assert done.returncode == 0, done.stdout
    assert migration.fate() == "cancelled"
    assert [report.fate() for report in reports] == ["alive"] * 4
    mitigated = [event for event in site.events() if event["kind"] == "mitigated"]
    assert len(mitigated) == 1
    assert site.events()[-1]["kind"] == "verified"


def test_a_log_that_cannot_be_written_does_not_hide_what_failed(site):
    site.log.write_text("a file in the way")
    site.variables["runbook_postgres"] = {**site.variables["runbook_postgres"], "login_port": 1}
    done = site.play()
    assert done.returncode == 2
    last = [line for line in done.stdout.splitlines() if line.startswith("fatal:")][-1]
    assert "No server listens there" in last
    assert "incident log:" not in done.stdout


def test_a_protected_root_is_left_and_the_person_is_told(server, session, site):
    alter_queue(server, session, application="pg_dump")
    lasting(server, 0.25)
    site.variables["unblock_sessions_strategy"] = "root_blockers"
    done = site.play()
    assert done.returncode == 0, done.stdout
    assert "no plan: no action is possible (sessions that wait too long: 6)" in " ".join(done.stdout.split())
    assert "is a backup" in done.stdout
    assert [event["kind"] for event in site.events()] == ["opened", "held"]


def test_a_wrong_password_is_handed_over_in_one_paragraph(site):
    site.variables["runbook_postgres"] = {**site.variables["runbook_postgres"], "login_password": "hunter2"}
    done = site.play("-vvv")
    assert done.returncode == 2
    assert "Check login_user and login_password" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    assert "hunter2" not in done.stdout.replace("hosts.yml", "") + done.stderr
    assert [event["kind"] for event in site.events()] == ["opened", "handed_over"]
    assert "password authentication failed" in site.events()[1]["note"]["message"]


def test_a_log_that_cannot_be_written_costs_no_mitigation(server, storm, site):
    site.log.write_text("a file in the way")
    done = site.play()
    assert done.returncode == 0, done.stdout
    assert "Could not write to the incident log" in done.stdout
    assert "recovered: 30 waited too long" in done.stdout
    until(lambda: storm[0].fate() == "terminated")


def test_an_inventory_without_the_group_is_no_quiet_success(site):
    path = site.folder / "other.yml"
    path.write_text("web: {hosts: {w1: {ansible_connection: local}}}")
    done = subprocess.run(
        ["ansible-playbook", "playbooks/db_lock_contention.yml", "-i", str(path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "database" in done.stderr + done.stdout


def test_an_unknown_option_is_named(site):
    site.variables["runbook_postgres"] = {**site.variables["runbook_postgres"], "login_hots": "db1"}
    done = site.play()
    assert done.returncode == 2
    assert "login_hots" in done.stdout
    assert PASSWORD not in done.stdout


def test_as_an_installed_collection_from_anywhere(storm, site, tmp_path):
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", str(ROOT), str(clone)], check=True)
    out, path = tmp_path / "out", tmp_path / "installed"
    build = ["ansible-galaxy", "collection", "build", str(clone), "--output-path", str(out)]
    subprocess.run(build, check=True, capture_output=True, cwd=tmp_path)
    tarball = next(out.glob("pafar-runbook-*.tar.gz"))
    names = subprocess.run(["tar", "tzf", str(tarball)], check=True, capture_output=True, text=True).stdout.split()
    assert not [name for name in names if name.startswith((".collections", ".venv", ".git/", "ansible.cfg"))]
    where = {"ANSIBLE_COLLECTIONS_PATH": str(path)}
    install = ["ansible-galaxy", "collection", "install", str(tarball), "-p", str(path), "--offline"]
    environment = {**os.environ, **where}
    subprocess.run(install, check=True, capture_output=True, cwd=tmp_path, env=environment)
    done = site.play(playbook="pafar.runbook.db_lock_contention", cwd=tmp_path, env=where)
    assert done.returncode == 0, done.stdout + done.stderr
    assert recap(done)["changed"] == 1
    until(lambda: storm[0].fate() == "terminated")


def test_under_ansible_runner_as_awx_runs_it(storm, site, tmp_path):
    private = tmp_path / "private"
    (private / "inventory").mkdir(parents=True)
    (private / "env").mkdir()
    subprocess.run(["git", "clone", "-q", str(ROOT), str(private / "project")], check=True)
    (private / "inventory" / "hosts.yml").write_text(site.inventory().read_text())
    (private / "env" / "extravars").write_text(json.dumps({"awx_user_name": "ada"}))
    script = (
        "import ansible_runner, json, sys\n"
        f"run = ansible_runner.run(private_data_dir={str(private)!r}, playbook='playbooks/db_lock_contention.yml',"
        " quiet=True)\n"
        "stats = [e['event_data'].get('artifact_data') for e in run.events if e['event'] == 'playbook_on_stats']\n"
        "print(json.dumps({'rc': run.rc, 'stats': stats[-1]}))\n"
    )
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", script], capture_output=True, text=True, check=False)
    said = json.loads(done.stdout.splitlines()[-1])
    assert said["rc"] == 0, done.stdout + done.stderr
    assert len(said["stats"]["incident_plan_targets"]) == 1
    until(lambda: storm[0].fate() == "terminated")
    assert {event["by"] for event in site.events()} == {"ada"}
