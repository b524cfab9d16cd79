from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._run.changed_answers import (
    MarkedText,
    changed_answers,
    refusal,
)


def changed(text: str, value: Any, name: str = "incident_note_text") -> list[Any]:
    return [each.value for each in changed_answers({name: MarkedText(text)}, {name: value})]


@pytest.mark.parametrize(
    ("text", "value"),
    [("0123", 83), ("14:40", 880), ("+2", 2), ("-0", 0), ("1_000", 1000), ("0x1F", 31), ("1.10", 1.1), ("1.", 1.0)],
)
def test_a_number_that_was_written_in_another_way_is_changed(text: str, value: Any) -> None:
    assert changed(text, value) == [value]


@pytest.mark.parametrize(("text", "value"), [("yes", True), ("off", False), ("null", None), ("~", None), ("0", 0)])
def test_a_word_that_became_a_truth_or_nothing_is_changed_and_so_is_a_nought(text: str, value: Any) -> None:
    """A playbook takes 0 and false for no answer, and its own default in their place."""
    assert changed(text, value) == [value]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0123", "0123"), ("web, worker", "web, worker"), ("4711", 4711), (" 15\n", 15), ("1.5", 1.5), ("-3", -3),
        ("", None), (" \n", None), ("2026-11-23", date(2026, 11, 23)),
        ("2026-11-23T14:40:00Z", datetime(2026, 11, 23, 14, 40, tzinfo=UTC)),
    ],
)  # fmt: skip
def test_what_says_the_same_is_not_changed(text: str, value: Any) -> None:
    assert changed(text, value) == []


@pytest.mark.parametrize(("text", "value"), [("yes", True), ("no", False), ("1", 1), ("0", 0)])
def test_what_is_true_or_false_may_be_so(text: str, value: Any) -> None:
    assert changed(text, value, "preflight_strict") == []
    assert changed(text, value, "restart_services_at_once") == []


def test_a_truth_that_became_nothing_is_changed() -> None:
    assert changed("null", None, "preflight_strict") == [None]


@pytest.mark.parametrize(("text", "value"), [("4711", 4711), ("2026-11-23", date(2026, 11, 23)), ("yes", True)])
def test_hosts_are_a_text(text: str, value: Any) -> None:
    (found,) = changed_answers({"runbook_hosts": MarkedText(text)}, {"runbook_hosts": value})
    assert refusal([found]).endswith(f"Nothing was done. A host or a group with such a name is written all:&{text}.")
    assert changed("", None, "runbook_hosts") == []


def test_a_list_is_compared_text_by_text() -> None:
    written = {"incident_postmortem_views": [MarkedText("0123"), MarkedText("15"), MarkedText("internal")]}
    (found,) = changed_answers(written, {"incident_postmortem_views": [83, 15, "internal"]})
    assert (found.written, found.value) == ("0123", 83)


def test_what_is_no_marked_text_or_no_variable_of_this_collection_is_not_judged() -> None:
    assert changed_answers({"incident_note_text": "0123"}, {"incident_note_text": 83}) == []
    assert changed_answers({"site_ticket": MarkedText("0123")}, {"site_ticket": 83}) == []


def test_the_name_of_who_acts_is_judged_too() -> None:
    """Else the log names another person, and an approval is that of another one."""
    (found,) = changed_answers({"awx_user_name": MarkedText("0123")}, {"awx_user_name": 83})
    assert refusal([found]).endswith("Nothing was done. Give this account of AWX a name with a letter in it.")


def test_the_paragraph_names_each_answer_and_what_to_write() -> None:
    written = {"incident_note_at": MarkedText("14:40"), "incident_note_text": MarkedText("yes")}
    text = refusal(changed_answers(written, {"incident_note_at": 880, "incident_note_text": True}))
    assert text == (
        "ansible-core reads an answer of AWX's survey again, as YAML: incident_note_at was '14:40' and has become"
        " the number 880, incident_note_text was 'yes' and has become true. Nothing was done."
        " A time of day is written with its zone: 14:40 UTC. Write more than that word."
    )
    name = "restart_services_services"
    day = changed_answers({name: MarkedText("2026-11-23")}, {name: date(2026, 11, 23)})
    assert refusal(day).endswith(" has a comma at its end: 2026-11-23,")
    assert refusal(changed_answers({name: MarkedText("0123")}, {name: 83})).endswith(" has a comma at its end: 0123,")
    assert refusal(changed_answers({"incident_note_text": MarkedText("0123")}, {"incident_note_text": 83})).endswith(
        " and is not 0; a text has more in it than a number."
    )
