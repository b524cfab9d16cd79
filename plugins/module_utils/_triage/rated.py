# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How severe the facts are that a playbook of one scenario has read, by the rules of the triage. Pure.

Such a playbook reads a part of what the triage surveys: what it sees is at least so severe, and what it has not read
says nothing. So it names what is P2 or worse, and calls nothing P3.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable, Iterator, Mapping, TypedDict, cast

from .._core.text import first_sentence, printable, shortened
from .sign import (
    ENGINE_ERRORS,
    FEW_SLOTS,
    FULL,
    NEARLY,
    P0,
    P1,
    P2,
    SEVERITIES,
    UNKNOWN,
    WAITERS,
    Importance,
    Sign,
    none_reached,
)

if TYPE_CHECKING:
    from .survey_report import Survey

UNRATED = "an alert of the scenario {} fires with the severity {!r}, which is none of P0 to P3"
ALERT = "an alert of the scenario {} fires, which the site maps to {}"
# A cause of failing payments of this weight or more is proved; what weighs less is only likely.
_WIDE = 200  # characters
_PROVED, _SLOW = 2.0, "stripe_slow"
# Parts of a survey, each with keys that its report has; a task that failed or was skipped has none of them.
_PARTS = {
    "services": ("services", "project", "problem"),
    "reached": ("matrix",),
    "resources": ("host", "containers"),
    "database": ("connections", "requests_waiting", "longest_wait", "server_states", "activity"),
}
_KNOWN = (P0, P1, P2)
_DATABASE_ERRORS = ("ConnectError", "NoSlotLeft", "ServerNotReady")


class RatedSign(TypedDict):
    """A fact with its severity."""

    severity: str
    text: str


def rated(host: str, facts: Mapping[str, Any], importance: Importance) -> list[RatedSign]:
    """What makes it severe, the most severe first. ``facts``: results of tasks: those parts of a survey that the
    playbook has read (``services``, ``reached``, ``resources``, ``database``); ``locks`` (a plan of pg_kill_blocking),
    ``disk`` (one of disk_reclaim), ``payments`` (a diagnosis), ``failure`` (the error and message of a step that
    failed, the hosts of the ``site`` and those that are ``unreached``); and ``alert``, with the ``scenario`` and the
    ``severity`` of the one that started the run."""
    survey = {part: facts[part] for part, keys in _PARTS.items() if _has(facts.get(part), keys)}
    signs = _surveyed(host, survey, importance) if survey else []
    for part, read in _OWN.items():
        if isinstance(facts.get(part), Mapping):
            signs += read(host, facts[part])
    signs = [sign for sign in signs if sign.severity in _KNOWN]
    signs += _alert(facts["alert"]) if isinstance(facts.get("alert"), Mapping) else []
    found = sorted(signs, key=lambda sign: sign.severity)
    return [{"severity": sign.severity, "text": _text(sign)} for sign in found]


def _surveyed(host: str, survey: Mapping[str, Any], importance: Importance) -> list[Sign]:
    # All rules of the triage: to compile them takes longer than all else here, and many runs read no part of a survey.
    from .signs import signs_of  # noqa: PLC0415

    # Without any other part a survey would be one that was not examined at all.
    return signs_of(host, cast("Survey", {"resources": {}, **survey}), importance)


def _has(part: Any, keys: tuple[str, ...]) -> bool:
    return isinstance(part, Mapping) and all(key in part for key in keys)


def _text(sign: Sign) -> str:
    text = shortened(printable(sign.text), _WIDE)
    return f"{sign.host}: {text}" if sign.host and sign.host not in text else text


def _locks(host: str, planned: Mapping[str, Any]) -> Iterator[Sign]:
    late = (planned.get("before") or {}).get("long_waiters") or 0
    if late:
        text = f"{late} sessions wait for locks for long"
        yield Sign(P1 if late >= WAITERS else P2, text, host)
    facts = planned.get("facts") or {}
    slots = facts.get("connections")
    if slots and slots["ordinary_free"] <= FEW_SLOTS * slots["limit"]:
        yield Sign(P1, f"{slots['used']} of {slots['limit']} connection slots are used", host)
    states = facts.get("server_states")
    if states:
        from .signs import sign_of_state  # noqa: PLC0415 (as above)

        yield from (sign_of_state(host, state) for state in states)


def _disk(host: str, planned: Mapping[str, Any]) -> Iterator[Sign]:
    room = planned.get("before") or {}
    if "free_share" in room:
        share = max(1 - room["free_share"], room.get("inodes_used_share") or 0.0)
        if share >= NEARLY:
            yield Sign(P1 if share >= FULL else P2, f"{room['mount']} is {share:.0%} full", host)


def _payments(host: str, diagnosis: Mapping[str, Any]) -> Iterator[Sign]:
    """That payments fail is a core feature that is down: what a cause that is proved shows."""
    for cause in diagnosis.get("causes") or ():
        is_proved = cause["weight"] >= _PROVED and cause["cause"] != _SLOW
        evidence = f": {cause['evidence'][0]}" if cause["evidence"] else ""
        yield Sign(P1 if is_proved else P2, f"payments fail ({cause['cause']}){evidence}", host)


def _failure(host: str, failed: Mapping[str, Any]) -> Iterator[Sign]:
    """What could not be asked, and is a part of the platform: that the controller lacks something says nothing."""
    error, why = str(failed.get("error") or ""), str(failed.get("msg") or "").rstrip(".")
    if error in ENGINE_ERRORS:
        yield Sign(P1, f"the engine could not be asked: {why}", host)
    elif error in _DATABASE_ERRORS:
        yield Sign(P1, f"the database could not be asked: {why}", host)
    elif error in ("HostUnreachable", "HostUnusable"):
        yield Sign(P1, first_sentence(why), host)
        site = set(failed.get("site") or ())
        if site and site <= set(failed.get("unreached") or ()):
            yield none_reached(len(site))


def _alert(alert: Mapping[str, Any]) -> Iterator[Sign]:
    """It has the severity that the site gives it, also P3. What is none is said, and rates nothing."""
    severity, scenario = str(alert.get("severity") or ""), str(alert.get("scenario") or "")
    if scenario and severity in SEVERITIES:
        yield Sign(severity, ALERT.format(scenario, severity), "")
    elif scenario and severity.strip() not in ("", UNKNOWN):
        yield Sign(UNKNOWN, UNRATED.format(scenario, severity), "")


_OWN: dict[str, Callable[[str, Any], Iterator[Sign]]] = {
    "locks": _locks, "disk": _disk, "payments": _payments, "failure": _failure,
}  # fmt: skip
