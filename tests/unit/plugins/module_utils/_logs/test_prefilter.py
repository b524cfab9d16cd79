"""What a record must contain to match: certain, or nothing."""

from __future__ import annotations

import random
import re

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._logs.prefilter import needle_of


@pytest.mark.parametrize(
    ("expression", "texts"),
    [
        ("payment declined", ["payment declined"]), ("payment.*(failed|declined)", ["payment"]), ("a+bc?d", None),
        ("failed|declined", ["declined", "failed"]), (r"id=\d+ paid", [" paid"]), ("x*", None), ("", None), (".", None),
        ("(?i)payment", None), ("(?:a|b)payment", ["payment"]), ("[abc]payment", ["payment"]),
        (r"\[error\]", ["[error]"]),
        ("pay(?=x)", None), ("ab{2}cd", ["cd"]), ("Ünpaid", ["npaid"]), ('say "no"', ["say "]),
    ],
)  # fmt: skip
def test_what_is_certain(expression, texts):
    found = needle_of(expression, True)
    assert (found and [text.decode() for text in found.texts]) == texts


def test_no_text_that_matches_lacks_it():
    chance = random.Random(7)
    words = ["pay", "paid", "x", "Error", "[7]", "a.b", "\u212a", "\u017f", " "]
    parts = [
        "pay",
        "pa.d",
        "x*",
        "(err|pay)",
        "[Ee]rror",
        r"\[7\]",
        "a.b",
        "k",
        "s",
        "(?:paid)?",
        "|",
        "pay+",
        "e{1,2}",
    ]
    matched = 0
    for dummy in range(20_000):
        expression = "".join(chance.choices(parts, k=chance.randint(1, 4)))
        text = "".join(chance.choices(words, k=chance.randint(1, 6)))
        needle = needle_of(expression, True)
        if needle is not None and re.search(expression, text, re.IGNORECASE):
            matched += 1
            places = needle.places(text.encode(), 100)
            assert places is None or places, (expression, text)
    assert matched > 500
