from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._impact.counted import Counter
from ansible_collections.pafar.runbook.plugins.module_utils._impact.questions import (
    Business,
    ChartQuestion,
    Objective,
)
from ansible_collections.pafar.runbook.plugins.module_utils._impact.rows import (
    Counters,
    at,
    budget_row,
    business_row,
    chart_row,
    clean,
    gaps,
    lines_of,
    requests_row,
)
from ansible_collections.pafar.runbook.plugins.module_utils._prometheus.answers import Series

OBJECTIVE = Objective("bookings", "good", "all", "fast", 0.5, 99.9, 30.0)
DAY = 86400.0


def counter(*values, before=True, like=None):
    """A reading every 10 s."""
    series = [Series((), tuple((10.0 * place, float(value)) for place, value in enumerate(values)))]
    return Counter(series, [Series((), ((0.0, float(values[0])),))] if before else [], like)


def test_asked_failed_and_slow():
    asked = counter(0, 100, 200, 300)
    found = requests_row(OBJECTIVE, Counters(asked, counter(0, 100, 140, 240), counter(0, 100, 130, 230)), 10, 20)
    assert (found["asked"], found["failed"], found["slow"], found["failed_percent"]) == (100, 60, 70, 60.0)
    assert (found["since"], found["until"]) == (at(10), at(20))


@pytest.mark.parametrize(
    ("counters", "expected"),
    [
        (Counters(None, None, None), (None, None, None, None)),
        (Counters(counter(0, 9), None, None), (9, None, None, None)),
        (Counters(counter(0, 0), counter(0, 0), None), (0, 0, None, None)),
        # A reading of the one that came a moment later than that of the other.
        (Counters(counter(0, 9), counter(0, 10), None), (9, 0, None, 0.0)),
    ],
)
def test_what_is_not_known_is_null_and_never_zero(counters, expected):
    found = requests_row(OBJECTIVE, counters, 0, 10)
    assert (found["asked"], found["failed"], found["slow"], found["failed_percent"]) == expected


def test_intervals_are_from_reading_to_reading():
    asked = counter(0, 10, 10, 30)
    found = Counters(asked, counter(0, 10, 10, 25), counter(0, 10, 10, 22)).intervals()
    assert found == [(10.0, 30.0, 20.0, 8.0)]
    assert Counters(asked, None, None).intervals() == []


def test_what_prometheus_has_not_is_said():
    late = counter(5, 7, before=False)
    assert gaps(OBJECTIVE, Counters(late, None, None), -50, 10) == [
        f"bookings: Prometheus has nothing of requests before {at(0)}."
    ]
    assert "no series of good requests" in gaps(OBJECTIVE, Counters(counter(0, 1), Counter([]), None), 0, 10)[0]
    assert "began again" in gaps(OBJECTIVE, Counters(counter(9, 1), None, None), 0, 10)[0]
    assert gaps(OBJECTIVE, Counters(counter(0, 1), counter(0, 1), counter(0, 1)), 0, 10) == []


def test_the_budget_in_requests_and_per_cent():
    row = budget_row(OBJECTIVE, 60, 1_000_000, 999_500, 0.0, 30 * DAY)
    assert (row["budget"], row["used"], row["used_percent"]) == (1000.0, 60, 6.0)
    assert (row["failed"], row["failed_percent"], row["of_days"], row["days"]) == (500, 50.0, 30.0, 30.0)


def test_no_fewer_failed_in_all_than_in_this_incident():
    assert budget_row(OBJECTIVE, 60, 1_000_000, 999_990, 0.0, 30 * DAY)["failed"] == 60
    assert budget_row(OBJECTIVE, None, 1_000_000, 1_000_002, 0.0, 30 * DAY)["failed"] == 0


def test_days_that_are_gone_are_not_estimated():
    row = budget_row(OBJECTIVE, 60, 500_000, None, 15 * DAY, 30 * DAY)
    assert (row["of_days"], row["budget"], row["failed"]) == (15.0, 500.0, None)
    assert budget_row(OBJECTIVE, 60, None, None, 0, 30 * DAY) is None
    assert budget_row(Objective("x", "a", "b"), 60, 100, 50, 0, 30 * DAY) is None
    assert budget_row(OBJECTIVE, None, 0, 0, 0, 30 * DAY)["used_percent"] is None


def test_business_is_compared_with_as_long_before():
    question = Business("paid", "paid_total")
    assert business_row(question, counter(0, 10, 12, 13), 10, 20) == {"name": "paid", "during": 2, "before": 10}
    assert business_row(question, None, 10, 20)["during"] is None
    late = business_row(question, counter(0, 10, 12, 13, before=False), 15, 30)
    assert late == {"name": "paid", "during": 3, "before": 12}
    assert business_row(question, counter(0, 10, 12, 13, before=False), 10, 30)["before"] is None


def test_a_chart_has_the_largest_series_and_says_how_many_more():
    series = [Series((("pod", f"p{place}"),), ((0.0, float(place)), (10.0, 0.12345))) for place in range(6)]
    row = chart_row(ChartQuestion("memory", "x", "MiB"), series, [0.0, 5.0, 10.0])
    assert [line["name"] for line in row["lines"]] == ["pod p5", "pod p4", "pod p3", "pod p2"]
    assert row["lines"][0]["points"] == [5.0, None, 0.1235] or row["lines"][0]["points"] == [5.0, None, 0.1234]
    assert row["left_out"] == 2


def test_names_have_no_secrets():
    assert "hunter2" not in clean("password=hunter2")
    assert len(clean("x" * 999)) == 80


def test_sentences():
    row = requests_row(OBJECTIVE, Counters(counter(0, 9), None, None), 0, 10)
    budget = budget_row(OBJECTIVE, None, 100_000, 99_000, 0, 30 * DAY)
    note: Any = {
        "starts_at": at(0), "ends_at": at(10), "estimated_by": "series", "within": 10.0, "source": "Prometheus",
        "requests": [row], "budgets": [budget], "business": [{"name": "paid", "during": 1, "before": None}],
        "times": [], "charts": [], "missing": ["bookings: x."],
    }  # fmt: skip
    assert lines_of(note) == [
        f"impact: {at(0)} until {at(10)}, by what was counted",
        "bookings: 9 asked, unknown failed, unknown slow",
        "bookings: an unknown share of the error budget of 30 days",
        "paid: 1, in the same time before unknown",
        "missing: bookings: x.",
    ]
