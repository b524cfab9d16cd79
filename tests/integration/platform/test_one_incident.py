"""One P1 on the platform, from the alert to its end, by the commands of the documentation."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.pafar.runbook.plugins.module_utils._lifecycle.checklist import ITEMS

from rehearsal import faults
from rehearsal.platform import Platform
from support.alertmanager import ask
from support.channels.others import MailServer
from support.channels.pages import Statuspage
from support.channels.slack import Slack
from support.rehearsals import LONGEST
from support.servers import ROOT

PAGE = ROOT / "docs/one-incident.md"
BY_A_PERSON = "(a person)"
REVIEW = {
    "incident_postmortem_written": {
        "surprised": "One job held up all bookings.",
        "contributing_factors": "The job waits for a service while it holds locks.",
        "lessons": "What waits for a service holds no lock.",
    },
    "incident_postmortem_action_items": [
        {"key": "A1", "text": "No call to a service within a transaction", "owner": "bob", "due": "2026-12-01"}
    ],
}


def commands() -> list[str]:
    return re.findall(r"^\$ (ansible-playbook .*)$", PAGE.read_text(), re.M)


def boxes() -> list[tuple[str, str]]:
    """Text and explanation of each box on the page."""
    return re.findall(r"^\[x\] (.*) (\([^()]*\))$", PAGE.read_text(), re.M)


class Incident:
    """The inventory of the platform with people and channels, and what is typed."""

    def __init__(self, platform: Platform, folder: Path, slack: Slack, page: Statuspage, mail: MailServer) -> None:
        self.platform, self.folder, self.log = platform, folder, folder / "incidents"
        self.alertmanager = f"http://127.0.0.1:{platform.env['ALERTMANAGER_PORT']}"
        week = {"zone": "Europe/Berlin", "starts": "2026-01-05"}
        inventory = yaml.safe_load(platform.site.inventory.read_text())
        inventory["all"] = {"vars": {
            # Two seconds pass between the approval and the command that resolves it, and not the ten minutes of a site.
            "runbook_incident_log": str(self.log), "runbook_approval": "always", "announce_soak": 2,
            "runbook_people": [
                {"name": name, "slack": f"U{number}", "mail": f"{name}@example.org"}
                for number, name in enumerate(("ada", "bob", "eve"), 1)
            ],
            "runbook_oncall": {
                step: {"layers": [{**week, "people": [name]}]}
                for step, name in (("primary", "ada"), ("secondary", "bob"), ("escalation", "eve"))
            },
            "runbook_announce": {
                "slack": {"token": slack.token, "api": slack.api},
                "page": {"kind": "statuspage", "token": page.token, "page": page.page, "api": page.url,
                         "scenarios": ["db_lock_contention"], "first_post": "act"},
                "mail": {"host": "127.0.0.1", "port": mail.port, "tls": "none", "sender": "incidents@example.org",
                         "to": ["board@example.org"]},
                "alertmanager": {"url": self.alertmanager, "labels": ["scenario"]},
            },
        }}  # fmt: skip
        self.inventory = folder / "inventory.yml"
        self.inventory.write_text(yaml.safe_dump(inventory))
        (folder / "review.yml").write_text(yaml.safe_dump(REVIEW))

    def typed(self, command: str) -> str:
        words = shlex.split(command)
        assert words[1:3] == ["-i", "inventory"]
        words[0] = str(Path(sys.executable).with_name("ansible-playbook"))
        words[2:4] = [str(self.inventory), str(ROOT / words[3])]
        environment = {**os.environ, "ANSIBLE_NOCOLOR": "1", "HOME": str(self.folder), "COLUMNS": "200"}
        environment["ANSIBLE_CONFIG"] = str(ROOT / "ansible.cfg")
        done = subprocess.run(
            words, cwd=self.folder, env=environment, capture_output=True, text=True, check=False, timeout=LONGEST
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        return done.stdout

    @property
    def id(self) -> str:
        (path,) = self.log.glob("*.jsonl")
        return path.stem

    def notes(self, kind: str) -> list[dict[str, Any]]:
        lines = (self.log / f"{self.id}.jsonl").read_text().splitlines()
        return [event["note"] for event in map(json.loads, lines) if event["kind"] == kind]

    def silences(self) -> list[dict[str, Any]]:
        rows = ask(self.alertmanager, "/silences")
        return [row for row in rows if row["status"]["state"] == "active" and self.id in row["comment"]]


@pytest.fixture
def incident(platform: Platform, tmp_path: Path) -> Iterator[Incident]:
    with Slack() as slack, Statuspage() as page, MailServer() as mail:
        yield Incident(platform, tmp_path, slack, page, mail)


def until(true: Callable[[], Any]) -> None:
    deadline = time.monotonic() + LONGEST
    while not true():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.5)


def test_a_p1_from_the_alert_to_its_end(platform: Platform, incident: Incident) -> None:
    fault = faults.named("lock_storm")
    faults.inject(platform, fault)
    rows = {"alertname": "DatabaseLockQueue", "scenario": "db_lock_contention"}
    until(lambda: any(rows.items() <= row["labels"].items() for row in ask(incident.alertmanager, "/alerts")))
    plan, acknowledge, tick, approve, update, resolve, review, check, close, status = commands()
    shown = incident.typed(plan)
    assert "is held" in shown
    incident.typed(acknowledge)
    assert len(incident.silences()) == 1
    incident.typed(tick)
    digest = incident.notes("held")[-1]["plan"]["digest"]
    incident.typed(approve.replace("DIGEST", digest[:12]).replace("ID", incident.id))
    assert incident.notes("verified")[-1]["outcome"] == "recovered"
    faults.heal(platform, fault)
    incident.typed(update)
    incident.typed(resolve)
    assert incident.silences() == []
    incident.typed(review.replace("ID", incident.id))
    shown = incident.typed(status.replace("ID", incident.id))
    by_hand = [text for text, how in boxes() if how == BY_A_PERSON]
    open_boxes = re.findall(r"\[ \] ([^\"(]*?) ?(?:\(|\"|$)", shown, re.M)
    assert open_boxes == by_hand, shown
    names = ",".join(name_of(text) for text in by_hand)
    incident.typed(check.replace("BOXES", names).replace("ID", incident.id))
    incident.typed(close.replace("ID", incident.id))
    shown = incident.typed(status.replace("ID", incident.id))
    assert "closed" in shown
    assert [text for text, dummy in boxes()] == re.findall(r"\[x\] ([^\"(]*?) \(", shown), shown


def name_of(text: str) -> str:
    return next(name for name, item in ITEMS.items() if item.text == text)
