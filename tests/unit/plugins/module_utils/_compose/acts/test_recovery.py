"""What an act that was cut off has left, and what is missing to what it wanted."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._compose.acts.recovery import (
    cut_off,
    left_open,
    newest,
    on_images,
    recovery_of,
    unfinished_reports,
)
from ansible_collections.pafar.runbook.plugins.module_utils._compose.acts.wish import RESTART, ROLLBACK, SCALE
from ansible_collections.pafar.runbook.plugins.module_utils._system.identity import ENDED, RUNS, UNKNOWN

from ..facts import NEW, NOW, OLD, project
from .facts import BEGUN, made, old, record, unfinished, wish

A, B, C = old(1), old(2), old(3)


def recovered(act, *containers, stable=10.0):
    return recovery_of(project(*containers), "web", act, stable)


def names(containers):
    return [container.name for container in containers]


def test_nothing_is_left_where_the_wish_is_reached():
    act = record(SCALE, {"web": wish(2, A, B)})
    assert recovered(act, A, B).reached
    assert left_open(project(A, B), act, 10.0) == []


def test_what_it_started_counts_where_it_is_ready_and_goes_where_it_is_not():
    act = record(SCALE, {"web": wish(4, A, B)})
    half = recovered(act, A, B, made(number=3), made(number=4, state="created", health=""))
    assert (names(half.fresh), names(half.debris), half.missing) == (["shop-web-3"], ["shop-web-4"], 1)
    assert names(recovered(act, A, B, made(number=3, health="starting")).debris) == ["shop-web-3"]
    assert names(recovered(act, A, B, made(number=3, health="unhealthy")).debris) == ["shop-web-3"]


@pytest.mark.parametrize(
    ("after", "more", "is_left"),
    [
        (95, {}, False), (5, {}, True), (69, {}, True),
        (95, {"exit_code": 1, "policy": "no"}, True), (95, {"error": "no such file"}, True),
    ],
)  # fmt: skip
def test_what_it_made_and_another_has_stopped_since_is_no_debris(after, more, is_left):
    """A run that was killed after it had reached what it wanted, and a person who stops a service afterwards."""
    act = record(SCALE, {"web": wish(3, A, B)})
    given = {"policy": "always", "up": 98.0, **more}
    stopped = made(number=3, state="exited", finished=BEGUN + timedelta(seconds=after), **given)
    assert names(recovered(act, A, B, stopped).debris) == ["shop-web-3"] * is_left


@pytest.mark.parametrize(("up", "ready"), [(9.0, False), (11.0, True)])
def test_without_a_health_check_it_must_have_run_for_a_while(up, ready):
    act = record(SCALE, {"web": wish(3, A, B)})
    assert bool(recovered(act, A, B, made(number=3, health="", up=up)).fresh) is ready


def test_one_too_many_is_the_one_that_was_to_go():
    act = record(RESTART, {"web": wish(2, A, B, leaving=(B.id, A.id))})
    assert names(recovered(act, A, B, made(number=3)).replaced) == [B.name]
    assert names(recovered(act, A, made(number=3)).replaced) == []
    assert recovered(act, A).missing == 1


def test_what_it_stopped_and_what_it_had_not_come_to():
    stopped = old(1, state="exited", policy="always", finished=BEGUN + timedelta(seconds=5))
    act = record(RESTART, {"web": wish(2, A, B, restarting=(A.id, B.id))})
    state = recovered(act, stopped, old(2, up=3600.0))
    assert (names(state.stopped), names(state.waiting)) == ([A.name], [B.name])
    by_a_person = old(1, state="exited", policy="always", finished=BEGUN + timedelta(seconds=95))
    assert names(recovered(act, by_a_person, old(2, up=90.0)).stopped) == []


def test_what_was_stopped_to_be_removed_is_removed_or_started_again_as_the_number_asks():
    at = BEGUN + timedelta(seconds=5)
    stopped = old(1, state="exited", policy="always", finished=at)
    act = record(RESTART, {"web": wish(2, A, B, leaving=(A.id, B.id))})
    beside = recovered(act, stopped, B, made(number=3))
    assert (names(beside.replaced), names(beside.stopped)) == ([A.name], [])
    alone = recovered(act, stopped, B)
    assert (names(alone.replaced), names(alone.stopped), alone.missing) == ([], [A.name], 0)


@pytest.mark.parametrize(
    "later",
    [
        pytest.param({"at": BEGUN + timedelta(seconds=150)}, id="created since"),
        pytest.param({"at": BEGUN - timedelta(seconds=90)}, id="created before, and not known then"),
    ],
)
def test_where_another_has_changed_the_service_the_wish_says_nothing(later):
    act = record(SCALE, {"web": wish(4, A, B)})
    assert recovered(act, A, B, made(number=3, **later)) is None
    assert left_open(project(A, B, made(number=3, **later)), act, 10.0) == []


def test_after_a_day_it_is_no_wish():
    act = record(SCALE, {"web": wish(4, A, B)})
    assert recovered(replace(act, at=NOW - timedelta(hours=25)), A, B) is None
    assert recovered(act, A, B) is not None
    assert recovery_of(project(A, B), "db", act, 10.0) is None


def test_the_image_belongs_to_the_wish():
    act = record(ROLLBACK, {"web": wish(2, A, B, image=OLD, former=NEW, leaving=(A.id, B.id))})
    half = (old(2), made(number=3, image=OLD))
    assert left_open(project(*half), act, 10.0) == ["web"]
    assert not on_images(project(*half), "web", act.wishes["web"])
    assert left_open(project(made(number=3, image=OLD), made(number=4, image=OLD)), act, 10.0) == []


def test_the_newest_of_its_kind_that_was_cut_off():
    older, newer = (record(SCALE, {"web": wish(number, A, B)}) for number in (4, 5))
    newer = replace(newer, at=newer.at + timedelta(seconds=1))
    found = project(A, B, unfinished=(unfinished(older), unfinished(newer)))
    assert cut_off(found, SCALE, 10.0) == newer
    assert cut_off(found, RESTART, 10.0) is None
    assert cut_off(replace(found, unfinished=(unfinished(older, RUNS),)), SCALE, 10.0) is None
    assert cut_off(replace(found, unfinished=(unfinished(older, UNKNOWN),)), SCALE, 10.0) == older, "its lock decides"


@pytest.mark.parametrize("module", [SCALE, RESTART, ROLLBACK])
def test_the_record_of_another_service_is_not_taken_for_that_of_one(module):
    """Two acts of one kind were cut off, each on its own service: the newer one says nothing of the older one's."""
    worker = made("worker")
    web_act = record(module, {"web": wish(4, A, B)})
    worker_act = record(module, {"worker": wish(3, worker)}, given={"services": ["worker"]})
    worker_act = replace(worker_act, at=BEGUN + timedelta(seconds=1))
    found = project(A, B, worker, services={"web": {}, "worker": {}, "front": {}})
    found = replace(found, unfinished=(unfinished(web_act), unfinished(worker_act)))
    assert cut_off(found, module, 10.0) == worker_act
    assert cut_off(found, module, 10.0, services=["web"]) == web_act
    assert cut_off(found, module, 10.0, services=["worker", "web"]) == worker_act
    assert cut_off(found, module, 10.0, services=["front"]) is None
    both = record(module, {"web": wish(2, A, B), "worker": wish(3, worker)})
    done = replace(found, unfinished=(unfinished(both),))
    assert cut_off(done, module, 10.0, services=["web"]) is None, "it has left nothing of web"
    assert cut_off(done, module, 10.0, services=["worker"]) == both


