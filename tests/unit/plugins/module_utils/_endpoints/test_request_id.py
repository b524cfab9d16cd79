"""Ids of requests that a provider's support asks for: in the header of its answer, and in our log."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._endpoints.request_id import (
    for_support,
    request_id_of,
    request_ids_in,
)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"request-id": "req_8aHfK3L2m9"}, "req_8aHfK3L2m9"),
        ({"cf-ray": "7d1c2b3a4f5e-FRA", "request-id": "req_8aHfK3L2m9"}, "req_8aHfK3L2m9"),
        ({"cf-ray": "7d1c2b3a4f5e-FRA"}, "7d1c2b3a4f5e-FRA"),
        ({"x-amzn-requestid": "9d0f2c7e-0a2f-4a9b-9b5f-2d3b1b7d9b11"}, "9d0f2c7e-0a2f-4a9b-9b5f-2d3b1b7d9b11"),
        ({"x-request-id": "<b>@here</b>"}, ""),
        ({"x-request-id": "a" * 200}, ""),
        ({"x-request-id": ""}, ""),
        ({}, ""),
    ],
)
def test_the_id_of_an_answer_is_the_provider_s_own(headers, expected):
    assert request_id_of(headers) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("stripe.error.APIError: Request req_8aHfK3L2m9: it failed", ["req_8aHfK3L2m9"]),
        ('{"request_id": "req_8aHfK3L2m9", "again": "req_8aHfK3L2m9"}', ["req_8aHfK3L2m9"]),
        ("X-Request-Id: 7f3c9a2e-1b00", ["7f3c9a2e-1b00"]),
        ("requestId=abcdef0123456789", ["abcdef0123456789"]),
        ("request id unknown, 3 requests", []),
        ("the request_identity=abcdefghijk", []),
    ],
)
def test_ids_in_a_record(text, expected):
    assert request_ids_in([text]) == expected


def test_a_line_names_a_few_of_them_each_once():
    assert for_support([]) == for_support(["", ""]) == []
    assert for_support(["a1", "", "a1", "b2"]) == ["request ids, for their support: a1, b2"]
    assert for_support(map(str, range(100))) == ["request ids, for their support: 0, 1, 2, 3, 4"]
