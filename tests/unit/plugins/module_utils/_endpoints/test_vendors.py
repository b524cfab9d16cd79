"""Tables of what vendors answer: the first rule that fits, and one that fits whatever comes."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._endpoints.endpoint import Meaning
from ansible_collections.pafar.runbook.plugins.module_utils._endpoints.vendors import (
    MAPS,
    STRIPE,
    Answer,
    Rule,
    by_rules,
)

TABLES = {"stripe": STRIPE, "maps": MAPS}


@pytest.mark.parametrize("name", TABLES)
def test_every_answer_has_a_meaning(name):
    for status in (0, 100, 200, 302, 400, 401, 404, 429, 500, 599, 999):
        for key in (True, False):
            assert by_rules(TABLES[name], Answer(status, "WORD", "a {brace}", key)).state


@pytest.mark.parametrize("name", TABLES)
def test_no_rule_is_hidden_by_those_before_it(name):
    words = {"", "WORD", *(word for rule in TABLES[name] for word in rule.words or ())}
    answers = [
        Answer(status, word, "", key)
        for status in range(600) for word in words for key in (True, False)
    ]  # fmt: skip
    reached = {by_rules(TABLES[name], answer).why for answer in answers}
    for number, rule in enumerate(TABLES[name]):
        others = TABLES[name][:number] + TABLES[name][number + 1 :]
        fallback = Rule("none", "none")
        changed = any(by_rules(TABLES[name], answer) != by_rules((*others, fallback), answer) for answer in answers)
        assert changed, rule
    assert len(reached) > len(TABLES[name]) / 2


def test_the_first_rule_that_fits_decides_and_names_what_was_answered():
    rules = (Rule("up", "{word}", "", (200,), ("OK",), key=True), Rule("down", "{status} {what} {message}", "ours"))
    assert by_rules(rules, Answer(200, "OK", key=True)) == Meaning("up", "OK", "")
    assert by_rules(rules, Answer(200, "OK")) == Meaning("down", "200 OK ", "ours")
    assert by_rules(rules, Answer(503, message="{secret}")) == Meaning("down", "503 503 {secret}", "ours")
