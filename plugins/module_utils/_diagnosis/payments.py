# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Why payments fail: the provider, the key, the webhook, the network between, or our own code. Pure.

The provider's answer to a probe with our own key comes first, since it is measured; the log shows what a probe cannot:
signatures that do not match, and exceptions of our own code.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Sequence

from .._compose.project_report import ContainerReport
from .._compose.proxy import StaleProxy
from .._core.text import counted, shortened
from .._endpoints.endpoint import DEGRADED, DOWN, FLAPPING, KEY, LATE, NETWORK, THEIRS, UNKNOWN
from .._endpoints.marks.mark import (
    CHALLENGE,
    CSRF,
    DEFAULT_PAGE,
    GATEWAY,
    LOGIN,
    MAINTENANCE,
    NO_BACKEND,
    PAGE,
    PASSWORD,
    REDIRECT,
    SERVER_PAGE,
    SINGLE_PAGE,
    WRONG_HOST,
)
from .._endpoints.reached import BELOW, is_late_name, unasked_of, unknown_of
from .._logs.records import LogReport, SignatureReport
from .cause import Cause, Diagnosis, diagnosis, joined
from .errors.own_code import CODE, SEVERAL, WIDE, code_causes, last_line
from .errors.provider_errors import API as API_ERROR
from .errors.provider_errors import EVENT_TIME, SIGNATURE, declined_cards, ids_for_support, provider_error
from .errors.provider_errors import KEY as KEY_ERROR
from .errors.provider_errors import LIMITED as LIMITED_ERROR
from .network import STALE, Row, aside, causes_of, to_restart
from .owner import Services, may_help, rules_of, service_at

STRIPE_DOWN, STRIPE_SLOW, KEY_REFUSED, LIMITED, UNTRUSTED, WEBHOOK, WEBHOOK_DOWN, BLOCKED, TOO_OLD, SERVICE = (
    "stripe_down", "stripe_slow", "key_refused", "rate_limited", "stripe_untrusted", "webhook_misconfigured",
    "webhook_down", "webhook_blocked", "event_too_old", "service_unhealthy",
)  # fmt: skip
RESTART = "restart_services"
PROVIDER = "stripe"
_ACCEPTED = re.compile(r"(?i)\"POST [^\"]{0,200}webhook[^\"]{0,200}\" 2\d\d\b")
# Answers to an event without a signature that show a wrong route: missing, not for POST, or elsewhere.
_MISLAID = (404, 405, 301, 302, 307, 308)
# What answers in place of the view, and what to do with it.
_BEFORE = {
    CHALLENGE: "exempt the webhook's address from the firewall's rules and challenges",
    PASSWORD: "exempt the webhook's address from the login before the site",
    CSRF: "exempt the webhook's view from the check against forged forms (CSRF)",
    WRONG_HOST: "allow the host name of the webhook (ALLOWED_HOSTS, server_name), or correct it at the provider",
    MAINTENANCE: "end the maintenance mode, or exempt the webhook's address from it; it may be intended",
    LOGIN: "exempt the webhook's address from the login",
    DEFAULT_PAGE: "the proxy has no site for the webhook's host name: correct its configuration",
    GATEWAY: "the API gateway answers the webhook's address on its own: correct its routes and its keys",
    SINGLE_PAGE: "the proxy sends the webhook's address to the pages of the application: correct its routes",
    SERVER_PAGE: "the proxy answers the webhook's address on its own: correct its routes",
    PAGE: "a page answers in place of the webhook's view: correct the routes",
}
_LOOPS = 2.3  # weight of a service that loops, where errors of our own code came with its release
_BESIDE = 0.8  # weight of a replica that does not run while others of its service do
_NO_CURE = "no restart of {name} is known to help: see its log, and whether a person ended it"
_IDLE_BESIDE = (
    "a replica of {name} does not run while others do, perhaps on purpose: if it should run, start it by its name"
    " (playbooks/container_start_stop.yml)"
)
_PROVIDER_CAUSES = {
    LIMITED_ERROR: (LIMITED, "requests were refused by Stripe's rate limit"),
    KEY_ERROR: (KEY_REFUSED, "requests were refused because of their key, according to our log"),
    API_ERROR: (STRIPE_DOWN, "requests failed at Stripe, according to our log"),
}


