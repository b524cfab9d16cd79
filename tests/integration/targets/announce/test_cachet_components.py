"""Components of Cachet, which are written one by one after the post: lost answers, and what a person has changed; and
what its public API shows of a post.
"""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._announce.delivery import Delivered, InDoubt
from ansible_collections.pafar.runbook.plugins.module_utils._announce.io.channel import Thread, ticks
from ansible_collections.pafar.runbook.plugins.module_utils._announce.io.http_call import Answered
from ansible_collections.pafar.runbook.plugins.module_utils._announce.io.render import Texts
from ansible_collections.pafar.runbook.plugins.module_utils._announce.outbox import Message
from ansible_collections.pafar.runbook.plugins.module_utils._announce.pages.io.cachet import Cachet as Adapter
from ansible_collections.pafar.runbook.plugins.module_utils._announce.settings import settings_of

from support.channels.pages import Cachet
from support.channels.server import EFFECT_CLOSED, EFFECT_HTML, REFUSED, STATUS, Fault

WORSE, BAD, OVER = ({"1": state, "2": state} for state in ("major_outage", "partial_outage", "operational"))


@pytest.fixture
def board():
    with Cachet() as server:
        given = {"kind": "cachet", "api": server.url, "token": server.token}
        yield server, Adapter(settings_of({"page": given})["page"], Texts("page"))


def post(state, seq, components):
    values = {"incident": "i", "title": "Slow", "state": state, "text": "", "cause": "", "resolution": ""}
    return Message(f"page/{state}/{seq}.1", "page", "page", {**values, "components": components})


def thread(on_page=(), **more):
    made = Thread("i", {}, ticks() + 60, on_page=dict(on_page))
    for name, value in more.items():
        setattr(made, name, value)
    return made


def writes(server):
    return [request.path for request in server.requests if request.method == "PUT"]


def faults(server, *kinds):
    """Of the writes of components the first ones have these faults."""
    left = list(kinds)
    server.fault_for = lambda request: left.pop(0) if request.method == "PUT" and left else None


@pytest.mark.parametrize("kind", [EFFECT_CLOSED, EFFECT_HTML])
def test_a_component_whose_answer_was_lost_is_read_back_and_not_written_again(board, kind):
    server, adapter = board
    faults(server, Fault(kind))
    made = adapter.send(post("investigating", 1, BAD), thread())
    assert isinstance(made, Delivered)
    assert made.agrees is True
    assert server.components == {"1": 3, "2": 3}
    assert writes(server) == ["/api/v1/components/1", "/api/v1/components/2"], "each once"


def test_one_that_did_not_take_effect_is_written_once_more(board):
    server, adapter = board
    faults(server, Fault(STATUS, 502))
    assert adapter.send(post("investigating", 1, BAD), thread()).agrees is True
    assert server.components == {"1": 3, "2": 3}


def test_what_stays_in_doubt_keeps_no_other_and_is_made_up_for_when_the_post_is_asked_for(board):
    server, adapter = board
    faults(server, Fault(STATUS, 502), Fault(REFUSED))
    sent = adapter.send(post("investigating", 1, BAD), thread())
    assert isinstance(sent, InDoubt)
    assert sent.reason.startswith("component 1 of the page could not be set: ")
    assert server.components == {"1": 1, "2": 3}
    assert adapter.find(post("investigating", 1, BAD), thread()) == "1"
    assert server.components == {"1": 3, "2": 3}
    assert len(server.published()[0]) == 1, "and the post is no second time"


def test_what_is_as_it_should_be_is_not_written(board):
    server, adapter = board
    made = adapter.send(post("investigating", 1, BAD), thread())
    assert adapter.send(post("identified", 2, BAD), thread(BAD, references={"page/x": made.reference})).agrees is True
    assert len(writes(server)) == 2


