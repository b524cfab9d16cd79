"""A status page that is slow, or for which no time is left: what is known of it is said, and that the rest is not."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._announce.delivery import NotDelivered
from ansible_collections.pafar.runbook.plugins.module_utils._announce.io.http_call import Answered
from ansible_collections.pafar.runbook.plugins.module_utils._announce.pages.io.page_reading import PageReading
from ansible_collections.pafar.runbook.plugins.module_utils._core.errors import InputError


class Page:
    """``states``: by reference; ``error``: of the reading of components."""

    settings: dict[str, Any] = {"components": {"web": "c1"}}

    def __init__(self, states, error=None):
        self.states, self.error, self.asked = states, error, []
        self.goes_on = threading.Event()
        self.goes_on.set()

    def state(self, reference, thread):  # noqa: ARG002
        self.asked.append(reference)
        return self.states.get(reference, "gone")

    def open_states(self, thread):  # noqa: ARG002
        self.asked.append("open")
        self.goes_on.wait(30)
        return {reference: state for reference, state in self.states.items() if state != "resolved"}

    def component_states(self, components, thread):  # noqa: ARG002
        if self.error:
            raise self.error
        return dict.fromkeys(components, "operational")


def incident(name, **references):
    keys = {f"page/{state}/{number}": reference for number, (reference, state) in enumerate(references.items())}
    return {"id": name, "references": keys, "components": {}, "on_page": {}}


OPEN = [incident("a", x="identified"), incident("b", y="monitoring"), incident("c", z="resolved")]


def read(page, incidents=OPEN, ended=None, budget=20.0):
    return PageReading(lambda: page, incidents, ended or {}).start(budget).join()


def test_one_list_tells_of_all_that_are_open_and_of_all_that_have_ended():
    page = Page({"x": "identified", "y": "monitoring", "z": "resolved", "of another": "identified"})
    assert read(page, ended={"old": ["u", "v"]}) == []
    assert page.asked == ["open"]
    page = Page({"x": "resolved", "y": "monitoring", "z": "monitoring", "v": "identified"})
    assert read(page, ended={"old": ["u", "v"]}) == [
        "a: the page says resolved, the incident is identified",
        "c: the page says monitoring, the incident is resolved",
        "old: the page says identified, the incident is resolved",
    ]
    assert page.asked == ["open", "x"]


def test_without_an_incident_of_the_page_nothing_is_asked():
    page = Page({})
    assert read(page, [{"id": "a", "references": {"pager/trigger/1": "d"}, "components": {}, "on_page": {}}]) == []
    assert page.asked == []


def test_a_page_that_does_not_answer_in_time_is_named():
    page = Page({"x": "resolved"})
    page.goes_on.clear()
    assert read(page, budget=0.5) == ["the status page could not be read back: it did not answer in time"]
    page.goes_on.set()
    assert read(page, budget=0.1) == ["the status page was not read back: no time was left for it"]
    assert read(page, [], budget=0.1) == []


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (Answered(NotDelivered("HTTP 401")), "HTTP 401"),
        (KeyError("status"), "the answer has another form than that of the API (KeyError: 'status')"),
        (InputError("No driver."), "No driver."),
    ],
)
def test_what_was_found_before_an_error_is_kept(error, why):
    found = read(Page({"x": "monitoring", "y": "monitoring"}, error))
    assert found == [
        "a: the page says monitoring, the incident is identified",
        f"the status page could not be read back: {why}",
    ]
