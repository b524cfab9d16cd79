"""What an operator reads is the same from a clone, where the collection is installed, and under ansible-runner."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from types import SimpleNamespace

import pytest

from support.clients import until
from support.scenes import lasting, row_storm
from support.servers import ROOT

# By host what it does in one run; all of them see the same queue.
HOSTS = {
    "acts": {},
    "holds": {"runbook_approval": "always"},
    "idles": {"unblock_sessions_min_waiting": 3600},
    "fails": {"login_port": 1},
}


def inventory(site):
    hosts = {}
    for name, own in HOSTS.items():
        port = own.get("login_port", site.variables["runbook_postgres"]["login_port"])
        more = {key: value for key, value in own.items() if key != "login_port"}
        login = {**site.variables["runbook_postgres"], "login_port": port}
        hosts[name] = {**site.variables, **more, "runbook_postgres": login}
    return json.dumps({"database": {"hosts": hosts}})


def from_clone(site, path):
    return run(site, ["ansible-playbook", "-i", str(path), "playbooks/db_lock_contention.yml"], ROOT)


def installed(site, path):
    env = {"ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".collections")}
    return run(site, ["ansible-playbook", "-i", str(path), "pafar.runbook.db_lock_contention"], site.folder, **env)


def run(site, argv, cwd, **env):
    """With one width: ansible-runner has a terminal, the others have none."""
    env = site.environment(COLUMNS="1000", **env)
    return subprocess.run(argv, cwd=cwd, env=env, capture_output=True, text=True, check=False)


def under_runner(site, path):
    """As AWX runs it: the clone is the project, the output is what ansible-runner keeps."""
    private = site.folder / "private"
    (private / "inventory").mkdir(parents=True)
    subprocess.run(["git", "clone", "-q", str(ROOT), str(private / "project")], check=True)
    (private / "inventory" / "hosts.yml").write_text(path.read_text())
    script = (
        "import ansible_runner, sys\n"
        f"run = ansible_runner.run(private_data_dir={str(private)!r}, playbook='playbooks/db_lock_contention.yml',"
        " quiet=True)\n"
        "sys.stdout.write(run.stdout.read())\n"
        "sys.exit(run.rc)\n"
    )
    done = run(site, [sys.executable, "-W", "ignore", "-c", script], site.folder)
    done.stdout = re.sub(r"\x1b\[[0-9;]*m", "", done.stdout).replace("\r", "")
    return done


def read(done):
    """The lines for the operator, without what differs from moment to moment and from way to way."""
    text = re.sub(r"\d+@\d{8}T[\d.]+Z/\d{8}T[\d.]+Z", "TARGET", done.stdout)
    text = re.sub(r"\b[0-9a-f]{12,64}\b", "HASH", text)
    text = re.sub(r"\d{4}-\d\d-\d\d-\d{6}-\w+-[0-9a-f]{6}", "ID", text)
    lines = re.findall(r"^  (?:\w+ \| .*|(?:outcome|changed|held|incident): .*)", text, re.M)
    return {re.sub(r"\d+(\.\d+)?", "N", line).strip() for line in lines}


def without_facts(lines):
    """Of facts the callback alone has lines; it is on in a clone and not where the collection is installed."""
    return {
        line
        for line in lines
        if re.match(r"outcome|changed|held|(\w+ \| (gate|terminate|cancel|to approve|recovered))", line)
    }


@pytest.fixture
def seen(server, session, site):
    path = site.folder / "hosts.yml"
    # Of all sessions, whose number grows from run to run.
    site.variables["unblock_sessions_max_share"] = 1.0
    site.variables["incident_join_within"] = 0  # each way has an incident of its own
    outputs = SimpleNamespace()
    for name, way in (("clone", from_clone), ("installed", installed), ("runner", under_runner)):
        holder, dummy = row_storm(server, session, 4)
        lasting(server, 0.25)
        path.write_text(inventory(site))
        done = way(site, path)
        assert done.returncode == 2, done.stdout + done.stderr  # one of the hosts fails
        until(lambda holder=holder: holder.fate() == "terminated")
        setattr(outputs, name, read(done))
    return outputs


def test_held_acted_nothing_to_do_and_failed_are_said_alike(seen):
    said = "\n".join(seen.clone)
    for words in ("acts recovered", "holds has a plan that is held", "idles has nothing to do", "fails failed"):
        assert words in said
    assert seen.runner == seen.clone
    assert without_facts(seen.installed) == without_facts(seen.clone)
