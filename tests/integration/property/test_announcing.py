"""The outbox under random faults of every channel and deaths of the sender: nothing lost, nothing said twice, in order.

A schedule is a seed: events of one incident, runs between them of which some die at some step, and a fault for many of
the requests. Then the faults end, the time goes on, and the outbox is drained.
"""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._announce.io.announcing import Announcing
from ansible_collections.pafar.runbook.plugins.module_utils._announce.io.take import take_messages
from ansible_collections.pafar.runbook.plugins.module_utils._announce.outbox import entries_of
from ansible_collections.pafar.runbook.plugins.module_utils._announce.page_states import STATES
from ansible_collections.pafar.runbook.plugins.module_utils._incident.event import kept_at
from ansible_collections.pafar.runbook.plugins.module_utils._incident.io.log import read
from ansible_collections.pafar.runbook.plugins.module_utils._incident.record import record
from ansible_collections.pafar.runbook.plugins.module_utils._incident.stamps import stamp

from support.channels.others import KILLED, LOST, MailServer, PagerDuty, Tracker, mails_in_doubt
from support.channels.pages import Cachet, Statuspage
from support.channels.server import (
    EFFECT_CLOSED,
    EFFECT_CUT,
    EFFECT_HTML,
    EFFECT_SILENT,
    HTML,
    REFUSED,
    SILENT,
    STATUS,
    Fault,
    Request,
    wait_for_lanes,
)
from support.channels.slack import Slack
from support.scope import ALL, left_out

SCHEDULES = 500
KILLS = 100
KILLED_RUNS = KILLS if ALL else KILLS // 20
RUN = SCHEDULES if ALL else SCHEDULES // 20
START = datetime(2026, 11, 23, 14, 56, tzinfo=UTC)
QUICK = (EFFECT_CLOSED, EFFECT_CUT, EFFECT_HTML, HTML, REFUSED)
SLOW = (SILENT, EFFECT_SILENT)  # each lasts as long as the run may
STATUSES = (429, 420, 500, 502, 503)
WORDS = {"db_lock_contention": "Bookings are slow", "row": "A queue in our database was the cause."}


class Channels:
    """All channels of a site, one after the other for all schedules."""

    def __init__(self) -> None:
        self.slack, self.statuspage, self.cachet = Slack(), Statuspage(), Cachet()
        self.pager, self.tracker, self.mail = PagerDuty(), Tracker(), MailServer()
        self.all: list[Any] = [self.slack, self.statuspage, self.cachet, self.pager, self.tracker, self.mail]

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
            return Fault(chance.choice(QUICK) if with_effect else chance.choice((HTML, REFUSED)))

        def mail_fault(step: str) -> str:
            if chance.random() >= share:
                return ""
            if step == "reply":
                return chance.choice((KILLED, LOST, "451 try again"))
            return chance.choice((KILLED, "421 busy", "450 try again"))

        for server in (self.slack, self.statuspage, self.cachet, self.pager, self.tracker):
            server.fault_for = fault_for if share else lambda _request: None
        self.mail.fault = mail_fault if share else lambda _step: ""


@pytest.fixture(scope="module")
def channels() -> Iterator[Channels]:
    found = Channels()
    for server in found.all:
        server.__enter__()
    yield found
    for server in found.all:
        server.__exit__(None, None, None)


