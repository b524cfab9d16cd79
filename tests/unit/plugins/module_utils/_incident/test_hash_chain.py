"""The chain of an incident's lines: what is written, and that every change of it is found."""

from __future__ import annotations

import json
import random
from datetime import date, datetime

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._incident.hash_chain import (
    Chain,
    digest_of,
    head_of,
    head_text,
    read_chain,
    read_event,
    sealed,
)

AT = "2026-11-23T14:56:35.123456Z"
LEGACY = json.dumps({"at": AT, "kind": "noted", "by": "ada", "host": "db1", "note": {}}).encode()


def event(number, **note):
    return {"at": AT, "kind": "noted", "by": "ada", "host": "db1", "note": {"text": f"step {number}", **note}}


def log_of(number, before=(), **note):
    """So many lines after the ones that are there."""
    lines = list(before)
    first = sum(read_event(line) is not None for line in lines)
    for seq in range(first + 1, first + number + 1):
        lines.append(sealed(event(seq, **note), seq, digest_of(lines[-1] if lines else b"")))
    return lines


def verified(lines, *heads, ends_with="\n"):
    known = [head for head in map(head_of, heads) if head is not None]
    assert len(known) == len(heads)
    data = b"\n".join(lines) + (ends_with.encode() if lines else b"")
    return read_chain(data.splitlines(keepends=True), Chain(known))


def head(lines):
    return head_text(verified(lines).head)


def test_what_json_does_not_have_is_written_as_its_text():
    """YAML makes a date of what a person writes within a label."""
    line = sealed(event(1, labels={"since": date(2026, 12, 1), "at": datetime(2026, 12, 1, 8)}), 1, digest_of(b""))
    assert json.loads(line)["note"]["labels"] == {"since": "2026-12-01", "at": "2026-12-01 08:00:00"}
    assert verified([line]).first_break is None


def test_numbers_have_no_gap_and_the_head_is_the_last_line():
    lines = log_of(5)
    chain = verified(lines)
    assert [json.loads(line)["seq"] for line in lines] == [1, 2, 3, 4, 5]
    assert list(json.loads(lines[0])) == ["seq", "at", "kind", "by", "host", "note", "prev", "sum"]
    assert (chain.lines, chain.chained, chain.first_break) == (5, 5, None)
    assert chain.head == {"seq": 5, "hash": digest_of(lines[-1])[:12]}
    assert verified(lines, head(lines), head(lines[:2])).first_break is None
    assert head_text(Chain().head) == ""


@pytest.mark.parametrize(
    "text", ["a\u2028b\u200bä", "\ud800 alone", 'quote " and \\', "x" * 200_000, "}", '","sum":"0"}']
)
def test_every_text_is_one_line_that_can_be_read(text):
    (line,) = log_of(1, more=text)
    assert b"\n" not in line
    assert json.loads(line)["note"]["more"] == text
    assert verified([line]).first_break is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("17:ab12cd34ef56", {"seq": 17, "hash": "ab12cd34ef56"}),
        (" seq 17 AB12CD ", {"seq": 17, "hash": "ab12cd"}),
        ("017:ab12cd", {"seq": 17, "hash": "ab12cd"}),
        ("17", None), ("x:ab12cd", None), ("17:xyz", None), ("", None),
        ("0:ab12cd", None), ("000:ab12cd", None), ("\u0661:ab12cd", None), ("1" * 5000 + ":ab12cd", None),
    ],
)  # fmt: skip
def test_heads_are_read_as_they_are_printed(text, expected):
    assert head_of(text) == expected


def test_lines_from_before_the_chain_are_read_and_not_checked():
    lines = log_of(3, before=[LEGACY, b'{"torn', LEGACY])
    assert json.loads(lines[3])["seq"] == 3, "two lines of events are before it"
    chain = verified(lines)
    assert (chain.not_checked, chain.torn, chain.chained, chain.first_break) == (2, 1, 3, None)
    changed = [LEGACY.replace(b"ada", b"eve"), *lines[1:]]
    assert verified(changed).first_break is None, "what no chain covers is not known"
    lines[2] = LEGACY.replace(b"ada", b"eve")
    assert verified(lines).first_break["line"] == 4, "the first link covers the last line before it"


def test_an_interrupted_write_is_no_break():
    lines = log_of(2)
    torn = lines[1][:40]
    assert verified([lines[0], torn], ends_with="").first_break is None
    resumed = [lines[0], torn, sealed(event(2), 2, digest_of(torn))]
    chain = verified(resumed)
    assert (chain.torn, chain.first_break, chain.head["seq"]) == (1, None, 2)


