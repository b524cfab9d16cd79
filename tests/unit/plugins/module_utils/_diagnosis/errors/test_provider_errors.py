"""Which errors in a log are the payment provider's, and of which kind."""

from __future__ import annotations

import json

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._diagnosis.errors.provider_errors import (
    API,
    CARD,
    EVENT_TIME,
    KEY,
    LIMITED,
    OTHER,
    REQUEST,
    SIGNATURE,
    provider_error,
)
from ansible_collections.pafar.runbook.plugins.module_utils._diagnosis.errors.whose_error import is_mistake

PYTHON = ("stripe.error.{}Error", "stripe._error.{}Error", "stripe.{}Error")
FORMS = (
    *PYTHON,
    "Stripe::{}Error",
    "Stripe\\Exception\\{}Exception",
    "com.stripe.exception.{}Exception",
    "Stripe{}Error",
)
NAMES = [
    ("Card", CARD), ("RateLimit", LIMITED), ("Authentication", KEY), ("Permission", KEY), ("API", API), ("Api", API),
    ("APIConnection", API), ("ApiConnection", API), ("SignatureVerification", SIGNATURE), ("InvalidRequest", REQUEST),
    ("Idempotency", REQUEST),
]  # fmt: skip


@pytest.mark.parametrize(("name", "kind"), NAMES)
@pytest.mark.parametrize("form", FORMS)
def test_an_error_of_a_library_of_the_provider(form, name, kind):
    line = f"{form.format(name)}: Request req_0000: something"
    assert provider_error(line) == kind
    assert provider_error(f"payment of booking # failed: {line}") == kind


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Stripe\\Exception\\ApiErrorException: down", API),
        ("Stripe\\Exception\\UnknownApiErrorException: down", API),
        ("Stripe\\Exception\\OAuth\\InvalidClientException: no such client", KEY),
        ("payments.gateway.CardDeclinedError: try another one", CARD),
        ("booking.errors.PaymentDeclinedException", CARD),
        ("CheckoutError: the card was declined by the bank", CARD),
        ("RuntimeError: payment has been declined (05)", CARD),
        ("PHP Fatal error:  Uncaught Stripe\\\\Exception\\\\CardException: x", CARD),
        ("Stripe.StripeException: Your card was declined.", CARD),
        ("Stripe.StripeException: Invalid API Key provided: sk_live_****", KEY),
        ("Stripe.StripeException: something new", OTHER),
        ('charge failed: {"code":"card_declined","type":"card_error","status":402}', CARD),
        ('{"error": {"type": "api_error", "message": "An unknown error occurred"}}', API),
        ("%Stripe.Error{code: :card_error, message: x}", CARD),
        ("stripe answered 429: Too many requests hit the API too quickly", LIMITED),
        ("shop.errors.PaymentDeclined: insufficient_funds", CARD),
        ("djstripe webhook: No signatures found matching the expected signature for payload", SIGNATURE),
        ("stripe.oauth_error.InvalidGrantError: x", OTHER),
        ("stripe_timeout", OTHER),
    ],
)
def test_other_clients_and_wrappers(text, kind):
    assert provider_error(text) == kind


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        # Classes without their package, of clients that are none of the provider's, and of answers of HTTP.
        ("ApiConnectionException: IOException during API request to Stripe (https://api.stripe.com): timed out", API),
        ("shop: SignatureVerificationException: Stripe webhook", SIGNATURE),
        ("RateLimitException: Request rate limit exceeded (Stripe)", LIMITED),
        ("requests.exceptions.HTTPError: 503 Server Error: Service Unavailable for url: https://api.stripe.com/x", API),
        ("ConnectTimeout: HTTPSConnectionPool(host='api.stripe.com', port=443): Max retries exceeded", API),
        # One type for several kinds: code, status and words come first.
        ('Error encountered from Stripe: {"type":"invalid_request_error","message":"Invalid API Key provided: nil.",'
         '"status":401}', KEY),
        ('{"error":{"code":"rate_limit","status":429,"type":"invalid_request_error"}}', LIMITED),
        ('{"error":{"code":"lock_timeout","type":"invalid_request_error"}}', LIMITED),
        ("stripe.InvalidRequestError: (Status 403) The provided key does not have access", KEY),
        ('{"error":{"code":"card_declined","type":"invalid_request_error"}}', CARD),
        ('{"error":{"code":"parameter_missing","status":400,"type":"invalid_request_error"}}', REQUEST),
        ("Stripe::InvalidRequestError: (Status 404) (Request req_1) No such customer: 'cus_1'", REQUEST),
        # The status of our own answer is no status of theirs.
        ('{"status":500,"error":"stripe.InvalidRequestError: No such price"}', REQUEST),
    ],
)  # fmt: skip
def test_what_the_answer_says_comes_before_its_type(text, kind):
    assert provider_error(text) == kind


