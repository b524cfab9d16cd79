"""Whose address a row is of: of a service by its name, a container's address, or a published port; else of none."""

from __future__ import annotations

from typing import Any, cast

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._diagnosis.owner import (
    is_apart,
    is_declared,
    service_at,
    service_of,
)

from support.reports import container, probed, service

WEB = container("shop-web-1", ports=["0.0.0.0:8080->80/tcp"], networks={"edge": "172.20.0.3"})
SERVICES = {
    "web": service(WEB),
    "db": service(container("shop-db-1", networks={"data": "172.21.0.2"})),
}


@pytest.mark.parametrize(
    ("source", "address", "tcp", "owner"),
    [
        pytest.param("host", "db:5432", {}, "db", id="its name"),
        pytest.param("host", "127.0.0.1:8080", {}, "web", id="a port that it publishes"),
        pytest.param("host", "127.0.0.1:80", {}, "", id="a port that none publishes"),
        pytest.param("shop-db-1", "localhost:5432", {}, "db", id="its own loopback"),
        pytest.param("host", "shop.example:8080", {"own": True}, "web", id="the host's own address"),
        pytest.param("host", "shop.example:8080", {"own": False}, "", id="an address elsewhere"),
        pytest.param("host", "shop.internal:80", {"address": "172.20.0.3"}, "web", id="a container's address"),
        pytest.param("host", "api.example:443", {"address": "203.0.113.9"}, "", id="outside"),
    ],
)
def test_the_service_at_an_address(source, address, tcp, owner):
    row = probed(source, "it", address=address)
    row["layers"] = cast(Any, {"tcp": {"ok": True, "ms": 1.0, "said": "", **tcp}} if tcp else {})
    assert service_at(row, SERVICES) == owner


def test_the_service_of_a_container():
    assert (service_of("shop-db-1", SERVICES), service_of("host", SERVICES)) == ("db", "")


@pytest.mark.parametrize(
    ("source", "layer", "apart"),
    [
        ("shop-web-1", "dns", True),
        ("shop-web-1", "tcp", True),
        ("shop-web-1", "protocol", False),
        ("host", "tcp", False),
    ],
)
def test_a_source_without_a_network_in_common(source, layer, apart):
    assert is_apart(probed(source, "database", "down", layer, "x", address="db:5432"), SERVICES) is apart


def test_the_network_of_a_guest_is_that_of_its_host():
    guest: Any = {**container("shop-web-1"), "shares": ["network of shop-db-1"]}
    row = probed("shop-web-1", "database", "down", "tcp", "x", address="db:5432")
    assert is_apart(row, {**SERVICES, "web": service(guest)}) is False


def test_a_port_that_a_service_publishes_is_meant_to_be_open():
    assert is_declared(probed("host", "it", address="web:80"), SERVICES["web"])
    assert not is_declared(probed("host", "it", address="web:81"), SERVICES["web"])
