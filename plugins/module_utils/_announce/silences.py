# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Silences of the alerts of an incident that is acknowledged, and what has to be changed in Alertmanager. Pure.

The state is Alertmanager's: a silence of an incident is found again by its comment, so that a run that is repeated,
late or killed makes no second one. Of two that were made at the same moment one stays. A silence lasts ``LASTS`` and is
extended while the incident is open; should no run extend it, the alert pages again.

A silence matches ``alertname`` and all labels that the site names, so that the same alert of another instance pages; a
label that the alert lacks is matched as empty, as in Alertmanager. One that a person expired is not made again until
the incident is acknowledged once more.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Mapping, NamedTuple, Sequence, Tuple, TypedDict

from .._core.text import printable, shortened, some
from .._incident.event import EventReport, kept_at
from .._incident.phase import ENDED, acknowledgements, phase_of
from .._incident.scope import scope_of
from .._incident.stamps import moment_of, stamp
from .._lifecycle.incident_alerts import (
    FIRING,
    RESOLVED,
    Alert,
    IncidentAlert,
    alert_note,
    alerts_of,
    fingerprint_of,
    moment_from,
)

LASTS = timedelta(minutes=15)
EXTENDED_BELOW = timedelta(minutes=10)  # what is left of a silence when it is extended
AUTHOR = "pafar.runbook"
SCENARIO = "scenario"  # the label by which an alert names its playbook
_AFTER_END = timedelta(minutes=30)  # until when a silence that a killed run left may last, with some slack
_SHORT = 100  # characters of a name that are shown
_BY_HAND = timedelta(seconds=5)  # an end that is as old as the last change was set by a person

_Matchers = Tuple[Tuple[str, str], ...]


class Silencing(TypedDict):
    """What the log says about the alerts of an incident. ``acknowledged_at``: for the last time since it was opened
    or reopened, empty if it is not; ``due``: whether Alertmanager has to be asked; ``silenced``: ids of silences that
    were made and not expired, with the name of the alert; ``expired``: ids of those that a run expired; ``scenario``:
    that its alerts name; ``hosts``: of the incident; ``rivals``: other open incidents of this scenario that no person
    has acknowledged."""

    acknowledged_at: str
    acknowledged_by: str
    is_open: bool
    due: bool
    scenario: str
    alerts: list[IncidentAlert]
    silenced: dict[str, str]
    expired: list[str]
    hosts: list[str]
    rivals: list[str]


class Silence(NamedTuple):
    """A silence as Alertmanager has it."""

    id: str
    matchers: _Matchers
    state: str
    starts_at: str
    ends_at: datetime
    updated_at: datetime
    comment: str


@dataclass
class Changes:
    """What has to be done. ``create``: alerts with their matchers; ``extend``: silences that are there; ``expire``:
    those that are not wanted, or a second one; ``alerts``: notes of alerts that joined or changed; ``lines``: what to
    say."""

    create: list[_Matchers] = field(default_factory=list)
    extend: list[Silence] = field(default_factory=list)
    expire: list[Silence] = field(default_factory=list)
    alerts: list[dict[str, Any]] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)


def silencing_of(events: Sequence[EventReport], now: datetime) -> Silencing:
    """What the log says about the alerts of an incident at present."""
    opened = next((event["note"] for event in events if event["kind"] == "opened"), {})
    phase, said = phase_of(events), acknowledgements(events)
    silenced: dict[str, str] = {}
    expired: list[str] = []
    for event in events:
        reference = str(event["note"].get("reference") or "")
        if event["kind"] == "silence" and event["note"].get("state") == "made":
            silenced[reference] = str(event["note"].get("alertname", ""))
        elif event["kind"] == "silence":
            silenced.pop(reference, None)
            expired.append(reference)
    is_open = phase not in ENDED
    ever = any(event["kind"] == "acknowledged" for event in events)
    recent = bool(events) and now - kept_at(events[-1]) < _AFTER_END
    return {
        "acknowledged_at": stamp(kept_at(said[-1])) if said else "",
        "acknowledged_by": said[-1]["by"] if said else "",
        "is_open": is_open,
        "due": ever and (is_open or recent or bool(silenced)),
        "scenario": scenario_of(opened),
        "alerts": alerts_of(events),
        "silenced": silenced,
        "expired": expired,
        "hosts": sorted(scope_of(events).hosts),
        "rivals": [],
    }


