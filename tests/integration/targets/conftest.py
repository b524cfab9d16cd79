"""What the tests of the compose modules share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support import shops
from support.shop import Shop


@pytest.fixture(scope="module")
def house(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """One project for a file."""
    name = request.path.stem.removeprefix("test_").replace("_", "-")
    yield from shops.opened(tmp_path_factory.mktemp("shop"), name)


@pytest.fixture
def shop(house: Shop) -> Shop:
    """The project as its files have it."""
    return shops.fresh(house)
