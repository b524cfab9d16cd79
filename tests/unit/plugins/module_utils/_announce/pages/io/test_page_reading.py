"""A status page that is slow, or for which no time is left: what is known of it is said, and that the rest is not."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._announce.delivery import NotDelivered
from ansible_collections.pafar.runbook.plugins.module_utils._announce.io.http_call import Answered
from ansible_collections.pafar.runbook.plugins.module_utils._announce.pages.ended_by_hand import HOW
from ansible_collections.pafar.runbook.plugins.module_utils._announce.pages.io.page_reading import PageReading
from ansible_collections.pafar.runbook.plugins.module_utils._core.errors import InputError

LEFT = f": it is left so until {HOW}"


class Page:
    """``states``: by reference; ``error``: of the reading of components; ``refuses``: references of which
    the reading fails; ``lists``: whether it has a list; ``components``: states of those that are not operational."""

    settings: dict[str, Any] = {"components": {"web": "c1"}}

    def __init__(self, states, error=None, refuses=(), lists=True, **components):
        self.states, self.error, self.refuses, self.lists = states, error, refuses, lists
        self.components = components
        self.asked: list[str] = []
        self.goes_on = threading.Event()
        self.goes_on.set()

    def state(self, reference, thread):  # noqa: ARG002
        self.asked.append(reference)
        if reference in self.refuses:
            raise Answered(NotDelivered("HTTP 403"))
        return self.states.get(reference, "gone")

    def open_states(self, references, thread):  # noqa: ARG002
        self.asked.append("open")
        self.goes_on.wait(30)
        if not self.lists:
            raise Answered(NotDelivered("HTTP 404"))
        return {reference: state for reference, state in self.states.items() if state != "resolved"}

    def component_states(self, components, thread):  # noqa: ARG002
        if self.error:
            raise self.error
        return {each: self.components.get(each, "operational") for each in components if each != "removed"}


def incident(name, **references):
    keys = {f"page/{state}/{number}": reference for number, (reference, state) in enumerate(references.items())}
    on_page = {"c1": "operational"} if "resolved" in references.values() else {}
    return {"id": name, "references": keys, "components": {}, "on_page": on_page}


OPEN = [incident("a", x="identified"), incident("b", y="monitoring"), incident("c", z="resolved")]


def old(*references, name="old", **components):
    return {name: {"references": list(references), "components": components}}


RED = {**old("u", name="2025-01", c7=["partial_outage", "operational"], c8=["major_outage"]),
       **old("v", name="2025-03", c7=["major_outage"], removed=["major_outage"])}  # fmt: skip


@pytest.mark.parametrize(
    ("components", "names"),
    [
        ({}, []),
        ({"c7": "major_outage"}, ["2025-03: component c7 of the page is major_outage, not operational"]),
        ({"c7": "partial_outage"}, ["2025-01: component c7 of the page is partial_outage, not operational"]),
        ({"c8": "major_outage"}, ["2025-01: component c8 of the page is major_outage, not operational"]),
        ({"c7": "degraded_performance"}, []),  # none of our posts has set that
        ({"c8": "under_maintenance"}, []),
    ],
)
def test_a_component_that_an_old_incident_left_red_is_named_by_the_newest_that_set_it(components, names):
    assert read(Page({"u": "resolved", "v": "resolved"}, **components), [], RED) == names


def test_a_component_is_not_named_where_a_person_has_an_incident_on_the_page():
    for incidents in ([], OPEN[2:]):
        page = Page({"v": "resolved", "z": "resolved", "theirs": "identified"}, c7="major_outage")
        assert read(page, incidents, RED) == []
    page = Page({"x": "identified", "z": "resolved"}, c7="major_outage")
    assert read(page, OPEN[:1], RED) == ["2025-03: component c7 of the page is major_outage, not operational"]


def test_a_component_that_a_recent_incident_has_is_compared_with_that_one():
    page = Page({"z": "resolved"}, c1="major_outage")
    found = read(page, OPEN[2:], old("u", c1=["major_outage"]))
    assert found == ["c: component c1 of the page is major_outage, not operational"]


def read(page, incidents=OPEN, ended=None, budget=20.0):
    return PageReading(lambda: page, incidents, ended or {}).start(budget).join()


def test_one_list_tells_of_all_that_are_open_and_of_all_that_have_ended():
    page = Page({"x": "identified", "y": "monitoring", "z": "resolved", "of another": "identified"})
    assert read(page, ended=old("u", "v")) == []
    assert page.asked == ["open"]
    page = Page({"x": "resolved", "y": "monitoring", "z": "monitoring", "v": "identified"})
    assert read(page, ended=old("u", "v")) == [
        f"a: the page says resolved, the incident is identified{LEFT}",
        "c: the page says monitoring, the incident is resolved",
        "old: the page says identified, the incident is resolved",
    ]
    assert page.asked == ["open", "x"]


def test_without_an_incident_of_the_page_nothing_is_asked():
    page = Page({})
    assert read(page, [{"id": "a", "references": {"pager/trigger/1": "d"}, "components": {}, "on_page": {}}]) == []
    assert page.asked == []


def test_of_many_that_were_ended_on_the_page_some_are_read_and_all_are_named():
    many = [incident(f"i{number}", **{f"r{number}": "identified"}) for number in range(9)]
    page = Page({f"r{number}": "resolved" for number in range(9)}, refuses=["r1"])
    found = read(page, many)
    assert page.asked == ["open", "r0", "r1", "r2", "r3", "r4"]
    assert found[:2] == [
        f"i0: the page says resolved, the incident is identified{LEFT}",
        "i1: the page could not be read back: HTTP 403",
    ]
    assert found[5:] == [
        f"i{number}: the page does not list the incident as open, it is identified" for number in range(5, 9)
    ]


def test_an_incident_is_not_said_to_be_gone_where_the_address_is_wrong():
    """Nothing is found at the address of another page."""
    (found,) = read(Page({}, lists=False), OPEN[:1])
    assert found == "a: the page could not be read back: HTTP 404"
    (found,) = read(Page({}), OPEN[:1])
    assert found.startswith("a: the incident, which is identified, is not on the page any more")
    assert read(Page({}), OPEN[2:]) == []


def test_what_a_page_says_is_one_short_line():
    (found,) = read(Page({"x": "a" * 5000 + "\x1b[2J\n"}), OPEN[:1])
    assert len(found) < 200
    assert found.isprintable()


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
def test_a_page_that_cannot_be_read_is_named_once(error, why):
    found = read(Page({"x": "monitoring", "y": "monitoring"}, error))
    assert found == [f"the status page could not be read back: {why}"]
