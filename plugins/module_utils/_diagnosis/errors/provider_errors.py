# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
r"""Which errors in a log are the payment provider's, and of which kind. Pure.

Stripe's libraries name the same errors in their own ways: ``stripe.error.CardError`` (Python to 7),
``stripe.CardError`` and ``stripe._error.CardError`` (from 8), ``Stripe::CardError`` (Ruby),
``Stripe\Exception\CardException`` (PHP), ``com.stripe.exception.CardException`` (Java), ``StripeCardError`` (Node),
``Stripe.StripeException`` with the kind in its message (.NET), ``card_error`` as the type of the API's answer (Go,
Elixir and whatever logs the answer). An application wraps them in errors of its own, so the whole record is read, and
not its last line alone. Source: "Error handling", Stripe's documentation.
"""

from __future__ import annotations

import re
from typing import Pattern, Sequence

from ..._core.text import counted
from ..._endpoints.endpoint import ProbeReport
from ..._endpoints.request_id import for_support, request_id_at, request_ids_in
from ..._logs.records import LogReport
from .whose_error import is_said_of_code

CARD, LIMITED, KEY, API, SIGNATURE, EVENT_TIME, REQUEST, OTHER = (
    "card_declined", "rate_limited", "key_refused", "api_error", "signature", "event_time", "request_refused", "other",
)  # fmt: skip
# What the application itself sent is its own mistake; every other kind is not.
OWN = (REQUEST,)

# Of the class without its ending, and of the type in the API's answer.
_KINDS = {
    "card": CARD,
    "ratelimit": LIMITED,
    "authentication": KEY,
    "permission": KEY,
    "invalidclient": KEY,
    "api": API,
    "apierror": API,  # PHP: ApiErrorException
    "unknownapierror": API,
    "apiconnection": API,
    "connection": API,
    "signatureverification": SIGNATURE,
    "invalidrequest": REQUEST,
    "idempotency": REQUEST,
}
_CLASS = re.compile(
    r"(?:"
    r"\bstripe(?:\._?error|\._?oauth_error)?\.|"  # Python, Elixir
    r"\bStripe::(?:\w+::)?|"  # Ruby
    r"\bStripe\\+Exception\\+(?:\w+\\+)?|"  # PHP, also in JSON with doubled backslashes
    r"\bcom\.stripe\.exception\.(?:\w+\.)?|"  # Java
    r"\bStripe\.?"  # Node, .NET
    r")(?P<name>[A-Z]\w*?)(?:Error|Exception)\b"
)
# The same where a class is written without its package, in a line that names Stripe. `PermissionError` is Python's own.
_SHORT = re.compile(
    r"(?<![\w.:\\])(?P<name>A[pP][iI](?:Connection)?|Connection|RateLimit|Authentication|InvalidRequest|Idempotency|Card"
    r"|SignatureVerification)(?:Error|Exception)\b"
)
_STRIPE = re.compile(r"(?i)\bstripe\b")
_TYPE = re.compile(
    r"(?i)\b(?:type|code)\W{1,8}(?P<name>card|api|rate_limit|authentication|invalid_request|idempotency)_error\b"
)
_FAULT = (
    r"(?:time(?:d[ -]?)?out|refused|reset by peer|unreachable|name resolution|max retries|unknown_?host|handshake"
    r"|socket hang[ ]up|server error|service unavailable|bad gateway|\b(?:ECONN|ENOTFOUND|EAI_|ETIMED)\w*)"
)
# Codes and sentences of the API's answers, which wrappers and clients without classes hand on.
_SAYS: tuple[tuple[str, Pattern[str]], ...] = (
    (
        CARD,
        re.compile(
            r"(?i)\b(?:card_declined|insufficient_funds|expired_card|incorrect_cvc|incorrect_number|do_not_honor"
            r"|generic_decline|authentication_required|card_velocity_exceeded|incorrect_(?:zip|pin)|invalid_cvc"
            r"|(?:lost|stolen|pickup|restricted)_card|card_not_supported|(?:Card|Payment)Declined\w*"
            r"|(?:card|payment) (?:was |has been )?declined|insufficient funds)\b"
            r"|\byour card (?:was (?:declined|not)|has|number|does not|is not)|\bprocessing your card\b"
            r"|\byour card's (?:security|expiration|zip)"
        ),
    ),
    (LIMITED, re.compile(r"(?i)\bstripe\b.{0,200}\b(?:rate_limit\b|too many requests|lock_timeout\b)")),
    (
        KEY,
        re.compile(r"(?i)\b(?:invalid api key provided|no api key provided|expired api key provided|api_key_expired)"),
    ),
    (
        API,  # of a client of HTTP that is none of the provider's
        re.compile(rf"(?i){_FAULT}[^\n]{{0,300}}\bapi\.stripe\.com\b|\bapi\.stripe\.com\b[^\n]{{0,300}}{_FAULT}"),
    ),
    (
        SIGNATURE,
        re.compile(
            r"(?i)no signatures found (?:matching the expected signature|with expected scheme)"
            r"|webhook.{0,80}signature|signature.{0,80}webhook"
            r"|(?:expected )?signature was not found in the stripe-signature header"
            r"|unable to extract timestamp and signatures? from header|signature header format is unexpected"
        ),
    ),
)
# In an answer of the type of a wrong request.
_STATUS = r"(?i)\bstatus(?:_?code)?\W{{1,6}}{}\b"
_OF_REQUESTS: tuple[tuple[str, Pattern[str]], ...] = (
    (LIMITED, re.compile(r"(?i)\brate_limit\b|\brate limit exceeded|too many requests|\block_timeout\b")),
    (LIMITED, re.compile(_STATUS.format("429"))),
    (KEY, re.compile(_STATUS.format("40[13]"))),
    (CARD, re.compile(_STATUS.format("402"))),
)
# An event that is refused for its time, by the libraries of Stripe and of Standard Webhooks: they raise the same error
# as for a signature that does not match, and say it in words alone.
_EVENT_TIME = re.compile(
    r"(?i)timestamp (?:is |was )?outside (?:of )?the (?:allowed )?tolerance|timestamp wasn't within tolerance"
    r"|timestamp is outside of the allowed tolerance|message timestamp (?:is )?too (?:old|new)"
    r"|webhook.{0,80}timestamp.{0,40}(?:too old|expired|stale|in the future)"
)
# Of a traceback: where it was, and the line of the source, which may name an error that was not raised, and a way that
# leads through the code that checks signatures or maps declined cards. Python; Java, .NET and Node.js; Go; PHP; Elixir;
# Ruby, also with the tags of Rails; Node.js, the place of an exception that was not caught.
_FRAMES = re.compile(
    r"^[ |]*  File \"[^\n]*(?:\n[ |]{4}[^\n]*)*"
    r"|^[ \t|]*at \S[^\n]*"
    r"|^\S{1,300}(?:\([^\n]*\))?\n\t\S{1,300}\.(?:go|s):\d+[^\n]*"
    r"|^#\d+ [^\n]*|\b(?:thrown )?in /\S{1,300}\.php(?::\d+| on line \d+)"
    r"|^[ \t]+(?:\(\w+ [\d.]+\) )?\S{1,300}\.exs?:\d+: [^\n]*"
    r"|^(?:\[[^\]\n]{1,80}\] ?)*[ \t]*(?:from )?\S{1,300}:\d+:in [`'][^`'\n]*'[ \t\"}\],]*$"
    r"|^(?:node:|file://|/)\S{1,300}:\d+$",
    re.M,
)
_NAMED = re.compile(r"(?i)\bstripe[\w.:\\]{0,60}(?:error|exception|_timeout|_unreachable)\b|\bStripe\.Error\b")


