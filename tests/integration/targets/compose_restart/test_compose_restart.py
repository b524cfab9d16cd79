"""compose_restart against a real engine: order, health, what loops, and where it stops."""

from __future__ import annotations

import pytest

from rehearsal import engine
from support.shop import WAIT

NOT_FOUND = 'nginx: [emerg] host not found in upstream "web:80" in /etc/nginx/nginx.conf:3'
NGINX_TEST = ["sh", "-c", f"getent hosts web || {{ echo '{NOT_FOUND}' >&2; exit 1; }}"]


def started(shop, service):
    return {one["Name"].lstrip("/"): (one["Id"], one["State"]["StartedAt"]) for one in shop.containers(service)}


def test_check_then_real(shop):
    before, others = started(shop, "web"), shop.world("web")
    planned = shop.module("compose_restart", check=True, services=["web"])
    assert started(shop, "web") == before
    done = shop.module("compose_restart", services=["web"])
    assert done["plan"] == planned["plan"]
    assert done["remaining"] == 0
    after = started(shop, "web")
    assert {name: one[0] for name, one in after.items()} == {name: one[0] for name, one in before.items()}
    assert all(after[name][1] != before[name][1] for name in before)
    assert shop.world("web") == others
    assert done["undo"]["reversible"] is False
    assert set(done["evidence"]["logs"]) == set(before)
    approved = planned["plan"]["actions"][0]["target"]
    stale = shop.module("compose_restart", services=["web"], only=[approved])
    refusal = f"None of the 1 approved target(s) is in the present plan ({approved}): each is gone, has changed"
    assert refusal in stale["msg"], "a replica that was restarted since is another target"
    assert started(shop, "web") == after


def test_only_what_is_sick(shop):
    unhealthy = f"{shop.project}-web-2"
    shop.services["web"]["command"] = ["sh", "-c", f"rm -f /tmp/sick; {WAIT}"]  # a start cures it, and nothing else
    shop.up()
    shop.make_unhealthy(unhealthy)
    before = started(shop, "web")
    done = shop.module("compose_restart", which="unhealthy", grace=1)
    assert [act["who"] for act in done["plan"]["actions"]] == [unhealthy]
    assert started(shop, "web")[f"{shop.project}-web-1"] == before[f"{shop.project}-web-1"]
    assert shop.module("compose_restart", check=True, which="unhealthy")["plan"]["actions"] == []


def test_those_that_are_named_alone(shop):
    first, second = (f"{shop.project}-web-{number}" for number in (1, 2))
    before = started(shop, "web")
    done = shop.module("compose_restart", services=["web"], containers=[second], grace=1)
    assert [act["who"] for act in done["plan"]["actions"]] == [second]
    after = started(shop, "web")
    assert (after[first] == before[first], after[second] == before[second]) == (True, False)
    gone = shop.module("compose_restart", services=["web"], containers=["nobody"])
    assert "nobody is no container of web (any more)" in gone["msg"]
    assert "say which services" in shop.module("compose_restart", containers=[second], which="unhealthy")["msg"]


def test_it_stops_at_the_first_that_does_not_come_back(shop):
    first, second = (f"{shop.project}-web-{number}" for number in (1, 2))
    shop.make_unhealthy(first)  # sick for good: the file is in its own layer
    before = started(shop, "web")[second]
    done = shop.module("compose_restart", services=["web"], method="restart", grace=1)
    assert f"Stopped at {first}, 0 of 2 were done before it" in done["msg"]
    assert f"{second} were left alone" in done["msg"]
    assert done["left_alone"] == [second]
    assert started(shop, "web")[second] == before


def test_a_proxy_that_cannot_name_what_is_gone_does_not_keep_it_from_coming_back(shop):
    """nginx refuses a configuration with a name that leads nowhere, as that of a service of which no replica runs."""
    proxy = {"proxy": "front", "proxy_reload": ["touch", "/tmp/reloaded"], "proxy_test": NGINX_TEST}
    for number in (1, 2):
        engine.run(["docker", "kill", f"{shop.project}-web-{number}"])
    planned = shop.module("compose_restart", check=True, services=["web"], **proxy)
    assert len(planned["plan"]["actions"]) == 2, planned
    done = shop.module("compose_restart", services=["web"], grace=1, **proxy)
    assert (done["remaining"], done["not_done"]) == (0, []), done
    assert f"reloaded {shop.project}-front-1" in done["done"]


