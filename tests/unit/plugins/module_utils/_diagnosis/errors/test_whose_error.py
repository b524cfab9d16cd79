"""Which exceptions are provably mistakes of the code, and which speak of another party."""

from __future__ import annotations

import time

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._diagnosis.errors.whose_error import (
    is_mistake,
    is_of_a_language,
    speaks_of_others,
)

MISTAKES = [
    "KeyError: 'b1'",
    "payment failed: NameError: name 'amount' is not defined",
    "AttributeError: 'NoneType' object has no attribute 'connection'",
    "ImportError: cannot import name 'retry' from 'shop.http'",
    "TypeError: charge() missing 1 required positional argument: 'timeout'",
    "ValueError: too many values to unpack (expected 2)",
    "UnboundLocalError: local variable 'x' referenced before assignment",
    "ReferenceError: amount is not defined",
    "TypeError: Cannot read properties of undefined (reading 'status')",
    "Uncaught TypeError: order.total is not a function",
    "java.lang.NullPointerException: Cannot invoke \"Card.id()\" because \"card\" is null",
    'Exception in thread "main" java.lang.ClassCastException: class A cannot be cast to class B',
    "ERROR Servlet.service() threw exception [Request processing failed: java.lang.NullPointerException] with root",
    "NestedServletException: Request processing failed; nested exception is java.lang.NullPointerException",
    "java.lang.NoSuchMethodError: 'void com.x.Pay.charge()'",
    "System.NullReferenceException: Object reference not set to an instance of an object.",
    "Unhandled exception. System.Collections.Generic.KeyNotFoundException: The given key was not present",
    "PHP Fatal error:  Uncaught TypeError: charge(): Argument #1 must be of type int",
    "PHP Fatal error:  Uncaught Error: Call to undefined method App\\Pay::charge()",
    "ErrorException: Undefined array key \"amount\"",
    "NoMethodError (undefined method `charge' for nil:NilClass)",
    "app/pay.rb:3:in `charge': uninitialized constant Pay (NameError)",
    "** (UndefinedFunctionError) function Pay.charge/2 is undefined or private",
    "panic: runtime error: invalid memory address or nil pointer dereference",
]  # fmt: skip
OTHERS = [
    "org.postgresql.util.PSQLException: FATAL: sorry, too many clients already",
    "java.net.ConnectException: Connection refused",
    "java.net.SocketTimeoutException: Read timed out",
    "java.net.UnknownHostException: db",
    "javax.net.ssl.SSLHandshakeException: PKIX path building failed",
    "System.Net.Http.HttpRequestException: No such host is known.",
    "Npgsql.PostgresException (0x80004005): 53300: sorry, too many clients already",
    "com.mysql.cj.jdbc.exceptions.CommunicationsException: Communications link failure",
    "GuzzleHttp\\Exception\\ConnectException: cURL error 28",
    "PDOException: SQLSTATE[08006] [7] could not translate host name",
    "PDOException: SQLSTATE[HY000] [2002] Connection refused",
    "MongoServerSelectionError: getaddrinfo ENOTFOUND mongo",
    "PrismaClientInitializationError: Can't reach database server at db:5432",
    "requests.exceptions.HTTPError: 503 Server Error: Service Unavailable for url: https://pay.example.org/",
    "httpx.RemoteProtocolError: Server disconnected without sending a response.",
    "asyncio.exceptions.TimeoutError",
    "TimeoutError: [Errno 110] Connection timed out",
    "django.db.utils.InterfaceError: connection already closed",
    "TypeError: fetch failed",
    "TypeError: NetworkError when attempting to fetch resource.",
    "redis.exceptions.ConnectionError: Error 111 connecting to redis:6379",
    "AxiosError: Request failed with status code 503",
    "** (DBConnection.ConnectionError) tcp recv: closed",
    "PG::ConnectionBad: could not connect to server",
    "Faraday::ConnectionFailed: execution expired",
    "io.grpc.StatusRuntimeException: UNAVAILABLE: io exception",
]
UNKNOWN = [
    "shop.errors.NoSeats: flight 7",
    "shop.errors.PaymentError: rejected by the acquirer",
    "RuntimeError: it does not work",
    "json.decoder.JSONDecodeError: Expecting value: line 1 column 1 (char 0)",
    "SyntaxError: Unexpected token < in JSON at position 0",
    "SyntaxError: Unexpected token '<', \"<!DOCTYPE \"... is not valid JSON",
    "java.lang.IllegalStateException: Shutdown in progress",
    "java.util.NoSuchElementException: Unable to validate object of the pool",
    "sqlalchemy_like.exc.KeyError: no such row",
    "ValueError: invalid response",
    "java.lang.OutOfMemoryError: Java heap space",
    "OSError: [Errno 28] No space left on device",
]


