# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the answers of vendors mean, as tables: the first rule that fits decides. Pure.

Sources: Stripe's "Errors" and "Authentication"; Google's "Geocoding API", status codes, and its API design guide,
"Errors"; RFC 9110 for HTTP. Another vendor is another table.
"""

from __future__ import annotations

import re
from typing import Container, Mapping, NamedTuple, Sequence

from .answerer import PROXIES
from .endpoint import DEGRADED, DOWN, KEY, OURS, THEIRS, UP, Meaning
from .health_answer import json_object

_ANY_STATUS = range(1000)
_SUCCESS, _FAILURE = range(200, 300), range(500, 1000)
_KEY = "whether our key is valid"
_PROXY_HEADERS = ("server", "proxy-agent")
_ON_THE_WAY = ("via", "x-cache", "x-cache-lookup")  # also on what a proxy passes on: they do not show who answers
_BEGIN = 4000  # characters of a page in which one names itself
# How an object of Stripe's and an error begin, where an answer is longer than is read.
_OBJECT, _ERROR = re.compile(r'"object"\s*:\s*"'), re.compile(r'"error"\s*:\s*\{')
_STRIPE_TYPE = re.compile(r"(?:api(?:_connection)?|authentication|card|idempotency|invalid_request|rate_limit)_error")
_GOOGLE_WORD = re.compile(r"[A-Z][A-Z_]+")
_NONE_OF_MAPS = ("error", "blocked", "block", "denied", "policy", "category", "reason", "message", "errors", "detail")


class Rule(NamedTuple):
    """An answer fits where every part fits; what is not given fits always.

    ``why`` may name {status}, {word} (of the body), {what} (the word, or the status without one) and {message}.
    ``key``: whether a key was sent. ``unasked``: what such an answer does not show.
    """

    state: str
    why: str
    fault_of: str = ""
    statuses: Container[int] = _ANY_STATUS
    words: Sequence[str] | None = None
    key: bool | None = None
    unasked: str = ""


class Answer(NamedTuple):
    """The answer of an endpoint, and how it was asked. ``word``: the vendor's code for the outcome, in the body."""

    status: int
    word: str = ""
    message: str = ""
    key: bool = False


STRIPE = (
    # 401 without a key is the answer of a healthy Stripe; with a key it means that the key is refused.
    Rule(UP, f"Stripe answers; {_KEY} was not asked", "", (401, 403), key=False, unasked=_KEY),
    Rule(DEGRADED, "Stripe knows our key, which may not ask this (403): it lacks a permission. {message}", KEY, (403,)),
    Rule(
        DOWN, "Stripe answers and refuses our key (401): revoked, expired or of another account. {message}", KEY, (401,)
    ),
    Rule(DEGRADED, "Stripe limits our requests (429)", OURS, (429,)),
    Rule(DOWN, "Stripe itself fails ({status}). {message}", THEIRS, _FAILURE),
    Rule(UP, "Stripe answers and takes our key", "", _SUCCESS, key=True),
    Rule(UP, "Stripe answers", "", _SUCCESS),
    Rule(UP, "Stripe answers ({status} to the probe's own request)", "", (400, 402, 404, 409)),
    Rule(DEGRADED, "Stripe answers {status}, which it does not document", THEIRS),
)

# Google reports its errors in the body, the older services mostly with status 200.
_TAKEN, _FULL = ("OK", "ZERO_RESULTS"), ("OVER_QUERY_LIMIT", "OVER_DAILY_LIMIT")
_OWN_REQUEST = (
    "INVALID_REQUEST", "NOT_FOUND", "DATA_NOT_AVAILABLE", "MAX_ELEMENTS_EXCEEDED", "MAX_DIMENSIONS_EXCEEDED",
    "MAX_WAYPOINTS_EXCEEDED", "MAX_ROUTE_LENGTH_EXCEEDED",
)  # fmt: skip
_QUOTA = "our quota of Maps is used up, or billing is off ({what}). {message}"
MAPS = (
    Rule(UP, "Maps answers and takes our key", words=_TAKEN, key=True),
    Rule(UP, "Maps answers", words=_TAKEN),
    Rule(UP, "Maps answers and takes our key", "", _SUCCESS, ("",), key=True),
    Rule(UP, "Maps answers", "", _SUCCESS, ("",)),
    Rule(UP, f"Maps answers; {_KEY} was not asked", words=("REQUEST_DENIED",), key=False, unasked=_KEY),
    Rule(DOWN, "Maps answers and refuses our key. {message}", KEY, words=("REQUEST_DENIED",)),
    Rule(DOWN, _QUOTA, OURS, words=_FULL),
    Rule(DOWN, _QUOTA, OURS, (429,)),
    Rule(UP, "Maps answers (the probe's own request was incomplete)", words=_OWN_REQUEST),
    Rule(DOWN, "Maps itself fails ({what})", THEIRS, words=("UNKNOWN_ERROR",)),
    Rule(DOWN, "Maps itself fails ({what})", THEIRS, _FAILURE),
    Rule(DEGRADED, "Maps answers {status} {word}, which it does not document", THEIRS),
)


