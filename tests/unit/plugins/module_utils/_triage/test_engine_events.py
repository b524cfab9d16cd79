"""What events say of containers: who asked is not known, but whether anyone did."""

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._triage.engine_events import (
    KEPT,
    changes_of_events,
    reach,
)

NOW = 10_000.0


def event(action, at, name="web-1", project="shop", **attributes):
    labels = {"com.docker.compose.project": project, "name": name, **attributes}
    return {"Type": "container", "Action": action, "time": at, "Actor": {"ID": name * 4, "Attributes": labels}}


def lines(*events):
    return [change["what"] for change in changes_of_events(events, "shop", NOW)]


@pytest.mark.parametrize(
    ("events", "said"),
    [
        pytest.param([event("kill", 1, signal="15"), event("die", 2, exitCode="0"), event("stop", 2)],
                     ["web-1 was stopped by a request (SIGTERM)"], id="docker stop"),
        pytest.param([event("kill", 1, signal="9"), event("die", 2, exitCode="137"), event("start", 3)],
                     ["web-1 was stopped by a request (SIGKILL) and started again"], id="docker kill"),
        pytest.param([event("kill", 1, signal="15"), event("die", 2, exitCode="0"), event("stop", 2), event("start", 3),
                      event("restart", 3)], ["web-1 was restarted by a request (SIGTERM)"], id="docker restart"),
        pytest.param([event("die", 2, exitCode="3"), event("start", 3), event("die", 5, exitCode="3")],
                     ["web-1 exited 2 times, last (3: failed with 3)"], id="a crash loop"),
        pytest.param([event("oom", 1), event("die", 2, exitCode="137"), event("start", 3)],
                     ["web-1 lost a process to the OOM killer and ended (137: killed: out of memory)"
                      " and started again"], id="OOM"),
        pytest.param([event("kill", 1, signal="1"), event("exec_create: nginx -t", 2)], [], id="a reload is no end"),
        pytest.param([event("pause", 1), event("unpause", 2)],
                     ["web-1 was paused by a request", "web-1 was unpaused by a request"], id="a backup"),
        pytest.param([event("destroy", 1)], ["web-1 was removed by a request"], id="removed"),
        pytest.param([event("die", 1, exitCode="1", project="other")], [], id="of another project"),
        pytest.param([event("die", 1, exitCode="1", **{"com.docker.compose.oneoff": "True"})], [], id="a one-off run"),
        pytest.param([{"Type": "image", "Action": "die", "time": 1}, {}], [], id="no container"),
    ],
)  # fmt: skip
def test_an_end_is_told_with_its_reason(events, said):
    assert lines(*events) == said


def test_the_age_is_that_of_the_last():
    (change,) = changes_of_events([event("die", 1, exitCode="1"), event("die", 9000, exitCode="1")], "shop", NOW)
    assert (change["age"], change["deploys"]) == (1000.0, False)


def _ended(second, code, *more):
    return [event("die", second, exitCode=code), *more]


