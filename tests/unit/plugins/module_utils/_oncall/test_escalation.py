from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._oncall.escalation import AFTER, escalation_of


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({}, {}), ({"P0": [0, 3, 6]}, {"P0": (0, 3, 6)}), ({"P2": ["0", "60"]}, {"P2": (0, 60)}),
        ({"P1": []}, {"P1": ()}), ({"unknown": []}, {"unknown": ()}), ({"unknown": [5]}, {"unknown": (5,)}),
        ({"P0": [0, 0, 0.5]}, {"P0": (0, 0, 0.5)}),
    ],
)  # fmt: skip
def test_a_severity_that_is_not_there_keeps_its_minutes(given, found):
    assert escalation_of(given) == ({**AFTER, **found}, [])


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"P0": 5}, "incident_escalate_after.P0: 5 is no list"), ({"P0": None}, "P0: None is no list"),
        ({"P1": "0,15"}, "the default counts (0, 15, 30)"), ({"P0": [5, 0]}, "no list of minutes that rise"),
        ({"P0": [0, "soon"]}, "no list of minutes"), ({"P0": [-1]}, "no list"), ({"P0": [0, float("nan")]}, "no list"),
        ({"P0": [float("inf")]}, "no list"), ({"P2": {}}, "the default counts (no page)"), ([0, 5], "is a dictionary"),
        ({"p0": [0]}, "'p0' is none of P0, P1, P2, P3, unknown, and left out"), ({"?": [0]}, "'?' is none of"),
    ],
)  # fmt: skip
def test_what_is_misspelt_costs_no_page(given, says):
    found, problems = escalation_of(given)
    assert (found, len(problems)) == (dict(AFTER), 1)
    assert says in problems[0]
