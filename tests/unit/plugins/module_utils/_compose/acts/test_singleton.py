"""Services of which two replicas must never run at a time."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._compose.acts.singleton import (
    LABEL,
    serves,
    stops_first,
    why_single,
    why_unclear,
)
from ansible_collections.pafar.runbook.plugins.module_utils._compose.container import container_of
from ansible_collections.pafar.runbook.plugins.module_utils._compose.scale import Capacity, plan_scaling

from ..facts import container, inspected, project

STOP_FIRST = {"deploy": {"update_config": {"order": "stop-first"}}}


def labelled(value):
    raw = inspected()
    raw["Config"]["Labels"][LABEL] = value
    return container_of(raw)


@pytest.mark.parametrize(
    ("containers", "spec", "named", "why"),
    [
        pytest.param([], {}, ["web"], "is a singleton of this site", id="by name"),
        pytest.param([], {}, ["cron"], "", id="another one"),
        pytest.param([labelled("true")], {}, [], f"has the label {LABEL}", id="by the label of what runs"),
        pytest.param([labelled("false")], {}, [], "", id="a label that says no"),
        pytest.param([], {"labels": {LABEL: "True"}}, [], f"has the label {LABEL}", id="by the label in the files"),
        pytest.param([], STOP_FIRST, [], "has the update order stop-first", id="by the order"),
        pytest.param([], {"deploy": {"update_config": {"order": "start-first"}}}, [], "", id="the other order"),
        pytest.param([], {"deploy": {"update_config": None}}, [], "", id="no order"),
    ],
)
def test_how_it_is_said(containers, spec, named, why):
    found = project(*(containers or [container()]), services={"web": spec})
    assert why in why_single(found, "web", named)
    assert bool(why) == bool(why_single(found, "web", named)) == stops_first(found, "web", named)


def test_with_several_replicas_the_order_keeps_their_number_only():
    found = project(container(), services={"web": {"deploy": {"replicas": 3, **STOP_FIRST["deploy"]}}})
    assert why_single(found, "web", []) == ""
    assert stops_first(found, "web", [])


def test_without_the_files_name_and_label_say_it():
    found = project(labelled("1"), model=None)
    assert why_single(found, "web", [])
    assert why_single(project(container(), model=None), "web", ["web"])
    assert not stops_first(project(container(), model=None), "web", [])


BEAT = ["celery", "-A", "shop", "beat"]


@pytest.mark.parametrize(
    ("containers", "spec", "single"),
    [
        pytest.param([container(command=BEAT)], {}, True, id="by the command of what runs"),
        pytest.param([container()], {"command": BEAT}, True, id="by that of the files"),
        pytest.param([container()], {"entrypoint": "celery -A shop beat"}, True, id="as one text"),
        pytest.param([container()], {"environment": {"CONTAINER_ROLE": "scheduler"}}, True, id="by its environment"),
        pytest.param([container(command=BEAT)], {"deploy": {"replicas": 2}}, False, id="the files ask for two"),
        pytest.param([container(command=BEAT), container(number=2)], {}, False, id="two run"),
        pytest.param([container(command=BEAT)], {"labels": {LABEL: "false"}}, False, id="a label says that two may"),
        pytest.param([container()], {"deploy": {"labels": [f"{LABEL}=yes"]}}, True, id="a label of the deployment"),
        pytest.param([container(command=["sh", "-c", "crond && php-fpm"])], {"expose": ["9000"]}, False,
                     id="a server with a scheduler beside it"),
    ],
)  # fmt: skip
def test_a_scheduler_that_is_not_declared_is_a_singleton(containers, spec, single):
    found = project(*containers, services={"web": spec})
    assert bool(why_single(found, "web", [])) == stops_first(found, "web", []) == single


@pytest.mark.parametrize(
    ("spec", "more", "listens", "unclear"),
    [
        pytest.param({}, {}, False, True, id="it listens on no port"),
        pytest.param({}, {}, True, False, id="it listens"),
        pytest.param({}, {}, None, True, id="nothing says that it serves"),
        pytest.param({"expose": ["8000"]}, {}, None, False, id="it exposes a port"),
        pytest.param({"healthcheck": {"test": ["CMD", "true"]}}, {}, None, False, id="it has a check"),
        pytest.param({}, {"env": ["VIRTUAL_HOST=x.org"]}, None, False, id="a proxy finds it by a variable"),
        pytest.param({"labels": {"traefik.http.routers.x.rule": "y"}}, {}, None, False, id="by a label"),
        pytest.param({"deploy": {"replicas": 3}}, {}, False, False, id="several replicas"),
        pytest.param({"labels": {LABEL: "false"}}, {}, False, False, id="a label says that two may"),
    ],
)
def test_whether_two_may_run_is_not_known_of_one_that_serves_nothing(spec, more, listens, unclear):
    found = project(container(**more), services={"web": spec})
    assert bool(why_unclear(found, "web", listens)) is unclear
    assert why_single(found, "web", []) == ""


def test_what_another_service_needs_serves():
    found = project(container(), services={"web": {}, "front": {"depends_on": {"web": {}}}})
    assert serves(found, "web")
    assert serves(project(container(), container("front", depends="web:service_started:false"), model=None), "web")
    assert not serves(project(container(), services={"web": {"depends_on": {"front": {}}}, "front": {}}), "web")


@pytest.mark.parametrize(
    ("conditions", "answers"),
    [
        (["service_completed_successfully"], False),
        (["service_completed_successfully", "service_completed_successfully"], False),
        (["service_completed_successfully", "service_healthy"], True),
        (["service_started"], True),
    ],
)
def test_a_job_for_whose_end_others_wait_serves_none_of_them(conditions, answers):
    """A second migration beside the first one would meet the same tables."""
    services = {f"web{n}": {"depends_on": {"job": {"condition": one}}} for n, one in enumerate(conditions)}
    by_files = project(container("job"), services={"job": {}, **services})
    waiting = [container(f"web{n}", depends=f"job:{one}:false") for n, one in enumerate(conditions)]
    for found in (by_files, project(container("job"), *waiting, model=None)):
        assert serves(found, "job") is answers
        assert bool(why_unclear(found, "job", None)) is not answers


def inside(address="", **more):
    """A container in the host's network, or in another one."""
    raw = inspected(**more)
    raw["NetworkSettings"]["Networks"] = {"host": {"IPAddress": address}}
    return container_of(raw)


