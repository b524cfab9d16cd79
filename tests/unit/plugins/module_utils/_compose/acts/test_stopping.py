"""Whether a container that the engine never starts again by itself was stopped by a request."""

from __future__ import annotations

from datetime import timedelta

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._compose.acts.stopping import judged
from ansible_collections.pafar.runbook.plugins.module_utils._compose.project_report import note_of, problem_of
from ansible_collections.pafar.runbook.plugins.module_utils._compose.restart import plan_restart

from ..facts import NOW, container, project

PORT = {"80/tcp": [{"HostIp": "", "HostPort": "80"}]}
ENDED = {"state": "exited", "ended": 60, "health": ""}


def event(action, ago, of="web", **said):
    actor = {"ID": container(of).id, "Attributes": said}
    return {"Action": action, "Actor": actor, "timeNano": int((NOW.timestamp() - ago) * 1e9)}


@pytest.mark.parametrize(
    ("more", "engine_up", "events", "stopped"),
    [
        pytest.param({"exit_code": 143}, 9000, [], True, id="asked to stop, while the engine ran"),
        pytest.param({"exit_code": 143}, 50, [], False, id="the engine was started after it had ended"),
        pytest.param({"exit_code": 143}, 62, [], False, id="it ended as the engine was started"),
        pytest.param({"exit_code": 143}, None, [], False, id="since when the engine runs is not known"),
        pytest.param({"exit_code": 137}, 9000, [], False, id="killed, by whom is not known"),
        pytest.param({"exit_code": 137}, 9000, [event("kill", 70), event("stop", 60)], True, id="did not stop in time"),
        pytest.param({"exit_code": 137}, None, [event("kill", 60)], True, id="docker kill"),
        pytest.param({"exit_code": 137}, 9000, [event("kill", 900)], False, id="a signal long before"),
        pytest.param({"exit_code": 137}, 9000, [event("kill", 60, "api")], False, id="another one was killed"),
        pytest.param({"exit_code": 137, "oom": True}, 9000, [], False, id="out of memory"),
        pytest.param({"exit_code": 137}, 9000, [event("oom", 60), event("die", 60)], False, id="out of memory, told"),
        pytest.param({"exit_code": 1}, 9000, [], False, id="failed"),
        pytest.param({"exit_code": 1}, 9000, [event("stop", 60)], True, id="fails when it is stopped"),
        pytest.param({"ports": PORT}, 9000, [event("stop", 60)], True, id="ends well when it is stopped"),
        pytest.param({"ports": PORT}, 9000, [], False, id="ended by itself"),
        pytest.param({"exit_code": 143}, 9000, [event("die", 60)], False, id="by a signal that was no request"),
        pytest.param({"exit_code": 1}, 9000, [event("kill", 63, signal="1")], False, id="told to reload, and crashed"),
        pytest.param({"exit_code": 1}, 9000, [event("kill", 63, signal="15")], True, id="fails on SIGTERM"),
        pytest.param(
            {"exit_code": 1, "signal": "SIGQUIT"}, 9000, [event("kill", 63, signal="3")], True, id="its own signal"
        ),
        pytest.param(
            {"exit_code": 1, "signal": "28"}, 9000, [event("kill", 63, signal="28")], True, id="its own, as a number"
        ),
        pytest.param(
            {"exit_code": 1, "signal": "USR1"}, 9000, [event("kill", 63, signal="10")], True, id="its own, short"
        ),
        pytest.param(
            {"exit_code": 1, "signal": "SIGRTMIN+3"}, 9000, [event("kill", 63, signal="37")], True, id="a real-time one"
        ),
        pytest.param({"exit_code": 1}, 9000, [event("kill", 63, signal="TERM")], True, id="SIGTERM by its name"),
        pytest.param({"exit_code": 1}, 9000, [event("kill", 63, signal="SIGHUP")], False, id="SIGHUP by its name"),
        pytest.param(
            {"exit_code": 1, "up": 63},
            9000,
            [event("kill", 74, signal="15"), event("stop", 64)],
            False,
            id="restarted, and its next run crashed",
        ),
        pytest.param({"exit_code": 143, "error": "no space"}, 9000, [], False, id="could not be started"),
        pytest.param({"exit_code": 143, "state": "restarting"}, 9000, [], False, id="is being started"),
    ],
)
def test_by_its_exit_code_and_the_events(more, engine_up, events, stopped):
    one = container(**{**ENDED, **more})
    began = None if engine_up is None else NOW - timedelta(seconds=engine_up)
    seen = judged(one, began, events)
    assert seen.stopped_by_request is stopped
    assert bool(problem_of(project(seen), seen)) is not stopped
    assert note_of(project(seen), seen) == ("was stopped on purpose, by a person or a job" if stopped else "")
    unasked = plan_restart(project(seen), ["web"], unhealthy_only=True, named=False)
    assert unasked.order == () or more.get("state") == "restarting"
    assert [replica.name for replica, dummy in plan_restart(project(seen), ["web"]).order] == ["shop-web-1"]


@pytest.mark.parametrize("policy", ["always", "unless-stopped"])
@pytest.mark.parametrize(
    ("more", "events", "itself"),
    [
        pytest.param({"exit_code": 0}, [], False, id="stopped long ago"),
        pytest.param({"exit_code": 0}, [event("die", 60)], False, id="ended well"),
        pytest.param({"exit_code": 137}, [], False, id="did not stop in time"),
        pytest.param({"exit_code": 1}, [], False, id="may fail when it is stopped"),
        pytest.param({"exit_code": 1}, [event("kill", 62, signal="15"), event("die", 60)], False, id="stopped"),
        pytest.param({"exit_code": 1}, [event("die", 60)], True, id="crashed"),
        pytest.param({"exit_code": 1}, [event("kill", 63, signal="1"), event("die", 60)], True, id="at a reload"),
        pytest.param({"exit_code": 139}, [], True, id="SIGSEGV"),
        pytest.param({"exit_code": 137, "oom": True}, [], True, id="out of memory"),
        pytest.param({"exit_code": 1}, [event("die", 900)], False, id="of another run"),
        pytest.param({"exit_code": 1}, [event("die", 60, "api")], False, id="of another one"),
    ],
)  # fmt: skip
def test_what_the_engine_would_start_again_and_ended_by_itself_was_not_stopped_on_purpose(policy, more, events, itself):
    """The engine takes it for stopped since it was sent a signal, and starts it no more."""
    seen = judged(container(**{**ENDED, **more, "policy": policy}), NOW - timedelta(seconds=9000), events)
    shop = project(seen)
    assert seen.stopped is not itself
    assert bool(problem_of(shop, seen)) is itself
    unasked = plan_restart(shop, ["web"], unhealthy_only=True, named=False)
    assert unasked.order == ()
    assert [item.reason.startswith("ended without a request") for item in unasked.plan.excluded] == [True] * itself


@pytest.mark.parametrize(
    ("more", "stopped"),
    [
        ({"exit_code": 1, "restarts": 2, "retries": 3}, True),
        ({"exit_code": 137}, True),
        ({"exit_code": 1, "restarts": 3, "retries": 3}, False),
        ({"exit_code": 0}, False),
        ({"exit_code": 137, "error": "port is already allocated"}, False),
    ],
)
def test_what_the_engine_starts_again_when_it_fails_was_stopped_where_it_did_not(more, stopped):
    assert container(**{**ENDED, "policy": "on-failure", **more}).stopped is stopped
