"""compose_scale against a real engine: the quartet, who is touched, refusals, and what is undone."""

from __future__ import annotations

import pytest

from rehearsal import engine
from support import cutting

PROXY = {"proxy": "front", "proxy_reload": ["touch", "/tmp/reloaded"], "proxy_test": ["true"]}


def test_check_real_check_again(shop):
    untouched = shop.world("web")
    web = shop.world()
    planned = shop.module("compose_scale", check=True, service="web", replicas="4")
    assert shop.world() == web, "check mode changes nothing"
    assert planned["changed"] is True
    done = shop.module("compose_scale", service="web", replicas="4", only=[planned["plan"]["actions"][0]["target"]])
    assert done["plan"]["digest"] == planned["plan"]["digest"]
    assert done["plan"] == planned["plan"]
    assert done["diff"] == planned["diff"]
    assert done["after"]["web"]["healthy"] == 4
    assert done["remaining"] == 0
    assert shop.world("web") == untouched
    assert all(shop.world().get(name) == was for name, was in web.items()), "the old replicas are the same runs"
    for check in (True, False):
        again = shop.module("compose_scale", check=check, service="web", replicas="4")
        assert (again["changed"], again["plan"]["actions"], again["plan"]["affected_before"]) == (False, [], 0)
        assert "nothing to do: web has 4 of 4" in again["plan"]["no_action_reason"]


def test_others_that_were_scaled_by_hand_stay_as_they_are(shop):
    shop.compose("up", "--detach", "--no-build", "--no-recreate", "--scale", "db=2", "db")
    shop.await_up()
    before = shop.world("web")
    assert shop.module("compose_scale", service="web", replicas="+1")["after"]["web"]["running"] == 3
    assert shop.world("web") == before


def test_the_sick_replica_goes_first_and_undo_brings_back_the_number(shop):
    shop.make_unhealthy(f"{shop.project}-web-1")
    done = shop.module("compose_scale", service="web", replicas="-1", **PROXY)
    assert [act["who"] for act in done["plan"]["actions"]] == [f"{shop.project}-web-1"]
    assert done["plan"]["actions"][0]["reason"] == "is unhealthy"
    assert [one["name"] for one in done["after"]["web"]["replicas"]] == [f"{shop.project}-web-2"]
    assert any("web-1" in name for name in done["evidence"]["logs"])
    undo = done["undo"]
    assert undo["reversible"] is True
    back = shop.module(undo["module"], **undo["options"])
    assert back["after"]["web"]["healthy"] == 2


def test_the_proxy_is_told(shop):
    front = f"{shop.project}-front-1"
    shop.execute(front, "rm", "-f", "/tmp/reloaded")  # of an earlier test
    done = shop.module("compose_scale", service="web", replicas="3", **PROXY)
    assert f"reloaded {front}" in done["done"]
    assert shop.execute(front, "ls", "/tmp/reloaded").strip() == "/tmp/reloaded"


def test_compose_info_names_the_replica_that_a_proxy_does_not_know(shop):
    front = f"{shop.project}-front-1"
    shop.services["front"]["command"] = ["sh", "-c", "trap 'exit 0' TERM; sleep 1000000 & wait"]  # its one worker
    shop.up()
    done = shop.module("compose_scale", service="web", replicas="3")
    third = done["after"]["web"]["replicas"][2]["name"]
    stale = {each["service"]: each for each in shop.module("compose_info", proxy="front")["stale_proxies"]}
    assert (stale["web"]["proxy"], stale["web"]["replicas"][-1]) == (front, third)
    planned = shop.module("compose_scale", check=True, service="web", replicas="+0", **PROXY)
    assert [act["who"] for act in planned["plan"]["actions"]] == [front]
    assert shop.module("compose_info")["stale_proxies"] == [], "no proxy was named"


def test_a_proxy_that_could_not_be_reloaded_is_found_before_the_act(shop):
    before = shop.world()
    for check in (True, False):
        broken = {**PROXY, "proxy_test": ["false"]}
        done = shop.module("compose_scale", check=check, service="web", replicas="+1", **broken)
        assert "could not be reloaded after the act, since its configuration has an error" in done["msg"]
    assert shop.world() == before


def test_a_proxy_that_the_project_does_not_have_is_named_before_the_act(shop):
    before = shop.world()
    done = shop.module("compose_scale", service="web", replicas="+1", **{**PROXY, "proxy": "ngnix"})
    assert "The proxy ngnix is no service of the compose project" in done["msg"]
    assert shop.world() == before
    assert "whether it knows every replica is not known" in shop.module("compose_info", proxy="ngnix")["problem"][-1]


