from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._postmortem.page.document import (
    Line,
    Moment,
    SeriesChart,
    said,
)
from ansible_collections.pafar.runbook.plugins.module_utils._postmortem.page.series_chart import series_drawn

TIMES = tuple(float(1000 + 10 * number) for number in range(30))


def drawn(*lines, marks=(), impact=(1050.0, 1100.0), title="waiters"):
    text = series_drawn(
        SeriesChart(1, said(title, 7), TIMES, tuple(lines), tuple(marks), impact, said("first", 7), said("last", 7))
    )
    return text, ET.fromstring(text)


def of(root, name):
    return [each for each in root.iter() if each.tag.endswith(name)]


def test_each_line_has_a_pattern_and_a_form_of_its_own():
    lines = [Line(f"line {place}", tuple(float(place + number % 7) for number in range(30))) for place in range(4)]
    text, root = drawn(*lines)
    dashes = {path.get("stroke-dasharray") for path in of(root, "path") if path.get("stroke-width") == "2"}
    assert dashes == {None, "9 4", "2 4", "12 3 2 3"}
    colours = {each.get(name) for each in root.iter() for name in ("stroke", "fill")}
    assert colours <= {None, "none", "#111", "#fff", "#999", "url(#impact-1)"}
    assert "hatched: the impact" in text


def test_where_there_is_no_value_the_line_has_a_gap():
    dummy, root = drawn(Line("x", (1.0, 2.0, None, 3.0, *(None for dummy in range(26)))))
    (path,) = [each for each in of(root, "path") if each.get("stroke-width") == "2" and "h60" not in each.get("d")]
    assert (path.get("d").count("M"), path.get("d").count("L")) == (2, 1)


@pytest.mark.parametrize(
    "points",
    [(0.0,) * 30, (-5.0, 5.0) * 15, (1e18, 0.0) * 15, (None,) * 29 + (3.0,)],
    ids=["zero", "below", "large", "one"],
)
def test_every_coordinate_is_within_the_figure(points):
    dummy, root = drawn(Line("x", points), impact=(-1e12, 1e12), marks=[Moment(5e9, "act", 3)])
    width, height = map(float, root.get("viewBox").split()[2:])
    for rect in of(root, "rect"):
        for name, most in (("x", width), ("y", height), ("width", width), ("height", height)):
            assert 0 <= float(rect.get(name, 0)) <= most


def test_marks_link_to_their_events_and_a_letter_has_room():
    marks = [Moment(1050.0, "detected", 3), Moment(1050.5, "plan", 4), Moment(1200.0, "recovery", 8)]
    text, root = drawn(Line("x", (1.0,) * 30), marks=marks)
    assert [link.get("href") for link in of(root, "a")] == ["#e3", "#e4", "#e8"]
    letters = [each for each in of(root, "text") if each.text in ("D", "P", "A", "R")]
    assert [(each.text, each.get("y")) for each in letters] == [("D", "34"), ("P", "20"), ("R", "34")]
    assert "act" in text


def test_marks_of_one_kind_that_lie_on_each_other_share_a_place():
    marks = [Moment(1050.0 + number / 100, word, number) for number, word in enumerate(["plan", "act"] * 500)]
    dummy, root = drawn(Line("x", (1.0,) * 30), marks=marks)
    shown = [link.get("href") for link in of(root, "a")]
    assert shown[:2] == ["#e0", "#e1"]
    assert len(shown) < 100


def test_hostile_texts_are_text():
    text, root = drawn(Line("<script>x</script>", (1.0,) * 30), title='"><img onerror=x>')
    assert of(root, "script") == of(root, "img") == []
    assert "&lt;script&gt;" in text


def test_what_is_not_known_between_two_counts_is_not_drawn():
    dummy, root = drawn(Line("x", (9.0, None, 0.0, *(None for dummy in range(27))), is_apart=True))
    stems = [each.get("d") for each in of(root, "path") if each.get("stroke-width") == "2"]
    assert not [path for path in stems if "L" in path or "h60" in path]
    assert stems[0].count("M") == 2
    assert len(of(root, "circle")) == 3  # one for each count and one in the legend


def test_without_a_known_impact_nothing_is_hatched():
    text, root = drawn(Line("x", (1.0,) * 30), impact=None)
    assert "hatched" not in text
    assert not of(root, "rect")


def test_the_origin_of_an_axis_is_no_figure_of_the_log():
    dummy, root = drawn(Line("x", (9.0,) * 30))
    ends = [each for each in of(root, "text") if each.get("text-anchor") == "end"]
    assert [(each.text, each.get("data-cites")) for each in ends[:2]] == [("9", "7"), ("0", None)]
