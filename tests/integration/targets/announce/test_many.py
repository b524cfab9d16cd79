"""The outbox of many incidents, and pages that a person has changed when nothing is left to send."""

from __future__ import annotations

import os
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._announce.io.announcing import Announcing
from ansible_collections.pafar.runbook.plugins.module_utils._announce.io.take import take_messages, utc_now
from ansible_collections.pafar.runbook.plugins.module_utils._announce.outbox import Message, queued_note
from ansible_collections.pafar.runbook.plugins.module_utils._announce.pages.ended_by_hand import HOW
from ansible_collections.pafar.runbook.plugins.module_utils._incident.record import record

from support.channels.others import MailServer, PagerDuty, Tracker
from support.channels.pages import Cachet, Statuspage
from support.channels.server import EFFECT_CLOSED, EFFECT_SILENT, HTML, STATUS, Fault
from support.channels.slack import Slack

ENDED_THERE = f"the page says resolved, the incident is identified: it is left so until {HOW}"
ADA = {"step": "primary", "person": "ada", "slack": "", "mail": "ada@example.org", "why": ""}


def write(log, name, severity="P2", *events):
    opening = {"scenario": "disk_space", "severity": severity, "hosts": ["db1"]}
    rows = [{"kind": kind, "note": note} for kind, note in events]
    record({"log": str(log), "id": name, "by": "ada", "host": "db1", "opening": opening, "events": rows}, False)


def drain(log, settings, answerers=(), budget=300.0, now=None):
    announcing = Announcing(settings, {})
    for name in announcing.settings:
        announcing.channel(name).gap = 0.0
    given = {"log": str(log), "ids": [], "by": "run", "at": "", "group": "", "lease": 90.0, "channels": None,
             "settings": announcing.public, "answerers": list(answerers)}  # fmt: skip
    clock = utc_now if now is None else lambda: now
    taken = take_messages(given, False, clock)

    def append(name, events):
        record({"log": str(log), "id": name, "by": "run", "events": events}, False)

    return taken, announcing.sent(taken, append, budget, clock)


def test_of_many_incidents_those_that_page_people_are_first_and_none_is_lost(tmp_path):
    for number in range(45):
        write(tmp_path, f"i{number:02d}", "P0" if number == 30 else "P2")
    with Tracker() as tracker, MailServer() as mail:
        settings = {
            "tracker": {"url": tracker.url, "token": tracker.token},
            "mail": {"host": "127.0.0.1", "port": mail.port, "tls": "none", "sender": "a@x.org", "to": ["b@x.org"]},
        }
        taken, sent = drain(tmp_path, settings, [ADA])
        assert taken["incidents"][0]["id"] == "i30"
        assert len([each for each in taken["incidents"] if each["messages"]]) == 20
        assert "25 more incidents have messages: the next run sends them" in sent["left"]
        assert sent["waiting"] >= 25
        for dummy in range(3):
            taken, sent = drain(tmp_path, settings, [ADA])
    assert (sent["messages"], sent["left"], sent["waiting"]) == ([], [], 0)
    assert sorted(issue["external_id"] for issue in tracker.issues) == [f"i{number:02d}" for number in range(45)]
    assert [each["To"] for each in mail.mails if "paged" in str(each["Subject"])] == ["ada@example.org"]


def test_what_is_queued_for_a_channel_that_the_site_has_no_more_stays_and_keeps_nothing_up(tmp_path):
    paged = Message("pager/trigger/1", "pager", "page_person", {"action": "trigger"}, "pager")
    write(tmp_path, "a", "P1", ("message", queued_note(paged)))
    write(tmp_path, "b", "P1")
    with Tracker() as tracker:
        dummy, sent = drain(tmp_path, {"tracker": {"url": tracker.url, "token": tracker.token}})
    assert sorted((row["incident"], row["state"]) for row in sent["messages"]) == [("a", "sent"), ("b", "sent")]
    assert [line for line in sent["left"] if "pager" in line] == ["a: pager: pager/trigger/1 is queued"]


