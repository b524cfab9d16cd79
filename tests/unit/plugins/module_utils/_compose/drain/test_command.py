"""The site's own command to drain a replica."""

from __future__ import annotations

from ansible_collections.pafar.runbook.plugins.module_utils._compose.container import container_of
from ansible_collections.pafar.runbook.plugins.module_utils._compose.drain.command import command_for

from ..facts import inspected


def replica():
    raw = inspected("web", 2)
    raw["NetworkSettings"]["Networks"] = {"shop_default": {"IPAddress": "172.18.0.5"}}
    return container_of(raw)


def test_the_fields_of_the_replica_are_filled_in():
    argv = ["socat", "set server be/{name} state drain", "{address}:{number}", "{service}-{id}"]
    assert command_for(argv, replica()) == [
        "socat", "set server be/shop-web-2 state drain", "172.18.0.5:2", f"web-{replica().short}",
    ]  # fmt: skip


def test_what_is_no_field_stays():
    assert command_for(["{}", "{{name}}", "{unknown}", "$name"], replica()) == [
        "{}",
        "{shop-web-2}",
        "{unknown}",
        "$name",
    ]
    assert command_for([], replica()) == []
