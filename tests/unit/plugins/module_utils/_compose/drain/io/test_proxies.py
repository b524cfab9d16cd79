"""What a proxy is said not to know: only what it asks for once."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._compose.container import container_of
from ansible_collections.pafar.runbook.plugins.module_utils._compose.drain.io.proxies import stale_of

from ...facts import inspected, project

STOCK = "http { upstream web { server web:80; } server { set $api api; location / { proxy_pass http://$api; } } }"

HAPROXY = "backend b\n  server-template api- 3 api:80 resolvers docker\n  server s1 web:80 check\n"


def replica(service: str, up: float, network: str = "shop_default") -> Any:
    facts = inspected(service, up=up)
    facts["NetworkSettings"]["Networks"] = {network: {"IPAddress": "10.0.0.2"}}
    return container_of(facts)


class Asked:
    """An engine elsewhere that shows the processes of the proxy, and runs one command in it."""

    login = SimpleNamespace(local=False)

    def __init__(self, program: str, code: int, said: str) -> None:
        self.program, self.code, self.said = program, code, said
        self.ran: list[tuple[str, ...]] = []

    def processes(self, dummy: str) -> list[dict[str, str]]:
        master = {"pid": "1", "ppid": "0", "seconds": "900", "command": f"{self.program} master process nginx"}
        worker = {"pid": "2", "ppid": "1", "seconds": "900", "command": f"{self.program} worker process"}
        return [master, worker] if self.program == "nginx:" else [{**worker, "ppid": "0", "command": self.program}]

    def execute(self, dummy: str, argv: tuple[str, ...], most: int) -> tuple[int, str]:
        self.ran.append(argv)
        return self.code, self.said[-most:]


@pytest.mark.parametrize(
    ("program", "code", "said", "named"),
    [
        ("nginx:", 0, STOCK, ["web"]),
        ("nginx:", 1, "nginx: [emerg] unknown directive", ["api", "web", "worker"]),  # it cannot be known
        ("haproxy -f /etc/haproxy.cfg", 1, "", ["api", "web", "worker"]),
        ("haproxy -f /etc/haproxy.cfg", 0, HAPROXY, ["web"]),
        ("haproxy -f /etc/haproxy.cfg", 0, "backend b\n server s ${HOST}:80\n", ["api", "web", "worker"]),
        ("haproxy -f etc/haproxy.cfg", 0, HAPROXY, ["api", "web", "worker"]),  # of which folder is not known
        ("traefik --providers.docker", 1, "", []),
    ],
)
def test_a_proxy_is_asked_for_whose_address_it_asks_once(program, code, said, named):
    front = replica("front", 900)
    others = [replica(name, 60) for name in ("web", "api", "worker")] + [replica("apart", 60, "shop_back")]
    engine: Any = Asked(program, code, said)
    stale = stale_of(engine, project(front, *others, services={"front": {}}), "front")
    assert [entry["service"] for entry in stale] == named
    reads = [("cat", program.split()[-1])] if program.startswith("haproxy -f /") else []
    assert engine.ran == ([("nginx", "-T")] if program == "nginx:" else reads)


def test_where_nothing_is_younger_than_its_configuration_it_is_not_asked():
    engine: Any = Asked("nginx:", 0, STOCK)
    assert stale_of(engine, project(replica("front", 900), replica("web", 2000)), "front") == []
    assert engine.ran == []
