from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._announce.chats.slack_posts import (
    content,
    cut,
    first_of,
    incident_of,
    is_post_of,
    names_incident,
    units,
)


def test_a_post_is_known_by_the_key_in_its_metadata():
    post = content("x", "i", "slack/note/7")
    assert is_post_of(post, "i", "slack/note/7")
    assert not is_post_of(post, "j", "slack/note/7")
    assert not is_post_of(post, "i", "slack/note/70")
    assert incident_of(post) == "i"


@pytest.mark.parametrize("metadata", [None, {}, {"event_payload": None}, {"event_payload": "x"}])
def test_a_message_of_a_person_is_none_of_ours(metadata):
    assert incident_of({"text": "x", "metadata": metadata}) is None
    assert not is_post_of({"metadata": metadata}, "i", "slack/note/7")


@pytest.mark.parametrize(("text", "names"), [("see i-1.", True), ("i-1", True), ("i-12", False), ("x.i-1", False)])
def test_the_id_of_the_incident_is_a_word(text, names):
    assert names_incident(text, "i-1") is names


def test_the_oldest_of_our_messages_is_by_its_time_and_not_by_its_place():
    posts = [
        {**content("x", each, "k"), "ts": stamp} for each, stamp in (("c", None), ("b", "20.1"), ("a", "9.000100"))
    ]
    person = {"text": "x", "ts": "1.0"}
    assert incident_of(first_of([person, *posts]) or {}) == "a"
    assert incident_of(first_of([*posts[:2], person]) or {}) == "b"
    assert first_of([person]) is None


@pytest.mark.parametrize(
    "text", ["a" * 5000, "\U0001f600" * 2999, "a" + "\U0001f600" * 2999, "\u00fc" * 3001, "&amp;" * 900]
)
def test_a_cut_text_fits_as_programs_of_the_web_count_it(text):
    """A block that is too long by their count would be refused for good."""
    shown = cut(text, 3000)
    assert 2990 <= units(shown) <= 3000
    assert shown.endswith("...")
    assert text.startswith(shown[:-3])
    shown.encode()


@pytest.mark.parametrize("text", ["", "a" * 3000, "\U0001f600" * 1500])
def test_what_fits_is_not_cut(text):
    assert cut(text, 3000) == text
