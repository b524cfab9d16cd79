"""Acts on a compose project, cut off at random moments by every signal: the same act again reaches what was wanted.

No replica is left cut off, no singleton ever runs twice, and nothing of another service is touched.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator

import pytest

from support import cutting, shops
from support.scope import ALL, left_out
from support.shop import GOOD, NEWER, Shop, waiting

EVERY = 150  # moments; 50 for each module
MOMENTS = EVERY if ALL else 3
SWITCHES = 50  # moments at which containers are being stopped, and as many at which they are being started
SWITCHED = SWITCHES if ALL else 1
SINGLE = {"labels": {"pafar.runbook.singleton": "true"}}
FAST = {"drain_wait": 0.3, "pause": 0.2, "stable": 1, "grace": 1}
ACTS = {
    "restart": ("compose_restart", {"services": ["web", "cron"]}),
    "replace": ("compose_restart", {"services": ["web", "cron"], "method": "replace"}),
    "one more": ("compose_scale", {"service": "web", "replicas": "+1"}),
    "one fewer": ("compose_scale", {"service": "web", "replicas": "-1"}),
    "roll back": ("compose_rollback", {}),
}
# Of containers, that the engine tells (created, started, ended, removed). A moment behind the last is within the act
# while it waits for what it has started.
CHANGES = {"restart": 6, "replace": 12, "one more": 2, "one fewer": 2, "roll back": 12}
ORDER = ("restart", "one more", "roll back", "replace", "one fewer", "roll back")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    folder = tmp_path_factory.mktemp("shop")
    for shop in shops.opened(folder, "cut-off"):
        shop.services = {"web": waiting(deploy={"replicas": 2}), "cron": waiting(**SINGLE), "other": waiting()}
        shop.up()
        yield shop
        cutting.forget(shop)


def ids(shop: Shop, service: str) -> set[str]:
    return {container["Id"] for container in shop.containers(service)}


def prepare(shop: Shop, act: str, state: dict[str, str]) -> None:
    """Two replicas of the good release; for a rollback two of the next one, behind a snapshot of the good one."""
    if act == "one fewer" and len(shop.containers("web")) == 2:
        shop.compose("up", "--detach", "--no-build", "--no-recreate", "--scale", "web=3", "web")
    elif act == "one more" and len(shop.containers("web")) == 3:
        shop.compose("up", "--detach", "--no-build", "--no-recreate", "--scale", "web=2", "web")
    elif act == "roll back":
        shop.build(GOOD)
        shop.compose("up", "--detach", "--no-build")
        shop.await_up()
        shop.module("compose_snapshot", **state)
        shop.build(NEWER)
        shop.compose("up", "--detach", "--no-build", "web", "cron")
    shop.await_up()


def test_the_same_act_again_reaches_what_was_wanted(house: Shop, tmp_path) -> None:
    seed = random.randrange(10**6)
    chance = random.Random(seed)
    first = chance.choice((0, 3))
    for place in range(MOMENTS):
        act = ORDER[(first + place) % len(ORDER)]
        moment = cutting.Moment(chance, CHANGES[act])
        while not one_moment(house, act, moment, {"state_dir": str(tmp_path)}, f"seed {seed}, moment {place}: {act}"):
            moment.earlier()
    left_out("moments at which an act on services is cut off", EVERY - MOMENTS)


def status(shop: Shop, *services: str) -> dict[str, str]:
    """State of each container of these services, by its name."""
    kept = [container for service in services for container in shop.containers(service)]
    return {container["Name"].lstrip("/"): container["State"]["Status"] for container in kept}


def test_a_switch_that_is_cut_off_and_done_again_reaches_what_was_named(house: Shop) -> None:
    seed = random.randrange(10**6)
    chance = random.Random(seed)
    prepare(house, "one fewer", {})
    for place in range(SWITCHED):
        for state in ("stopped", "started"):
            moment = cutting.Moment(chance, len(status(house, "web", "cron")) - 1)
            while not one_switch(house, state, moment, f"seed {seed}, moment {place}: {state}"):
                other = "started" if state == "stopped" else "stopped"
                house.module("compose_switch", containers=sorted(status(house, "web", "cron")), state=other, **FAST)
                moment.earlier()
    left_out("moments at which a start or a stop of containers is cut off", SWITCHES - SWITCHED)


def one_switch(house: Shop, state: str, moment: cutting.Moment, told: str) -> bool:
    """The containers started or stopped, which is cut off and then done again. Returns whether it was cut off."""
    told = f"{told}, {moment}"
    print(told)
    names, known = sorted(status(house, "web", "cron")), ids(house, "web") | ids(house, "cron")
    options = {"containers": names, "state": state, **FAST}
    reached = dict.fromkeys(names, "exited" if state == "stopped" else "running")
    others, running = house.world("web", "cron"), ids(house, "cron") if state == "stopped" else set()
    with cutting.Told(house, cutting.Told.LOCK) as events:
        with cutting.running("compose_switch", project=house.project, **options) as process:
            was_cut = moment.cut(process, events) and status(house, "web", "cron") != reached
        again = house.module("compose_switch", **options)
        assert ("msg" in again, again.get("remaining")) == (False, 0), f"{told}: {again}"
        assert events.most("cron", running) <= 1, f"{told}: a singleton ran twice"
    assert status(house, "web", "cron") == reached, told
    assert (ids(house, "web") | ids(house, "cron"), house.world("web", "cron")) == (known, others), told
    if state == "started":
        house.await_up()
    if state == "started" and os.geteuid() == 0:
        assert not any(cutting.refuses(one["Id"], one["State"]["Pid"]) for one in house.containers("web")), told
    seen = house.module("compose_info", configuration=False)
    assert (seen["unfinished"], seen["drains"], seen["unhealthy"]) == ([], [], 0), f"{told}: {seen['problem']}"
    return was_cut


def images(shop: Shop, service: str) -> set[str]:
    return {container["Image"] for container in shop.containers(service)}


def one_moment(house: Shop, act: str, moment: cutting.Moment, state: dict[str, str], told: str) -> bool:
    """The act, which is cut off and then done again. Returns whether it was cut off: its record was left."""
    told = f"{told}, {moment}"
    print(told)
    prepare(house, act, state)
    module, options = ACTS[act]
    options = {**options, **FAST, **(state if act == "roll back" else {})}
    counts = {name: len(ids(house, name)) for name in ("web", "cron")}
    counts["web"] += {"one more": 1, "one fewer": -1}.get(act, 0)
    goal = images(house, "other") if act == "roll back" else images(house, "web")
    others, before = house.world("web", "cron"), ids(house, "cron")
    with cutting.Told(house) as events:
        with cutting.running(module, project=house.project, **options) as process:
            no_answer = moment.cut(process, events)
        was_cut = no_answer and bool(cutting.records(house))
        reached = {name: len(ids(house, name)) for name in counts} == counts
        if no_answer and (was_cut or not (act.startswith("one ") and reached)):
            # Where no record is left it had ended, and was killed before it could answer: a step would be a new one.
            again = house.module(module, **options)
            assert "msg" not in again, f"{told}: {again['msg']}"
        assert {name: len(ids(house, name)) for name in counts} == counts, told
        assert images(house, "web") | images(house, "cron") == goal, told
        house.until("all are healthy", lambda: all(house.is_healthy(one) for one in house.containers()))
        if os.geteuid() == 0:
            assert not any(cutting.refuses(one["Id"], one["State"]["Pid"]) for one in house.containers("web")), told
        assert house.world("web", "cron") == others, told
        assert events.most("cron", before) == 1, f"{told}: a singleton ran twice"
    seen = house.module("compose_info", configuration=False)
    assert (seen["unfinished"], seen["drains"], seen["unhealthy"]) == ([], [], 0), f"{told}: {seen['problem']}"
    return was_cut