def test_it_is_named_with_what_is_left():
    act = record(SCALE, {"web": wish(4, A, B)}, owner=record().owner)
    found = project(A, B, made(number=3, health="starting"), unfinished=(unfinished(act, ENDED), unfinished(act, RUNS)))
    (report,) = unfinished_reports(found, 10.0)
    assert (report["module"], report["services"], report["run"]) == (SCALE, ["web"], ENDED)
    assert "(pid 77) was cut off: web was to have 4 replicas and has 3" in report["explanation"]
    assert "shop-web-3: started by it, not ready" in report["explanation"]
    done = project(A, B, unfinished=(unfinished(record(SCALE, {"web": wish(2, A, B)})),))
    assert unfinished_reports(done, 10.0) == []
    unseen = project(A, unfinished=(unfinished(act, UNKNOWN),))
    assert "whether its process still runs is unknown" in unfinished_reports(unseen, 10.0)[0]["explanation"]


def test_of_two_records_of_one_act_the_later_one_counts():
    first, last = (unfinished(record(SCALE, {"web": wish(4, A, B)}, after=seconds)) for seconds in (5, 9))
    other = unfinished(replace(record(SCALE), at=BEGUN + timedelta(seconds=1)))
    assert newest([last, first]) == newest([first, last]) == (last,)
    assert {one.record.seen for one in newest([first, other])} == {first.record.seen, other.record.seen}
    assert newest([]) == ()
