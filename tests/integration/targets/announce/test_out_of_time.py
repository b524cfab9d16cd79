"""A run whose time is over begins nothing: the message that it has in its hands may be another run's by then."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._announce.io.announcing import Announcing
from ansible_collections.pafar.runbook.plugins.module_utils._announce.io.deliver import deliver
from ansible_collections.pafar.runbook.plugins.module_utils._announce.outbox import Entry, Message
from ansible_collections.pafar.runbook.plugins.module_utils._incident.record import record

from support.channels.others import MailServer, Tracker
from support.channels.pages import Cachet, Statuspage
from support.channels.server import IN_PARTS, Fault, wait_for_lanes
from support.channels.slack import Slack

BASE = {"incident": "i", "scenario": "s", "hosts": "db1", "severity": "P1", "opened_at": "x", "title": "Slow"}
TEXTS = {"state": "investigating", "text": "", "cause": "", "resolution": "", "components": {}, "acted": False}
NOTE = {"place": "incident", "by": "ada", "done_at": "", "text": "moved it"}
MESSAGES = {
    "statuspage": Message("page/investigating/1.1", "page", "page", {**BASE, **TEXTS}),
    "cachet": Message("page/investigating/1.1", "page", "page", {**BASE, **TEXTS}),
    "slack": Message("slack/note/7", "slack", "note", {**BASE, **NOTE}),
    "tracker": Message("tracker/create/1", "tracker", "issue", {**BASE, "action": "create", "phase": "open"}),
}  # fmt: skip


def is_question(request):
    return request.method == "GET" or request.path.endswith(("/conversations.list", "/conversations.history"))


def site(kind):
    """A stand-in, its settings, and what it has been told."""
    if kind == "slack":
        chat = Slack()
        given = {"slack": {"token": chat.token, "api": chat.api}}
        return chat, given, lambda: [each for room in chat.rooms for each in room.messages]
    if kind == "tracker":
        tracker = Tracker()
        return tracker, {"tracker": {"url": tracker.url, "token": tracker.token}}, lambda: tracker.issues
    page = Statuspage() if kind == "statuspage" else Cachet()
    given = {"kind": kind, "api": page.url, "token": page.token, "page": getattr(page, "page", "")}
    return page, {"page": given}, lambda: page.incidents


@pytest.mark.parametrize("kind", MESSAGES)
def test_an_answer_that_comes_too_late_is_followed_by_no_message(kind):
    """The other side was asked for what it has, and the answer came bit by bit: each of them in time, the whole not."""
    server, given, told = site(kind)
    announcing, message = Announcing(given, {}), MESSAGES[kind]
    announcing.channel(message.channel)  # its library is loaded before the time begins
    entry = Entry(message, "sending", datetime.now(UTC))
    with server:
        server.fault_for = lambda request: Fault(IN_PARTS, seconds=0.4) if is_question(request) else None
        results = deliver([entry], {}, announcing.channel, "i", 0.8, lambda: datetime.now(UTC))
        wait_for_lanes()
        assert (told(), results.notes) == ([], [])
        server.fault_for = lambda _request: None
        results = deliver([entry], {}, announcing.channel, "i", 5.0, lambda: datetime.now(UTC))
    assert [note["state"] for note in results.notes] == ["sent"], results
    assert len(told()) == 1


@pytest.mark.parametrize("kind", ["statuspage", "cachet"])
def test_a_run_that_was_stopped_for_longer_than_its_lease_sends_nothing_when_it_goes_on(kind, tmp_path):
    """It was stopped while the page answered what it has, as by a machine that swaps; another run has taken over."""
    server, given, dummy = site(kind)
    given["page"].update(scenarios=["s"], first_post="act")
    opening = {"scenario": "s", "severity": "P1", "hosts": ["db1"]}
    record({"log": str(tmp_path), "id": "i", "by": "ada", "opening": opening, "events": []}, False)
    wanted = {"log": str(tmp_path), "id": "i", "settings": given, "lease": 3}
    argv = [sys.executable, "-m", "support.draining", json.dumps(wanted)]
    stopped: list[int] = []
    with server, subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as first:

        def stop(request):
            if request.method == "GET" and not stopped:
                stopped.append(first.pid)
                os.kill(first.pid, signal.SIGSTOP)

        server.fault_for = stop
        assert first.stdout.readline() == "begins\n"
        while not stopped:
            time.sleep(0.05)
        time.sleep(3.2)
        subprocess.run(argv, check=True, stdout=subprocess.DEVNULL)
        os.kill(first.pid, signal.SIGCONT)
        assert first.wait(30) == 0
        assert [[state for dummy, state in updates] for updates in server.published()] == [["investigating"]]


def mailed(server, silence):
    given = {
        "host": "127.0.0.1",
        "port": server.port,
        "tls": "none",
        "sender": "a@example.org",
        "to": ["b@example.org"],
    }
    announcing = Announcing({"mail": given}, {})
    values = {**BASE, **TEXTS, "at": "x", "next_at": "", "to": "b@example.org"}
    entry = Entry(Message("mail/investigating/1.1/b", "mail", "mail", values), "sending", datetime.now(UTC))
    results = deliver([entry], {}, announcing.channel, "i", silence, lambda: datetime.now(UTC))
    wait_for_lanes()
    return results


def test_a_mail_server_that_is_slow_at_each_step_gets_no_mail_after_the_time():
    """The log would not have it, and it would go out once more."""
    with MailServer() as server:
        server.fault = lambda _step: time.sleep(0.4) or ""
        results = mailed(server, 0.8)
        assert (server.mails, results.notes) == ([], [])


def test_the_reply_to_a_mail_is_waited_for_while_there_is_time():
    """A server that looks into a mail before it takes it would get each mail twice."""
    with MailServer() as server:
        server.fault = lambda step: time.sleep(2.5) or "" if step == "reply" else ""
        results = mailed(server, 1.5)
        assert len(server.mails) == 1
    assert [note["state"] for note in results.notes] == ["sent"]
