# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an endpoint's answer means. Pure.

Sources: PostgreSQL's "Message Formats" and "Error Codes"; Redis' "RESP protocol" and errors; RFC 9110 for HTTP. What
vendors answer stands in the tables of `vendors`.
"""

from __future__ import annotations

import json
from typing import Any, Mapping

from .._core.redaction import redacted
from .endpoint import DEGRADED, DOWN, LATE, NETWORK, OURS, THEIRS, UP, LayerFacts, Meaning, Step, Target
from .vendors import MAPS, STRIPE, WEBHOOK, Answer, by_rules

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
    """By Stripe's table; its errors have a sentence in the body."""
    error = _json(body).get("error") or {}
    message = redacted(str(error.get("message") or ""))[:160] if isinstance(error, Mapping) else ""
    return by_rules(STRIPE, Answer(status, "", message, key_given))


def of_maps(status: int, body: str, key_given: bool) -> Meaning:
    """By the table of Maps, whose errors have a word in the body."""
    word, message = _google_error(body)
    return by_rules(MAPS, Answer(status, redacted(word)[:40], message, key_given))


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
    """By the table of webhooks."""
    return by_rules(WEBHOOK, Answer(status, post=method == "POST"))


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