def scenario_of(opening: Mapping[str, Any]) -> str:
    """The scenario that the alerts of an incident name: a survey that an alert has started is about that of the
    alert."""
    return str(opening.get("alert") or opening.get("scenario") or "")


def comment_of(incident: str, by: str = "") -> str:
    """The comment of a silence; its beginning tells the incident."""
    return f"{AUTHOR}: incident {incident};" + (f" acknowledged by {by}" if by else "")


def matchers_of(alert: Mapping[str, str], labels: Sequence[str]) -> _Matchers:
    """What a silence of an alert matches; empty where it has none of the labels that the site chose.

    >>> matchers_of({"alertname": "Down", "instance": "db1"}, ["instance", "cluster"])
    (('alertname', 'Down'), ('cluster', ''), ('instance', 'db1'))
    """
    chosen = sorted({*labels} - {"alertname"})
    if not alert.get("alertname") or not any(alert.get(name) for name in chosen):
        return ()
    return (("alertname", alert["alertname"]), *((name, alert.get(name, "")) for name in chosen))


def changes(
    incident: str,
    said: Silencing,
    labels: Sequence[str],
    alerts: Sequence[Alert],
    silences: Sequence[Silence],
    now: datetime,
) -> Changes:
    """What has to be changed. ``labels``: those that the site chose; ``alerts``: that fire now, silenced or not;
    ``silences``: all that Alertmanager has."""
    found = Changes()
    known = {alert["fingerprint"]: alert for alert in said["alerts"]}
    is_held = said["is_open"] and bool(said["acknowledged_at"])
    if is_held:
        found.alerts = [*_joined(said, known, alerts, found.lines), *_changed(known, alerts)]
    ours = [each for each in silences if each.comment.startswith(comment_of(incident))]
    wanted = _wanted(said, found, labels) if is_held else []
    for matchers in wanted:
        _converge(matchers, ours, said, found, now)
    found.expire += [each for each in ours if each.state != "expired" and each.matchers not in wanted]
    return found


def _joined(
    said: Silencing, known: Mapping[str, IncidentAlert], alerts: Sequence[Alert], lines: list[str]
) -> list[dict[str, Any]]:
    """Alerts of the incident's scenario, and those of which a person named some labels, that fired when it was
    acknowledged: what began later is new to all. While another incident of the scenario waits for a person, an alert
    that names no host of this one may be that one's: it goes on paging, and that is said in ``lines``."""
    until = moment_of(said["acknowledged_at"])
    notes: list[dict[str, Any]] = []
    for alert in alerts:
        if alert.fingerprint in known or alert.starts_at is None or alert.starts_at > until:
            continue
        is_meant = any(_is_named(alert, each) for each in known.values())
        if not is_meant and not _is_of_scenario(alert, said):
            continue
        if is_meant or not said["rivals"] or _names_a_host(alert, said["hosts"]):
            notes.append(alert_note(alert))
        else:
            lines.append(
                f"{shortened(printable(alert.name), _SHORT)} is not silenced: another incident of {said['scenario']}"
                f" waits for a person ({some(said['rivals'], 2)}), and no label of the alert names a host of this one."
                " Where it is an alert of this one, name it with the acknowledgement (incident_act_alerts)"
            )
    return notes


def _names_a_host(alert: Alert, hosts: Sequence[str]) -> bool:
    """Whether a label is a host of the incident, also with a port or its domain."""
    values = [value.casefold() for value in alert.labels.values()]
    return any(
        value == host or value.startswith((f"{host}:", f"{host}."))
        for host in (each.casefold() for each in hosts)
        for value in values
    )


def _is_of_scenario(alert: Alert, said: Silencing) -> bool:
    return bool(said["scenario"]) and alert.labels.get(SCENARIO) == said["scenario"]


def _is_named(alert: Alert, known: IncidentAlert) -> bool:
    """Whether a person means it, who named some of its labels, or all."""
    return known["by_labels"] and bool(known["labels"]) and known["labels"].items() <= alert.labels.items()


