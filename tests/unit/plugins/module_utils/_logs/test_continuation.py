"""Which lines continue the one before; whole records are in test_forms and test_assembly."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._logs.continuation import (
    begins_csv,
    ends_csv,
    goes_on,
    is_key_body,
    is_own,
    joins,
    leads,
)

RAILS = "F, [2026-11-24T02:40:04.123456 #7] FATAL -- : "


@pytest.mark.parametrize(
    "line",
    [
        "", "  x", "\tat a.b(c.java:1)", "Caused by: x", "goroutine 7 [running]:", "main.main()", "#3 /a.php(2): f()",
        "github.com/x/y.(*T).Do(0x1)", "stack backtrace:", "app/models/x.rb:3:in `f'", "** (RuntimeError) x",
        "[SQL: SELECT 1]", "[7b1e1d2c-0000-4000-8000-123456789012] ", "[shop] [10.0.0.1]   ",
        "[4bf92f3577b34da6a3ce929d0e0e4736] app/models/x.rb:3:in 'pay'", "[req-12ab]   Parameters: {}",
        "activerecord (7.1.2) lib/active_record/x.rb:3:in 'pay'",
        "2026-11-24 02:40:04 UTC [7] DETAIL:  Key (id)=(1) already exists.", "Node.js v20.1.0",
        "2026-11-24T02:40:04Z -----END RSA PRIVATE KEY-----",
        "java.lang.Exception: x", "shop.Pool$ExhaustedException: x", r"App\Pay\PayException: x",
        "System.Exception: x", "Faraday::Error: x", "main.Map[...].func1()",
        "main.(*T[...]).Do({0x1, 0x2})", "main.main.gowrap1()", "Stack backtrace:", "[previous exception] [object] (x",
        "---> (Inner Exception #0) System.Exception: x", 'b",,,,,"psql","client backend",,0',
        'b",,,"x","client backend"',
    ],
)  # fmt: skip
def test_lines_that_continue(line):
    assert goes_on(line)


@pytest.mark.parametrize(
    "line",
    ["2026-11-24 02:40:04 x", "INFO x", "[info] x", "panic: x", "SELECT 1", "Errors: 7", "error: no such file",
     "[shop] app/models/x.rb:3:in 'pay'", "[error] app.models.Seat: sold twice", "[INFO] ",
     '{"a": "DETAIL:  x"}', "[7b1e1d2c-0000-4000-8000-123456789012] Started GET",
     "#5 [2/3] RUN pip install x", "#5 2.3 ERROR: Could not find a version", "#7 ERROR: process did not complete",
     "  12:20261126:172336.123 refused", "Exception: x", "Warning: x", '"a","b","c","d","client backend",,0',
     '2026-11-26 17:23:36.123 UTC,"a","b",1,,,,"x","client backend",,"0',
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
        ("t: Rack app error handling request { GET /pay }", "#<NoMethodError: x>", True),
        ("t: Unknown error handling request { POST / }", "#<IOError: x>", True), ("served { GET /pay }", "#<a>", False),
        ("t: Rack app error handling request { GET /pay }", "t: Puma starting", False),
        ("/app/x.js:3", "    throw x", True),
        ("Nov 24, 2026 2:40:04 AM shop.Pay pay", "SEVERE: x", True), ("served", "SEVERE: x", False),
        ("Nov 24 02:40:04 web app[7]: Traceback (most", 'Nov 24 02:40:04 web app[7]:   File "a.py"', True),
        ("Nov 24 02:40:04 web app[7]:     pay()", "Nov 24 02:40:04 web app[7]: CardDeclined: no money", True),
        ("Nov 24 02:40:04 web app[7]:     pay()", "Nov 24 02:40:04 web app[8]: CardDeclined: no money", False),
        ("Nov 24 02:40:04 web app[7]: served", "Nov 24 02:40:04 web app[7]: served", False),
        ("2026-11-24T02:40:04Z web app[7]:   at x", "2026-11-24T02:40:04Z web app[7]:   at y", True),
        ("STATEMENT:  SELECT a", "FROM b", True), ("FROM b", "WHERE a = 1", True), ("  a,", "FROM b", True),
        ("=INFO REPORT==== 24-Nov-2026::02:40:04 ===", "started", True),
        ("=INFO REPORT==== 24-Nov-2026::02:40:04 ===", "=INFO REPORT==== 24-Nov-2026::02:40:05 ===", False),
        ("=INFO REPORT==== 24-Nov-2026::02:40:04 ===", "2026-11-24 02:40:04 started", False), ("a ===", "b", False),
        ("[error] #PID<0.1.0> running x terminated", "Server: localhost:4000 (http)", True),
        ("Server: localhost:4000 (http)", "Request: GET /pay", True), ("served", "Request: GET /pay", False),
        ("served", "Server: localhost:4000 (http)", False), ("Server: nginx", "Request: GET /pay took 12ms", False),
        ("served", "LIMIT reached for user 7: ERROR quota", False), ("served", "SET x", False),
        ("select a from b", "LIMIT reached: ERROR quota", False), ("2026-11-24T02:40:04Z", "ORA-00600: x", True),
        ("SET timestamp=1795488004;", "SELECT sleep(9);", True), ("use shop;", "SELECT sleep(9);", True),
        ("SET timestamp=1795488004;", "# Time: 2026-11-24T02:40:04Z", False),
        (f"{RAILS}[shop] [10.0.0.1]   ", "[shop] [10.0.0.1] ActiveRecord::StatementInvalid (PG::Bad: x):", True),
        (f"{RAILS}[shop]   ", "[shop] Mysql2::Gone (x):", True), (f"{RAILS}[7]   ", "[8] Mysql2::Gone (x):", False),
        (f"{RAILS}[shop]   ", f"{RAILS}[shop] Started GET", False),
        ("[shop] PG::Bad (x):", "[shop]   ", True), ("[shop]   ", "[shop] app/models/x.rb:3:in 'pay'", True),
        ("[shop] Causes:", "[shop] PG::Bad (x)", True), ("[shop] Started GET", "[shop] Processing by", False),
        ("[OK]", "[OK]", False), ("[done] ", "[done] ", False), ("[main] a", "[main] b", False),
        ("[shop] PG::Bad (x):", "[shop]", True), ("[shop]", "[shop] app/models/x.rb:3:in 'pay'", True),
        ("[error] a.b: lost", "[error] a.b: lost", False), ("[INFO] ", "[INFO] Building shop", False),
        ("[2026-11-24 02:40:04] served", "[2026-11-24 02:40:04]   served", False),
        ("t -----BEGIN PRIVATE KEY-----", "t MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIB", True),
    ],
)  # fmt: skip
def test_lines_that_continue_by_what_stands_before_them(older, newer, joined):
    assert joins(older, newer) is joined


@pytest.mark.parametrize(
    ("older", "newer", "joined"),
    [
        ("[3-2] STATEMENT:  select *", "[3-3] #011from x", True), ("[3-3] #011from x", "[3-4] #011where y", True),
        ("[12-1] LOG:  statement: select", "[12-2] 1", True),
        ("[3-4] #011where y", "[4-1] LOG:  checkpoint starting: time", False), ("[3-1] x", "[4-2] y", False),
        ("[3-1] LOG:  a", "[3-1] LOG:  b", False),
    ],
)  # fmt: skip
def test_lines_of_one_message_of_postgresql_in_syslog(older, newer, joined):
    head = "Nov 24 02:40:04 db postgres[70]: "
    assert joins(head + older, head + newer) is joined


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
        ("shop.Pool$ExhaustedException: b", "TypeError: a", True), ("Shop::PayError: b", "\t... 12 more", True),
        ("KeyError: 'x'", '  File "a.py", line 1', False), ("KeyError: 'x'", "    pay()", False),
    ],
)  # fmt: skip
def test_a_trace_is_a_matter_of_its_own(tail, line, apart):
    """Two thousand traces without a time were one record, of which 500 lines were kept."""
    assert is_own(tail, line) is apart


@pytest.mark.parametrize(
    ("line", "behind", "led"),
    [
        ("main.main", "\t/app/x.go:5", True), ("a.io/b/c.(*T).Do", "\t/app/x.go:5 +0x1d", True),
        ("main.Map[...].func1", "\t/app/x.go:5", True), ("served by main.main", "\t/app/x.go:5", False),
        ("main.main", "\tat x.y(z.java:1)", False), ("main.main", "served", False),
        ("seats", "  Input should be a valid integer [type=int_type, input_value='a']", True),
        ("items.0.name", "  Field required [type=missing, input_value={}]", True),
        ("seats sold", "  Field required [type=missing]", False), ("seats", "  - 12", False),
    ],
)  # fmt: skip
def test_a_line_whose_next_one_shows_that_it_continues(line, behind, led):
    assert leads(line, behind) is led


def test_a_record_of_csvlog_begins_with_its_time_and_ends_with_the_kind_of_process():
    begin = '2026-11-26 17:23:36.123 UTC,"app","shop",7,"10.0.0.7:1",65.7,3,"UPDATE"'
    assert begins_csv(begin)
    assert not begins_csv("2026-11-26 17:23:36.123 UTC [7] LOG:  x")
    assert not ends_csv(begin)
    assert not ends_csv(f'{begin},"psql","client backend",,"0')
    assert ends_csv('WHERE a = 1",,,,"psql","client backend",,0')
    assert not ends_csv('WHERE "a" = 1,,,,"psql","client backend",,0')