@pytest.mark.parametrize(
    ("events", "said"),
    [
        pytest.param([event("kill", 1000, signal="1"), *_ended(9000, "1")],
                     ["web-1 exited (1: failed with 1)"], id="a crash hours after a reload"),
        pytest.param([event("kill", 1000, signal="10"), *_ended(9000, "139", event("start", 9001))],
                     ["web-1 exited (139: ended by SIGSEGV) and started again"], id="logs reopened, then a crash"),
        pytest.param([event("kill", 8999, signal="28"), *_ended(9000, "1")],
                     ["web-1 exited (1: failed with 1)"], id="a reload at which it crashed"),
        pytest.param([event("kill", 8999, signal="HUP"), *_ended(9000, "1")],
                     ["web-1 exited (1: failed with 1)"], id="a reload by its name"),
        pytest.param([event("kill", 1000, signal="15"), *_ended(9000, "1")],
                     ["web-1 exited (1: failed with 1)"], id="a SIGTERM that it outlived"),
        pytest.param([event("kill", 8999, signal="SIGTERM"), *_ended(9000, "1")],
                     ["web-1 was stopped by a request (SIGTERM)"], id="by the signal's name"),
        pytest.param([event("kill", 8950, signal="15"), *_ended(9000, "0", event("stop", 9001))],
                     ["web-1 was stopped by a request (SIGTERM)"], id="a stop that took long"),
        pytest.param([event("kill", 8999, signal="28"), *_ended(9000, "0", event("stop", 9000))],
                     ["web-1 was stopped by a request (SIGWINCH)"], id="a stop by its own signal"),
        pytest.param([event("kill", 8940, signal="37"), *_ended(9000, "0", event("stop", 9000), event("start", 9001),
                      event("restart", 9001))],
                     ["web-1 was restarted by a request (signal 37)"], id="a restart by its own signal"),
        pytest.param([event("start", 5), event("restart", 5)],
                     ["web-1 was restarted by a request"], id="a restart of one that did not run"),
        pytest.param([*_ended(100, "1"), event("stop", 130)],
                     ["web-1 exited (1: failed with 1)", "web-1 was stopped by a request"], id="stopped in its loop"),
        pytest.param([event("oom", 1000), event("kill", 8999, signal="15"), *_ended(9000, "0", event("stop", 9001))],
                     ["web-1 was stopped by a request (SIGTERM)"], id="a child was killed long before a stop"),
        pytest.param([event("oom", 1000), *_ended(9000, "1")],
                     ["web-1 exited (1: failed with 1)"], id="a child was killed long before a crash"),
        pytest.param([event("oom", 1000), *_ended(9000, "137")],
                     ["web-1 exited (137: killed (out of memory, or it did not stop in time))"], id="killed by whom"),
        pytest.param([event("oom", 8998), *_ended(9000, "1")],
                     ["web-1 lost a process to the OOM killer and ended (1: failed with 1)"], id="ended for its child"),
        pytest.param([*_ended(9000, "137", event("oom", 9001))],
                     ["web-1 lost a process to the OOM killer and ended (137: killed: out of memory)"], id="OOM after"),
        pytest.param([*_ended(9000, "1", event("oom", 9001))],
                     ["web-1 exited (1: failed with 1)"], id="an OOM after another end"),
        pytest.param([event("oom", 9000), *_ended(9000, "137", event("stop", 9004))],
                     ["web-1 lost a process to the OOM killer and ended (137: killed: out of memory)",
                      "web-1 was stopped by a request"], id="an OOM just before a stop"),
        pytest.param([*_ended(9000, "137", event("oom", 9001), event("stop", 9002))],
                     ["web-1 lost a process to the OOM killer and ended (137: killed: out of memory)",
                      "web-1 was stopped by a request"], id="an OOM that is written late, and a stop"),
        pytest.param([event("kill", 6000, signal="1"), *_ended(9000, "139", event("stop", 9001))],
                     ["web-1 exited (139: ended by SIGSEGV)", "web-1 was stopped by a request"],
                     id="a reload long ago, and a crash just before a stop"),
        pytest.param([event("kill", 8990, signal="USR1"), *_ended(9000, "1", event("stop", 9001))],
                     ["web-1 exited (1: failed with 1)", "web-1 was stopped by a request"],
                     id="a failure after its log was reopened"),
        pytest.param([event("kill", 1000, signal="15"), *_ended(9000, "1", event("stop", 9001))],
                     ["web-1 exited (1: failed with 1)", "web-1 was stopped by a request"],
                     id="a SIGTERM that it outlived, and a failure"),
        pytest.param([event("kill", 10, signal="10"), event("oom", 8999), *_ended(9000, "137", event("stop", 9001))],
                     ["web-1 lost a process to the OOM killer and ended (137: killed: out of memory)",
                      "web-1 was stopped by a request"], id="by no signal of long before"),
        pytest.param([event("kill", 8700, signal="15"), *_ended(9000, "0", event("stop", 9001))],
                     ["web-1 was stopped by a request (SIGTERM)"], id="a stop that took five minutes"),
        pytest.param([event("kill", 8950, signal="15"), *_ended(9000, "1", event("stop", 9001))],
                     ["web-1 was stopped by a request (SIGTERM)"], id="one that fails as it stops"),
        pytest.param([*_ended(9000, "139", event("stop", 9003))],
                     ["web-1 exited (139: ended by SIGSEGV)", "web-1 was stopped by a request"],
                     id="a crash just before a stop, without a signal"),
    ],
)  # fmt: skip
def test_only_a_request_or_an_oom_just_before_the_end_is_its_reason(events, said):
    assert lines(*events) == said


@pytest.mark.parametrize(
    ("number", "oldest", "gap"), [(3, 9000, False), (KEPT, 9400, True), (KEPT, 100, False), (KEPT - 1, 9400, False)]
)
def test_where_the_engine_has_forgotten_it_is_said(number, oldest, gap):
    text = reach([{"time": oldest}] * number, 200, NOW)
    assert bool(text) is gap
    assert "reach back 10 min" in text or not gap
