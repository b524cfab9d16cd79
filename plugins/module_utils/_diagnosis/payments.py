# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Why payments fail: the provider's fault, the key, the webhook, the network between, or our own code. Pure.

What the provider answers to a probe with our own key comes first, since it is measured; the log is read for what a
probe cannot see: signatures that do not match, and exceptions of our own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Sequence

from .._compose.project import ContainerReport
from .._core.text import shortened
from .._endpoints.endpoint import DEGRADED, DOWN, FLAPPING, KEY, LATE, NETWORK, THEIRS, UNKNOWN
from .._logs.records import LogReport
from .cause import Cause, Diagnosis, Rules, diagnosis, joined
from .network import Row, Services, causes_of

STRIPE_DOWN, STRIPE_SLOW, KEY_REFUSED, LIMITED, UNTRUSTED, WEBHOOK, WEBHOOK_DOWN, CODE, SERVICE = (
    "stripe_down", "stripe_slow", "key_refused", "rate_limited", "stripe_untrusted", "webhook_misconfigured",
    "webhook_down", "own_code", "service_sick",
)  # fmt: skip
ROLL_BACK, RESTART = "roll_back_release", "restart_services"
PROVIDER = "stripe"
_SIGNATURE = re.compile(r"(?i)webhook.{0,80}signature|signature.{0,80}webhook|SignatureVerificationError")
_ACCEPTED = re.compile(r"(?i)\"POST [^\"]{0,200}webhook[^\"]{0,200}\" 2\d\d\b")
# Answers to an event without a signature that say how the way to it is laid: not there, not for POST, elsewhere, open.
_MISLAID = (404, 405, 301, 302, 307, 308)
# Errors that speak of somebody else: the provider's library, the database, the broker, a timeout on the wire.
_OTHERS = re.compile(
    r"(?i)stripe\w*error|stripe_(?:error|timeout|unreachable|key|rate)|psycopg|sqlalchemy|OperationalError|redis|kombu"
    r"|amqp|ConnectionError|ReadTimeout"
)
# What Python itself raises for a mistake in the code, whatever it speaks of.
_MISTAKE = re.compile(
    r"(?:Type|Key|Attribute|Name|UnboundLocal|Import|ModuleNotFound|Index|Value|ZeroDivision|Assertion|Syntax|Recursion"
    r"|NotImplemented)Error\b"
)
_EXCEPTION = re.compile(r"\b[A-Za-z_.]*(?:Error|Exception)\b")
_ACCESS = re.compile(r"^[#\d.:a-f]+ - ")  # a line of an access log tells of the same request once more
_WIDE = 160


@dataclass(frozen=True)
class Known:
    """What is known of payments that a person must process.

    ``failed``: how many are listed. ``open``: how many of them the database told of. ``asked``: whether anybody was
    asked at all. ``why_unread``: why the database could not tell. ``nameless``: rows without a reference. ``cut``:
    which of the two sources, log and database, had more than was read.
    """

    failed: int
    open: int = 0
    asked: bool = True
    why_unread: str = ""
    nameless: int = 0
    cut: Sequence[str] = ()

    def line(self) -> str:
        if self.failed:
            return f"{self.failed} payments wait for a person"
        if not self.asked or self.why_unread:
            return "whether payments wait for a person is not known"
        return "no payment waits for a person"

    def gaps(self) -> list[str]:
        """What may be missing in the list, a sentence each."""
        said = []
        if not self.asked:
            said.append("set payment_outage_query or payment_outage_sign, and the payments to process are listed")
        if self.why_unread:
            said.append(f"the database could not be asked for open payments: {self.why_unread}")
        if self.nameless:
            said.append(f"{self.nameless} rows have no reference: give payment_outage_query a column of that name")
        if self.cut:
            said.append(f"the list may lack some: the {' and the '.join(self.cut)} had more than was read")
        return said


