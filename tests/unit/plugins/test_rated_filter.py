"""A wrong word of the site for a severity must not make what is down less severe."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.utils.display import Display
from ansible_collections.pafar.runbook.plugins.filter.rated_signs import FilterModule

rated = FilterModule().filters()["rated_signs"]
DOWN = {
    "state": "down",
    "target": "stripe",
    "layer": "tcp",
    "layers": {},
    "judge": "",
    "source": "db1",
    "why": "refused",
}
FACTS: Any = {"reached": {"matrix": [DOWN]}}


@pytest.mark.parametrize("word", ["critical", None, "", "P4", 1])
def test_the_usual_severity_counts_for_a_wrong_word(word, monkeypatch):
    warnings: list[str] = []
    monkeypatch.setattr(Display, "warning", lambda _self, text: warnings.append(text))
    assert [sign["severity"] for sign in rated(FACTS, "db1", {"stripe": word})] == ["P1"]
    assert ["triage_targets.stripe: none of P0" in text for text in warnings] == [True]


@pytest.mark.parametrize("targets", ["P0", ["stripe"], 5])
def test_the_usual_severity_counts_where_it_is_no_dictionary(targets):
    assert [sign["severity"] for sign in rated(FACTS, "db1", targets)] == ["P1"]


@pytest.mark.parametrize(("word", "severity"), [("P0", "P0"), ("p0", "P0"), (" P2 ", "P2")])
def test_a_severity_counts_in_any_case(word, severity):
    assert [sign["severity"] for sign in rated(FACTS, "db1", {"stripe": word})] == [severity]


def test_what_the_site_calls_minor_stays_minor():
    assert rated(FACTS, "db1", {"stripe": "P3"}) == []
    assert [sign["severity"] for sign in rated(FACTS, "db1", {"other": "critical"})] == ["P1"]
