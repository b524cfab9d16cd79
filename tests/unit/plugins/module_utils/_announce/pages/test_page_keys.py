"""What a key and a log tell of the incident on the page."""

from __future__ import annotations

import json

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._announce.pages.page_keys import (
    is_left_open,
    is_on_page,
    last_on_page,
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
        assert is_left_open(log) is (state not in ("", "resolved"))


@pytest.mark.parametrize("key", ["pager/trigger/1", "page", "pages/identified/1", "page-/identified/1", "mail/page/1"])
def test_keys_of_other_channels(key):
    assert not is_on_page(key)
    assert last_on_page({key: "r"}) == ("", "")


def test_text_that_looks_like_a_key_is_none():
    log = json.dumps({"note": {"key": "page/resolved/4", "text": 'they wrote "key": "page/identified/2"'}}).encode()
    assert not is_left_open(log)
