"""What answers mean, and what many attempts say together."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._endpoints.endpoint import (
    Attempt,
    Meaning,
    Step,
    lines_of,
    row_of,
    target_of,
)

CHARGES = {"name": "stripe", "url": "https://api.stripe.com/v1/charges", "judge": "stripe"}


def target(**more):
    found, why = target_of({"name": "it", "url": "http://web/", **more})
    assert not why
    return found


def attempts(states):
    return [
        Attempt((Step("dns", True, 1.0), Step("tcp", state == "up", 1.0)), Meaning(state, "why")) for state in states
    ]


@pytest.mark.parametrize(
    ("states", "state", "layer"),
    [("up up up", "up", ""), ("down down down", "down", "tcp"), ("up down up", "flapping", "tcp"),
     ("up degraded", "degraded", "tcp")],
)  # fmt: skip
def test_flapping_is_told_apart_from_down(states, state, layer):
    row = row_of("host", target(), attempts(states.split()))
    assert (row["state"], row["layer"]) == (state, layer)


def test_from_where_it_is_well_is_said_beside():
    rows = [
        row_of(source, target(), attempts([state])) for source, state in [("a", "down"), ("b", "down"), ("c", "up")]
    ]
    assert lines_of(rows) == ["it is down from a, b (tcp): why; from c it is healthy"]


@pytest.mark.parametrize(
    "given",
    [
        {"url": "ftp://web/"}, {"url": "http://user:secret@web/"}, {"url": "http://web:99999/"}, {"url": ""},
        {"url": "http://web/a b"}, {"kind": "redis"}, {"kind": "tcp", "host": "web"}, {"headers": {"A": "b\r\nC: d"}},
        {"method": "GET /"}, {"url": "http://web/?a=b&key=secret"}, {"url": "http://web/?access_token=secret"},
        {"url": "http://web/?%6bey=secret"}, {"url": "http://web/?api_key=secret"},
    ],
)  # fmt: skip
def test_a_target_that_cannot_be_tried_is_refused(given):
    found, why = target_of({"name": "it", "url": "http://web/", **given})
    assert found is None
    assert why.startswith("it: ")
    assert "secret" not in why.replace("hold no secret", "")


def test_a_parameter_that_is_no_secret_stays():
    assert target(url="http://web/a?keyword=x&limit=1&key=").path == "/a?keyword=x&limit=1&key="
