"""pg_query_info against real servers: rows as data, nothing written, failures in words."""

from __future__ import annotations

import json
from typing import Any

import pytest

from support.modules import run_module


def ask(server: Any, query: str, user: str = "oncall", **options: Any) -> dict[str, Any]:
    found = run_module("pg_query_info", query=query, **{**server.login(user), **options})
    assert "Traceback" not in json.dumps(found)
    return found


def test_rows_as_data(server):
    found = ask(
        server,
        "SELECT 1 AS number, 'b\u00fccher' AS text, 12.50::numeric AS exact, NULL AS nothing, true AS yes,"
        " timestamptz '2026-11-24 09:30+02' AS at, date '2026-11-24' AS day, '\\x00ff'::bytea AS bytes;",
    )
    assert found["rows"] == [
        {"number": 1, "text": "b\u00fccher", "exact": "12.50", "nothing": None, "yes": True,
         "at": "2026-11-24T07:30:00+00:00", "day": "2026-11-24", "bytes": "00ff"}
    ]  # fmt: skip
    assert found["columns"][:2] == ["number", "text"]
    assert found["truncated"] is False
    assert found["changed"] is False


def test_no_more_rows_than_asked_for(server):
    found = ask(server, "SELECT generate_series(1, 50) AS number", max_rows=10)
    assert len(found["rows"]) == 10
    assert found["truncated"] is True


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("CREATE TABLE public.x (y int)", "read-only"),
        ("SELECT nothing FROM nowhere", "nowhere"),
        ("SELEC 1", "SELEC"),
        ("  ;", "query is empty"),
        ("SELECT pg_sleep(30)", "timeout"),
    ],
)
def test_what_cannot_be_asked(server, query, said):
    found = ask(server, query, user="postgres", statement_timeout=0.5)
    assert found["failed"]
    assert said in found["msg"], found["msg"]


def test_two_statements_cannot_end_the_transaction(server):
    """The next one reads only as well."""
    said = ask(server, "SELECT 1; COMMIT; CREATE TABLE public.sneaked (x int)", user="postgres")["msg"]
    assert "read-only" in said
    found = ask(server, "SELECT count(*) AS number FROM pg_class WHERE relname = 'sneaked'", user="postgres")
    assert found["rows"] == [{"number": 0}]


def test_bad_input(server):
    assert "max_rows is 0" in ask(server, "SELECT 1", max_rows=0)["msg"]
