"""The line of a record that says what happened, in the forms of languages and loggers."""

from __future__ import annotations

import json
import time

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._core.redaction import redacted
from ansible_collections.pafar.runbook.plugins.module_utils._logs.exceptions.what_happened import (
    exception_of,
    what_happened,
)
from ansible_collections.pafar.runbook.plugins.module_utils._logs.records import shown

NULL = "System.NullReferenceException: Object reference not set to an instance of an object."
PYTHON = "Traceback (most recent call last):\n  File \"/app/pay.py\", line 42, in charge\n    x\nKeyError: 'amount'"
NODE = "TypeError: x is not a function\n    at charge (/app/pay.js:42:17)"
TAG = "0d2f1c3a-1111-4222-8333-444455556666"
RUBY = "F, [2026-09-22T14:02:11.123456 #1] FATAL -- : "


def net(*lines):
    return "\n".join(["fail: Shop.Pay[0]", *(f"      {line}" for line in lines)])


@pytest.mark.parametrize(
    ("record", "said"),
    [
        pytest.param(net("Payment 7 failed", NULL, "   at Shop.Pay.Charge()"), NULL, id="the console of .NET"),
        pytest.param(net("=> SpanId:1, RequestPath:/pay", NULL, "   at Shop.Pay.Charge()"), NULL, id="with scopes"),
        pytest.param(
            net("Npgsql.NpgsqlException (0x80004005): Failed", " ---> System.IO.IOException: x", "   at Shop.Pay()"),
            "Npgsql.NpgsqlException (0x80004005): Failed", id="with an inner exception",
        ),
        pytest.param(f"12:00:01 {net('Payment 7 failed', NULL, '   at Shop.Pay()')}", NULL, id="with a time"),
        pytest.param(net("Payment 7 failed"), "fail: Shop.Pay[0] Payment 7 failed", id="no exception"),
        pytest.param(
            net("=> SpanId:1", "Payment 7 failed"), "fail: Shop.Pay[0] Payment 7 failed", id="no exception, a scope"
        ),
        pytest.param(f"[12:00:01 ERR] it failed\n{NULL}\n   at Shop.Pay.Charge()", NULL, id="Serilog"),
        pytest.param(
            "12:00:01.123 [error] GenServer Shop.Pay terminating\n** (KeyError) key :a not found in: %{}\n"
            "    (shop 0.1.0) lib/shop/pay.ex:42: Shop.Pay.handle_call/3\nLast message: :x\nState: %{}",
            "** (KeyError) key :a not found in: %{}", id="Elixir",
        ),
        pytest.param(
            "12:00:01.123 [error] #PID<0.1.0> running ShopWeb.Endpoint terminated\n** (exit) exited in: GenServer.call"
            "(Shop.Pay, 7, 5000)\n    ** (EXIT) an exception was raised:\n        ** (MatchError) no match: nil",
            "** (MatchError) no match: nil", id="the process that it called",
        ),
        pytest.param(
            "12:00:01.123 [error] GenServer Shop.Pay terminating\n** (stop) exited in: GenServer.call(Shop.Rates, 7)\n"
            "    ** (EXIT) time out\n    (elixir 1.15.0) lib/gen_server.ex:1063: GenServer.call/3",
            "** (stop) exited in: GenServer.call(Shop.Rates, 7) ** (EXIT) time out", id="an exit of another process",
        ),
        pytest.param(
            "thread 'main' panicked at src/pay.rs:42:17:\nattempt to divide by zero\nnote: run with `RUST_BACKTRACE=1`",
            "panicked at src/pay.rs:42:17: attempt to divide by zero", id="Rust",
        ),
        pytest.param(
            "thread 'main' panicked at 'it's \"x\"', src/pay.rs:42:17",
            "panicked at src/pay.rs:42:17: it's \"x\"", id="Rust to 1.72",
        ),
        pytest.param(
            "node:internal/modules/cjs/loader:1080\n  throw err;\n  ^\n\nError: Cannot find module './rates'\n"
            "Require stack:\n- /app/pay.js\n    at Module._load (node:internal/modules/cjs/loader:922:27)",
            "Error: Cannot find module './rates'", id="Node.js",
        ),
        pytest.param(
            "[2026-09-22 14:02:11] production.ERROR: Payment 7 failed {\"exception\":\"[object] (App\\\\PayError(code:"
            " 0): no \\\"x\\\" at /app/Pay.php:42)\n[stacktrace]\n#0 {main}\n\"}",
            "App\\PayError: no \"x\"", id="Monolog",
        ),
        pytest.param(
            f"{RUBY}[{TAG}]   \n[{TAG}] NoMethodError (no method `x'):\n[{TAG}]   \n[{TAG}] app/pay.rb:42:in x",
            "NoMethodError (no method `x'):", id="Rails with the tags of the request",
        ),
        pytest.param(
            f"{RUBY}[{TAG}] [7] \n[{TAG}] [7] PG::Error (x\n[{TAG}] [7] ):", "PG::Error (x", id="Rails, several tags"
        ),
        pytest.param(f"{RUBY}[{TAG}] it failed\n[{TAG}] a note", "it failed", id="Rails, no exception"),
        pytest.param(
            "22-Sep-2026 14:02:11.123 SEVERE [main] x.invoke Servlet.service() threw exception\n"
            "\tjava.lang.AError: y\n\t\tat com.shop.Pay.charge(Pay.java:42)", "java.lang.AError: y", id="Tomcat",
        ),
        pytest.param(
            '2026/09/22 14:02:11 [error] 7#7: *1 FastCGI sent in stderr: "PHP message: PHP Fatal error: Uncaught Error:'
            ' Class "A" not found in /x.php:4\nStack trace:\n#0 {main}" while reading response header from upstream',
            'PHP Fatal error: Uncaught Error: Class "A" not found in /x.php:4', id="nginx before PHP",
        ),
        pytest.param(
            '2026/09/22 14:02:11 [error] 7#7: *1 FastCGI sent in stderr: "PHP message: PHP Warning: x" while reading'
            ' response header from upstream, client: 172.18.0.1', "PHP Warning: x", id="the same on one line",
        ),
        pytest.param(
            '[22-Sep-2026 14:02:11] WARNING: [pool www] child 7 said into stderr: "PHP message: PHP Parse error"',
            "PHP Parse error", id="PHP-FPM",
        ),
        pytest.param(
            "PrismaClientKnownRequestError: \nInvalid `prisma.a.find()` invocation:\n\nThe column `x` does not exist\n"
            "    at a (/b.js:1:2)",
            "PrismaClientKnownRequestError: Invalid `prisma.a.find()` invocation: The column `x` does not exist",
            id="Prisma",
        ),
        pytest.param("ERROR x :\n\n****\nNO START\n****\n", "ERROR x : NO START", id="Spring"),
        pytest.param("NoMethodError (x):\n  \napp/pay.rb:42:in `charge'", "NoMethodError (x):", id="frames alone"),
        pytest.param("ERROR x\n  a.b.Error: y\n  c", "ERROR x", id="no frame follows"),
        pytest.param("2026/09/22 [Recovery] panic recovered:\nruntime error: x\n/a.go:1 (0x1)",
                     "2026/09/22 [Recovery] panic recovered: runtime error: x", id="the message is below"),
        pytest.param("[Recovery] x panic recovered:\nGET /pay HTTP/1.1\nHost: x\n\nruntime error: x\n/a.go:1 (0x1)",
                     "[Recovery] x panic recovered: runtime error: x", id="Gin below the request"),
        pytest.param("[Recovery] x panic recovered:\r\nPOST / HTTP/1.1\r\n\r\nboom\n",
                     "[Recovery] x panic recovered: boom", id="Gin without headers"),
        pytest.param("[Recovery] x panic recovered:\nGET failed\n\nboom", "[Recovery] x panic recovered: GET failed",
                     id="no request"),
        pytest.param("[Recovery] x panic recovered:\nGET /pay HTTP/1.1\nHost: x",
                     "[Recovery] x panic recovered: GET /pay HTTP/1.1", id="a request alone"),
        pytest.param("#<Thread:0x1 run> terminated with exception:\n/app/x.rb:3:in `pay': no card (Pay::Declined)\n"
                     "\tfrom /app/x.rb:9:in `<main>'",
                     "#<Thread:0x1 run> terminated with exception: /app/x.rb:3:in `pay': no card (Pay::Declined)",
                     id="a thread of Ruby"),
        pytest.param("t: Rack app error handling request { GET /pay }\n#<NoMethodError: no method>\n/a.rb:3:in `x'",
                     "#<NoMethodError: no method>", id="Puma up to 4"),
        pytest.param("loaded\n#<Pay::Errors: none>", "loaded", id="another object of Ruby"),
        pytest.param('time="x" level=error msg="payment 7 failed"', "payment 7 failed", id="logfmt"),
        pytest.param('level=error msg="charge failed" err="dial tcp: refused"', "charge failed: dial tcp: refused",
                     id="logfmt with the error"),
        pytest.param("ERROR a=1 b=2 msg=x", "ERROR a=1 b=2 msg=x", id="no logfmt"),
        pytest.param('level=error status="x y"', 'level=error status="x y"', id="logfmt without a message"),
        pytest.param("ERROR no user 'ada'\n  a note", "ERROR no user 'ada'", id="another record"),
        pytest.param(PYTHON, "KeyError: 'amount'", id="Python"),
    ],
)  # fmt: skip
def test_it_is_the_exception_wherever_it_stands(record, said):
    assert what_happened(record) == said


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"msg": "x", "err": {"type": "TypeError", "message": "y is null", "stack": NODE}}, "TypeError: y is null"),
        ({"msg": "x", "err": {"type": "Error", "message": "connect ECONNREFUSED"}}, "Error: connect ECONNREFUSED"),
        ({"message": "x is not a function", "stack": NODE}, "TypeError: x is not a function"),
        ({"event": "x", "exception": PYTHON}, "KeyError: 'amount'"),
        ({"event": "x", "exception": [{"exc_type": "KeyError", "exc_value": "'a'", "frames": []}]}, "KeyError: 'a'"),
        ({"message": "Internal Server Error: /", "exc_info": PYTHON}, "KeyError: 'amount'"),
        ({"message": PYTHON}, "KeyError: 'amount'"),
        ({"Message": "x", "Exception": f"{NULL}\n   at Shop.Pay()", "State": {"Message": "x"}}, NULL),
        ({"@mt": "HTTP {Path} responded", "@x": f"{NULL}\r\n   at Shop.Pay()"}, NULL),
        ({"message": "x", "stack_trace": "java.net.A: y\n\tat com.B"}, "x"),
        ({"message": "x", "stack_trace": "java.lang.AError: y\n\tat com.B"}, "java.lang.AError: y"),
        ({"message": "x", "error.type": "java.lang.AError", "error.message": "y"}, "java.lang.AError: y"),
        ({"message": "x", "error": {"type": "java.lang.AError", "message": "y"}}, "java.lang.AError: y"),
        ({"text": "x", "record": {"message": "m", "exception": {"type": "KeyError", "value": "'a'"}}}, "KeyError: 'a'"),
        ({"message": "x", "context": {"exception": {"class": "App\\PayError", "message": "y"}}}, "App\\PayError: y"),
        ({"msg": "x", "error": '{"code":"card_declined","type":"card_error","message":"Declined"}'},
         "x: card_error: Declined"),
        ({"msg": "x", "error": "dial tcp: no", "stacktrace": "main.pay\n\t/src/pay.go:42"}, "x: dial tcp: no"),
        ({"msg": "x", "stacktrace": "main.pay\n\t/src/pay.go:42"}, "x"),
        ({"msg": "x: refused", "error": "refused"}, "x: refused"),
        ({"msg": "x", "error": None, "err": {}, "exception": [], "trace": 7}, "x"),
        ({"error": "refused"}, "refused"),
        ({"status": 502, "method": "GET", "path": "/a"}, "502 GET /a"),
    ],
)  # fmt: skip
def test_of_a_structured_record_it_is_what_its_fields_say(fields, said):
    assert what_happened(json.dumps(fields)) == said