def story(chance: random.Random) -> list[list[tuple[str, dict[str, Any]]]]:
    """Events of an incident in the order in which they are written, some in one write."""
    act = {"mitigation": "unblock_sessions"}
    usual: list[list[tuple[str, dict[str, Any]]]] = [
        [("diagnosed", {"cause": "row", "lines": ["9 sessions wait"]})],
        [("severity", {"severity": "P0", "reason": "bookings fail", "facts": ["x"]})],
        [("held", {"plan": {"digest": "d" * 64, "actions": [{"target": "1@x", "who": "web"}]}, "reasons": ["limit"]})],
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
    return [each for each in usual if chance.random() < 0.8]


class Played:
    """One schedule against the channels."""

    def __init__(self, channels: Channels, seed: int, folder: Path) -> None:
        self.channels, self.chance = channels, random.Random(f"announcing {seed}")
        self.id, self.log, self.now = f"i{seed}", str(folder), START + timedelta(days=seed)
        # The clock of the controller, which is not that of the log's host.
        self.ahead = timedelta(seconds=random.Random(f"clock {seed}").choice((0, 0, -3600, -100, 100, 3600)))
        self.page = self.chance.choice(("statuspage", "cachet"))
        self.settings = channels.settings(self.page)
        self.day = f"{self.now:%Y-%m-%d}"

    def write(self, *events: tuple[str, dict[str, Any]]) -> None:
        opening = {"scenario": "db_lock_contention", "severity": "P1", "hosts": ["db1"]}
        rows = [{"kind": kind, "note": note} for kind, note in events]
        options = {"log": self.log, "id": self.id, "by": "ada", "host": "db1", "at": stamp(self.now)}
        record({**options, "opening": opening, "events": rows}, False, now=self.now)

    def drain(self, dies: str = "", budget: float = 1.0, answerers: Any = ()) -> None:
        """A run that sends what is due; ``dies``: after it has taken messages, or after some were sent."""
        announcing = Announcing(self.settings, {})
        at = stamp(self.now + self.ahead)
        given = {"log": self.log, "ids": [self.id], "by": "run", "at": at, "group": "", "lease": 90.0,
                 "settings": announcing.public, "channels": None, "answerers": answerers}  # fmt: skip
        report = take_messages(given, False, lambda: self.now)
        if dies == "taken":
            return
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
        announcing.sent(report, append, budget, lambda: self.now + self.ahead)
        # Here the next run begins at once; out there half a minute has gone by.
        wait_for_lanes()
        for server in self.channels.all[:-1]:
            server.settle()

    def entries(self) -> Any:
        return entries_of(read(self.log, self.id)[0])

    def play(self) -> None:
        self.channels.set_faults(self.chance, self.chance.choice((0.0, 0.1, 0.3)))
        self.write()
        for events in [[], *story(self.chance)]:
            if events:
                self.write(*events)
            for dummy in range(self.chance.randint(0, 2)):
                self.drain(self.chance.choice(("", "", "", "taken", "sent")))
                self.now += timedelta(seconds=self.chance.choice((1, 40, 100, 700)))
        self.channels.set_faults(self.chance, 0.0)
        for dummy in range(40):
            self.now += timedelta(seconds=700)
            self.drain(budget=20.0)
            if not [entry for entry in self.entries() if entry.state not in ("sent", "replaced")]:
                return
        raise AssertionError([entry for entry in self.entries() if entry.state not in ("sent", "replaced")])


def of_channel(entries: Any, channel: str, *states: str) -> list[str]:
    return [entry.message.key for entry in entries if entry.message.channel == channel and entry.state in states]


def check_slack(played: Played, entries: Any) -> None:
    slack = played.channels.slack
    own = {f"i{played.id[1:]}"}
    posts = [
        (room.name, message["metadata"]["event_payload"]["key"])
        for room in slack.rooms
        for message in room.messages
        if message["metadata"]["event_payload"]["incident"] in own
    ]
    said = [key for key in of_channel(entries, "slack", "sent") if key.split("/")[1] not in ("topic", "archive")]
    assert Counter(key for dummy, key in posts) == Counter(said), "once each"
    for room in {name for name, dummy in posts}:
        order = [key for name, key in posts if name == room]
        assert order == [key for key in said if key in order], "in order"
    mine = [room for room in slack.rooms if room.name.startswith(f"incident-{played.day}")]
    assert len(mine) == 1, "one channel"
    assert "http://evil" not in str([message["text"] for message in mine[0].messages])
    assert "<!here>" not in str([message["text"] for message in mine[0].messages])


def check_page(played: Played, entries: Any) -> None:
    page: Any = getattr(played.channels, played.page)
    keys = of_channel(entries, "page", "sent")
    mine = [updates for updates in page.published() if any(key in keys for key, dummy in updates)]
    published = [key for updates in mine[-1:] for key, dummy in updates]
    assert [key for key in published if key in keys] == keys, "each state once, in its order"
    states = [STATES.index(key.split("/")[1]) for key in keys]
    if len(keys) == len([key for key in keys if "/update" not in key]):
        last = next((entry for entry in reversed(entries) if entry.message.channel == "page"), None)
        assert last is None or STATES[states[-1]] == last.message.values["state"]


def check_others(played: Played, entries: Any) -> None:
    channels = played.channels
    triggers = [key for key in of_channel(entries, "pager", "sent") if key.startswith("pager/trigger")]
    # One that was in doubt, then refused for the time being, and then replaced by the next state may have arrived.
    maybe = [
        entry.message.key
        for entry in entries
        if entry.message.key.startswith("pager/trigger") and entry.state == "replaced" and entry.asks
    ]
    triggered = channels.pager.triggered.get(played.id, 0)
    assert min(1, len(triggers)) <= triggered <= min(1, len(triggers) + len(maybe))
    issues = [issue for issue in channels.tracker.issues if issue["external_id"] == played.id]
    assert len(issues) == 1
    mails = [mail for mail in channels.mail.mails if re.search(rf"Incident {played.id}\s", mail.get_content())]
    wanted = {entry.reference: entry for entry in entries if entry.message.channel == "mail" and entry.state == "sent"}
    times = Counter(str(mail["Message-ID"]) for mail in mails)
    known, maybe_mails = set(wanted), mails_in_doubt(played.id, entries)
    assert known <= set(times) <= known | maybe_mails, "none lost, none of another kind"
    for reference, number in times.items():
        is_said = reference in maybe_mails or "perhaps twice" in wanted[reference].reason
        assert number == 1 or is_said, "twice only where that is said"


@pytest.mark.parametrize("part", range(5))
def test_every_message_is_said_once_and_in_order(channels, tmp_path, part):
    if part == 0:
        left_out("schedules of faults of the channels", SCHEDULES - RUN)
    for seed in range(part + 1, RUN + 1, 5):
        played = Played(channels, seed, tmp_path)
        played.play()
        entries = played.entries()
        try:
            check_slack(played, entries)
            check_page(played, entries)
            check_others(played, entries)
        except AssertionError as error:
            raise AssertionError(f"seed {seed}: {error}") from error


def test_runs_that_are_killed_at_any_moment_lose_nothing_and_say_nothing_twice(channels, tmp_path):
    """By the clock of the machine, and without a lease, so that the next run follows at once."""
    left_out("kills of a run that sends", KILLS - KILLED_RUNS)
    channels.set_faults(random.Random("kills"), 0.0)
    for number in range(KILLED_RUNS):
        chance = random.Random(f"kill {number}")
        played = Played(channels, 10_000 + number, tmp_path)
        played.now = datetime.now(UTC)
        played.day = f"{played.now:%Y-%m-%d}"
        del played.settings["mail"]  # it may be doubled, which is said
        played.write(*[event for events in story(chance) for event in events])
        wanted = {"log": played.log, "id": played.id, "settings": played.settings, "lease": 0}
        argv = [sys.executable, "-m", "support.draining", json.dumps(wanted)]
        for dummy in range(chance.randint(1, 4)):
            with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as run:
                assert run.stdout.readline() == "begins\n"
                time.sleep(chance.random() * 0.3)
                run.kill()
            # What it had on its way takes effect before the next run asks for it; out there the lease sees to that.
            for server in channels.all[:-1]:
                server.settle()
        for server in channels.all[:-1]:
            server.settle()
        for dummy in range(20):
            subprocess.run(argv, check=True, stdout=subprocess.DEVNULL)
            if not [entry for entry in played.entries() if entry.state not in ("sent", "replaced")]:
                break
        entries = played.entries()
        assert {entry.state for entry in entries} <= {"sent", "replaced"}
        check_page(played, entries)
        own = [
            message["metadata"]["event_payload"]["key"]
            for room in channels.slack.rooms
            for message in room.messages
            if message["metadata"]["event_payload"]["incident"] == played.id
        ]
        assert len(own) == len(set(own)), "nothing twice"
        said = [key for key in of_channel(entries, "slack", "sent") if key.split("/")[1] not in ("topic", "archive")]
        assert set(own) == set(said), "nothing lost"
        assert len([issue for issue in channels.tracker.issues if issue["external_id"] == played.id]) == 1


ANSWERERS = [
    {"step": "primary", "person": "ada", "slack": "U1", "mail": "", "why": ""},
    {"step": "secondary", "person": "bob", "slack": "U2", "mail": "", "why": ""},
    {"step": "escalation", "person": "eve", "slack": "", "mail": "eve@pafar.test", "why": ""},
]


@pytest.mark.parametrize(("acknowledged_at", "killed"), [(None, 0), (None, 1), (None, 2), (130, 0), (400, 2)])
def test_an_unanswered_p0_pages_each_step_once_at_its_time(channels, tmp_path, acknowledged_at, killed):
    """A tick every 20 seconds for a quarter of an hour; every third dies at some step, with 0 each one that pages."""
    channels.set_faults(random.Random("ticks"), 0.0)
    played = Played(channels, 20_000 + (acknowledged_at or 0) + killed, tmp_path)
    del played.settings["page"], played.settings["tracker"], played.settings["pager"]
    played.write(("severity", {"severity": "P0", "reason": "all bookings fail", "facts": ["x"]}))
    for tick in range(46):
        if acknowledged_at is not None and tick * 20 == acknowledged_at - acknowledged_at % 20:
            played.write(("acknowledged", {}))
        played.drain(played.chance.choice(("taken", "sent")) if tick % 3 == killed else "", answerers=ANSWERERS)
        played.now += timedelta(seconds=20)
    for dummy in range(10):
        played.now += timedelta(seconds=700)
        played.drain(budget=20.0, answerers=ANSWERERS)
    queued = {
        event["note"]["key"]: (kept_at(event) - START).total_seconds() % 86400
        for event in read(played.log, played.id)[0]
        if event["kind"] == "message" and event["note"]["state"] == "queued" and event["note"]["key"].startswith("call")
    }
    expected = {"call/primary/slack": 0, "call/secondary/slack": 300, "call/escalation/mail": 600}
    wanted = {key: at for key, at in expected.items() if acknowledged_at is None or at < acknowledged_at}
    assert set(queued) == set(wanted)
    assert all(0 <= queued[key] - at < 20 for key, at in wanted.items()), "at its time, or at the next tick"
    said = Counter(
        message["metadata"]["event_payload"]["key"]
        for room in channels.slack.rooms
        for message in room.messages
        if message["metadata"]["event_payload"]["incident"] == played.id
    )
    assert [said[key] for key in wanted if key.endswith("slack")] == [1] * sum(key.endswith("slack") for key in wanted)
    assert max(said.values()) == 1


def pages_to(channels: Channels, played: Played, user: str) -> list[str]:
    """Keys of the messages of this incident in a person's conversation."""
    payloads = [
        message["metadata"]["event_payload"]
        for room in channels.slack.rooms
        for message in room.messages
        if room.name == f"dm-{user}"
    ]
    return [str(each["key"]) for each in payloads if each["incident"] == played.id]


@pytest.mark.parametrize(("kind", "arrived"), [(EFFECT_CLOSED, 1), (HTML, 0), (REFUSED, 0), ("taken", 0)])
def test_no_page_is_sent_after_the_acknowledgement_whatever_became_of_it(channels, tmp_path, kind, arrived):
    channels.set_faults(random.Random("doubt"), 0.0)
    played = Played(channels, 40_000 + (EFFECT_CLOSED, HTML, REFUSED, "taken").index(kind), tmp_path)
    played.write(("severity", {"severity": "P0", "reason": "x", "facts": ["y"]}))
    if kind != "taken":
        channels.slack.fault_for = lambda request: (
            Fault(kind) if "call/" in str(request.fields.get("metadata")) else None
        )
    played.drain("taken" if kind == "taken" else "", answerers=ANSWERERS)
    channels.set_faults(random.Random("doubt"), 0.0)
    played.write(("acknowledged", {}))
    for dummy in range(3):
        played.now += timedelta(seconds=700)
        played.drain(budget=20.0, answerers=ANSWERERS)
    assert len(pages_to(channels, played, "U1")) == arrived
    assert pages_to(channels, played, "U2") == []
    played.write(("phase", {"phase": "closed", "reason": "x"}))
    played.write(("phase", {"phase": "open", "reason": "it is back"}))
    for dummy in range(2):
        played.drain(budget=20.0, answerers=ANSWERERS)
    assert pages_to(channels, played, "U1")[arrived:] == ["call/primary-2/slack"], "it pages again, once"
