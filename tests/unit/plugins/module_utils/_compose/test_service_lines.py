from __future__ import annotations

from ansible_collections.pafar.runbook.plugins.module_utils._compose.project_report import nothing_left, project_dict
from ansible_collections.pafar.runbook.plugins.module_utils._compose.service_lines import of_services
from ansible_collections.pafar.runbook.plugins.module_utils._core.console import CARE, GOOD

from .facts import NOW, container, project


def test_a_sick_container_is_named_with_the_end_of_its_log():
    unhealthy = container(state="exited", exit_code=3)
    lines = of_services(project_dict(project(unhealthy, logs={unhealthy.id: ("one", "KeyError: x")})))
    assert (CARE, "shop-web-1 is exited (3, failed with 3)") in lines
    assert ("dim", "    shop-web-1 said: KeyError: x") in lines


def test_nothing_sick_is_good():
    assert of_services(project_dict(project(container())))[-1][0] == GOOD


def test_where_nothing_runs_not_every_service_is_healthy():
    lines = of_services(project_dict(project(container(state="exited", health=""))))
    assert [kind for kind, text in lines if text.startswith("no container of any service runs")] == [CARE]
    assert not any(kind == GOOD for kind, dummy in lines)


def test_a_project_of_which_nothing_is_left():
    given = project().source
    lines = of_services(nothing_left(given, "There is no container.", NOW))
    assert lines.count((CARE, "There is no container.")) == 2


def test_a_proxy_that_does_not_know_a_replica_is_named_and_not_all_is_good():
    report = project_dict(project(container()))
    report["stale_proxies"] = [
        {"proxy": "shop-nginx-1", "service": "web", "seconds": 9.0, "replicas": ["shop-web-1", "shop-web-2"]}
    ]
    lines = of_services(report)
    text = "shop-nginx-1 read its configuration 9 s ago, before shop-web-1, shop-web-2 of web started: it may not know"
    assert (CARE, f"{text} the address") in lines
    assert not any(kind == GOOD for kind, dummy in lines)
