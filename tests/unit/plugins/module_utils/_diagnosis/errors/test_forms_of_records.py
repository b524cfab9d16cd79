"""Records as programs write them, whole: whose error each is after a release."""

from __future__ import annotations

import json

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._diagnosis.errors.own_code import code_causes
from ansible_collections.pafar.runbook.plugins.module_utils._logs.records import Record, Signatures

from support.reports import log

from .own_code_facts import ASKS, FRESH, judged

PANIC = "2026/09/22 14:02:11 http: panic serving 10.0.0.1:51234: {}\ngoroutine 42 [running]:\nnet/http.(*conn).serve()"
RUST = "thread 'main' panicked at src/pay.rs:42:17:\n{}\nnote: run with `RUST_BACKTRACE=1` environment variable"
SERVER = (
    "14:02:11.123 [error] GenServer Shop.Payments terminating\n{}\n    (shop 0.1.0) lib/shop/payments.ex:42:"
    " Shop.Payments.charge/1\nLast message: {{:charge, nil}}\nState: %{{}}"
)
NET = (
    "fail: Microsoft.AspNetCore.Diagnostics.ExceptionHandlerMiddleware[1]\n      An unhandled exception has occurred"
    " while executing the request.\n      {}\n         at Shop.Pay.Charge(Order order) in /src/Pay.cs:line 42"
)
LARAVEL = '[2026-09-22 14:02:11] production.ERROR: {0} {{"exception":"[object] ({1}(code: 0): {0} at /app/Pay.php:42)'
PYTHON = (
    'Internal Server Error: /pay\nTraceback (most recent call last):\n  File "/app/pay.py", line 42, in charge\n'
    "    message = MESSAGES[code]\n{}"
)


def pino(kind, message):
    return json.dumps({"level": 50, "err": {"type": kind, "message": message}, "msg": "charge failed"})


def of_record(text):
    """What is judged of 50 records."""
    signatures = Signatures()
    signatures.add(Record(1.0, "backend", text), "error")
    (kind,) = signatures.as_dicts(0.0, 0.5, ("backend",), 9)
    return judged({**kind, "count": 50, "new": True})


@pytest.mark.parametrize(
    "text",
    [
        NET.format("System.NullReferenceException: Object reference not set to an instance of an object."),
        NET.format("System.InvalidOperationException: Unable to resolve service for type 'Shop.IRates' while"),
        "fail: Shop.Pay[0]\n      System.InvalidCastException: Unable to cast object\n         at Shop.Pay.Charge()",
        SERVER.format("** (FunctionClauseError) no function clause matching in Shop.Payments.charge/1"),
        SERVER.format("** (stop) exited in: GenServer.call(A, 7)\n    ** (EXIT) an exception was raised:\n        **"
                      " (KeyError) key :amount not found in: %{id: 7}"),
        PANIC.format("runtime error: invalid memory address or nil pointer dereference"),
        PANIC.format("assignment to entry in nil map"),
        PANIC.format("interface conversion: interface {} is nil, not string"),
        'time="x" level=error msg="panic recovered" err="runtime error: index out of range [3] with length 3"',
        RUST.format("called `Option::unwrap()` on a `None` value"),
        RUST.format("index out of bounds: the len is 3 but the index is 3"),
        "thread 'main' panicked at 'attempt to subtract with overflow', src/pay.rs:42:17",
        LARAVEL.format("Call to a member function total() on null", "Error"),
        LARAVEL.format("Undefined variable $rate", "ErrorException"),
        "PHP Parse error:  syntax error, unexpected token \"}\", expecting \";\" in /app/Pay.php on line 42",
        "node:internal/modules/cjs/loader:1080\n  throw err;\n  ^\n\n"
        "Error: Cannot find module './rates'\n    at x (y:1:2)",
        pino("TypeError", "Cannot read properties of undefined (reading 'amount')"),
        PYTHON.format("KeyError: 'insufficient_funds'"),
        json.dumps({"level": "error", "message": "Server Error: /", "exc_info": PYTHON.format("KeyError: 'b'")}),
    ],
)  # fmt: skip
def test_a_mistake_of_the_code_is_rolled_back_in_whichever_form_it_is_logged(text):
    assert of_record(text) == ("own_code", "roll_back_release", {})


