# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Alertmanager by its API v2: the alerts that fire, and silences. On the controller. I/O.

Source: prometheus/alertmanager, api/v2/openapi.yaml; tried with 0.25. A silence that is posted with its id and its own
``startsAt`` keeps its id; without an id each post makes another one.
"""

from __future__ import annotations

import base64
import threading
import time
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Callable, Iterator, Mapping, Sequence

from ..._core.errors import RunbookError
from ..._core.text import printable, shortened
from ..._incident.stamps import stamp
from ..._lifecycle.incident_alerts import Alert, alert_from
from ..report import OutboxOfIncident
from ..silences import AUTHOR, LASTS, Changes, Silence, Silencing, changes, comment_of, silence_from
from .http_call import Answered, request

_MOST = 16 << 20  # bytes of an answer: some 10,000 alerts
_LEAST = 0.2  # seconds
_REFUSES = range(400, 501)  # status of a request that is refused; beyond are those of a proxy


class Unreachable(RunbookError):
    """Alertmanager gave no answer that can be used."""


class Refused(Unreachable):
    """It answers, and does not take this request; it may take another one."""


class Alertmanager:
    """``settings``: those of `runbook_announce.alertmanager`; ``deadline``: of ``time.monotonic``."""

    def __init__(self, settings: Mapping[str, Any], deadline: float) -> None:
        self.url, self.deadline = str(settings["url"]).rstrip("/"), deadline
        self.headers: dict[str, str] = {}
        if settings["token"]:
            self.headers["Authorization"] = f"Bearer {settings['token']}"
        elif settings["user"]:
            pair = f"{settings['user']}:{settings['password']}".encode()
            self.headers["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        left = self.deadline - time.monotonic()
        if left < _LEAST:
            raise Unreachable("no time was left to ask it")
        try:
            return request(method, f"{self.url}/api/v2{path}", self.headers, body, left, _MOST)
        except Answered as answer:
            raise (Refused if answer.status in _REFUSES else Unreachable)(str(answer)) from None

    def alerts(self) -> list[Alert]:
        """Those that fire now, silenced and inhibited ones too."""
        found = self._ask("GET", "/alerts?active=true&silenced=true&inhibited=true&unprocessed=true")
        return [alert for raw in _rows(found) for alert in [alert_from(raw)] if alert is not None]

    def silences(self) -> list[Silence]:
        """All that it keeps, expired ones too."""
        return [
            each for raw in _rows(self._ask("GET", "/silences")) for each in [silence_from(raw)] if each is not None
        ]

    def make(self, matchers: Sequence[tuple[str, str]], comment: str, now: datetime) -> str:
        """Returns the id. A beginning that is over is taken for the server's present: with a clock that is ahead of the
        server's the silence would wait, and the alert page."""
        return self._put(matchers, comment, stamp(now - LASTS), now)

    def extend(self, silence: Silence, now: datetime) -> str:
        return self._put(silence.matchers, silence.comment, silence.starts_at, now, silence.id)

    def _put(
        self, matchers: Sequence[tuple[str, str]], comment: str, starts_at: str, now: datetime, known: str = ""
    ) -> str:
        rows = [{"name": name, "value": value, "isRegex": False, "isEqual": True} for name, value in matchers]
        body = {
            "matchers": rows, "startsAt": starts_at, "endsAt": stamp(now + LASTS), "createdBy": AUTHOR,
            "comment": comment,
        }  # fmt: skip
        answer = self._ask("POST", "/silences", {**body, "id": known} if known else body)
        if not isinstance(answer, Mapping) or not isinstance(answer.get("silenceID"), str):
            raise Unreachable("its answer to a silence has no silenceID")
        return str(answer["silenceID"])

    def expire(self, silence: Silence) -> None:
        """One that has expired already stays as it is."""
        self._ask("DELETE", f"/silence/{silence.id}")


def _rows(found: Any) -> list[Any]:
    if not isinstance(found, list):
        raise Unreachable("its answer is no list")
    return found


