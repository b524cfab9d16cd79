"""Messages of an incident that are taken to send, as the module returns them."""

from __future__ import annotations

import json

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._announce.io import take as taking
from ansible_collections.pafar.runbook.plugins.module_utils._announce.settings import settings_of
from ansible_collections.pafar.runbook.plugins.module_utils._incident.record import record

from support.modules import run_module

SETTINGS = settings_of({"mail": {"host": "h", "sender": "a@example.org", "to": ["b@example.org"]},
                        "pager": {"kind": "pagerduty", "routing_key": "x"}})  # fmt: skip


@pytest.fixture
def log(tmp_path):
    opening = {"hosts": ["db1"], "severity": "P1", "scenario": "disk_space"}
    record({"log": str(tmp_path), "id": "a", "opening": opening, "host": "db1", "events": []}, False)
    return tmp_path


def take(log, check=False, **options):
    result = run_module("incident_outbox", check=check, log=str(log), settings=SETTINGS, **options)
    assert "failed" not in result, result
    return result


def kinds(log):
    return [json.loads(line)["kind"] for line in (log / "a.jsonl").read_text().splitlines()]


def keys(result):
    return [message["key"] for incident in result["incidents"] for message in incident["messages"]]


def test_check_takes_nothing_and_a_second_run_finds_what_the_first_one_has(log):
    expected = ["mail/investigating/1.1/b@example.org", "pager/trigger/1"]
    assert keys(take(log, check=True)) == expected
    assert kinds(log) == ["opened"]
    assert keys(take(log)) == expected
    assert kinds(log) == ["opened", *["message"] * 4]
    again = take(log)
    assert (keys(again), again["incidents"][0]["waiting"]) == ([], 2)
    assert kinds(log) == ["opened", *["message"] * 4], "nothing is due, so nothing is written"
    late = take(log, lease=0)
    assert [message["asks"] for message in late["incidents"][0]["messages"]] == [True, True]


def test_the_log_says_by_whom_a_message_is_being_sent_and_the_queue_of_another_says_so(log):
    take(log, by="awx/runbook-tick")
    events = [json.loads(line) for line in (log / "a.jsonl").read_text().splitlines()]
    sending = [event for event in events if event["note"].get("state") == "sending"]
    assert [(event["by"], event["note"]["key"]) for event in sending] == [
        ("awx/runbook-tick", "mail/investigating/1.1/b@example.org"), ("awx/runbook-tick", "pager/trigger/1"),
    ]  # fmt: skip
    (line,) = [line for line in take(log, by="ada")["incidents"][0]["lines"] if line.startswith("pager")]
    assert "being sent by awx/runbook-tick" in line


@pytest.mark.parametrize("broken", ["wanted", "severity_of", "components_shown"])
def test_an_incident_that_no_reader_can_make_out_keeps_no_message_of_another_one_up(log, broken, monkeypatch):
    """A fault of a reader, or what was written by hand: the other incident may page a person."""
    opening = {"hosts": ["db1"], "severity": "P1", "scenario": "disk_space"}
    record({"log": str(log), "id": "bad", "opening": opening, "host": "db1", "events": [], "by": "bad"}, False)
    works = getattr(taking, broken)

    def fails(*given, **options):
        if "bad" in str(given)[:400]:
            raise KeyError("person")
        return works(*given, **options)

    monkeypatch.setattr(taking, broken, fails)
    page = settings_of({"page": {"kind": "statuspage", "token": "x", "components": {"web": "c1"}}})
    given = {"log": str(log), "ids": [], "channels": None, "lease": 90, "by": "ada", "at": "", "group": ""}
    report = taking.take_messages({**given, "settings": {**SETTINGS, **page}}, False)
    (whole,) = [each for each in report["incidents"] if each["id"] == "a"]
    assert "pager/trigger/1" in [message["key"] for message in whole["messages"]]
    if broken == "wanted":
        assert report["lines"] == ["bad: not read: KeyError: 'person'"]


def test_only_the_channels_that_are_asked_for(log):
    assert keys(take(log, channels=["pager"])) == ["pager/trigger/1"]


def test_an_incident_that_is_not_there_is_named(log):
    found = take(log, ids=["nope", "a"])
    assert [incident["id"] for incident in found["incidents"]] == ["a"]
    assert found["lines"][0].startswith("nope: not read: There is no incident 'nope'")


ADA = [{"step": "primary", "person": "ada", "mail": "ada@example.org"}]


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"after": {"P1": 5}}, "incident_escalate_after.P1: 5"), ({"after": [5]}, "incident_escalate_after"),
        ({"public_every": {"P9": 5}}, "incident_public_update_every: 'P9': 5"), ({"public_every": [5]}, "[5]"),
        ({"roles_from": {"boss": "primary"}}, "incident_roles_from: 'boss'"),
        ({"roles_from": "x"}, "incident_roles_from"),
    ],
)  # fmt: skip
def test_a_rule_of_the_site_that_is_misspelt_is_said_and_costs_no_page(log, wrong, says):
    found = take(log, answerers=ADA, **wrong)
    assert "call/primary/mail" in keys(found)
    assert "role" in kinds(log)
    assert (len(found["lines"]), says in found["lines"][0]) == (1, True)
    assert "Nothing was" not in found["lines"][0]
