"""compose_rollback against a real engine and a real git: back, no-op, forward again, and what it refuses."""

from __future__ import annotations

import os
import subprocess

import pytest

from rehearsal import engine


def git(shop, *words, date=""):
    argv = ["git", "-C", str(shop.folder), "-c", "user.name=t", "-c", "user.email=t@example.org", *words]
    environment = {**os.environ, **({"GIT_COMMITTER_DATE": date} if date else {})}
    return subprocess.run(argv, env=environment, capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture
def released(shop, tmp_path):
    """A snapshot of the good release at one commit; the next one, deployed at another."""
    subprocess.run(["rm", "-rf", str(shop.folder / ".git"), str(shop.folder / "app")], check=True)
    git(shop, "init", "--quiet")
    git(shop, "add", "compose.yml")
    git(shop, "commit", "--quiet", "--message", "one", date="2026-01-01T00:00:00Z")  # what runs was made of it
    shop.state = {"state_dir": str(tmp_path / "s")}
    shop.good = engine.run(["docker", "image", "inspect", "--format", "{{.Id}}", shop.image]).stdout.strip()
    shop.first = git(shop, "rev-parse", "HEAD")
    shop.module("compose_snapshot", **shop.state, label="one")
    (shop.folder / "app").mkdir(exist_ok=True)
    (shop.folder / "app/code.py").write_text(str(tmp_path))
    git(shop, "add", "app")
    git(shop, "commit", "--quiet", "--message", "two")
    shop.newer = shop.build("newer")
    shop.compose("up", "--detach", "--no-build", "web", "worker")
    shop.await_up()
    return shop


def images(shop, service):
    return {one["Image"] for one in shop.containers(service)}


def test_check_real_again_and_forward(released):
    shop, head = released, git(released, "status", "--porcelain")
    before = shop.world()
    planned = shop.module("compose_rollback", check=True, **shop.state)
    assert shop.world() == before
    assert [act["who"] for act in planned["plan"]["actions"]] == ["web", "worker"]
    assert shop.good[7:19] in planned["diff"]["after"]
    others = shop.world("web", "worker")
    done = shop.module("compose_rollback", **shop.state)
    assert done["plan"] == planned["plan"]
    assert done["remaining"] == 0, done
    assert images(shop, "web") == images(shop, "worker") == {shop.good}
    assert len(shop.containers("web")) == 2
    assert shop.world("web", "worker") == others
    assert done["next_up"].startswith("stays: ")
    shop.compose("up", "--detach", "--no-build", "web")
    assert images(shop, "web") == {shop.good}, "and it does"
    again = shop.module("compose_rollback", **shop.state)
    assert again["changed"] is False, "the bad release is no good state to come back to"
    assert "would be a no-op" in again["plan"]["no_action_reason"]
    assert git(shop, "status", "--porcelain") == head, "the work tree is not touched"
    forward = shop.module(done["undo"]["module"], **done["undo"]["options"])
    assert images(shop, "web") == {shop.newer}, forward


def test_to_a_git_revision(released):
    shop = released
    assert shop.module("compose_rollback", check=True, to="HEAD~1", **shop.state)["goal"]["revision"] == shop.first
    none = shop.module("compose_rollback", check=True, to="HEAD", **shop.state)
    assert "so its images are not known" in none["msg"]
    assert "is no snapshot" in shop.module("compose_rollback", check=True, to="nosuch", **shop.state)["msg"]


def test_migrations_in_between_are_refused_unless_told(released):
    shop = released
    (shop.folder / "app/migrations").mkdir(exist_ok=True)
    (shop.folder / "app/migrations/0002.py").write_text("x")
    git(shop, "add", "app")
    git(shop, "commit", "--quiet", "--message", "three")
    done = shop.module("compose_rollback", check=True, **shop.state)
    assert "1 migrations lie between (app/migrations/0002.py)" in done["msg"]
    assert shop.module("compose_rollback", check=True, accept_migrations=True, **shop.state)["changed"] is True


def test_a_snapshot_between_the_checkout_and_the_next_up_opens_no_gate_for_migrations(shop, tmp_path):
    """The checkout is ahead of what runs, by its files alone and then by a built image, too."""
    subprocess.run(["rm", "-rf", str(shop.folder / ".git"), str(shop.folder / "app")], check=True)
    git(shop, "init", "--quiet")
    git(shop, "add", "compose.yml")
    git(shop, "commit", "--quiet", "--message", "one", date="2026-01-01T00:00:00Z")
    one = git(shop, "rev-parse", "HEAD")
    state = {"state_dir": str(tmp_path / "s")}
    (shop.folder / "app/migrations").mkdir(parents=True, exist_ok=True)
    (shop.folder / "app/migrations/0002.py").write_text(str(tmp_path))
    git(shop, "add", "app")
    git(shop, "commit", "--quiet", "--message", "two")
    unbuilt = shop.module("compose_snapshot", **state, label="checked out")["snapshot"]
    shop.build("newer")
    built = shop.module("compose_snapshot", **state, label="built")["snapshot"]
    # The history of the checkout says where it was when the containers came; of another image it says nothing.
    assert [each["revision"] for each in (unbuilt, built)] == [one, ""]
    assert unbuilt["good"]
    assert built["good"]
    shop.compose("up", "--detach", "--no-build", "web", "worker")
    shop.await_up()
    before = shop.world()
    refused = shop.module("compose_rollback", **state)
    assert "1 migrations lie between (app/migrations/0002.py)" in refused["msg"]
    assert shop.world() == before


def test_an_old_release_that_does_not_come_up_goes_forward_again(shop, tmp_path):
    state = {"state_dir": str(tmp_path)}
    shop.module("compose_snapshot", **state, label="one")
    snapshot = next((tmp_path / shop.project).glob("*.json"))
    newer = shop.build("newer")
    shop.compose("up", "--detach", "--no-build", "web")
    shop.await_up()
    bad = shop.build("bad")
    shop.build("newer")
    good = engine.run(["docker", "image", "inspect", "--format", "{{.Id}}", shop.image]).stdout.strip()
    assert good == newer
    text = snapshot.read_text()
    import json

    was = json.loads(text)["services"]["web"]["image"]
    snapshot.write_text(text.replace(was, bad))
    # The test before may have left a migration behind the commit of which the older image was made.
    done = shop.module("compose_rollback", services=["web"], accept_migrations=True, **state)
    assert done["failed"] is True
    assert "does not come up with the image" in done["msg"]
    assert "web went forward again to what ran before" in done["msg"]
    assert images(shop, "web") == {newer}
    assert len(shop.containers("web")) == 2
    tag = engine.run(["docker", "image", "inspect", "--format", "{{.Id}}", shop.image]).stdout.strip()
    assert tag == newer


def test_an_image_that_is_gone_is_found_before_anything_stops(released):
    shop = released
    for name in engine.run(["docker", "images", "--format", "{{.Repository}}:{{.Tag}}"]).stdout.split():
        if name.startswith(f"incident-rollback/{shop.project}-"):
            engine.run(["docker", "rmi", name], check=False)
    for one in shop.containers():
        if one["Image"] == shop.good:
            engine.run(["docker", "rm", "--force", one["Id"]])
    engine.run(["docker", "rmi", "--force", shop.good], check=False)
    before = shop.world()
    done = shop.module("compose_rollback", services=["web"], **shop.state)
    assert "is not on this host any more" in done["msg"]
    assert shop.world() == before


def test_a_changed_configuration_comes_back_too(released):
    shop = released
    shop.services["web"]["environment"]["COLOUR"] = "red"
    shop.write()
    shop.compose("up", "--detach", "--no-build", "web")
    shop.await_up()
    done = shop.module("compose_rollback", services=["web"], **shop.state)
    assert done["remaining"] == 0, done
    assert done["plan"]["actions"][0]["how"] == "file"
    assert all("COLOUR=blue" in one["Config"]["Env"] for one in shop.containers("web"))
    assert images(shop, "web") == {shop.good}
    assert done["next_up"].startswith("rolls web forward again")


def test_without_a_snapshot_it_says_so(shop, tmp_path):
    assert "There is no snapshot at all" in shop.module("compose_rollback", state_dir=str(tmp_path))["msg"]


def test_what_wrote_to_its_bind_mount_is_rolled_back_only_when_it_is_named(shop, tmp_path):
    """The worker's release keeps data in a folder of the host; web only mounts its configuration there."""
    places = {"worker": tmp_path / "media", "web": tmp_path / "conf"}
    for name, place in places.items():
        place.mkdir()
        (place / "file").write_text("x")
        shop.services[name]["volumes"] = [f"{place}:/app/files"]
    shop.write()
    shop.compose("up", "--detach", "--no-build", "web", "worker")
    shop.await_up()
    state = {"state_dir": str(tmp_path / "s"), "accept_migrations": True}
    shop.module("compose_snapshot", state_dir=state["state_dir"])
    newer = shop.build("newer")
    shop.compose("up", "--detach", "--no-build", "web", "worker")
    shop.await_up()
    shop.execute(f"{shop.project}-worker-1", "touch", "/app/files/new")
    done = shop.module("compose_rollback", **state)
    assert [act["who"] for act in done["plan"]["actions"]] == ["web"]
    excluded = {item["target"].partition(":")[0]: item["reason"] for item in done["plan"]["excluded"]}
    assert "keeps data in /app/files" in excluded["worker"]
    assert images(shop, "worker") == {newer}
    named = shop.module("compose_rollback", services=["worker"], **state)
    assert named["remaining"] == 0, named
    assert newer not in images(shop, "worker")