def diagnose_payments(
    matrix: Sequence[Row],
    services: Services,
    log: LogReport,
    known: Known,
    payers: Sequence[str],
    fresh: float,
) -> Diagnosis:
    """``known``: payments that a person must process. ``payers``: services that take payments.

    ``fresh``: seconds for which a release counts as new, so that what broke may be its doing.
    """
    own = [row for row in matrix if row["judge"] in (PROVIDER, "webhook")]
    causes = [*_provider(own, log), *_webhook(own, log, known.open), *_unhealthy(services, payers)]
    between = causes_of([row for row in matrix if row not in own or row["layer"] in ("dns", "tcp")], services)
    causes = joined(sorted([*causes, *between], key=lambda each: -each.weight))
    if len(causes) > 1:  # a proxy that reaches no backend is told by what is the matter with that
        causes = [one for one in causes if one.name != WEBHOOK_DOWN]
    if not any(one.name in (STRIPE_DOWN, STRIPE_SLOW, KEY_REFUSED) for one in causes):
        causes += _code(log, services, payers, fresh)
    causes.sort(key=lambda one: -one.weight)
    return diagnosis(causes, [known.line()], [*_advice(causes), *known.gaps()])


def _provider(rows: Sequence[Row], log: LogReport) -> list[Cause]:
    asked = [row for row in rows if row["judge"] == PROVIDER and row["state"] != UNKNOWN]
    bad = [row for row in asked if row["state"] in (DOWN, FLAPPING, DEGRADED) and row["layer"] not in ("dns", "tcp")]
    if not bad:
        return []
    row = bad[0]
    texts = (f"{row['target']} from {row['source']}: {row['why']}", *_log_lines(log, "stripe"))
    if row["layer"] == "tls" or row["fault_of"] == NETWORK:
        return [Cause(UNTRUSTED, 3.0, texts)]
    if row["fault_of"] == KEY and row["state"] == DEGRADED:
        return []  # a permission that our probe lacks is no outage
    if row["fault_of"] == KEY:
        return [Cause(KEY_REFUSED, 3.0, texts)]
    if row["fault_of"] == THEIRS:
        return [Cause(STRIPE_SLOW if row["state"] == DEGRADED else STRIPE_DOWN, 3.0, texts)]
    return [Cause(LIMITED, 2.0, texts)] if _status(row) == 429 else []


def _status(row: Row) -> int:
    """Of the HTTP answer; 0 where there was none."""
    answer = row["layers"].get("protocol")
    return answer.get("status", 0) if answer else 0


def _webhook(rows: Sequence[Row], log: LogReport, waiting: int) -> list[Cause]:
    """Set up wrongly, or merely not there: who is down is told by others, and goes before.

    ``waiting``: payments that the database knows to be charged and unconfirmed, which no stranger can feign.
    """
    asked = [row for row in rows if row["judge"] == "webhook"]
    bad = [row for row in asked if row["state"] in (DOWN, FLAPPING) and row["layer"] in ("tls", "protocol")]
    laid = [row for row in bad if row["layer"] == "tls" or _status(row) in _MISLAID]
    laid += [
        row
        for row in asked
        if row["state"] == DEGRADED and 200 <= _status(row) < 300 and not row["why"].startswith(LATE)
    ]
    found = [Cause(WEBHOOK, 2.5, (_of(row),)) for row in laid[:1]]
    found += [Cause(WEBHOOK_DOWN, 0.9, (_of(row),)) for row in bad[:1] if not laid]
    refused = [one for one in log["signatures"] if _SIGNATURE.search(one["text"])]
    if refused:
        first = min(one["first_seen"] or 0.0 for one in refused)
        taken = sum((one["at"] or 0.0) > first and bool(_ACCEPTED.search(one["text"])) for one in log["entries"])
        number = sum(one["count"] for one in refused)
        text = f"{number} events were refused since their signature does not match"
        text += f", and {taken} were taken meanwhile" if taken else ""
        # Anybody may send an event that is signed wrongly: it weighs where payments wait and none comes through.
        heavy = waiting > 0 and taken < number
        found.append(Cause(WEBHOOK, 2.5 if heavy else 1.1, (f"{text}: {shortened(refused[0]['text'], _WIDE)}",)))
    return found


def _of(row: Row) -> str:
    return f"{row['target']} from {row['source']}: {row['why']}"


