"""Answers without an end, and of a size that no API has: read as far as is sensible, with a reason that says so."""

from __future__ import annotations

import gzip
import json
import socket
import threading
import time

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._announce.delivery import InDoubt, NotDelivered
from ansible_collections.pafar.runbook.plugins.module_utils._announce.io.announcing import Announcing
from ansible_collections.pafar.runbook.plugins.module_utils._announce.io.channel import Thread, ticks
from ansible_collections.pafar.runbook.plugins.module_utils._announce.io.deliver import deliver
from ansible_collections.pafar.runbook.plugins.module_utils._announce.io.http_call import Answered, request
from ansible_collections.pafar.runbook.plugins.module_utils._announce.io.take import utc_now
from ansible_collections.pafar.runbook.plugins.module_utils._announce.outbox import Entry, Message

from support.channels.others import PagerDuty, Tracker
from support.channels.pages import Cachet, Statuspage
from support.channels.server import (
    EFFECT_DRIPS,
    EFFECT_ENDLESS,
    EFFECT_HUGE,
    HTML,
    Answer,
    Fault,
    StandIn,
)
from support.channels.slack import Slack

BASE = {"incident": "i", "scenario": "s", "hosts": "db1", "severity": "P1", "opened_at": "x", "title": "Slow"}
PAGE = {**BASE, "state": "investigating", "text": "", "cause": "", "resolution": "", "components": {}}
CASES = {
    "slack": (Slack, Message("slack/note/7", "slack", "note", {**BASE, "place": "incident", "by": "a", "text": "t"})),
    "statuspage": (Statuspage, Message("page/investigating/1.1", "page", "page", PAGE)),
    "cachet": (Cachet, Message("page/investigating/1.1", "page", "page", PAGE)),
    "pager": (PagerDuty, Message("pager/trigger/1", "pager", "page_person", {**BASE, "action": "trigger"})),
    "tracker": (Tracker, Message("tracker/create/1", "tracker", "issue", {**BASE, "action": "create", "phase": "x"})),
}  # fmt: skip
FAULTS = [
    (Fault(EFFECT_HUGE), "larger than 8 MiB"),
    (Fault(EFFECT_ENDLESS, 200), "larger than 8 MiB"),
    (Fault(EFFECT_ENDLESS, 502), ""),
    (Fault(EFFECT_DRIPS, 200, seconds=0.2), "did not end within the time"),
    (Fault(EFFECT_DRIPS, 502, seconds=0.2), ""),
    (Fault(HTML), ""),
]


@pytest.fixture(params=CASES)
def channel(request):
    """The stand-in, its adapter, and a message for it."""
    make, message = CASES[request.param]
    with make() as server:
        kinds = {
            "slack": {"token": getattr(server, "token", ""), "api": f"{server.url}/api/"},
            "statuspage": {
                "kind": "statuspage",
                "api": server.url,
                "token": getattr(server, "token", ""),
                "page": "p1",
            },
            "cachet": {"kind": "cachet", "api": server.url, "token": getattr(server, "token", "")},
            "pager": {"kind": "pagerduty", "routing_key": "R" * 32, "api": server.url},
            "tracker": {"url": server.url, "token": getattr(server, "token", "")},
        }
        given = {message.channel: kinds[request.param]}
        yield server, Announcing(given, {}).channel(message.channel), message


@pytest.mark.parametrize(("fault", "says"), FAULTS)
def test_an_answer_without_an_end_is_in_doubt_with_a_reason(channel, fault, says):
    server, adapter, message = channel
    server.fault_for = lambda request: fault if request.method != "GET" else None
    began = time.monotonic()
    result = adapter.send(message, Thread("i", {}, ticks() + 3))
    assert time.monotonic() - began < 10
    assert isinstance(result, (InDoubt, NotDelivered)), "it is no success"
    assert isinstance(result, InDoubt) or not server.requests, "what had an effect is not taken for lost"
    assert says in result.reason
    assert len(result.reason) < 400
    assert "Traceback" not in result.reason


@pytest.mark.parametrize(("fault", "says"), FAULTS)
def test_a_question_whose_answer_has_no_end_is_none(channel, fault, says):
    server, adapter, message = channel
    server.fault_for = lambda _request: fault
    if message.channel == "pager":
        return
    with pytest.raises(Answered) as raised:
        adapter.find(message, Thread("i", {"slack/channel": "C1"}, ticks() + 3))
    assert says in str(raised.value)


class _Zipped(StandIn):
    """16 MiB of blanks in 16 KiB."""

    def serve(self, request):  # noqa: ARG002
        return Answer(200, {})


def test_what_a_zipped_answer_becomes_counts(monkeypatch):
    data = gzip.compress(json.dumps({}).encode() + b" " * (16 << 20))
    with _Zipped() as server:
        handler = server._server.RequestHandlerClass
        monkeypatch.setattr(
            handler, "_answer", lambda self, _answer: self._send(200, data, {"Content-Encoding": "gzip"})
        )
        with pytest.raises(Answered, match="larger than 8 MiB"):
            request("GET", server.url, {})


def test_an_answer_of_some_size_is_read_whole():
    """A page of a list of incidents, each with many updates."""
    with Statuspage() as server:
        long = [{"id": f"i{number}", "body": "x" * 20_000} for number in range(200)]
        server.incidents = long
        rows = request("GET", f"{server.url}/v1/pages/p1/incidents?limit=200", {"Authorization": "OAuth page-key"})
        assert len(rows) == 200


@pytest.mark.parametrize("body", [[], "x", 7, {}, {"ok": 1}, {"status": "ok"}])
def test_json_of_another_form_is_no_success(channel, body):
    server, adapter, message = channel
    server.serve = lambda _request: Answer(200, body)
    entry = Entry(message, "sending", utc_now(), tries=1)
    notes = deliver([entry], {}, lambda _name: adapter, "i", 5.0, utc_now).notes
    if message.channel == "tracker":  # an issue that was made is never made once more
        assert not notes[0].get("reference")
        assert notes[0]["reason"]
    else:
        assert notes[0]["state"] in ("in_doubt", "failed")


def test_a_reply_of_a_mail_server_has_an_end():
    settings = {"host": "127.0.0.1", "tls": "none", "sender": "r@pafar.test", "to": ["a@pafar.test"]}
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(1)

        def serve():
            connection, dummy = listener.accept()
            with connection:
                try:
                    while True:
                        connection.sendall(b"220-welcome\r\n" * 100)
                except OSError:
                    pass

        threading.Thread(target=serve, daemon=True).start()
        adapter = Announcing({"mail": {**settings, "port": listener.getsockname()[1]}}, {}).channel("mail")
        values = {**PAGE, "to": "a@pafar.test", "at": "x", "next_at": ""}
        result = adapter.send(Message("mail/investigating/1", "mail", "mail", values), Thread("i", {}, ticks() + 20))
    assert isinstance(result, NotDelivered)
    assert "more than 200 lines" in result.reason
