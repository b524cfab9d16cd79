"""A host that ssh does not reach: the most severe fault is in the incident log, rated, as any other."""

from __future__ import annotations

import json
import os
import shutil
import subprocess

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._incident.record import record

from support.servers import ROOT

pytestmark = pytest.mark.skipif(not shutil.which("ssh"), reason="no ssh client on this machine")

AWAY = {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 9, "ansible_ssh_retries": 0}
PLAYBOOKS = {
    "database": ["db_lock_contention", "db_connection_exhaustion", "db_performance_degradation", "db_session_cancel"],
    "services": [
        "container_start_stop", "disk_space", "high_cpu", "high_memory", "network_connectivity", "payment_outage",
        "release_rollback", "service_restart", "service_scale",
    ],
}  # fmt: skip
EVERY = [(group, name) for group, names in PLAYBOOKS.items() for name in names]
USUAL = {"db_lock_contention", "disk_space", "service_restart"}
CASES = [
    pytest.param(*case, marks=[] if case[1] in USUAL else pytest.mark.full("playbooks whose host is not reached"))
    for case in EVERY
]


class Hosts:
    """An inventory of hosts that are away or here, and what a run left in the log."""

    def __init__(self, folder):
        self.folder = folder
        self.groups: dict[str, dict[str, object]] = {}
        self.variables = {
            "runbook_incident_log": str(folder / "incidents"),
            "runbook_postgres": {"login_host": "127.0.0.1", "login_user": "x", "login_port": 9},
            "db_session_cancel_session": "4711",
        }

    def play(self, name, *options):
        groups = {group: {"hosts": hosts} for group, hosts in self.groups.items()}
        path = self.folder / "hosts.json"
        path.write_text(json.dumps({"all": {"children": groups, "vars": self.variables}}))
        environment = {**os.environ, "HOME": str(self.folder), "ANSIBLE_NOCOLOR": "1"}
        argv = ["ansible-playbook", "-i", str(path), f"playbooks/{name}.yml", *options]
        return subprocess.run(argv, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)

    def events(self):
        files = sorted((self.folder / "incidents").glob("*.jsonl"))
        return [json.loads(line) for path in files for line in path.read_text().splitlines()]


@pytest.fixture
def hosts(tmp_path):
    return Hosts(tmp_path)


def severity_in(events):
    return [event["note"].get("severity") for event in events if event["kind"] in ("opened", "severity")][-1]


@pytest.mark.parametrize(("group", "name"), CASES)
def test_a_host_that_is_not_reached_opens_an_incident(hosts, group, name):
    hosts.groups = {"database": {"db1": AWAY}, "services": {"web1": AWAY}}
    done = hosts.play(name, "--limit", "db1" if group == "database" else "web1")
    assert done.returncode == 2, done.stdout + done.stderr
    events = hosts.events()
    assert [event["kind"] for event in events] == ["opened", "handed_over"]
    assert severity_in(events) == "P1", "of the other host it is not known"
    message = events[-1]["note"]["message"]
    assert "was not reached: ssh: connect to host 127.0.0.1 port 9: Connection refused." in message
    assert f"  incident: {events[0]['note']['id']}, log " in done.stdout


def test_a_site_of_which_no_host_is_reached_is_p0_and_a_dry_run_says_what_opens_an_incident(hosts):
    hosts.groups = {"database": {"db1": AWAY, "db2": AWAY}}
    checked = hosts.play("db_lock_contention", "--check")
    assert "With --check no incident is opened; ansible-playbook -i " in checked.stdout
    assert "playbooks/triage.yml opens one." in checked.stdout
    assert hosts.events() == []
    assert hosts.play("db_lock_contention").returncode == 2
    assert severity_in(hosts.events()) == "P0"
    surveyed = hosts.play("triage", "-e", "incident_id=new")
    assert surveyed.returncode == 0, surveyed.stdout
    assert severity_in(hosts.events()) == "P0"


