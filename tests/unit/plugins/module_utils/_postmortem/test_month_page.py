from __future__ import annotations

from ansible_collections.pafar.runbook.plugins.module_utils._postmortem.month import folded, month_facts
from ansible_collections.pafar.runbook.plugins.module_utils._postmortem.month_page import month_document, month_lines
from ansible_collections.pafar.runbook.plugins.module_utils._postmortem.page.to_html import to_html
from ansible_collections.pafar.runbook.plugins.module_utils._postmortem.page.to_markdown import to_markdown

from support.measuring import measured_note
from support.timelines import event, lock_act, verification


def facts(names=("a", "b"), unread=(), first_break=None, **opening):
    events = [event(1, 0, "opened", severity="P0", **opening), *lock_act(2, 9)]
    events.append(event(5, 50, "action_item", key="A", text="alert", due="2026-12-01"))
    events.append(event(6, 60, "measured", **measured_note()))
    incidents = [folded(name, events, verification(first_break=first_break)) for name in names]
    return month_facts("2026-11", [each for each in incidents if each], list(unread), "2026-12-05")


def test_the_page_has_the_figures():
    text = to_markdown(month_document(facts()))
    assert text.startswith("# Incidents of 2026-11\n\n- 2 incidents opened")
    for line in (
        "| P0 | 2 |", "| unblock\\_sessions | 2 | recovered 2 |", "| time to mitigate | 2 | 9.0 s | 9.0 s | b | 0 |",
        "| bookings | 2 | 834 | 4.83 % | b | 0 |", "| time to resolve | 0 | missing | missing |  | 2 |",
        "| A | alert | missing | 2026-12-01 | overdue | a |",
    ):  # fmt: skip
        assert line in text


def test_a_month_without_incidents():
    text = to_markdown(month_document(facts(names=())))
    assert "- 0 incidents opened" in text
    assert "None." in text


def test_logs_that_do_not_verify_or_could_not_be_read_come_first():
    broken = {"line": 1, "seq": 1, "evidence": "", "what": "changed"}
    text = to_markdown(month_document(facts(first_break=broken, unread=["x: no right"])))
    assert text.splitlines()[0] == "**2 logs DO NOT VERIFY: a, b. 1 log could not be read: x: no right.**"
    lines = month_lines(facts(first_break=broken, unread=["x: no right"]), ["/p"])
    assert lines == [
        "the log does not verify: a", "the log does not verify: b", "could not be read: x: no right",
        "2026-11: 2 incidents (P0 2)", "2 action items open, 2 of them overdue", "page: /p",
    ]  # fmt: skip


def test_foreign_text_is_text():
    text = to_html(month_document(facts(scenario="<script>alert(1)</script>")))
    assert "<script" not in text
    assert "&lt;script&gt;" in text
