from __future__ import annotations

from ansible_collections.pafar.runbook.plugins.module_utils._postmortem.milestones import milestones
from ansible_collections.pafar.runbook.plugins.module_utils._postmortem.page.to_html import to_html
from ansible_collections.pafar.runbook.plugins.module_utils._postmortem.public_view import public_document

from support.timelines import event, lock_act

SECRET = [
    event(1, 0, "opened", by="ada-internal", host="db-internal", scenario="lock", reported_by="bob-internal"),
    event(2, 1, "update", by="ada-internal", text="internal words", audience="team"),
    event(3, 2, "diagnosed", cause="internal cause", lines=["SELECT internal"]),
    event(4, 3, "written", section="summary", text="internal passage"),
    *lock_act(5, 9, mitigation="internal_role"),
]


def page(*events, words=None, warning=""):
    return to_html(public_document(events, milestones(events), words or {}, warning))


def test_nothing_internal_is_public():
    text = page(*SECRET)
    assert "internal" not in text
    assert "ada" not in text
    assert "An incident" in text
    assert "2026-11-23 15:00:12 UTC" in text


def test_the_words_of_the_site_and_what_was_published_are():
    events = [
        *SECRET,
        event(8, 20, "update", text="Bookings work.", audience="Public"),
        event(9, 30, "written", section="public", text="We are sorry."),
    ]
    text = page(*events, words={"lock": "Bookings were slow"})
    assert "<h1>Bookings were slow</h1>" in text
    assert "2026-11-23 15:00:20 UTC: Bookings work." in text
    assert "We are sorry." in text
    assert "internal" not in text
    assert "ada" not in text


def test_a_log_that_does_not_verify_is_said_first():
    text = page(*SECRET, warning="could not be verified")
    assert text.index("could not be verified") < text.index("<h1>")
