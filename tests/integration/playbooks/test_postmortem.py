"""The playbook of the post-mortem: Prometheus is asked once, what it says is kept, and the page is made of the log."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from support.incidents import whole_incident
from support.prometheus_answers import Answers, answering
from support.servers import ROOT

OBJECTIVES = {"bookings": {"good": "good", "all": "all", "target": 99.9}}


@pytest.fixture
def site(tmp_path):
    return Site(tmp_path)


class Site:
    """A log with one incident, and an inventory of this host alone."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = whole_incident(folder / "log")
        (folder / "inventory").write_text("[services]\nlocalhost ansible_connection=local\n")

    def play(self, **variables: object) -> str:
        given = {"runbook_incident_log": str(self.log.folder), "incident_id": self.log.name, **variables}
        done = subprocess.run(
            ["ansible-playbook", "-i", str(self.folder / "inventory"), "playbooks/incident_postmortem.yml",
             "-e", json.dumps(given)],
            cwd=ROOT, capture_output=True, text=True, env={**os.environ, "USER": "ada"}, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def measured(self) -> list[dict[str, object]]:
        lines = (self.log.folder / f"{self.log.name}.jsonl").read_text().splitlines()
        return [event["note"] for event in map(json.loads, lines) if event["kind"] == "measured"]

    @property
    def page(self) -> str:
        return (self.log.folder / f"{self.log.name}.postmortem/postmortem.html").read_text()


def test_measured_once_and_kept(site):
    with answering() as url:
        asked = {"runbook_prometheus": url, "runbook_objectives": OBJECTIVES, "runbook_charts": {"load": "load"}}
        shown = site.play(**asked)
        (note,) = site.measured()
        assert "bookings: " in shown
        assert "Before, during and after" in site.page
        Answers.asked.clear()
        site.play(**asked)
        assert len(site.measured()) == 1
        assert Answers.asked == []
    assert note["requests"][0]["failed"] == 0  # type: ignore[index]


def test_where_prometheus_does_not_answer_the_page_says_that_nothing_is_known(site):
    shown = site.play(runbook_prometheus="http://127.0.0.1:1", runbook_objectives=OBJECTIVES)
    assert "could not be asked" in shown
    assert site.measured() == []
    assert "not known, since none were measured" in site.page
