"""The stand-ins of all channels, started once for each file of tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.channels.played import Channels


@pytest.fixture(scope="module")
def channels() -> Iterator[Channels]:
    found = Channels()
    for server in found.all:
        server.__enter__()
    yield found
    for server in found.all:
        server.__exit__(None, None, None)
