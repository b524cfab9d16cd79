"""Which lines continue the one before; whole records are in test_forms and test_assembly."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._logs.continuation import (
    goes_on,
    is_key_body,
    is_own,
    joins,
)


@pytest.mark.parametrize(
    "line",
    [
        "", "  x", "\tat a.b(c.java:1)", "Caused by: x", "goroutine 7 [running]:", "main.main()", "#3 /a.php(2): f()",
        "github.com/x/y.(*T).Do(0x1)", "stack backtrace:", "app/models/x.rb:3:in `f'", "** (RuntimeError) x",
        "[SQL: SELECT 1]", "[7b1e1d2c-0000-4000-8000-123456789012] ",
        "2026-11-24 02:40:04 UTC [7] DETAIL:  Key (id)=(1) already exists.", "Node.js v20.1.0",
        "2026-11-24T02:40:04Z -----END RSA PRIVATE KEY-----",
    ],
)  # fmt: skip
def test_lines_that_continue(line):
    assert goes_on(line)


@pytest.mark.parametrize(
    "line",
    ["2026-11-24 02:40:04 x", "INFO x", "[info] x", "panic: x", "SELECT 1", "Errors: 7", "error: no such file",
     '{"a": "DETAIL:  x"}', "[7b1e1d2c-0000-4000-8000-123456789012] Started GET",
     "#5 [2/3] RUN pip install x", "#5 2.3 ERROR: Could not find a version", "#7 ERROR: process did not complete",
     "note: the queue is full", "State: ready", "WHERE a = 1", "FROM bob: ERROR no"],
)  # fmt: skip
def test_lines_that_begin(line):
    assert not goes_on(line)


@pytest.mark.parametrize(
    ("older", "newer", "joined"),
    [
        ("thread 'main' panicked at a.rs:1:2:", "index out of bounds", True),
        ('  File "a.py", line 1, in f', "CardDeclined: no money", True),
        ("    raise CardDeclined()", "INFO: served", False),
        ("served", "CardDeclined: no money", False),
        ("/app/x.js:3", "    throw x", True),
        ("Nov 24, 2026 2:40:04 AM shop.Pay pay", "SEVERE: x", True), ("served", "SEVERE: x", False),
        ("Nov 24 02:40:04 web app[7]: Traceback (most", 'Nov 24 02:40:04 web app[7]:   File "a.py"', True),
        ("Nov 24 02:40:04 web app[7]:     pay()", "Nov 24 02:40:04 web app[7]: CardDeclined: no money", True),
        ("Nov 24 02:40:04 web app[7]:     pay()", "Nov 24 02:40:04 web app[8]: CardDeclined: no money", False),
        ("Nov 24 02:40:04 web app[7]: served", "Nov 24 02:40:04 web app[7]: served", False),
        ("2026-11-24T02:40:04Z web app[7]:   at x", "2026-11-24T02:40:04Z web app[7]:   at y", True),
        ("STATEMENT:  SELECT a", "FROM b", True), ("FROM b", "WHERE a = 1", True), ("  a,", "FROM b", True),
        ("served", "LIMIT reached for user 7: ERROR quota", False), ("served", "SET x", False),
        ("select a from b", "LIMIT reached: ERROR quota", False), ("2026-11-24T02:40:04Z", "ORA-00600: x", True),
        ("SET timestamp=1795488004;", "SELECT sleep(9);", True), ("use shop;", "SELECT sleep(9);", True),
        ("SET timestamp=1795488004;", "# Time: 2026-11-24T02:40:04Z", False),
        ("t -----BEGIN PRIVATE KEY-----", "t MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIB", True),
    ],
)  # fmt: skip
def test_lines_that_continue_by_what_stands_before_them(older, newer, joined):
    assert joins(older, newer) is joined


def test_a_detail_is_of_the_process_that_it_names():
    assert is_own("2026 [7] DETAIL:  x", "2026 [8] ERROR:  y")
    assert not is_own("2026 [7] DETAIL:  x", "2026 [7] ERROR:  y")


@pytest.mark.parametrize("text", ["x" * 80, "image sha256:" + "0a" * 32, "a word", "12345678" * 8])
def test_long_words_are_no_body_of_a_key(text):
    assert not is_key_body(text)


@pytest.mark.parametrize(
    ("tail", "line", "apart"),
    [
        ("TypeError: b", "    at run (/a.js:1:2)", True), ("TypeError: b", "TypeError: a", True),
        ("java.lang.IllegalStateException: b", "\t... 12 more", True), ("Error: b", "}", True),
        ("  + Exception Group Traceback (most recent call last):", "2026-11-24T02:40:04Z INFO served", True),
        ("  + Exception Group Traceback (most recent call last):", "2026-11-24T02:40:04Z ERROR failed", False),
        ("Caused by: java.io.IOException: x", "\tat a.b(c.java:1)", False),
        ("KeyError: 'x'", '  File "a.py", line 1', False), ("KeyError: 'x'", "    pay()", False),
    ],
)  # fmt: skip
def test_a_trace_is_a_matter_of_its_own(tail, line, apart):
    """Two thousand traces without a time were one record, of which 500 lines were kept."""
    assert is_own(tail, line) is apart
