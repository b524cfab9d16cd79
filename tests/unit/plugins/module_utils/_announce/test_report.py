from __future__ import annotations

from typing import Any, get_type_hints

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._announce.outbox import Message
from ansible_collections.pafar.runbook.plugins.module_utils._announce.report import (
    TakenMessage,
    beside,
    own_channel,
    recipient,
)
from ansible_collections.pafar.runbook.plugins.module_utils._announce.settings import settings_of

SITE = settings_of(
    {
        "slack": {"token": "x0xb-secret", "standing_channel": "#ops"},
        "page": {"kind": "statuspage", "token": "page-secret", "page": "p1"},
        "mail": {"host": "x", "sender": "y@z", "to": ["board@z"]},
        "pager": {"kind": "apprise", "url": "json://key-secret@x"},
        "tracker": {"url": "https://user:pass-secret@hooks.test/hook/secret"},
    }
)
CACHET = settings_of({"page": {"kind": "cachet", "token": "x", "api": "https://status.test:8443/api/v1"}})["page"]
OWN = "#incident-2026-11-23-1456"


def taken(channel: str, template: str = "note", audience: str = "inside", key: str = "k", **values: Any) -> Any:
    return {"key": key, "channel": channel, "template": template, "audience": audience, "values": values}


def incident(*messages: Any, **references: str) -> Any:
    return {"messages": list(messages), "references": {f"slack/{name}": value for name, value in references.items()}}


def test_a_message_that_is_taken_has_all_of_a_message():
    assert set(get_type_hints(Message)) <= set(get_type_hints(TakenMessage))


@pytest.mark.parametrize(
    ("message", "own", "to"),
    [
        (taken("mail", to="ada@z"), OWN, "ada@z"), (taken("page"), "", "statuspage p1"),
        (taken("pager"), "", "apprise"),
        (taken("tracker"), "", "hooks.test"),
        (taken("slack", place="standing"), OWN, "#ops"), (taken("slack", place="incident"), OWN, OWN),
        (taken("slack", place="incident"), "", "#ops"), (taken("slack", "channel", name="x"), OWN, OWN),
        (taken("slack", "page", "person", place="U7", person="ada"), OWN, "ada (U7)"),
        (taken("slack", "file", post="C1/7.1", name="whole.txt"), OWN, "the channel C1"),
    ],
)  # fmt: skip
def test_a_message_names_to_whom_it_goes_and_no_secret(message, own, to):
    """A run in check mode named the place within a channel ("incident", "slack"), and no recipient."""
    found = recipient(message, SITE[message["channel"]], own)
    assert found == to
    assert "secret" not in found


def test_a_page_of_cachet_is_named_by_its_host_and_a_channel_by_its_id():
    assert recipient(taken("page"), CACHET, "") == "cachet status.test"
    options = {**SITE["slack"], "standing_channel": "C0123ABCDEF"}
    assert recipient(taken("slack", place="standing"), options, "") == "C0123ABCDEF"


@pytest.mark.parametrize(
    ("given", "own"),
    [
        (incident(taken("slack", "channel", key="slack/channel", name=OWN[1:])), OWN),
        (incident(channel="C0123ABCD"), "the incident's own channel C0123ABCD"),
        (incident(channel=""), ""), (incident(taken("slack")), ""), (incident(), ""),
    ],
)  # fmt: skip
def test_the_own_channel_is_the_one_that_is_made_or_was(given, own):
    assert own_channel(given) == own


@pytest.mark.parametrize(
    ("message", "words"),
    [
        (taken("slack", "channel", invite=["U1", "U2"]), "this channel is made, and U1, U2 invited"),
        (taken("slack", "channel", invite=[]), "this channel is made"), (taken("slack", "links", pin=True), "pinned"),
        (taken("slack", "invite", user="U7"), "U7 is invited"), (taken("slack", "topic"), "as its topic"),
        (taken("slack", "archive"), "this channel is archived"), (taken("slack"), ""), (taken("mail", to="x"), ""),
        (taken("tracker", "issue", action="close"), "close"),
        (taken("pager", "page_person", action="trigger"), "trigger"),
    ],
)  # fmt: skip
def test_what_is_done_beside_a_message_is_said(message, words):
    assert beside(message, "moved it") == words


def test_a_message_that_will_be_cut_says_so():
    assert beside(taken("slack"), "x" * 3001) == "cut, with the whole text as a file"
    assert beside(taken("slack", "links", pin=True), "x" * 3001) == "pinned, cut, with the whole text as a file"
    assert beside(taken("slack"), "x" * 3000) == beside(taken("mail"), "x" * 3001) == ""
