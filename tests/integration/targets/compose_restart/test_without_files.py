"""Projects whose files are not here, or not for this user: what goes by container is done, the rest says why not."""

from __future__ import annotations

import os
import shutil

import pytest

from rehearsal import engine
from support import shops
from support.members import run_as_member
from support.modules import run_module
from support.shop import LONGEST, WAIT, waiting

SAYS = ["sh", "-c", f"echo it has started; {WAIT}"]
QUICK = {"stable": 1, "pause": 0.2, "ready_timeout": LONGEST, "compose_timeout": LONGEST, "drain": False, "grace": 1}


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    for shop in shops.opened(tmp_path_factory.mktemp("shop"), "without-files"):
        shop.services = {"web": waiting(command=SAYS, deploy={"replicas": 2}, depends_on=["db"]), "db": waiting()}
        yield shop


def its_folder_is_removed(shop):
    shop.up("--force-recreate")
    shutil.rmtree(shop.folder)
    return run_module, f"{shop.file} is not on this host"


def like_portainer(shop):
    """It keeps the files and their variables in its own container, and so the paths are none of the host."""
    stack = shop.folder / "data/compose/7"
    stack.mkdir(parents=True)
    shop.write()
    shutil.copy(shop.file, stack / "docker-compose.yml")
    (stack / "stack.env").write_text("COLOUR=blue\n")
    engine.run(
        [*engine.compose_command(), "--project-name", shop.project, "--file", str(stack / "docker-compose.yml"),
         "--env-file", str(stack / "stack.env"), "up", "--detach", "--no-build", "--force-recreate"]
    )  # fmt: skip
    shutil.rmtree(shop.folder)
    return run_module, f"{stack}/docker-compose.yml is not on this host"


def from_standard_input(shop):
    shop.write()
    words = ["--project-name", shop.project, "--file", "-", "up", "--detach", "--no-build", "--force-recreate"]
    engine.run([*engine.compose_command(), *words], stdin=shop.file.read_text())
    shutil.rmtree(shop.folder)
    return run_module, "they were given on standard input"


def of_another_user(shop):
    shop.up("--force-recreate")
    os.chmod(shop.folder, 0o700)
    return run_as_member, "is in a folder that this user may not enter"


WAYS = [
    its_folder_is_removed,
    like_portainer,
    from_standard_input,
    pytest.param(of_another_user, marks=pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to be another user")),
]


def started(shop, service):
    return {one["Id"]: one["State"]["StartedAt"] for one in shop.containers(service)}


@pytest.mark.parametrize("way", WAYS)
def test_what_goes_by_container_needs_no_files(house, way):
    shop = house
    if not shop.image_id():
        engine.get_base_image(lambda dummy: None)
        shop.build()
    run, why = way(shop)
    shop.await_up()
    common = {"project": shop.project, "engine_timeout": LONGEST}
    seen = run("compose_info", **common)
    assert (seen.get("msg"), seen["unhealthy"], sorted(seen["services"])) == (None, 0, ["db", "web"])
    assert (seen["project"]["readable"], seen["services"]["web"]["wanted"]) == (False, None)
    log = run("log_tail", services=["web"], **common)
    assert [entry["text"] for entry in log["entries"]] == ["it has started"] * 2
    before = {name: started(shop, name) for name in ("web", "db")}
    done = run("compose_restart", services=["web", "db"], **common, **QUICK)
    assert "msg" not in done, done["msg"]
    assert [action["service"] for action in done["plan"]["actions"]] == ["db", "web", "web"], "by the labels"
    after = {name: started(shop, name) for name in ("web", "db")}
    assert done["remaining"] == 0
    for name in ("web", "db"):
        assert set(after[name]) == set(before[name])
        assert not set(after[name].values()) & set(before[name].values())
    for module, options in (
        ("compose_scale", {"service": "web", "replicas": "3"}),
        ("compose_restart", {"services": ["web"], "method": "replace"}),
        ("compose_rollback", {}),
    ):
        refused = run(module, **options, **common, **QUICK)
        assert why in refused["msg"]
    assert {name: started(shop, name) for name in ("web", "db")} == after
    fewer = run("compose_scale", service="web", replicas="1", **common, **QUICK)
    assert (fewer.get("msg"), fewer["remaining"], len(shop.containers("web"))) == (None, 0, 1)
    assert started(shop, "db") == after["db"]
