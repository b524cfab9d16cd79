"""What the acts on replicas have in common."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._compose.replicas import (
    line_of,
    reload_item,
    service_states,
    short,
)

from .facts import NEW, container, project


@pytest.mark.parametrize(
    ("image", "digits"),
    [(NEW, "b" * 12), ("sha256:abc", "abc"), ("b" * 64, "b" * 12), ("", "")],
    ids=["id with algorithm", "short id", "bare id", "none"],
)
def test_the_short_form_of_an_image_id(image, digits):
    assert short(image) == digits


@pytest.mark.parametrize(
    ("more", "line"),
    [
        pytest.param({}, "shop-web-1  healthy  image bbbbbbbbbbbb", id="healthy"),
        pytest.param({"health": ""}, "shop-web-1  running  image bbbbbbbbbbbb", id="no health check"),
        pytest.param({"state": "exited"}, "shop-web-1  exited  image bbbbbbbbbbbb", id="stopped"),
        pytest.param({"restarts": 9, "up": 1}, "shop-web-1  healthy, loops  image bbbbbbbbbbbb", id="looping"),
    ],
)
def test_the_line_of_a_container(more, line):
    replica = container(**more)
    assert line_of(project(replica), replica) == line


def test_states_count_the_replicas_of_a_service():
    first, second = container(), container(number=2, state="exited")
    states = service_states(project(second, first), ["web", "gone"])
    assert states["gone"] == {"running": 0, "healthy": 0, "replicas": []}
    assert (states["web"]["running"], states["web"]["healthy"]) == (1, 1)
    assert [replica["name"] for replica in states["web"]["replicas"]] == ["shop-web-1", "shop-web-2"]
    assert states["web"]["replicas"][0] == {
        "name": "shop-web-1",
        "id": first.short,
        "state": "running",
        "health": "healthy",
        "image": "b" * 12,
        "started_at": "2026-11-23T14:50:00+00:00",
    }


def test_a_reload_names_the_proxy_and_its_container():
    proxy = container("front")
    item = reload_item(proxy, "web", 899.6)
    assert (item.target, item.action) == (f"shop-front-1:reload@{proxy.short}", "reload")
    assert item.reason == "read its configuration 900 s ago and does not know all replicas of web"
    assert item.detail == {"who": "shop-front-1", "service": "front"}
