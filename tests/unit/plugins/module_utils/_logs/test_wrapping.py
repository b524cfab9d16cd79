"""What collectors put around a line: colours, names, CRI."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._logs.wrapping import unwrapped, without_colours


@pytest.mark.parametrize(
    ("line", "text", "stream"),
    [
        ("backend-1  | ERROR x", "ERROR x", "backend-1"),
        ("\x1b[36mdb  | \x1b[0mLOG:  x", "LOG:  x", "db"),
        ("web_1 |", "", "web_1"),
        ("[pod/web-1/app] x", "x", "pod/web-1/app"),
        ("info | x", "info | x", ""),
        ("7 | x", "7 | x", ""),
        ("2026-11-24 02:40:04.123 | ERROR | x", "2026-11-24 02:40:04.123 | ERROR | x", ""),
        ("a word | x", "a word | x", ""),
    ],
)
def test_the_name_before_a_line_is_its_stream(line, text, stream):
    found = unwrapped(line)
    assert (found.text, found.stream) == (text, stream)


def test_a_part_of_a_line_of_cri_is_no_whole_line():
    part = unwrapped("2026-11-24T02:40:04.5Z stdout P begin ")
    assert (part.text, part.stream, part.stamp, part.part) == ("begin ", "stdout", "2026-11-24T02:40:04.5Z", True)
    assert unwrapped("2026-11-24T02:40:04.5Z stderr F end").part is False


@pytest.mark.parametrize(
    ("line", "text", "stream", "stamp"),
    [
        ("2026-11-24T02:40:04.123456789Z x", "x", "", "2026-11-24T02:40:04.123456789Z"),
        ("web-1  | 2026-11-24T02:40:04.12345678Z   at y", "  at y", "web-1", "2026-11-24T02:40:04.12345678Z"),
        ("2026-11-24T02:40:04.123456789+01:00 ", "", "", "2026-11-24T02:40:04.123456789+01:00"),
        ("2026-11-24T02:40:04.123456Z x", "2026-11-24T02:40:04.123456Z x", "", ""),
        ("2026-11-24T02:40:04.123456789Z", "2026-11-24T02:40:04.123456789Z", "", ""),
        ("time=2026-11-24T02:40:04.123456789Z x", "time=2026-11-24T02:40:04.123456789Z x", "", ""),
    ],
)
def test_the_time_that_a_collector_puts_before_a_line_is_no_part_of_it(line, text, stream, stamp):
    assert unwrapped(line) == (text, stream, stamp, False)


@pytest.mark.parametrize("escape", ["\x1b", "#033", "^[", "\\u001b", "\\x1b", "\\033"])
def test_colours_are_no_text_however_they_are_escaped(escape):
    assert without_colours(f"{escape}[1;31mERROR{escape}[0m x") == "ERROR x"
