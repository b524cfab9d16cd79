"""The drain rule and the mark in it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._compose.drain.rule import (
    Mark,
    mark_of,
    over,
    rule_words,
    rules_in,
)
from ansible_collections.pafar.runbook.plugins.module_utils._system.identity import Identity

MARK = Mark("0123456789ab", 1795600000, 1795600040, Identity(77, 5000, 4026531836, "0a1b2c3d4e5f"), "shop", "web")
# As iptables 1.8.9 (nf_tables) lists it.
LISTED = (
    "-P INPUT ACCEPT\n"
    '-A INPUT -p tcp -m comment --comment "someone else\'s" -j REJECT --reject-with tcp-reset\n'
    "-A INPUT ! -i lo -p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN -m time --datestop 2026-11-25T09:47:20"
    f' -m comment --comment "{MARK.text}" -j REJECT --reject-with tcp-reset\n'
)


def test_a_mark_is_read_as_it_was_written():
    assert mark_of(MARK.text) == MARK
    older = replace(MARK, owner=replace(MARK.owner, boot=""))
    assert mark_of(older.text) == older, "of an older version"
    assert MARK.since_text == "2026-11-25T09:46:40Z"


@pytest.mark.parametrize(
    "comment", ["", "pafar-drain", "pafar-drain 0123 1 2 x shop/web", "x " + MARK.text, "pafar-drain a b c 1@2/3 p/s"]
)
def test_another_comment_is_no_mark(comment):
    assert mark_of(comment) is None


def test_a_long_name_is_cut_and_still_read():
    for project, service in (("shop", "s" * 300), ("p" * 200, "s" * 200), ("p" * 300, "web")):
        mark = Mark(MARK.container, 1, 2, MARK.owner, project, service)
        assert len(mark.text) <= 250
        again = mark_of(mark.text)
        assert again is not None
        assert project.startswith(again.project)
        assert service.startswith(again.service)


def test_the_rule_ends_by_itself_where_the_kernel_can():
    timed, plain = rule_words(MARK, True), rule_words(MARK, False)
    assert timed[timed.index("--datestop") + 1] == "2026-11-25T09:47:20"
    assert [word for word in timed if word not in plain] == ["time", "--datestop", "2026-11-25T09:47:20"]
    assert plain[:5] == ["INPUT", "!", "-i", "lo", "-p"]
    assert MARK.text in plain


def test_marked_rules_alone_are_found_in_a_listing_with_the_words_that_delete_them():
    ((words, mark),) = rules_in(LISTED)
    assert mark == MARK
    assert words[:3] == ["-D", "INPUT", "!"]
    assert words[words.index("--comment") + 1] == MARK.text
    assert rules_in("") == rules_in("-P INPUT ACCEPT\n") == []
    assert rules_in('-A INPUT --comment "pafar-drain not closed\n') == []


def test_a_rule_whose_time_is_over_does_nothing_any_more():
    timed, plain = rule_words(MARK, True), rule_words(MARK, False)
    assert [over(timed, MARK, MARK.until + late) for late in (-1, 1, 1.5)] == [False, False, True]
    assert not over(plain, MARK, MARK.until + 999), "a kernel without that match lets it stand"
