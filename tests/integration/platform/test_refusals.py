"""What is no rehearsal platform is never broken, and what cannot be done is said in a paragraph."""

from __future__ import annotations

import json
import os
import shutil
import socket
from pathlib import Path

import pytest
import yaml

from rehearsal import engine, faults, lifecycle
from rehearsal.ownership import images_of
from rehearsal.site import PORTS, prepare, site_of
from support.rehearsals import LONGEST, PROJECT, game_day, left_of, rehearse

STRANGER = f"pafar-stranger-{os.getpid()}"


@pytest.fixture(params=["container", "network", "volume"])
def stranger(request, site):
    """Something of somebody else's project, which carries no mark."""
    mark = ("--label", f"com.docker.compose.project={STRANGER}")
    if request.param == "container":
        words = (
            "run",
            "--detach",
            *mark,
            "--label",
            "com.docker.compose.service=db",
            f"{images_of(site)}/redis:latest",
        )
    else:
        words = (request.param, "create", *mark, *([STRANGER] if request.param == "network" else []))
    name = engine.run(["docker", *words]).stdout.strip()
    yield STRANGER
    engine.run(["docker", *(["rm", "--force"] if request.param == "container" else [request.param, "rm"]), name])


def assert_unbroken(platform):
    """Nothing was injected, and users are served."""
    assert faults.injected(platform) == []
    lifecycle.await_served(platform, LONGEST)


@pytest.mark.parametrize("mark", [None, False, "yes", 1], ids=lambda mark: f"marked {mark!r}")
def test_a_host_that_is_not_marked_is_refused(platform, tmp_path, mark):
    inventory = yaml.safe_load(platform.site.inventory.read_text())
    host = inventory["database"]["hosts"]["pafar"]
    host.pop("runbook_rehearsal")
    if mark is not None:
        host["runbook_rehearsal"] = mark
    path = tmp_path / "inventory.yml"
    path.write_text(json.dumps(inventory))
    done = game_day(path, tmp_path / "day", game_day_fault="lock_storm")
    assert done.rc != 0
    assert "Nothing was injected into pafar: not marked as a game-day platform" in done.text
    assert not (tmp_path / "day").exists()
    assert_unbroken(platform)


def test_one_unmarked_host_among_marked_ones_stops_all(platform, tmp_path):
    inventory = yaml.safe_load(platform.site.inventory.read_text())
    inventory["database"]["hosts"]["production"] = {"ansible_connection": "local"}
    path = tmp_path / "inventory.yml"
    path.write_text(json.dumps(inventory))
    done = game_day(path, tmp_path / "day", game_day_fault="lock_storm")
    assert done.rc != 0
    assert "Nothing was injected into production" in done.text


def test_no_fault_named_and_an_unknown_one(platform, tmp_path):
    assert "Say which fault" in game_day(platform.site.inventory, tmp_path / "day").text
    unknown = game_day(platform.site.inventory, tmp_path / "day", game_day_fault="../../etc/passwd")
    assert unknown.rc != 0
    assert "There is no fault '../../etc/passwd'. There are: alter_queue, " in unknown.text


def test_what_lacks_the_mark_is_neither_broken_nor_replaced_nor_removed(stranger, platform):
    folder = platform.site.folder.with_name(stranger)
    folder.symlink_to(platform.site.folder)  # somebody points the tools at the wrong project
    try:
        for words in (("inject", "lock_storm"), ("heal",), ("up",), ("down",), ("down", "--images")):
            done = rehearse(*words, project=stranger)
            assert done.rc == 1, (words, done.text)
            assert "ERROR" in done.text
            assert "Traceback" not in done.text
    finally:
        folder.unlink()
    assert len(left_of(stranger)) == 1
    assert_unbroken(platform)


def test_another_clones_platform_is_not_taken_over(platform):
    """The same project, and a checkout that is not the one it was started from."""
    twin = platform.site.folder.with_name(f"{platform.site.project}-moved")
    platform.site.folder.rename(twin)
    try:
        done = rehearse("up")
        assert done.rc == 1, done.text
        assert "lost" in done.text
        assert "make platform-down" in done.text
    finally:
        shutil.rmtree(platform.site.folder, ignore_errors=True)
        twin.rename(platform.site.folder)
    assert_unbroken(platform)


