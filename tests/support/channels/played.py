"""A site with every channel, and an incident that is played against it: its events, runs of which some die, faults."""

from __future__ import annotations

import random
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.pafar.runbook.plugins.module_utils._announce.io.announcing import Announcing
from ansible_collections.pafar.runbook.plugins.module_utils._announce.io.take import take_messages
from ansible_collections.pafar.runbook.plugins.module_utils._announce.outbox import entries_of
from ansible_collections.pafar.runbook.plugins.module_utils._incident.io.log import read
from ansible_collections.pafar.runbook.plugins.module_utils._incident.record import record
from ansible_collections.pafar.runbook.plugins.module_utils._incident.stamps import stamp

from .others import CUT, KILLED, LOST, SLOW_KEPT, SLOW_LOST, MailServer, PagerDuty, Tracker
from .pages import Cachet, Statuspage
from .server import (
    EFFECT_CLOSED,
    EFFECT_CUT,
    EFFECT_HTML,
    EFFECT_SILENT,
    EFFECT_STATUS,
    HTML,
    NO_SUCH_NAME,
    REFUSED,
    SILENT,
    STATUS,
    Fault,
    Request,
    dropped,
    wait_for_lanes,
)
from .slack import Slack

START = datetime(2026, 11, 23, 14, 56, tzinfo=UTC)
QUICK = (EFFECT_CLOSED, EFFECT_CUT, EFFECT_HTML, EFFECT_STATUS, HTML, REFUSED)
SLOW = (SILENT, EFFECT_SILENT)  # each lasts as long as the run may
STATUSES = (429, 420, 500, 502, 503)
LATE = (408, 409, 502, 504)  # answered for a request that has taken effect
LONG = " It is better, and we look on." * 200  # more than a block of Slack takes
WORDS = {"db_lock_contention": "Bookings are slow", "row": "A queue in our database was the cause."}


class Channels:
    """All channels of a site, one after the other for all schedules."""

    def __init__(self) -> None:
        self.slack, self.statuspage, self.cachet = Slack(), Statuspage(), Cachet()
        self.pager, self.tracker, self.mail = PagerDuty(), Tracker(), MailServer()
        self.all: list[Any] = [self.slack, self.statuspage, self.cachet, self.pager, self.tracker, self.mail]
        self.stack = ExitStack()
        self.dropped = ""  # an address whose packets are dropped

    def __enter__(self) -> Channels:
        for server in self.all:
            server.__enter__()
        self.dropped = self.stack.enter_context(dropped())
        return self

    def __exit__(self, *_error: object) -> None:
        self.stack.close()
        for server in self.all:
            server.__exit__(None, None, None)

    def away(self, settings: dict[str, dict[str, Any]], chance: random.Random) -> dict[str, dict[str, Any]]:
        """The settings of a run that does not reach some of the channels: packets are dropped, a name is not known."""
        where = chance.choice((self.dropped, NO_SUCH_NAME))
        found = {name: dict(options) for name, options in settings.items()}
        for name in chance.sample(list(found), chance.randint(1, len(found))):
            if name == "mail":
                found[name].update(host=urlsplit(where).hostname, port=urlsplit(where).port or 25)
            else:
                found[name].update(
                    {"url" if name == "tracker" else "api": f"{where}/api/" if name == "slack" else where}
                )
        return found

    def settings(self, page: str) -> dict[str, Any]:
        shown = {"kind": page, "scenarios": ["db_lock_contention"], "first_post": "act", "words": WORDS}
        pages: dict[str, dict[str, Any]] = {
            "statuspage": {
                "api": self.statuspage.url, "token": self.statuspage.token, "page": self.statuspage.page,
                "components": {"backend": "c1", "web": "c2"},
            },
            "cachet": {"api": self.cachet.url, "token": self.cachet.token, "components": {"backend": "1"}},
        }  # fmt: skip
        return {
            "slack": {"token": self.slack.token, "api": self.slack.api, "invite": ["U1", "U2"], "links": {"Board": "http://board.test/x"}},
            "page": {**shown, **pages[page]},
            "mail": {"host": "127.0.0.1", "port": self.mail.port, "tls": "none", "sender": "runbook@pafar.test",
                     "to": ["ceo@pafar.test", "cto@pafar.test"], "words": WORDS},
            "pager": {"kind": "pagerduty", "routing_key": self.pager.routing_key, "api": self.pager.url},
            "tracker": {"url": self.tracker.url, "token": self.tracker.token},
        }  # fmt: skip

    def set_faults(self, chance: random.Random, share: float) -> None:
        """A fault for this share of the requests; a slow one is rare."""

        def fault_for(request: Request) -> Fault | None:
            with_effect = request.method != "GET"
            if chance.random() >= share:
                return None
            if chance.random() < 0.05:
                return Fault(chance.choice(SLOW) if with_effect else SILENT)
            if chance.random() < 0.4:
                status = chance.choice(STATUSES)
                return Fault(STATUS, status, {"Retry-After": "1"} if status == 429 else {})
            kind = chance.choice(QUICK) if with_effect else chance.choice((HTML, REFUSED))
            return Fault(kind, chance.choice(LATE)) if kind == EFFECT_STATUS else Fault(kind)

        def mail_fault(step: str) -> str:
            if chance.random() >= share:
                return ""
            if chance.random() < 0.05:
                return chance.choice((SLOW_KEPT, SLOW_LOST)) if step == "reply" else SLOW_LOST
            if step == "reply":
                return chance.choice((KILLED, LOST, CUT, "451 try again"))
            return chance.choice((KILLED, CUT, "421 busy", "450 try again"))

        for server in (self.slack, self.statuspage, self.cachet, self.pager, self.tracker):
            server.fault_for = fault_for if share else lambda _request: None
        self.mail.fault = mail_fault if share else lambda _step: ""


