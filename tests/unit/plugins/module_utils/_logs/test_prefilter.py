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
        (r"\x45rror seen", ["rror seen"]), (r"caf\u00e9 shut", [" shut"]), (r"\x70ai", ["ai"]), (r"\160aid", ["aid"]),
    ],
)  # fmt: skip
def test_what_is_certain(expression, texts):
    found = needle_of(expression, True)
    assert (found and [text.decode() for text in found.texts]) == texts


def test_no_text_that_matches_lacks_it():
    chance = random.Random(7)
    words = ["pay", "paid", "x", "Error", "[7]", "a.b", "\u212a", "\u017f", "pa\u0130d", "PA\u0131D", "\u06a9", " "]
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
        r"\x70aid",
        r"\u0045rror",
        r"\160ay",
    ]
    matched = 0
    for dummy in range(20_000):
        expression = "".join(chance.choices(parts, k=chance.randint(1, 4)))
        text = "".join(chance.choices(words, k=chance.randint(1, 6)))
        needle = needle_of(expression, True)
        if needle is not None and re.search(expression, text, re.IGNORECASE):
            matched += 1
            places = needle.places(text.encode(), 100)
            assert places, (expression, text)
    assert matched > 500


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("sk paid", [0]), ("\u017f\u212a pa\u0130d", [0]), ("\u062e\u0637\u0627 SK PAID", [7]),
        ("\u0131 s\u212a paid", [3]),
        ("\u0131 s pa\u0131d", []), ("\u2713 sk pa\u00efd", []),
    ],
)  # fmt: skip
def test_letters_in_other_forms_and_other_scripts_are_found_in_the_bytes(text, places):
    needle = needle_of("sk paid", True)
    assert needle is not None
    assert needle.places(text.encode(), 10) == places
    assert bool(places) == bool(re.search("sk paid", text, re.IGNORECASE))


def test_more_places_than_wanted_are_none():
    needle = needle_of("paid", True)
    assert needle is not None
    assert needle.places("paid pa\u0131d paid".encode(), 2) is None
