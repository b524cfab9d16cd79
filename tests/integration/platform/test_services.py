"""What users feel of the compose runbooks, on the whole platform: nothing, where nothing is broken."""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
from collections import Counter
from pathlib import Path

import pytest

from rehearsal import backend, engine
from support.members import run_as_member
from support.modules import run_module
from support.rehearsals import LONGEST, Done
from support.scenes import ENDLESS
from support.servers import ROOT


@pytest.fixture
def one_backend(platform):
    """The backend as it was, afterwards."""
    yield platform
    backend.put_right(platform)


# What nginx says of a request that found no replica, or lost the one that it had. A replica that is drained refuses the
# connection, one that has stopped may not answer it: nginx takes the next one, and those lines of its error log are no
# lost request. Where none is left it answers 502 or 504, which its access log has; a 503 is the backend's own answer.
LOST = re.compile(
    r'" 50[24] \d|prematurely closed|no live upstreams|host not found|timed out\) while reading|reset by peer'
)


def act(platform, name: str, run=run_module, **options) -> tuple[dict, Counter, list[str]]:
    """An act, what the users of its whole time were answered, and what nginx says of requests that were lost."""
    began = time.time()
    done = run(name, project=platform.site.project, proxy="nginx", **options)
    assert "msg" not in done, done["msg"]
    ended = time.time()
    platform.until("users of the time after it are decided", lambda: platform.requests(ended + 1, time.time()))
    outcomes = Counter(one.outcome for one in platform.requests(began - 1, ended + 1))
    assert outcomes["ok"]
    log = engine.run(["docker", "logs", "--since", f"{began:.3f}", platform.container("nginx")])
    lost = LOST.findall(log.stdout + log.stderr)
    return done, outcomes, lost


def test_scaling_up_and_down_and_a_rolling_restart_of_three_lose_no_request(one_backend):
    platform = one_backend
    for name, options in (
        ("compose_scale", {"service": "backend", "replicas": "3"}),
        ("compose_restart", {"services": ["backend"]}),
        ("compose_scale", {"service": "backend", "replicas": "1"}),
    ):
        done, outcomes, lost = act(platform, name, **options)
        assert done["remaining"] == 0
        # Who waits two seconds and leaves says how busy the machine is; that a request was lost is said by nginx.
        assert set(outcomes) <= {"ok", "timeout"}, (name, outcomes, done["done"])
        assert lost == [], (name, outcomes, done["done"])


# How a site takes a replica out without root: its nginx gets the addresses of the others, and then the name again.
ADDRESSES = "getent ahostsv4 {service} | cut -d' ' -f1 | sort -u | grep -vFx {address}"
UPSTREAM = 'sed -i "s/upstream {service} .*/upstream {service} { $servers }/" /etc/nginx/nginx.conf && nginx -s reload'
BY_NGINX = {
    "drain_in": "proxy",
    "drain_command": ["sh", "-c", f"servers=$({ADDRESSES} | sed 's/.*/server &:8000;/' | tr -d '\\n'); {UPSTREAM}"],
    "drain_undo": ["sh", "-c", f"servers='server {{service}}:8000;'; {UPSTREAM}"],
}


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to become another member of the group docker")
def test_a_rolling_restart_of_three_loses_no_request_without_root(one_backend):
    platform = one_backend
    act(platform, "compose_scale", service="backend", replicas="3")
    before = {one.id: one.started for one in backend.replicas(platform)}
    done, outcomes, lost = act(platform, "compose_restart", run_as_member, services=["backend"], **BY_NGINX)
    assert done["remaining"] == 0
    after = {one.id: one.started for one in backend.replicas(platform)}
    assert (set(after), set(after.values()) & set(before.values())) == (set(before), set()), "restarted, each of them"
    assert not [line for line in done["done"] if "not drained" in line]
    assert set(outcomes) <= {"ok", "timeout"}, (outcomes, done["done"])
    assert lost == [], (outcomes, done["done"])


