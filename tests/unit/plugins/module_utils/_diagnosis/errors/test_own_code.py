"""For which errors of a fresh release it is rolled back without an approval."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._diagnosis.errors.own_code import code_causes
from ansible_collections.pafar.runbook.plugins.module_utils._logs.records import SignatureReport

from support.reports import kind_of_record, log

from .own_code_facts import ALONE, ASKS, FRESH, failing, judged, new


@pytest.mark.parametrize(
    "text",
    [
        "KeyError: 'b1'",
        "NameError: name 'amount' is not defined",
        "java.lang.NullPointerException: Cannot invoke Card.id()",
        "TypeError: order.total is not a function",
        "System.NullReferenceException: Object reference not set to an instance of an object.",
        "panic: runtime error: index out of range [3] with length 3",
    ],
)
def test_a_mistake_of_the_code_is_rolled_back_without_an_approval(text):
    assert judged(new(text)) == ("own_code", "roll_back_release", ALONE)


@pytest.mark.parametrize(
    "text",
    [
        "shop.errors.PaymentError: rejected by the acquirer",
        "RuntimeError: it does not work",
        "java.lang.IllegalStateException: Shutdown in progress",
        "SyntaxError: Unexpected token < in JSON at position 0",
        "com.acme.bank.BankException: E17",
        "stripe.error.InvalidRequestError: No such price: 'price_1'",
    ],
)
def test_an_error_that_may_be_anothers_is_rolled_back_with_an_approval_only(text):
    assert judged(new(text)) == ("own_code", "roll_back_release", ASKS)


@pytest.mark.parametrize(
    "text",
    [
        "org.postgresql.util.PSQLException: FATAL: sorry, too many clients already",
        "ApiConnectionException: IOException during API request to Stripe (https://api.stripe.com): connect timed out",
        'Error encountered from Stripe: {"type":"invalid_request_error","message":"Invalid API Key provided: nil."}',
        "java.net.SocketTimeoutException: Read timed out",
        "PrismaClientInitializationError: Can't reach database server",
        "django.db.utils.InterfaceError: connection already closed",
        "TimeoutError",
    ],
)
def test_an_error_of_another_party_is_none_of_the_code(text):
    assert judged(new(text)) == ("", "", {})


def test_the_networks_fault_in_the_words_of_javascript():
    """It names no other party by itself: its cause does."""
    assert judged(new("TypeError: fetch failed")) == ("", "", {})
    cause = "TypeError: cannot settle\n  [cause]: Error: connect ECONNREFUSED"
    assert judged(new("TypeError: cannot settle", example=cause)) == ("", "", {})


@pytest.mark.parametrize(
    ("mistakes", "others", "rules"),
    [(50, 24, ALONE), (50, 3, ALONE), (50, 25, ASKS), (50, 50, ASKS), (1, 50, ASKS), (20, 400, ASKS)],
)
@pytest.mark.parametrize(
    "other",
    ["psycopg.OperationalError: connection refused", "stripe.error.APIError: x", "shop.errors.PaymentError: rejected"],
)
def test_a_stray_mistake_does_not_speak_for_the_many_errors_beside_it(other, mistakes, others, rules):
    assert judged(new("KeyError: 'b1'", mistakes), new(other, others)) == ("own_code", "roll_back_release", rules)


@pytest.mark.parametrize(
    ("kinds", "rules"),
    [
        (["psycopg.OperationalError: Connection refused"], ASKS),
        (["OperationalError: the database system is starting up", "OperationalError: refused", "PoolTimeout: x"], ASKS),
        (["stripe.error.APIConnectionError: x", "requests.exceptions.ReadTimeout: x"], ASKS),
        (["Internal Server Error: /pay"], ALONE),
        (["Completed 500 Internal Server Error in #ms", "Exception on /pay [POST]"], ALONE),
        ([], ALONE),
    ],
)
def test_an_outage_gives_each_request_its_error_and_one_behind_it(kinds, rules):
    """In as many records, of several kinds, of which a half may lie before what was read."""
    behind = new("AttributeError: 'NoneType' object has no attribute 'execute'", 12)
    for lost in (0, 1):
        others = [new(kind, 12 // len(kinds) - (lost if not place else 0)) for place, kind in enumerate(kinds)]
        assert judged(behind, *others) == ("own_code", "roll_back_release", rules)


def test_an_error_of_another_party_is_seen_in_the_record_of_a_request():
    text = "Internal Server Error: /pay"
    record = f"{text}\nTraceback (most recent call last):\n{PAY}\npsycopg.OperationalError: refused"
    assert judged(new("KeyError: 'b1'", 12), new(text, 12, record)) == ("own_code", "roll_back_release", ASKS)


@pytest.mark.parametrize(
    ("text", "level", "rules"),
    [
        ("psycopg.pool: error connecting in 'pool-1': connection failed: Connection refused", "warning", ASKS),
        ("shop.db: retry: OperationalError: server closed the connection unexpectedly", "warning", ASKS),
        ("com.zaxxer.hikari.pool.PoolBase : HikariPool-1 - Failed to validate connection", "warning", ASKS),
        ("shop.db: FATAL: the database system is starting up", "critical", ASKS),
        ("error: terminating connection due to administrator command", "error", ASKS),
        ("shop.db: cannot reach the database, returning nothing", "error", ASKS),
        ("/app/x.py:3: DeprecationWarning: redis.foo is deprecated", "warning", ALONE),
        ("shop: cart is empty", "warning", ALONE),
        ("card_declined: /api/payments", "warning", ALONE),
        ("psycopg.pool: connection refused", "info", ALONE),
    ],
)
def test_a_fault_of_another_party_counts_as_a_warning_and_without_a_class(text, level, rules):
    other: SignatureReport = {**new(text, 12), "level": level}
    mistake = new("AttributeError: 'NoneType' object has no attribute 'execute'", 12)
    assert judged(mistake, other) == ("own_code", "roll_back_release", rules)


@pytest.mark.parametrize(
    ("sources", "rules"),
    [
        (["pafar-nginx-1"], ALONE),
        (["pafar-nginx-1", "pafar-worker-1"], ALONE),
        (["pafar-nginx-1", "pafar-backend-1"], ASKS),
        (["pafar-backend-1"], ASKS),
        (["/var/log/backend.log"], ASKS),  # of no known container
    ],
)
def test_that_the_proxy_reached_no_backend_is_a_consequence_of_the_release(sources, rules):
    refused = "connect() failed (#: Connection refused) while connecting to upstream, request: '...'"
    other: SignatureReport = {**new(refused, 40), "sources": sources}
    assert judged(new("KeyError: 'b1'", 20), other) == ("own_code", "roll_back_release", rules)


def test_what_was_there_before_and_declined_cards_do_not_count():
    chronic = kind_of_record("psycopg.OperationalError: refused", new=False, count=900)
    cards = new("stripe.error.CardError: Your card was declined", 900)
    assert judged(new("KeyError: 'b1'"), chronic, cards) == ("own_code", "roll_back_release", ALONE)


def test_the_evidence_says_why_an_approval_is_needed():
    (cause,) = code_causes(failing(new("RuntimeError: x")), FRESH, ["backend"], 7200)
    assert "whether the code raised it, or another party that it asked, is not known" in cause.evidence[-1]


PAY = '  File "/app/pay.py", line 9, in pay'
NOT_LEFT = f"Internal Server Error: /api/payments/\nTraceback (most recent call last):\n{PAY}\n{{}}"


def unknown(text: str, count: int = 20, example: str = "") -> SignatureReport:
    """Of a container that was created anew: nothing of the log from before is left."""
    return {**new(text, count, example), "new": None}


@pytest.mark.parametrize(
    ("text", "count"), [("KeyError: 'b1'", 20), ("NameError: name 'x' is not defined", 500), ("KeyError: 'b1'", 1)]
)
def test_an_error_of_which_it_is_unknown_whether_it_is_new_asks_for_an_approval(text, count):
    (cause,) = code_causes(failing(unknown(text, count)), FRESH, ["backend"], 7200)
    assert (cause.mitigation, dict(cause.rules)) == ("roll_back_release", ASKS)
    assert "whether the errors came with the release is unknown" in cause.evidence[-1]


@pytest.mark.parametrize(
    ("framework", "text"),
    [
        (NOT_LEFT, "KeyError: 'b1'"),
        ("Exception on /pay [POST]\nTraceback (most recent call last):\n{}", "NameError: name 'x' is not defined"),
        ("ERROR: Exception in ASGI application\nTraceback (most recent call last):\n{}", "AttributeError: x"),
        ("Servlet.service() for servlet [pay] threw exception\n{}", "java.lang.NullPointerException: x"),
        ("An unhandled exception was thrown by the application.\n{}", "System.NullReferenceException: x"),
        ("[12:00:01 ERR] HTTP POST /pay responded 500 in 12.3 ms\n{}", "System.NullReferenceException: x"),
        ("terminated\nServer: shop:80 (http)\nRequest: POST /pay\n** (exit) an exception\n    {}", "** (KeyError) x"),
        ("ERROR [ExceptionsHandler] x\n{}", "TypeError: x is not a function"),
        (
            '{{"level": 50, "res": {{"statusCode": 500}}, "msg": "request errored: {}"}}',
            "TypeError: x is not a function",
        ),
    ],
)
def test_errors_that_ended_the_requests_that_fail_since_came_with_the_release(framework, text):
    """No request failed before: there they were not."""
    assert judged(unknown(text, 20, framework.format(text))) == ("own_code", "roll_back_release", ALONE)


@pytest.mark.parametrize(
    ("count", "before", "since", "rules"),
    [
        (20, (50, 0), (40, 20), ALONE),
        (20, (100, 10), (80, 40), ALONE),  # of two access logs
        (6, (50, 0), (40, 20), ASKS),  # most requests fail of something else
        (20, (10, 0), (100, 20), ASKS),  # before it two at most would have failed
        (7, (60, 10), (42, 21), ASKS),  # as many failed before
    ],
)
def test_the_requests_before_the_release_must_show_it(count, before, since, rules):
    text = "KeyError: 'b1'"
    report = log(unknown(text, count, NOT_LEFT.format(text)))
    report["requests"]["before"] = {"asked": before[0], "failed": before[1]}
    report["requests"]["since"] = {"asked": since[0], "failed": since[1]}
    (cause,) = code_causes(report, FRESH, ["backend"], 7200)
    assert (cause.mitigation, dict(cause.rules)) == ("roll_back_release", rules)


@pytest.mark.parametrize(
    "record",
    [
        "{}",
        "Task charge failed\n{}",
        "GenServer Shop.Pay terminating\n{}\nLast message: :x",
        "[12:00:01 INF] HTTP POST /pay responded 200 in 12.3 ms\n{}",
        '{{"level": 50, "upstream": {{"statusCode": 503}}, "msg": "{}"}}',
    ],
)
def test_an_error_that_ended_no_request_is_not_shown_by_the_requests(record):
    text = "TypeError: x is not a function"
    assert judged(unknown(text, 20, record.format(text))) == ("own_code", "roll_back_release", ASKS)


def test_an_error_that_may_be_anothers_is_not_shown_by_the_requests():
    text = "RuntimeError: it does not work"
    assert judged(unknown(text, 20, NOT_LEFT.format(text))) == ("own_code", "roll_back_release", ASKS)


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        ("TypeError: Redis.__init__() got an unexpected keyword argument 'ssl_ca'", ALONE),
        ("TypeError: connect() got an unexpected keyword argument 'timeout'", ALONE),
        ("TypeError: KafkaProducer.send() missing 1 required positional argument: 'topic'", ALONE),
        ("TypeError: connect() takes 1 positional argument but 2 were given", ALONE),
        ("TypeError: redis.createPool is not a function", ALONE),
        ("TypeError: kafka.producer is not a constructor", ALONE),
        ("TypeError: Cannot read properties of undefined (reading redis)", ALONE),
        ("ArgumentError: unknown keyword: :redis", ALONE),
        ("app/cache.rb:3:in `connect': wrong number of arguments (given 1, expected 2) (ArgumentError)", ALONE),
        ("PHP Fatal error:  Uncaught TypeError: Redis::connect(): Argument #2 ($port) must be of type int", ALONE),
        ("TypeError: sendResponse is not a function", ALONE),
        ("TypeError: get_response() missing 1 required positional argument: 'request'", ALONE),
        ("TypeError: undefined is not an object (evaluating 'redis.pool.size')", ALONE),
        ("TypeError: form.reset is not a function", ALONE),
        ("TypeError: timeout must be int, not str", ASKS),
        ("ValueError: Redis URL must specify one of the following schemes", ASKS),
        ("java.lang.IllegalArgumentException: kafka topic must not be empty", ASKS),
    ],
)
def test_a_mistake_of_the_code_may_bear_the_name_of_another_party(text, rules):
    assert judged(new(text)) == ("own_code", "roll_back_release", rules)


@pytest.mark.parametrize(
    "text",
    [
        "TypeError: response.data.map is not a function",
        "TypeError: res.body.items is not iterable",
        "TypeError: response is not iterable",
        "TypeError: apiResponse.items is not iterable",
        "TypeError: rows.map is not a function",
        "TypeError: undefined is not an object (evaluating 'response.data.id')",
        "TypeError: Cannot read properties of undefined (reading 'data') status 503",
        "TypeError: 'NoneType' object is not subscriptable while reading the response body of the gateway",
        "TypeError: database.rows is not iterable",
    ],
)
def test_an_answer_in_another_form_is_not_shown_to_be_a_mistake_of_the_code(text):
    """Also where the log before the release is not left, and the error is seen to end the requests that fail."""
    assert judged(new(text)) == ("own_code", "roll_back_release", ASKS)
    asgi = f"[ERROR] Exception in ASGI application\n{text}"
    assert judged(unknown(text, 20, asgi)) == ("own_code", "roll_back_release", ASKS)


@pytest.mark.parametrize(
    "text",
    [
        "ValueError: redis answered LOADING Redis is loading the dataset in memory",
        "ValueError: unexpected reply from redis: b'-MISCONF Redis is configured to save RDB snapshots'",
        "ValueError: Elasticsearch answered HTTP 503",
        "ValueError: no leader for kafka partition payments-3",
        "ArgumentError: RabbitMQ node is down",
        "java.lang.IllegalArgumentException: MongoDB replica set has no primary",
        "ValueError: Invalid answer of elasticsearch: all shards failed",
        "java.util.NoSuchElementException: Unable to read hikari pool: no connections",
        "TypeError: Kafka broker not available",
        "RangeError: memcache answered SERVER_ERROR out of memory storing object",
        "TypeError: redis reply must be array, not error",
        "TypeError: Cannot read properties of undefined (reading 'id') after redis error",
    ],
)
def test_what_another_party_said_is_none_of_the_code_whatever_its_words(text):
    assert judged(new(text)) == ("", "", {})


@pytest.mark.parametrize(
    "text",
    ["TypeError: Failed to fetch", "TypeError: NetworkError when attempting to fetch resource.",
     "ValueError: redis: connection refused", "TypeError: redis: timed out",
     "java.lang.IllegalArgumentException: kafka broker unreachable", "RuntimeError: redis"],
)  # fmt: skip
def test_a_fault_of_another_party_is_none_of_the_code_in_the_class_of_a_language(text):
    assert judged(new(text)) == ("", "", {})


@pytest.mark.parametrize(
    "cause",
    ["redis.exceptions.ConnectionError: Error 111\n\nDuring handling of the above exception:\n{}",
     "{}\n  [cause]: Error: connect ECONNREFUSED"],
)  # fmt: skip
def test_nor_is_one_that_another_party_caused(cause):
    text = "TypeError: timeout must be int, not str"
    assert judged(new(text, example=cause.format(text))) == ("", "", {})


@pytest.mark.parametrize(
    "text",
    [
        "ValueError: Your card has insufficient funds.",
        "ValueError: card_declined",
        "ArgumentError (Your card number is incorrect.)",
        "System.ArgumentException: Your card does not support this type of purchase.",
        "IllegalArgumentException: Your card's security code is incorrect.",
        "RangeError: Your card was declined.",
        '** (CaseClauseError) no case clause matching: {:error, %Stripe.Error{code: :card_declined, message: "x"}}',
        "** (MatchError) no match of right hand side value: {:error, %Stripe.Error{code: :rate_limit_error}}",
    ],
)
def test_what_the_provider_said_is_none_of_the_code_in_the_class_of_a_language(text):
    assert judged(new(text)) == ("", "", {})


@pytest.mark.parametrize(
    "text",
    [
        "ValueError: payment failed",
        "java.lang.IllegalArgumentException: payment rejected by the issuer",
        "System.ArgumentException: the purse is empty",
        "ArgumentError: order 7 may not be paid",
        "RangeError: amount too small",
        "TypeError: payment failed",
        "ValueError: amount cannot be null",
        "ValueError: expiry month must be in the future",
        "java.lang.UnsupportedOperationException: card type not supported",
        "NotImplementedError: cards of this acquirer",
        "TypeError: invalid card token",
        "** (KeyError) key :id not found in: %Acme.Error{code: :refused}",
        'NoMatchingPatternError ({:error=>"refused"})',
    ],
)
def test_a_class_of_a_language_with_words_of_an_application_asks_for_an_approval(text):
    assert judged(new(text)) == ("own_code", "roll_back_release", ASKS)


@pytest.mark.parametrize(
    "text",
    [
        "ValueError: invalid literal for int() with base 10: 'x'",
        "ValueError: The view shop.views.pay didn't return an HttpResponse object. It returned None instead.",
        "ValueError: month must be in #..#",
        "RangeError: Maximum call stack size exceeded",
        'RangeError [ERR_OUT_OF_RANGE]: The value of "offset" is out of range. It must be >= 0',
        "RangeError: toFixed() digits argument must be between 0 and 100",
        "java.lang.UnsupportedOperationException: null",
        "NotImplementedError",
        "ArgumentError (wrong number of arguments (given 1, expected 2)):",
        "java.util.NoSuchElementException: No value present",
        "java.lang.IllegalArgumentException: amount cannot be null",
        "System.ArgumentException: An item with the same key has already been added. Key: 7",
        "** (MatchError) no match of right hand side value: nil",
        "TypeError: charge() missing # required positional argument: 'card'",
        "TypeError: card.charge is not a function",
        "PHP Fatal error: Uncaught TypeError: charge(): Argument ## ($card) must be of type Card, null given",
        "ERROR payments.stripe_client: TypeError: unhashable type: 'dict'",
        "NameError (uninitialized constant Stripe::CardError)",
        "KeyError: 'card_declined'",
    ],
)
def test_a_sentence_of_a_language_is_of_the_code_though_it_names_a_card(text):
    assert judged(new(text)) == ("own_code", "roll_back_release", ALONE)
