"""What follows an incident: action items in a tracker, invitations by mail, what is overdue; each once."""

from __future__ import annotations

import os
from datetime import datetime, timedelta

import icalendar
import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._announce.io.announcing import Announcing
from ansible_collections.pafar.runbook.plugins.module_utils._announce.io.take import take_messages
from ansible_collections.pafar.runbook.plugins.module_utils._incident.io.log import read
from ansible_collections.pafar.runbook.plugins.module_utils._incident.record import record
from ansible_collections.pafar.runbook.plugins.module_utils._lifecycle.checklist import checklist_of

from support.channels.others import KILLED, MailServer, Tracker
from support.channels.server import EFFECT_CLOSED, Fault
from support.incidents import START, Log, stamp


class Site:
    """One P0, a tracker and a mail server; the time is given."""

    def __init__(self, folder, tracker, mail):
        self.tracker, self.mail = tracker, mail
        self.log = Log(folder / "log", "i", severity="P0")
        self.announcing = Announcing(
            {
                "tracker": {"url": tracker.url, "token": tracker.token},
                "mail": {"host": "127.0.0.1", "port": mail.port, "tls": "none", "sender": "Ops <ops@example.org>",
                         "to": ["board@example.org"], "reviewers": ["ada@example.org"]},
            },
            {},
        )  # fmt: skip

    def announce(self, seconds, ids=("i",)):
        """Two runs, of which the second one has nothing to send or sends what was in doubt."""
        now = START + timedelta(seconds=seconds)
        for number in range(2):
            at = now + timedelta(seconds=200 * number)
            given = {
                "log": str(self.log.folder), "ids": list(ids), "settings": self.announcing.public, "channels": None,
                "lease": 90, "by": "ada", "at": at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"), "group": "",
            }  # fmt: skip

            def append(incident, events, now=at, at=given["at"]):
                row = {"log": str(self.log.folder), "id": incident, "by": "ada", "at": at, "events": events}
                record({**row, "create": False}, False, now=now)

            taken = take_messages(given, False, lambda now=at: now)
            self.announcing.sent(taken, append, 10, lambda now=at: now)

    @property
    def issues(self):
        return {issue["external_id"]: issue for issue in self.tracker.issues}

    def ticked(self, item):
        rows = {row["item"]: row["state"] for row in checklist_of(read(str(self.log.folder), "i")[0])}
        return rows[item] == "done"


@pytest.fixture
def site(tmp_path):
    with Tracker() as tracker, MailServer() as mail:
        yield Site(tmp_path, tracker, mail)


def test_an_action_item_is_one_issue_from_its_beginning_to_its_end(site):
    site.log.write(10, ("action_item", {"key": "A 1/x", "text": "<b>alert</b> on waiters", "owner": "ada"}))
    site.announce(20)
    issue = site.issues["i#A%201%2Fx"]
    assert (issue["title"], issue["state"]) == ("A 1/x: (b)alert(/b) on waiters", "open")
    site.log.write(30, ("action_item", {"key": "A 1/x", "text": "alert on waiters", "state": "done"}))
    site.announce(600)
    assert site.issues["i#A%201%2Fx"]["state"] == "closed"
    assert sorted(site.issues) == ["i", "i#A%201%2Fx"]
    assert len(site.tracker.issues) == 2


def test_where_the_answer_is_lost_the_issue_is_found_again(site):
    site.log.write(10, ("action_item", {"key": "A1", "text": "x"}), ("action_item", {"key": "A2", "text": "y"}))
    lost = []

    def fault(request):
        if request.method == "POST" and "#A" in str(request.fields.get("external_id")) and not lost:
            lost.append(request)
            return Fault(EFFECT_CLOSED)
        return None

    site.tracker.fault_for = fault
    site.announce(20)
    site.announce(900)
    assert lost
    assert sorted(each["external_id"] for each in site.tracker.issues) == ["i", "i#A1", "i#A2"]


def test_the_invitation_is_an_appointment_that_programs_read(site):
    site.log.write(10, ("phase", {"phase": "resolved", "reason": "stable"}))
    assert not site.ticked("postmortem_scheduled")
    site.announce(20)
    (mail,) = [each for each in site.mail.mails if each["To"] == "ada@example.org"]
    assert str(mail["Subject"]).startswith("Review of P0 db_lock_contention")
    part = next(part for part in mail.walk() if part.get_content_type() == "text/calendar")
    assert part.get_param("method") == "REQUEST"
    calendar = icalendar.Calendar.from_ical(part.get_content())
    (event,) = calendar.walk("VEVENT")
    assert calendar["METHOD"] == "REQUEST"
    assert event["DTSTART"].dt == datetime.fromisoformat("2026-11-26T10:00:00+00:00")
    assert (event["ORGANIZER"], event["ATTENDEE"], event["SEQUENCE"]) == (
        "mailto:ops@example.org", "mailto:ada@example.org", 0,
    )  # fmt: skip
    assert [part.get_filename() for part in mail.iter_attachments()] == ["review.ics"]
    assert site.ticked("postmortem_scheduled")


def test_an_invitation_whose_reply_was_lost_goes_out_as_the_same(site):
    site.log.write(10, ("phase", {"phase": "resolved", "reason": "stable"}))
    lost = []

    def fault(step):
        if step == "reply" and not lost:
            lost.append(step)
            return KILLED
        return ""

    site.mail.fault = fault
    site.announce(20)
    ids = [str(mail["Message-ID"]) for mail in site.mail.mails]
    assert len(set(ids)) == len(site.mail.mails) - 1, "only the one in doubt went out again"


def test_what_is_overdue_is_said_weekly_of_an_old_incident_and_nothing_else(site):
    site.log.write(10, ("action_item", {"key": "A1", "text": "alert on waiters", "due": "2026-12-01"}))
    old = (START + timedelta(days=1)).timestamp()
    os.utime(site.log.folder / "i.jsonl", (old, old))
    weeks = []
    for day in (21, 22, 28, 29):
        site.announce(day * 86400, ids=())
        weeks.append(len(site.mail.mails))
    assert weeks == [1, 1, 2, 2]
    assert "A1: alert on waiters (no owner, due 2026-12-01)" in site.mail.mails[0].get_content()
    assert {str(mail["To"]) for mail in site.mail.mails} == {"ada@example.org"}
    assert stamp(0)[:10] == "2026-11-23"