class Silencer:
    """Brings the silences of incidents in line with their logs, beside the messages that are sent.

    ``events`` by incident: what was done, for the log; ``lines``: what to say. Nothing here raises.
    """

    def __init__(
        self, settings: Mapping[str, Any], incidents: Sequence[OutboxOfIncident], budget: float,
        clock: Callable[[], datetime], only_look: bool = False,
    ) -> None:  # fmt: skip
        self.settings, self.clock, self.only_look = settings, clock, only_look
        self.due = [each for each in incidents if each["silencing"]["due"]]
        self.deadline = time.monotonic() + budget
        self.events: dict[str, list[dict[str, Any]]] = {}
        self.lines: list[str] = []
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> Silencer:
        if self.due:
            self._thread.start()
        return self

    def join(self) -> Silencer:
        """Wait until it has done all, or until its time is over."""
        if self.due:
            self._thread.join(max(0.0, self.deadline - time.monotonic()) + _LEAST)
            if self._thread.is_alive():
                self.lines = [*self.lines, "Alertmanager gave no answer within the time; the next run asks again"]
        return self

    def _run(self) -> None:
        try:
            alertmanager = Alertmanager(self.settings, self.deadline)
            alerts, silences = alertmanager.alerts(), alertmanager.silences()
            for incident in self.due:
                self._settle(alertmanager, incident["id"], incident["silencing"], alerts, silences)
            if not self.only_look and any(each["state"] == "made" for each in self._made()):
                self._drop_doubles(alertmanager, alerts)
        except Exception as error:  # whatever it answers, the messages are sent and the log is written
            why = shortened(printable(str(error)), 200)
            self.lines.append(
                f"Alertmanager: {why}. What is not silenced yet pages as before; the next run tries again"
            )

    def _made(self) -> list[Any]:
        return [each["note"] for events in self.events.values() for each in events if each["kind"] == "silence"]

    def _settle(
        self, alertmanager: Alertmanager, incident: str, said: Silencing, alerts: Sequence[Alert],
        silences: Sequence[Silence],
    ) -> None:  # fmt: skip
        found = changes(incident, said, self.settings["labels"], alerts, silences, self.clock())
        self.lines += [f"{incident}: {line}" for line in found.lines]
        if self.only_look:
            self.lines += [f"{incident}: would silence {_words(matchers)}" for matchers in found.create]
            self.lines += [f"{incident}: would expire the silence of {_words(each.matchers)}" for each in found.expire]
            return
        events = self.events.setdefault(incident, [])
        events += [{"kind": "alert", "note": note} for note in found.alerts]
        self._change(alertmanager, incident, said, found, events)

    def _change(
        self, alertmanager: Alertmanager, incident: str, said: Silencing, found: Changes, events: list[dict[str, Any]]
    ) -> None:
        for matchers in found.create:
            with self._refusals(incident, f"{_words(matchers)} is not silenced"):
                reference = alertmanager.make(matchers, comment_of(incident, said["acknowledged_by"]), self.clock())
                events.append(_event("made", matchers, reference))
                self.lines.append(f"{incident}: {_words(matchers)} is silenced while the incident is open")
        for silence in found.extend:
            with self._refusals(incident, f"the silence of {_words(silence.matchers)} is not extended"):
                alertmanager.extend(silence, self.clock())
        self._expire(alertmanager, incident, found.expire, events)

    def _expire(
        self, alertmanager: Alertmanager, incident: str, silences: Sequence[Silence], events: list[dict[str, Any]]
    ) -> None:
        for silence in silences:
            with self._refusals(incident, f"the silence of {_words(silence.matchers)} is not expired"):
                alertmanager.expire(silence)
                events.append(_event("expired", silence.matchers, silence.id))
                self.lines.append(f"{incident}: the silence of {_words(silence.matchers)} is expired")

    @contextmanager
    def _refusals(self, incident: str, what: str) -> Iterator[None]:
        """One silence that is refused keeps up no other one, and no other incident."""
        try:
            yield
        except Refused as error:
            self.lines.append(f"{incident}: {what}: {shortened(printable(str(error)), 200)}")

    def _drop_doubles(self, alertmanager: Alertmanager, alerts: Sequence[Alert]) -> None:
        """Another run may have made the same silence at this moment: each looks again, and all keep the same one."""
        silences = alertmanager.silences()
        for incident in self.due:
            name = incident["id"]
            found = changes(name, incident["silencing"], self.settings["labels"], alerts, silences, self.clock())
            self._expire(alertmanager, name, found.expire, self.events[name])


def _event(state: str, matchers: Sequence[tuple[str, str]], reference: str) -> dict[str, Any]:
    note = {"alertname": matchers[0][1], "labels": dict(matchers), "state": state, "reference": reference}
    return {"kind": "silence", "note": note}


def _words(matchers: Sequence[tuple[str, str]]) -> str:
    others = ", ".join(f"{name}={value}" for name, value in matchers[1:])
    return printable(f"{matchers[0][1]} ({others})")