OWNER = container("vpn")


@pytest.mark.parametrize(
    ("containers", "spec", "why"),
    [
        pytest.param([], {"network_mode": "host"}, "the network of the host", id="the host's, by the files"),
        pytest.param([], {"network_mode": "host", "expose": ["80"]}, "the host", id="although it serves"),
        pytest.param([], {"network_mode": "service:vpn"}, "the network of vpn", id="of another service"),
        pytest.param([], {"network_mode": "container:vpn-1"}, "the network of vpn-1", id="of a container"),
        pytest.param([inside()], {}, "the network of the host", id="the host's, by what runs"),
        pytest.param([container(network=f"container:{OWNER.id}"), OWNER], {}, "of shop-vpn-1", id="a container's"),
        pytest.param([], {"networks": {"a": {"ipv4_address": "10.9.0.5"}}}, "ipv4_address 10.9.0.5", id="an address"),
        pytest.param([], {"networks": {"b": None, "a": {"ipv6_address": "fd00::5"}}}, "fd00::5", id="of version 6"),
        pytest.param([], {"mac_address": "02:42:ac:11:00:05"}, "mac_address 02:42", id="of the device"),
        pytest.param([], {"labels": {LABEL: "false"}, "networks": {"a": {"ipv4_address": "10.9.0.5"}}}, "10.9.0.5",
                     id="whatever the label says"),
        pytest.param([], {"network_mode": "host", "labels": {LABEL: "false"}}, "", id="a label says that two may"),
        pytest.param([], {"network_mode": "host", "deploy": {"replicas": 2}}, "", id="the files ask for two"),
        pytest.param([inside(), inside(number=2)], {"network_mode": "host"}, "", id="two run"),
        pytest.param([], {"network_mode": "bridge"}, "", id="a network of the engine"),
        pytest.param([], {"network_mode": "none"}, "", id="no network"),
        pytest.param([], {"networks": {"a": {"aliases": ["x"]}, "b": None}}, "", id="names in networks"),
        pytest.param([], {"pid": "service:vpn"}, "", id="another namespace"),
        pytest.param([], {"hostname": "web"}, "", id="a name of its own, which two may have"),
    ],
)  # fmt: skip
def test_where_a_second_one_could_not_start_there_is_one_at_a_time(containers, spec, why):
    found = project(*(containers or [container()]), services={"web": spec})
    assert why in why_single(found, "web", [])
    assert bool(why) == bool(why_single(found, "web", [])) == stops_first(found, "web", [])
    more = plan_scaling(found, "web", len(found.replicas("web")) + 1, Capacity(), single=why_single(found, "web", []))
    assert any(why in reason for reason in more.refusals) or not why
