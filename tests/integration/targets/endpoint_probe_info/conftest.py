"""A Redis for the tests of endpoint_probe_info."""

from __future__ import annotations

import pytest

from support.probing import serving_redis


@pytest.fixture
def redis(tmp_path):
    with serving_redis(tmp_path) as port:
        yield port
