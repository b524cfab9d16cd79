"""The whole playbook on this machine, with what is away: hosts, the engine, Prometheus, the incident log."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from support.servers import ROOT

AWAY = {"ansible_host": "127.0.0.1", "ansible_port": 1}
HERE = {"ansible_connection": "local", "runbook_compose": {"docker_host": "unix:///nowhere.sock"}}
NOBODY = "http://127.0.0.1:1"


def play(folder: Path, inventory: dict[str, dict[str, Any]], *words: str, **extra: Any) -> str:
    """What is shown; the play ends well, whatever is away."""
    hosts = folder / "hosts.json"
    hosts.write_text(json.dumps({group: {"hosts": members} for group, members in inventory.items()}))
    told = {"runbook_incident_log": str(folder / "log"), "incident_id": "first", "runbook_prometheus": NOBODY, **extra}
    argv = [str(Path(sys.executable).with_name("ansible-playbook")), "playbooks/triage.yml", "-i", str(hosts)]
    environment = {**os.environ, "HOME": str(folder), "ANSIBLE_NOCOLOR": "1"}
    done = subprocess.run(
        [*argv, "-e", json.dumps(told), *words], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Hand over to a person" not in done.stdout
    return done.stdout


def kept(folder: Path) -> tuple[dict[str, Any], dict[str, Any], str]:
    """The last noted event, the evidence, and the page."""
    events = [json.loads(line) for line in (folder / "log/first.jsonl").read_text().splitlines()]
    noted = [event["note"] for event in events if event["kind"] == "noted"]
    evidence = json.loads(next((folder / "log/first.evidence").glob("*.json")).read_text())
    return noted[-1], evidence, (folder / "log/first.triage.md").read_text()


def test_no_host_is_reached(tmp_path):
    play(tmp_path, {"services": {"web1": AWAY, "web2": AWAY}})
    noted, evidence, page = kept(tmp_path)
    assert noted["triage"] == "P0"
    assert page.startswith("# Triage: P0 proposed")
    assert "**P0** none of 2 hosts surveyed is reached" in page
    assert "**P1** web1: web1 could not be reached" in page
    assert "**P2** what fires is not known: Prometheus at" in page
    assert "Nothing within a day" not in page
    assert evidence["prometheus"]["error"] == "HostError"


def test_the_first_of_three_is_not_reached(tmp_path):
    play(tmp_path, {"services": {"web1": AWAY, "web2": HERE, "web3": HERE}})
    noted, evidence, page = kept(tmp_path)
    assert noted["triage"] == "P0"
    assert set(evidence["hosts"]) == {"web1", "web2", "web3"}
    assert "**P1** web1: web1 could not be reached" in page
    assert "**P0** web2: the engine could not be asked, nothing is known to be healthy there" in page
    assert "- web3: containers and images could not be examined" in page


@pytest.mark.parametrize("away", ["a folder that cannot be", "its host is not reached"])
def test_a_page_that_cannot_be_kept_is_printed(tmp_path, away):
    inventory = {"services": {"web1": HERE, "web2": HERE}}
    if away == "its host is not reached":
        shown = play(tmp_path, {**inventory, "incident_log": {"keep": AWAY}})
    else:
        shown = play(tmp_path, inventory, runbook_incident_log="/proc/nope")
    assert "The page could not be kept: " in shown
    assert "Connection refused" in shown if "host" in away else "/proc/nope does not exist" in shown
    assert '"# Triage: P0 proposed, complete outage: answer now"' in shown
    assert "Pass the result to the next job of a workflow" in shown
    assert "failed=1" not in shown