@dataclass(frozen=True)
class Known:
    """Payments that an operator must process.

    ``failed``: how many are listed. ``open``: how many of them are in the database. ``asked``: whether any source was
    read. ``why_unread``: why the database could not be read. ``nameless``: rows without a reference. ``cut``: which of
    the two sources, log and database, had more than was read.
    """

    failed: int
    open: int = 0
    asked: bool = True
    why_unread: str = ""
    nameless: int = 0
    cut: Sequence[str] = ()

    def line(self) -> str:
        if self.failed:
            return f"{self.failed} payments wait for an operator"
        if not self.asked or self.why_unread:
            return "whether payments wait for an operator is not known"
        return "no payment waits for an operator"

    def gaps(self) -> list[str]:
        """What may be missing in the list, a sentence each."""
        sentences = []
        if not self.asked:
            sentences.append("set payment_outage_query or payment_outage_sign to list the payments to process")
        if self.why_unread:
            sentences.append(f"open payments could not be read from the database: {self.why_unread}")
        if self.nameless:
            rows = counted(self.nameless, "row has", "rows have")
            sentences.append(f"{rows} no reference: add a column 'reference' to payment_outage_query")
        if self.cut:
            sentences.append(f"the list may be incomplete: the {' and the '.join(self.cut)} had more than was read")
        return sentences


def diagnose_payments(
    matrix: Sequence[Row],
    services: Services,
    log: LogReport,
    known: Known,
    payers: Sequence[str],
    fresh: float,
    stale: Sequence[StaleProxy] = (),
) -> Diagnosis:
    """``known``: payments that an operator must process. ``payers``: services that take payments.

    ``fresh``: seconds for which a release counts as new, so that it may be the cause. ``stale``: proxies that do not
    know every replica, by compose_info.
    """
    own = [row for row in matrix if row["judge"] in (PROVIDER, "webhook")]
    causes = [*_provider(own, log), *_webhook(own, log, known.open), *_unhealthy(services, payers)]
    between = causes_of([row for row in matrix if row not in own or row["layer"] in ("dns", "tcp")], services, stale)
    # What a proxy without its backend answers for the webhook is the network's matter.
    between += [cause for cause in causes_of(own, services, stale) if cause.name == STALE]
    causes = joined(sorted([*causes, *between], key=lambda cause: -cause.weight))
    # A proxy that reaches no backend is explained by the backend's own cause.
    if sum(cause.weight > _BESIDE for cause in causes) > 1:
        causes = [cause for cause in causes if cause.name != WEBHOOK_DOWN]
    if not any(cause.name in (STRIPE_DOWN, STRIPE_SLOW, KEY_REFUSED) for cause in causes):
        outage = _outage([row for row in matrix if row not in own], services, payers, known)
        logged = [cause for cause in _of_provider(log) if cause.name not in {each.name for each in causes}]
        codes = code_causes(log, services, payers, fresh, outage)
        if any(cause.mitigation for cause in codes) and _all_loop(services, payers):
            causes = [_behind(cause) for cause in causes]
        causes += [*logged, *codes]
    causes.sort(key=lambda cause: -cause.weight)
    return diagnosis(
        causes,
        [known.line()],
        [*_advice(causes), *declined_cards(log), *known.gaps()],
        unread=[*unknown_of(matrix), *unasked_of(own), *left_out(log), *known.gaps()],
    )


def _all_loop(services: Services, payers: Sequence[str]) -> bool:
    """Whether every unhealthy container of the payers is started again and again: another restart is no help then."""
    unhealthy = [each for name in payers for each in _containers(services, name) if each["problem"]]
    return bool(unhealthy) and all(container["loops"] for container in unhealthy)


def _behind(cause: Cause) -> Cause:
    """The restart of what loops, behind the rollback of the release that makes it loop."""
    return replace(cause, weight=min(cause.weight, _LOOPS)) if cause.name == SERVICE and cause.mitigation else cause


def left_out(log: LogReport) -> list[str]:
    """What of the logs was not read, a sentence each."""
    return [
        f"{source['source']}: {note}"
        for source in log["sources"]
        for note in ([source["problem"]] if source["problem"] else source["left_out"])
    ]


