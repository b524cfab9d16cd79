"""What an `up` that failed has done to the replicas that were there, and how it is undone."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._compose.acts.io.more_replicas import Up
from ansible_collections.pafar.runbook.plugins.module_utils._compose.model import model_of
from ansible_collections.pafar.runbook.plugins.module_utils._core.errors import ActFailed, ComposeError, EngineError

from ...facts import container, project

FAILED = ComposeError("network shop_default has active endpoints.")


class Engine:
    """Keeps what is asked of it."""

    def __init__(self, refuses=""):
        self.refuses, self.started, self.removed, self.connected = refuses, [], [], []

    def connect(self, id, network, aliases):
        self.connected.append((id, network, aliases))

    def start(self, id):
        if self.refuses:
            raise EngineError(self.refuses)
        self.started.append(id)

    def remove(self, id):
        self.removed.append(id)

    def log(self, _id, _lines):
        return ["boom"]


def up_of(before, after, refuses=""):
    services = {"web": {"networks": {"default": {"aliases": ["shop"]}}}}
    model = model_of({"services": services, "networks": {"default": {"name": "shop_default"}}}, "shop")
    known = project(*before, model=model)
    control = SimpleNamespace(engine=Engine(refuses), now=lambda _service: list(after), project=known)
    return Up(control, "web", before, 1), control.engine


ONE, TWO = container(), container(number=2)
STOPPED = container(number=2, state="exited", exit_code=143)


def test_what_it_has_stopped_is_started_again_and_said():
    up, engine = up_of([ONE, TWO], [ONE, STOPPED, container(number=3)])
    with pytest.raises(ActFailed, match="shop-web-2 was started again") as failed:
        up.undo(FAILED, keep=False)
    assert (engine.started, engine.removed) == ([TWO.id], [container(number=3).id])
    assert "untouched" not in str(failed.value)


def test_what_was_taken_out_of_its_network_is_put_back_under_its_names():
    inside = replace(TWO, networks=(("shop_default", "10.0.0.3"),))
    up, engine = up_of([ONE, inside], [ONE, STOPPED])
    with pytest.raises(ActFailed, match="shop-web-2 was started again"):
        up.undo(FAILED, keep=False)
    assert engine.connected == [(TWO.id, "shop_default", ["shop-web-2", "web", "shop"])]


def test_also_where_it_says_that_all_went_well():
    inside = replace(TWO, networks=(("shop_default", "10.0.0.3"),))
    up, engine = up_of([ONE, inside], [ONE, STOPPED, container(number=3)])
    with pytest.raises(ComposeError, match="shop-web-2 ran before the `docker compose up` of web, and not after"):
        up.look()
    with pytest.raises(ActFailed):
        up.undo(FAILED, keep=False)
    assert engine.started == [TWO.id]


def test_where_it_cannot_be_started_again_a_person_is_asked_for():
    up, dummy = up_of([ONE, TWO], [ONE, STOPPED], refuses="network not found.")
    with pytest.raises(ActFailed, match=r"shop-web-2 does not start again \(network not found\): a person is needed"):
        up.undo(FAILED, keep=False)


def test_a_signal_starts_it_again_too():
    up, engine = up_of([ONE, TWO], [ONE, STOPPED])
    up.undo(SystemExit(143), keep=False)
    assert engine.started == [TWO.id]


@pytest.mark.parametrize("code", [0, 1, 137, 143])
def test_what_ended_in_its_network_beside_an_up_that_went_well_is_left_alone(code):
    """A worker at its end, a crash, or a person: the new replica stays."""
    there = (("shop_default", "10.0.0.3"),)
    ended = replace(container(number=2, state="exited", exit_code=code), networks=there)
    up, engine = up_of([ONE, replace(TWO, networks=there)], [ONE, ended, container(number=3)])
    assert [made.name for made in up.look()] == ["shop-web-3"]
    with pytest.raises(ActFailed, match="shop-web-2 is exited now"):
        up.undo(ActFailed("shop-web-3 did not come up."), keep=False)
    assert engine.started == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param([ONE, TWO], [ONE, TWO], id="nothing"),
        pytest.param([ONE, STOPPED], [ONE, STOPPED], id="one that did not run before"),
        pytest.param([ONE, TWO], [ONE, container(number=2, state="restarting")], id="one that loops"),
    ],
)
def test_what_it_has_not_stopped_is_not_started(before, after):
    up, engine = up_of(before, after)
    assert up.look() == []
    with pytest.raises(ActFailed):
        up.undo(FAILED, keep=False)
    assert engine.started == []


def test_what_stops_later_while_a_new_one_is_waited_for_is_named_and_left_alone():
    """It may have crashed, or a person has stopped it."""
    now = [ONE, TWO]
    up, engine = up_of([ONE, TWO], now)
    up.look()
    up.control.now = lambda _service: [ONE, STOPPED]
    with pytest.raises(ActFailed, match="shop-web-2 is exited now; 1 others are untouched"):
        up.undo(ActFailed("shop-web-3 did not come up."), keep=False)
    assert engine.started == []


def test_untouched_is_what_was_seen_to_be():
    up, dummy = up_of([ONE, TWO], [ONE, TWO])
    up.look()
    with pytest.raises(ActFailed, match="no container was left behind; the 2 that were there are untouched"):
        up.undo(FAILED, keep=False)


def test_where_another_run_is_active_nothing_is_undone():
    for keep in (False, True):
        up, engine = up_of([ONE, TWO], [container(number=7), STOPPED])
        if keep:
            up.undo(FAILED, keep)
        else:
            with pytest.raises(ActFailed, match="changed by another run"):
                up.undo(FAILED, keep)
        assert (engine.started, engine.removed) == ([], [])
