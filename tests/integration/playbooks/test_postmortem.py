"""The playbook of the post-mortem: Prometheus is asked once, what it says is kept, and the page is made of the log."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._incident.action_items import action_items
from ansible_collections.pafar.runbook.plugins.module_utils._incident.event import read_events

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

    def play(self, playbook: str = "incident_postmortem", code: int = 0, **variables: object) -> str:
        given = {"runbook_incident_log": str(self.log.folder), "incident_id": self.log.name, **variables}
        done = subprocess.run(
            ["ansible-playbook", "-i", str(self.folder / "inventory"), f"playbooks/{playbook}.yml",
             "-e", json.dumps(given)],
            cwd=ROOT, capture_output=True, text=True, env={**os.environ, "USER": "ada"}, check=False,
        )  # fmt: skip
        assert done.returncode == code, done.stdout + done.stderr
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


def test_an_action_item_is_closed_by_its_key_and_a_misspelt_one_is_refused(site):
    refused = site.play("incident_action", 2, incident_action_key="A7", incident_action_state="done")
    assert "names an item of the incident (A1)" in " ".join(refused.split())
    site.play("incident_action", incident_action_key="A1", incident_action_state="done")
    lines = (site.log.folder / f"{site.log.name}.jsonl").read_text().splitlines()
    (item,) = action_items(read_events(lines)[0])
    assert (item["key"], item["text"], item["owner"], item["due"], item["open"]) == (
        "A1", "lock_timeout for reports", "ada", "2026-12-01", False,
    )  # fmt: skip


def test_the_number_of_a_ticket_is_a_text_and_so_is_each_answer_of_a_survey(site):
    site.play(
        "incident_action", incident_action_key=7, incident_action_text=4711, incident_action_owner=83,
        incident_action_reference=4711, incident_action_due="2026-12-01",
    )  # fmt: skip
    lines = (site.log.folder / f"{site.log.name}.jsonl").read_text().splitlines()
    item = action_items(read_events(lines)[0])[-1]
    assert (item["key"], item["text"], item["owner"], item["due"]) == ("7", "4711", "83", "2026-12-01")


def test_items_of_the_checklist_may_be_a_list(site):
    shown = site.play("incident_checklist", incident_act_item=["runbooks_updated", "monitoring_improved"])
    assert "runbooks_updated, done" in shown
    assert "monitoring_improved, done" in shown