def by_rules(rules: Sequence[Rule], answer: Answer) -> Meaning:
    """What the first rule that fits says; the last of a table fits every answer."""
    rule = next(rule for rule in rules if _fits(rule, answer))
    what = answer.word or answer.status
    why = rule.why.format(status=answer.status, word=answer.word, what=what, message=answer.message)
    return Meaning(rule.state, why, rule.fault_of, rule.unasked)


def _fits(rule: Rule, answer: Answer) -> bool:
    return (
        answer.status in rule.statuses
        and (rule.words is None or answer.word in rule.words)
        and rule.key in (None, answer.key)
    )


def is_stripe(status: int, body: str) -> bool:
    """Whether an answer below 500 has a form that Stripe documents: an object says what it is, an error is one."""
    text, said = body.lstrip(), json_object(body)
    if 200 <= status < 300:
        if not said:
            return text.startswith("{") and bool(_OBJECT.search(text[:400])) and not _ERROR.search(text[:400])
        listed = isinstance(said.get("data"), list) and "next_page_url" in said  # of its second version
        return not said.get("error") and (isinstance(said.get("object"), str) or listed)
    error = said.get("error")
    if isinstance(error, Mapping):
        return "type" in error or "message" in error
    if isinstance(error, str):  # of OAuth
        return "error_description" in said
    return text.rstrip() in ("", "{}") or (not said and text.startswith("{") and bool(_ERROR.search(text[:400])))


def is_maps(status: int, body: str) -> bool | None:
    """Whether an answer below 500 is of a form that Maps documents; None where its newer services may give it, too."""
    text, said = body.lstrip(), json_object(body)
    word, error = said.get("status"), said.get("error")
    if isinstance(word, str):
        return bool(_GOOGLE_WORD.fullmatch(word))
    if isinstance(error, Mapping) and isinstance(error.get("status"), str):
        return True
    if 200 <= status < 300:
        if not text.startswith("{"):  # its beginning alone: a long answer may be cut
            return False
        # One without a `status` is of a newer service, which writes objects, lists, texts and numbers.
        other = any(name in said for name in _NONE_OF_MAPS)
        return None if other or any(value is None or isinstance(value, bool) for value in said.values()) else True
    if isinstance(error, Mapping):
        return "message" in error or "code" in error
    return text.rstrip() in ("", "{}") or "google" in text.lower() or (not said and bool(_ERROR.search(text[:400])))


def is_own_error(judge: str, body: str) -> bool:
    """Whether it is an error that no proxy on the way writes: of a type of Stripe's, or with a word of Google's."""
    error = json_object(body).get("error")
    name, words = ("type", _STRIPE_TYPE) if judge == "stripe" else ("status", _GOOGLE_WORD)
    word = error.get(name) if isinstance(error, Mapping) else None
    return isinstance(word, str) and bool(words.fullmatch(word))


def names_proxy(headers: Mapping[str, str], body: str = "") -> bool:
    """Whether a proxy of a network says that the answer is its own. ``headers``: by names in small letters."""
    said = " ".join(headers.get(name, "") for name in _PROXY_HEADERS)
    return "x-squid-error" in headers or bool(PROXIES.search(f"{said} {body[:_BEGIN]}"))


def came_by_proxy(headers: Mapping[str, str]) -> bool:
    """Whether such a proxy names itself on the way, as on its own answers and on those that it passes on."""
    return any(PROXIES.search(headers.get(name, "")) for name in _ON_THE_WAY)
