"""The stand-ins of all channels, started once for each file of tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.channels.played import Channels


@pytest.fixture(scope="module")
def channels() -> Iterator[Channels]:
    with Channels() as found:
        yield found
