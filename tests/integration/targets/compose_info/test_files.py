"""Compose files as people write them: profiles, extends, several files, env files, anchors, replicas, names of v1."""

from __future__ import annotations

from rehearsal import engine
from support.shop import WAIT

MAIN = """
x-app: &app
  image: {image}
  command: ["sh", "-c", "{wait}"]
  labels: &labels {{team: shop}}
services:
  web:
    <<: *app
    labels: {{<<: *labels, tier: front}}
    deploy: {{replicas: 2, resources: {{limits: {{memory: 64m}}}}}}
    env_file: [web.env]
    environment: {{MODE: "${{MODE:-live}}"}}
  batch:
    <<: *app
    profiles: [batch]
  cron:
    extends: {{file: common.yml, service: base}}
    depends_on: [web]
"""
COMMON = """
services:
  base:
    image: {image}
    command: ["sh", "-c", "{wait}"]
    environment: {{FROM: common}}
"""
OVER = """
services:
  web:
    environment: {EXTRA: "1"}
    ports: ["127.0.0.1::80"]
"""


def write(shop) -> tuple[str, str]:
    told = {"image": shop.image, "wait": WAIT.replace('"', '\\"')}
    shop.file.write_text(MAIN.format(**told))
    (shop.folder / "common.yml").write_text(COMMON.format(**told))
    (shop.folder / "over.yml").write_text(OVER)
    (shop.folder / "web.env").write_text("SECRET_OF_FILE=a$$b\n")
    (shop.folder / ".env").write_text("MODE=rehearsal\n")
    return str(shop.file), str(shop.folder / "over.yml")


def up(shop, *words: str) -> None:
    argv = [*engine.compose_command(), "--project-name", shop.project, "--project-directory", str(shop.folder)]
    files = [word for path in write(shop) for word in ("--file", path)]
    engine.run([*argv, *files, *words, "up", "--detach", "--no-build"])


def test_they_are_understood_and_nothing_drifts(shop):
    shop.down()
    shop.build()
    up(shop)
    seen = shop.module("compose_info")
    assert seen["project"]["readable"] is True, seen["project"]
    assert len(seen["project"]["files"]) == 2
    services = seen["services"]
    assert {name: (one["wanted"], one["running"]) for name, one in services.items()} == {
        "web": (2, 2), "batch": (0, 0), "cron": (1, 1),
    }  # fmt: skip
    assert [one["drift"] for name in ("web", "cron") for one in services[name]["containers"]] == [[], [], []]
    assert services["web"]["containers"][0]["memory_limit"] == 64 * 2**20
    assert services["cron"]["needs"] == ["web"]
    done = shop.module("compose_scale", service="web", replicas="3")
    assert done["after"]["web"]["running"] == 3, "and scaled with both files"
    (shop.folder / "web.env").write_text("SECRET_OF_FILE=s3cret-value\n")
    drift = shop.module("compose_info")["services"]["web"]["containers"][0]["drift"]
    assert drift == ["environment: SECRET_OF_FILE"]
    refused = shop.module("compose_scale", service="web", replicas="4")
    assert "differ from the files" in refused["msg"]
    assert "s3cret" not in refused["msg"]


def test_a_profile_in_use_and_names_of_version_1(shop):
    shop.down()
    shop.build()
    up(shop, "--compatibility", "--profile", "batch")
    seen = shop.module("compose_info", profiles=["batch"])
    names = [one["name"] for one in seen["services"]["web"]["containers"]]
    assert names == [f"{shop.project}_web_1", f"{shop.project}_web_2"]
    assert (seen["services"]["batch"]["wanted"], seen["services"]["batch"]["running"]) == (1, 1)


def test_an_image_whose_tag_is_not_set_is_a_difference_and_hides_nothing_else(shop):
    shop.services["worker"]["image"] = f"{shop.project}/app:${{NO_SUCH_TAG}}"
    shop.write()
    seen = shop.module("compose_info")
    assert (seen.get("msg"), seen["project"]["readable"], seen["unhealthy"]) == (None, True, 0)
    (worker,) = seen["services"]["worker"]["containers"]
    assert worker["drift"] == [f"image: runs {shop.image}, the files say {shop.project}/app:"]
    refused = shop.module("compose_scale", service="worker", replicas="2")
    assert "is not on this host" in refused["msg"]
