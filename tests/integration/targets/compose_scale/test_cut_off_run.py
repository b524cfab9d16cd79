"""A playbook for services that is killed in the middle of its act: the log of the incident has what became of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from support import cutting
from support.servers import ROOT
from support.shop import LONGEST

INCIDENT = "cut-off"


class Incident:
    """Playbooks for the shop, and the log of their incident."""

    def __init__(self, shop, folder):
        self.shop, self.log = shop, folder / "incidents"
        self.inventory = folder / "hosts.json"
        compose = {"project": shop.project, "engine_timeout": LONGEST}
        host = {
            "ansible_connection": "local", "ansible_python_interpreter": sys.executable, "runbook_compose": compose,
        }  # fmt: skip
        # All processes of a run that is killed here are known to be gone.
        common = {"runbook_incident_log": str(self.log), "incident_settle": 0, "runbook_approval": "over_limit"}
        self.inventory.write_text(json.dumps({"services": {"hosts": {"shop": host}, "vars": common}}))
        self.environment = {**os.environ, "HOME": str(folder), "ANSIBLE_NOCOLOR": "1"}

    def argv(self, playbook, **extra):
        given = json.dumps({"incident_id": INCIDENT, **extra})
        return ["ansible-playbook", f"playbooks/{playbook}.yml", "-i", str(self.inventory), "-e", given]

    def play(self, playbook, **extra):
        done = subprocess.run(
            self.argv(playbook, **extra), cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def kill(self, playbook, after, **extra):
        """Play it, and kill all of it when its act has made so many changes."""
        with cutting.Told(self.shop) as told:
            with subprocess.Popen(
                self.argv(playbook, **extra),
                cwd=ROOT,
                env=self.environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            ) as process:
                cutting.until("it has acted", lambda: (told.steps() or 0) >= after, process)
                cutting.kill_whole(process)

    def events(self):
        (path,) = self.log.glob("*.jsonl")
        return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.fixture
def incident(shop, tmp_path):
    yield Incident(shop, tmp_path)
    cutting.forget(shop)


def completed(events):
    """Of each intent, in order, what became of it: by how many of its targets, or the act itself."""
    found = []
    for intent in (event for event in events if event["kind"] == "intended"):
        (outcome,) = [event for event in events if event["note"].get("intended") == intent["at"]]
        counts = {kind: len(outcome["note"].get(kind, ())) for kind in ("gone", "standing", "unknown")}
        found.append({name: count for name, count in counts.items() if count} or outcome["kind"])
    return found


def of_killed(shop, incident):
    """The events of a run that was killed in the middle of its act: an intent without an outcome, and the wish."""
    events = incident.events()
    assert [event["kind"] for event in events] == ["opened", "evidence", "intended"]
    assert len(cutting.records(shop)) == 1
    return events


def test_a_step_that_was_cut_off_is_taken_once_and_the_next_one_is_another(shop, incident):
    """Killed when the replica is started and not yet known to be ready."""
    scale = {"scale_services_service": "web", "scale_services_replicas": "+1"}
    others = shop.world("web")
    incident.kill("service_scale", 2, **scale)
    before = of_killed(shop, incident)
    shop.await_up()
    incident.play("service_scale", **scale)
    events = incident.events()
    assert (events[: len(before)], completed(events)) == (before, [{"gone": 1}]), "the log is only added to"
    assert (len(shop.containers("web")), cutting.records(shop)) == (3, [])
    incident.play("service_scale", **scale)
    assert completed(incident.events()) == [{"gone": 1}, "mitigated"]
    assert (len(shop.containers("web")), shop.world("web"), cutting.records(shop)) == (4, others, [])


def test_a_restart_that_was_cut_off_is_recorded_by_another_playbook_and_completed_by_the_same(shop, incident):
    """Killed when the first of two replicas is started again."""
    others, before = shop.world("web"), shop.world()
    named = {"restart_services_services": ["web"]}
    incident.kill("service_restart", 2, **named)
    known = of_killed(shop, incident)
    incident.play("container_start_stop", switch_containers_containers=[f"{shop.project}-worker-1"],
                  switch_containers_state="started")  # fmt: skip
    events = incident.events()
    assert (events[: len(known)], completed(events)) == (known, [{"gone": 1, "standing": 1}])
    incident.play("service_restart", **named)
    assert completed(incident.events()) == [{"gone": 1, "standing": 1}, "mitigated"]
    after = shop.world()
    assert {name for name in before if after[name] != before[name]} == {
        f"/{shop.project}-web-1", f"/{shop.project}-web-2",
    }  # fmt: skip
    assert (shop.world("web"), cutting.records(shop)) == (others, [])
