"""The shop as a fixture: one project for the tests of a file, put back to its files before each test."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from rehearsal import engine
from rehearsal.errors import PlatformError
from support.shop import Shop


def opened(folder: Path, name: str) -> Iterator[Shop]:
    """A project named after the test file; removed at the end, whatever happens."""
    try:
        engine.require_engine()
        engine.compose_command()
    except PlatformError as problem:
        pytest.skip(f"NOT RUN: {problem}")
    shop = Shop(folder, f"shop-{name}-{os.getpid()}")
    try:
        yield shop
    finally:
        shop.down()


def fresh(shop: Shop) -> Shop:
    """As the files have it; what the test before has left untouched is not started anew."""
    shop.restore()
    return shop
