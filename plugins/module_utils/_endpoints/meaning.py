# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an endpoint's answer means. Pure.

Sources: PostgreSQL's "Message Formats" and "Error Codes"; Redis' "RESP protocol" and errors; Stripe's "Errors" and
"Authentication"; Google's "Geocoding API", status codes, and its API design guide, "Errors"; RFC 9110 for HTTP.
"""

from __future__ import annotations

import json
from typing import Any, Mapping

from .._core.redaction import redacted
from .endpoint import DEGRADED, DOWN, KEY, LATE, NETWORK, OURS, THEIRS, UP, LayerFacts, Meaning, Step, Target

_ALIVE = {  # SQLSTATE of a server that is up and refuses this very login
    "28000": "it is up; pg_hba.conf has no line that allows a login from here",
    "28P01": "it is up; it refuses the password",
    "3D000": "it is up; the database does not exist",
    "42704": "it is up; the role does not exist",
}
_REDIS_UP = {
    "-NOAUTH": "it is up and wants a password",
    "-WRONGPASS": "it is up and wants another password",
    "-NOCERT": "it is up and wants a certificate of who asks",
    "-NOPERM": "it is up; the probe may not ask",
}
_REDIS_BAD = {
    "-LOADING": "it is loading its data from disk and serves no client until it is done",
    "-MASTERDOWN": "it is a replica that has lost its master",
    "-MISCONF": "it refuses to write, since it cannot save to disk",
    "-READONLY": "it is a replica and takes no writes",
    "-OOM": "its memory limit is reached: it takes no writes",
}
_STRIPE_REQUEST = (400, 402, 404, 409)
_GOOGLE = {  # the words of its newer services, by those of the Geocoding API
    "PERMISSION_DENIED": "REQUEST_DENIED",
    "UNAUTHENTICATED": "REQUEST_DENIED",
    "RESOURCE_EXHAUSTED": "OVER_QUERY_LIMIT",
    "INVALID_ARGUMENT": "INVALID_REQUEST",
    "UNAVAILABLE": "UNKNOWN_ERROR",
    "INTERNAL": "UNKNOWN_ERROR",
}


def of_failed(step: Step, target: Target) -> Meaning:
    """A layer below the protocol failed."""
    if step.layer == "dns":
        return Meaning(DOWN, f"the name {target.host} could not be resolved: {step.said}", NETWORK)
    if step.layer == "tcp":
        refused = "refused" in step.said
        fault_of = OURS if refused else NETWORK
        return Meaning(DOWN, f"{target.host}:{target.port}: {step.said}", fault_of)
    if step.layer == "tls":
        ours = step.facts.get("expired") or target.kind in ("postgres", "redis")
        return Meaning(DOWN, f"no trustworthy connection: {step.said}", OURS if ours else THEIRS)
    return Meaning(DOWN, step.said, whose_fault(target))


def whose_fault(target: Target) -> str:
    """Whose matter it is when it hangs or is slow."""
    return THEIRS if target.judge in ("stripe", "maps") else OURS


def of_certificate(facts: LayerFacts, target: Target) -> Meaning:
    days = facts.get("days_left")
    if facts.get("expired"):
        return Meaning(DEGRADED, f"its certificate has ended {-(days or 0)} days ago", OURS)
    if days is not None and days < target.cert_days:
        return Meaning(DEGRADED, f"its certificate ends in {days} days", OURS)
    return Meaning(UP)


def of_postgres(kind: str, sqlstate: str, message: str) -> Meaning:
    """``kind``: the first byte of its answer; R asks for a password or lets in, E is an error."""
    if kind == "R":
        return Meaning(UP, "it accepts logins")
    if kind == "E":
        if sqlstate in _ALIVE:
            return Meaning(UP, _ALIVE[sqlstate])
        if sqlstate == "53300":
            return Meaning(DOWN, "it runs, and every connection slot is taken (53300)", OURS)
        if sqlstate.startswith("57P0"):
            return Meaning(DOWN, f"it is starting, stopping or recovering ({sqlstate})", OURS)
        return Meaning(DEGRADED, f"it answers with error {sqlstate}: {redacted(message)[:120]}", OURS)
    return Meaning(DOWN, "something answers there, and it is not PostgreSQL", OURS)


def of_redis(answer: str) -> Meaning:
    word = answer.split(" ", 1)[0]
    if word == "+PONG":
        return Meaning(UP, "it answers")
    if word in _REDIS_UP:
        return Meaning(UP, _REDIS_UP[word])
    if word in _REDIS_BAD:
        return Meaning(DEGRADED, _REDIS_BAD[word], OURS)
    return Meaning(DOWN, "something answers there, and it is not Redis", OURS)


def of_http(target: Target, status: int, body: str, key_given: bool, matches: bool | None = True) -> Meaning:
    """By the judge that is asked for, else by the expected statuses and the body.

    ``matches``: whether what is looked for was found in the body; None where that took too long.
    """
    by_provider = target.judge in ("stripe", "maps") and 200 <= status < 300 and target.method != "HEAD"
    if by_provider and not body.lstrip().startswith("{"):  # its beginning alone: a long answer may be cut
        who = target.judge.capitalize()
        return Meaning(DOWN, f"what answers {status} is not {who}: a proxy or a portal on the way there", NETWORK)
    if target.judge == "stripe":
        return of_stripe(status, body, key_given)
    if target.judge == "maps":
        return of_maps(status, body, key_given)
    if target.judge == "webhook":
        return of_webhook(status, target.method)
    well = status in target.expect if target.expect else 200 <= status < 400
    if not well:
        expected = ", ".join(map(str, target.expect)) or "200 to 399"
        fault_of = THEIRS if status >= 500 else OURS
        return Meaning(DOWN, f"it answers {status} ({expected} is expected)", fault_of)
    if matches is None:
        return Meaning(DEGRADED, f"it answers {status}, and looking for {target.body} in it takes too long", OURS)
    if not matches:
        return Meaning(DOWN, f"it answers {status}, and what it says does not match {target.body}", OURS)
    return Meaning(UP, f"it answers {status}")


def of_stripe(status: int, body: str, key_given: bool) -> Meaning:
    """401 without a key is the answer of a healthy Stripe; with a key it means that the key is refused."""
    error = _json(body).get("error") or {}
    message = redacted(str(error.get("message") or ""))[:160] if isinstance(error, Mapping) else ""
    if status in (401, 403) and not key_given:
        return Meaning(UP, "Stripe answers; whether our key is valid was not asked")
    if status == 403:
        return Meaning(
            DEGRADED, f"Stripe knows our key, which may not ask this (403): it lacks a permission. {message}", KEY
        )
    if status == 401:
        return Meaning(
            DOWN, f"Stripe answers and refuses our key (401): revoked, expired or of another account. {message}", KEY
        )
    if status == 429:
        return Meaning(DEGRADED, "Stripe limits our requests (429)", OURS)
    if status >= 500:
        return Meaning(DOWN, f"Stripe itself fails ({status}). {message}", THEIRS)
    if 200 <= status < 300:
        return Meaning(UP, "Stripe answers and takes our key" if key_given else "Stripe answers")
    if status in _STRIPE_REQUEST:
        return Meaning(UP, f"Stripe answers ({status} to the probe's own request)")
    return Meaning(DEGRADED, f"Stripe answers {status}, which it does not document", THEIRS)


def of_maps(status: int, body: str, key_given: bool) -> Meaning:
    """Google reports its errors in the body, the older services mostly with status 200."""
    word, message = _google_error(body)
    if word in ("OK", "ZERO_RESULTS") or (not word and 200 <= status < 300):
        return Meaning(UP, "Maps answers and takes our key" if key_given else "Maps answers")
    if word == "REQUEST_DENIED" and not key_given:
        return Meaning(UP, "Maps answers; whether our key is valid was not asked")
    if word == "REQUEST_DENIED":
        return Meaning(DOWN, f"Maps answers and refuses our key. {message}", KEY)
    if word in ("OVER_QUERY_LIMIT", "OVER_DAILY_LIMIT") or status == 429:
        return Meaning(DOWN, f"our quota of Maps is used up, or billing is off ({word or status}). {message}", OURS)
    if word == "INVALID_REQUEST":
        return Meaning(UP, "Maps answers (the probe's own request was incomplete)")
    if word == "UNKNOWN_ERROR" or status >= 500:
        return Meaning(DOWN, f"Maps itself fails ({word or status})", THEIRS)
    return Meaning(DEGRADED, f"Maps answers {status} {redacted(word)[:40]}, which it does not document", THEIRS)


def _google_error(body: str) -> tuple[str, str]:
    """The word of an answer, as the Geocoding API has it, and the sentence beside; empty where there is none."""
    answer = _json(body)
    error = answer.get("error")
    if not isinstance(error, Mapping):
        return str(answer.get("status") or ""), redacted(str(answer.get("error_message") or ""))[:160]
    word, message = str(error.get("status") or ""), str(error.get("message") or "")
    if word == "INVALID_ARGUMENT" and message.startswith("API key"):  # a wrong key is reported as a wrong argument
        word = "PERMISSION_DENIED"
    return _GOOGLE.get(word, word), redacted(message)[:160]


def of_webhook(status: int, method: str = "POST") -> Meaning:
    """A webhook that works refuses what is no POST, and an event without a signature.

    Asked by GET it is shown that the address leads to it, and nothing is left in its log; by POST also that it looks at
    signatures.
    """
    if method != "POST" and status in (400, 401, 403, 405):
        return Meaning(UP, f"it is there, and takes events alone ({status})")
    if method != "POST" and 200 <= status < 300:
        return Meaning(UP, f"something answers there ({status}); whether it takes events was not asked")
    if status in (400, 401, 403):
        return Meaning(UP, f"it refuses an event that is not signed ({status}), as it should")
    if 200 <= status < 300:
        return Meaning(DEGRADED, f"it accepts an unsigned event ({status}): any sender could confirm payments", OURS)
    if status == 404:
        return Meaning(
            DOWN, "there is no such address (404): the route is missing or the proxy does not pass it on", OURS
        )
    if status == 405:
        return Meaning(DOWN, "it takes no POST (405): the route or the proxy is wrong", OURS)
    if status in (301, 302, 307, 308):
        return Meaning(DOWN, f"it redirects ({status}), which a sender of webhooks does not follow", OURS)
    if status in (502, 503, 504):
        return Meaning(DOWN, f"the proxy reaches no backend ({status})", OURS)
    return Meaning(DOWN, f"it fails ({status})", OURS)


def slower(meaning: Meaning, seconds: float, limit: float, fault_of: str) -> Meaning:
    """The same, degraded where the answer took longer than it may."""
    if meaning.state == UP and seconds > limit:
        return Meaning(DEGRADED, f"{LATE} {seconds:.1f} s, more than {limit:g} s", fault_of)
    return meaning


def _json(body: str) -> Mapping[str, Any]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, Mapping) else {}