def story(chance: random.Random) -> list[list[tuple[str, dict[str, Any]]]]:
    """Events of an incident in the order in which they are written, some in one write."""
    act = {"mitigation": "unblock_sessions"}
    usual: list[list[tuple[str, dict[str, Any]]]] = [
        [("diagnosed", {"cause": "row", "lines": ["9 sessions wait"]})],
        [("severity", {"severity": "P0", "reason": "bookings fail", "facts": ["x"]})],
        [
            (
                "held",
                {
                    **act,
                    "plan": {"digest": "d" * 64, "actions": [{"target": "1@x", "who": "web"}]},
                    "reasons": ["limit"],
                },
            )
        ],
        [("acknowledged", {})],
        [("role", {"role": "incident_commander", "person": "ada", "action": "taken"})],
        [("intended", {**act, "actions": [{"target": "1@x"}]}), ("mitigated", {**act, "done": ["ended one"]})],
        [("verified", {**act, "outcome": "recovered", "before": 9, "after": 0, "seconds_to_recovery": 1.5})],
        [
            (
                "update",
                {"text": "it is better <!here> http://evil.test", "audience": chance.choice(["inside", "public"])},
            )
        ],
        [("phase", {"phase": "resolved", "reason": "all is well"})],
    ]
    kept = [each for each in usual if chance.random() < 0.8]
    for events in kept if chance.random() < 0.5 else ():
        for kind, note in events:
            if kind == "update":
                note["text"] += LONG
    return kept


class Played:
    """One schedule against the channels."""

    def __init__(self, channels: Channels, seed: int, folder: Path) -> None:
        self.channels, self.chance = channels, random.Random(f"announcing {seed}")
        self.id, self.log, self.now = f"i{seed}", str(folder), START + timedelta(days=seed)
        # The clock of the controller, which is not that of the log's host.
        self.ahead = timedelta(seconds=random.Random(f"clock {seed}").choice((0, 0, -3600, -100, 100, 3600)))
        self.page = self.chance.choice(("statuspage", "cachet"))
        self.settings = channels.settings(self.page)
        self.share = 0.0  # of the runs that do not reach some channel
        self.day = f"{self.now:%Y-%m-%d}"

    def write(self, *events: tuple[str, dict[str, Any]]) -> None:
        opening = {"scenario": "db_lock_contention", "severity": "P1", "hosts": ["db1"]}
        rows = [{"kind": kind, "note": note} for kind, note in events]
        options = {"log": self.log, "id": self.id, "by": "ada", "host": "db1", "at": stamp(self.now)}
        record({**options, "opening": opening, "events": rows}, False, now=self.now)

    def drain(self, dies: str = "", silence: float = 1.0, answerers: Any = ()) -> Any:
        """What a run that sends what is due returns. ``dies``: after it has taken messages, or after some were sent;
        ``silence``: seconds for which a channel may be silent, a quarter of the budget."""
        is_away = self.chance.random() < self.share
        announcing = Announcing(self.channels.away(self.settings, self.chance) if is_away else self.settings, {})
        at = stamp(self.now + self.ahead)
        given = {"log": self.log, "ids": [self.id], "by": "run", "at": at, "group": "", "lease": 90.0,
                 "settings": announcing.public, "channels": None, "answerers": answerers}  # fmt: skip
        report = take_messages(given, False, lambda: self.now)
        if dies == "taken":
            return None
        for name in announcing.settings:
            announcing.channel(name).gap = 0.0

        def append(incident: str, events: list[dict[str, Any]]) -> None:
            if dies != "sent":
                options = {"log": self.log, "id": incident, "by": "run", "at": at, "events": events}
                record(options, False, now=self.now)

        if dies == "sent":  # of each channel a part went out
            for incident in report["incidents"]:
                keep = self.chance.randint(0, len(incident["messages"]))
                incident["messages"] = incident["messages"][:keep]
        sent = announcing.sent(report, append, 4 * silence, lambda: self.now + self.ahead)
        # Here the next run begins at once; out there half a minute has gone by.
        wait_for_lanes()
        for server in self.channels.all[:-1]:
            server.settle()
        return sent

    def entries(self) -> Any:
        return entries_of(read(self.log, self.id)[0])

    def play(self) -> None:
        self.channels.set_faults(self.chance, self.chance.choice((0.0, 0.1, 0.3)))
        self.share = self.chance.choice((0.0, 0.1))
        self.write()
        for events in [[], *story(self.chance)]:
            if events:
                self.write(*events)
            for dummy in range(self.chance.randint(0, 2)):
                self.drain(self.chance.choice(("", "", "", "taken", "sent")))
                self.now += timedelta(seconds=self.chance.choice((1, 40, 100, 700)))
        self.channels.set_faults(self.chance, 0.0)
        self.share = 0.0
        for dummy in range(40):
            self.now += timedelta(seconds=700)
            self.drain(silence=20.0)
            if not [entry for entry in self.entries() if entry.state not in ("sent", "replaced")]:
                return
        raise AssertionError([entry for entry in self.entries() if entry.state not in ("sent", "replaced")])
