"""Acts on a compose project, cut off at random moments by every signal: the same act again reaches what was wanted.

No replica is left cut off, no singleton ever runs twice, and nothing of another service is touched.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from collections.abc import Iterator

import pytest

from support import cutting, shops
from support.scope import ALL, left_out
from support.shop import GOOD, NEWER, Shop, waiting

EVERY = 150  # moments; 50 for each module
MOMENTS = EVERY if ALL else 3
SWITCHES = 50  # moments at which containers are being stopped, and as many at which they are being started
SWITCHED = SWITCHES if ALL else 1
FIRST_GUESS = 4.0  # seconds that an act takes, until one was seen to its end; a moment after that cuts nothing off
SINGLE = {"labels": {"pafar.runbook.singleton": "true"}}
FAST = {"drain_wait": 0.3, "pause": 0.2, "stable": 1, "grace": 1}
ACTS = {
    "restart": ("compose_restart", {"services": ["web", "cron"]}),
    "replace": ("compose_restart", {"services": ["web", "cron"], "method": "replace"}),
    "one more": ("compose_scale", {"service": "web", "replicas": "+1"}),
    "one fewer": ("compose_scale", {"service": "web", "replicas": "-1"}),
    "roll back": ("compose_rollback", {}),
}
ORDER = ("restart", "one more", "roll back", "replace", "one fewer", "roll back")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    folder = tmp_path_factory.mktemp("shop")
    for shop in shops.opened(folder, "cut-off"):
        shop.services = {"web": waiting(deploy={"replicas": 2}), "cron": waiting(**SINGLE), "other": waiting()}
        shop.up()
        yield shop
        cutting.forget(shop)


class Starts:
    """Starts and ends of a service's containers, as the engine tells them while this is open."""

    def __init__(self, shop: Shop, service: str) -> None:
        filters = [f"label=com.docker.compose.project={shop.project}", f"label=com.docker.compose.service={service}",
                   "event=start", "event=die"]  # fmt: skip
        words = [word for value in filters for word in ("--filter", value)]
        argv = ["docker", "events", "--since", f"{time.time():.3f}", *words, "--format", "{{.Action}} {{.Actor.ID}}"]
        self.process = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)

    def __enter__(self) -> Starts:
        return self

    def __exit__(self, *_error: object) -> None:
        self.process.kill()
        self.process.wait()

    def most(self, running: set[str]) -> int:
        """The most that ran at a time, from these that ran at the beginning; the telling ends here."""
        self.process.terminate()
        told, dummy = self.process.communicate()
        most = len(running)
        for line in told.splitlines():
            action, id = line.split()
            running = running | {id} if action == "start" else running - {id}
            most = max(most, len(running))
        return most


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
    state = {"state_dir": str(tmp_path)}
    cut, longest, first = dict.fromkeys(ACTS, 0), dict.fromkeys(ACTS, FIRST_GUESS), chance.choice((0, 3))
    for moment in range(MOMENTS):
        act = ORDER[(first + moment) % len(ORDER)]
        number = chance.choice(cutting.SIGNALS)
        delay = chance.uniform(0.1 * longest[act], longest[act])
        told = f"seed {seed}, moment {moment}: {act}, {number.name} after {delay:.1f} s"
        print(told)
        prepare(house, act, state)
        with Starts(house, "cron") as starts:
            took = one_moment(house, act, number, delay, state, starts, told)
        if took is None:
            cut[act] += 1
            longest[act] *= 1.2
        else:
            longest[act] = took
    print(f"cut off: {cut}")
    left_out("moments at which an act on services is cut off", EVERY - MOMENTS)


def status(shop: Shop, *services: str) -> dict[str, str]:
    """State of each container of these services, by its name."""
    kept = [container for service in services for container in shop.containers(service)]
    return {container["Name"].lstrip("/"): container["State"]["Status"] for container in kept}


def cut(process: subprocess.Popen[bytes], number: signal.Signals, delay: float) -> float | None:
    """Send the signal after so many seconds. Returns how long the act took, where it ended before that; else None."""
    began = time.monotonic()
    while process.poll() is None and time.monotonic() < began + delay:
        time.sleep(0.02)
    took = time.monotonic() - began if process.poll() is not None else None
    process.send_signal(number)
    process.communicate()
    return took


