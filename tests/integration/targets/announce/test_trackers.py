"""The shapes of trackers in the documentation, against stand-ins of their APIs, with hostile text in every value."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest
import yaml
from ansible_collections.pafar.runbook.plugins.module_utils._announce.delivery import Delivered, InDoubt, NotDelivered
from ansible_collections.pafar.runbook.plugins.module_utils._announce.io.channel import Thread, ticks
from ansible_collections.pafar.runbook.plugins.module_utils._announce.io.render import Texts
from ansible_collections.pafar.runbook.plugins.module_utils._announce.io.tracker import Tracker
from ansible_collections.pafar.runbook.plugins.module_utils._announce.outbox import Message
from ansible_collections.pafar.runbook.plugins.module_utils._announce.settings import settings_of

from support.channels.server import EFFECT_CLOSED, EFFECT_CUT, EFFECT_HTML, HTML, Fault
from support.channels.trackers import GitHub, GitLab, Jira, Webhook
from support.scope import ALL
from support.servers import ROOT

SHAPES = yaml.safe_load(re.search(r"```yaml\n(github:.*?)```", (ROOT / "docs/announce.md").read_text(), re.DOTALL)[1])
SERVERS = {"github": GitHub, "gitlab": GitLab, "jira": Jira}
HOSTILE = [
    'a "quoted" \'text\'', "one line\nanother\r\nthird", "{title} {{ 7 * 7 }} {% raw %} {id}", "}{][,:", "\\u0022 \\",
    "\u202e\ud800 \x00\x1b[31m", "ünï 漢字 🔥", "x" * 10_000, "", "%22 OR labels = %22y", "</script><!here> @all #1",
]  # fmt: skip


def adapter(server, name, base):
    given = {**SHAPES[name], "token": "t0ken", "url": f"{server.url}{base}"}
    return Tracker(settings_of({"tracker": given})["tracker"], Texts("tracker"))


@pytest.fixture(params=sorted(SERVERS))
def tracker(request):
    with SERVERS[request.param]() as server:
        base = "/" + SHAPES[request.param]["url"].split("/", 3)[3]
        yield server, adapter(server, request.param, base if request.param != "github" else "/repos/pafar/operations")


def message(action, seq, text="db1", item=""):
    values = {
        "incident": "2026-11-23-145635-db_lock_contention-06f2a1", "scenario": text, "hosts": text, "severity": "P1",
        "opened_at": "x", "action": action, "phase": "open", "item": item, "text": text, "owner": text, "due": "",
    }  # fmt: skip
    if item:
        return Message(f"item/{quote(item, safe='', errors='replace')}/{action}/{seq}", "tracker", "item", values)
    return Message(f"tracker/{action}/{seq}", "tracker", "issue", values)


def thread(*sent):
    return Thread("2026-11-23-145635-db_lock_contention-06f2a1", dict(sent), ticks() + 60)


def play(adapter, text="db1", item=""):
    """An issue is made, changed, closed, opened again and closed. Returns what became of each."""
    place, found = thread(), []
    for seq, action in enumerate(("create", "update", "close", "reopen", "close"), 1):
        sent = message(action, seq, text, item)
        delivery = adapter.send(sent, place)
        found.append(delivery)
        if isinstance(delivery, Delivered):
            place.references[sent.key] = delivery.reference
    return found


def test_an_issue_lives_as_the_incident_does(tracker):
    server, channel = tracker
    server.add("of another", "2026-11-23-145635-db_lock_contention-06f2a1#other-item", ["incident"])
    found = play(channel)
    assert all(isinstance(delivery, Delivered) and not delivery.note for delivery in found), found
    assert len({delivery.reference for delivery in found}) == 1
    assert [(issue["closed"], issue["changes"]) for issue in server.issues] == [(False, 0), (True, 4)]


@pytest.mark.parametrize("text", HOSTILE if ALL else HOSTILE[::3])
def test_hostile_texts_are_values_and_nothing_else(tracker, text):
    server, channel = tracker
    for item in ("", text or "-"):
        server.issues.clear()
        found = play(channel, text, item)
        assert all(isinstance(delivery, Delivered) for delivery in found), found
        (issue,) = server.issues
        assert (issue["closed"], len(issue["title"]) <= 255, "49" in issue["text"]) == (True, True, False)
        assert "\n" not in issue["title"]


@pytest.mark.parametrize("kind", [EFFECT_CLOSED, EFFECT_CUT, EFFECT_HTML, HTML])
@pytest.mark.parametrize("action", ["create", "close", "reopen"])
def test_what_is_in_doubt_is_asked_for_and_done_once(tracker, kind, action):
    server, channel = tracker
    before = {"create": [], "close": ["create"], "reopen": ["create", "close"]}[action]
    place = thread()
    for seq, each in enumerate(before):
        sent = message(each, seq)
        place.references[sent.key] = channel.send(sent, place).reference
    server.fault_for = lambda request: Fault(kind) if request.method != "GET" else None
    sent = message(action, 9)
    first = channel.send(sent, place)
    # An answer without content has no end that could be cut off.
    assert isinstance(first, InDoubt) or (kind == EFFECT_CUT and isinstance(first, Delivered))
    server.fault_for = lambda _request: None
    place.asks = True
    known = channel.find(sent, place)
    assert (known is None) is (kind == HTML)
    if known is None:
        assert isinstance(channel.send(sent, place), Delivered)
    assert [issue["closed"] for issue in server.issues] == [action == "close"]


def test_what_a_person_has_closed_or_deleted_keeps_nothing_up(tracker):
    server, channel = tracker
    made = channel.send(message("create", 1), thread())
    place = thread(("tracker/create/1", made.reference))
    server.issues[0]["closed"] = True
    assert isinstance(channel.send(message("close", 2), place), Delivered)
    server.issues.clear()
    gone = channel.send(message("update", 3), place)
    assert gone == Delivered(made.reference, "the issue is not in the tracker any more: it was not changed")


def test_a_tracker_that_returns_the_issues_of_others_is_refused(tracker):
    """As GitHub does where it does not know the question: the first one would be overwritten."""
    server, dummy = tracker
    server.add("of another", "text", ["incident"])
    name = type(server).__name__.lower()
    own = {key: value for key, value in SHAPES[name].items() if key != "find"}
    base = "/" + SHAPES[name]["url"].split("/", 3)[3] if name != "github" else "/repos/pafar/operations"
    given = settings_of({"tracker": {**own, "token": "t0ken", "url": f"{server.url}{base}"}})["tracker"]
    refused = Tracker(given, Texts("tracker")).send(message("create", 1), thread())
    assert isinstance(refused, NotDelivered)
    assert (len(server.issues), server.issues[0]["changes"]) == (1, 0)


def test_a_webhook_is_told_each_change_and_what_it_may_have_twice_is_said():
    with Webhook() as server:
        channel = adapter(server, "webhook", "/hooks/t0ken")
        for text in HOSTILE if ALL else HOSTILE[::2]:
            server.calls.clear()
            assert all(isinstance(delivery, Delivered) and not delivery.note for delivery in play(channel, text))
            assert [call["event"] for call in server.calls] == ["opened", "changed", "ended", "changed", "ended"]
            assert {call["id"] for call in server.calls} == {thread().incident}
        server.calls.clear()
        place = thread()
        server.fault_for = lambda _request: Fault(EFFECT_CLOSED)
        assert isinstance(channel.send(message("create", 1), place), InDoubt)
        server.fault_for = lambda _request: None
        place.asks = True
        assert channel.find(message("create", 1), place) is None
        again = channel.send(message("create", 1), place)
        assert again.note.startswith("perhaps twice")
        assert len(server.calls) == 2
        server.fault_for = lambda _request: Fault(EFFECT_HTML)
        sent = channel.send(message("update", 2), place)
        assert sent == InDoubt("the answer is no JSON", is_copied=True), "a page of a proxy is no answer"
