from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._postmortem.passages import (
    PROMPTS,
    first_line_of,
    other_sections,
    passages,
    status_of,
    unanswered,
)

from support.timelines import event


def wrote(seq, section, text):
    return event(seq, seq, "written", section=section, text=text)


@pytest.mark.parametrize(
    "text",
    [
        "plain",
        "two\n\n  lines\t\n",
        "\U0001f469\u200d\U0001f4bb emoji",
        "\u202eturned\u202c",
        "tr\u0101ns\u0301",
        "{{ x }} <b> | `",
        " ",
    ],
)
def test_a_passage_is_kept_as_it_was_written(text):
    (passage,) = passages([wrote(4, "lucky", text)], "lucky")
    assert (passage.text, passage.seq, passage.by, passage.hidden) == (text, 4, "ada", False)


@pytest.mark.parametrize("secret", ["password=hunter2hunter2", "key sk_live_abc123", "postgres://u:pw12345@db/x"])
def test_a_secret_in_a_passage_is_hidden_and_the_other_lines_are_kept(secret):
    (passage,) = passages([wrote(1, "impact", f"before  \u200d\n{secret}\n\tafter")], "impact")
    lines = passage.text.split("\n")
    assert (lines[0], lines[2], passage.hidden) == ("before  \u200d", "\tafter", True)
    assert "(hidden)" in lines[1]


def test_all_passages_of_a_section_are_there_in_order():
    events = [wrote(1, "lessons", "a"), wrote(2, "lucky", "b"), wrote(3, "lessons", "c")]
    assert [passage.text for passage in passages(events, "lessons")] == ["a", "c"]
    assert set(unanswered(events)) == set(PROMPTS) - {"lessons", "lucky"}


def test_a_section_without_a_place_is_not_left_out():
    events = [wrote(1, "weather", "a"), wrote(2, "status", "done"), wrote(3, "lucky", "b"), wrote(4, "weather", "c")]
    assert other_sections(events) == ["weather"]


@pytest.mark.parametrize(
    ("texts", "status"),
    [
        ([], ("draft", 0)),
        (["in review"], ("in review", 1)),
        (["Done", "perfect"], ("done", 1)),
        (["done", "draft"], ("draft", 2)),
    ],
)
def test_the_status_is_the_last_one_that_is_known(texts, status):
    assert status_of([wrote(seq, "status", text) for seq, text in enumerate(texts, 1)]) == status


def test_the_first_line_of_the_last_passage():
    events = [wrote(1, "x", "a"), wrote(2, "x", " b \nc")]
    found = first_line_of(events, "x")
    assert found is not None
    assert (found[0]["seq"], found[1]) == (2, "b")
    assert first_line_of(events, "y") is None