def test_a_switch_that_is_cut_off_and_done_again_reaches_what_was_named(house: Shop) -> None:
    seed = random.randrange(10**6)
    chance = random.Random(seed)
    longest = {"stopped": FIRST_GUESS, "started": FIRST_GUESS}
    prepare(house, "one fewer", {})
    names, known = sorted(status(house, "web", "cron")), ids(house, "web") | ids(house, "cron")
    for moment in range(SWITCHED):
        for state in ("stopped", "started"):
            number = chance.choice(cutting.SIGNALS)
            delay = chance.uniform(0.1 * longest[state], longest[state])
            told = f"seed {seed}, moment {moment}: {state}, {number.name} after {delay:.1f} s"
            print(told)
            options = {"containers": names, "state": state, **FAST}
            others, running = house.world("web", "cron"), ids(house, "cron") if state == "stopped" else set()
            with Starts(house, "cron") as starts:
                with cutting.running("compose_switch", project=house.project, **options) as process:
                    took = cut(process, number, delay)
                longest[state] = took or 1.2 * longest[state]
                again = house.module("compose_switch", **options)
                assert ("msg" in again, again.get("remaining")) == (False, 0), f"{told}: {again}"
                assert starts.most(running) <= 1, f"{told}: a singleton ran twice"
            reached = "exited" if state == "stopped" else "running"
            assert status(house, "web", "cron") == dict.fromkeys(names, reached), told
            assert (ids(house, "web") | ids(house, "cron"), house.world("web", "cron")) == (known, others), told
            if state == "started":
                house.await_up()
            if state == "started" and os.geteuid() == 0:
                assert not any(cutting.refuses(one["Id"], one["State"]["Pid"]) for one in house.containers("web")), told
            seen = house.module("compose_info", configuration=False)
            assert (seen["unfinished"], seen["drains"], seen["unhealthy"]) == ([], [], 0), f"{told}: {seen['problem']}"
    left_out("moments at which a start or a stop of containers is cut off", SWITCHES - SWITCHED)


def images(shop: Shop, service: str) -> set[str]:
    return {container["Image"] for container in shop.containers(service)}


def one_moment(
    house: Shop, act: str, number: signal.Signals, delay: float, state: dict[str, str], starts: Starts, told: str
) -> float | None:
    """The act, cut off and then done again. Returns how long it took, where it ended before that; else None."""
    module, options = ACTS[act]
    options = {**options, **FAST, **(state if act == "roll back" else {})}
    counts = {name: len(ids(house, name)) for name in ("web", "cron")}
    counts["web"] += {"one more": 1, "one fewer": -1}.get(act, 0)
    goal = images(house, "other") if act == "roll back" else images(house, "web")
    others, before = house.world("web", "cron"), ids(house, "cron")
    with cutting.running(module, project=house.project, **options) as process:
        took = cut(process, number, delay)
    reached = {name: len(ids(house, name)) for name in counts} == counts
    if act.startswith("one ") and reached and not cutting.records(house):
        took = delay  # it had ended, and was killed before it could say so: the step would be a new one
    if took is None:
        again = house.module(module, **options)
        assert "msg" not in again, f"{told}: {again['msg']}"
    assert {name: len(ids(house, name)) for name in counts} == counts, told
    assert images(house, "web") | images(house, "cron") == goal, told
    house.until("all are healthy", lambda: all(house.is_healthy(one) for one in house.containers()))
    if os.geteuid() == 0:
        assert not any(cutting.refuses(one["Id"], one["State"]["Pid"]) for one in house.containers("web")), told
    assert house.world("web", "cron") == others, told
    assert starts.most(before) == 1, f"{told}: a singleton ran twice"
    seen = house.module("compose_info", configuration=False)
    assert (seen["unfinished"], seen["drains"], seen["unhealthy"]) == ([], [], 0), f"{told}: {seen['problem']}"
    return took