@pytest.mark.parametrize(("days", "is_sent"), [(1, True), (5, True), (15, True), (40, False)])
def test_what_was_not_delivered_is_sent_also_where_no_run_came_for_days(tmp_path, days, is_sent):
    """As of a controller that was away over a week-end; other incidents of that age have nothing to say."""
    for name, severity in (("waits", "P0"), ("said", "P0")):
        write(tmp_path, name, severity)
    with PagerDuty() as pager, MailServer() as mail:
        settings = {
            "pager": {"kind": "pagerduty", "routing_key": pager.routing_key, "api": pager.url},
            "mail": {"host": "127.0.0.1", "port": mail.port, "tls": "none", "sender": "a@x.org", "to": ["b@x.org"]},
        }
        pager.fault_for = lambda request: Fault(STATUS, 429) if request.fields.get("dedup_key") == "waits" else None
        drain(tmp_path, settings)
        pager.fault_for = lambda _request: None
        assert pager.alerts == {"said": "trigger"}
        then = time.time() - days * 86400
        for name in ("waits", "said"):
            os.utime(tmp_path / f"{name}.jsonl", (then, then))
        taken, sent = drain(tmp_path, settings, now=utc_now() + timedelta(hours=2))
        assert pager.alerts.get("waits") == ("trigger" if is_sent else None)
        looked = {each["id"] for each in taken["incidents"]}
        assert looked == ({"said", "waits"} if days == 1 else {"waits"} if is_sent else set())
        assert sent["left"] == []


@pytest.mark.parametrize("kind", ["statuspage", "tracker", "slack"])
def test_a_pause_that_is_asked_for_holds_for_the_other_incidents_of_the_run(tmp_path, kind):
    for number in range(6):
        write(tmp_path, f"i{number}", "P3", ("diagnosed", {"cause": "full"}))
    with Statuspage() as page, Tracker() as tracker, Slack() as slack:
        given = {
            "statuspage": {"page": {"kind": "statuspage", "api": page.url, "token": page.token, "page": page.page,
                                    "scenarios": ["disk_space"], "first_post": "act"}},
            "tracker": {"tracker": {"url": tracker.url, "token": tracker.token}},
            "slack": {"slack": {"token": slack.token, "api": slack.api}},
        }[kind]  # fmt: skip
        server = {"statuspage": page, "tracker": tracker, "slack": slack}[kind]
        busy = Fault(STATUS, 429, {"Retry-After": "3000"})
        asked = []

        def fault_for(request):
            is_write = request.path.endswith("chat.postMessage") if kind == "slack" else request.method == "POST"
            asked.extend([request.path] if is_write else [])
            return busy if is_write else None

        server.fault_for = fault_for
        now = utc_now()
        sent = drain(tmp_path, given, now=now)[1]
        assert len(asked) == 1, "the others would have been answered the same"
        assert not [row for row in sent["messages"] if row["state"] == "sent"]
        server.fault_for = lambda _request: None
        drain(tmp_path, given, now=now + timedelta(seconds=2700))
        assert len(asked) == 1, "none of them before it is over"
        sent = drain(tmp_path, given, now=now + timedelta(seconds=3100))[1]
        assert {row["incident"] for row in sent["messages"] if row["state"] == "sent"} == {
            f"i{each}" for each in range(6)
        }


def test_posts_of_several_incidents_to_one_channel_are_apart(tmp_path):
    for number in range(4):
        write(tmp_path, f"i{number}", "P3")
    with Slack() as slack:
        announcing = Announcing({"slack": {"token": slack.token, "api": slack.api}}, {})
        announcing.channel("slack").gap = 0.3
        given = {"log": str(tmp_path), "ids": [], "by": "run", "at": "", "group": "", "lease": 90.0, "channels": None,
                 "settings": announcing.public, "answerers": []}  # fmt: skip
        times = []

        def fault_for(request):
            times.extend([time.monotonic()] if request.path.endswith("chat.postMessage") else [])

        slack.fault_for = fault_for
        began = time.monotonic()
        announcing.sent(take_messages(given, False), lambda *_events: None, 60.0)
    assert len(times) == 4
    assert times[-1] - began >= 3 * 0.3