@pytest.mark.parametrize("text", MISTAKES)
def test_what_a_language_raises_for_the_code_itself_is_a_mistake(text):
    assert is_mistake(text)
    assert is_mistake(f"ERROR in views\nTraceback (most recent call last):\n{text}")


@pytest.mark.parametrize("text", OTHERS)
def test_what_names_a_database_a_service_or_the_network_is_none_of_the_code(text):
    assert not is_mistake(text)
    assert speaks_of_others(text)
    assert speaks_of_others("shop.PaymentError: booking 7", f"ERROR booking 7\nshop.PaymentError: booking 7\n{text}")


@pytest.mark.parametrize("text", UNKNOWN)
def test_what_may_be_either_is_no_mistake(text):
    assert not is_mistake(text)


@pytest.mark.parametrize("text", ["shop.errors.NoSeats: flight 7", "RuntimeError: it does not work"])
def test_an_unknown_error_names_no_other_party(text):
    """Nor do the paths of its frames, which lead through the libraries of many."""
    frame = '  File "/usr/lib/python3/site-packages/redis/client.py", line 9, in execute'
    assert not speaks_of_others(text, f"Traceback (most recent call last):\n{frame}\n    raise x\n{text}")


@pytest.mark.parametrize(
    ("cause", "mistake", "others"),
    [
        ("Caused by: java.lang.NullPointerException: x", True, False),
        ("Caused by: java.net.ConnectException: Connection refused", False, True),
        ("  [cause]: Error: connect ECONNREFUSED 10.0.0.7:5432", False, True),
        ("  [cause]: TypeError: x is not a function", False, False),
    ],
)
def test_the_first_cause_counts_behind_a_wrapper(cause, mistake, others):
    record = f"shop.PaymentException: booking 7\n\tat shop.Pay.charge(Pay.java:31)\n{cause}"
    assert is_mistake("shop.PaymentException: booking 7", record) is mistake
    assert speaks_of_others("shop.PaymentException: booking 7", record) is others
    assert speaks_of_others("shop.PaymentException: booking 7", record.replace("\n", "\\n")) is others


def test_a_likely_mistake_is_none_where_its_cause_is_the_network():
    record = "TypeError: cannot settle\n  [cause]: Error: connect ECONNREFUSED 10.0.0.7:5432"
    assert is_mistake("TypeError: cannot settle")
    assert not is_mistake("TypeError: cannot settle", record)


@pytest.mark.parametrize(
    ("text", "ours"),
    [
        ("TypeError: timeout must be int, not str", True),
        ("TypeError: redis.get: key must be str, not None", True),
        ("ValueError: kafka offset must be positive, not -1", False),
        ("TypeError: redis answer must be list, not str", False),
        ("SyntaxError: invalid syntax (redis_client.py, line 12)", True),
        ("ValueError: redis cluster has no node for slot 7", False),
    ],
)
def test_a_line_that_names_another_party_is_of_the_code_by_its_proof_alone(text, ours):
    assert is_of_a_language(text) is ours


@pytest.mark.parametrize(
    "piece",
    [
        ": Argument #1 ",
        "A::",
        "\n",
        "Ssl",
        "Connect",
        "unknown keyword: a, ",
        "(evaluating '",
        "a.",
        "must be ",
        "takes 1 ",
        " ---> ",
        "x:1:in (A",
        "comparison of ",
    ],
)
def test_a_long_line_is_judged_in_linear_time(piece):
    text = "TypeError: " + piece * (14_000 // len(piece))
    began = time.process_time()
    is_mistake(text, text)
    is_of_a_language(text, text)
    assert time.process_time() - began < 1.0
