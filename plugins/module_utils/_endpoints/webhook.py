# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the answer of a webhook's address means: it is up where the view itself answered. Pure.

Asked by GET the view is shown by its refusal of the method (405) and leaves no event in its log; asked by POST also by
its refusal of an event without a signature. What another part answers proves nothing of the view, and is named.
"""

from __future__ import annotations

import re

from .._core.redaction import redacted
from .answerer import Answerer, HttpAnswer, answerer_of
from .endpoint import DEGRADED, DOWN, NETWORK, OURS, UNKNOWN, UP, Meaning
from .marks.mark import GATEWAY, PAGE, PASSWORD, PORTAL, PROXY, PROXY_PASSWORD, REDIRECT

_REFUSED = (400, 401, 403)
_REFUSED_TOO = (406, 411, 413, 415, 422)  # the request for its form, by the view or by what stands before it
# What a view says that refuses an event: of its signature, its body, its time.
_OF_AN_EVENT = re.compile(
    r"(?i)signature|\bsign(?:ed|ing)?\b(?![ -]?(?:in|on|up|out)\b)|unsigned|hmac|webhook|\bevent|payload|timestamp"
    r"|tolerance|\bbody\b|\bjson\b"
)
# What anything adds to its refusals: when, the path that was asked for, the number of the event in its own log.
_OF_ANY = re.compile(
    r"\"(?:timestamp|path|instance|url|uri|trace_?id|request_?id)\"\s*:\s*(?:\"[^\"]*\"|[\d.]+)|(?<![\w<])/[\w./%-]+"
    r"|(?i:\bevent[ _-]?(?:id|no|number|reference)\b)"
)
# What a filter says of itself, in whose words the signature may be that of an attack, and the payload what it looks at.
_OF_A_FILTER = re.compile(r"(?i)\bblock(?:ed|s|ing)?\b|\bwaf\b|firewall|\battack")
_WORDS = "its words"  # by which alone some of those who answer before a view are recognised
_READS = ("GET", "HEAD", "OPTIONS")
# What a router writes that knows a path by its methods, and has none for this one: Express, Nest, Fastify, AdonisJS,
# Rails, Phoenix, Sinatra, Gin, Koa, hapi, Play, Javalin, Pyramid and Hono answer 404 where others answer 405.
_NOT_BY_THIS = re.compile(
    r"(?i)\bcannot (?:get|head|options)\b[ :]|\b(?:get|head|options)(?: |:)/|predicate mismatch for view"
    r"|no route (?:matches|found for) \[?(?:get|head|options)\b|the page you were looking for doesn.{1,6}t exist"
    r"|sinatra doesn.{1,6}t know this|\A404 page not found\Z|\A(?:404 )?not found\s*\Z"
    r"|\A\{\"statusCode\":404,\"error\":\"Not Found\",\"message\":\"Not Found\"\}\s*\Z"
)


def of_webhook(answer: HttpAnswer, method: str) -> Meaning:
    """``method``: by which it was asked."""
    answer = answer._replace(method=method)
    who = answerer_of(answer)
    if who is not None and who.kind in (PROXY, PROXY_PASSWORD, PORTAL):
        why = f"{who.words}, {answer.status}: whether the view is reached by others was not asked"
        return Meaning(UNKNOWN, why, NETWORK)
    if answer.status == 405:
        return _of_method(answer, method, who)
    if who is not None and who.kind == REDIRECT:
        return Meaning(DOWN, f"{who.words} ({answer.status}), which a sender of webhooks does not follow", OURS)
    if who is not None and who.kind in (PASSWORD, GATEWAY) and who.by.startswith(_WORDS) and _speaks_of_event(answer):
        return _unknown_refusal(answer)  # a view may say of an event that it is not authenticated
    if who is not None and who.kind != PAGE:
        return Meaning(DOWN, f"the view is not reached: {who.words}, {answer.status}", OURS)
    wordless = method == "HEAD" or bool(answer.unread)
    if answer.status == 404 and method in _READS and (wordless or _NOT_BY_THIS.search(answer.body)):
        return Meaning(
            UNKNOWN,
            f"its router has no {method} there (404); whether it has POST was not asked: set `method: POST`, or let the"
            " view answer 405",
        )
    if answer.status == 404:
        return Meaning(
            DOWN, "there is no such address (404): the route is missing or the proxy does not pass it on", OURS
        )
    if who is not None:
        return _of_page(answer.status, method)
    return _of_view(answer, method)


def _of_method(answer: HttpAnswer, method: str, who: Answerer | None) -> Meaning:
    """405: by GET what a view for events answers; of a framework's page the header Allow names the methods."""
    allowed = [name.strip().upper() for name in answer.headers.get("allow", "").split(",") if name.strip()]
    if who is not None and who.kind != PAGE:
        return Meaning(DOWN, f"the view is not reached: {who.words}, 405", OURS)
    if method not in _READS or (allowed and "POST" not in allowed):
        return Meaning(DOWN, "it takes no POST (405): the route or the proxy is wrong", OURS)
    if who is not None and not allowed:
        return Meaning(UNKNOWN, "a web page answers 405 and names no methods: whether it is the view's is not known")
    if not allowed and _OF_A_FILTER.search(answer.body):
        return _unknown_refusal(answer)
    if answer.unread and not allowed:
        return Meaning(UNKNOWN, f"something answers 405, and {answer.unread}: whether it is the view's is not known")
    return Meaning(UP, "the view is there, and takes events alone (405)")