@pytest.mark.parametrize(
    "text",
    [
        NET.format("System.TimeoutException: The operation has timed out."),
        NET.format("System.Net.Http.HttpRequestException: Connection refused (pay:8080)"),
        NET.format("System.InvalidOperationException: An exception has been raised that is likely due to a transient"
                   " failure.\n       ---> Npgsql.NpgsqlException (0x80004005): Exception while reading from stream"),
        NET.format("Stripe.StripeException: Your card has insufficient funds."),
        SERVER.format("** (exit) an exception was raised:\n    ** (DBConnection.ConnectionError) tcp recv: closed"),
        SERVER.format("** (stop) exited in: GenServer.call(Shop.Stripe, 7, 5000)\n    ** (EXIT) time out"),
        SERVER.format("** (CaseClauseError) no case clause matching: {:error, %Stripe.Error{code: :card_declined}}"),
        PANIC.format("dial tcp 172.18.0.3:5432: connect: connection refused"),
        PANIC.format("pq: sorry, too many clients already"),
        'time="x" level=error msg="charge failed" error="Post \\"https://api.x.com/\\": context deadline exceeded"',
        RUST.format("called `Result::unwrap()` on an `Err` value: Os { code: 111, kind: ConnectionRefused }"),
        RUST.format("called `Result::unwrap()` on an `Err` value: PoolTimedOut"),
        LARAVEL.format("SQLSTATE[08006] [7] connection refused", "PDOException"),
        LARAVEL.format("Your card was declined.", "Stripe\\\\Exception\\\\CardException"),
        "node:events:491\n      throw er;\n      ^\n\nError: connect ECONNREFUSED 172.18.0.3:5432\n    at x (y:1:2)",
        pino("StripeCardError", "Your card was declined."),
        pino("AxiosError", "Request failed with status code 503"),
        PYTHON.format("stripe.error.CardError: Request req_x: Your card has insufficient funds."),
    ],
)  # fmt: skip
def test_the_fault_of_another_party_is_none_of_the_code_in_whichever_form_it_is_logged(text):
    assert of_record(text) == ("", "", {})


@pytest.mark.parametrize(
    "text",
    [
        NET.format("Shop.PaymentException: rejected"),
        NET.format("System.InvalidOperationException: the order is closed"),
        PANIC.format("the order has no lines"),
        RUST.format("called `Result::unwrap()` on an `Err` value: ParseIntError { kind: InvalidDigit }"),
        SERVER.format("** (RuntimeError) the order has no lines"),
    ],
)
def test_what_may_be_either_asks_a_person(text):
    assert of_record(text) == ("own_code", "roll_back_release", ASKS)


COLUMN = 'column "total" does not exist'


@pytest.mark.parametrize(
    "text",
    [
        PYTHON.format(f"psycopg2.errors.UndefinedColumn: {COLUMN}\n\nThe above exception was the direct cause:\n\n")
        + PYTHON.format(f"django.db.utils.ProgrammingError: {COLUMN}\nLINE 1: SELECT"),
        PYTHON.format('sqlalchemy.exc.ProgrammingError: (psycopg2.errors.UndefinedTable) relation "x" does not exist'),
        PYTHON.format("MySQLdb.OperationalError: (1054, \"Unknown column 'total' in 'field list'\")"),
        NET.format(f"Npgsql.PostgresException (0x80004005): 42703: {COLUMN}"),
        f"org.postgresql.util.PSQLException: ERROR: {COLUMN}\n  Position: 8\n\tat org.postgresql.core.x(Y.java:2)",
        "java.sql.SQLSyntaxErrorException: Table 'shop.refunds' doesn't exist\n\tat com.mysql.cj.x(Y.java:2)",
        f"error: {COLUMN}\n    at Parser.parse (/app/node_modules/pg-protocol/dist/parser.js:283:98)",
        SERVER.format("** (Postgrex.Error) ERROR 42703 (undefined_column) column o0.total does not exist"),
        json.dumps({"level": "error", "msg": "charge failed", "error": f"pq: {COLUMN}"}),
        LARAVEL.format(f"SQLSTATE[42703]: Undefined column: 7 ERROR: {COLUMN}", "QueryException"),
    ],
)
def test_a_statement_that_names_what_the_database_does_not_have_asks_a_person(text):
    """A migration is missing, or of another release: it may be cured by either."""
    assert of_record(text) == ("own_code", "roll_back_release", ASKS)
    (cause,) = shop(0, 24, [text], RISING)
    assert "a migration may be missing" in cause.evidence[-1]


