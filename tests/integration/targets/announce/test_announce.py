"""Messages of an incident, under Ansible: channels that answer, are silent, or are not there."""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
from pathlib import Path

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._incident.record import record

from support.channels.others import MailServer, PagerDuty, Tracker
from support.channels.pages import Statuspage
from support.channels.server import NO_SUCH_NAME, SILENT, Fault, dropped
from support.channels.slack import Slack
from support.servers import ROOT

ACT = {"mitigation": "reclaim_disk", "done": ["removed /var/log/old"]}
EVENTS = [
    ("diagnosed", {"cause": "full", "lines": ["/var is full"]}),
    ("mitigated", ACT),
    ("verified", {"mitigation": "reclaim_disk", "outcome": "recovered", "before": 1, "after": 0}),
]


class Site:
    """An inventory with one host, a log with one incident, and the channels of `runbook_announce`."""

    def __init__(self, folder, **channels):
        self.folder, self.log = folder, folder / "incidents"
        self.variables = {
            "ansible_connection": "local", "runbook_incident_log": str(self.log), "runbook_announce": channels,
        }  # fmt: skip
        self.write()

    def write(self, *events, severity="P1"):
        opening = {"hosts": ["db"], "severity": severity, "scenario": "disk_space"}
        rows = [{"kind": kind, "note": note} for kind, note in events]
        record({"log": str(self.log), "id": "a", "by": "ada", "host": "db", "opening": opening, "events": rows}, False)

    def play(self, *options, playbook="playbooks/announce.yml", **extra):
        inventory = self.folder / "hosts.yml"
        inventory.write_text(json.dumps({"services": {"hosts": {"db": self.variables}}}))
        argv = ["ansible-playbook", playbook, "-i", str(inventory), *options, "-e", json.dumps(extra)]
        environment = {**os.environ, "HOME": str(self.folder), "ANSIBLE_NOCOLOR": "1"}
        done = subprocess.run(argv, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout

    def lines(self):
        return [json.loads(line) for line in (self.log / "a.jsonl").read_text().splitlines()]

    def states(self):
        return {line["note"]["key"]: line["note"]["state"] for line in self.lines() if line["kind"] == "message"}


@pytest.fixture
def servers():
    with Slack() as slack, Statuspage() as page, PagerDuty() as pager, Tracker() as tracker, MailServer() as mail:
        yield slack, page, pager, tracker, mail


def all_channels(servers):
    slack, page, pager, tracker, mail = servers
    return {
        "slack": {"token": slack.token, "api": slack.api, "invite": ["U1"], "links": {"Board": "https://board.test/d"}},
        "page": {"kind": "statuspage", "api": page.url, "token": page.token, "page": page.page, "soak": 0,
                 "scenarios": ["disk_space"], "first_post": "act", "components": {"backend": "c1"},
                 "words": {"disk_space": "Uploads fail", "full": "A disk was full."}},
        "pager": {"kind": "pagerduty", "routing_key": pager.routing_key, "api": pager.url},
        "tracker": {"url": tracker.url, "token": tracker.token},
        "mail": {"host": "127.0.0.1", "port": mail.port, "tls": "none", "sender": "a@example.org",
                 "to": ["b@example.org"]},
    }  # fmt: skip


def test_one_incident_is_told_everywhere_once(tmp_path, servers):
    slack, page, pager, tracker, mail = servers
    site = Site(tmp_path, **all_channels(servers))
    code, shown = site.play("--check")
    assert code == 0, shown
    assert "would be sent to page" in shown
    assert (slack.said(), page.incidents, mail.mails) == ([], [], [])
    site.write(*EVENTS)
    code, shown = site.play()
    assert code == 0, shown
    code, again = site.play()
    assert "nothing is due" in again
    room = slack.room(next(room.name for room in slack.rooms if room.name.startswith("incident-")))
    assert room.topic == "P1, monitoring, led by no incident commander: disk_space on db"
    assert (room.members, len(room.pins)) == ({slack.bot, "U1"}, 1)
    assert [key.split("/")[1] for key in slack.said()] == [
        "channel", "standing", "links", "diagnosed", "mitigated", "verified",
    ]  # fmt: skip
    assert page.published() == [[("page/resolved/4.4", "resolved")]], "what waited and was over is not told"
    assert page.components["c1"] == "operational"
    assert (pager.alerts, len(tracker.issues), len(mail.mails)) == ({"a": "trigger"}, 1, 1)
    assert str(mail.mails[0]["Subject"]) == "[MONITORING] Uploads fail (P1)", "that of mail is not over yet"
    assert set(site.states().values()) == {"sent", "queued"}, "replaced ones stay as they were queued"
    assert not re.search("xoxb|page-key|tracker-key|R{32}", shown + (site.log / "a.jsonl").read_text())


def test_the_page_is_read_back_and_what_differs_is_shown_until_it_agrees(tmp_path, servers):
    dummy, page, *dummy2 = servers
    site = Site(tmp_path, page=all_channels(servers)["page"])
    site.write(*EVENTS)
    assert site.play()[0] == 0
    page.components["c1"] = "major_outage"
    site.write(("phase", {"phase": "open", "reason": "it is back"}))
    site.write(("phase", {"phase": "resolved", "reason": "seen by hand"}))
    code, shown = site.play()[:2]
    assert (code, page.components["c1"]) == (0, "major_outage"), "a person has it so: it is left, and named"
    assert "component c1 of the page is major_outage" in shown
    page.components["c1"] = "operational"
    assert "component c1" not in site.play()[1]


def test_the_public_is_informed_as_the_site_s_variable_says(tmp_path, servers):
    dummy, page, *dummy2 = servers
    given = {name: value for name, value in all_channels(servers)["page"].items() if name not in ("first_post", "soak")}
    site = Site(tmp_path, page=given)
    code, shown = site.play()
    assert (code, page.incidents) == (0, []), "ask is the default"
    assert "first post" in " ".join(shown.split()), shown
    assert site.play(announce_public="act")[0] == 0
    assert [state for dummy, state in page.published()[0]] == ["investigating"]
    site.write(*EVENTS)
    assert site.play(announce_public="act")[0] == 0
    assert page.published()[0][-1][1] == "monitoring", "for 600 s, which is the default"
    assert site.play(announce_public="act", announce_soak=0)[0] == 0
    assert page.published()[0][-1][1] == "resolved"


def test_a_channel_is_archived_when_the_site_s_variable_says(tmp_path, servers):
    slack, *dummy = servers
    site = Site(tmp_path, slack=all_channels(servers)["slack"])
    site.write(*EVENTS, ("phase", {"phase": "resolved", "reason": "seen by hand"}))
    assert site.play()[0] == 0
    room = next(room for room in slack.rooms if room.name.startswith("incident-"))
    assert not room.is_archived, "a day is the default"
    assert site.play(announce_archive_after=0)[0] == 0
    assert room.is_archived


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become another user")
def test_a_log_that_another_user_writes_is_read_and_written_as_that_user(tmp_path, servers):
    """So the modules run on the log's host, and the channels are reached from the controller all the same."""
    site = Site(tmp_path, pager=all_channels(servers)["pager"])
    site.variables.update(runbook_incident_user="root", ansible_become_method="ansible.builtin.su")
    code, shown = site.play()
    assert code == 0, shown
    assert site.states() == {"pager/trigger/1": "sent"}
    assert servers[2].alerts == {"a": "trigger"}


def test_a_tick_pages_who_is_on_call_until_one_acknowledges(tmp_path, servers):
    slack, *dummy, mail = servers
    channels = all_channels(servers)
    site = Site(tmp_path, slack=channels["slack"], mail=channels["mail"])
    week = {"zone": "Europe/Berlin", "starts": "2026-01-05", "people": ["ada"]}
    site.variables["runbook_people"] = [{"name": "ada", "slack": "U1", "mail": "ada@example.org"}]
    site.variables["runbook_oncall"] = {
        "primary": {"layers": [week]},
        "secondary": {"layers": [{**week, "people": []}]},
    }
    acknowledge = "playbooks/incident_ack.yml -e incident_id=a"
    of_a_copy = {"awx_job_id": 5}  # whose inventory is in a folder of the job
    shown = " ".join(site.play("--check", playbook="playbooks/incident_tick.yml", **of_a_copy)[1].split())
    assert f"ansible-playbook -i INVENTORY {acknowledge}" in shown
    for dummy2 in range(2):
        code, shown = site.play(playbook="playbooks/incident_tick.yml")
        assert code == 0, shown
    paged = [message["text"] for message in slack.room("dm-U1").messages]
    assert len(paged) == 1
    assert "you are on call as primary" in paged[0]
    assert f"To acknowledge: ansible-playbook -i {tmp_path}/hosts.yml {acknowledge}" in paged[0]
    assert [str(each["To"]) for each in mail.mails if "PAGE" in str(each["Subject"])] == ["ada@example.org"]
    roles = [line["note"] for line in site.lines() if line["kind"] == "role"]
    assert [(note["role"], note["person"], note["action"]) for note in roles] == [
        ("incident_commander", "ada", "assigned")
    ]
    site.write(("acknowledged", {}))
    site.play(playbook="playbooks/incident_tick.yml")
    assert len(slack.room("dm-U1").messages) == 1


def test_the_run_that_opens_an_incident_fills_its_roles_and_pages_and_leaves_a_feed_to_the_tick(tmp_path, servers):
    slack, *dummy = servers
    site = Site(tmp_path, slack=all_channels(servers)["slack"])
    layer = {"zone": "Europe/Berlin", "starts": "2026-01-05"}
    site.variables["runbook_people"] = [{"name": "ada", "slack": "U1"}, {"name": "bob", "slack": "U2"}]
    own = {step: {"layers": [{**layer, "people": [name]}]} for step, name in (("primary", "ada"), ("secondary", "bob"))}

    def to_ada():
        return [message for room in slack.rooms if room.name == "dm-U1" for message in room.messages]

    feed = {**own, "secondary": {"ical": str(tmp_path / "secondary.ics")}}
    for rotation, severity, roles, pages in ((own, "P3", 2, 0), (own, "P1", 2, 1), (feed, "P1", 0, 0)):
        site.variables.update(runbook_oncall=rotation, runbook_incident_log=str(tmp_path / f"{severity}{roles}"))
        before = len(to_ada())
        code, shown = site.play(
            playbook="playbooks/incident_open.yml", incident_act_text="no booking is paid", incident_id="new",
            incident_act_severity=severity, incident_act_reported_by="support",
        )  # fmt: skip
        assert code == 0, shown
        (log,) = Path(site.variables["runbook_incident_log"]).glob("*.jsonl")
        events = [json.loads(line) for line in log.read_text().splitlines()]
        assigned = [event["note"]["person"] for event in events if event["kind"] == "role"]
        assert assigned == ["ada", "bob"][:roles]
        assert len(to_ada()) - before == pages


def test_people_rotations_and_templates_in_another_form_cost_no_message(tmp_path, servers):
    slack, *dummy = servers
    site = Site(tmp_path, slack=all_channels(servers)["slack"])
    site.variables.update(
        runbook_people={"ada": {"slack": "U1"}}, runbook_oncall=[{"primary": "ada"}], runbook_announce_templates=["x"]
    )
    code, shown = site.play(playbook="playbooks/incident_tick.yml")
    assert code == 0, shown
    states = site.states()
    assert (states["slack/channel"], states["slack/passed_over/primary"]) == ("sent", "sent")
    texts = " ".join(message["text"] for room in slack.rooms for message in room.messages)
    assert "runbook_oncall is a dictionary with primary, secondary, escalation" in texts
    assert "runbook_announce_templates is no dictionary" in " ".join(shown.split())


MODULE = "pafar.runbook.announce"


def test_the_module_alone_returns_what_became_of_each_message(tmp_path, servers):
    site = Site(tmp_path, tracker=all_channels(servers)["tracker"])
    result = tmp_path / "result.json"
    task = {MODULE: {"log": str(site.log), "channels": site.variables["runbook_announce"]}, "register": "sent"}
    keep = {"ansible.builtin.copy": {"content": "{{ sent | to_json }}", "dest": str(result), "mode": "0600"}}
    play = [{"hosts": "localhost", "gather_facts": False, "tasks": [task, keep]}]
    (tmp_path / "play.yml").write_text(json.dumps(play))
    environment = {**os.environ, "HOME": str(tmp_path)}
    subprocess.run(["ansible-playbook", str(tmp_path / "play.yml")], cwd=ROOT, env=environment, check=True)
    found = json.loads(result.read_text())
    assert [(row["key"], row["state"]) for row in found["messages"]] == [("tracker/create/1", "sent")]
    assert "tracker-key" not in result.read_text()


def test_a_misspelt_setting_and_a_missing_library_are_one_sentence(tmp_path):
    code, shown = Site(tmp_path / "a", slack={"tokn": "x"}).play()
    assert code == 2
    assert "runbook_announce.slack has no setting 'tokn'; did you mean token?" in shown


@pytest.mark.parametrize("kind", ["silent", "dropped", "no name", "refused"])
def test_no_channel_keeps_a_run_longer_than_its_budget(tmp_path, servers, kind):
    """The bound is generous: what is compared is the time beyond that of a run with nothing to send."""
    with dropped() as address:
        code, taken, without, states = _played_at(tmp_path, servers, kind, address)
    assert code == 0
    assert taken < without * 3 + 30, "a channel that is silent for 60 s does not hold it up"
    assert "sent" not in states
    if kind in ("no name", "refused"):
        assert states <= {"failed", "queued", "sending"}, "surely not sent, or no time was left"


def _played_at(folder, servers, kind, address):
    """Exit code, seconds of the run and of one with nothing to send, and the states of the messages."""
    slack, page, pager, tracker, dummy = servers
    url = {"silent": "", "dropped": address, "no name": NO_SUCH_NAME, "refused": "http://127.0.0.1:1"}[kind]
    for server in (slack, page, pager, tracker):
        server.fault_for = lambda _request: Fault(SILENT)
    channels = {
        "slack": {"token": "x", "api": f"{url or slack.url}/api/"},
        "page": {"kind": "statuspage", "token": "x", "page": "p", "api": url or page.url, "scenarios": ["disk_space"],
                 "first_post": "act"},
        "pager": {"kind": "pagerduty", "routing_key": "x", "api": url or pager.url},
        "tracker": {"url": url or tracker.url},
    }  # fmt: skip
    began = time.monotonic()
    Site(folder / "none").play()
    without = time.monotonic() - began
    site = Site(folder / "some", **channels)
    began = time.monotonic()
    code, dummy = site.play(announce_budget=6)
    taken = time.monotonic() - began
    return code, taken, without, set(site.states().values())


def test_a_channel_that_is_misspelt_is_named_and_keeps_no_other_from_being_used(tmp_path, servers):
    slack, *dummy, mail = servers
    channels = all_channels(servers)
    site = Site(tmp_path, slack=channels["slack"], mail={**channels["mail"], "too": "x"})
    site.write(*EVENTS)
    code, shown = site.play()
    assert code != 0
    assert "runbook_announce.mail has no setting 'too'; did you mean to?" in shown
    assert "slack/diagnosed" in str(slack.said())
    assert mail.mails == []
