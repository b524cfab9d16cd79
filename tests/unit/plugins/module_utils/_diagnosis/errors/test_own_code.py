"""For which errors of a fresh release it is rolled back without an approval."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._diagnosis.errors.own_code import code_causes
from ansible_collections.pafar.runbook.plugins.module_utils._logs.records import LogReport, SignatureReport

from support.reports import kind_of_record, log

from ..endpoint_facts import SERVICES, service

FRESH = {**SERVICES, "backend": service("backend", age=60, image_age=90)}
ALONE: dict[str, str] = {}
ASKS = {"approval": "always"}


def failing(*kinds: SignatureReport) -> LogReport:
    """No request of 50 failed before the release, 20 of 40 since."""
    report = log(*kinds)
    report["requests"]["before"] = {"asked": 50, "failed": 0}
    report["requests"]["since"] = {"asked": 40, "failed": 20}
    return report


def judged(*kinds: SignatureReport) -> tuple[str, str, object]:
    causes = code_causes(failing(*kinds), FRESH, ["backend"], 7200)
    return (causes[0].name, causes[0].mitigation, dict(causes[0].rules)) if causes else ("", "", {})


def new(text: str, count: int = 50, example: str = "") -> SignatureReport:
    report = kind_of_record(text, new=True, count=count)
    return {**report, "example": example or report["example"]}


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
    ("mistakes", "others", "rules"), [(50, 50, ALONE), (50, 3, ALONE), (1, 50, ASKS), (20, 400, ASKS)]
)
@pytest.mark.parametrize(
    "other",
    ["psycopg.OperationalError: connection refused", "stripe.error.APIError: x", "shop.errors.PaymentError: rejected"],
)
def test_a_stray_mistake_does_not_speak_for_the_many_errors_beside_it(other, mistakes, others, rules):
    assert judged(new("KeyError: 'b1'", mistakes), new(other, others)) == ("own_code", "roll_back_release", rules)


def test_what_was_there_before_and_declined_cards_do_not_count():
    chronic = kind_of_record("psycopg.OperationalError: refused", new=False, count=900)
    cards = new("stripe.error.CardError: Your card was declined", 900)
    assert judged(new("KeyError: 'b1'"), chronic, cards) == ("own_code", "roll_back_release", ALONE)


def test_the_evidence_says_why_an_approval_is_needed():
    (cause,) = code_causes(failing(new("RuntimeError: x")), FRESH, ["backend"], 7200)
    assert "whether the code raised it, or another party that it asked, is not known" in cause.evidence[-1]