@pytest.mark.parametrize(
    "text",
    [
        "PermissionError: [Errno 13] Permission denied: '/srv/stripe/key'",
        "ApiConnectionException: the weather service does not answer",
        "GET https://api.stripe.com/v1/charges 200",
    ],
)
def test_what_is_named_alike_is_none_of_the_providers(text):
    assert provider_error(text) == ""


CHAIN = """payment of booking B7 failed
Traceback (most recent call last):
  File "/srv/stripe_client.py", line 9, in charge
    stripe.PaymentIntent.create(amount=1)
stripe.CardError: Your card was declined.

{}

Traceback (most recent call last):
  File "/srv/pay.py", line 31, in pay
{}"""


def test_an_error_of_our_own_that_was_raised_from_the_providers_is_the_providers():
    last = "shop.errors.PaymentFailed: booking B7"
    record = CHAIN.format("The above exception was the direct cause of the following exception:", last)
    assert provider_error(last, record) == CARD


def test_a_mistake_while_the_providers_error_is_handled_is_our_own():
    last = "KeyError: 'decline_code'"
    record = CHAIN.format("During handling of the above exception, another exception occurred:", last)
    assert provider_error(last, record) == ""


@pytest.mark.parametrize(
    "text",
    [
        "KeyError: 'stripe'",
        "AttributeError: 'NoneType' object has no attribute 'stripe'",
        "TypeError: Cannot read properties of undefined (reading 'card')",
        "java.lang.NullPointerException: stripe",
        "NoMethodError: undefined method `charge' for nil:NilClass",
        "ERROR stripe view: AttributeError: 'Charge' object has no attribute 'card_declined'",
    ],
)
def test_a_mistake_of_the_code_is_our_own_whatever_it_speaks_of(text):
    assert is_mistake(text)
    assert provider_error(text) == ""


@pytest.mark.parametrize(
    "text", ["shop.errors.NoSeats: flight 7", "booking failed", "discard Error", "api error handler ready"]
)
def test_what_is_none_of_the_providers(text):
    assert provider_error(text) == ""


@pytest.mark.parametrize(
    "text",
    [
        "stripe.error.SignatureVerificationError: Timestamp outside the tolerance zone (1700000000)",
        "Stripe::SignatureVerificationError: Timestamp outside the tolerance zone (1700000000)",
        "StripeSignatureVerificationError: Timestamp outside the tolerance zone",
        "webhook error: timestamp wasn't within tolerance",
        "Stripe.StripeException: The webhook cannot be processed because the current timestamp is outside of the"
        " allowed tolerance.",
        "standardwebhooks.webhooks.WebhookVerificationError: Message timestamp too old",
        "webhook refused: timestamp expired",
    ],
)
def test_an_event_that_is_refused_for_its_time_is_no_question_of_the_secret(text):
    assert provider_error(text) == EVENT_TIME