@pytest.mark.parametrize(("status", "name"), [(2, "degraded_performance"), (4, "major_outage"), (0, "status 0")])
def test_what_a_person_has_in_another_state_is_left_so_and_named(board, status, name):
    server, adapter = board
    server.components["1"] = status
    made = adapter.send(post("investigating", 1, BAD), thread())
    assert server.components == {"1": status, "2": 3}
    assert made.note == f"component 1 of the page is {name}, which is not by us: it was left so"
    assert made.agrees is False
    done = adapter.send(post("resolved", 2, OVER), thread({"2": "partial_outage"}))
    assert server.components == {"1": status, "2": 1}
    assert name in done.note


def test_what_a_person_has_changed_since_is_not_brought_back(board):
    server, adapter = board
    adapter.send(post("investigating", 1, BAD), thread())
    server.components["1"] = 4
    assert "component 1 of the page is major_outage" in adapter.send(post("resolved", 2, OVER), thread(BAD)).note
    assert server.components == {"1": 4, "2": 1}


def test_what_a_post_has_set_comes_back_also_where_its_answer_was_lost(board):
    """It was in doubt and has given way to the end of the incident: the log does not say what it has set."""
    server, adapter = board
    adapter.send(post("investigating", 1, BAD), thread())
    server.fault_for = lambda request: Fault(EFFECT_CLOSED) if request.method == "POST" else None
    assert isinstance(adapter.send(post("identified", 2, WORSE), thread(BAD)), InDoubt)
    server.fault_for = lambda _request: None
    server.components.update({"1": 4, "2": 4})
    assert adapter.send(post("resolved", 3, OVER), thread(BAD)).agrees is True
    assert server.components == {"1": 1, "2": 1}


def test_what_another_incident_of_ours_has_set_is_ours(board):
    server, adapter = board
    server.components.update({"1": 4, "2": 2})
    ends = thread(set_by_us={"1": {"major_outage"}}, elsewhere={"2": "degraded_performance"})
    assert adapter.send(post("resolved", 1, OVER), ends).agrees is True
    assert server.components == {"1": 1, "2": 2}


def test_no_name_of_the_inside_is_in_what_the_public_api_shows(board):
    """The id of an incident has its scenario, and a comment of Markdown is in the API and the feed of the page."""
    server, adapter = board
    made = Thread("2026-11-27-db_lock_contention-1f", {}, ticks() + 60)
    sent = adapter.send(post("investigating", 1, BAD), made)
    assert "db_lock" not in str(server.incidents)
    assert adapter.find(post("investigating", 1, BAD), made) == sent.reference
    assert adapter.find(post("investigating", 10, BAD), made) is None
    assert adapter.find(post("investigating", 1, BAD), Thread("other", {}, ticks() + 60)) is None


def test_a_post_of_a_version_before_is_found(board):
    server, adapter = board
    text = "We look.\n\n[//]: # (pafar i page/investigating/1.1)"
    server.incidents.append({"id": 1, "name": "Slow", "message": text, "status": 1, "latest_status": 1, "updates": []})
    assert adapter.find(post("investigating", 1, {}), thread()) == "1"
    assert adapter.send(post("identified", 2, {}), thread()).reference == "1"


def test_many_components_are_read_from_one_list():
    """A run reads the page back each minute, and a page allows few calls."""
    names = tuple(str(number) for number in range(1, 131))
    with Cachet(components=names) as server:
        given = {"kind": "cachet", "api": server.url, "token": server.token}
        adapter = Adapter(settings_of({"page": given})["page"], Texts("page"))
        server.components.update({"7": 4, "120": 2})
        shown = adapter.component_states([*names[:12], "120", "999"], thread())
        assert shown["7"] == "major_outage"
        assert shown["120"] == "degraded_performance"
        assert [shown[name] for name in names[:6]] == ["operational"] * 6
        assert "999" not in shown, "the page has none of this id"
        assert [request.path for request in server.requests] == ["/api/v1/components"] * 3, "fifty of them in each part"
        assert adapter.component_states(["7", "999"], thread()) == {"7": "major_outage"}
        server.fault_for = lambda _request: Fault(STATUS, 200, body={"data": None})
        with pytest.raises(Answered, match="the answer has no list"):
            adapter.component_states(names[:12], thread())
