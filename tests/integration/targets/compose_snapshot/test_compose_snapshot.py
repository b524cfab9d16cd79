"""compose_snapshot against a real engine: recorded once, for its owner alone, its images kept from pruning."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rehearsal import engine


def test_check_real_check_again(shop, tmp_path):
    options = {"state_dir": str(tmp_path / "s"), "label": "v1"}
    planned = shop.module("compose_snapshot", check=True, **options)
    assert planned["changed"] is True
    assert not (tmp_path / "s").exists()
    done = shop.module("compose_snapshot", **options)
    assert done["snapshot"]["good"] is True
    assert done["snapshot"]["services"]["web"]["replicas"] == 2
    path = Path(done["path"])
    assert path.stat().st_mode & 0o077 == 0
    assert path.parent.stat().st_mode & 0o077 == 0
    assert json.loads(path.read_text())["config"]["services"]["web"]["environment"] == {"COLOUR": "blue"}
    assert "blue" not in json.dumps(done["snapshot"]), "no value of a variable is in the result"
    for check in (True, False):
        assert shop.module("compose_snapshot", check=check, **options)["changed"] is False
    assert len(list(path.parent.glob("*.json"))) == 1


def test_a_prune_does_not_take_what_it_needs(shop, tmp_path):
    was = engine.run(["docker", "image", "inspect", "--format", "{{.Id}}", shop.image]).stdout.strip()
    shop.module("compose_snapshot", state_dir=str(tmp_path))
    shop.build("newer")
    shop.compose("up", "--detach", "--no-build")
    engine.run(["docker", "image", "prune", "--force", "--filter", "label=v"])
    assert engine.run(["docker", "image", "inspect", was], check=False).returncode == 0


@pytest.mark.parametrize("of", ["a plain image", "one that Compose built, with a volume"])
def test_no_image_prune_takes_the_way_back(shop, tmp_path, of):
    """`--all` takes each image without a container; the filter leaves those of others alone."""
    if of != "a plain image":
        labels = f"com.docker.compose.project={shop.project} com.docker.compose.service=web"
        engine.run(["docker", "build", "--quiet", "--tag", shop.image, "-"],
                   stdin=f"FROM {shop.image}\nVOLUME /keep\nLABEL {labels}\n")  # fmt: skip
        shop.compose("up", "--detach", "--no-build")
        shop.await_up()
    was = shop.image_id()
    taken = shop.module("compose_snapshot", state_dir=str(tmp_path))
    assert taken["not_kept"] == []
    # A container that keeps an image has no volume of its own, which would stay behind.
    (keeper,) = engine.inspect("container", shop.keepers())
    assert [mount for mount in keeper["Mounts"] if mount["Type"] != "tmpfs"] == []
    before = shop.module("compose_info")["services"]
    assert sum(len(service["containers"]) for service in before.values()) == len(shop.containers())
    shop.build("newer")
    shop.compose("up", "--detach", "--no-build")
    shop.await_up()
    engine.run(["docker", "image", "prune", "--all", "--force", "--filter", f"label=project={shop.project}"])
    assert engine.run(["docker", "image", "inspect", was], check=False).returncode == 0
    back = shop.module("compose_rollback", check=True, state_dir=str(tmp_path))
    assert back["plan"]["actions"], back
    # A way back that no snapshot needs any more is let go.
    shop.module("compose_snapshot", state_dir=str(tmp_path), keep=1)
    assert [name.rpartition("-")[2] for name in shop.keepers()] == [shop.image_id().removeprefix("sha256:")[:12]]


def test_what_is_sick_is_no_good_state_and_old_ones_go(shop, tmp_path):
    good = shop.module("compose_snapshot", state_dir=str(tmp_path), keep=2)["snapshot"]["at"]
    shop.make_unhealthy(f"{shop.project}-web-1")
    taken = [shop.module("compose_snapshot", state_dir=str(tmp_path), keep=2, label=f"n{n}") for n in range(3)]
    assert not any(one["snapshot"]["good"] for one in taken)
    left = sorted(path.stem for path in (tmp_path / shop.project).glob("*.json"))
    assert left == sorted([good, taken[1]["snapshot"]["at"], taken[2]["snapshot"]["at"]])


def test_a_torn_file_is_named_and_harms_nothing(shop, tmp_path):
    shop.module("compose_snapshot", state_dir=str(tmp_path))
    (tmp_path / shop.project / "20200101T000000.000000Z.json").write_text('{"form": 1')
    assert "20200101T000000" in shop.module("compose_snapshot", state_dir=str(tmp_path))["unread"][0]