@pytest.mark.parametrize("text", ["{", '{"a": 1}', "[1]", "", "x"])
def test_what_says_nothing_is_returned_whole(text):
    assert what_happened(text) == text


def test_of_python_it_is_the_exception_that_was_raised_last():
    chained = f"{PYTHON}\n\nDuring handling of the above exception, another exception occurred:\n\n"
    assert exception_of(chained + PYTHON.replace("KeyError: 'amount'", "shop.errors.NoSeats: 7")).endswith("NoSeats: 7")


@pytest.mark.parametrize(
    "secret",
    [
        "password:\n  - swordfish",
        "connect bob/swordfish",
        '{"name":"token","value":"swordfish"}',
        "  - DB_PASSWORD=a swordfish",
    ],
)
def test_what_is_put_together_holds_no_secret_that_its_place_shows(secret):
    """Behind other words it would not be recognised any more."""
    first = secret.partition("\n")[0]
    for text in (
        json.dumps({"msg": "x", "error": secret}),
        json.dumps({"msg": "x", "err": {"type": "AppError", "message": secret}}),
        f"level=error msg=x err={json.dumps(secret)}",
        net(secret),
        f"ERROR x:\n{secret}",
        f"thread 'main' panicked at src/a.rs:1:2:\n{first}",
        secret,
    ):
        assert "swordfish" not in redacted(what_happened(text)) or "swordfish" in shown(text)


@pytest.mark.parametrize(
    "piece", ["panicked at '", "[object] (A(code: 0): ", "a.", "** (a", "a.Error: x\n  at b\n", "fail: a[0]\n      "]
)
def test_a_hostile_record_costs_little(piece):
    began = time.process_time()
    what_happened(piece * (60_000 // len(piece)))
    assert time.process_time() - began < 1.0