@pytest.mark.parametrize("text", ["webhook signature does not match", "the cache timestamp expired"])
def test_what_is_no_time_of_an_event(text):
    assert provider_error(text) in (SIGNATURE, "")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Stripe.StripeException: The expected signature was not found in the Stripe-Signature header.", SIGNATURE),
        ("SignatureVerificationError: Unable to extract timestamp and signatures from header", SIGNATURE),
        ("SignatureVerificationError: No signatures found with expected scheme v1", SIGNATURE),
        ("Stripe.StripeException: The signature header format is unexpected.", SIGNATURE),
        ("Stripe.StripeException: the header Stripe-Version is not supported", OTHER),
        ("unable to extract the timestamp of the log line", ""),
    ],
)
def test_a_signature_is_known_by_the_words_of_each_library(text, kind):
    assert provider_error(text) == kind


@pytest.mark.parametrize("text", ["shop.errors.NoSeats: flight 7", "TypeError: unhashable type: 'dict'", "OSError: x"])
def test_the_frames_of_a_traceback_name_no_error_that_was_raised(text):
    frame = '  File "/app/stripe_error.py", line 9, in pay\n    raise stripe.CardError("Your card was declined")'
    assert provider_error(text, f"Traceback (most recent call last):\n{frame}\n{text}") == ""


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("ValueError: Your card's zip code failed validation.", CARD),
        ("ValueError: An error occurred while processing your card. Try again in a little bit.", CARD),
        ("ArgumentError: insufficient funds", CARD),
        ("ValueError: Invalid API Key provided: sk_live_x", KEY),
        ("ValueError: time data 'x' does not match format '%Y'", ""),
        ("TypeError: card.charge is not a function", ""),
    ],
)
def test_a_class_of_a_language_may_say_what_the_provider_answered(text, kind):
    assert provider_error(text) == kind


@pytest.mark.parametrize(
    "text",
    ["TypeError: unhashable type: 'dict'", "ValueError: invalid literal for int() with base 10: 'x'", "KeyError: 'v1'"],
)
def test_a_mistake_in_the_view_of_the_webhook_is_no_event_that_was_refused(text):
    record = f"stripe webhook: cannot check the signature\nTraceback (most recent call last):\n{text}"
    assert provider_error(text, record) == ""
    assert provider_error("shop.errors.Refused: x", record) == SIGNATURE


WAYS = [
    "\tat com.shop.stripe.webhook.StripeSignatureFilter.doFilter(StripeSignatureFilter.java:42)",
    "         at Shop.Webhooks.StripeWebhookController.VerifySignature(HttpRequest r) in /src/x.cs:line 3",
    "    at handler (/app/src/webhooks/stripe-signature.js:9:5)",
    "main.webhookSignature(0xc000)\n\t/src/webhook/signature.go:42 +0x1d",
    "#0 /app/src/Webhook/SignatureMiddleware.php(9): App\\Order->pay()",
    "  thrown in /app/src/Webhook/SignatureMiddleware.php on line 42",
    "    (shop 0.1.0) lib/shop_web/webhook/signature_plug.ex:42: ShopWeb.Webhook.SignaturePlug.call/2",
    "[0d2f1c3a] app/controllers/webhooks/stripe_signature_controller.rb:9:in `create'",
    '  File "/app/webhooks/signature.py", line 9, in handle\n    check_webhook_signature(order)',
    "\tat com.shop.payments.CardDeclinedHandler.handle(CardDeclinedHandler.java:9)",
]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "text", ["shop.OrderClosed: order 7", "org.postgresql.util.PSQLException: FATAL: sorry, too many clients already"]
)
def test_the_way_through_the_code_is_no_error_of_the_provider(text, way):
    """An error of any other kind is raised below the code that checks the signatures of events."""
    record = f"{text}\n{way}"
    assert provider_error(text, record) == ""
    assert provider_error(text, json.dumps({"level": "error", "msg": text, "stack": record})) == ""


@pytest.mark.parametrize("way", WAYS)
def test_nor_does_it_hide_one(way):
    text = "com.stripe.exception.SignatureVerificationException: No signatures found matching the expected signature"
    assert provider_error("shop.PaymentError: x", f"shop.PaymentError: x\n{way}\nCaused by: {text}") == SIGNATURE
    assert provider_error("webhook refused: the signature does not match", f"x\n{way}") == SIGNATURE