def test_an_undo_does_not_undo_what_came_since(shop):
    done = shop.module("compose_scale", service="web", replicas="3")
    shop.compose("up", "--detach", "--no-build", "--no-recreate", "--scale", "web=4", "web")
    shop.await_up()
    undone = shop.module("compose_scale", **done["undo"]["options"])
    assert "has 4 replicas and 3 were expected: it was changed in the meantime" in undone["msg"]


def test_replicas_that_do_not_come_up_are_removed_again(shop):
    before = shop.world()
    shop.build("bad")
    done = shop.module("compose_scale", service="web", replicas="4", allow_drift=True)
    assert done["failed"] is True
    assert "its health check fails" in done["msg"]
    assert "2 new containers were removed again; the 2 that were there are untouched" in done["msg"]
    assert shop.world() == before
    assert cutting.records(shop) == [], "an act that failed in order leaves nothing to complete"


REFUSALS = [
    pytest.param(
        {"container_name": "the-only-one", "deploy": {}}, {}, "fixed container_name the-only-one", id="container_name"
    ),
    pytest.param({"ports": ["127.0.0.1:18765:80"]}, {}, "host port 18765, which is enough for 1", id="fixed port"),
    pytest.param({"mem_limit": "900g"}, {}, "MiB are available and", id="memory"),
    pytest.param({"environment": {"COLOUR": "red"}}, {}, "differ from the files", id="drift"),
    pytest.param({}, {"singletons": ["web"]}, "is a singleton of this site", id="a singleton by name"),
    pytest.param(
        {"labels": {"pafar.runbook.singleton": "true"}}, {}, "must not run twice", id="a singleton by its label"
    ),
    pytest.param({}, {"connections_per_replica": 8, "connections_free": 5}, "make an exhaustion worse", id="database"),
]


@pytest.mark.parametrize(("more", "options", "said"), REFUSALS)
def test_what_would_break_is_refused_beforehand_in_check_mode_too(shop, more, options, said):
    shop.services["web"].update(more)
    shop.write()
    before = shop.world()
    for check in (True, False):
        done = shop.module("compose_scale", check=check, service="web", replicas="3", **options)
        assert done["failed"] is True
        assert said in done["msg"]
        assert done["msg"].endswith("Nothing was done.")
    assert shop.world() == before


def test_a_name_that_is_taken_and_an_image_that_is_gone(shop):
    name = f"{shop.project}-web-3"
    engine.run(["docker", "create", "--name", name, shop.image, "true"])
    try:
        done = shop.module("compose_scale", service="web", replicas="3")
        assert f"the name {name} is taken by a container that is not of this service" in done["msg"]
    finally:
        engine.run(["docker", "rm", "--force", name])
    engine.run(["docker", "rmi", "--force", "--no-prune", shop.image], check=False)
    assert "is not on this host" in shop.module("compose_scale", service="web", replicas="3")["msg"]


@pytest.mark.parametrize(
    ("replicas", "said"),
    [
        pytest.param("-9", "the least is 1", id="below one"),
        pytest.param("0", "the least is 1", id="none"),
        pytest.param("10000", "this site allows 20", id="ten thousand"),
        pytest.param("many", "must be a number, or a step like +2", id="a word"),
    ],
)
def test_impossible_numbers(shop, replicas, said):
    before = shop.world()
    done = shop.module("compose_scale", service="web", replicas=replicas)
    assert said in done["msg"]
    assert shop.world() == before


def test_an_approval_of_another_plan_does_nothing(shop):
    before = shop.world()
    done = shop.module("compose_scale", service="web", replicas="3", only=["web:2->5"])
    assert "None of the 1 approved target(s) is in the present plan (web:2->5)" in done["msg"]
    assert "The present plan has web:2->3" in done["msg"]
    assert shop.module("compose_scale", service="web", replicas="3", only=[])["changed"] is False
    assert shop.world() == before


def test_files_that_have_moved_are_named_and_nothing_is_done(shop):
    """The project was started from another directory, or its files are gone."""
    shop.file.rename(shop.folder / "elsewhere.yml")
    before = shop.world()
    done = shop.module("compose_scale", service="web", replicas="3")
    assert f"{shop.file} is not on this host" in done["msg"]
    assert done["msg"].endswith("Nothing was done.")
    assert shop.world() == before
    told = {"files": [str(shop.folder / "elsewhere.yml")], "project_directory": str(shop.folder)}
    assert shop.module("compose_scale", check=True, service="web", replicas="3", **told)["changed"] is True
