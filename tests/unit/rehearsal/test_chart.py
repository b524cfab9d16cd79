"""The picture of a game day shows every second and every moment, its units, and is sound SVG whatever the names."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from rehearsal import chart

SERIES = {
    "first": -6, "served": [20] * 9 + [0] * 12 + [20] * 9, "failed": [0] * 9 + [20] * 12 + [0] * 9,
    "moments": {"inject": 0.0, "felt": 3.0, "check": 6.0, "real": 12.0, "act": 14.0, "back": 15.0},
}  # fmt: skip
ROW = {"fault": "a<b>'&", "playbook": "p.yml", "series": SERIES}
SLOW = {"kind": "browse", "before": 8.5, "during": 33.3, "after": 5.9, "ratio": 0.7}


def rects(svg: str, fill: str) -> list[ElementTree.Element]:
    root = ElementTree.fromstring(svg)
    return [shape for shape in root.iter() if shape.get("fill") == fill and shape.tag.endswith("rect")]


def words(svg: str) -> list[str]:
    return [shape.text for shape in ElementTree.fromstring(svg).iter() if shape.tag.endswith("text")]


def test_all_is_shown_and_escaped():
    svg = chart.draw(ROW)
    label = ElementTree.fromstring(svg).get("aria-label")
    assert label.startswith("a<b>'&, mitigated by p.yml. 20 requests failed per second before the act")
    assert set(chart.MOMENTS.values()) <= set(words(svg))
    assert len(rects(svg, "url(#failed)")) == 1 + 12  # the legend's, and a bar for each second with failures


def test_units_stand_at_the_axes_and_what_failed_is_hatched():
    svg = chart.draw(ROW)
    assert {"requests per second", "seconds since the fault was injected", "served", "failed"} <= set(words(svg))
    assert "<pattern id='failed'" in svg


@pytest.mark.parametrize(
    ("failed_before", "cost"), [(0, 45), (20, 0)], ids=["users were served before", "users failed before"]
)
def test_what_the_act_cost_stands_beside_what_it_saved(failed_before, cost):
    failed = [0] * 6 + [failed_before] * 14 + [20, 20, 5] + [0] * 10
    moments = {"inject": 0.0, "act": 14.0, "back": 16.9}
    series = {"first": -6, "served": [20 - count for count in failed], "failed": failed, "moments": moments}
    shown = words(chart.draw({**ROW, "series": series}))
    assert {"the act cost", "it saved, in 10 s", f"{cost} requests", f"{10 * failed_before} requests"} <= set(shown)
    assert any(f"act cost {cost or 'no'} request" in line for line in [" ".join(shown)])


def test_a_day_that_broke_off_has_what_there_is():
    moments = {"inject": 0.0, "felt": 3.0}
    shown = words(chart.draw({**ROW, "series": {**SERIES, "moments": moments}}))
    assert "users feel it" in shown
    assert "it acts" not in shown
    assert "the act cost" not in shown


def test_slowness_is_shown_in_milliseconds():
    svg = chart.draw({**ROW, "latency_ms": SLOW, "series": SERIES})
    assert {"milliseconds", "8.5", "33.3", "5.9", "before the fault", "during it", "after the act"} <= set(words(svg))
    assert "No request failed" not in svg


def test_a_full_disk_is_shown_in_mib():
    quiet = {**SERIES, "served": [20] * 30, "failed": [0] * 30}
    svg = chart.draw({**ROW, "missing_mib": {"before": 174, "after": 0}, "series": quiet})
    assert {"MiB of free space missing", "174", "0"} <= set(words(svg))
    assert "174 MiB less free space than wanted before the act, and 0 MiB less after it. No request failed." in svg


@pytest.mark.parametrize("row", [{}, {"series": {}}, {"series": {**SERIES, "failed": [0] * 30}}, {"latency_ms": {}}])
def test_nothing_to_show(row):
    assert chart.draw({"fault": "x", "playbook": "p.yml", **row}) == ""