@pytest.mark.parametrize("inserted", [b"", b"junk", LEGACY[:-1], b'{"seq":9,"at":"2026'])
def test_a_line_before_an_interrupted_one_or_before_the_first_is_found_though_no_event_covers_it(inserted):
    torn = [*log_of(2), b'{"seq":3,"at":"2026-11-2']
    lines = [*torn, sealed(event(3), 3, digest_of(torn[-1]))]
    assert verified(lines).first_break is None
    for place in (0, 1, 2, 3):
        found = verified([*lines[:place], inserted, *lines[place:]], head(lines)).first_break
        assert found is not None, place
    assert verified([*lines[:2], inserted, *lines[2:]]).first_break["line"] == 3


@pytest.mark.parametrize("first", [b"{", b'{"seq":3', b'{"seq":3,"at":"20\0\0', b"\0\0"])
def test_two_writes_in_a_row_that_were_interrupted_are_no_break(first):
    torn = [*log_of(2), first, b'{"seq":3,"at":"2026-11-2']
    assert verified([*torn, sealed(event(3), 3, digest_of(torn[-1]))]).first_break is None


def test_a_log_of_which_no_line_can_be_read_is_broken_and_a_first_write_that_was_interrupted_is_not():
    assert read_chain([b"garbage\n", b"garbage\n"], Chain()).first_break["line"] == 1
    assert read_chain([log_of(1)[0][:40]], Chain()).first_break is None
    assert read_chain([LEGACY + b"\n", b'{"torn\n', LEGACY + b"\n"], Chain()).first_break is None


@pytest.mark.parametrize("number", [[], {}, None, "2", 2.5])
def test_a_number_that_is_none_is_a_break(number):
    lines = log_of(3)
    changed = [lines[0], json.dumps({**json.loads(lines[1]), "seq": number}).encode(), lines[2]]
    assert verified(changed, head(lines)).first_break["line"] == 2


CHANGES = {
    "edited": lambda lines, dice, place: [*lines[:place], _edited(lines[place], dice), *lines[place + 1 :]],
    "field removed": lambda lines, dice, place: [*lines[:place], _without(lines[place], dice), *lines[place + 1 :]],
    "deleted": lambda lines, _dice, place: [*lines[: min(place, 18)], *lines[min(place, 18) + 1 :]],
    "inserted": lambda lines, _dice, place: [*lines[:place], LEGACY, *lines[place:]],
    "appended": lambda lines, _dice, _place: [*lines, LEGACY],
    "repeated": lambda lines, dice, place: [*lines[:place], lines[dice.randrange(20)], *lines[place:]],
    "swapped": lambda lines, dice, place: _swapped(lines, place, (place + dice.randrange(1, 20)) % 20),
    "not readable": lambda lines, _dice, place: [*lines[:place], b"nonsense", *lines[place + 1 :]],
    "emptied": lambda lines, _dice, place: [*lines[:place], b"", *lines[place + 1 :]],
    "of another log": lambda lines, _dice, place: [*lines[:place], log_of(20, more=1)[place], *lines[place + 1 :]],
}
HEADS_ONLY = {
    "cut": lambda lines, place: lines[:place],
    "rewritten": lambda lines, place: [*lines[:place], *log_of(20, more="other")][:20] if not place else
    log_of(20 - place, before=lines[:place], more="other"),
}  # fmt: skip


def _edited(line, dice):
    data, place = bytearray(line), dice.randrange(len(line))
    data[place] = dice.choice([byte for byte in range(32, 127) if byte != data[place]])
    return bytes(data)


def _without(line, dice):
    fields = json.loads(line)
    del fields[dice.choice(list(fields))]
    return json.dumps(fields, separators=(",", ":")).encode()


def _swapped(lines, one, other):
    changed = list(lines)
    changed[one], changed[other] = lines[other], lines[one]
    return changed


@pytest.mark.parametrize("change", CHANGES)
def test_every_change_is_found_without_a_head(change):
    lines, dice = log_of(20), random.Random(20)
    for dummy in range(100):
        changed = CHANGES[change](lines, dice, dice.randrange(20))
        if changed != lines:
            assert verified(changed).first_break, changed


@pytest.mark.parametrize("change", HEADS_ONLY)
@pytest.mark.parametrize("place", [0, 1, 10, 19])
def test_a_cut_end_and_a_new_chain_are_found_with_a_head_alone(change, place):
    lines = log_of(20)
    changed = HEADS_ONLY[change](lines, place)
    assert verified(changed).first_break is None
    assert verified(changed, head(lines)).first_break, "this is why heads are kept elsewhere"
    assert verified(changed, head(lines[: max(1, place)])).first_break is None or not place


def test_the_break_names_the_line_and_what_is_wrong():
    lines = log_of(5)
    found = verified([*lines[:2], lines[2].replace(b"step 3", b"step 9"), *lines[3:]]).first_break
    assert (found["line"], found["seq"], found["what"]) == (3, 3, "the line was changed: its text does not fit its sum")
    assert "lines were removed before it: seq 4 follows 2" in verified(lines[:2] + lines[3:]).first_break["what"]
    cut = verified(lines[:3], head(lines)).first_break
    assert (cut["line"], cut["what"]) == (0, "the end was cut off: seq 5 was written, 3 is the last")
