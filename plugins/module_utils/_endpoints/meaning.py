# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an endpoint's answer means. Pure.

Sources: RFC 9110 for HTTP. What vendors answer stands in the tables of `vendors`; who answered is `answerer`'s; what
databases answer is in `postgres_answers` and `redis_answers`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Mapping
from urllib.parse import urljoin, urlsplit

from .._core.redaction import redacted
from .addressing import of_header
from .answerer import Answerer, HttpAnswer, answerer_of, is_wordless, refresh_of
from .certificate import Certificate
from .chain import ended_ago, ends_in, names_missing
from .endpoint import (
    DEGRADED,
    DOWN,
    LATE,
    LATE_NAME,
    NETWORK,
    NOBODY,
    OURS,
    PROVIDERS,
    THEIRS,
    UNKNOWN,
    UP,
    LayerFacts,
    Meaning,
    Step,
    Target,
    redirected,
    url_of,
)
from .health_answer import ill, json_object
from .marks.mark import (
    CHALLENGE,
    DEFAULT_PAGE,
    LOGIN,
    MAINTENANCE,
    PORTAL,
    PROXY,
    PROXY_PASSWORD,
    REDIRECT,
    SINGLE_PAGE,
)
from .vendors import MAPS, STRIPE, Answer, by_rules, came_by_proxy, is_maps, is_own_error, is_stripe, names_proxy
from .webhook import of_webhook

_INSTEAD = (CHALLENGE, DEFAULT_PAGE, MAINTENANCE)  # of the site, also with a status that is expected
_REDIRECTS = (301, 302, 303, 307, 308)
_OWN_KINDS = ("postgres", "redis")
_GOOGLE = {  # the words of its newer services, by those of the Geocoding API
    "PERMISSION_DENIED": "REQUEST_DENIED",
    "UNAUTHENTICATED": "REQUEST_DENIED",
    "RESOURCE_EXHAUSTED": "OVER_QUERY_LIMIT",
    "INVALID_ARGUMENT": "INVALID_REQUEST",
    "UNAVAILABLE": "UNKNOWN_ERROR",
    "INTERNAL": "UNKNOWN_ERROR",
}


def of_failed(step: Step, target: Target, near: bool) -> Meaning:
    """A layer below the protocol failed. ``near``: the address is this host's, or of a private network."""
    if step.layer == "dns":
        return Meaning(DOWN, f"the name {target.host} could not be resolved: {step.said}", NETWORK)
    if step.layer == "tcp":
        fault_of = whose_fault(target, near) if "refused" in step.said else NETWORK
        return Meaning(DOWN, f"{target.host}:{target.port}: {step.said}", fault_of)
    if step.layer == "tls":
        # A clock, a store of roots and an inspecting proxy of ours spoil the handshake with a provider, too.
        fault_of = NOBODY if target.judge in PROVIDERS else whose_fault(target, near)
        return Meaning(DOWN, f"no trustworthy connection: {step.said}", fault_of)
    return Meaning(DOWN, step.said, whose_fault(target, near))


def whose_fault(target: Target, near: bool) -> str:
    """Whose matter it is when it fails, hangs or is slow; empty where its address does not show whose it is."""
    if target.judge in PROVIDERS:
        return THEIRS
    return OURS if near or target.kind in _OWN_KINDS or target.judge == "webhook" else NOBODY


def of_certificate(facts: LayerFacts, target: Target, near: bool) -> Meaning:
    """What is wrong with the chain, the end of its certificates first; up where nothing is, or no TLS is spoken."""
    days, fault_of = facts.get("days_left"), whose_fault(target, near)
    whose = (
        f"the certificate of {facts['ends_first']}, which its chain needs,"
        if facts.get("ends_first")
        else "its certificate"
    )
    if facts.get("expired"):
        return Meaning(DEGRADED, f"{whose} has ended {ended_ago(days or 0)}", fault_of)
    if days is not None and days < target.cert_days:
        return Meaning(DEGRADED, f"{whose} ends {ends_in(days)}", fault_of)
    own = Certificate("", "", b"", b"", 0.0, 0.0, tuple(facts.get("names", ())))
    missing = names_missing(own, target.cert_names) if facts else []
    if missing:
        return Meaning(DEGRADED, f"its certificate is not for {', '.join(missing)}", fault_of)
    problems = [text for text in facts.get("chain_problems", ()) if facts.get("trusted")]
    if problems and facts.get("chain"):
        return Meaning(DEGRADED, problems[0], fault_of)
    return Meaning(UP)


