"""A network that the files define in another way than it was created, with a real engine: nothing is stopped for it."""

from __future__ import annotations

import json
import re

import pytest

from rehearsal import engine

COMPARES = (2, 31)  # version of Compose from which on its `up` creates such a network again


def version():
    done = engine.run([*engine.compose_command(), "version", "--short"])
    return tuple(int(number) for number in re.findall(r"\d+", done.stdout)[:2])


def define(shop, **network):
    document = json.loads(shop.file.read_text())
    shop.file.write_text(json.dumps({**document, "networks": {"default": network}}))


@pytest.fixture
def changed(shop):
    yield lambda **network: define(shop, **network)
    shop.write()


@pytest.mark.skipif("version() < COMPARES", reason="NOT RUN: this Compose compares no networks")
@pytest.mark.parametrize(
    "network",
    [{"labels": {"team": "payments"}}, {"internal": True}, {"driver_opts": {"com.docker.network.driver.mtu": "1450"}}],
    ids=lambda network: next(iter(network)),
)
def test_what_would_be_created_again_is_refused_before_anything_stops(shop, changed, tmp_path, network):
    shop.module("compose_snapshot", state_dir=str(tmp_path))
    shop.build("newer")
    shop.compose("up", "--detach", "--no-build", "web")
    shop.await_up()
    changed(**network)
    before = shop.world()
    scaled = shop.module("compose_scale", service="web", replicas="3")
    replaced = shop.module("compose_restart", services=["web"], method="replace")
    back = shop.module("compose_rollback", services=["web"], state_dir=str(tmp_path))
    for refused in (scaled, replaced, back):
        assert f"the files define the network {shop.project}_default in another way" in refused["msg"]
    assert shop.world() == before
    fewer = shop.module("compose_scale", service="web", replicas="1")
    assert fewer["remaining"] == 0, "which needs no `up`"


@pytest.mark.skipif("version() < COMPARES", reason="NOT RUN: this Compose compares no networks")
def test_old_files_with_another_network_are_refused_before_anything_stops(shop, tmp_path):
    state = {"state_dir": str(tmp_path)}
    shop.module("compose_snapshot", **state)
    (path,) = (tmp_path / shop.project).glob("*.json")
    snapshot = json.loads(path.read_text())
    snapshot["config"]["networks"]["default"]["labels"] = {"team": "payments"}
    path.write_text(json.dumps(snapshot))
    shop.build("newer")
    shop.services["web"]["environment"]["COLOUR"] = "red"
    shop.write()
    shop.compose("up", "--detach", "--no-build", "web")
    shop.await_up()
    before = shop.world()
    for check in (True, False):
        refused = shop.module("compose_rollback", check=check, services=["web"], **state)
        assert "web: in its old configuration the files define the network" in refused["msg"]
    assert shop.world() == before


def test_a_renamed_network_is_refused_and_the_same_one_is_not(shop, changed):
    changed(name=f"{shop.project}_front")
    before = shop.world()
    refused = shop.module("compose_scale", service="web", replicas="3")
    assert f"what runs is in {shop.project}_default" in refused["msg"]
    assert shop.world() == before
    shop.write()
    assert shop.module("compose_scale", service="web", replicas="3")["remaining"] == 0


def test_containers_that_the_files_do_not_have_stay_with_a_variable_that_removes_them(shop):
    """Of the project's .env, and of the shell. A one-off run that has ended is one of them, too."""
    argv = [*engine.compose_command(), "--project-name", shop.project, "--project-directory", str(shop.folder)]
    other = shop.folder / "other.yml"
    other.write_text(json.dumps({"services": {"side": {"image": shop.image, "command": ["sleep", "600"]}}}))
    environment = shop.folder / ".env"
    try:
        engine.run([*argv, "--file", str(other), "up", "--detach", "--no-build", "side"])
        engine.run([*argv, "--file", str(other), "run", "--name", f"{shop.project}-once", "side", "true"])
        environment.write_text("COMPOSE_REMOVE_ORPHANS=true\n")
        before = shop.world("web")
        done = shop.module("compose_scale", service="web", replicas="3", files=[str(shop.file)])
        assert done["remaining"] == 0
        assert f"/{shop.project}-side-1" in before
        assert shop.world("web") == before
    finally:
        environment.unlink(missing_ok=True)
        engine.run(["docker", "rm", "--force", f"{shop.project}-side-1", f"{shop.project}-once"], check=False)
        other.unlink()