def _of_page(status: int, method: str) -> Meaning:
    """A web page of which no part is recognised: a view for events writes none, a framework may do so for it."""
    if 200 <= status < 300 and method not in _READS:
        return Meaning(DOWN, f"the view is not reached: a web page answers {status}, as no view for events does", OURS)
    if status >= 500:
        return Meaning(DOWN, f"it fails ({status}), with a web page", OURS)
    return Meaning(UNKNOWN, f"a web page answers {status}: whether the view was reached is not known")


def _of_view(answer: HttpAnswer, method: str) -> Meaning:
    """No page, and no part on the way that is recognised: most likely the application's own answer."""
    status = answer.status
    if status in (*_REFUSED, *_REFUSED_TOO):
        return _of_refusal(answer, method)
    if 200 <= status < 300:
        if method in _READS:
            return Meaning(UNKNOWN, f"something answers {status}; whether it is the view for events was not asked")
        why = f"it answers {status} to an unsigned event: if the view took it, any sender could confirm payments"
        return Meaning(DEGRADED, why, OURS)
    if status == 429:
        return Meaning(DEGRADED, "it limits the requests (429): events are refused and sent again later", OURS)
    if status in (502, 503, 504):
        return Meaning(DOWN, f"the proxy reaches no backend, or the service refuses ({status})", OURS)
    return Meaning(DOWN, f"it fails ({status})", OURS)


def _of_refusal(answer: HttpAnswer, method: str) -> Meaning:
    """A refusal is the view's where its words are of an event, or where it is a bare 400, which no proxy gives.

    A login, a filter or a router refuses in words of its own: then whether the view was reached is not known.
    """
    if answer.unread:
        why = f"the request is refused ({answer.status}), and {answer.unread}"
        return Meaning(UNKNOWN, f"{why}: whether the view was reached is not known")
    bare = answer.status == 400 and not answer.body.strip("{}[]\"' \r\n")
    if not (bare or (_speaks_of_event(answer) and not _OF_A_FILTER.search(answer.body))):
        return _unknown_refusal(answer)
    if method in _READS or answer.status not in _REFUSED:
        return Meaning(UP, f"the view answers, and refuses what is no event ({answer.status})")
    return Meaning(UP, f"it refuses an event that is not signed ({answer.status}), as it should")


def _speaks_of_event(answer: HttpAnswer) -> bool:
    return bool(_OF_AN_EVENT.search(_OF_ANY.sub("", answer.body)))


def _unknown_refusal(answer: HttpAnswer) -> Meaning:
    said = f", and says: {redacted(answer.body)[:80]}" if answer.body.strip() else ""
    return Meaning(
        UNKNOWN, f"the request is refused ({answer.status}){said}: whether the view was reached is not known"
    )