RESOLVED = ("phase", {"phase": "resolved", "reason": "seen"})


@pytest.mark.parametrize("kind", ["statuspage", "cachet"])
def test_a_component_is_as_bad_as_the_worst_incident_that_the_page_shows(tmp_path, kind):
    """Of two incidents the end of one, or a lesser one, says nothing better of what the other one has."""
    states = {"statuspage": ("major_outage", "degraded_performance", "operational"), "cachet": (4, 2, 1)}
    worst, lesser, good = states[kind]
    with Statuspage() if kind == "statuspage" else Cachet() as page:
        component = next(iter(page.components))
        given = {"kind": kind, "api": page.url, "token": page.token, "page": getattr(page, "page", ""),
                 "scenarios": ["disk_space"], "first_post": "act", "components": {"web": component}}  # fmt: skip

        def shown():
            dummy, sent = drain(tmp_path, {"page": given})
            return page.components[component], sent["differences"]

        write(tmp_path, "a", "P0")
        assert shown() == (worst, [])
        write(tmp_path, "b", "P2")
        assert shown() == (worst, [])
        write(tmp_path, "b", "P2", RESOLVED)
        assert shown() == (worst, [])
        assert shown() == (worst, []), "read back by a later run"
        write(tmp_path, "c", "P2")
        write(tmp_path, "a", "P0", RESOLVED)
        assert shown() == (lesser, [])
        write(tmp_path, "c", "P2", RESOLVED)
        write(tmp_path, "d", "P2", RESOLVED)
        assert shown() == (good, []), "also where two end at the same time"
        assert shown() == (good, [])


@pytest.mark.parametrize("kind", ["statuspage", "cachet"])
def test_what_a_person_changed_on_the_page_is_shown_by_every_run_until_it_agrees(tmp_path, kind):
    write(tmp_path, "i", "P1", ("diagnosed", {"cause": "full"}))
    with Statuspage() if kind == "statuspage" else Cachet() as page, PagerDuty() as pager:
        pages = {"kind": "pagerduty", "routing_key": pager.routing_key, "api": pager.url}  # its keys begin alike
        place = {"kind": kind, "api": page.url, "token": page.token, "page": getattr(page, "page", "")}
        component = next(iter(page.components))
        shown = {"scenarios": ["disk_space"], "first_post": "act", "components": {"web": component}}
        settings = {"pager": pages, "page": {**place, **shown}}
        for dummy in range(3):
            assert drain(tmp_path, settings)[1]["differences"] == []
        name, theirs, ours = ("status", "resolved", "identified") if kind == "statuspage" else ("latest_status", 4, 2)
        page.incidents[0][name] = theirs
        for dummy in range(3):
            found = drain(tmp_path, settings)[1]
            assert found["differences"] == [f"i: {ENDED_THERE}"]
            assert found["messages"] == []
        page.incidents[0][name] = ours
        assert drain(tmp_path, settings)[1]["lines"] == []
        told, page.components[component] = page.components[component], 4 if kind == "cachet" else "major_outage"
        for dummy in range(3):
            (found,) = drain(tmp_path, settings)[1]["differences"]
            assert found.startswith(f"i: component {component} of the page is ")
        page.components[component] = told
        assert drain(tmp_path, settings)[1]["lines"] == []


NOT_LISTED = "the page does not list the incident as open, it is identified"


@contextmanager
def shown_page(log, kind="statuspage", **options):
    """A page on which every incident of the log is shown."""
    with Statuspage() if kind == "statuspage" else Cachet() as page:
        place = {"kind": kind, "api": page.url, "token": page.token, "page": getattr(page, "page", "")}
        settings = {"page": {**place, "scenarios": ["disk_space"], "first_post": "act", **options}}
        assert drain(log, settings)[1]["differences"] == []
        yield page, settings


