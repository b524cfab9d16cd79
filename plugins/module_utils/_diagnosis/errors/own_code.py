# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Errors of our own code in a log, and whether the release is rolled back for them. Pure.

Without an approval it is rolled back only for what is provably a mistake of the code, came with the release, and makes
more requests fail. An exception that is merely of no known other party may be the fault of a database, of a network or
of a provider, whose clients have as many names for it as there are languages.
"""

from __future__ import annotations

import re
from typing import Mapping, Sequence

from ..._compose.project_report import ServiceReport
from ..._core.text import shortened
from ..._logs.records import LogReport, SignatureReport
from ..cause import Cause
from ..failing_share import TIMES, Shares, failing_shares
from ..owner import service_of
from .provider_errors import CARD, OWN, provider_error
from .whose_error import (
    chain,
    is_fault_of_others,
    is_mistake,
    is_of_a_language,
    is_wrong_statement,
    speaks_of_others,
)

CODE, ROLL_BACK = "own_code", "roll_back_release"
SEVERAL = 3  # of one kind; fewer are stray
WIDE = 160
_LEAST_BEFORE = 5  # failing requests that must be missing before the release; fewer may be missing by chance
_OF_PAIRS = 2  # times as many mistakes of the code as other new errors at least are no consequences of these
_LINES = 3  # a failing request may stand in the access log of the application and in that of the proxy
# What frameworks log of a request that an exception ended: Django, Flask, gunicorn and aiohttp, ASGI, Tomcat, Rails,
# ASP.NET Core and Serilog, Go, Phoenix, NestJS, pino-http.
_ENDED_A_REQUEST = re.compile(
    r"\bInternal Server Error: /|\bException on \S+ \[[A-Z]+\]|\bError handling request\b|\bException in ASGI "
    r"|\bServlet\.service\(\) for servlet\b|\bCompleted 500\b"
    r"|\bunhandled exception (?:has occurred while executing the req|was thrown by the application)"
    r"|\bHTTP [A-Z]+ /\S* responded 5\d\d\b"
    r"|\bhttp: panic serving\b|\bterminated\nServer: [^\n]+\nRequest: [A-Z]+ /|\[ExceptionsHandler\]"
    r"|\"res\": ?\{\"statusCode\": ?5\d\d\b"
)
# Of those, and of what they answered: words that are no class of an exception.
_NO_CLASS = re.compile(
    r"\bInternal Server Error\b|\bException (?:on \S+ \[[A-Z]+\]|in ASGI)|\bError handling request\b"
    r"|\bunhandled exception\b"
)
# A panic of Go or Rust has no class.
_EXCEPTION = re.compile(r"\b[A-Za-z_]*(?:Error|Exception)\b|\bpanic(?: serving \S{1,80})?: |\bpanicked at ")
_OUTDATED = re.compile(r"\b\w*DeprecationWarning\b|\bdeprecated\b")
_ACCESS = re.compile(r"^[#\d.:a-f]+ - ")  # a line of an access log repeats the same request


def code_causes(
    log: LogReport, services: Mapping[str, ServiceReport], payers: Sequence[str], fresh: float, outage: str = ""
) -> list[Cause]:
    """Errors of our own code. The release is rolled back for them where they came with it, and requests fail since more
    often than before; where either is unknown, or they are not shown to be mistakes of the code, only with an
    approval.

    ``outage``: what was measured to fail beside the code, in a clause; its errors may be in no record that was read.
    """
    signatures = [signature for signature in log["signatures"] if _is_own(signature)]
    if not signatures:
        return []
    signatures.sort(key=lambda signature: not _is_mistake(signature))
    # The release did not cause an error that was there before; such an error hides none that came with it.
    came = [signature for signature in signatures if signature["new"]]
    unknown = [signature for signature in signatures if signature["new"] is None]
    shares = failing_shares(log["requests"])
    rising = [] if came or unknown else [signature for signature in signatures if _rises(signature, shares)]
    shown = came or unknown or rising or signatures
    number = max(signature["count"] for signature in shown)
    texts = [f"{number} errors of our own code: {shortened(last_line(shown[0]['text']), WIDE)}"]
    age = _release_age(services, payers)
    if age is None or age >= fresh or not (came or unknown or rising):
        return [Cause(CODE, 1.0, tuple(texts))]
    texts.append(f"the release came within the last {age / 60:.0f} min")
    if shares.worse is False:
        return [Cause(CODE, 1.0, (*texts, f"{shares.words}: no more often than before"))]
    beside = [signature for signature in log["signatures"] if _is_of_payers(signature, services, payers)]
    doubt = _doubt(shown, beside) or (f"the errors may come of an outage: {outage}" if outage else "")
    if rising:
        since = rising[0]["count_since"]
        old = f"errors of this kind were in the log before it, too: {rising[0]['count'] - since}, and {since} since"
        doubt = f"{old}; {doubt}" if doubt else old
    elif not doubt and not came and not _by_requests(shown, shares):
        doubt = "whether the errors came with the release is unknown"
    if shares.worse:
        words = f"{shares.words}; {doubt}" if doubt else shares.words
        return [Cause(CODE, 2.4, (*texts, words), ROLL_BACK, {"approval": "always"} if doubt else {})]
    if came and number >= SEVERAL:
        why = f"{shares.words}: whether more requests fail since the release is unknown"
        return [Cause(CODE, 2.4, (*texts, why), ROLL_BACK, {"approval": "always"})]
    texts.append("whether the errors came with the release, and how many requests fail, is unknown")
    return [Cause(CODE, 1.0, tuple(texts))]


def _rises(signature: SignatureReport, shares: Shares) -> bool:
    """Whether errors that were there before the release are so much more frequent since, for the requests there were,
    that they are a third of what fails: the words of a language are the same for each mistake of a kind."""
    since = signature["count_since"]
    before = signature["count"] - since
    return (
        bool(shares.worse)
        and _is_mistake(signature)
        and since >= SEVERAL
        and _LINES * since >= shares.failed
        and since * shares.asked_before >= TIMES * before * shares.asked
    )


def _by_requests(shown: Sequence[SignatureReport], shares: Shares) -> bool:
    """Whether the access log shows that errors came with the release, of which the log before it is not left.

    A container that is created again has no log from before. But where its errors ended requests, as their record says,
    and are at least a third of what fails since, then fewer requests failed before than these errors alone would have.
    """
    number = max(
        (
            signature["count"]
            for signature in shown
            if _is_mistake(signature) and _ENDED_A_REQUEST.search(signature["example"])
        ),
        default=0,
    )
    number = min(number, shares.failed)
    return (
        bool(shares.worse)
        and _LINES * number >= shares.failed
        and number * shares.asked_before >= _LEAST_BEFORE * shares.asked
        and number * shares.asked_before > shares.failed_before * shares.asked
    )


def _is_of_payers(signature: SignatureReport, services: Mapping[str, ServiceReport], payers: Sequence[str]) -> bool:
    """None of a proxy: that it reached no backend is a consequence of the release, which restarted it."""
    owners = [service_of(source, services) for source in signature["sources"]]
    return not owners or any(not owner or owner in payers for owner in owners)


def _doubt(shown: Sequence[SignatureReport], beside: Sequence[SignatureReport]) -> str:
    """Why the code may not be what makes requests fail; empty where most new errors are its mistakes.

    An outage of the database gives each request its error, and one behind it that looks like a mistake. Of such pairs
    some halves are not read, or are of several kinds: half as many other errors as of the commonest mistake are doubt.
    """
    mistakes = max((signature["count"] for signature in shown if _is_mistake(signature)), default=0)
    if not mistakes and any(is_wrong_statement(signature["text"], signature["example"]) for signature in shown[:1]):
        return "the database does not know what its statements name: a migration may be missing, or of another release"
    if not mistakes:
        return "whether the code raised it, or another party that it asked, is not known"
    others = sum(
        signature["count"]
        for signature in beside
        if signature["new"] is not False and _is_exception(signature) and not _is_mistake(signature)
    )
    if _OF_PAIRS * others >= mistakes:
        return f"{others} new errors beside it are not shown to be mistakes of the code"
    return ""


def _is_exception(signature: SignatureReport) -> bool:
    """Also a fault of another party that a pool or a retry logs as a warning, or without a class.

    A declined card is an answer to a customer, and what a framework says of a request is no further error.
    """
    text, example, level = signature["text"], signature["example"], signature["level"]
    if level not in ("warning", "error", "critical") or _ACCESS.search(text) or _OUTDATED.search(text):
        return False
    kind = provider_error(text, example)
    named = level != "warning" and (kind or _EXCEPTION.search(_NO_CLASS.sub("", text)))
    return kind != CARD and bool(named or is_fault_of_others(text, example))


def _is_mistake(signature: SignatureReport) -> bool:
    """One that is shown to be a mistake of the code: no part of its record is of another party, or of the provider."""
    text, example = signature["text"], signature["example"]
    return (
        is_mistake(text, example)
        and not provider_error(text, example)
        and not any(provider_error(part) for part in chain(text, example))
    )


def _is_own(signature: SignatureReport) -> bool:
    """An exception of the code itself, or of a request that it sent wrongly; none of a provider or a database."""
    text, example = signature["text"], signature["example"]
    if signature["level"] not in ("error", "critical") or _ACCESS.search(text):
        return False
    if _is_mistake(signature):
        return True
    wrong = is_wrong_statement(text, example)
    if not (wrong or _EXCEPTION.search(text)):
        return False
    kind = provider_error(text, example)
    if kind:
        return kind in OWN
    return wrong or not speaks_of_others(text, example) or is_of_a_language(text, example)


def _release_age(services: Mapping[str, ServiceReport], payers: Sequence[str]) -> float | None:
    """Seconds since the payers' newest release; None where that is not known.

    A release is a new container of an image that was built, or tagged on this host, recently: scaling and restarting
    create containers too, but of the same image.
    """
    ages = [
        max(container["age"], min(known))
        for name in payers
        for container in (services[name]["containers"] if name in services else ())
        for known in [[age for age in (container["image_age"], container["image_tagged"]) if age is not None]]
        if known and container["age"] is not None
    ]
    return min(ages, default=None)


def last_line(text: str) -> str:
    """The exception of a traceback, which is its last line."""
    lines = [line for line in text.splitlines() if line.strip()]
    return f"{lines[0]} ... {lines[-1]}" if len(lines) > 1 else text
