from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._core.errors import InputError
from ansible_collections.pafar.runbook.plugins.module_utils._impact.questions import questions_of

BOOKINGS = {"good": 'r_total{code!~"5.."}', "all": "r_total", "target": 99.9, "days": 30}


def test_the_questions_of_a_site():
    found = questions_of({"bookings": BOOKINGS}, {"paid": '{__name__="paid_total"}'}, {"memory": "sum(x)"})
    (objective,) = found.objectives
    assert (objective.name, objective.target, objective.days, objective.fast, objective.limit) == (
        "bookings", 99.9, 30.0, "", None,
    )  # fmt: skip
    assert round(objective.allowed, 6) == 0.001
    assert found.business[0].count == '{__name__="paid_total"}'
    assert (found.charts[0].query, found.charts[0].unit) == ("sum(x)", "")
    assert not found.are_none
    assert questions_of({}, {}, {}).are_none


def test_an_objective_without_a_target_has_no_budget():
    (objective,) = questions_of(
        {"browse": {"good": "a", "all": "b", "fast": 'c{le="0.5"}', "limit": 0.5}}, {}, {}
    ).objectives
    assert (objective.target, objective.limit, objective.allowed) == (None, 0.5, 0.01)


@pytest.mark.parametrize("selector", ["m", "a:b_total", 'm{a="}",b=~"x{2}"}', "m{a='\"'}", "m {a=`\\`}", '{a="1"}'])
def test_selectors(selector):
    assert questions_of({}, {"x": selector}, {}).business[0].count == selector


@pytest.mark.parametrize(
    "selector",
    ["", "sum(m)", "rate(m[1m])", "m[1m]", "m + m", "{}", 'm{a="1"} or n', "m offset 1m", 'm{a="1', None, 7, ["m"],
     "m\nn", 'm{a="1"}[5m:1m]'],
)  # fmt: skip
def test_what_is_no_selector_of_counters(selector):
    with pytest.raises(InputError, match=r"runbook_business\.x is a selector of counters"):
        questions_of({}, {"x": selector}, {})


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"targt": 99}, "no setting 'targt'; did you mean target"),
        ({"target": 100}, "target is 100"),
        ({"target": 0}, "target is 0"),
        ({"target": "much"}, "target is a number"),
        ({"days": 0}, "days is 0"),
        ({"days": 10**9}, "days is 1e"),
        ({"limit": True}, "limit is a number"),
        ({"good": "sum(x)"}, r"bookings\.good is a selector"),
        ({"all": None}, r"bookings\.all is a selector"),
    ],
)
def test_settings_that_are_refused_by_name(changed, said):
    with pytest.raises(InputError, match=said):
        questions_of({"bookings": {**BOOKINGS, **changed}}, {}, {})


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (([], {}, {}), "runbook_objectives is a dictionary"),
        (({"x": "sum(y)"}, {}, {}), r"runbook_objectives\.x is a dictionary with good"),
        (({}, {}, {"c": {"query": ""}}), r"runbook_charts\.c\.query is a query"),
        (({}, {}, {"c": {"qery": "x"}}), "did you mean query"),
        (({}, {f"b{number}": "m" for number in range(13)}, {}), "has 13 entries"),
    ],
)
def test_what_is_no_table_of_questions(given, said):
    with pytest.raises(InputError, match=said):
        questions_of(*given)
