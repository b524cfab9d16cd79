from __future__ import annotations

from types import SimpleNamespace

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._postmortem.measured.measurement import measured_of
from ansible_collections.pafar.runbook.plugins.module_utils._postmortem.milestones import milestones
from ansible_collections.pafar.runbook.plugins.module_utils._postmortem.page.to_html import to_html
from ansible_collections.pafar.runbook.plugins.module_utils._postmortem.public_view import PublicWords, public_document

from support.measuring import measured_note
from support.timelines import event, lock_act

SECRET = [
    event(1, 0, "opened", by="ada-internal", host="db-internal", scenario="lock", reported_by="bob-internal"),
    event(2, 1, "update", by="ada-internal", text="internal words", audience="team"),
    event(3, 2, "diagnosed", cause="internal cause", lines=["SELECT internal"]),
    event(4, 3, "written", section="summary", text="internal passage"),
    *lock_act(5, 9, mitigation="internal_role"),
]


def page(*events, words=None, warning="", requests=None):
    facts = SimpleNamespace(times=milestones(events), measured=measured_of(events))
    return to_html(public_document(events, facts, PublicWords(words or {}, requests or {}), warning))


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


MEASURED = event(20, 500, "measured", **measured_note(missing=["internal question"]))


def test_figures_are_public_for_the_kinds_that_the_site_names():
    text = page(*SECRET, MEASURED, requests={"bookings": "Requests for <bookings>", "logins": "Logins"})
    assert "Requests for &lt;bookings&gt;" in text
    assert all(f">{figure}<" in text for figure in ("2360", "417", "655"))
    assert "2026-11-23 15:00:08 UTC until 2026-11-23 15:02:06 UTC" in text
    assert not [word for word in ("590", "payments", "Logins", "prometheus", "internal", "402") if word in text]


def test_without_such_words_there_is_no_figure():
    text = page(*SECRET, MEASURED)
    assert not [word for word in ("2360", "417", "Impact") if word in text]


@pytest.mark.parametrize(
    ("events", "words"),
    [([], {"bookings": "Bookings"}), ([MEASURED], {"logins": "Logins"})],
    ids=["not measured", "another kind"],
)
def test_figures_that_were_not_measured_are_not_known(events, words):
    assert "How many requests were affected is not known." in page(*SECRET, *events, requests=words)


def test_a_figure_that_prometheus_does_not_have_is_not_known():
    text = page(*SECRET, MEASURED, requests={"payments": "Payments"})
    assert (text.count(">not known<"), ">590<" in text) == (2, True)


def test_a_log_that_does_not_verify_is_said_first():
    text = page(*SECRET, warning="could not be verified")
    assert text.index("could not be verified") < text.index("<h1>")
