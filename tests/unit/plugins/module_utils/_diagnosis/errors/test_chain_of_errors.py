"""Whose fault an error is, by the whole chain of its record."""

from __future__ import annotations

import pytest

from .own_code_facts import ALONE, ASKS, judged, new


def chain(*errors: str, word: str = "During handling of the above exception, another exception occurred:") -> str:
    frame = '  File "/app/payments/stripe_error.py", line 9, in pay\n    raise stripe.error.CardError(pay(card))'
    return f"\n\n{word}\n\n".join(f"Traceback (most recent call last):\n{frame}\n{error}" for error in errors)


@pytest.mark.parametrize(
    "first",
    [
        "psycopg.OperationalError: connection failed: Connection refused",
        "psycopg_pool.PoolTimeout: couldn't get a connection after 30.00 sec",
        "psycopg2.errors.AdminShutdown: terminating connection due to administrator command",
        "requests.exceptions.ReadTimeout: HTTPSConnectionPool(host='api.stripe.com', port=443): Read timed out.",
        "redis.exceptions.ConnectionError: Error 111 connecting to redis:6379. Connection refused.",
        "TimeoutError",
        "socket.gaierror: [Errno -3] Temporary failure in name resolution",
        "socket.timeout: timed out",
        "asyncio.exceptions.CancelledError",
        "SystemExit: 1",
        "json.decoder.JSONDecodeError: Expecting value: line 1 column 1 (char 0)",
        "OSError: [Errno 28] No space left on device",
        "stripe._error.CardError: Your card was declined.",
    ],
)
@pytest.mark.parametrize(
    "last",
    [
        "AttributeError: 'NoneType' object has no attribute 'rollback'",
        "UnboundLocalError: local variable 'connection' referenced before assignment",
        "TypeError: 'NoneType' object is not subscriptable",
    ],
)
def test_a_mistake_that_came_behind_an_error_of_another_party_proves_nothing(first, last):
    assert judged(new(last, example=chain(first, last))) in (("", "", {}), ("own_code", "roll_back_release", ASKS))


@pytest.mark.parametrize(
    "first",
    [
        "stripe._error.CardError: Your card was declined.",
        "stripe._error.RateLimitError: Request rate limit exceeded",
        "stripe.error.APIConnectionError: x",
    ],
)
def test_an_error_that_was_raised_from_the_provider_s_is_none_of_the_code(first):
    word = "The above exception was the direct cause of the following exception:"
    last = "ValueError: payment failed"
    assert judged(new(last, example=chain(first, last, word=word))) == ("", "", {})


@pytest.mark.parametrize(
    "errors",
    [
        ("KeyError: 'b1'", "AttributeError: 'Pay' object has no attribute 'x'"),
        ("KeyError: 'redis'", "NameError: name 'x' is not defined"),
        ("shop.errors.NoSeats: flight 7", "AttributeError: 'NoSeats' object has no attribute 'code'"),
        ("TypeError: redis.get() missing 1 required positional argument: 'name'", "KeyError: 'card'"),
        ("KeyError: 'card_id'",),  # also of `raise ... from None`
    ],
)
def test_a_chain_of_mistakes_is_of_the_code(errors):
    record = f"Exception on /connect/status [POST]\n{chain(*errors)}"
    assert judged(new(errors[-1], example=record)) == ("own_code", "roll_back_release", ALONE)


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("java.lang.NullPointerException: x", "Caused by: org.postgresql.util.PSQLException: too many clients"),
        ("java.lang.IllegalArgumentException: x", "Caused by: com.stripe.exception.CardException: declined"),
        ("System.NullReferenceException: x", " ---> Npgsql.NpgsqlException (0x80004005): Failed to connect to db"),
        ("System.ArgumentException: x", " ---> Stripe.StripeException: Your card was declined."),
        ("TypeError: Cannot read properties of null (reading 'id')", "  [cause]: Error: connect ECONNREFUSED"),
        ("NoMethodError (undefined method `id' for nil):", "\nCauses:\nPG::ConnectionBad (connection refused)"),
        ("NoMethodError (undefined method `id' for nil):", "Caused by: PG::ConnectionBad (connection refused)"),
        ("pay.rb:5:in `pay': undefined method `id' for nil (NoMethodError)",
         "\tfrom pay.rb:1:in `pay'\npay.rb:2:in `run': server closed the connection (PG::ConnectionBad)"),
        ("panic: runtime error: nil pointer dereference [recovered]", "\tpanic: dial tcp 10.0.0.2: connection refused"),
        ("production.ERROR: ErrorException: Undefined array key",
         "[previous exception] [object] (PDOException(code: 7): SQLSTATE[08006] refused"),
    ],
)  # fmt: skip
def test_the_chain_is_read_in_every_language(text, cause):
    assert judged(new(text, example=f"{text}\n{cause}")) == ("", "", {})


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("java.lang.NullPointerException: x", "Caused by: java.lang.ClassCastException: class A"),
        ("panic: runtime error: nil pointer dereference [recovered]", "\tpanic: runtime error: index out of range"),
        ("System.AggregateException: One or more errors occurred.", " ---> System.NullReferenceException: x"),
        ("NoMethodError (undefined method `id' for nil):", "\nCauses:\nKeyError (key not found: :redis)"),
    ],
)
def test_a_chain_of_mistakes_is_of_the_code_in_every_language(text, cause):
    assert judged(new(text, example=f"{text}\n{cause}")) == ("own_code", "roll_back_release", ALONE)