@pytest.mark.parametrize("kind", ["statuspage", "cachet"])
def test_the_page_is_read_back_for_all_that_are_open_on_it_however_many_and_however_old(tmp_path, kind):
    for number in range(9):
        write(tmp_path, f"i{number}", "P1", ("diagnosed", {"cause": "full"}))
    with shown_page(tmp_path, kind) as (page, settings):
        long_ago = time.time() - 30 * 86400
        for number in (0, 4):
            os.utime(tmp_path / f"i{number}.jsonl", (long_ago, long_ago))
        name, theirs = ("status", "resolved") if kind == "statuspage" else ("latest_status", 4)
        for incident in page.incidents:
            incident[name] = theirs
        says = {ENDED_THERE, NOT_LISTED}
        for dummy in range(2):
            found = [line.partition(": ") for line in drain(tmp_path, settings)[1]["differences"]]
            assert sorted(name for name, dummy_colon, dummy_text in found) == [f"i{number}" for number in range(9)]
            assert {text for dummy_name, dummy_colon, text in found} == says


REOPENED = "the page says monitoring, the incident is resolved"


@pytest.mark.parametrize("kind", ["statuspage", "cachet"])
@pytest.mark.parametrize("days", [0, 400])
def test_what_a_person_opens_again_is_named_for_all_that_have_ended_however_many_and_however_long_ago(
    tmp_path, kind, days
):
    for number in range(12):
        write(tmp_path, f"i{number:02}", "P1", RESOLVED)
    with shown_page(tmp_path, kind) as (page, settings):
        long_ago = time.time() - days * 86400
        for log in tmp_path.glob("*.jsonl"):
            os.utime(log, (long_ago, long_ago))
        name, theirs, ours = ("status", "monitoring", "resolved") if kind == "statuspage" else ("latest_status", 3, 4)
        before = len(page.requests)
        assert drain(tmp_path, settings)[1]["lines"] == []
        assert len(page.requests) - before <= 2, "a page allows few calls"
        for incident in page.incidents[3:]:
            incident[name] = theirs
        for dummy in range(2):
            found = [line.partition(": ") for line in drain(tmp_path, settings)[1]["differences"]]
            assert len({name for name, dummy_colon, dummy_text in found}) == len(found) == 9
            assert {text for dummy_name, dummy_colon, text in found} == {REOPENED}
        for incident in page.incidents:
            incident[name] = ours
        page.incidents.pop(5)  # that one was removed after its end is no false word on the page
        assert drain(tmp_path, settings)[1]["differences"] == []


def test_an_open_incident_that_a_person_removes_from_the_page_is_named(tmp_path):
    for number in range(4):
        write(tmp_path, f"i{number}", "P1", ("diagnosed", {"cause": "full"}))
    with shown_page(tmp_path) as (page, settings):
        page.incidents.pop(2)
        (found,) = drain(tmp_path, settings)[1]["differences"]
        name, dummy, text = found.partition(": ")
        assert text.startswith("the incident, which is identified, is not on the page any more")
        write(tmp_path, name, "P1", RESOLVED)
        drain(tmp_path, settings)
        assert drain(tmp_path, settings)[1]["lines"] == []


def test_a_component_that_several_incidents_have_is_named_once(tmp_path):
    with Statuspage() as page:
        component = next(iter(page.components))
        place = {"kind": "statuspage", "api": page.url, "token": page.token, "page": page.page}
        options = {"scenarios": ["disk_space"], "first_post": "act", "components": {"web": component}}
        for number in range(4):
            write(tmp_path, f"i{number}", "P1", RESOLVED)
        drain(tmp_path, {"page": {**place, **options}})
        page.components[component] = "partial_outage"
        found = drain(tmp_path, {"page": {**place, **options}})[1]["differences"]
        assert [line[2:] for line in found] == [": component c1 of the page is partial_outage, not operational"]


