from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._postmortem.measured.measurement import measured_of

from support.incidents import stamp
from support.measuring import measured_note
from support.timelines import event


def of(**changed):
    return measured_of([event(1, 0, "opened"), event(2, 500, "measured", **measured_note(**changed))])


def test_the_last_measurement_counts():
    first, last = measured_note(), measured_note(ends_at=stamp(200))
    found = measured_of([event(1, 0, "measured", **first), event(2, 9, "measured", **last), event(3, 10, "noted")])
    assert (found.seq, round(found.ends - found.starts), found.by, len(found.charts)) == (2, 192, "series", 2)
    assert measured_of([event(1, 0, "opened")]) is None


@pytest.mark.parametrize(
    "changed",
    [{"starts_at": "soon"}, {"ends_at": None}, {"ends_at": stamp(-99)}, {"starts_at": 7}],
)
def test_one_without_a_time_is_none(changed):
    assert of(**changed) is None


@pytest.mark.parametrize(
    "value", [None, "x", 7, {}, [None], [[]], ["x"], [{"lines": "x"}], [{"lines": [{"points": 7}]}]]
)
@pytest.mark.parametrize("name", ["requests", "budgets", "business", "charts", "times", "missing"])
def test_what_has_another_form_is_left_out(name, value):
    found = of(**{name: value})
    assert found is not None
    for row in found.requests:
        assert row["asked"] is None or isinstance(row["asked"], int)


def test_figures_that_are_none_are_unknown():
    given = {"name": 7, "asked": True, "failed": "9", "slow": 1.5, "failed_percent": float("nan")}
    (row,) = of(requests=[given]).requests
    assert [row[name] for name in given] == ["7", None, None, None, None]


def test_a_line_that_does_not_fit_the_times_is_not_drawn():
    lines = [{"name": "a", "points": [1.0, 2.0]}, {"name": "b", "points": [None, None, None]}]
    times = [stamp(0), stamp(10), stamp(20)]
    assert of(times=times, charts=[{"name": "x", "lines": lines}]).charts == []
    (chart,) = of(times=times, charts=[{"name": "x", "lines": [*lines, {"name": "c", "points": [1, None, 3]}]}]).charts
    assert [line["name"] for line in chart["lines"]] == ["c"]
