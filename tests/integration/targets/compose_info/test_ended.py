"""Why a container does not run, by the events of a real engine: a request, or its own end."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rehearsal import engine
from support import shops
from support.shop import Shop

# Reloads at HUP, stops at TERM, and crashes when the file is there.
RUN = "trap : HUP; trap 'exit 0' TERM; while [ ! -e /tmp/fail ]; do sleep 0.1; done; exit 3"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    for shop in shops.opened(tmp_path_factory.mktemp("shop"), "ended"):
        shop.services = {
            name: {"image": "@", "command": ["sh", "-c", RUN], "restart": policy}
            for name, policy in (("reloaded", "always"), ("stopped", "always"), ("killed", "no"), ("again", "no"))
        }
        shop.up()
        yield shop


def test_a_request_is_known_from_a_crash_behind_a_reload_or_a_restart(house):
    """Once the engine has sent a container any signal, it starts it no more when it ends (moby#41302)."""
    of = {name: house.containers(name)[0]["Id"] for name in house.services}
    engine.run(["docker", "kill", "--signal", "HUP", of["reloaded"]])
    engine.run(["docker", "exec", of["reloaded"], "touch", "/tmp/fail"])
    engine.run(["docker", "stop", of["stopped"]])
    engine.run(["docker", "kill", of["killed"]])
    engine.run(["docker", "exec", of["again"], "touch", "/tmp/fail"])
    house.until("it has ended", lambda: house.containers("again")[0]["State"]["Status"] == "exited")
    engine.run(["docker", "restart", of["again"]])
    house.until(
        "all have ended", lambda: all(one["State"]["Status"] == "exited" for one in house.containers()), seconds=30
    )
    seen = house.module("compose_info", configuration=False)
    problems = {
        name: service["containers"][0]["problem"].partition(" (")[0] for name, service in seen["services"].items()
    }
    assert problems == {"reloaded": "is exited", "stopped": "", "killed": "", "again": "is exited"}
    done = house.module("compose_restart", which="unhealthy", check=True)
    assert done["plan"]["actions"] == []
    reasons = {item["service"]: item["reason"] for item in done["plan"]["excluded"]}
    assert reasons["reloaded"].startswith("ended without a request")
    assert "stopped" not in reasons
    notes = {name: service["containers"][0]["note"] for name, service in seen["services"].items()}
    assert notes["stopped"] == notes["killed"] == "was stopped on purpose, by a person or a job"
