from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._incident.scope import (
    Candidate,
    Scope,
    best,
    candidate,
    scope_of,
    targets_of,
    why_joined,
)

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
WITHIN = timedelta(hours=4)


def event(kind="noted", host="db1", minutes=10, logged="", **note) -> Any:
    at = (NOW - timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return {"seq": 1, "at": at, "kind": kind, "by": "ada", "host": host, "note": note, "logged": logged}


@pytest.mark.parametrize(
    ("other", "target", "joins"),
    [
        ("web1", "web:1->3", True),
        ("web2", "web:1->3", False),
        ("web2", "role:0->30s", False),
        ("web2", "5057@20261127T021441.736000Z/20261127T021441.748038Z", True),
        ("web2", "shop-web-1@4f1e/2026-11-27T02:14:41Z", True),
    ],
)
def test_a_target_is_that_of_another_host_only_if_it_can_be_no_other(other, target, joins):
    incident = Candidate("i", NOW, of("web1", targets=[target]))
    assert bool(best([incident], of(other, targets=[target]))) is joins


def of(*hosts, targets=()) -> Scope:
    return Scope(frozenset(hosts), frozenset(targets))


def test_an_incident_is_about_the_hosts_of_its_run_of_its_events_and_about_every_recorded_target():
    events = [
        event("opened", hosts=["db1", "db2"]),
        event("intended", "web1", mitigation="x", actions=[{"target": "a"}]),
        event("mitigated", "web1", acted_on=[{"target": "b"}, {"who": "no target"}]),
        event("held", "", plan={"actions": [{"target": "c"}]}),
    ]
    assert scope_of(events) == of("db1", "db2", "web1", targets=["a", "b", "c"])


@pytest.mark.parametrize("note", [{}, {"plan": "x"}, {"actions": {"target": "x"}}, {"acted_on": ["x", None]}])
def test_what_is_no_list_of_actions_has_no_target(note):
    assert targets_of(note) == set()


@pytest.mark.parametrize(
    ("events", "joins"),
    [
        ([event(minutes=239)], True),
        ([event(minutes=241)], False),
        ([event(minutes=900), event(minutes=1)], True),
        ([event(), event("phase", phase="resolved")], False),
        ([event(), event("phase", phase="closed")], False),
        ([event("phase", phase="resolved"), event("phase", phase="monitoring")], True),
        ([event(minutes=900, logged="2026-11-27T11:00:00.000000Z")], True),  # the writer's clock was wrong
        ([{**event(), "at": "yesterday"}], False),
        ([], False),
    ],
)
def test_only_an_open_incident_with_a_recent_event_is_joined(events, joins):
    assert (candidate("i", events, NOW, WITHIN) is not None) == joins


def test_the_one_that_shares_most_comes_first_and_of_equal_ones_the_newest():
    old, new = NOW - timedelta(hours=2), NOW - timedelta(minutes=2)
    incidents = [
        Candidate("one host, new", new, of("db1")),
        Candidate("one host, old", old, of("db1", "web9")),
        Candidate("both hosts", old, of("db1", "db2")),
        Candidate("a target", old, of("db1", "db2", targets=["t"])),
        Candidate("nothing", new, of("web1", targets=["u"])),
    ]
    chosen = [each.id for each in best(incidents, of("db1", "db2", targets=["t"]))]
    assert chosen == ["a target", "both hosts", "one host, new", "one host, old"]


def test_it_is_said_what_is_shared_how_old_it_is_and_what_else_would_fit():
    chosen = Candidate("i", NOW - timedelta(minutes=12), of("db1", "db2", targets=["t"]))
    others = [Candidate("j", NOW, of("db1"))]
    said = why_joined(chosen, of("db1", "x", targets=["t"]), NOW, others)
    assert "shares db1, 1 targets" in said
    assert "its last event was 12 min ago" in said
    assert "j would fit too" in said
    assert said.endswith("incident_id=new opens another one")


@pytest.mark.parametrize(
    ("opening", "site", "joins"),
    [
        ({"site": "a"}, "a", True),
        ({"site": "a"}, "b", False),
        ({"site": "a"}, "", True),
        ({}, "b", True),
        ({"scenario": "triage"}, "", False),
    ],
)
def test_neither_a_survey_nor_an_incident_of_another_site_is_joined(opening, site, joins):
    events = [event("opened", **opening), event()]
    assert (candidate("i", events, NOW, WITHIN, site) is not None) == joins


@pytest.mark.parametrize(
    ("opening", "survey", "joins"),
    [
        ({"scenario": "triage", "alert": "high_cpu"}, "high_cpu", True),
        ({"scenario": "triage", "alert": "high_cpu"}, "payment_outage", False),
        ({"scenario": "triage"}, "high_cpu", False),
        ({"scenario": "disk_space", "alert": "high_cpu"}, "high_cpu", False),
        ({"scenario": "triage", "alert": "high_cpu"}, "", False),
    ],
)
def test_a_survey_joins_that_of_an_alert_of_the_same_scenario_alone(opening, survey, joins):
    events = [event("opened", **opening), event()]
    assert (candidate("i", events, NOW, WITHIN, survey=survey) is not None) == joins
