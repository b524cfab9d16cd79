"""Which program is Compose: the plugin itself, without docker in front of it."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._compose.io import compose_cli


@pytest.fixture
def folders(tmp_path, monkeypatch):
    """The user's folder of plugins and the system's, both there and empty, and the user's environment."""
    own, system = tmp_path / ".docker/cli-plugins", tmp_path / "system"
    own.mkdir(parents=True)
    system.mkdir()
    monkeypatch.setattr(compose_cli, "_PLUGINS", (str(tmp_path / "none"), str(system)))
    return own, system, {"HOME": str(tmp_path)}


def program(folder, mode=0o755):
    path = folder / "docker-compose"
    path.write_text("#!/bin/sh\n")
    path.chmod(mode)
    return str(path)


def test_the_user_s_own_comes_first_as_with_docker(folders):
    own, system, environment = folders
    assert compose_cli.plugin(environment) == ""
    installed = program(system)
    assert compose_cli.plugin(environment) == installed
    assert compose_cli.plugin({**environment, "DOCKER_CONFIG": str(own.parent)}) == installed
    mine = program(own)
    assert compose_cli.plugin(environment) == mine
    assert compose_cli.plugin({**environment, "DOCKER_CONFIG": "/nowhere"}) == installed
    assert compose_cli.plugin({**environment, "DOCKER_CONFIG": "docker"}) == "", "it would be another one elsewhere"


def test_what_cannot_be_run_is_no_plugin(folders):
    own, system, environment = folders
    program(own, mode=0o644)
    (system / "docker-compose").mkdir()
    assert compose_cli.plugin(environment) == ""


def test_docker_finds_it_where_its_configuration_names_further_folders(folders):
    own, system, environment = folders
    program(system)
    (own.parent / "config.json").write_text('{"cliPluginsExtraDirs": ["/opt/plugins"]}')
    assert compose_cli.plugin(environment) == ""
