"""The form of a mark: what is not named of an answer fits always."""

from __future__ import annotations

from ansible_collections.pafar.runbook.plugins.module_utils._endpoints.answerer import HttpAnswer, answerer_of
from ansible_collections.pafar.runbook.plugins.module_utils._endpoints.marks import mark


def test_what_is_not_named_fits_always():
    every = mark.Mark(mark.PAGE, "anything")
    assert all(status in every.statuses for status in (100, 200, 404, 599))
    assert (every.header, every.value, every.body, every.form, every.asked) == ("", None, None, "", ())


def test_words_are_looked_for_in_any_letters():
    assert mark.said("just a moment").search("<title>Just a Moment...</title>")


def test_a_kind_is_said_as_it_is_named():
    who = answerer_of(HttpAnswer(200, {"cf-mitigated": "challenge"}))
    assert who is not None
    assert (who.kind, who.words) == (mark.CHALLENGE, "a firewall before it refuses the request (cf-mitigated)")
