"""Text for people."""

from __future__ import annotations

import unicodedata

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._core.text import (
    counted,
    harmless,
    in_html,
    in_markdown,
    printable,
    shortened,
    span,
)
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.sql_text import without_literals
from hypothesis import given
from hypothesis import strategies as st

# Format characters that belong to the writing of a language (signs of Arabic, Syriac, Kaithi, ...) and move nothing.
_VISIBLE = "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2" + "".join(
    chr(c)
    for a, b in ((0x110BD, 0x110CD), (0x13430, 0x13455), (0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A))
    for c in range(a, b + 1)
)


@given(st.text(st.characters(), max_size=200))
def test_any_text_becomes_one_harmless_line(text):
    line = printable(text)
    assert not any(unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp") and c not in _VISIBLE for c in line)
    assert harmless("  a\x1b[31m\u202eb") == "  a [31m b"
    assert "\n" not in without_literals(text)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.04, "0.0 s"), (9.94, "9.9 s"), (65, "65 s"), (600, "10 min"), (11100, "3 h 5 min")],
)
def test_a_span_as_a_person_says_it(seconds, said):
    assert span(seconds) == said


@pytest.mark.parametrize(
    ("number", "words", "text"),
    [
        (1, ("replica",), "1 replica"),
        (0, ("replica",), "0 replicas"),
        (1200, ("session waits", "sessions wait"), "1,200 sessions wait"),
        (1, ("session waits", "sessions wait"), "1 session waits"),
    ],
)
def test_a_number_has_its_noun_in_the_right_form(number, words, text):
    assert counted(number, *words) == text


def test_a_cut_is_shown():
    assert shortened("abcdefgh", 6) == "abc..."
    assert shortened("abc", 6) == "abc"


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("a_b *c* `d`", r"a\_b \*c\* \`d\`"), ("<b>", r"\<b\>"), ("a | b", r"a \| b"),
        ("two\n# lines", r"two \# lines"),
        ("@all", "@ all"), ("http://e", "http: //e"), ("www.e", "www .e"), ("_www.e xwww.e", r"\_www .e xwww.e"),
        ("plain, 5 %", "plain, 5 %"),
    ],
)  # fmt: skip
def test_foreign_text_in_markdown_is_text(text, escaped):
    assert in_markdown(text) == escaped


def test_foreign_text_in_html_is_text_with_its_characters():
    assert (
        in_html("<a href=\"x\" t='y'>&amp;\n\u202e") == "&lt;a href=&quot;x&quot; t=&#x27;y&#x27;&gt;&amp;amp;\n\u202e"
    )
