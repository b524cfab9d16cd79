"""Levels by words, letters, numbers and marks; whole forms are in test_forms."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._logs.level import LEVELS, level_of, of_status, of_value


@pytest.mark.parametrize(
    ("line", "level"),
    [
        ("[2026-11-24 02:40:04,123: WARNING/MainProcess] x", "warning"), ("app.ERROR: x", "error"),
        ("[worker]ERROR x", "error"), ("\x1b[31mFATAL\x1b[0m: x", "critical"), ("ERROR:root:x", "error"),
        ("level=warning msg=x", "warning"), ('lvl="eror" msg=x', "error"), ("x severity: ERROR y", "error"),
        ("no error was found", ""), ("ended without error", ""), ("0 errors", ""), ("GET /api/error 1", ""),
        ("error=null x", ""), ("terror", ""), ("INFO it went wrong with error 7", "info"), ("/var/log/ERROR/x", ""),
        ("W1124 02:40:04.123456 7 a.go:1] x", "warning"), ("<3>x", "error"), ("<999>x", ""),
        ("2026-11-24 02:40:04 UTC [7] DEBUG2:  x", "debug"), ("panic: x", "critical"),
        ("2026-11-24T02:40:04Z INF x error=y", "info"),
        ('\x1b[32mINFO\x1b[0m: 10.0.0.1:5 - "\x1b[1mGET / HTTP/1.1\x1b[0m" \x1b[91m500 Internal\x1b[0m', "error"),
        ('Server b/w is DOWN, code: 503, info: "refused"', ""), ("it failed, debug: a, trace: b", ""),
        ("2026-11-24 02:40:04, info: started", "info"), ("2026-11-24 02:40:04,123, notice: x", "notice"),
        ("[1795488004] SERVICE ALERT: db1;PING;OK;HARD", ""), ("[1795488004] HOST ALERT: db1;UP;SOFT;1", ""),
        ("[1795488004] SERVICE ALERT: db1;PING;WARNING;SOFT", "warning"), ("ALERT: no disk", "critical"),
        ("2026-11-24T02:40:04Z\t 12 Query\tSELECT 'ERROR'", ""), ("SET level = 'Warning'", ""),
        ("stderr: 'ERROR: no'", "error"),
        ('ts=1 msg="set level=info" level=error', "error"), ('ts=1 level=info msg="level=error"', "info"),
        ('ts=1 log="x level=error"', "error"), ('t msg="a \\"b\\" level=info" severity=warn', "warning"),
        ('template "ERROR" rendered', ""), ('"2026-11-24","ERROR","failed"', "error"),
        ('got "Fatal accident" on A8', ""),
        ('stderr: "fatal: no repository"', "critical"), ('["error", "x"]', "error"),
        ("x.y.Exception: z", "error"), ("java.lang.Error: z", "error"),
        ("2026-11-24 02:40:04 +0000 I [7:main] Rails -- error page", "info"), ("DPANIC x", "critical"),
        ("2026/11/24 02:40:04 ERRO x", "error"), ("2026-11-24 02:40:04.123456 F [7] x", "critical"),
        ('127.0.0.1 -  26/Nov/2026:17:23:36 +0000 "GET /index.php" 404', "warning"),
        ('10.0.0.1 - bob 26/Nov/2026:17:23:36 +0000 "POST /index.php" 200', "info"),
        ("app.rb:3:in 'pay': boom (RuntimeError)", "error"),
        # What is said of an error where there is none, and where there is one.
        ("request done, err: <nil>", ""), ("sync finished, error: <nil>", ""), ("error = 0", ""),
        ("Error count: 0", ""),
        ("Error code: 0", ""), ("error: ''", ""), ("error: []", ""), ("error: -", ""), ("err: undefined", ""),
        ("error: connection refused", "error"), ("Error code: 500", "error"), ("error: 0x80070005", "error"),
        ("error: -1 EPERM", "error"), ("Error: boom", "error"), ("error: 0.5 s too late", "error"),
        # What is made of errors.
        ("systemd[1]: Started Daily error report.", ""), ("kernel: PCIe AER: Corrected error received", ""),
        ("kernel: EDAC: error reporting enabled", ""), ("smartd: SMART Error Log Version: 1", ""),
        ("No errors; warning threshold is 80%", ""), ("ERROR log could not be written", "error"),
        ("Error handling middleware registered", ""), ("Configured error reporting to Sentry", ""),
        ("Error handling webhook: no rows", "error"), ("Error logging in user 7: refused", "error"),
        ("2026-11-24T02:40:04Z error handling message from queue pay: timeout", "error"),
        # How many there were.
        ("PASS: 12 FAIL: 0 ERROR: 0", ""), ("ERROR: 0, WARN: 0", ""), ("WARN=0 ERROR=0", ""),
        ("ERROR: 0 of 3 replicas answer", "error"), ("FAIL: 0x80070005", "error"),
        # A time before the level, before the exception; a sender, and no level.
        ("[02:40:04] fail: App[0]", "error"), ("02:40:04 crit: App[0]", "critical"), ("02:40:04 dbug: App[0]", "debug"),
        ("2026/11/24 02:40:04 http: Server closed", ""), ("2026/11/24 02:40:04 [E] x", "error"),
        ("2026-11-24 02:40:04 +0000 Rack app error: #<KeyError: x>", "error"),
        ("[2026-11-24 02:40:04] Traceback (most recent call last):", "error"), ("02:40:04 panic: x", "critical"),
        ("2026-11-24 02:40:04 +0000 Read: #<NoMethodError: no method>", "error"), ("Unknown: #<b>", ""),
        ("2026-11-24 02:40:04 +0000 Listen loop: #<Errno::EMFILE: Too many open files>", "error"), ("Read: 5 rows", ""),
        ("#<PG::ConnectionBad: x>", ""), ("#<Pay::CardError: declined>", "error"), ("#<Thread:0x1 run>", ""),
        ("#<Order id: 1, error: nil>", ""), ("! Unable to load application: NameError: x", "error"), ("! Ready", ""),
        ("2026-11-24 02:40:04 +0000 Rack app started", ""), ("2026-11-24 02:40:04 user error@example.com", ""),
        ("[info] Sent 500 in 12s", "info"), ("Chunked 503 in 812µs", "error"),
        ("(node:7) [DEP0040] DeprecationWarning: error x", "warning"),
        ("::1 - GET /pay HTTP/1.1 500 - - 3 ms", "error"),
        ("2026/11/24 02:40:04 [Recovery] 2026/11/24 - 02:40:04 panic recovered:", "critical"),
        ("2026/11/24 02:40:04 [Recovery] is used", ""), ("the panic recovered: nothing", ""),
        ("12:00:00 | 500 | x", ""), ("12:00:00 | 503 | 2s | ::1 | GET | /", "error"),
        # Java's levels in other languages.
        ("24-Nov-2026 02:40:04.123 SCHWERWIEGEND [main] o.a.c.X.y Error in z", "error"), ("GRAVE: no se pudo", "error"),
        ("24-Nov-2026 02:40:04.123 AVERTISSEMENT [main] o.a.c.X.y erreur", "warning"), ("a grave mistake", ""),
        ("a schwerwiegend word", ""), ("24-Nov-2026 02:40:04.123 INFORMATION [main] x GRAVE", "info"),
        # From which level on a program logs.
        ("LOG_LEVEL=ERROR gunicorn starting", ""), ("Setting log level to ERROR", ""), ("log level: ERROR", ""),
        ("log_level=error x", "error"),
        # A place for the level, and a name before it.
        ("[Nest] 1  - 11/28/2026, 10:00:00 PM     LOG [NestFactory] Starting error app", "info"),
        ("[Nest] 7  - 11/28/2026, 10:00:00 PM   ERROR [X] no info", "error"),
        ("[Nest] 7  - 28/11/2026, 22:00:00 VERBOSE [X] y", "debug"),
        ("2026-11-28 22:00:00,123 - error - INFO - x", "info"), ("2026-11-28 22:00:00 [error] [INFO] x", "info"),
        ("warn | ERROR | x", "error"), ("2026-11-28 22:00:00 error while INFO - y", "error"),
        ("2026-11-28 22:00:00.123 [noti] <0.44.0> x", "notice"), ("2026-11-28 22:00:00.123 [erro] <0.44.0> x", "error"),
        ("2026-11-28 22:00:00.123+00:00 [debg] <0.44.0> error", "debug"),
        # A number is a verbosity to Go's logr, and a severity to syslog.
        ('"level"=1 "msg"="cache synced"', ""), ("ts=2026-11-28T22:00:00Z level=3 msg=x", "error"),
    ],
)  # fmt: skip
def test_the_level_of_a_line(line, level):
    assert level_of(line) == level


@pytest.mark.parametrize(
    ("code", "level"), [(200, "info"), (304, "info"), (404, "warning"), (499, "warning"), (502, "error")]
)
def test_the_level_of_a_status(code, level):
    assert of_status(code) == level


@pytest.mark.parametrize(
    ("name", "value", "level"),
    [
        ("level", 60, "critical"), ("level", 10, "debug"), ("level", 40, "warning"), ("levelno", 40, "error"),
        ("severitynumber", 13, "warning"), ("severitynumber", 21, "critical"), ("priority", 4, "warning"),
        ("level", 300, "warning"), ("level", 550, "critical"), ("level", 9, ""), ("level", True, ""),
        ("level", None, ""), ("level", 0, ""), ("priority", 0, "critical"), ("level", "WARN+1", "warning"),
        ("level", 1, ""), ("level", 3, ""), ("severity", 3, "error"), ("level", "4", ""),
        ("severity", 500, "error"), ("severity", "600", "critical"), ("severity", 300, "notice"),
        ("level", 500, "critical"),
        ("level", 9999, ""), ("level", "W", "warning"), ("level", "loud", ""),
    ],
)  # fmt: skip
def test_the_level_of_a_value(name, value, level):
    assert of_value(name, value) == level
    assert not level or level in LEVELS


@pytest.mark.parametrize(
    "line",
    [
        "log level set to ERROR", "root logger level = ERROR", "LogLevel changed to WARNING", "minimum severity: ERROR",
        "Last error: never", "error budget remaining 99%", "retry on error enabled", "recovered from error",
        "loading error templates", "payment gateway error rate 0.0%",
        "sent a warning to bob", "2026-11-24 02:40:04 the warning was dismissed", "Sent warning email to a@example.com",
    ],
)  # fmt: skip
def test_a_line_that_speaks_of_errors_or_of_a_setting_says_no_level(line):
    assert level_of(line) == ""


@pytest.mark.parametrize(
    ("line", "level"),
    [
        ("warning: the disk is nearly full", "warning"), ("[the worker] warning - slow", "warning"),
        ("ERROR sent a warning to bob", "error"), ("an error occurred", "error"), ("npm warn deprecated x", "warning"),
    ],
)  # fmt: skip
def test_a_warning_that_is_sent_hides_no_level(line, level):
    assert level_of(line) == level


@pytest.mark.parametrize("status", [200, 404, 503])
def test_what_another_host_answered_has_the_level_of_the_program(status):
    sent = f'DEBUG urllib3.connectionpool https://api.stripe.com:443 "POST /v1/charges HTTP/1.1" {status} 12'
    assert level_of(sent) == level_of(f"2026-11-24 10:00:00,123 {sent}") == "debug"


def test_the_first_line_of_an_exception_group_is_an_error():
    assert level_of("  + Exception Group Traceback (most recent call last):") == "error"


@pytest.mark.parametrize(
    "line",
    [
        "ActiveRecord::ConnectionTimeoutError: could not obtain a connection", "Sequel::DatabaseConnectionError: x",
        r"Illuminate\Database\QueryException: SQLSTATE[08006] [7] refused", r"Uncaught App\Pay\PayError: x",
        "com.shop.Pool$ExhaustedException: all are in use", "Faraday::Error: x", "psycopg2.OperationalError: x",
        "/app/a.rb:1:in 'x': connection to server failed: refused (PG::ConnectionBad)",
        "/app/a.rb:1:in `x': refused (Errno::ECONNREFUSED)", "config.ru:3:in '<main>': no such host (SocketError)",
    ],
)  # fmt: skip
def test_an_exception_is_an_error_in_whatever_language_its_type_is_written(line):
    assert level_of(line) == "error"


@pytest.mark.parametrize(
    "line",
    [
        "Shop::ErrorHandler registered", r"App\Exceptions\Handler loaded", "Shop::Error count: 0",
        "/app/a.rb:1:in 'x'", "app/a.rb:1:in `x' called (twice)",
    ],
)  # fmt: skip
def test_what_has_the_name_of_an_exception_in_it_is_none(line):
    assert level_of(line) == ""


CHILD = "[26-Nov-2026 17:23:36] WARNING: [pool www] child 12 said into"


@pytest.mark.parametrize(
    ("line", "level"),
    [
        ("NOTICE: PHP message: PHP Fatal error:  Uncaught PDOException: x", "critical"),
        ("[26-Nov-2026 17:23:36] NOTICE: PHP message: PHP Warning:  x", "warning"),
        ("NOTICE: PHP message: PHP Parse error:  x", "error"), ("NOTICE: PHP message: PHP Deprecated:  x", "notice"),
        ("NOTICE: PHP message: [2026-11-26T17:23:36+00:00] app.CRITICAL: x", "critical"),
        ("NOTICE: PHP message: [2026-11-26T17:23:36+00:00] request.INFO: x", "info"),
        (f'{CHILD} stderr: "NOTICE: PHP message: PHP Warning:  x"', "warning"),
        (f'{CHILD} stdout: "[2026-11-26 17:23:36] production.INFO: served"', "info"),
        (f'{CHILD} stderr: "ERROR: no seats"', "error"),
        # What says no level has that of PHP-FPM, and so have its own messages.
        ("NOTICE: PHP message: payment 7 is late", "notice"), (f'{CHILD} stderr: "payment 7 is late"', "warning"),
        ("[26-Nov-2026 17:23:36] NOTICE: ready to handle connections", "notice"),
        ("PHP Notice:  x", "notice"), ("[26-Nov-2026 17:23:36 UTC] PHP Deprecated:  x", "notice"),
        ("PHP Warning:  x", "warning"),
    ],
)  # fmt: skip
def test_what_php_fpm_passes_on_has_the_level_that_php_gives_it(line, level):
    assert level_of(line) == level


@pytest.mark.parametrize(
    "line",
    [
        "level=info msg=done method=GET path=/pay status=503", 'level=info request="GET /pay HTTP/1.1" code=502',
        '<190>Nov 26 10:00:00 web nginx: 10.0.0.1 - - [26/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 502 17',
        '2026-11-26T17:23:36Z\tINFO\trequest\t{"method": "GET", "path": "/pay", "status": 500}',
        "I, [2026-11-24T02:40:03.123456 #7]  INFO -- : [shop] Completed 500 Internal Server Error in 5ms",
        '2026-11-26 17:23:36.123456 I [7:puma] Pay -- Completed -- { :method => "GET", :path => "/", :status => 500 }',
    ],
)  # fmt: skip
def test_a_request_that_the_server_failed_is_an_error_whatever_level_its_writer_gives(line):
    assert level_of(line) == "error"


@pytest.mark.parametrize(
    ("line", "level"),
    [
        # What another host answered.
        ('level=debug msg="answered 503, trying again" status=503 host=api.stripe.com', "debug"),
        ('level=info msg="got 503" method=POST url=https://api.stripe.com/v1/charges status=503', "info"),
        ("2026-11-26 10:00:00 INFO retrying method=POST path=/v1/charges status=503", "info"),
        # Another status, or another number.
        ("level=info method=GET path=/x status=404", "info"),
        ("level=info method=GET path=/x status=200 bytes=503", "info"),
        ('<190>Nov 26 10:00:00 web nginx: 10.0.0.1 - - [26/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 502', "info"),
        ("level=critical method=GET path=/pay status=503", "critical"),
    ],
)  # fmt: skip
def test_what_is_no_failed_request_has_the_level_that_its_writer_gives(line, level):
    assert level_of(line) == level


@pytest.mark.parametrize(
    "line",
    [
        "NoMethodError: undefined method 'pay' for nil", "TypeError: undefined is not a function",
        'error: null value in column "id" of relation "seat"', "err: nil pointer dereference",
        "2026-11-24 02:40:04 error: none of the replicas answered", "NameError: undefined local variable `x'",
    ],
)  # fmt: skip
def test_a_message_that_begins_with_a_word_for_nothing_is_an_error(line):
    assert level_of(line) == "error"


@pytest.mark.parametrize(
    "line",
    [
        "error: undefined",
        "err: nil, took 3ms",
        "error: null id=7",
        "error: false success: true",
        "error=null seats",
        "last error: none",
        "request done, error: nil",
    ],
)
def test_what_is_said_of_an_error_where_there_is_none_is_no_level(line):
    assert level_of(line) == ""


@pytest.mark.parametrize(
    ("line", "level"),
    [
        (" ⨯ TypeError: x is not a function", "error"),  # noqa: RUF001
        (" ⨯ [TypeError: x] {", "error"),  # noqa: RUF001
        ("⨯ unhandledRejection: Error: x", "error"),  # noqa: RUF001
        (" ⚠ Fast Refresh had to perform a full reload", "warning"),
        (" ✓ Compiled in 20ms", ""),
        (" ○ Compiling /pay ...", ""),
        ("a ⨯ b", ""),  # noqa: RUF001
        ("  ⨯ in a list", ""),  # noqa: RUF001
    ],
)
def test_the_signs_of_nextjs(line, level):
    assert level_of(line) == level