def _provider(rows: Sequence[Row], log: LogReport) -> list[Cause]:
    asked = [row for row in rows if row["judge"] == PROVIDER and row["state"] != UNKNOWN]
    bad = [row for row in asked if row["state"] in (DOWN, FLAPPING, DEGRADED) and row["layer"] not in ("dns", "tcp")]
    if not bad:
        return []
    row = bad[0]
    texts = (
        f"{row['target']} from {row['source']}: {row['why']}",
        *_log_lines(log, "stripe"),
        *ids_for_support(bad, log),
    )
    if row["layer"] == "tls" or row["fault_of"] == NETWORK:
        return [Cause(UNTRUSTED, 3.0, texts)]
    if row["fault_of"] == KEY and row["state"] == DEGRADED:
        return []  # a missing permission of our probe is no outage
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
    """The webhook is configured wrongly, or not reached; a service that is down is a cause of its own and comes first.

    ``waiting``: payments that are charged and unconfirmed in the database, which an outsider cannot forge.
    """
    asked = [row for row in rows if row["judge"] == "webhook"]
    bad = [row for row in asked if row["state"] in (DOWN, FLAPPING) and row["layer"] in ("tls", "protocol")]
    blocked = [row for row in bad if _answered_by(row) in _BEFORE]
    bad = [row for row in bad if row not in blocked]
    laid = [row for row in bad if row["layer"] == "tls" or _status(row) in _MISLAID]
    laid += [
        row
        for row in asked
        if row["state"] == DEGRADED
        and 200 <= _status(row) < 300
        and not (row["why"].startswith(LATE) or is_late_name(row))
    ]
    causes = [Cause(WEBHOOK, 2.5, (_of(row),)) for row in laid[:1]]
    causes += [Cause(WEBHOOK_DOWN, 0.9, (_of(row),)) for row in bad[:1] if not laid]
    causes += [
        Cause(BLOCKED, 2.5, (_of(row),), detail={"advice": _BEFORE[_answered_by(row)]})
        for row in {_answered_by(row): row for row in blocked}.values()
    ]
    refused = [signature for signature in log["signatures"] if _is_refused(signature)]
    if refused:
        first = min(signature["first_seen"] or 0.0 for signature in refused)
        taken = sum((entry["at"] or 0.0) > first and bool(_ACCEPTED.search(entry["text"])) for entry in log["entries"])
        number = sum(signature["count"] for signature in refused)
        text = f"{counted(number, 'event was', 'events were')} refused because the signature does not match"
        text += f", and {taken} were accepted meanwhile" if taken else ""
        # An outsider may send events with a wrong signature: it counts where payments wait and no event is accepted.
        heavy = waiting > 0 and taken < number
        causes.append(Cause(WEBHOOK, 2.5 if heavy else 1.1, (f"{text}: {shortened(refused[0]['text'], WIDE)}",)))
    late = [signature for signature in log["signatures"] if _kind_of(signature) == EVENT_TIME]
    number = sum(signature["count"] for signature in late)
    if late:
        text = f"{counted(number, 'event was', 'events were')} refused because of the timestamp: "
        causes.append(Cause(TOO_OLD, 2.4 if number >= SEVERAL else 1.1, (text + shortened(late[0]["text"], WIDE),)))
    return causes


def _answered_by(row: Row) -> str:
    """What answered in place of the view; empty for nothing that is recognised. A redirect is a route of its own."""
    answer = row["layers"].get("protocol")
    who = answer.get("answered_by", "") if answer else ""
    if who == PAGE and not 200 <= _status(row) < 300:
        return ""  # of a route that is missing, or a view that fails
    return who if who not in (REDIRECT, NO_BACKEND) else ""


def _is_refused(signature: SignatureReport) -> bool:
    """Whether it says that an event's signature does not match."""
    return _kind_of(signature) == SIGNATURE


def _kind_of(signature: SignatureReport) -> str:
    return provider_error(signature["text"], signature["example"])


def _outage(rows: Sequence[Row], services: Services, payers: Sequence[str], known: Known) -> str:
    """What else fails that the payers may ask; empty for nothing. A bad answer of HTTP may be the payers' own."""
    for row in rows:
        asked = row["kind"] != "http" or row["layer"] in BELOW
        if asked and row["state"] in (DOWN, FLAPPING) and service_at(row, services) not in payers:
            return _of(row)
    return f"the database could not be queried: {known.why_unread}" if known.why_unread else ""


