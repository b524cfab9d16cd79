"""The site's own command to drain a replica."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._compose.container import container_of
from ansible_collections.pafar.runbook.plugins.module_utils._compose.drain.command import command_for

from ..facts import inspected


def replica(**networks):
    raw = inspected("web", 2)
    addresses = networks or {"shop_default": "172.18.0.5"}
    raw["NetworkSettings"]["Networks"] = {name: {"IPAddress": address} for name, address in addresses.items()}
    return container_of(raw)


def test_the_fields_of_the_replica_are_filled_in():
    argv = ["socat", "set server be/{name} state drain", "{address}:{number}", "{service}-{id}"]
    assert command_for(argv, replica(), replica()) == [
        "socat", "set server be/shop-web-2 state drain", "172.18.0.5:2", f"web-{replica().short}",
    ]  # fmt: skip


def test_what_is_no_field_stays():
    assert command_for(["{}", "{{name}}", "{unknown}", "$name"], replica(), replica()) == [
        "{}",
        "{shop-web-2}",
        "{unknown}",
        "$name",
    ]
    assert command_for([], replica(), replica()) == []


@pytest.mark.parametrize(
    ("networks", "proxy", "address"),
    [
        ({"backend": "10.0.0.5", "edge": "10.1.0.5"}, {"edge": "10.1.0.2"}, "10.1.0.5"),
        ({"a": "10.0.0.5", "b": "10.1.0.5", "web": "10.2.0.5"}, {"public": "10.9.0.2", "web": "10.2.0.2"}, "10.2.0.5"),
        ({"data": "10.0.0.5", "edge": "10.1.0.5"}, {"data": "10.0.0.2"}, "10.0.0.5"),
        ({"data": "", "edge": "10.1.0.5"}, {"data": "10.0.0.2"}, "10.1.0.5"),
        ({"data": "10.0.0.5", "edge": "10.1.0.5"}, {"host": ""}, "10.0.0.5"),  # routed, and not by a network of both
        ({"none": ""}, {"edge": "10.1.0.2"}, ""),
    ],
)
def test_the_address_is_the_one_by_which_the_proxy_reaches_the_replica(networks, proxy, address):
    assert command_for(["{address}"], replica(**networks), replica(**proxy)) == [address]
