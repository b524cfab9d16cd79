"""The status in IIS' extended format, whatever sizes are logged behind it."""

from __future__ import annotations

import time

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._logs.access_line import access_fields
from ansible_collections.pafar.runbook.plugins.module_utils._logs.level import level_of

BEFORE = "2026-11-28 19:30:00 10.0.0.4 GET /api/orders id=7 443 - 10.0.0.9 Mozilla/5.0+(X11) - "


@pytest.mark.parametrize(
    ("end", "level", "status"),
    [
        pytest.param("200 0 0 15", "info", 200, id="no sizes"),
        pytest.param("200 0 0 512 433 15", "info", 200, id="a size like a status of an error"),
        pytest.param("304 0 0 520 611 3", "info", 304, id="not modified"),
        pytest.param("404 0 2 503 287 9", "warning", 404, id="a refusal, a size like an error"),
        pytest.param("500 0 0 1234 433 15", "error", 500, id="sizes of other lengths"),
        pytest.param("500 0 64 200 433 15", "error", 500, id="an error, a size like a success"),
        pytest.param("503 2 0 312 287 9", "error", 503, id="a substatus"),
        pytest.param("500 100 0 200 200 200", "error", 500, id="a substatus of three digits"),
        pytest.param("502 3 64 1233 223 15 21", "error", 502, id="one more number"),
        pytest.param("200 0 0 512 433 15\r", "info", 200, id="with its carriage return"),
    ],
)
def test_the_first_of_the_numbers_at_the_end_is_the_status(end, level, status):
    assert level_of(BEFORE + end) == level
    assert access_fields(BEFORE + end)["status"] == status


@pytest.mark.parametrize("end", ["-", "999 0 0 15", "200 0", "200 0 0 15 x"])
def test_what_is_no_status_gives_none(end):
    assert "status" not in access_fields(BEFORE + end)


def test_a_port_before_the_status_is_none():
    assert level_of("2026-11-28 19:30:00 10.0.0.4 GET /api/orders - 443 200 0 0 512 433 15") == "info"


@pytest.mark.parametrize("piece", [" 200", " 200 0 0 1 1 1 1 1", " 5", "x", " ", "/"])
def test_a_line_of_64_kib_is_read_in_time(piece):
    line = BEFORE + piece * (65536 // len(piece)) + "!"
    began = time.process_time()
    level_of(line), access_fields(line)
    assert time.process_time() - began < 1.0
