"""What is no rehearsal platform is never broken, and what cannot be done is said in a paragraph."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
import yaml

from rehearsal import engine
from support.rehearsals import game_day, left_of, rehearse

STRANGER = f"pafar-stranger-{os.getpid()}"


@pytest.fixture
def stranger(site):
    """A container of somebody else's project, which carries no mark."""
    name = engine.run(
        ["docker", "run", "--detach", "--label", f"com.docker.compose.project={STRANGER}",
         "--label", "com.docker.compose.service=db", "pafar/redis:latest"]
    ).stdout.strip()  # fmt: skip
    yield STRANGER
    engine.run(["docker", "rm", "--force", name])


@pytest.mark.parametrize("mark", [None, False, "yes", 1], ids=lambda mark: f"marked {mark!r}")
def test_a_host_that_is_not_marked_is_refused(stand, tmp_path, mark):
    inventory = yaml.safe_load(stand.site.inventory.read_text())
    host = inventory["database"]["hosts"]["pafar"]
    host.pop("runbook_rehearsal")
    if mark is not None:
        host["runbook_rehearsal"] = mark
    path = tmp_path / "inventory.yml"
    path.write_text(json.dumps(inventory))
    done = game_day(path, tmp_path / "day", game_day_fault="lock_storm")
    assert done.rc != 0
    assert "Nothing was injected into pafar: not marked as a rehearsal environment" in done.text
    assert not (tmp_path / "day").exists()
    assert stand.success(2) == 1


def test_one_unmarked_host_among_marked_ones_stops_all(stand, tmp_path):
    inventory = yaml.safe_load(stand.site.inventory.read_text())
    inventory["database"]["hosts"]["production"] = {"ansible_connection": "local"}
    path = tmp_path / "inventory.yml"
    path.write_text(json.dumps(inventory))
    done = game_day(path, tmp_path / "day", game_day_fault="lock_storm")
    assert done.rc != 0
    assert "Nothing was injected into production" in done.text


def test_no_fault_named_and_an_unknown_one(stand, tmp_path):
    assert "Say which fault" in game_day(stand.site.inventory, tmp_path / "day").text
    unknown = game_day(stand.site.inventory, tmp_path / "day", game_day_fault="../../etc/passwd")
    assert unknown.rc != 0
    assert "There is no fault '../../etc/passwd'. There are: alter_queue, " in unknown.text


def test_containers_without_the_mark_are_neither_broken_nor_removed(stranger, stand):
    folder = stand.site.folder.with_name(stranger)
    folder.symlink_to(stand.site.folder)  # somebody points the tools at the wrong project
    try:
        for words in (("inject", "lock_storm"), ("heal",), ("down",)):
            done = rehearse(*words, project=stranger)
            assert done.rc == 1, words
            assert "ERROR" in done.text
            assert "Traceback" not in done.text
    finally:
        folder.unlink()
    assert len(left_of(stranger)) == 1
    assert stand.success(2) == 1


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


def test_a_second_platform_beside_the_first_gets_ports_of_its_own(stand):
    from rehearsal.site import is_free

    assert not is_free(int(stand.env["NGINX_PORT"]))