def test_a_login_that_is_refused_says_nothing_of_the_host(hosts, tmp_path):
    """The host answers, and its key is not the one that is known."""
    hosts.groups = {"database": {"db1": {"ansible_connection": "ssh", "ansible_ssh_executable": str(tmp_path / "ssh")}}}
    (tmp_path / "ssh").write_text("#!/bin/sh\necho 'Host key verification failed.' >&2\nexit 255\n")
    (tmp_path / "ssh").chmod(0o755)
    assert hosts.play("db_lock_contention").returncode == 2
    events = hosts.events()
    assert severity_in(events) == "unknown"
    assert "Whether the host is up is not known." in events[-1]["note"]["message"]
    assert hosts.play("triage", "-e", "incident_id=new").returncode == 0
    assert severity_in(hosts.events()) == "P2"


def test_a_run_that_first_completes_an_earlier_act_raises_the_severity_by_its_own_facts(hosts):
    """By what it finds later, though it has written before; once, and not again after a person has lowered it."""
    hosts.groups = {"database": {"db1": AWAY}, "services": {"web1": AWAY}}
    hosts.variables["incident_settle"] = 0
    act = {"mitigation": "unblock_sessions", "actions": [{"action": "terminate", "target": "1@x"}]}
    given = {"log": hosts.variables["runbook_incident_log"], "id": "i", "by": "ada", "host": "db1"}
    record({**given, "events": [{"kind": "intended", "note": act}]}, False)
    assert hosts.play("db_lock_contention", "--limit", "db1", "-e", "incident_id=i").returncode == 2
    kinds = [event["kind"] for event in hosts.events()]
    assert kinds == ["opened", "intended", "reconciled", "severity", "handed_over"]
    raised = hosts.events()[3]["note"]
    assert (raised["severity"], raised["before"]) == ("P1", "unknown")
    assert raised["facts"] == ["db1 was not reached: ssh: connect to host 127.0.0.1 port 9: Connection refused"]
    lowered = {"severity": "P3", "before": "P1", "reason": "it is a spare host"}
    record({**given, "events": [{"kind": "severity", "note": lowered}]}, False)
    assert hosts.play("db_lock_contention", "--limit", "db1", "-e", "incident_id=i").returncode == 2
    assert severity_in(hosts.events()) == "P3"


@pytest.mark.parametrize("options", [[], ["--check"]])
def test_a_severity_that_is_none_is_refused_before_anything_is_done(hosts, options):
    hosts.groups = {"database": {"db1": AWAY}}
    done = hosts.play("db_lock_contention", "-e", "incident_severity=P7", *options)
    assert done.returncode == 2
    assert (
        "incident_severity: 'P7' is no severity; use one of P0, P1, P2, P3, or unknown. Nothing was done."
        in done.stdout
    )
    assert "Collect the blocking tree" not in done.stdout
    assert hosts.events() == []


def test_an_alert_whose_severity_is_none_opens_an_incident_that_says_so(hosts):
    """It is the word of a table of the site, and no reason to do nothing."""
    hosts.groups = {"database": {"db1": {"ansible_connection": "local"}}}
    hosts.variables["runbook_postgres"] = {"login_host": "127.0.0.1", "login_user": "x", "sslmode": "no such mode"}
    event = {"ansible_eda": {"event": {"runbook": "db_lock_contention", "severity": "P7"}}}
    assert hosts.play("db_lock_contention", "-e", json.dumps(event)).returncode == 2
    opened = hosts.events()[0]["note"]
    assert opened["severity"] == "unknown"
    assert opened["facts"] == [
        "an alert of the scenario db_lock_contention fires with the severity 'P7', which is none of P0 to P3"
    ]


def test_a_log_whose_host_is_away_takes_no_host_out_of_the_run(hosts):
    """What was to be recorded is printed, and the run continues."""
    hosts.groups = {"database": {"db1": {"ansible_connection": "local"}}, "incident_log": {"log1": AWAY}}
    done = hosts.play("db_lock_contention")
    assert "unreachable=0" in done.stdout
    assert "handed_over" in done.stdout
    assert "log1 was not reached: ssh: connect to host 127.0.0.1 port 9" in done.stdout
    assert "Could not connect to" in done.stdout
