"""Which compose project is meant."""

from __future__ import annotations

import dataclasses

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._compose.project_ref import Source, profiles_in


def test_a_name_is_enough():
    source = Source("shop")
    assert (source.directory, source.files, source.env_files, source.profiles) == ("", (), (), ())


def test_a_source_is_a_value():
    """Two observations of one project compare as equal, and no act changes the source of another."""
    source = Source("shop", "/srv/shop", ("/srv/shop/compose.yml",), profiles=("debug",))
    assert source == dataclasses.replace(source)
    assert len({source, dataclasses.replace(source), dataclasses.replace(source, profiles=())}) == 2
    with pytest.raises(dataclasses.FrozenInstanceError):
        source.project = "other"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("text", "profiles"),
    [
        pytest.param("A=1\nCOMPOSE_PROFILES=web\n", ("web",), id="one"),
        pytest.param("COMPOSE_PROFILES = web, jobs # here", ("web", "jobs"), id="two"),
        pytest.param('export COMPOSE_PROFILES="web,jobs"', ("web", "jobs"), id="in quotes"),
        pytest.param("COMPOSE_PROFILES='*'", ("*",), id="every one"),
        pytest.param("COMPOSE_PROFILES=web\nCOMPOSE_PROFILES=jobs", ("jobs",), id="the last counts"),
        pytest.param("# COMPOSE_PROFILES=web\nMY_COMPOSE_PROFILES=x\nCOMPOSE_PROFILES=\nB=2", (), id="none"),
        pytest.param("COMPOSE_PROFILES=${STAGE},web", ("web",), id="of a variable"),
    ],
)
def test_the_profiles_of_an_env_file(text, profiles):
    assert profiles_in(text) == profiles
