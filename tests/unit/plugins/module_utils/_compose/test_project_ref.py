"""Which compose project is meant."""

from __future__ import annotations

import dataclasses

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._compose.project_ref import Source


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