def _of(row: Row) -> str:
    return f"{row['target']} from {row['source']}: {row['why']}"


def _unhealthy(services: Services, payers: Sequence[str]) -> list[Cause]:
    causes = []
    for name in payers:
        unhealthy = [container for container in _containers(services, name) if container["problem"]]
        if unhealthy or (name in services and not services[name]["running"]):
            text = f"{unhealthy[0]['name']} {unhealthy[0]['problem']}" if unhealthy else f"no container of {name} runs"
            if not unhealthy and services[name]["containers"]:
                advice = (
                    f"{name} was stopped or paused on purpose, or has ended: if it should run, start it by its name"
                )
                causes.append(Cause(SERVICE, 2.7, (f"{text}: {aside(services[name])}",), "", {}, {"advice": advice}))
                continue
            meant = to_restart(services[name])
            if unhealthy and not meant:
                weight, advice = (_BESIDE, _IDLE_BESIDE) if any(map(may_help, unhealthy)) else (2.7, _NO_CURE)
                causes.append(Cause(SERVICE, weight, (text,), "", {}, {"advice": advice.format(name=name)}))
                continue
            causes.append(Cause(SERVICE, 2.7, (text,), RESTART if meant else "", rules_of(name, meant)))
    return causes


def _containers(services: Services, name: str) -> Sequence[ContainerReport]:
    return services[name]["containers"] if name in services else ()


def _of_provider(log: LogReport) -> list[Cause]:
    """What the provider's own errors in our log say, where the probe shows no trouble: weaker than a measurement."""
    counts: dict[str, list[SignatureReport]] = {}
    for signature in log["signatures"]:
        if signature["level"] in ("error", "critical") and signature["new"] is not False:
            counts.setdefault(provider_error(signature["text"], signature["example"]), []).append(signature)
    causes = []
    for kind, (name, words) in _PROVIDER_CAUSES.items():
        matching = counts.get(kind, [])
        number = sum(signature["count"] for signature in matching)
        if number >= SEVERAL:
            text = f"{number} {words}: {shortened(last_line(matching[0]['text']), WIDE)}"
            causes.append(Cause(name, 1.2, (text, *ids_for_support((), log))))
    return causes


def _log_lines(log: LogReport, word: str) -> list[str]:
    """Up to two signatures of our own log that contain ``word``."""
    matching = [signature for signature in log["signatures"] if word in signature["text"].lower()]
    return [
        f"{signature['count']}x in our log: {shortened(last_line(signature['text']), WIDE)}"
        for signature in matching[:2]
    ]


_WHO = {
    KEY_REFUSED: "ask the administrator of the Stripe account why the key is refused, and for a new key; set it in the"
    " environment of the services and recreate them (docker compose up -d)",
    STRIPE_DOWN: "Stripe itself is down: see status.stripe.com, inform the users, and process the list when it is back",
    STRIPE_SLOW: "Stripe itself is slow: see status.stripe.com; a restart would only lose the requests in progress",
    LIMITED: "too many requests are sent to Stripe: find the source (retries, a job that loops) before you ask Stripe"
    " for a higher limit",
    UNTRUSTED: "the connection to Stripe is not trusted from here: compare this host's clock and certificate store (or"
    " the image's) and look for a proxy in between; never disable the verification",
    WEBHOOK_DOWN: "the webhook is not reached, and no service of this project is unhealthy: run"
    " playbooks/network_connectivity.yml, and read the proxy's log",
    WEBHOOK: "compare the endpoint's signing secret and address in Stripe's dashboard with STRIPE_WEBHOOK_SECRET and"
    " the route of this platform; the administrator of the account can send the failed events again",
    TOO_OLD: "the signing secret is right: compare this host's clock with a time server (timedatectl, chronyc),"
    " and look for a queue or a proxy that holds events back before they are checked",
    CODE: "errors of our own code: report them to its authors; the log has the traceback",
}


def _advice(causes: Sequence[Cause]) -> list[str]:
    own = [cause.detail["advice"] for cause in causes if "advice" in cause.detail]
    return list(dict.fromkeys([*own, *(_WHO[cause.name] for cause in causes if cause.name in _WHO)]))
