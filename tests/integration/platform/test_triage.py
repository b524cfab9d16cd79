"""Triage and its parts on the running platform: well, and with something broken."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from rehearsal import faults
from rehearsal.platform import Platform
from support.modules import run_module
from support.rehearsals import LONGEST
from support.servers import ROOT

SERIES = {
    "name": "users who fail", "unit": "%", "severity": {"P0": 0.8, "P1": 0.1},
    # Nobody who has failed yet is no series, and counts as none.
    "query": '(sum(rate(pafar_user_requests_total{outcome!="ok"}[15s])) or vector(0))'
             " / sum(rate(pafar_user_requests_total[15s]))",
}  # fmt: skip


def play(platform: Platform, folder: Path, *words: str) -> tuple[str, dict[str, Any], str]:
    """What is shown, the last noted event, and the page."""
    told = {
        "runbook_incident_log": str(folder), "incident_id": "first", "triage_series": [SERIES],
        "triage_services": {"nginx": "P0"}, "runbook_prometheus": f"http://127.0.0.1:{platform.env['PROMETHEUS_PORT']}",
        "triage_links": {"Grafana": "https://grafana.example.org/?from={from}"},
    }  # fmt: skip
    argv = [
        str(Path(sys.executable).with_name("ansible-playbook")),
        "playbooks/triage.yml",
        "-i",
        str(platform.site.inventory),
    ]
    done = subprocess.run(
        [*argv, "-e", json.dumps(told), *words],
        cwd=ROOT, capture_output=True, text=True, check=False, env={**os.environ, "ANSIBLE_NOCOLOR": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    log, page = folder / "first.jsonl", folder / "first.triage.md"
    events = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
    noted = [event["note"] for event in events if event["kind"] == "noted"]
    return done.stdout, noted[-1] if noted else {}, page.read_text() if page.exists() else ""


def test_a_platform_that_is_well(platform: Platform, tmp_path: Path) -> None:
    address = f"http://127.0.0.1:{platform.env['PROMETHEUS_PORT']}"

    def quiet() -> bool:
        """A platform that has just been started has no rates yet; what the test before broke fires for a while."""
        found = run_module("prometheus_info", url=address, series=[SERIES])
        value = found["series"][0]["value"]
        return value is not None and value < SERIES["severity"]["P1"] and not found["alerts"]

    platform.until("Prometheus has looked twice, and nothing fires", quiet, LONGEST)
    shown, noted, page = play(platform, tmp_path)
    assert noted["triage"] in ("P2", "P3"), noted
    assert "12 of 12" in page
    assert "containers were made" in page
    assert re.search(r"^- .* ago, pafar: images were built: .*backend, celery-worker, .* \([0-9a-f]{12}\)", page, re.M)
    assert "checked out" in page
    assert re.search(r"^- users who fail \d", page, re.M)
    assert "[Grafana](<https://grafana.example.org/?from=1" in page
    assert "changed=0" in shown
    kept = json.loads(next(tmp_path.glob("first.evidence/*.json")).read_text())
    assert {"services", "changes", "resources", "logs", "reached", "database"} <= set(kept["hosts"]["pafar"])
    assert platform.env["ONCALL_DB_PASSWORD"] not in json.dumps(kept) + page
    assert platform.env["STRIPE_SECRET_KEY"] not in json.dumps(kept) + page


def test_check_tells_the_same_and_writes_nothing(platform: Platform, tmp_path: Path) -> None:
    shown, noted, page = play(platform, tmp_path, "--check")
    assert "proposed severity P" in shown
    assert (noted, page, list(tmp_path.iterdir())) == ({}, "", [])


@pytest.mark.parametrize(
    ("name", "severities", "playbook"),
    [
        ("lock_storm", ("P0", "P1"), "db_lock_contention"),
        ("stripe_down", ("P0", "P1"), "payment_outage"),
    ],
)
def test_what_is_broken_is_named_with_what_to_run_next(
    platform: Platform, tmp_path: Path, name: str, severities: tuple[str, ...], playbook: str
) -> None:
    fault = faults.named(name)
    faults.inject(platform, fault)
    try:
        faults.await_symptom(platform, fault, True, LONGEST)
        dummy, noted, page = play(platform, tmp_path)
    finally:
        faults.heal(platform, fault)
        faults.await_symptom(platform, fault, False, LONGEST)
    assert noted["triage"] in severities
    assert noted["next"] == f"playbooks/{playbook}.yml", noted
    # What every playbook needs of what was typed is typed again.
    repeated = r"(?: -e (?:'[^']*'|\S+))*"
    assert re.search(rf"playbooks/{playbook}\.yml{repeated} --check --diff\b", page), page
    assert re.search(rf"playbooks/{playbook}\.yml{repeated} --check", page)[0].count("runbook_incident_log") == 1
    assert page.startswith(f"# Triage: {noted['triage']} proposed")


def test_the_real_prometheus(platform: Platform) -> None:
    address = f"http://127.0.0.1:{platform.env['PROMETHEUS_PORT']}"
    found = run_module("prometheus_info", url=address, series=[SERIES, {"name": "none", "query": "absent_metric"}])
    assert 0 <= found["series"][0]["value"] <= 1
    assert found["series"][1]["value"] is None
    assert isinstance(found["alerts"], list)
    forms = [{"name": query, "query": query} for query in ("sum(", '"text"', "up[1m]", "scalar(vector(7))")]
    found = run_module("prometheus_info", url=address, series=forms)
    assert [one["value"] for one in found["series"]] == [None, None, None, 7]
    said = ("parse error", "gives a string", "gives a matrix", "")
    assert all(text in one["problem"] for text, one in zip(said, found["series"], strict=True))
