from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._announce.settings import (
    incomplete,
    settings_of,
    usable_settings,
)
from ansible_collections.pafar.runbook.plugins.module_utils._core.errors import InputError


def test_what_is_left_out_has_its_default_and_an_empty_channel_is_none():
    found = settings_of({"slack": {"token": "x", "invite": ["U1"]}, "page": {}, "mail": None})
    assert list(found) == ["slack"]
    assert (found["slack"]["standing_channel"], found["slack"]["invite"]) == ("pafar-incidents", ["U1"])


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"slak": {"token": "x"}}, "'slak' is no channel; did you mean slack?"),
        ({"slack": {"tokn": "x"}}, "has no setting 'tokn'; did you mean token?"),
        ({"slack": {"invite": ["U1"]}}, "runbook_announce.slack needs token"),
        ({"page": {"kind": "atlassian", "token": "x"}}, "kind is one of statuspage, cachet"),
        ({"mail": {"host": "x", "sender": "y", "to": {"ada": "ada@example.org"}}}, "mail.to is a list of addresses"),
        ({"mail": {"host": "x", "sender": "y", "to": " , "}}, "runbook_announce.mail needs to"),
        ({"slack": {"token": "x", "links": ["http://x"]}}, "links is a dictionary"),
        ({"slack": "xoxb-1"}, "is a dictionary of settings"),
        ({"slack": {"token": "x", "channel_from": "p2"}}, "channel_from is one of P0, P1, P2, P3"),
        ({"slack": {"token": "x", "archive_after": "a day"}}, "archive_after: 'a day' is no number of seconds"),
        (
            {"mail": {"host": "x", "sender": "y", "to": "z", "severities": ["P0", "p1"]}},
            "severities: 'p1' is none of P0",
        ),
        ({"page": {"kind": "cachet", "token": "x", "soak": "10m"}}, "page.soak: '10m' is no number of seconds"),
        ({"page": {"kind": "cachet", "token": "x", "soak": float("inf")}}, "page.soak: inf is no number of seconds"),
        ({"page": {"kind": "cachet", "token": "x", "soak": None}}, "page.soak: None is no number of seconds"),
        (
            {"page": {"kind": "cachet", "token": "x", "affects": {"disk": "web"}}},
            "affects: disk has a list of names",
        ),
        (
            {"page": {"kind": "cachet", "token": "x", "components": {"web": 1}, "affects": {"disk": ["wbe"]}}},
            "page.affects.disk: 'wbe' is none of components; did you mean web?",
        ),
        ({"alertmanager": {"url": "http://x", "labels": "instance"}}, "alertmanager.labels is a list"),
        ({"alertmanager": {"url": "http://x", "labels": ["instance", 5]}}, "labels: 5 is no name of a label"),
        ({"alertmanager": {"url": "http://x", "labels": ["instance", ""]}}, "labels: '' is no name of a label"),
        ({"alertmanager": {"url": "http://x", "labels": ["alertname"]}}, "labels names a label beside alertname"),
    ],
)
def test_a_setting_that_is_none_is_refused_by_name(given, says):
    with pytest.raises(InputError) as refused:
        settings_of(given)
    assert says in str(refused.value)
    assert "xoxb-1" not in str(refused.value)


@pytest.mark.parametrize(
    ("to", "addresses"),
    [
        ("ada@example.org", ["ada@example.org"]),
        ("ada@example.org, bob@example.org,", ["ada@example.org", "bob@example.org"]),
        (["ada@example.org, bob@example.org", '"Doe, J" <j@example.org>; eve@example.org'],
         ["ada@example.org", "bob@example.org", '"Doe, J" <j@example.org>', "eve@example.org"]),
        (["ada@example.org", "Board <board@example.org>"], ["ada@example.org", "Board <board@example.org>"]),
        (["Board <board@example.org>", "ada@example.org", "board@Example.org", "<ADA@example.org>"],
         ["Board <board@example.org>", "ada@example.org"]),
        (["", " ", "no address", "no address"], ["no address"]),
    ],
)  # fmt: skip
def test_one_address_is_no_list_of_letters_and_two_are_not_one(to, addresses):
    """The second address of one text would be in the header of the mail, and never get it."""
    given = {"host": "x", "sender": "y", "to": to, "reviewers": to, "approvers": to}
    found = settings_of({"mail": given})["mail"]
    assert found["to"] == found["reviewers"] == found["approvers"] == addresses


def test_a_channel_that_is_misspelt_keeps_no_other_from_being_used():
    """The page to a person would wait for a setting of mail."""
    given: dict[Any, Any] = {
        "slack": {"token": "x"},
        "mail": {"host": "x", "sender": "y", "too": "z"},
        "slak": {"token": "x"},
        5: {"a": 1},
    }
    found, problems = usable_settings(given)
    assert list(found) == ["slack"]
    assert [problem.partition(":")[0].partition(" has")[0] for problem in problems] == [
        "runbook_announce.mail", "runbook_announce", "runbook_announce",
    ]  # fmt: skip
    assert "Nothing was sent" not in str(problems)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"page": {"kind": "statuspage", "token": "x"}}, "page needs page for the kind statuspage"),
        ({"page": {"kind": "cachet", "token": "x", "page": "p"}}, "page needs api for the kind cachet"),
        ({"pager": {"kind": "pagerduty", "url": "x"}}, "pager needs routing_key for the kind pagerduty"),
        ({"pager": {"kind": "apprise", "routing_key": "x"}}, "pager needs url for the kind apprise"),
        ({"page": {"kind": "statuspage", "token": "x", "page": "p"}}, ""),
        ({"page": {"kind": "cachet", "token": "x", "api": "http://x"}}, ""),
        ({"pager": {"kind": "pagerduty", "routing_key": "x"}}, ""), ({"pager": {"kind": "apprise", "url": "x"}}, ""),
        ({"slack": {"token": "x"}}, ""),
    ],
)  # fmt: skip
def test_what_a_kind_of_channel_needs_is_named_before_an_incident(given, says):
    found = incomplete(settings_of(given))
    assert found == ([f"runbook_announce.{says}: messages wait for it"] if says else [])


@pytest.mark.parametrize(
    ("given", "end"),
    [
        ({"slak": {"token": "x"}}, "did you mean slack?"),
        ({"slack": {"tokn": "x"}}, "did you mean token?"),
        ({"slack": {"zzz": "x"}}, "vendors."),
        ({"zzz": {"token": "x"}}, "tracker."),
    ],
)
def test_a_proposal_ends_as_one_sentence(given, end):
    (problem,) = usable_settings(given)[1]
    assert problem.endswith(end)