def of_http(target: Target, answer: HttpAnswer, key_given: bool, near: bool, matches: bool | None = True) -> Meaning:
    """By the judge that is asked for, else by the expected statuses and the body.

    ``matches``: whether what is looked for was found in the body; None where that took too long.
    """
    status, body = answer.status, answer.body
    asked_for = status in target.expect if target.expect and not target.judge else 200 <= status < 300
    if answer.unread and (target.judge or target.body) and asked_for and 200 <= status < 300:
        return Meaning(UNKNOWN, f"it answers {status}, and {answer.unread}: what it says is not known")
    if target.judge in PROVIDERS:
        who, itself = target.judge.capitalize(), _is_itself(target, answer)
        if itself is False:
            return Meaning(DOWN, f"what answers {status} is not {who}: a proxy or a portal on the way there", NETWORK)
        if itself is None:
            why = f"what answers {status} has no form that {who} documents: whether it is {who} is not known"
            return Meaning(UNKNOWN, why)
    if target.judge == "stripe":
        return of_stripe(status, body, key_given)
    if target.judge == "maps":
        return of_maps(status, body, key_given)
    if target.judge == "webhook":
        return of_webhook(answer, target.method)
    return _of_site(target, answer, near, matches)


def _is_itself(target: Target, answer: HttpAnswer) -> bool | None:
    """Whether the provider answers, and no other; None where that is not known. It redirects nowhere.

    Of its own failures (5xx) a provider's edge writes pages too: they are its, where no proxy names itself. An error in
    its own form is its, whatever it passed on the way; any other one that came by a proxy may be of either.
    """
    if answer.status in (407, 511) or 300 <= answer.status < 400:
        return False
    has_form = is_stripe if target.judge == "stripe" else is_maps
    if answer.status >= 400 and is_own_error(target.judge, answer.body):
        return True
    if answer.status >= 500:
        if names_proxy(answer.headers, answer.body):
            return False
        return None if came_by_proxy(answer.headers) else True
    if answer.status >= 400 and names_proxy(answer.headers):
        return False
    if target.method == "HEAD":
        return True
    if answer.status >= 400 and not answer.body.strip() and "request-id" not in answer.headers:
        return None  # anyone may refuse without a word; theirs has a body, of Stripe also the id of the request
    return has_form(answer.status, answer.body)


def _of_site(target: Target, answer: HttpAnswer, near: bool, matches: bool | None) -> Meaning:
    """By the expected statuses, the body, and what it says of itself.

    That 200 is expected says nothing of what comes with it. What is asked of the body does, and so does a status that
    is no success: who expects 401 or 503 expects what comes with that.
    """
    status, body = answer.status, answer.body
    fault_of = whose_fault(target, near)
    who_answers = answerer_of(answer)
    if who_answers and who_answers.kind in (PORTAL, PROXY, PROXY_PASSWORD):
        fault_of = NETWORK
    well = status in target.expect if target.expect else 200 <= status < 400
    if not well:
        expected = ", ".join(map(str, target.expect)) or "200 to 399"
        return Meaning(DOWN, f"it answers {status} ({expected} is expected){_by(who_answers)}", fault_of)
    if matches is None:
        return Meaning(DEGRADED, f"it answers {status}, and looking for {target.body} in it takes too long", OURS)
    if not matches and answer.missing:
        return incomplete(status, answer.missing, target, near)
    if not matches:
        return Meaning(
            DOWN,
            f"it answers {status}, and what it says does not match {target.body}{_by(who_answers)}",
            fault_of,
        )
    meant = bool(target.body) or (status in target.expect and not 200 <= status < 300)
    if who_answers and who_answers.kind in _INSTEAD and not meant:
        return Meaning(DOWN, f"it answers {status}{_by(who_answers)}", fault_of)
    astray = "" if meant else _astray(target, answer)
    if astray:
        return Meaning(DOWN, f"it answers {status}: {astray}", fault_of)
    sick = "" if meant else ill(body)
    if sick:
        return Meaning(DEGRADED, f"it answers {status}, and says of itself {sick}", fault_of)
    named = who_answers if who_answers and who_answers.kind in (REDIRECT, LOGIN, SINGLE_PAGE) else None
    return Meaning(
        UP, f"it answers {status}{_by(named)}", unasked=answer.unread or ("" if meant else _behind(target, answer))
    )


