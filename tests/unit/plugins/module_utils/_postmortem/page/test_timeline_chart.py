from __future__ import annotations

import re

from ansible_collections.pafar.runbook.plugins.module_utils._postmortem.page.document import Chart, Mark, Said
from ansible_collections.pafar.runbook.plugins.module_utils._postmortem.page.timeline_chart import LANES, drawn


def chart(*marks):
    return drawn(Chart("Events", marks, Said("from", (1,)), Said("to", (9,))))


def test_no_mark_no_chart():
    assert chart() == ""


def test_each_lane_has_its_own_form():
    figure = chart(*(Mark(float(place), lane, place + 1, lane) for place, lane in enumerate(LANES)))
    forms = {re.sub(r"[\d.]+", "", form) for form in re.findall(r"</title>(<[^>]*>)", figure)}
    assert len(forms) == len(LANES)
    assert re.findall(r">(#\d)</text>", figure) == [f"#{place + 1}" for place in range(len(LANES))]


def test_places_are_in_proportion_to_time():
    figure = chart(Mark(0.0, "noticed", 1, "a"), Mark(25.0, "noticed", 2, "b"), Mark(100.0, "noticed", 3, "c"))
    first, second, third = (float(x) for x in re.findall(r'<circle cx="([\d.]+)"', figure))
    assert (second - first) / (third - first) == 0.25


def test_marks_in_one_place_share_it_and_numbers_do_not_overlap():
    marks = [
        Mark(0.0, "said", 1, "x"),
        *(Mark(50.0, "said", 2 + n, "x") for n in range(500)),
        Mark(52.0, "said", 600, "x"),
    ]
    figure = chart(*marks, Mark(100.0, "said", 601, "x"))
    assert re.findall(r'href="#e(\d+)"', figure) == ["1", "2", "600", "601"]
    assert re.findall(r">(#\d+)</text>", figure) == ["#1", "#2", "#601"]


def test_one_moment_is_drawn():
    assert chart(Mark(5.0, "done", 1, "x")).count("<a ") == 1


def test_foreign_text_is_text():
    assert "&lt;script&gt;" in chart(Mark(1.0, "done", 1, "<script>alert(1)</script>"))
