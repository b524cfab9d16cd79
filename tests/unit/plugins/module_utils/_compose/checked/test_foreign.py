"""The check of an image which a server and its workers or jobs share."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._compose.checked.foreign import may_be_foreign, why_foreign
from ansible_collections.pafar.runbook.plugins.module_utils._compose.project_report import problem_of
from ansible_collections.pafar.runbook.plugins.module_utils._compose.restart import plan_restart

from ..facts import OLD, container, project

CHECK = ["CMD-SHELL", "curl -f localhost:8000/health || exit 1"]
REFUSED = "curl: (7) Failed to connect to localhost port 8000 after 0 ms: Couldn't connect to server"
NEVER: dict[str, Any] = {
    "health": "unhealthy", "test": CHECK, "said": REFUSED, "exits": [1] * 5, "streak": 200, "interval": 30, "up": 6100,
}  # fmt: skip
WORKS = {"command": ["celery", "-A", "shop", "worker"]}
SERVES = {"health": "healthy", "test": CHECK, "command": ["gunicorn", "shop.wsgi"], "policy": "unless-stopped"}
NIGHTLY = {"up": 1500, "streak": 50, "command": ["python", "nightly.py"], "policy": "on-failure"}


def shop(fails, web=SERVES, services=None, listens=(), name="worker"):
    worker = container(name, **{**NEVER, **WORKS, "policy": "unless-stopped", **fails})
    others = (container("web", **web),) if web else ()
    ports = {worker.id: listens, **{other.id: (8000,) for other in others}} if listens is not None else {}
    return project(worker, *others, services={"web": {}, name: {}, **(services or {})}, listening=ports), worker


def unasked(found, worker):
    plan = plan_restart(found, [worker.service], unhealthy_only=True, named=False)
    return [action.detail.get("needs_approval", "") for action in plan.plan.actions]


@pytest.mark.parametrize(
    "fails",
    [
        pytest.param({}, id="celery"),
        pytest.param({**NIGHTLY, "policy": "no"}, id="a job"),
        pytest.param({"test": ["CMD", "wget", "-qO-", "http://127.0.0.1:3000/"], "said": "Connection refused"},
                     id="another port"),
        pytest.param({"exits": [7] * 5, "said": ""}, id="a silent client"),
        pytest.param({"test": ["CMD-SHELL", "nc -z localhost 8000 || exit 1"], "said": ""}, id="nc"),
        pytest.param({"test": ["CMD", "bash", "-c", "</dev/tcp/127.0.0.1/8000"], "said": ""}, id="a shell"),
        pytest.param({"test": ["CMD-SHELL", "pg_isready -U shop"], "said": "/tmp:5432 - no response"}, id="pg_isready"),
        pytest.param({"test": ["CMD", "redis-cli", "ping"], "said": "Could not connect to Redis at 127.0.0.1:6379"},
                     id="redis-cli"),
    ],
)  # fmt: skip
def test_a_worker_of_the_image_of_a_server_is_not_judged_by_its_check(fails):
    found, worker = shop(fails, {**SERVES, "test": fails.get("test", CHECK)})
    why = why_foreign(found, worker)
    assert why.startswith("it has failed since the start and asks on port ")
    assert why.endswith("listens on no port; shop-web-1, of the same image, passes it with another command")


@pytest.mark.parametrize(
    ("fails", "services", "listens"),
    [
        pytest.param({"exits": [0, 1, 1, 1], "streak": 3}, {}, (), id="it has passed"),
        pytest.param({}, {"worker": {"healthcheck": {"test": CHECK}}}, (), id="the files give it"),
        pytest.param({}, {}, (5555,), id="it listens"),
        pytest.param({}, {}, None, id="what it listens on is not known"),
        pytest.param({"ports": {"8000/tcp": [{"HostIp": "", "HostPort": "80"}]}}, {}, (), id="it publishes a port"),
        pytest.param({}, {"worker": {"expose": ["8000"]}}, (), id="it exposes a port"),
        pytest.param(
            {}, {"worker": {"labels": {"traefik.http.routers.x.rule": "y"}}}, (), id="a proxy has its address"
        ),
        pytest.param({"said": "curl: (22) The requested URL returned error: 503"}, {}, (), id="a server answers"),
        pytest.param({"exits": [22] * 5, "said": ""}, {}, (), id="the same, silently"),
        pytest.param({"exits": [28] * 5, "said": ""}, {}, (), id="no answer in time"),
        pytest.param({"test": ["CMD", "/health.sh"]}, {}, (), id="what it asks is not known"),
    ],
)
def test_what_may_be_a_server_is_judged_by_its_check(fails, services, listens):
    found, worker = shop(fails, services=services, listens=listens)
    assert (why_foreign(found, worker), may_be_foreign(found, worker)) == ("", "")
    assert problem_of(found, worker)
    assert unasked(found, worker) == [""]


@pytest.mark.parametrize(
    "web",
    [
        pytest.param(None, id="no other service of the image"),
        pytest.param({**SERVES, "health": "unhealthy", "exits": [1]}, id="the other one fails, too"),
        pytest.param({**SERVES, **WORKS}, id="the other one has the same command"),
        pytest.param({**SERVES, "image": OLD}, id="another image"),
    ],
)
def test_where_no_other_service_shows_whose_check_it_is_a_person_decides(web):
    """It may be a server that hangs before it listens: it stays a problem."""
    found, worker = shop({}, web)
    assert why_foreign(found, worker) == ""
    assert problem_of(found, worker).startswith("its health check fails")
    assert "whether its check is meant for it is unknown" in unasked(found, worker)[0]
    (action,) = plan_restart(found, ["worker"]).plan.actions
    assert "needs_approval" not in action.detail, "its service was named"


@pytest.mark.parametrize(
    ("more", "listens", "asks"),
    [
        pytest.param({}, (), True, id="a script of the image"),
        pytest.param({"test": ["CMD-SHELL", "celery inspect ping"]}, (), True, id="another program"),
        pytest.param({"said": "redis.exceptions.ConnectionError: refused"}, (), False, id="a fault of the program"),
        pytest.param({}, (5555,), False, id="it listens"),
        pytest.param({"exits": [0, 1, 1, 1], "streak": 3}, (), False, id="it has passed"),
    ],
)
def test_a_script_that_another_service_of_the_image_passes_may_be_meant_for_that_one(more, listens, asks):
    """What it asks is not known: a person decides."""
    script = {"test": ["CMD", "/health.sh"], "said": "not ready", **more}
    found, worker = shop(script, {**SERVES, "test": script["test"]}, listens=listens)
    assert why_foreign(found, worker) == ""
    (why,) = unasked(found, worker)
    assert why.startswith("whether its check is meant for it is unknown: it has failed since the start, and") is asks
    assert bool(why) is asks
    found, worker = shop(script, {**SERVES, "health": "unhealthy", "exits": [1]}, listens=listens)
    assert unasked(found, worker) == [""], "no other service shows whose it is"


GIVEN = {"healthcheck": {"test": CHECK, "interval": "30s"}}


@pytest.mark.parametrize(
    ("services", "fails", "asks"),
    [
        pytest.param({"web": GIVEN, "worker": GIVEN}, {}, True, id="an anchor that both merge"),
        pytest.param({"web": GIVEN, "worker": GIVEN}, {"exits": [0, 1, 1], "streak": 2}, False, id="it has passed"),
        pytest.param({"web": GIVEN, "worker": {**GIVEN, "expose": ["8000"]}}, {}, False, id="it exposes a port"),
        pytest.param({"worker": GIVEN}, {}, False, id="given to it alone"),
        pytest.param({"web": GIVEN, "worker": {"healthcheck": {"test": CHECK, "interval": "5s"}}}, {}, False,
                     id="given to each"),
    ],
)  # fmt: skip
def test_one_check_that_the_files_give_to_both_may_be_meant_for_one(services, fails, asks):
    found, worker = shop(fails, services=services)
    assert why_foreign(found, worker) == ""
    assert problem_of(found, worker).startswith("its health check fails")
    (why,) = unasked(found, worker)
    assert why.startswith("whether its check is meant for it is unknown") is asks
    assert bool(why) is asks


@pytest.mark.parametrize("policy", ["no", "on-failure"])
def test_what_may_be_a_job_is_not_begun_again_for_a_check_that_has_never_passed(policy):
    job = {**NIGHTLY, "policy": policy, "test": ["CMD", "/health.sh"]}
    found, nightly = shop(job, name="nightly", listens=None)
    assert "whether it is a job" in unasked(found, nightly)[0]
    passed, nightly = shop({**job, "exits": [0, 1, 1, 1], "streak": 3}, name="nightly", listens=None)
    assert unasked(passed, nightly) == [""], "the check is its own"
    again, nightly = shop({**job, "policy": "always"}, name="nightly", listens=None)
    assert unasked(again, nightly) == [""], "the engine starts it again when it ends: a service"
    found, nightly = shop(job, name="nightly", listens=None)
    (action,) = plan_restart(found, ["nightly"]).plan.actions
    assert "needs_approval" not in action.detail, "its service was named"


def test_what_another_service_needs_stays_a_problem_and_a_person_decides():
    """It may need a server, as a proxy does, or a worker that runs, as a view of its queues does."""
    flower: dict[str, Any] = {"flower": {"depends_on": {"worker": {}}}}
    found, worker = shop({}, services=flower)
    assert why_foreign(found, worker) == ""
    assert problem_of(found, worker)
    assert "whether its check is meant for it is unknown" in unasked(found, worker)[0]
    alone, worker = shop({}, None, services=flower)
    assert unasked(alone, worker) == [""], "nothing shows whose the check is, and it is needed: a server that hangs"