def _unhealthy(services: Services, payers: Sequence[str]) -> list[Cause]:
    found = []
    for name in payers:
        unhealthy = [one for one in _containers(services, name) if one["problem"]]
        if unhealthy or (name in services and not services[name]["running"]):
            text = f"{unhealthy[0]['name']} {unhealthy[0]['problem']}" if unhealthy else f"no container of {name} runs"
            meant = [one["name"] for one in unhealthy or services[name]["containers"]]
            rules: Rules = {"services": [name], "containers": meant, "which": "all"} if meant else {}
            found.append(Cause(SERVICE, 2.7, (text,), RESTART if meant else "", rules))
    return found


def _containers(services: Services, name: str) -> Sequence[ContainerReport]:
    return services[name]["containers"] if name in services else ()


def _code(log: LogReport, services: Services, payers: Sequence[str], fresh: float) -> list[Cause]:
    """Errors of ours, with a traceback, that speak of nobody else."""
    mine = [
        one
        for one in log["signatures"]
        if one["level"] in ("error", "critical")
        and _EXCEPTION.search(one["text"])
        and (
            _MISTAKE.match(one["text"])
            or not any(known.search(one["text"]) for known in (_OTHERS, _SIGNATURE, _ACCESS))
        )
    ]
    mine.sort(key=lambda one: not re.match(r"\w+(?:Error|Exception)\b", one["text"]))
    if not mine:
        return []
    # An error that was there before is no doing of the release, and hides none that came with it.
    came = [one for one in mine if one["new"] is not False]
    mine = came or mine
    number = max(one["count"] for one in mine)
    texts = [f"{number} errors of our own code: {shortened(_last_line(mine[0]['text']), _WIDE)}"]
    age = _release_age(services, payers)
    if age is not None and age < fresh and came:
        texts.append(f"the release runs since {age / 60:.0f} min")
        return [Cause(CODE, 2.4, tuple(texts), ROLL_BACK)]
    return [Cause(CODE, 1.0, tuple(texts))]


def _release_age(services: Services, payers: Sequence[str]) -> float | None:
    """Seconds since the payers' newest release came; None where that is not known.

    A release is a container made anew of an image that was made, or named on this host, lately: a container alone is
    made anew also by whoever scales or restarts.
    """
    ages = [
        max(one["age"], min(known))
        for name in payers
        for one in _containers(services, name)
        for known in [[age for age in (one["image_age"], one["image_tagged"]) if age is not None]]
        if known and one["age"] is not None
    ]
    return min(ages, default=None)


def _last_line(text: str) -> str:
    """Of a traceback the exception, which is its last line."""
    lines = [line for line in text.splitlines() if line.strip()]
    return f"{lines[0]} ... {lines[-1]}" if len(lines) > 1 else text


def _log_lines(log: LogReport, word: str) -> list[str]:
    """What our own log says of it."""
    mine = [one for one in log["signatures"] if word in one["text"].lower()]
    return [f"{one['count']}x in our log: {shortened(_last_line(one['text']), _WIDE)}" for one in mine[:2]]


_WHO = {
    KEY_REFUSED: "whoever administers the Stripe account can say why the key is refused and make a new one; put it into"
    " the environment of the services and have them made anew (docker compose up -d)",
    STRIPE_DOWN: "nobody here can mend Stripe: see status.stripe.com, tell the users, and process the list when it is"
    " back",
    STRIPE_SLOW: "nobody here can make Stripe faster: see status.stripe.com; a restart would only lose what is under"
    " way",
    LIMITED: "we ask Stripe too often: find out who does (retries, a job that loops) before asking Stripe for more",
    UNTRUSTED: "the connection to Stripe is not trusted from here: compare this host's clock and certificate store (or"
    " the image's) and look for a proxy in between; never switch the verification off",
    WEBHOOK_DOWN: "the way to the webhook is broken, and nothing of ours is seen to be sick: ask network_connectivity,"
    " and the proxy's log",
    WEBHOOK: "compare the endpoint's signing secret and address in Stripe's dashboard with STRIPE_WEBHOOK_SECRET and"
    " the route of this platform; whoever administers the account can send the failed events again",
    CODE: "errors of our own code are for its authors: the log has the traceback",
}


def _advice(causes: Sequence[Cause]) -> list[str]:
    return list(dict.fromkeys(_WHO[one.name] for one in causes if one.name in _WHO))
