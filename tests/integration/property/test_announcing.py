"""The outbox under random faults of every channel and deaths of the sender: nothing lost, nothing said twice, in order.

A schedule is a seed: events of one incident, runs between them of which some die at some step, and a fault for many of
the requests. Then the faults end, the time goes on, and the outbox is drained.
Some runs do not reach some of the channels at all.
"""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._announce.page_states import STATES

from support.channels.others import mails_in_doubt
from support.channels.played import LONG, Played, story
from support.scope import ALL, left_out

SCHEDULES = 500
KILLS = 100
KILLED_RUNS = KILLS if ALL else KILLS // 20
RUN = SCHEDULES if ALL else SCHEDULES // 20
BESIDE = 5  # incidents in one log


def of_channel(entries: Any, channel: str, *states: str) -> list[str]:
    return [entry.message.key for entry in entries if entry.message.channel == channel and entry.state in states]


def said_in_slack(entries: Any) -> list[str]:
    """Keys of the messages that are in a channel."""
    return [
        entry.message.key
        for entry in entries
        if (entry.message.channel, entry.state) == ("slack", "sent")
        and entry.message.template not in ("topic", "archive", "file", "invite", "pin")
    ]


def check_files(played: Played, entries: Any) -> None:
    """Each message that was cut has the whole text in its thread, once."""
    cut = [
        entry.reference.split("/")[1]
        for entry in entries
        if entry.state == "sent"
        and LONG[-100:].strip() in str(entry.message.values.get("text"))
        and entry.message.channel == "slack"
    ]
    stamps = [
        message["ts"]
        for room in played.channels.slack.rooms
        for message in room.messages
        if message["metadata"]["event_payload"]["incident"] == played.id
    ]
    added = [thread for room in played.channels.slack.rooms for thread, dummy in room.files if thread in stamps]
    assert sorted(added) == sorted(cut), "the whole text of each"


def check_slack(played: Played, entries: Any) -> None:
    slack = played.channels.slack
    own = {f"i{played.id[1:]}"}
    posts = [
        (room.name, message["metadata"]["event_payload"]["key"])
        for room in slack.rooms
        for message in room.messages
        if message["metadata"]["event_payload"]["incident"] in own
    ]
    said = said_in_slack(entries)
    assert Counter(key for dummy, key in posts) == Counter(said), "once each"
    check_files(played, entries)
    for room in {name for name, dummy in posts}:
        order = [key for name, key in posts if name == room]
        assert order == [key for key in said if key in order], "in order"
    mine = [room for room in slack.rooms if room.name.startswith(f"incident-{played.day}")]
    assert len(mine) == 1, "one channel"
    check_room(played, entries, mine[0])
    assert "http://evil" not in str([message["text"] for message in mine[0].messages])
    assert "<!here>" not in str([message["text"] for message in mine[0].messages])


def check_room(played: Played, entries: Any, room: Any) -> None:
    """What the incident's channel shows beside its messages, as the last of its kind says."""
    sent = [entry.message for entry in entries if (entry.message.channel, entry.state) == ("slack", "sent")]
    topic = [message.values for message in sent if message.template == "topic"][-1]
    assert room.topic.startswith(f"{topic['severity']}, {topic['phase']}, led by {topic['lead']}"), "the last topic"
    assert {"U1", "U2"} <= room.members, "the responders"
    pinned = {message.key for message in sent if message.values.get("pin")}
    posts = {message["ts"]: message["metadata"]["event_payload"]["key"] for message in room.messages}
    assert pinned == {"slack/links"}
    assert [posts[each] for each in room.pins] == ["slack/links"], "pinned once"


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
    if triggered:
        action = of_channel(entries, "pager", "sent")[-1].split("/")[1]
        assert channels.pager.alerts[played.id] == action, "the last state stays"
    issues = [issue for issue in channels.tracker.issues if issue["external_id"] == played.id]
    assert len(issues) == 1
    last = [entry.message for entry in entries if entry.message.channel == "tracker" and entry.state == "sent"][-1]
    title = f"Incident {played.id}: {last.values['phase']}, severity {last.values['severity']}"
    assert issues[0]["said"][-1].startswith(title), "the last state stays"
    mails = [mail for mail in channels.mail.mails if re.search(rf"Incident {played.id}\s", mail.get_content())]
    wanted = {entry.reference: entry for entry in entries if entry.message.channel == "mail" and entry.state == "sent"}
    times = Counter(str(mail["Message-ID"]) for mail in mails)
    known, maybe_mails = set(wanted), mails_in_doubt(played.id, entries)
    assert known <= set(times) <= known | maybe_mails, "none lost, none of another kind"
    for address in ("ceo@pafar.test", "cto@pafar.test"):
        arrived = list(dict.fromkeys(str(mail["Message-ID"]) for mail in mails if address in str(mail["To"])))
        sent = [each.reference for each in wanted.values() if each.message.lane == address]
        assert [each for each in arrived if each in known] == sent, "no state after its successor"
    for reference, number in times.items():
        is_said = reference in maybe_mails or "perhaps twice" in wanted[reference].reason
        assert number == 1 or is_said, "twice only where that is said"


@pytest.mark.parametrize("part", range(5))
def test_every_message_is_said_once_and_in_order(channels, tmp_path, part):
    if part == 0:
        left_out("schedules of faults of the channels", SCHEDULES - RUN)
    for seed in range(part + 1, RUN + 1, 5):
        # A log holds a few incidents beside each other, as a site's: each run looks at all of late.
        played = Played(channels, seed, tmp_path / str(seed // (5 * BESIDE)))
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
        played = Played(channels, 10_000 + number, tmp_path / str(number // BESIDE))
        # In Slack at most 20 incidents of one minute have a channel of their own.
        played.now = datetime.now(UTC) - timedelta(minutes=number % 10)
        played.day = f"{played.now:%Y-%m-%d}"
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
        assert set(own) == set(said_in_slack(entries)), "nothing lost"
        check_files(played, entries)
        check_others(played, entries)
        assert not [entry.reason for entry in entries if entry.message.template == "channel" and not entry.reference]
        (own_room,) = [entry.reference for entry in entries if entry.message.template == "channel"]
        (room,) = [each for each in channels.slack.rooms if each.id == own_room]
        check_room(played, entries, room)
