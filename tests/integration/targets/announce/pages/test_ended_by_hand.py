"""A person ends the incident on the page while ours goes on: it is opened again by a person, and not by facts."""

from __future__ import annotations

from datetime import timedelta

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._announce.page_states import STATES

from support.channels.played import Channels, Played

ACT = {"mitigation": "unblock_sessions"}
BEGUN = ("diagnosed", {"cause": "row"})
ACTED = ("mitigated", {**ACT, "done": ["ended one"]})
RECOVERED = ("verified", {**ACT, "outcome": "recovered"})
LEFT = "a person resolved the incident on the page"


class Board:
    """The page of a site, and an incident that is published there."""

    def __init__(self, channels, folder, kind):
        self.played = Played(channels, 1, folder)
        self.played.page = kind
        self.played.settings = {"page": channels.settings(kind)["page"]}
        self.server = getattr(channels, kind)
        self.has_names = kind == "statuspage"
        self.played.write(BEGUN)
        self.played.drain(silence=20.0)

    @property
    def incident(self):
        return self.server.incidents[0]

    @property
    def state(self):
        return self.incident["status"] if self.has_names else STATES[self.incident["latest_status"] - 1]

    @property
    def components(self):
        return set(self.server.components.values())

    def end_by_hand(self):
        """As a person does there, with the components."""
        if self.has_names:
            self.incident["status"] = "resolved"
            self.incident["updates"].append({"status": "resolved", "body": "It is over.", "key": ""})
        else:
            self.incident["latest_status"] = 4
            self.incident["updates"].append({"message": "It is over.", "status": 4})
        for each in self.server.components:
            self.server.components[each] = "operational" if self.has_names else 1

    def goes_on(self, *facts):
        self.played.now += timedelta(minutes=1)
        self.played.write(*facts)
        return self.played.drain(silence=20.0)

    def texts(self):
        return [each.get("body", each.get("message", "")) for each in self.incident["updates"]]


@pytest.fixture(params=["statuspage", "cachet"])
def board(request, tmp_path):
    with Channels() as channels:
        yield Board(channels, tmp_path, request.param)


def test_facts_do_not_open_it_again_and_each_run_asks(board):
    board.end_by_hand()
    before = board.texts()
    found = board.goes_on(ACTED)
    assert board.state == "resolved"
    assert board.components == {"operational" if board.has_names else 1}
    assert board.texts() == before, "nothing is written"
    assert any(LEFT in row["reason"] and row["state"] == "refused" for row in found["messages"])
    for dummy in range(2):
        lines = board.goes_on()["lines"]
        assert any(
            "the page says resolved, the incident is identified: it is left so until a person" in line for line in lines
        )
    board.goes_on(RECOVERED)
    board.played.now += timedelta(minutes=11)
    assert board.goes_on()["differences"] == [], "what is over is said, and agrees"
    assert board.state == "resolved"


def test_a_text_without_a_state_is_added_and_one_with_a_state_opens_it(board):
    board.end_by_hand()
    found = board.goes_on(("update", {"audience": "public", "text": "Some bookings still fail."}))
    assert board.state == "resolved"
    assert board.components == {"operational" if board.has_names else 1}
    assert any("Some bookings still fail" in text for text in board.texts())
    assert any(LEFT in row["reason"] and row["state"] == "sent" for row in found["messages"])
    assert board.goes_on(ACTED)["messages"][0]["state"] == "refused"
    named = {"audience": "public", "text": "It is not over.", "status": "identified"}
    board.goes_on(("update", named))
    assert board.state == "identified"
    assert board.components & {"partial_outage", 3}
    assert board.goes_on()["differences"] == []


def test_a_relapse_after_our_own_end_opens_it(board):
    board.goes_on(ACTED, RECOVERED)
    board.played.now += timedelta(minutes=11)
    board.goes_on()
    assert board.state == "resolved"
    board.goes_on(("phase", {"phase": "open", "reason": "it is back"}))
    assert (board.state, len(board.server.incidents)) == ("investigating", 1)
    board.end_by_hand()
    board.goes_on(BEGUN)
    assert board.state == "resolved", "and what a person has ended then is left"
