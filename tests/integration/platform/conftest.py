"""One platform for all tests of a worker: its own project, ports and secrets; removed at the end, leaving nothing."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from rehearsal import engine, faults, lifecycle
from rehearsal.errors import PlatformError
from rehearsal.platform import Platform
from rehearsal.site import HOME, Site, alone, site_of
from support.rehearsals import LONGEST, PROJECT, Done, left_of, rehearse

# Asked to stop, the tests stop as by ctrl-c: what was started is taken down.
signal.signal(signal.SIGTERM, signal.default_int_handler)


@pytest.fixture(scope="session")
def started() -> Iterator[Done]:
    """The platform from nothing, or from the images that this engine has already; gone at the end, whatever happens."""
    try:
        engine.require_engine()
        engine.compose_command()
    except PlatformError as error:
        pytest.skip(f"NOT RUN: {error}")
    sweep()
    try:
        done = rehearse("up")
        assert done.rc == 0, done.text
        yield done
    finally:
        gone = rehearse("down")
    assert gone.rc == 0, gone.text
    assert left_of(PROJECT) == []
    assert not site_of(PROJECT).folder.exists()


def sweep() -> None:
    """Platforms of test runs that were killed: their names carry the process id."""
    for path in HOME.glob("pafar-test-*"):
        if not Path("/proc", path.name.rpartition("-")[2]).exists():
            rehearse("down", project=path.name)


@pytest.fixture(scope="session")
def site(started: Done) -> Site:
    return site_of(PROJECT)


@pytest.fixture
def platform(site: Site) -> Platform:
    """The platform, healthy: what the test before may have injected is healed."""
    platform = Platform(site)
    with alone(site, "step", LONGEST):
        for name in faults.injected(platform):
            faults.heal(platform, faults.named(name))
    lifecycle.await_served(platform, LONGEST)
    return platform