def test_another_error_of_the_proxy_refuses_the_act_also_where_a_service_is_away(shop):
    """It would come back, and the proxy could not be told."""
    wrong = "nginx: [emerg] unexpected end of file in /etc/nginx/nginx.conf:9"
    proxy = {"proxy": "front", "proxy_reload": ["touch", "/tmp/reloaded"]}
    for number in (1, 2):
        engine.run(["docker", "kill", f"{shop.project}-web-{number}"])
    for said in (wrong, f"{NOT_FOUND}\n{wrong}", NOT_FOUND.replace("web:", "api:")):
        broken = {**proxy, "proxy_test": ["sh", "-c", f"echo '{said}' >&2; exit 1"]}
        done = shop.module("compose_restart", services=["web"], **broken)
        assert "could not be reloaded after the act, since its configuration has an error" in done["msg"]
    assert {one["State"]["Running"] for one in shop.containers("web")} == {False}


def test_a_service_that_no_proxy_reaches_is_restarted_whatever_is_wrong_with_the_proxy(shop):
    shop.services["worker"]["network_mode"] = "none"
    shop.up()
    before = shop.world("worker")
    broken = {"proxy": "front", "proxy_test": ["false"], "proxy_reload": ["true"]}
    done = shop.module("compose_restart", services=["worker"], **broken)
    assert done["done"] == [f"restarted {shop.project}-worker-1"]
    assert shop.world("worker") == before
    done = shop.module("compose_restart", services=["web"], **{**broken, "proxy_test": ["no-such-program", "-t"]})
    assert "its test (`no-such-program -t`) could not be carried out in it" in done["msg"]


def test_what_loops_is_replaced_by_a_fresh_one(shop):
    loop = f"{shop.project}-worker-1"
    script = "test -e /tmp/broken && exit 1; trap 'exit 0' TERM; while :; do sleep 0.2; done"
    shop.services["worker"]["command"] = ["sh", "-c", script]
    shop.up()
    shop.execute(loop, "touch", "/tmp/broken")
    engine.run(["docker", "kill", loop])
    engine.run(["docker", "start", loop])
    shop.until("it loops", lambda: shop.containers("worker")[0]["RestartCount"] >= 3)
    done = shop.module("compose_restart", services=["worker"])
    assert [act["action"] for act in done["plan"]["actions"]] == ["replace"]
    assert done["remaining"] == 0, done
    assert [one["Name"].lstrip("/") for one in shop.containers("worker")] == [f"{shop.project}-worker-2"]


def test_a_worker_that_listens_on_nothing_goes_before_its_successor(shop):
    """Whether two of it may run at a time is not known, and a job that runs twice harms more than some seconds."""
    (before,) = shop.containers("worker")
    done = shop.module("compose_restart", services=["worker"], method="replace", grace=1)
    assert "listens on no port" in done["plan"]["actions"][0]["reason"]
    text = " ".join(done["done"])
    assert "goes before another one takes its place" in text
    assert text.index(f"removed {shop.project}-worker-1") < text.index("started")
    (after,) = shop.containers("worker")
    assert after["Id"] != before["Id"]


def test_a_scheduler_that_is_not_declared_is_a_singleton(shop):
    shop.services["worker"]["entrypoint"] = ["sh", "-c", WAIT]
    shop.services["worker"]["command"] = ["celery", "-A", "shop", "beat"]
    shop.up()
    refused = shop.module("compose_scale", service="worker", replicas="2")
    assert "runs a scheduler (celery beat), and must not run twice" in refused["msg"]


def test_everything_goes_in_the_order_of_the_dependencies(shop):
    planned = shop.module("compose_restart", check=True, everything=True)
    order = [act["service"] for act in planned["plan"]["actions"]]
    assert order.index("db") < order.index("web") < order.index("front")
    assert "migrate" not in order
    assert any(one["who"].endswith("migrate-1") for one in planned["plan"]["excluded"])
    done = shop.module("compose_restart", everything=True, at_once=True, grace=1)
    assert done["remaining"] == 0
    assert len(done["done"]) == len(order)


@pytest.mark.parametrize("options", [{}, {"services": ["web"], "everything": True}])
def test_it_must_be_said_what(shop, options):
    assert "Say which services" in shop.module("compose_restart", **options)["msg"]
