"""Numbers of cards, however their groups are kept apart."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._core.secret.cards import without_cards


@pytest.mark.parametrize(
    "apart",
    [
        "", " ", "-", ".", "/", "+", "_", "|", ":", ",", " - ", " | ", "  ", "\u2013", "\u2011", "\u2009", "\u00a0",
        "%20", "%2B", "%2D", "&nbsp;", "\\u0020", "\\u00a0",
    ],
)  # fmt: skip
def test_a_card_goes(apart):
    for groups in (["4242"] * 4, ["3782", "822463", "10005"]):
        kept = without_cards(f"card {apart.join(groups)} declined")
        assert kept.startswith("card (hidden)"), kept
        assert kept.endswith(" declined")


def test_digits_of_another_script_are_digits():
    fullwidth = "4242 4242 4242 4242".translate({ord(str(digit)): 0xFF10 + digit for digit in range(10)})
    assert without_cards(f"card {fullwidth}") == "card (hidden)"


@pytest.mark.parametrize(
    "text",
    [
        "4242:4242:4242:4243", "4242,4242,4242,4243", "4242:4242:4242:4242:4242:4242:4242:4242",
        "502 3 64 1233 223 15", "5 12 23456 78 9012 3", "42 42 42 42 42 42 42 42", "200 5 4242 4242 4242 424",
        "1,4242,4242,4242,4242", "4242,4242,4242,4242,17", "10.0.0.1:4242", "4242|4242|42", "2026-11-26 10:20:30",
    ],
)  # fmt: skip
def test_other_numbers_stay(text):
    assert without_cards(text) == text


@pytest.mark.parametrize("text", ["4242 4242 42424242", "42424242 42424242", "3782 822463 10005", "4222222 222222"])
def test_groups_of_other_lengths_are_a_card(text):
    assert without_cards(f"card {text} declined") == "card (hidden) declined"


@pytest.mark.parametrize(
    "number",
    [
        "3530111333300000",
        "30569309025904",
        "38520000023237",
        "2223003122003222",
        "6011111111111117",
        "5018000000000009",
    ],
)
def test_a_card_of_each_brand_goes(number):
    assert without_cards(f"card {number}") == "card (hidden)"


@pytest.mark.parametrize("number", ["35184372088832", "31184372088836", "22184372088837"])
def test_a_number_of_no_brand_or_not_of_its_length_stays(number):
    assert without_cards(f"order {number}") == f"order {number}"