def test_a_runbook_that_would_act_elsewhere_is_refused(platform, tmp_path):
    """The hosts are marked, but their database is not the one that would be broken."""
    inventory = yaml.safe_load(platform.site.inventory.read_text())
    inventory["database"]["hosts"]["pafar"]["runbook_postgres"]["login_port"] = 5999
    path = tmp_path / "inventory.yml"
    path.write_text(json.dumps(inventory))
    done = game_day(path, tmp_path / "day", game_day_fault="lock_storm")
    assert done.rc != 0
    assert "The inventory's database is 127.0.0.1:5999" in done.text
    assert "Nothing was injected" in done.text
    assert not (tmp_path / "day").exists()


def test_a_record_is_never_mixed_with_another(platform, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    tmp_path.chmod(0o755)
    done = game_day(platform.site.inventory, tmp_path, game_day_fault="lock_storm")
    assert "holds something already" in done.text
    assert tmp_path.stat().st_mode & 0o777 == 0o755
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_a_game_day_is_not_played_with_check(platform, tmp_path):
    done = game_day(platform.site.inventory, tmp_path / "day", "--check", game_day_fault="lock_storm")
    assert done.rc != 0
    assert "A game day has no dry run of its own" in done.text


def test_a_platform_that_is_not_there(tmp_path):
    done = rehearse("status", project="pafar-nowhere")
    assert done.rc == 1
    assert "There is no platform called pafar-nowhere here" in done.text
    assert "make platform" in done.text
    assert "is no name for a project" in rehearse("status", project="../x").text


def program(folder: Path, name: str, text: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def test_compose_v1_is_named_with_its_cure(tmp_path):
    program(tmp_path, "docker", 'case "$1" in version) echo 20.10.24;; *) echo "unknown command" >&2; exit 1;; esac')
    program(tmp_path, "docker-compose", "echo 1.29.2")
    done = rehearse("up", project="pafar-nowhere", PATH=str(tmp_path))
    assert done.rc == 1
    assert "docker-compose 1.29.2 is Compose v1, which this platform does not speak." in done.text
    assert "docker-compose-plugin" in done.text


def test_no_engine_and_no_docker(tmp_path):
    done = rehearse("up", project="pafar-nowhere", DOCKER_HOST=f"unix://{tmp_path}/none.sock")
    assert done.rc == 1
    assert "No Docker engine answers" in done.text
    done = rehearse("up", project="pafar-nowhere", PATH=str(tmp_path))
    assert "The docker command is not installed" in done.text


def test_an_engine_elsewhere_is_refused():
    done = rehearse("up", project="pafar-nowhere", DOCKER_HOST="ssh://somewhere.example")
    assert "is not on this machine" in done.text


@pytest.mark.parametrize("word", ["FOO", "NGINX_PORT=abc", "NGINX_PORT=70000", "STRIPE_SECRET_KEY=1"])
def test_wrong_words_get_a_sentence(word):
    done = rehearse("up", "--set", word, project="pafar-nowhere")
    assert done.rc == 1
    assert f"and a number; it was '{word}'" in done.text


def test_a_second_platform_gets_ports_of_its_own(platform):
    """Beside one that runs, beside one that is stopped, and where somebody else listens."""
    second, third = site_of(f"{PROJECT}-2"), site_of(f"{PROJECT}-3")
    try:
        with socket.create_server(("127.0.0.1", 0)) as somebody:
            taken = somebody.getsockname()[1]
            prepare(second, LOAD_PORT=str(taken))
            prepare(second)
            prepare(third)
        assert second.env["LOAD_PORT"] != str(taken)
        ports = [{int(one.env[name]) for name in PORTS} for one in (platform.site, second, third)]
        assert len(set.union(*ports)) == 3 * len(PORTS)
        kept = dict(second.env)
        prepare(second)
        assert second.env == kept, "a second start keeps ports and secrets"
    finally:
        for one in (second, third):
            shutil.rmtree(one.folder, ignore_errors=True)