def provider_error(text: str, example: str = "") -> str:
    """The kind of the provider's error in a record; empty where the record is none of the provider's.

    ``text``: the line that says what happened. ``example``: the whole record. A mistake of the code that comes while
    an error of the provider is handled is the code's: one that is such by its class or its sentence, since a
    ``ValueError`` says in any words what the provider answered.
    """
    if is_said_of_code(text):
        return ""
    lines = example
    if example[:1] == "{":  # of JSON, in which the ends of lines are written as two characters
        lines = example.replace("\\n", "\n").replace("\\t", "\t").replace('\\"', '"')
    whole = f"{_FRAMES.sub('', text)}\n{_FRAMES.sub('', lines)}"
    if _EVENT_TIME.search(whole):
        return EVENT_TIME
    named = _named(text, whole)
    if named and named != REQUEST:
        return named
    # The API's type of a refused key and of its limit may be that of a wrong request: their code and status say more.
    for kind, pattern in (*_SAYS, *(_OF_REQUESTS if named else ())):
        if pattern.search(whole):
            return kind
    return named or (OTHER if _NAMED.search(whole) else "")


def _named(text: str, whole: str) -> str:
    """The kind by a class of the provider's libraries, or by the type in the API's answer."""
    places = [(_CLASS, whole), (_TYPE, whole), *([(_SHORT, text)] if _STRIPE.search(text) else [])]
    names = (str(match["name"]) for pattern, searched in places for match in pattern.finditer(searched))
    kinds = (_KINDS.get(name.replace("_", "").lower(), "") for name in names)
    return next((kind for kind in kinds if kind), "")


def ids_for_support(rows: Sequence[ProbeReport], log: LogReport) -> list[str]:
    """A line with the ids of requests that failed at the provider: of the probe, and of its errors in our log."""
    texts = [*(signature["example"] for signature in log["signatures"]), *(entry["text"] for entry in log["entries"])]
    failed = (text for text in texts if provider_error(text, text) in (API, KEY, LIMITED))
    return for_support([*map(request_id_at, rows), *request_ids_in(failed)])


def declined_cards(log: LogReport) -> list[str]:
    """Declined cards are answers to customers, and no outage."""
    number = sum(
        signature["count"]
        for signature in log["signatures"]
        if provider_error(signature["text"], signature["example"]) == CARD
    )
    cards = counted(number, "card was", "cards were")
    text = f"{cards} declined: an answer to the customer and no outage; many at once may be card testing"
    return [text] if number else []
