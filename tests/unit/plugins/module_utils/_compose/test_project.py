"""A compose project: what the files ask for beside what runs."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._compose.project import (
    Project,
    chosen,
    source_of,
    split_files,
)
from ansible_collections.pafar.runbook.plugins.module_utils._compose.project_ref import Source
from ansible_collections.pafar.runbook.plugins.module_utils._compose.project_report import problem_of, project_dict
from ansible_collections.pafar.runbook.plugins.module_utils._compose.restart import plan_restart

from .facts import NOW, OLD, container, project, volume


def placed(number, directory, files, **more):
    """A container with the labels of its folder and its files, joined by commas."""
    return replace(container(number=number), directory=directory, files=files, **more)


def test_replicas_are_ordered_by_number():
    shop = project(container(number=10), container(number=2), container("job"))
    assert [replica.number for replica in shop.replicas("web")] == [2, 10]


def test_services_are_those_of_the_files_and_of_the_containers():
    assert project(container("orphan"), services={"web": {}}).service_names == ["orphan", "web"]


@pytest.mark.parametrize(
    ("spec", "containers", "profiles", "replicas"),
    [
        pytest.param({}, 0, (), 1, id="default"),
        pytest.param({"scale": 3}, 0, (), 3, id="scale"),
        pytest.param({"profiles": ["debug"]}, 0, (), 0, id="profile that is not in use"),
        pytest.param({"profiles": ["debug"]}, 0, ("debug",), 1, id="profile in use"),
        pytest.param({"profiles": ["debug"]}, 0, ("*",), 1, id="every profile in use"),
        pytest.param({"profiles": ["debug"]}, 1, (), 1, id="started in spite of its profile"),
    ],
)
def test_replicas_that_the_files_ask_for(spec, containers, profiles, replicas):
    shop = project(*[container()] * containers, services={"web": spec})
    shop = replace(shop, source=replace(shop.source, profiles=profiles))
    assert shop.wanted("web") == replicas
    assert shop.wanted("other") is None


WAITS = {"depends_on": {"migrate": {"condition": "service_completed_successfully"}}}
STARTS = {"depends_on": {"migrate": {"condition": "service_started"}}}
ENDED = container("migrate", state="exited", health=None)


@pytest.mark.parametrize(
    ("web", "containers", "replicas"),
    [
        pytest.param(WAITS, [container()], 0, id="it was started after its end"),
        pytest.param(WAITS, [container(state="exited")], 0, id="stopped since"),
        pytest.param({}, [container(depends="migrate:service_completed_successfully:false")], 0, id="by its labels"),
        pytest.param(WAITS, [replace(container(state="created"), started=None)], 1, id="waits still"),
        pytest.param(WAITS, [], 1, id="nothing was started"),
        pytest.param(WAITS, [container("other")], 1, id="another one was started"),
        pytest.param(STARTS, [container()], 1, id="a service"),
        pytest.param(WAITS, [container(), ENDED], 1, id="it is there"),
    ],
)
def test_a_job_that_has_done_its_work_may_have_no_container_any_more(web, containers, replicas):
    shop = project(*containers, services={"web": web, "migrate": {}, "other": {}})
    assert shop.wanted("migrate") == replicas
    missing = any(line.startswith("migrate: ") for line in project_dict(shop)["problem"])
    assert missing is (replicas == 1 and ENDED not in containers)


def test_without_readable_files_nothing_differs():
    shop = replace(project(container(image=OLD)), model=None)
    assert shop.drift(shop.containers[0]) == []
    assert shop.wanted("web") is None


def test_a_restart_between_two_observations_is_a_loop():
    first, second = container(restarts=1, up=30), container(restarts=3, up=2)
    assert not project(first).loops(first)
    shop = project(first, again={first.id: second})
    assert shop.loops(first)


@pytest.mark.parametrize(
    ("mounts", "spec", "stateful"),
    [
        pytest.param([], {}, False, id="nothing mounted"),
        pytest.param([volume("data")], {}, True, id="a volume"),
        pytest.param([{"Type": "bind", "Destination": "/var/lib/x", "RW": True}], {}, True, id="a database's folder"),
        pytest.param([{"Type": "bind", "Destination": "/etc/x", "RW": False}], {}, False, id="its configuration"),
        pytest.param([], {"volumes": [{"type": "volume", "source": "data"}]}, True, id="a volume of the files"),
        pytest.param([], {"volumes": [{"type": "volume"}]}, False, id="an anonymous volume of the files"),
    ],
)
def test_whether_a_service_keeps_data(mounts, spec, stateful):
    assert project(container(mounts=mounts), services={"web": spec}).stateful("web") is stateful


def test_dependencies_that_do_not_run_would_be_started():
    stopped = container("db", state="exited")
    shop = project(container(), stopped, services={"web": {"depends_on": {"db": {}}}, "db": {}})
    assert shop.would_start("web") == [stopped]
    assert shop.would_start("db") == []


SHOP, COPY = (
    placed(1, "/srv/shop", "/srv/shop/a.yml,/srv/shop/b.yml"),
    placed(2, "/srv/copy/", "/srv/copy/a.yml", project="copy"),
)


@pytest.mark.parametrize(
    ("name", "directory", "files", "names"),
    [
        pytest.param("shop", "", [], ["shop"], id="by name"),
        pytest.param("none", "", [], [], id="by a name that has no container"),
        pytest.param("", "/srv/copy", [], ["copy"], id="by folder"),
        pytest.param("", "", ["/srv/shop/b.yml"], ["shop"], id="by one of its files"),
        pytest.param("", "/srv/copy", ["/srv/shop/b.yml"], [], id="by files of another folder"),
        pytest.param("", "", [], ["copy", "shop"], id="all"),
    ],
)
def test_the_projects_that_are_meant(name, directory, files, names):
    assert chosen([SHOP, COPY], name, directory, files) == names


def test_a_one_off_run_is_no_project():
    assert chosen([replace(SHOP, one_off=True)], "", "", []) == []


def test_the_place_of_the_files_is_that_of_most_containers():
    moved = placed(3, "/old", "/old/a.yml")
    containers = [moved, SHOP, replace(SHOP, number=4)]
    assert source_of("shop", containers, Source(""), lambda dummy: True) == Source(
        "shop", "/srv/shop", ("/srv/shop/a.yml", "/srv/shop/b.yml")
    )
    given = Source("", "/given", ("/given/c.yml",), ("/given/.env",), ("debug",))
    assert source_of("shop", containers, given, lambda dummy: True) == replace(given, project="shop")
    assert source_of("shop", [], Source(""), lambda dummy: True) == Source("shop")


@pytest.mark.parametrize(
    ("given", "directory", "files"),
    [
        pytest.param(Source("shop", "/b/"), "/b/", ("/b/c.yml",), id="the folder is given"),
        pytest.param(Source("shop", files=("/b/c.yml",)), "/b", ("/b/c.yml",), id="the file is given"),
        pytest.param(Source("shop"), "/a", ("/a/c.yml",), id="that of most"),
        pytest.param(Source("shop", "/moved"), "/moved", ("/b/c.yml",), id="a folder of none of them"),
    ],
)
def test_files_of_another_project_with_the_same_name_are_not_taken(given, directory, files):
    """Two folders of one name: more files are said to be those of /b, and more containers are of /a."""
    labels = ["/b/c.yml", "/a/c.yml", "/a/c.yml,/a/more.yml", "/b/c.yml", "/a/c.yml", ""]
    containers = [placed(number, label[:2] or "/a", label) for number, label in enumerate(labels, 1)]
    found = source_of("shop", containers, given, lambda dummy: True)
    assert (found.directory, found.files) == (directory, files)


@pytest.mark.parametrize(
    ("label", "files"),
    [
        ("", ()),
        ("/a.yml", ("/a.yml",)),
        ("/a,b.yml,/c.yml", ("/a,b.yml", "/c.yml")),
        ("/gone.yml,/c.yml", ("/gone.yml", "/c.yml")),
    ],
)
def test_a_path_may_hold_a_comma(label, files):
    assert split_files(label, {"/a.yml", "/a,b.yml", "/c.yml"}.__contains__) == files


def test_a_project_has_the_name_of_its_source():
    assert Project(Source("shop"), NOW, ()).name == "shop"


@pytest.mark.parametrize(
    ("networks", "inside"),
    [
        (("shop_data",), True),
        (("shop_data", "shop_edge"), False),
        (("shop_edge",), False),
        (("other",), False),
        ((), False),
    ],
)
def test_a_container_in_internal_networks_alone(networks, inside):
    declared = {
        "data": {"name": "shop_data", "internal": True},
        "edge": {"name": "shop_edge"},
        "default": None,
    }
    shop = project(container())
    assert shop.model is not None
    shop = replace(shop, model=replace(shop.model, shared={"networks": declared}))
    replica = replace(container(), networks=tuple((name, "172.20.0.2") for name in networks))
    assert shop.is_inside(replica) is inside
    assert not replace(shop, model=None).is_inside(replica), "not known without the files"


@pytest.mark.parametrize(
    ("networks", "inside"),
    [
        pytest.param(("shop_default",), False, id="one of its own"),
        pytest.param(("backend",), True, id="an external one that is internal"),
        pytest.param(("backend", "shop_default"), False, id="both"),
        pytest.param(("none",), True, id="none"),
        pytest.param(("host",), False, id="that of the host"),
    ],
)
@pytest.mark.parametrize("shared", [False, True])
def test_the_engine_knows_which_networks_are_internal_also_without_the_files(networks, inside, shared):
    owner = replace(container("vpn"), networks=tuple((name, "172.20.0.2") for name in networks))
    guest = container("worker", network=f"container:{owner.id}")
    shop = replace(project(owner, guest), model=None, internal=frozenset({"backend"}))
    assert shop.is_inside(guest if shared else owner) is inside


@pytest.mark.parametrize(
    ("more", "exit_code", "left_alone"),
    [
        pytest.param({}, 0, True, id="it sleeps for two seconds, and its policy is always"),
        pytest.param({}, 1, False, id="it fails"),
        pytest.param({"ports": {"80/tcp": [{"HostPort": "80"}]}}, 0, False, id="it is to serve"),
        pytest.param({"test": ["CMD", "x"], "health": "starting"}, 0, False, id="it has a check"),
        pytest.param({"state": "restarting", "up": 4, "ended": 2}, 0, True, id="between two runs"),
    ],
)
def test_what_ends_well_within_seconds_may_be_a_job_and_is_named_and_left_alone(more, exit_code, left_alone):
    one = container(**{"restarts": 9, "health": "", "policy": "always", "age": 600, "up": 1, "ended": 40, **more})
    shop = project(one, exits={one.id: exit_code})
    plan = plan_restart(shop, ["web"], unhealthy_only=True, named=False)
    assert problem_of(shop, one).startswith("loops"), "it is named in either case"
    assert bool(plan.order) is not left_alone
    assert (
        "whether it is a job that repeats is unknown" in " ".join(item.reason for item in plan.plan.excluded)
    ) is left_alone
    assert [how for dummy, how in plan_restart(shop, ["web"]).order] == ["replace"], "its service was named"
    needed = project(one, services={"web": {"expose": ["8000"]}}, exits={one.id: exit_code})
    assert plan_restart(needed, ["web"], unhealthy_only=True, named=False).order, "what serves is no job"


@pytest.mark.parametrize(
    ("said", "held"),
    [
        ("/var/run/postgresql:5432 - rejecting connections", True),
        ("psql: error: FATAL:  the database system is starting up", True),
        ("FATAL:  the database system is not yet accepting connections\nDETAIL:  Consistent recovery state", True),
        ("LOADING Redis is loading the dataset in memory", True),
        ("MISCONF Redis is configured to save RDB snapshots, but it is unable to persist on disk.", True),
        ("(error) MISCONF Errors writing to the AOF file: No space left on device", True),
        ("OOM command not allowed when used memory > 'maxmemory'.", False),
        ("status: node is still initializing", True),
        ("/var/run/postgresql:5432 - no response", False),
        ("FATAL:  sorry, too many clients already", False),
        ("curl: (7) Failed to connect", False),
    ],
)
def test_what_recovers_is_not_made_to_begin_again(said, held):
    db = container("db", health="unhealthy", exits=[1], said=said, test=["CMD", "x"])
    beside = container(health="unhealthy", exits=[1], said="no answer", test=["CMD", "x"])
    shop = project(db, beside, services={"db": {}, "web": {}})
    unasked = plan_restart(shop, ["db", "web"], unhealthy_only=True, named=False)
    assert [one.service for one, dummy in unasked.order] == (["web"] if held else ["db", "web"])
    assert problem_of(shop, db), "it is named in either case"
    behind = project(db, beside, services={"db": {}, "web": {"depends_on": {"api": {}}}, "api": {"depends_on": ["db"]}})
    services = [
        one.service for one, dummy in plan_restart(behind, ["db", "web"], unhealthy_only=True, named=False).order
    ]
    assert services == ([] if held else ["db", "web"]), "what waits for it is not restarted either"
    assert [one.service for one, dummy in plan_restart(behind, ["web"]).order] == ["web"], "its service was named"
    named = plan_restart(shop, ["db"])
    assert bool(named.plan.actions[0].detail.get("needs_approval")) is held
    after = container("db", health="healthy", exits=[0], said=said, test=["CMD", "x"])
    assert "needs_approval" not in plan_restart(project(after, services={"db": {}}), ["db"]).plan.actions[0].detail


def test_a_service_without_a_container_is_said_to_be_absent():
    shop = project(container(), services={"web": {}, "api": {"scale": 2}, "tool": {"profiles": ["x"]}})
    plan = plan_restart(shop, ["api"])
    assert not plan.plan.actions
    assert (
        'service_scale.yml -e \'{"scale_services_service": "api", "scale_services_replicas": "2"}\''
        in (plan.as_dict()["no_action_reason"])
    )
    healthy = plan_restart(project(container()), ["web"], unhealthy_only=True, named=False)
    assert healthy.as_dict()["no_action_reason"] == "nothing to do: no replica is to be restarted"
