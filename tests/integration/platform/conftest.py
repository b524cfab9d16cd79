"""One platform for all of these tests: its own project, ports and secrets; removed at the end, leaving nothing."""

from __future__ import annotations

import pytest

from rehearsal import engine
from rehearsal.site import Site, free_port, site_of
from rehearsal.stand import Stand
from rehearsal.trouble import Trouble
from support.rehearsals import PROJECT, Done, left_of, rehearse


@pytest.fixture(scope="session")
def started() -> Done:
    """The platform from nothing, or from the images that this engine has already."""
    try:
        engine.require_engine()
        engine.compose_command()
    except Trouble as trouble:
        pytest.skip(f"NOT RUN: {trouble}")
    settings = [word for name in ("NGINX", "POSTGRES", "LOAD", "PROMETHEUS", "ALERTMANAGER")
                for word in ("--set", f"{name}_PORT={free_port()}")]  # fmt: skip
    done = rehearse("up", *settings)
    assert done.rc == 0, done.text
    return done


@pytest.fixture(scope="session")
def site(started: Done):
    site = site_of(PROJECT)
    yield site
    assert left_of(PROJECT)
    gone = rehearse("down")
    assert gone.rc == 0, gone.text
    assert left_of(PROJECT) == []
    assert not site.folder.exists()


@pytest.fixture
def stand(site: Site) -> Stand:
    """The platform, healthy: what the test before may have injected is healed."""
    done = rehearse("heal")
    assert done.rc == 0, done.text
    return Stand(site)