@pytest.mark.parametrize(
    "text",
    [
        PYTHON.format("psycopg2.errors.DeadlockDetected: deadlock detected"),
        PYTHON.format('psycopg2.OperationalError: FATAL:  database "shop" does not exist'),
        NET.format("System.OperationCanceledException: The operation was canceled."),
        NET.format("Microsoft.Data.SqlClient.SqlException (0x80131904): A network-related or instance-specific error"),
        NET.format("Polly.CircuitBreaker.BrokenCircuitException: The circuit is now open and is not allowing calls."),
        "feign.FeignException$ServiceUnavailable: [503] during [POST] to [http://pay/x] [Client#pay()]: []\n\tat x.Y",
        "org.apache.catalina.connector.ClientAbortException: java.io.IOException: Broken pipe\n\tat x.Y(Z.java:1)",
        "AbortError: The operation was aborted\n    at x (/y.js:1:2)",
    ],
)
def test_what_a_database_or_a_client_says_of_another_trouble_is_none_of_the_code(text):
    assert of_record(text) == ("", "", {})


def test_errors_of_one_category_of_the_log_are_told_apart_by_their_exceptions():
    """Else one that was there before the release hides those that came with it."""
    signatures = Signatures()
    for at, exception in [(1.0, "System.TimeoutException: x"), (9.0, "System.NullReferenceException: y")]:
        signatures.add(Record(at, "backend", NET.format(exception)))
    kinds = {kind["text"]: kind["new"] for kind in signatures.as_dicts(0.0, 5.0, ("backend",), 9)}
    assert kinds == {"System.TimeoutException: x": False, "System.NullReferenceException: y": True}


def shop(before, since, kinds, requests):
    """The causes where an error was logged so many times before the release, and since; ``requests``: before and since,
    how many were asked and failed."""
    signatures = Signatures(moment=100.0)
    for text in kinds:
        for at, number in ((50.0, before), (150.0, since)):
            for dummy in range(number):
                signatures.add(Record(at, "backend", text), "error")
    report = log(*signatures.as_dicts(0.0, 100.0, ("backend",), 9))
    (asked_before, failed_before), (asked, failed) = requests
    report["requests"]["before"] = {"asked": asked_before, "failed": failed_before}
    report["requests"]["since"] = {"asked": asked, "failed": failed}
    return code_causes(report, FRESH, ["backend"], 7200)


RISING = ((300, 9), (60, 24))


@pytest.mark.parametrize("text", [NET.format("System.NullReferenceException: x"), PYTHON.format("KeyError: 'a'")])
def test_a_kind_that_was_there_before_and_is_far_more_frequent_since_asks_a_person(text):
    """A language has the same words for each mistake of a kind: whether it is the same one is not known."""
    (cause,) = shop(9, 24, [text], RISING)
    assert (cause.mitigation, dict(cause.rules)) == ("roll_back_release", ASKS)
    assert "errors of this kind were in the log before it, too: 9, and 24 since" in cause.evidence[-1]


@pytest.mark.parametrize(
    ("before", "since", "requests", "text"),
    [
        pytest.param(90, 18, ((300, 90), (60, 18)), "KeyError: 'a'", id="as often as before"),
        pytest.param(90, 24, ((300, 9), (60, 24)), "KeyError: 'a'", id="the errors are as frequent as before"),
        pytest.param(9, 2, RISING, "KeyError: 'a'", id="a stray one"),
        pytest.param(9, 5, RISING, "KeyError: 'a'", id="most requests fail of something else"),
        pytest.param(88, 0, ((300, 89), (60, 0)), "KeyError: 'a'", id="none since"),
        pytest.param(9, 24, ((6, 0), (8, 4)), "KeyError: 'a'", id="too few requests"),
        pytest.param(9, 24, RISING, "shop.errors.PaymentError: refused", id="no mistake of the code"),
    ],
)
def test_another_kind_that_was_there_before_is_no_ground_for_a_rollback(before, since, requests, text):
    (cause,) = shop(before, since, [PYTHON.format(text)], requests)
    assert (cause.name, cause.mitigation) == ("own_code", "")
