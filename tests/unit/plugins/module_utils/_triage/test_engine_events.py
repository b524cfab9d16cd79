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


@pytest.mark.parametrize(
    ("number", "oldest", "gap"), [(3, 9000, False), (KEPT, 9400, True), (KEPT, 100, False), (KEPT - 1, 9400, False)]
)
def test_where_the_engine_has_forgotten_it_is_said(number, oldest, gap):
    text = reach([{"time": oldest}] * number, 200, NOW)
    assert bool(text) is gap
    assert "reach back 10 min" in text or not gap