def test_new_replicas_get_traffic(one_backend):
    platform = one_backend
    act(platform, "compose_scale", service="backend", replicas="3")
    versions = f"http://127.0.0.1:{platform.env['NGINX_PORT']}/api/version/"
    hosts = {
        json.loads(subprocess.run(["curl", "-s", versions], capture_output=True, check=True).stdout)["host"]
        for dummy in range(30)
    }
    assert len(hosts) == 3


def play(platform, tmp_path: Path, name: str, *words: str, **variables) -> Done:
    told = json.dumps({"runbook_incident_log": str(tmp_path), "incident_id": "one", **variables})
    done = subprocess.run(
        ["ansible-playbook", f"playbooks/{name}.yml", "-i", str(platform.site.inventory), "-e", told, *words],
        cwd=ROOT, env={**os.environ, "ANSIBLE_NOCOLOR": "1"}, capture_output=True, text=True, check=False,
        timeout=LONGEST,
    )  # fmt: skip
    return Done(done.returncode, done.stdout + done.stderr)


def test_an_incident_is_taken_back_through_the_same_gate(one_backend, tmp_path):
    platform = one_backend
    first = play(platform, tmp_path, "service_scale", scale_services_service="backend", scale_services_replicas="2")
    assert first.rc == 0, first.text
    rehearsal = play(platform, tmp_path, "undo", "--check")
    assert "remove" in rehearsal.text, rehearsal.text
    assert len(backend.replicas(platform)) == 2
    held = play(platform, tmp_path, "undo", scale_services_approval="always")
    assert "gate held" in held.text, held.text
    assert play(platform, tmp_path, "undo").rc == 0
    assert len(backend.replicas(platform)) == 1
    again = play(platform, tmp_path, "undo")
    assert "every act is already undone" in again.text


def test_a_runaway_query_is_ended_through_the_database(platform, tmp_path):
    platform.session("quarterly-report", "reporting", ENDLESS)
    try:
        platform.until("it runs", lambda: platform.sessions("quarterly-report"))
        before = {one.name: one.started for one in platform.containers()}
        old = "SELECT 1 FROM pg_stat_activity WHERE application_name = %s AND clock_timestamp() - query_start > '3 s'"
        platform.until("it has run for longer than the runbook asks", lambda: platform.query(old, "quarterly-report"))
        # On a machine with much other work the statement gets a small part of a processor, and notices late that it is
        # cancelled. Of the containers the busiest alone is a consumer: the database's, which is not restarted.
        given = {
            "end_sessions_min_running": 2, "high_cpu_cores": 0.02, "high_cpu_of_busiest": 1, "end_sessions_grace": 60,
        }  # fmt: skip
        done = play(platform, tmp_path, "high_cpu", **given)
        asked = re.search(r"incident_approved_digest=([0-9a-f]{64})", done.text)
        if asked:  # a machine with idle cores: the statement may slow no other session
            assert "cores idle" in " ".join(done.text.split()), done.text
            done = play(platform, tmp_path, "high_cpu", incident_approved_digest=asked.group(1), **given)
        assert done.rc == 0, done.text
        assert "cancelled" in done.text, done.text
        assert platform.sessions("quarterly-report") == []
        assert {one.name: one.started for one in platform.containers()} == before, "its container is not restarted"
    finally:
        platform.end("quarterly-report")


def test_a_failing_restart_is_handed_over(one_backend, tmp_path):
    """The image's command is fine, the file that keeps it from starting is in the container: restart meets it again."""
    platform = one_backend
    platform.execute("backend", "sh", "-c", "echo 1 > /tmp/gunicorn.pid")
    done = play(
        platform, tmp_path, "service_restart", restart_services_services=["backend"], restart_services_method="restart",
        restart_services_ready_timeout=15,
    )  # fmt: skip
    assert done.rc != 0
    assert "did not come" in done.text or "does not stay up" in done.text
    kinds = [json.loads(line)["kind"] for line in (tmp_path / "one.jsonl").read_text().splitlines()]
    assert kinds[:2] == ["opened", "evidence"]
    assert kinds[-1] == "handed_over"
