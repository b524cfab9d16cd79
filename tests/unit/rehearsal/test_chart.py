"""The picture of a game day shows every request of its span and every moment, and is sound SVG whatever the names."""

from __future__ import annotations

from xml.etree import ElementTree

from rehearsal import chart
from rehearsal.platform import Request

PARTS = {
    "begin": {"fault": "a<b>'&", "playbook": "p.yml"}, "inject": {"at": 100.0}, "symptom": {"felt": 103.0},
    "check": {"began": 106.0}, "real": {"began": 112.0}, "relief": {"act": 113.0, "back": 114.0},
}  # fmt: skip
REQUESTS = [Request(95 + i / 2, "book", "ok" if i < 16 or i > 38 else "timeout", 0.1) for i in range(60)]


def rects(svg: str, colour: str) -> list[ElementTree.Element]:
    root = ElementTree.fromstring(svg)
    return [one for one in root.iter() if one.get("fill") == colour and one.tag.endswith("rect")]


def test_all_is_shown_and_escaped():
    svg = chart.draw(PARTS, REQUESTS)
    assert ElementTree.fromstring(svg).get("aria-label") == "a<b>'&, relieved by p.yml"
    for dummy, words in chart.marks(PARTS):
        assert words in svg
    assert len(rects(svg, chart.FAILED)) == 1 + 12  # the legend's, and a bar for each second with failures


def test_a_day_that_broke_off_has_what_there_is():
    parts = {**PARTS, "check": {}, "real": {}, "relief": {}}
    assert [words for dummy, words in chart.marks(parts)] == ["the fault is injected", "users feel it"]
    assert "it acts" not in chart.draw(parts, REQUESTS)


def test_nothing_to_show():
    assert ElementTree.fromstring(chart.draw({name: {} for name in PARTS}, [])).tag.endswith("svg")
