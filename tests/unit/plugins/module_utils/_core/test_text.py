"""Text for people."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._core.text import printable, shortened, span
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.sql_text import without_literals
from hypothesis import given
from hypothesis import strategies as st


@given(st.text(max_size=200))
def test_any_text_becomes_one_harmless_line(text):
    line = printable(text)
    assert not any(ord(c) < 32 or 127 <= ord(c) < 160 or c in "\u202e\u2028" for c in line)
    assert "\n" not in without_literals(text)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.04, "0.0 s"), (9.94, "9.9 s"), (65, "65 s"), (600, "10 min"), (11100, "3 h 5 min")],
)
def test_a_span_as_a_person_says_it(seconds, said):
    assert span(seconds) == said


def test_a_cut_is_shown():
    assert shortened("abcdefgh", 6) == "abc..."
    assert shortened("abc", 6) == "abc"
