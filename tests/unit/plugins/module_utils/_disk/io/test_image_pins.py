"""Images without a tag that something names by digest stay; what a newer build or pull replaced goes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._compose.release import Recorded, ReleaseSnapshot
from ansible_collections.pafar.runbook.plugins.module_utils._disk.io.engine_store import dangling_images, remove_image
from ansible_collections.pafar.runbook.plugins.module_utils._disk.reclaim import Find

OLD = "2026-01-01T00:00:00Z"


def hexa(letter: str) -> str:
    return letter * 64


def image(letter: str, *pulled: str, tags: tuple[str, ...] = ()) -> dict[str, Any]:
    """One whose digest at the registry is its letter twice as high."""
    digests = [f"{name}@sha256:{letter}{'0' * 63}" for name in pulled]
    return {
        "Id": f"sha256:{hexa(letter)}",
        "RepoTags": list(tags),
        "RepoDigests": digests,
        "Created": OLD,
        "Size": 2**20,
    }


def container(letter: str, name: str, folder: Path | None = None, files: str = "", **labels: str) -> dict[str, Any]:
    compose = "com.docker.compose."
    if folder:
        labels = {f"{compose}project": "shop", f"{compose}service": name, f"{compose}project.config_files": files,
                  f"{compose}project.working_dir": str(folder), **labels}  # fmt: skip
    return {"Id": name, "Image": name, "ImageID": f"sha256:{hexa(letter)}", "Labels": labels, "Names": [f"/{name}"]}


class _Engine:
    def __init__(self, images: list[dict[str, Any]], containers: list[dict[str, Any]]) -> None:
        self.images = {each["Id"]: each for each in images}
        self.containers = containers
        self.removed: list[str] = []

    def labelled(self) -> list[dict[str, Any]]:
        return self.containers

    def dangling(self) -> list[str]:
        return [id for id, each in self.images.items() if not each["RepoTags"]]

    def image(self, reference: str) -> dict[str, Any] | None:
        return self.images.get(reference)

    def remove_image(self, id: str) -> bool:
        self.removed.append(id)
        return True


def judged(
    images: list[dict[str, Any]], containers: list[dict[str, Any]], releases: Path
) -> tuple[dict[str, str], list[str], list[Find], _Engine]:
    engine, notes = _Engine(images, containers), list[str]()
    finds = dangling_images(engine, {"Images": images}, str(releases), 0.0, notes)  # type: ignore[arg-type]
    return {find.target.partition(":")[2][0]: find.excluded for find in finds}, notes, finds, engine


REDIS = [image("a", "redis"), image("b", "redis", tags=("redis:7",))]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("compose.yml", "services: {job: {profiles: [x], image: 'redis@sha256:a%s'}}" % ("0" * 63)),
        ("compose.yml", f"services: {{job: {{image: 'sha256:{hexa('a')}'}}}}"),
        (".env", "REDIS=a" + "0" * 63),
    ],
)
def test_what_a_compose_file_names_by_digest_stays(tmp_path, name, text):
    """Also a service of which no container is there."""
    releases, folder = tmp_path / "releases", tmp_path / "shop"
    folder.mkdir()
    (folder / "compose.yml").write_text("services: {job: {image: 'redis@sha256:${REDIS}'}}")
    web = [container("c", "web", folder, f"{folder}/compose.yml")]
    assert judged(REDIS, web, releases)[0] == {"a": ""}
    (folder / name).write_text(text)
    assert "names it by its digest" in judged(REDIS, web, releases)[0]["a"]


@pytest.mark.parametrize(
    "how", ["include: [jobs/more.yaml]", "x: {extends: {file: jobs/more.yaml}}", "env_file: 'j.env'"]
)
def test_so_does_what_a_file_names_that_a_compose_file_names(tmp_path, how):
    (tmp_path / "jobs").mkdir()
    for name in ("jobs/more.yaml", "j.env"):
        (tmp_path / name).write_text(f"X=redis@sha256:a{'0' * 63}")
    (tmp_path / "compose.yml").write_text(how)
    web = [container("c", "web", tmp_path, f"{tmp_path}/compose.yml")]
    assert "names it by its digest" in judged(REDIS, web, tmp_path / "releases")[0]["a"]


def test_what_a_container_was_made_of_by_digest_stays(tmp_path):
    """Where the engine gives another id for it, as one does that keeps a list of platforms."""
    pinned = {**container("d", "cache"), "Image": f"redis@sha256:a{'0' * 63}"}
    kept, dummy, finds, engine = judged(REDIS, [pinned], tmp_path)
    assert "names it by its digest" in kept["a"]
    assert not remove_image(engine, finds[0].handle)  # type: ignore[arg-type]
    kept, dummy, finds, engine = judged(REDIS, [container("d", "cache")], tmp_path)
    assert kept == {"a": ""}
    assert remove_image(engine, finds[0].handle)  # type: ignore[arg-type]


def test_what_any_record_of_a_release_names_stays(tmp_path):
    """The image of a replica beside others, that of a service with a configuration alone, one in another file."""
    mixed = Recorded("sha256:" + hexa("e"), "app:1", 2, "1", mixed=("sha256:" + hexa("a"),))
    (tmp_path / "shop").mkdir()
    path = tmp_path / "shop/20261101T000000Z.json"
    path.write_text(json.dumps(ReleaseSnapshot("shop", "20261101T000000Z", True, {"web": mixed}).as_dict()))
    images = [*REDIS, image("f")]
    assert judged(images, [], tmp_path)[0] == {"a": "a recorded release needs it to be rolled back to", "f": ""}
    config = {"services": {"job": {"image": "sha256:" + hexa("f")}}}
    path.write_text(json.dumps(ReleaseSnapshot("shop", "20261101T000000Z", True, {}, config=config).as_dict()))
    assert "names it by its digest" in judged(images, [], tmp_path)[0]["f"]
    path.unlink()
    assert judged(images, [], tmp_path)[0] == {"a": "", "f": ""}
    (tmp_path / "shop/override.yml").write_text(f"services: {{web: {{image: 'sha256:{hexa('f')}'}}}}")
    assert "names it by its digest" in judged(images, [], tmp_path)[0]["f"]


def test_what_was_pulled_by_digest_stays_while_a_compose_file_is_elsewhere(tmp_path):
    images = [image("a", "offen/backup"), image("f"), *REDIS[1:], image("c", "redis")]
    assert judged(images, [], tmp_path)[0] == {"a": "", "f": "", "c": ""}
    web = [container("e", "web", tmp_path, f"{tmp_path}/compose.yml")]
    kept = judged(images, web, tmp_path / "releases")[0]
    assert f"which {tmp_path}/compose.yml may name: that is not on this host" in kept["a"]
    assert (kept["f"], kept["c"]) == ("", "")
    (tmp_path / "compose.yml").write_text("services: {}")
    assert judged(images, web, tmp_path / "releases")[0] == {"a": "", "f": "", "c": ""}


def test_deploys_by_digest_leave_old_images_that_go(tmp_path):
    """The last one before the present one stays, as always."""
    images = [image("a", "app"), {**image("b", "app"), "Created": "2026-02-01T00:00:00Z"}, image("c", "app")]
    web = [{**container("c", "web", tmp_path, f"{tmp_path}/compose.yml"), "Image": "app@sha256:c" + "0" * 63}]
    kept, notes, dummy, dummy_engine = judged(images, web, tmp_path / "releases")
    assert kept["a"] == ""
    assert "the last image of app" in kept["b"]
    assert notes == [f"which images {tmp_path}/compose.yml name by digest is not known: not on this host"]


def test_a_compose_file_that_may_not_be_read_may_name_what_was_pulled(tmp_path, monkeypatch):
    """What was built here has no digest of a registry."""
    web = [container("c", "web", tmp_path, "/proc/self/mem")]
    images = [*REDIS, image("f")]
    kept = judged(images, web, tmp_path)[0]
    assert "is not known (/proc/self/mem: " in kept["a"]
    assert kept["f"] == ""
