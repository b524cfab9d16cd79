"""What an inspection says: loops, exit codes, identity, secrets."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._compose.container import (
    exit_meaning,
    of_compose,
    replica_of,
)
from ansible_collections.pafar.runbook.plugins.module_utils._compose.project_report import problem_of
from ansible_collections.pafar.runbook.plugins.module_utils._core.times import moment

from .facts import NOW, container, project


@pytest.mark.parametrize(
    ("more", "loops"),
    [
        pytest.param({"state": "restarting", "restarts": 1}, True, id="between two starts"),
        pytest.param({"restarts": 5, "up": 3}, True, id="restarted often and just started"),
        pytest.param({"restarts": 1, "up": 3}, False, id="restarted once"),
        pytest.param({"restarts": 5, "up": 30}, False, id="has lasted"),
        pytest.param({"restarts": 5, "up": 90000}, False, id="looped last week"),
        pytest.param({"restarts": 20, "up": 40, "age": 900}, True, id="falls each 45 s, and runs just now"),
        pytest.param({"restarts": 8, "up": 100, "age": 800}, True, id="falls each 100 s"),
        pytest.param({"restarts": 20, "up": 400, "age": 900}, False, id="has recovered"),
        pytest.param({"restarts": 3, "up": 60, "age": 90}, False, id="waited for another at its first start"),
        pytest.param({"restarts": 30, "up": 60, "age": 90000}, False, id="falls each hour"),
        pytest.param(
            {"restarts": 6, "up": 3, "ended": 3.1, "age": 90000}, False, id="falls each hour, and did just now"
        ),
        pytest.param({"restarts": 6, "up": 3, "ended": 900, "age": 90000}, False, id="the host was started again"),
        pytest.param({"restarts": 6, "up": 3, "ended": 9, "age": 90000}, True, id="loops since a minute, after a day"),
        pytest.param({"restarts": 3, "up": 3, "ended": 3.4, "age": 90000}, False, id="fell three times in a day"),
        pytest.param(
            {"restarts": 3, "up": 3, "ended": 3.4, "age": 9}, True, id="has fallen three times since it was made"
        ),
    ],
)
def test_whether_it_loops_now(more, loops):
    assert container(**more).loops(NOW) is loops


def test_another_start_is_another_target_but_not_of_what_loops():
    assert container(up=600).target != container(up=500).target
    assert container(restarts=9, up=3).target == container(restarts=9, up=2).target
    assert container(number=2).target != container(number=1).target


@pytest.mark.parametrize(
    ("code", "oom", "said"),
    [
        (0, False, "without an error"), (1, False, "failed with 1"), (137, False, "did not stop in time"),
        (137, True, "out of memory"), (143, False, "SIGTERM"), (139, False, "SIGSEGV"), (126, False, "executed"),
        (127, False, "not found"), (125, False, "could not start"), (200, False, "failed with 200"),
    ],
)  # fmt: skip
def test_exit_codes_have_a_meaning(code, oom, said):
    assert said in exit_meaning(code, oom)


def test_times_of_the_engine():
    assert moment("0001-01-01T00:00:00Z") is None
    assert moment("") is None
    assert moment("2026-11-23T15:00:00+01:00").hour == 14


def test_the_health_checks_words_hold_no_secret():
    assert container(said="refused: password=hunter2\n").health_output == "refused: password=(hidden)"


def test_a_job_that_ended_well_is_done_and_one_that_should_run_is_not():
    assert container(state="exited", policy="no").done
    assert not container(state="exited", policy="always").done
    assert not container(state="exited", exit_code=1, policy="no").done
    assert container(state="exited", policy="on-failure").done
    published = {"80/tcp": [{"HostIp": "", "HostPort": "80"}]}
    assert not container(state="exited", policy="no", ports=published).done, "a job publishes no port"


@pytest.mark.parametrize("port", ["8080", "8080-8089", "", "0"])
def test_what_publishes_a_port_is_no_job_also_where_the_engine_chooses_it(port):
    """Of one that does not run the engine shows what it asks for alone: a range, or nothing."""
    bindings = {"80/tcp": [{"HostIp": "", "HostPort": port}]}
    ended = container(state="exited", policy="no", bindings=bindings)
    assert (ended.publishes, ended.done) == (True, False)
    assert problem_of(project(ended), ended) == "is exited (0, ended without an error)"
    assert container(state="exited", policy="no", bindings={"80/tcp": None}).done, "exposed, and not published"


def test_what_the_engine_could_not_start_was_not_stopped_on_purpose():
    assert container(state="exited", policy="always").stopped
    assert container(state="exited", policy="unless-stopped").stopped
    for error in ("driver failed: port is already allocated", "container f7c9 is not running"):
        assert not container(state="exited", policy="always", error=error).stopped


@pytest.mark.parametrize(
    ("more", "lasts"),
    [
        pytest.param({"up": 12}, True, id="runs for long"),
        pytest.param({"up": 2, "ended": 2.1, "restarts": 9}, True, id="started again at once"),
        pytest.param({"up": 2, "ended": 40, "restarts": 9}, False, id="started again after a pause"),
        pytest.param({"up": 2, "ended": 2.1, "restarts": 2}, False, id="the pause does not say it yet"),
        pytest.param(
            {"up": 2, "ended": 3.5, "restarts": 4, "age": 54}, True, id="each run had twelve seconds, and a start"
        ),
        pytest.param({"up": 2, "ended": 2.4, "restarts": 4, "age": 32}, False, id="each run had less than ten"),
        pytest.param({"up": 2, "ended": 4.0, "restarts": 9}, True, id="sooner than after nine falls, on a busy host"),
        pytest.param({"up": 2, "ended": 28, "restarts": 9}, False, id="as after nine falls"),
        pytest.param({"up": 2}, False, id="has never ended"),
        pytest.param({"state": "restarting", "up": 30, "ended": 1}, True, id="ran for long"),
        pytest.param({"state": "restarting", "up": 3, "ended": 1}, False, id="fell at once"),
    ],
)
def test_whether_its_runs_last(more, lasts):
    assert container(**more).lasts(NOW) is lasts


@pytest.mark.parametrize(
    ("seen", "exits", "said"),
    [
        pytest.param({"state": "restarting", "exit_code": 3}, {}, "its last exit was 3, failed with 3", id="between"),
        pytest.param({"restarts": 7, "up": 2}, True, "its last exit was 3, failed with 3", id="by the events"),
        pytest.param({"restarts": 7, "up": 2}, {}, "its last exit code is not known", id="not known"),
    ],
)
def test_what_one_that_loops_ended_with(seen, exits, said):
    one = container(**seen)
    assert said in problem_of(project(one, exits={one.id: 3} if exits else {}), one)


BUILT = {
    "com.docker.compose.project": "shop",
    "com.docker.compose.service": "web",
    "com.docker.compose.version": "2.26",
}
MADE = {**BUILT, "com.docker.compose.config-hash": "h", "com.docker.compose.container-number": "1"}


@pytest.mark.parametrize(
    ("labels", "made", "service"),
    [
        pytest.param({**MADE, "com.docker.compose.oneoff": "False"}, True, "web", id="a replica"),
        pytest.param(MADE, True, "web", id="of an old Compose"),
        pytest.param({**BUILT, "com.docker.compose.container-number": "1"}, True, "web", id="of another Compose"),
        pytest.param({**MADE, "com.docker.compose.oneoff": "True"}, True, "", id="docker compose run"),
        pytest.param(BUILT, False, "", id="docker run of an image that Compose built"),
        pytest.param({**BUILT, "com.docker.swarm.task.id": "x"}, False, "", id="a task of Swarm of such an image"),
        pytest.param({"com.docker.compose.project": "shop"}, False, "", id="put into the group by hand"),
        pytest.param({}, False, "", id="of no service"),
    ],
)
def test_only_what_compose_made_is_a_replica(labels, made, service):
    """An image that Compose built has the names of project and service, and so has every container of it."""
    assert (of_compose(labels), replica_of(labels)) == (made, service)


@pytest.mark.parametrize(
    ("ended", "more", "by_engine"),
    [
        pytest.param(98, {}, True, id="two seconds after the start of the engine"),
        pytest.param(100.2, {}, True, id="at its start"),
        pytest.param(30, {}, False, id="long after it"),
        pytest.param(400, {}, False, id="before it: a person stopped it"),
        pytest.param(98, {"state": "running"}, False, id="runs again"),
    ],
)
def test_what_the_engine_stopped_with_its_own_start_was_not_stopped_on_purpose(ended, more, by_engine):
    """Killed and started again, it stops what ran on meanwhile, and does not start what has `unless-stopped`."""
    one = container(**{"state": "exited", "policy": "unless-stopped", "ended": ended, "up": 9000, **more})
    assert one.ended_with(NOW - timedelta(seconds=100)) is by_engine
    assert not one.ended_with(None)
    seen = replace(one, stopped_by_engine=by_engine)
    assert seen.stopped is (seen.state == "exited" and not by_engine)
    if by_engine:
        assert problem_of(project(seen), seen).startswith("is exited: the engine stopped it")
