"""What is wrong with the containers of a project, what was set up on purpose, and the project as a report."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._compose.project_ref import Source
from ansible_collections.pafar.runbook.plugins.module_utils._compose.project_report import (
    is_well,
    note_of,
    nothing_left,
    problem_of,
    project_dict,
    service_dict,
)
from ansible_collections.pafar.runbook.plugins.module_utils._compose.replicas import service_states

from .facts import NOW, container, project


def test_a_loop_names_the_restarts_between_two_observations():
    first, second = container(restarts=1, up=30), container(restarts=3, up=2)
    shop = project(first, again={first.id: second})
    assert "restarted it 1 times, 2 more between two observations" in problem_of(shop, first)


@pytest.mark.parametrize(
    "more", [{"restarts": 9, "up": 3}, {"restarts": 9, "up": 40, "age": 400}, {"restarts": 9, "state": "restarting"}]
)
@pytest.mark.parametrize("health", ["healthy", ""])
def test_what_loops_is_not_healthy_between_two_falls(more, health):
    shop = project(container(health=health, **more))
    report = service_dict(shop, "web")
    assert (report["healthy"], report["looping"]) == (0, 1)
    assert service_states(shop, ["web"])["web"]["healthy"] == 0


def test_without_readable_files_there_are_no_notes_on_the_number():
    assert service_dict(project(container(), model=None), "web")["notes"] == []


@pytest.mark.parametrize(
    ("more", "note"),
    [
        pytest.param({}, "", id="healthy"),
        pytest.param({"health": "unhealthy", "exits": [1], "said": "no"}, "", id="unhealthy"),
        pytest.param({"state": "paused"}, "is paused, by a person or a job", id="paused"),
        pytest.param({"state": "exited", "policy": "unless-stopped"}, "was stopped on purpose", id="stopped"),
        pytest.param({"state": "removing"}, "is being removed", id="being removed"),
        pytest.param(
            {"health": "unhealthy", "exits": [-1], "said": "OCI runtime exec failed: x"}, "is unknown", id="check"
        ),
    ],
)
def test_a_state_that_is_no_problem_is_named(more, note):
    replica = container(**more)
    assert note in note_of(project(replica), replica)
    assert bool(note) == bool(note_of(project(replica), replica))


def test_what_was_paused_or_never_checked_counts_as_no_problem_and_is_shown():
    check = {"health": "unhealthy", "exits": [127], "said": "/bin/sh: 1: wget: not found"}
    shop = project(container(state="paused"), container(number=2, **check), services={"web": {"scale": 2}})
    report = project_dict(shop)
    service = report["services"]["web"]
    assert (report["unhealthy"], service["healthy"], service["unknown"]) == (0, 0, 1)
    assert [text.partition(",")[0] for text in report["problem"][:1]] == ["shop-web-1 is paused"]
    assert "wget: not found): whether it is healthy is unknown" in report["problem"][1]


@pytest.mark.parametrize(
    ("more", "well"),
    [
        ({}, True),
        ({"state": "paused"}, True),
        ({"health": "unhealthy", "exits": [126], "said": ""}, True),
        ({"health": "unhealthy", "exits": [1], "said": ""}, False),
        ({"health": "starting"}, False),
        ({"state": "exited", "exit_code": 0}, True),
        ({"state": "created"}, False),
    ],
)
def test_what_is_left_to_do_after_an_act(more, well):
    replica = container(**more)
    assert is_well(project(replica), replica) is well


def test_a_guest_that_is_older_than_its_host_has_lost_its_network():
    host = container("vpn", up=10)
    old, young = (container("app", number, up=up, network=f"container:{host.id}") for number, up in ((1, 600), (2, 5)))
    shop = project(host, old, young, services={"vpn": {}, "app": {}})
    assert problem_of(shop, old) == "lost the network of shop-vpn-1, which was started again after it"
    assert problem_of(shop, young) == ""
    assert service_dict(shop, "app")["containers"][0]["shares"] == ["network of shop-vpn-1"]


def test_a_guest_whose_host_is_gone_has_no_network():
    guest, other = (container("app", network="container:0123456789abcdef"), container("b", pid_mode="container:0123"))
    shop = project(guest, other)
    assert problem_of(shop, guest) == "has no network: the container 0123456789ab, in whose network it lives, is gone"
    assert problem_of(shop, other) == ""


@pytest.mark.parametrize(
    ("more", "problem", "note"),
    [
        pytest.param({}, "", "", id="runs"),
        pytest.param({"state": "paused"}, "", "", id="paused"),
        pytest.param({"state": "restarting", "restarts": 3}, "whose network it lives, is restarting", "", id="loops"),
        pytest.param({"state": "exited", "exit_code": 1}, "in whose network it lives, is exited", "", id="failed"),
        pytest.param({"state": "exited", "policy": "always"}, "", "was stopped on purpose", id="stopped on purpose"),
    ],
)  # fmt: skip
def test_a_guest_of_a_host_that_does_not_run(more, problem, note):
    host = container("vpn", **more)
    guest = container("app", network=f"container:{host.id}")
    shop = project(host, guest, services={"vpn": {}, "app": {}})
    assert problem in problem_of(shop, guest)
    assert note in note_of(shop, guest)
    assert (bool(problem), bool(note)) == (bool(problem_of(shop, guest)), bool(note_of(shop, guest)))
    assert service_dict(shop, "app")["healthy"] == (0 if problem or note else 1)
    assert is_well(shop, guest) is not bool(problem)


def test_what_ended_with_its_host_that_was_stopped_on_purpose_is_no_problem():
    host = container("vpn", state="exited", policy="always")
    more = {"pid_mode": f"container:{host.id}", "state": "exited", "exit_code": 137, "policy": "always"}
    guest, alone = container("app", error="container 76 is not running", **more), container("app", number=2, **more)
    shop = project(host, guest, alone, services={"vpn": {}, "app": {}})
    assert (problem_of(shop, guest), problem_of(shop, alone)) == ("", "")
    assert "is exited: shop-vpn-1, whose namespace it lives in, was stopped on purpose" in note_of(shop, guest)
    assert note_of(shop, alone).startswith("was stopped on purpose")
    runs = project(container("vpn"), guest, services={"vpn": {}, "app": {}})
    assert problem_of(runs, guest) == "is exited (container 76 is not running)"


def test_one_that_has_not_passed_its_check_yet_is_not_called_healthy():
    replica = container(health="starting", up=40)
    report = project_dict(project(replica))
    assert report["problem"] == ["shop-web-1 has not passed its health check yet, and runs for 40 s"]
    assert (report["unhealthy"], report["services"]["web"]["healthy"]) == (0, 0)


REPEATS = {"restarts": 9, "health": "", "policy": "always", "age": 600}


@pytest.mark.parametrize(
    ("more", "exit_code", "repeats"),
    [
        pytest.param({"up": 30}, 0, True, id="a job that repeats"),
        pytest.param({"up": 3, "ended": 3.1}, 0, True, id="a job that was just started again"),
        pytest.param({"up": 30}, 1, False, id="fails each time"),
        pytest.param({"up": 30}, None, False, id="how it ends is not known"),
        pytest.param({"up": 3, "ended": 30}, 0, False, id="never lasts"),
        pytest.param({"up": 30, "health": "healthy"}, 0, False, id="has a health check"),
        pytest.param({"up": 30, "ports": {"80/tcp": [{"HostPort": "80"}]}}, 0, False, id="publishes a port"),
    ],
)
def test_a_job_that_repeats_by_its_restart_policy_does_not_loop(more, exit_code, repeats):
    replica = container(**{**REPEATS, **more})
    shop = project(replica, exits={} if exit_code is None else {replica.id: exit_code})
    assert (shop.repeats(replica), bool(problem_of(shop, replica))) == (repeats, not repeats)
    assert ("a job that repeats" in note_of(shop, replica)) is repeats
    assert is_well(shop, replica) is repeats


@pytest.mark.parametrize(
    ("spec", "more", "note"),
    [
        pytest.param({}, {}, "", id="a job"),
        pytest.param({}, {"health": "unhealthy", "exits": [1], "test": ["CMD", "x"]}, "", id="the image has a check"),
        pytest.param({"healthcheck": {"test": ["CMD", "x"]}}, {}, "is unknown", id="has a check of its own"),
        pytest.param({"healthcheck": {"test": ["NONE"]}}, {}, "", id="takes the check of its image away"),
        pytest.param({}, {"up": 9000, "ended": 60}, "is unknown", id="ran for hours"),
        pytest.param({}, {"up": 900, "ended": 60}, "", id="ran for minutes"),
    ],
)
@pytest.mark.parametrize("awaited", [False, True])
def test_what_ended_well_is_a_job_only_where_nothing_speaks_against_it(spec, more, note, awaited):
    ended = container(**{"state": "exited", "health": "", **more})
    depends = "web:service_completed_successfully:false" if awaited else "web:service_started:false"
    shop = project(ended, container("api", depends=depends), services={"web": spec, "api": {}})
    assert problem_of(shop, ended) == ""
    assert (note in note_of(shop, ended), bool(note_of(shop, ended))) == (
        not awaited or not note,
        bool(note) and not awaited,
    )
    assert service_dict(shop, "web")["notes"] == (["the files ask for 1, 0 run"] if note and not awaited else [])


def test_a_service_is_a_job_also_where_only_the_files_say_that_it_is_awaited():
    ended = container(state="exited", health="")
    services = {"web": {"healthcheck": {"test": ["CMD", "x"]}}, "api": {"depends_on": {"web": {}}}}
    assert "is unknown" in note_of(project(ended, services=services), ended)
    services["api"] = {"depends_on": {"web": {"condition": "service_completed_successfully"}}}
    assert note_of(project(ended, services=services), ended) == ""


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        pytest.param({}, "", id="healthy"),
        pytest.param({"state": "paused"}, "", id="paused on purpose"),
        pytest.param({"state": "exited", "exit_code": 137, "policy": "always"}, "", id="stopped on purpose"),
        pytest.param({"state": "removing"}, "", id="being removed"),
        pytest.param({"state": "dead"}, "is dead", id="dead"),
        pytest.param({"health": "unhealthy", "exits": [127], "said": "sh: 1: curl: not found"}, "", id="never checked"),
        pytest.param({"state": "exited", "exit_code": 1}, "is exited (1, failed with 1)", id="failed"),
        pytest.param(
            {"state": "exited", "ports": {"80/tcp": [{"HostPort": "80"}]}},
            "is exited (0, ended without an error)",
            id="a service that ended",
        ),
        pytest.param(
            {"state": "exited", "exit_code": 128, "policy": "always", "error": "port is already allocated"},
            "is exited (port is already allocated)",
            id="could not be started",
        ),
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
    shop = project(container(health="unhealthy"), container("api", state="created"), services={"web": {}, "api": {}})
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


def test_an_orphan_of_another_folder_is_named_with_it():
    found = project(container("other", folder="/opt/shop"), container("old", folder="/srv/shop"))
    assert service_dict(found, "other")["notes"] == [
        "the files do not know this service (an orphan, and it was made from another folder: /opt/shop)"
    ]
    assert service_dict(found, "old")["notes"] == ["the files do not know this service (an orphan)"]


def test_what_it_listens_on_is_unknown_where_it_was_not_read():
    one, other = container(), container(number=2)
    seen = project_dict(project(one, other, listening={one.id: (80, 443)}))["services"]["web"]["containers"]
    assert [entry["listens"] for entry in seen] == [[80, 443], None]
