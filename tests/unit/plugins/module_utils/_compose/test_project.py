"""A compose project: what the files ask for beside what runs."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._compose.project import (
    Project,
    chosen,
    nothing_left,
    problem_of,
    project_dict,
    service_dict,
    source_of,
    split_files,
)
from ansible_collections.pafar.runbook.plugins.module_utils._compose.project_ref import Source

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
        pytest.param({"profiles": ["debug"]}, 1, (), 1, id="started in spite of its profile"),
    ],
)
def test_replicas_that_the_files_ask_for(spec, containers, profiles, replicas):
    shop = project(*[container()] * containers, services={"web": spec})
    shop = replace(shop, source=replace(shop.source, profiles=profiles))
    assert shop.wanted("web") == replicas
    assert shop.wanted("other") is None


def test_without_readable_files_nothing_differs():
    shop = replace(project(container(image=OLD)), model=None)
    assert shop.drift(shop.containers[0]) == []
    assert shop.wanted("web") is None
    assert service_dict(shop, "web")["notes"] == []


def test_a_restart_between_two_observations_is_a_loop():
    first, second = container(restarts=1, up=30), container(restarts=3, up=2)
    assert not project(first).loops(first)
    shop = project(first, again={first.id: second})
    assert shop.loops(first)
    assert "restarted it 1 times, 2 more between two observations" in problem_of(shop, first)


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


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        pytest.param({}, "", id="healthy"),
        pytest.param({"state": "paused"}, "is paused", id="paused"),
        pytest.param({"state": "exited", "exit_code": 1}, "is exited (1, failed with 1)", id="failed"),
        pytest.param({"state": "exited"}, "", id="job that is done"),
        pytest.param({"state": "created", "policy": "always"}, "is created", id="never started"),
        pytest.param({"health": "unhealthy", "said": "no db"}, "its health check fails: no db", id="unhealthy"),
        pytest.param({"health": "unhealthy"}, "its health check fails: no output", id="unhealthy without output"),
        pytest.param({"health": "starting"}, "", id="starting"),
    ],
)
def test_the_problem_of_a_container(more, problem):
    replica = container(**more)
    assert problem_of(project(replica), replica) == problem


@pytest.mark.parametrize(
    ("running", "spec", "notes"),
    [
        pytest.param(1, {}, [], id="as the files ask"),
        pytest.param(2, {}, ["the files ask for 1, 2 run: the next `up` reverts this"], id="scaled up"),
        pytest.param(0, {}, ["the files ask for 1, 0 run, 1 have no container"], id="the only one was removed"),
        pytest.param(1, {"scale": 2}, ["the files ask for 2, 1 run, 1 have no container"], id="one of two was removed"),
        pytest.param(2, {"scale": 5}, ["the files ask for 5, 2 run, 3 have no container"], id="three of five"),
        pytest.param(0, {"scale": 0}, [], id="none is asked for"),
        pytest.param(0, {"profiles": ["debug"]}, [], id="of a profile that is not in use"),
    ],
)
def test_notes_on_the_number_of_replicas(running, spec, notes):
    shop = project(*[container(number=number) for number in range(1, running + 1)], services={"web": spec})
    assert service_dict(shop, "web")["notes"] == notes


def test_a_replica_that_failed_is_missing_and_a_job_that_is_done_is_not():
    failed, done = container(number=2, state="exited", exit_code=1), container(number=2, state="exited")
    assert service_dict(project(container(), failed, services={"web": {"scale": 2}}), "web")["notes"] == [
        "the files ask for 2, 1 run"
    ]
    assert service_dict(project(container(), done, services={"web": {"scale": 2}}), "web")["notes"] == []
    assert service_dict(project(container(), done, services={"web": {"scale": 3}}), "web")["notes"] == [
        "the files ask for 3, 1 run, 1 have no container"
    ]


def test_more_than_the_files_ask_for_beside_one_that_failed():
    failed = container(number=3, state="exited", exit_code=1)
    shop = project(container(), container(number=2), failed, services={"web": {}})
    assert service_dict(shop, "web")["notes"] == ["the files ask for 1, 2 run: the next `up` reverts this"]


def test_a_service_that_the_files_do_not_know():
    report = service_dict(project(container("orphan")), "orphan")
    assert report["wanted"] is None
    assert report["notes"] == ["the files do not know this service (an orphan)"]
    assert (report["image"], report["needs"], report["most"]) == ("shop/app:latest", [], None)


def test_a_report_of_chosen_services_counts_their_problems_alone():
    shop = project(container(health="unhealthy"), container("api", state="paused"), services={"web": {}, "api": {}})
    report = project_dict(shop, ["web"])
    assert list(report["services"]) == ["web"]
    assert report["problem"] == ["shop-web-1 its health check fails: no output"]
    assert report["unhealthy"] == 1
    assert project_dict(shop)["unhealthy"] == 2
    assert report["project"] == {
        "name": "shop", "directory": "/srv/shop", "files": ["/srv/shop/compose.yml"], "env_files": [],
        "at": "20261123T150000.000000Z", "readable": True, "why_unreadable": "",
    }  # fmt: skip


def test_ages_are_seconds_before_the_observation():
    replica = container(up=60)
    shop = project(replica, made={replica.image: NOW.replace(hour=14)}, logs={replica.id: ("last line",)})
    (report,) = service_dict(shop, "web")["containers"]
    assert (report["uptime"], report["image_age"], report["image_tagged"]) == (60.0, 3600, None)
    assert report["image_made_at"] == "2026-11-23T14:00:00+00:00"
    assert report["log"] == ["last line"]
    assert report["exit_code"] is None


def test_a_project_without_any_container_is_reported_with_the_reason():
    report = nothing_left(Source("shop", "/srv/shop", ("/srv/shop/compose.yml",)), "no container is left", NOW)
    assert report["services"] == {}
    assert report["problem"] == [report["project"]["why_unreadable"]] == ["no container is left"]
    assert (report["project"]["name"], report["project"]["readable"]) == ("shop", False)


def test_a_project_has_the_name_of_its_source():
    assert Project(Source("shop"), NOW, ()).name == "shop"
