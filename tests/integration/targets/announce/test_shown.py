"""In check mode every message is shown as it goes out afterwards, with its subject or title, and to whom."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._announce.io.announcing import Announcing
from ansible_collections.pafar.runbook.plugins.module_utils._announce.io.take import take_messages
from ansible_collections.pafar.runbook.plugins.module_utils._incident.stamps import stamp

from support.channels.played import Channels, Played

TEXT = "R&D *looks* at <b>it</b>, see http://evil.test"


@pytest.fixture
def channels():
    with Channels() as found:
        yield found


def shown(played):
    announcing = Announcing(played.settings, {})
    given = {"log": played.log, "ids": [played.id], "by": "run", "at": stamp(played.now), "group": "", "lease": 90.0,
             "settings": announcing.public, "channels": None, "answerers": ()}  # fmt: skip
    return announcing.shown(take_messages(given, True, lambda: played.now), 5.0)


@pytest.mark.parametrize("kind", ["statuspage", "cachet"])
def test_what_is_shown_is_what_goes_out(channels, tmp_path, kind):
    played = Played(channels, 1, tmp_path)
    played.page, played.settings = kind, channels.settings(kind)
    said = {"audience": "public", "text": TEXT}
    played.write(("diagnosed", {"cause": "row", "lines": [TEXT]}), ("update", said))
    planned = {row["key"]: row for row in shown(played)["messages"]}
    assert not channels.slack.requests + channels.tracker.requests + channels.mail.mails, "nothing is sent"
    played.drain(silence=20.0)
    mails = [(row["to"], row["title"], row["text"]) for row in planned.values() if row["channel"] == "mail"]
    arrived = [
        (mail["To"], mail["Subject"], mail.get_content().replace("\r", "").strip()) for mail in channels.mail.mails
    ]
    assert sorted(mails) == sorted(arrived)
    assert len(mails) > 1
    server = getattr(channels, kind)
    texts = [
        re.sub(r"\[//\]: #.*", "", text).strip()
        for each in server.incidents
        for text in (
            [update["body"] for update in each["updates"]]
            if kind == "statuspage"
            else [each["message"], *(update["message"] for update in each["updates"])]
        )
    ]
    pages = [row for row in planned.values() if row["channel"] == "page"]
    assert ([row["text"] for row in pages], pages[0]["title"]) == (texts, server.incidents[0]["name"])
    assert {row["to"] for row in pages} == {"statuspage p1" if kind == "statuspage" else "cachet 127.0.0.1"}
    (issue,) = channels.tracker.issues
    made = planned["tracker/create/1"]
    assert (made["title"], made["text"]) == (issue["title"], issue["said"][0])
    chat = {row["text"] for row in planned.values() if row["channel"] == "slack"}
    posts = {each["text"].partition("\n<#")[0] for room in channels.slack.rooms for each in room.messages}
    assert posts <= chat


def test_an_update_for_the_people_of_the_site_keeps_the_promise_of_the_last_mail(channels, tmp_path):
    """In the site's public words: what the person said inside is in the channel alone."""
    channels.mail.mails.clear()
    played = Played(channels, 4, tmp_path)
    played.write()
    played.drain(silence=20.0)
    promised = stamp(played.now + timedelta(hours=1))
    played.now += timedelta(minutes=20)
    played.write(("update", {"audience": "inside", "text": "row lock of nightly-report", "next_at": promised}))
    played.drain(silence=20.0)
    first, update = [mail.get_content() for mail in channels.mail.mails if mail["To"] == "ceo@pafar.test"]
    assert "Next update by" in first
    promise = f"The incident is still open.\n\nNext update by {promised[:10]} {promised[11:19]} UTC"
    assert promise in update.replace("\r", "")
    assert not [mail for mail in channels.mail.mails if "row lock" in mail.get_content()]
    assert "row lock of nightly-report" in str([each["text"] for each in channels.slack.rooms[-1].messages])
    played.drain(silence=20.0)
    assert len(channels.mail.mails) == 4, "once to each of two"


def test_a_run_in_check_mode_names_each_recipient_and_what_is_done_beside(channels, tmp_path):
    played = Played(channels, 2, tmp_path)
    played.write(("diagnosed", {"cause": "row", "lines": [TEXT]}))
    before, name = shown(played)["messages"], f"#incident-{played.day}-1456"
    planned = {row["key"]: (row["to"], row["reason"]) for row in before}
    assert planned["slack/channel"] == (name, "this channel is made, and U1, U2 invited")
    assert planned["slack/links"] == (name, "pinned")
    assert planned["slack/standing/opened"] == ("#pafar-incidents", "")
    assert [to for key, to in planned.items() if "/topic/" in key] == [(name, "as its topic")]
    assert planned["tracker/create/1"] == ("127.0.0.1", "create")
    assert planned["pager/trigger/1"] == ("pagerduty", "trigger")
    assert {row["to"] for row in before if row["channel"] == "mail"} == {"ceo@pafar.test", "cto@pafar.test"}
    played.drain(silence=20.0)
    room = channels.slack.room(name[1:])
    assert (len(room.pins), {"U1", "U2"} <= set(room.members)) == (1, True)
    played.write(("noted", {"text": "moved it"}))
    (later,) = [row for row in shown(played)["messages"] if row["key"].startswith("slack/note/")]
    assert (later["to"], later["text"]) == (f"the incident's own channel {room.id}", "ada: moved it")


def test_every_message_is_shown_also_those_that_the_next_runs_would_send(channels, tmp_path):
    played = Played(channels, 1, tmp_path)
    played.write(*(("noted", {"text": f"note {number}"}) for number in range(45)))
    notes = [row for row in shown(played)["messages"] if "note " in row["text"]]
    assert len(notes) == 45
    played.drain(silence=20.0)
    assert len([key for key in channels.slack.said() if "/note/" in key]) < 45, "of a channel the first 20"
