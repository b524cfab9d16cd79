# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Why payments fail: the provider's fault, the key, the webhook, the network between, or our own code. Pure.

What the provider answers to a probe with our own key comes first, since it is measured; the log is read for what a
probe cannot see: signatures that do not match, and exceptions of our own.
"""

from __future__ import annotations

import re
from typing import Any, Mapping, Sequence

from .endpoints import DEGRADED, DOWN, FLAPPING, KEY, THEIRS, UNKNOWN
from .network_causes import causes_of
from .statements import shortened
from .verdicts import Cause, Diagnosis, diagnosis

STRIPE_DOWN, STRIPE_SLOW, KEY_REFUSED, LIMITED, WEBHOOK, CODE, SERVICE = (
    "stripe_down", "stripe_slow", "key_refused", "rate_limited", "webhook_misconfigured", "own_code", "service_sick",
)  # fmt: skip
ROLL_BACK, RESTART = "roll_back_release", "restart_services"
PROVIDER = "stripe"
_SIGNATURE = re.compile(r"(?i)webhook.{0,80}signature|signature.{0,80}webhook|SignatureVerificationError")
# Errors that speak of somebody else: the provider's library, the database, the broker, a timeout on the wire.
_OTHERS = re.compile(
    r"(?i)stripe\w*error|stripe_[a-z]+|psycopg|sqlalchemy|OperationalError|redis|kombu|amqp|ConnectionError|ReadTimeout"
)
_EXCEPTION = re.compile(r"\b[A-Za-z_.]*(?:Error|Exception)\b")
_ACCESS = re.compile(r"^[#\d.:a-f]+ - ")  # a line of an access log tells of the same request once more
_WIDE = 160


def unpaid(
    reached: Mapping[str, Any],
    services: Mapping[str, Any],
    log: Mapping[str, Any],
    failed: int,
    why_unknown: str,
    payers: Sequence[str],
    fresh: float,
) -> Diagnosis:
    """``failed``: payments that a person must process; ``why_unknown``: why the database could not tell of any.

    ``payers``: services that take payments.

    ``fresh``: seconds for which a release counts as new, so that what broke may be its doing.
    """
    matrix = reached["matrix"]
    own = [row for row in matrix if row.get("judge") in (PROVIDER, "webhook")]
    causes = [*_provider(own, log), *_webhook(own, log), *_sick(services, payers)]
    between = causes_of([row for row in matrix if row not in own or row["layer"] in ("dns", "tcp")], services)
    causes += [one for one in between if one.relief or not causes]
    if not any(one.name in (STRIPE_DOWN, STRIPE_SLOW, KEY_REFUSED) for one in causes):
        causes += _code(log, services, payers, fresh)
    causes.sort(key=lambda one: -one.weight)
    lines = [f"{failed} payments wait for a person" if failed else "no payment waits for a person"]
    unread = [f"the database could not be asked for open payments: {why_unknown}"] if why_unknown else []
    return diagnosis(causes, lines, [*_advice(causes), *unread])


def _provider(rows: Sequence[Mapping[str, Any]], log: Mapping[str, Any]) -> list[Cause]:
    asked = [row for row in rows if row["judge"] == PROVIDER and row["state"] != UNKNOWN]
    bad = [row for row in asked if row["state"] in (DOWN, FLAPPING, DEGRADED) and row["layer"] not in ("dns", "tcp")]
    if not bad:
        return []
    row = bad[0]
    texts = (f"{row['target']} from {row['source']}: {row['why']}", *_said(log, "stripe"))
    if row["whose"] == KEY:
        return [Cause(KEY_REFUSED, 3.0, texts)]
    if row["whose"] == THEIRS:
        return [Cause(STRIPE_SLOW if row["state"] == DEGRADED else STRIPE_DOWN, 3.0, texts)]
    return [Cause(LIMITED, 2.0, texts)]


def _webhook(rows: Sequence[Mapping[str, Any]], log: Mapping[str, Any]) -> list[Cause]:
    bad = [row for row in rows if row["judge"] == "webhook" and row["state"] in (DOWN, FLAPPING, DEGRADED)]
    texts = [f"{row['target']} from {row['source']}: {row['why']}" for row in bad[:1]]
    refused = [one for one in log["signatures"] if _SIGNATURE.search(one["text"])]
    number = sum(one["count"] for one in refused)
    if refused:
        text = shortened(refused[0]["text"], _WIDE)
        texts.append(f"{number} events were refused since their signature does not match: {text}")
    return [Cause(WEBHOOK, 2.5, tuple(texts))] if texts else []


def _sick(services: Mapping[str, Any], payers: Sequence[str]) -> list[Cause]:
    found = []
    for name in payers:
        sick = [one for one in services.get(name, {}).get("containers", ()) if one["trouble"]]
        if sick or (name in services and not services[name]["running"]):
            text = f"{sick[0]['name']} {sick[0]['trouble']}" if sick else f"no container of {name} runs"
            found.append(Cause(SERVICE, 2.7, (text,), RESTART, {"services": [name], "which": "sick"}))
    return found


def _code(log: Mapping[str, Any], services: Mapping[str, Any], payers: Sequence[str], fresh: float) -> list[Cause]:
    """Errors of ours, with a traceback, that speak of nobody else."""
    mine = [
        one
        for one in log["signatures"]
        if one["level"] in ("error", "critical")
        and _EXCEPTION.search(one["text"])
        and not any(known.search(one["text"]) for known in (_OTHERS, _SIGNATURE, _ACCESS))
    ]
    mine.sort(key=lambda one: not re.match(r"\w+(?:Error|Exception)\b", one["text"]))
    if not mine:
        return []
    number = max(one["count"] for one in mine)
    texts = [f"{number} errors of our own code: {shortened(_last_line(mine[0]['text']), _WIDE)}"]
    ages = [one["uptime"] for name in payers for one in services.get(name, {}).get("containers", ()) if one["uptime"]]
    young = bool(ages) and min(ages) < fresh
    if young or any(one["new"] for one in mine):
        texts.append(f"the release runs since {min(ages) / 60:.0f} min" if ages else "they are new")
        return [Cause(CODE, 2.4, tuple(texts), ROLL_BACK)]
    return [Cause(CODE, 1.0, tuple(texts))]


def _last_line(text: str) -> str:
    """Of a traceback the exception, which is its last line."""
    lines = [line for line in text.splitlines() if line.strip()]
    return f"{lines[0]} ... {lines[-1]}" if len(lines) > 1 else text


def _said(log: Mapping[str, Any], word: str) -> list[str]:
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
    WEBHOOK: "compare the endpoint's signing secret and address in Stripe's dashboard with STRIPE_WEBHOOK_SECRET and"
    " the route of this platform; whoever administers the account can send the failed events again",
    CODE: "errors of our own code are for its authors: the log has the traceback",
}


def _advice(causes: Sequence[Cause]) -> list[str]:
    return list(dict.fromkeys(_WHO[one.name] for one in causes if one.name in _WHO))