@pytest.mark.parametrize("kind", ["statuspage", "cachet"])
def test_that_a_page_which_does_not_answer_could_not_be_read_back_is_said_once(tmp_path, kind):
    for number in range(4):
        write(tmp_path, f"i{number}", "P1", RESOLVED)
    with shown_page(tmp_path, kind) as (page, settings):
        page.fault_for = lambda _request: Fault(STATUS, 503)
        (found,) = drain(tmp_path, settings)[1]["differences"]
        assert found.startswith("the status page could not be read back: HTTP 503")
        page.fault_for = lambda _request: Fault(HTML)
        (found,) = drain(tmp_path, settings)[1]["differences"]
        assert found == "the status page could not be read back: the answer is no JSON"
        page.fault_for = lambda _request: Fault(STATUS, 200, body={"data": None})
        (found,) = drain(tmp_path, settings)[1]["differences"]
        assert found.startswith("the status page could not be read back: the answer ")


@pytest.mark.parametrize("kind", ["statuspage", "cachet"])
def test_a_silent_channel_keeps_no_page_from_being_read_back(tmp_path, kind):
    write(tmp_path, "old", "P1", RESOLVED)
    with shown_page(tmp_path, kind) as (page, settings), Tracker() as tracker:
        name, theirs = ("status", "monitoring") if kind == "statuspage" else ("latest_status", 3)
        page.incidents[0][name] = theirs
        write(tmp_path, "new", "P1", ("diagnosed", {"cause": "full"}))
        tracker.fault_for = lambda _request: Fault(EFFECT_SILENT)
        place = {"url": tracker.url, "token": tracker.token}
        found = drain(tmp_path, {**settings, "tracker": place}, budget=24.0)[1]
        assert found["differences"] == [f"old: {REOPENED}"]


@pytest.mark.parametrize("kind", ["statuspage", "cachet"])
@pytest.mark.parametrize("body", [{}, {"data": None}, {"data": {"id": 1}}])
def test_an_answer_without_a_list_makes_no_second_incident(tmp_path, kind, body):
    """Whether a post had arrived is asked of the list: an answer that is none does not say that it had not."""
    write(tmp_path, "i", "P1")
    with Statuspage() if kind == "statuspage" else Cachet() as page:
        place = {"kind": kind, "api": page.url, "token": page.token, "page": getattr(page, "page", "")}
        settings = {"page": {**place, "scenarios": ["disk_space"], "first_post": "act"}}
        page.fault_for = lambda request: Fault(EFFECT_CLOSED) if request.method == "POST" else None
        drain(tmp_path, settings)
        assert len(page.incidents) == 1
        page.fault_for = lambda request: Fault(STATUS, 200, body=body) if request.method == "GET" else None
        hours = [datetime.now(UTC) + timedelta(hours=number) for number in range(1, 4)]
        for now in hours:
            (row,) = drain(tmp_path, settings, now=now)[1]["messages"]
            assert row["state"] == "in_doubt"
        page.fault_for = lambda _request: None
        drain(tmp_path, settings, now=hours[-1] + timedelta(hours=2))
        assert len(page.incidents) == 1


@pytest.mark.parametrize(("settings", "is_there"), [({}, True), ({"components": {}}, False)])
def test_a_component_counts_by_an_incident_that_is_open_on_the_page_for_long(tmp_path, settings, is_there):
    write(tmp_path, "old", "P0")
    with Statuspage() as page:
        component = next(iter(page.components))
        place = {"kind": "statuspage", "api": page.url, "token": page.token, "page": page.page}
        options = {"scenarios": ["disk_space"], "first_post": "act", "components": {"web": component}, **settings}
        drain(tmp_path, {"page": {**place, **options}})
        long_ago = time.time() - 30 * 86400
        os.utime(tmp_path / "old.jsonl", (long_ago, long_ago))
        write(tmp_path, "new", "P2")
        drain(tmp_path, {"page": {**place, **options}})
        write(tmp_path, "new", "P2", RESOLVED)
        found = drain(tmp_path, {"page": {**place, **options}})[1]
        assert found["differences"] == []
        assert page.components[component] == ("major_outage" if is_there else "operational")