def _changed(known: Mapping[str, IncidentAlert], alerts: Sequence[Alert]) -> list[dict[str, Any]]:
    """Alerts that ended or fire again. One that is silenced tells no receiver that it ended, so it is asked for."""
    firing = {alert.fingerprint: alert for alert in alerts}
    notes: list[dict[str, Any]] = []
    for fingerprint, alert in known.items():
        now = firing.get(fingerprint)
        fires = now is not None or any(_is_named(each, alert) for each in alerts)
        if fires == (alert["status"] == FIRING):
            continue
        status = FIRING if fires else RESOLVED
        names = {"alertname": alert["alertname"], "fingerprint": fingerprint, "labels": alert["labels"]}
        notes.append(alert_note(now, status) if now is not None else {**names, "status": status})
    return notes


def _wanted(said: Silencing, found: Changes, labels: Sequence[str]) -> list[_Matchers]:
    joined = [(str(note["fingerprint"]), note["labels"]) for note in found.alerts]
    whole = [alert["labels"] for alert in said["alerts"] if not alert["by_labels"]] + [each for dummy, each in joined]
    rows = [(alert["fingerprint"], alert["labels"], alert["by_labels"]) for alert in said["alerts"]]
    rows += [(fingerprint, each, False) for fingerprint, each in joined if fingerprint not in {row[0] for row in rows}]
    wanted: list[_Matchers] = []
    for fingerprint, each, by_labels in rows:
        if by_labels and any(each.items() < other.items() for other in whole):
            continue  # what the person meant is there with all of its labels
        matchers, why = _matchers(fingerprint, each, labels, by_labels)
        if matchers and matchers not in wanted:
            wanted.append(matchers)
        elif not matchers:
            found.lines.append(f"{each.get('alertname', 'an alert')} is not silenced: {why}")
    return wanted


def _matchers(
    fingerprint: str, alert: Mapping[str, str], labels: Sequence[str], by_labels: bool
) -> tuple[_Matchers, str]:
    """What a silence of it matches; else why there is none."""
    needed = list(dict.fromkeys(["alertname", *labels]))
    if not by_labels and not all(map(alert.get, needed)) and fingerprint_of(alert) != fingerprint:
        # The log leaves out a label that is too long or looks like a secret: the alert may have one that is missing.
        absent = ", ".join(name for name in needed if not alert.get(name))
        return (), f"the log does not have all of its labels, and may lack {absent}"
    why = f"it has none of the labels {', '.join(labels)}, so a silence would match every instance"
    return matchers_of(alert, labels), why


def _converge(matchers: _Matchers, ours: Sequence[Silence], said: Silencing, found: Changes, now: datetime) -> None:
    same = [each for each in ours if each.matchers == matchers]
    live = sorted((each for each in same if each.state != "expired"), key=lambda each: (each.starts_at, each.id))
    found.expire += live[1:]  # of two that were made at once every run keeps the same one
    if live:
        if live[0].ends_at - now < EXTENDED_BELOW:
            found.extend.append(live[0])
    elif any(_expired_by_hand(each, said) for each in same):
        found.lines.append(
            f"{matchers[0][1]} is not silenced: its silence was expired by hand in Alertmanager. Acknowledge again to"
            " make another one"
        )
    else:
        found.create.append(matchers)


def _expired_by_hand(silence: Silence, said: Silencing) -> bool:
    """One that ran out was last changed long before its end; one that a run expired is in the log."""
    if silence.id in said["expired"] or silence.ends_at - silence.updated_at >= _BY_HAND:
        return False
    return silence.updated_at > moment_of(said["acknowledged_at"])


def silence_from(raw: Any) -> Silence | None:
    """A silence of Alertmanager's API; None where it is none, or matches by an expression, which no silence of an
    incident does."""
    if not isinstance(raw, Mapping) or not isinstance(raw.get("matchers"), list):
        return None
    pairs = []
    for each in raw["matchers"]:
        if not isinstance(each, Mapping) or each.get("isRegex") or each.get("isEqual") is False:
            return None
        pairs.append((str(each.get("name", "")), str(each.get("value", ""))))
    pairs.sort(key=lambda pair: (pair[0] != "alertname", pair))
    ends, updated = moment_from(raw.get("endsAt")), moment_from(raw.get("updatedAt"))
    status = raw.get("status")
    state = str(status.get("state", "")) if isinstance(status, Mapping) else ""
    if ends is None or updated is None or not state or not isinstance(raw.get("id"), str):
        return None
    return Silence(
        raw["id"], tuple(pairs), state, str(raw.get("startsAt", "")), ends, updated, str(raw.get("comment", ""))
    )