def _behind(target: Target, answer: HttpAnswer) -> str:
    """What stands behind an answer that is up, and was not asked, in a clause; empty where that is not so."""
    location = answer.headers.get("location", "").strip() if answer.status in _REDIRECTS else ""
    onward = redirected(target, location)[0] if location else None
    if onward is not None and onward.host != target.host:
        return f"{onward.host}, where it redirects to, was not asked"
    if 200 <= answer.status < 300 and is_wordless(answer):
        elsewhere = refresh_of(answer.body)
        if elsewhere:
            return f"its page shows nothing, and leads to {redacted(elsewhere)[:80]}, which was not asked"
        return "its page shows nothing without its scripts, and what these load was not asked"
    return ""


def _astray(target: Target, answer: HttpAnswer) -> str:
    """Why a redirect leads nowhere; empty where it may lead on. With a cookie the same address may answer otherwise."""
    if answer.status not in _REDIRECTS:
        return ""
    location = answer.headers.get("location", "").strip()
    if not location:
        return "it redirects without an address"
    if is_unreadable(target, location):
        return f"it redirects to what is no address ({redacted(location.partition('?')[0])[:80]})"
    onward, dummy = redirected(target, location)
    same = onward is not None and (onward.secure, onward.host, onward.port, onward.path) == (
        target.secure,
        target.host,
        target.port,
        target.path,
    )
    if same and target.method in ("GET", "HEAD") and "set-cookie" not in answer.headers:
        return "it redirects to its own address, in a circle"
    return ""


def is_unreadable(target: Target, location: str) -> bool:
    """Whether what it redirects to is no address, for any client; one that is not asked here may be one."""
    try:
        parts = urlsplit(urljoin(url_of(target), of_header(location)))
        dummy = parts.port
    except ValueError:
        return True
    return parts.scheme in ("http", "https") and not parts.hostname


def _by(who: Answerer | None) -> str:
    """Who answered, where it is not the site itself."""
    return f": {who.words}" if who and who.by != "text/html" else ""


def incomplete(status: int, missing: str, target: Target, near: bool) -> Meaning:
    """An answer that began well and did not come whole."""
    return Meaning(DEGRADED, f"it answers {status}, and its answer is not whole: {missing}", whose_fault(target, near))


def of_stripe(status: int, body: str, key_given: bool) -> Meaning:
    """By Stripe's table; its errors have a sentence in the body."""
    error = json_object(body).get("error") or {}
    message = redacted(str(error.get("message") or ""))[:160] if isinstance(error, Mapping) else ""
    return by_rules(STRIPE, Answer(status, "", message, key_given))


def of_maps(status: int, body: str, key_given: bool) -> Meaning:
    """By the table of Maps, whose errors have a word in the body."""
    word, message = _google_error(body)
    return by_rules(MAPS, Answer(status, redacted(word)[:40], message, key_given))


def _google_error(body: str) -> tuple[str, str]:
    """The word of an answer, as the Geocoding API has it, and the sentence beside; empty where there is none."""
    answer = json_object(body)
    error = answer.get("error")
    if not isinstance(error, Mapping):
        return str(answer.get("status") or ""), redacted(str(answer.get("error_message") or ""))[:160]
    word, message = str(error.get("status") or ""), str(error.get("message") or "")
    if word == "INVALID_ARGUMENT" and message.startswith("API key"):  # a wrong key is reported as a wrong argument
        word = "PERMISSION_DENIED"
    return _GOOGLE.get(word, word), redacted(message)[:160]


def behind_silent_servers(meaning: Meaning, failed: str) -> Meaning:
    """The same of what works, and whose name a name server gave no answer to, so that programs wait for that.

    An answer that came late is so beside it: that is measured without the name.
    """
    said = f"{LATE_NAME}: {failed}; programs wait for that at each name"
    if meaning.state == UP:
        return Meaning(DEGRADED, said, NETWORK)
    return replace(meaning, why=f"{meaning.why}; {said}") if meaning.why.startswith(LATE) else meaning


def slower(meaning: Meaning, seconds: float, limit: float, fault_of: str) -> Meaning:
    """The same, degraded where the answer took longer than it may."""
    if meaning.state == UP and seconds > limit:
        return Meaning(DEGRADED, f"{LATE} {seconds:.1f} s, more than {limit:g} s", fault_of)
    return meaning
