"""With which words and variables Compose is asked for more replicas: nothing but these may change."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._compose.endpoint.engine_endpoint import LOCAL_ENGINE
from ansible_collections.pafar.runbook.plugins.module_utils._compose.io import compose_cli
from ansible_collections.pafar.runbook.plugins.module_utils._compose.io.compose_cli import Compose
from ansible_collections.pafar.runbook.plugins.module_utils._compose.project_ref import Source
from ansible_collections.pafar.runbook.plugins.module_utils._system.io.commands import Ran

SHOP = Source("shop", "/srv/shop", ("/srv/shop/compose.yml",), (), ())
BEFORE, SINCE = (2, 26, 1), (2, 29, 3)  # versions of Compose: --no-deps changes the hash, and leaves it alone


def asked(monkeypatch, version=SINCE):
    """Words and variables of one `up`."""
    calls = []

    def run(argv, _seconds, environment, _folder):
        calls.append((list(argv), environment))
        return Ran(tuple(argv), 0, "", "")

    monkeypatch.setattr(compose_cli, "run", run)
    compose = Compose(LOCAL_ENGINE)
    compose._command, compose._version = ("docker-compose",), version
    compose.up(SHOP, "web", 3, {"db": 1})
    return calls[0]


@pytest.mark.parametrize("version", [BEFORE, SINCE, (5, 5, 0)])
def test_no_other_container_is_removed_recreated_built_or_pulled(monkeypatch, version):
    words, dummy = asked(monkeypatch, version)
    up = words[words.index("up") :]
    assert {"--no-recreate", "--no-build", "--remove-orphans=false"} <= set(up)
    assert up[up.index("--pull") + 1] == "never"
    assert up[-1] == "web"


@pytest.mark.parametrize("value", ["true", "1", "TRUE", "yes"])
def test_a_variable_of_the_shell_that_removes_containers_is_not_handed_on(monkeypatch, value):
    monkeypatch.setenv("COMPOSE_REMOVE_ORPHANS", value)
    words, environment = asked(monkeypatch)
    assert "COMPOSE_REMOVE_ORPHANS" not in environment
    assert "--remove-orphans=false" in words


@pytest.mark.parametrize("name", ["COMPOSE_FILE", "COMPOSE_PROJECT_NAME", "COMPOSE_PROFILES", "COMPOSE_ENV_FILES"])
def test_a_variable_of_the_shell_that_means_another_project_is_not_handed_on(monkeypatch, name):
    monkeypatch.setenv(name, "other")
    assert name not in asked(monkeypatch)[1]


@pytest.mark.parametrize("name", ["COMPOSE_PARALLEL_LIMIT", "COMPOSE_IGNORE_ORPHANS", "TAG", "DOCKER_DEFAULT_PLATFORM"])
def test_variables_that_the_files_may_need_are_handed_on(monkeypatch, name):
    monkeypatch.setenv(name, "2")
    assert asked(monkeypatch)[1][name] == "2"


def test_dependencies_keep_their_number_where_the_version_starts_them(monkeypatch):
    assert "--no-deps" in asked(monkeypatch)[0]
    assert "db=1" in asked(monkeypatch, BEFORE)[0]
    assert "--no-deps" not in asked(monkeypatch, BEFORE)[0]
