"""What a key and a log tell of the incident on the page."""

from __future__ import annotations

import json

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._announce.pages.page_keys import (
    PageLog,
    is_on_page,
    last_on_page,
    told_on_page,
)


@pytest.mark.parametrize(
    ("keys", "state"),
    [
        ([], ""),
        (["pager/trigger/1"], ""),
        (["page/investigating/1"], "investigating"),
        (["page/investigating/1", "page/resolved/4.3", "mail/resolved/4/a@x.org"], "resolved"),
        (["page/resolved/4", "page-2/identified/9"], "identified"),
        (["page-12/resolved/30", "pager/resolve/31"], "resolved"),
    ],
)
def test_the_last_state_that_the_page_took(keys, state):
    references = {key: f"r{number}" for number, key in enumerate(keys)}
    found, reference = last_on_page(references)
    assert (found, bool(reference)) == (state, bool(state))
    assert not state or keys[int(reference[1:])].split("/")[1] == state
    lines = [{"kind": "message", "note": {"key": key, "state": "sent"}} for key in keys]
    for separators in ((",", ":"), (", ", ": ")):
        log = "\n".join(json.dumps(line, separators=separators) for line in lines).encode()
        assert PageLog(log).is_left_open is (state not in ("", "resolved"))


@pytest.mark.parametrize("state", ["queued", "sending", "failed", "in_doubt", "refused"])
def test_an_end_that_the_page_did_not_take_leaves_it_open(state):
    end = {"key": "page/resolved/4.3", "state": "queued"}
    log = log_of(sent("page/monitoring/3.2", "x"), end, {**end, "state": state})
    assert PageLog(log).is_left_open
    assert PageLog(log).ended == []
    taken = log_of(sent("page/monitoring/3.2", "x"), end, {**end, "state": state}, sent("page/resolved/4.3", "x"))
    assert (PageLog(taken).is_left_open, PageLog(taken).ended) == (False, ["x"])


def test_a_line_that_no_parser_takes_keeps_no_log_from_being_read():
    deep = b'{"key": "page/resolved/4", "x": ' + b"[" * 200_000 + b"]" * 200_000 + b"}"
    assert PageLog(deep + b"\n" + log_of(sent("page/resolved/4", "x"))).ended == ["x"]
    assert not PageLog(deep).is_left_open


@pytest.mark.parametrize("key", ["pager/trigger/1", "page", "pages/identified/1", "page-/identified/1", "mail/page/1"])
def test_keys_of_other_channels(key):
    assert not is_on_page(key)
    assert last_on_page({key: "r"}) == ("", "")


def test_text_that_looks_like_a_key_is_none():
    text = 'they wrote "key": "page/identified/2"'
    log = json.dumps({"note": {"key": "page/resolved/4", "state": "sent", "text": text}}).encode()
    assert not PageLog(log).is_left_open


def log_of(*notes):
    return b"\n".join(json.dumps({"kind": "message", "note": note}).encode() for note in notes)


def sent(key, reference):
    return {"key": key, "state": "sent", "reference": reference}


@pytest.mark.parametrize(
    ("notes", "references"),
    [
        ([], []),
        ([sent("page/investigating/1", "x"), sent("page/resolved/4", "x")], ["x"]),
        ([sent("page/resolved/4", "x"), sent("page/investigating/9", "x"), sent("page/resolved/12", "x")], ["x"]),
        ([sent("page/resolved/4", "x"), sent("page-2/resolved/9", "y")], ["x", "y"]),
        ([sent("page/identified/4", "x"), sent("page/resolved/5", "y")], ["y"]),  # a person had removed x
        ([sent("page/resolved/4", "x"), sent("page-2/identified/9", "y")], []),  # is read, with the open ones
        ([sent("page/identified/4", "x")], []),
        ([sent("pager/resolve/4", "x")], []),
        # Whether the page took the end is not known, or surely not.
        ([sent("page/identified/4", "x"), {"key": "page/resolved/5", "state": "queued"}], []),
        ([{"key": "page/resolved/5", "state": "sent"}], []),
        ([{"key": "page/resolved/5", "reference": {"a": 1}, "state": ["sent"]}], []),
    ],
)
def test_the_page_s_references_of_an_old_incident_that_has_ended_there(notes, references):
    assert PageLog(log_of(*notes)).ended == references


def test_lines_that_are_none_are_left_out():
    bad = b'{"key": "page/resolved/4", \n["note", {"key": "page/resolved/4"}]\n{"note": [{"key": "page/resolved/4"}]}\n'
    assert PageLog(bad + log_of(sent("page/resolved/4", "x"))).ended == ["x"]


def test_the_last_state_of_each_incident_of_the_page():
    given = {"page/identified/1": "x", "pager/trigger/1": "d", "page-2/identified/5": "y", "page-2/resolved/9": "y"}
    assert told_on_page(given) == [("identified", "x"), ("resolved", "y")]
    assert told_on_page({"pager/trigger/1": "d"}) == []
    assert told_on_page({"page/identified/1": ""}) == [], "without a reference it cannot be found there"


def test_the_states_of_components_that_the_page_has_from_an_incident():
    def queued(key, components):
        return {"key": key, "state": "queued", "values": {"components": components}}

    taken = ("page/investigating/1", "page/identified/3", "page/resolved/5", "page-2/resolved/9", "page/update/7")
    log = log_of(
        queued("page/investigating/1", {"c1": "partial_outage", "c2": "partial_outage"}),
        queued("page/identified/3", {"c1": "major_outage"}),
        queued("page/monitoring/4", {"c1": "degraded_performance"}),
        {"key": "page/monitoring/4", "state": "replaced"},
        queued("page/resolved/5", {"c1": "operational", "c2": "operational"}),
        queued("page-2/resolved/9", {"c1": "partial_outage"}),
        queued("pager/trigger/1", {"c3": "major_outage"}),
        queued("page/update/8", ["c4"]),
        {"key": "page/update/7", "state": "queued", "values": "c5"},
        *(sent(key, "x") for key in taken),
    )
    assert PageLog(log).components == {
        "c1": ["partial_outage", "major_outage", "operational"],
        "c2": ["partial_outage", "operational"],
    }
    assert PageLog(b"").components == {}
