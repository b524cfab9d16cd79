"""What users feel of the compose runbooks, on the whole platform: nothing, where nothing is broken."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections import Counter
from pathlib import Path

import pytest

from rehearsal import backend
from support.modules import run_module
from support.rehearsals import Done
from support.servers import ROOT


@pytest.fixture
def one_backend(stand):
    """The backend as it was, afterwards."""
    yield stand
    backend.put_right(stand)


def act(stand, name: str, **options) -> tuple[dict, Counter]:
    """An act, and what the users of its whole time were answered."""
    began = time.time()
    done = run_module(name, project=stand.site.project, proxy="nginx", **options)
    assert "msg" not in done, done["msg"]
    time.sleep(5)
    outcomes = Counter(one.outcome for one in stand.requests(began - 1, time.time()))
    assert sum(outcomes.values()) > 50
    return done, outcomes


def test_scaling_up_and_down_and_a_rolling_restart_of_three_lose_no_request(one_backend):
    stand = one_backend
    for name, options in (
        ("compose_scale", {"service": "backend", "replicas": "3"}),
        ("compose_restart", {"services": ["backend"]}),
        ("compose_scale", {"service": "backend", "replicas": "1"}),
    ):
        done, outcomes = act(stand, name, **options)
        assert done["left"] == 0
        assert set(outcomes) == {"ok"}, (name, outcomes, done["done"])


def test_new_replicas_get_traffic(one_backend):
    stand = one_backend
    act(stand, "compose_scale", service="backend", replicas="3")
    versions = f"http://127.0.0.1:{stand.env['NGINX_PORT']}/api/version/"
    hosts = {
        json.loads(subprocess.run(["curl", "-s", versions], capture_output=True, check=True).stdout)["host"]
        for dummy in range(30)
    }
    assert len(hosts) == 3


def play(stand, tmp_path: Path, name: str, *words: str, **variables) -> Done:
    told = json.dumps({"runbook_incident_log": str(tmp_path), "incident_id": "one", **variables})
    done = subprocess.run(
        ["ansible-playbook", f"playbooks/{name}.yml", "-i", str(stand.site.inventory), "-e", told, *words],
        cwd=ROOT, env={**os.environ, "ANSIBLE_NOCOLOR": "1"}, capture_output=True, text=True, check=False, timeout=200,
    )  # fmt: skip
    return Done(done.returncode, done.stdout + done.stderr)


def test_an_incident_is_taken_back_through_the_same_gate(one_backend, tmp_path):
    stand = one_backend
    first = play(stand, tmp_path, "service_scale", scale_services_service="backend", scale_services_replicas="2")
    assert first.rc == 0, first.text
    rehearsal = play(stand, tmp_path, "undo", "--check")
    assert "remove" in rehearsal.text, rehearsal.text
    assert len(backend.replicas(stand)) == 2
    held = play(stand, tmp_path, "undo", scale_services_approval="always")
    assert "gate held" in held.text, held.text
    assert play(stand, tmp_path, "undo").rc == 0
    assert len(backend.replicas(stand)) == 1
    again = play(stand, tmp_path, "undo")
    assert "everything that was done is taken back" in again.text


def test_a_runaway_query_is_ended_through_the_database(stand, tmp_path):
    stand.session("quarterly-report", "reporting", "SELECT count(*) FROM generate_series(1, 100000000000)")
    try:
        stand.until("it runs", lambda: stand.sessions("quarterly-report"))
        before = {one.name: one.started for one in stand.containers()}
        time.sleep(3)
        done = play(stand, tmp_path, "high_cpu", end_sessions_min_running=2)
        assert done.rc == 0, done.text
        assert "cancelled" in done.text, done.text
        assert stand.sessions("quarterly-report") == []
        assert {one.name: one.started for one in stand.containers()} == before, "its container is not restarted"
    finally:
        stand.end("quarterly-report")


def test_a_failing_restart_is_handed_over(one_backend, tmp_path):
    """The image's command is fine, the file that keeps it from starting is in the container: restart meets it again."""
    stand = one_backend
    stand.execute("backend", "sh", "-c", "echo 1 > /tmp/gunicorn.pid")
    done = play(
        stand, tmp_path, "service_restart", restart_services_services=["backend"], restart_services_method="restart",
        restart_services_ready_timeout=15,
    )  # fmt: skip
    assert done.rc != 0
    assert "did not come" in done.text or "does not stay up" in done.text
    kinds = [json.loads(line)["kind"] for line in (tmp_path / "one.jsonl").read_text().splitlines()]
    assert kinds[:2] == ["opened", "evidence"]
    assert kinds[-1] == "handed_over"
