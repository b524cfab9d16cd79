"""Which answers call themselves ill, in the forms of health checks; what only looks like it does not."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._endpoints.health_answer import ill


@pytest.mark.parametrize(
    "body",
    [
        '{"status": "DOWN"}',
        '{"status": "OUT_OF_SERVICE"}',
        '{"status": "NOT_SERVING"}',
        '{"cluster_name": "shop", "status": "red"}',
        '{"status": "not ready"}',
        '{"status": "KO"}',
        '{"status": 503, "message": "x"}',
        '{"statusCode": 500}',
        '{"result": "error"}',
        '{"ready": false}',
        '{"isHealthy": false}',
        '{"success": 0}',
        '{"db": "disconnected"}',
        '{"redis": "unreachable"}',
        '{"redis": "error: connection refused"}',
        '{"database": false, "cache": true}',
        '{"postgres": {"ok": false}}',
        '{"postgres": {"error": "refused"}}',
        '{"checks": {"db": [{"status": "fail"}]}}',
        '{"checks": {"disk": false}}',
        '{"services": {"db": "down", "cache": "up"}}',
        '{"services": {"db": false}}',
        '{"components": {"db": {"status": "DOWN"}}}',
        '{"components": {"db": {"components": {"shop": {"status": "DOWN"}}}}}',
        '{"entries": {"npgsql": {"data": {}, "status": "Unhealthy"}}}',
        '{"health": {"status": "down"}}',
        '{"DatabaseBackend": "unavailable: Database error", "CacheBackend": "working"}',
        "not ok",
        '"down"',
        "Service Unavailable",
        "false",
        "ERROR: database connection failed\n",
        '{"code": 500, "message": "Internal Server Error"}',
        '{"code": "503", "msg": "no database", "data": null}',
        '{"code": 502, "error": "upstream"}',
        '{"statusCode": "500"}',
        '[{"name": "db", "status": "down"}]',
        '[{"name": "web", "status": "ok"}, {"name": "redis", "state": "UNREACHABLE"}]',
        '[{"service": "payments", "status": "OUT_OF_SERVICE"}, {"service": "web", "status": "UP"}]',
        '{"status": "error: database unreachable"}',
        '{"status": "Degraded - replica lag"}',
        '{"health": "unhealthy (2 of 3)"}',
        '{"error": "no database"}',
        '{"errors": {"db": "refused"}}',
        '{"code": "511", "error": "network"}',
        '{"code": 503, "reason": "database is down"}',
        '{"code": 500, "detail": "boom"}',
        '{"code": "503", "reason": "database is down"}',
        '{"code": "500", "detail": "no connection to the queue"}',
        '{"error": 1, "reason": "disk"}',
        '{"error": true, "message": "db down"}',
        '{"error": true}',
        '{"error": 1}',
        '{"error": 1, "msg": "no database"}',
        '{"redis": {"error": true}}',
    ],
)
def test_what_calls_itself_ill_is(body):
    assert ill(body)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "OK",
        '{"status": "yellow"}',
        '{"status": "ok", "db": "disconnected"}',
        '{"status": 200}',
        '{"code": 500}',
        '{"ok": 1}',
        '{"errors": 0}',
        '{"count": 2, "results": [{"id": 1, "status": "failed"}]}',
        '{"services": {"wifi": false}}',
        '{"services": {"spa": {"note": "down"}}}',
        '{"details": {"refundable": false}}',
        '{"details": "error: x"}',
        '{"storage": false}',
        '{"cache": {"hits": 0, "errors": 0}}',
        '{"queue": {"failed": 3}}',
        '{"title": "Down jackets", "status": "available"}',
        '{"payment_status": "failed"}',
        "<p>ERROR: database connection failed</p>",
        "Errors: none",
        '{"services": {"a": ' * 3000,
        '{"error": "none"}',
        '{"error": "No error", "status": "ok"}',
        '{"errors": "0"}',
        '{"error": {"code": 0, "message": ""}}',
        '{"errors": [null, {}]}',
        '{"code": 500, "name": "paint"}',
        '{"code": "566", "detail": "Nigeria"}',
        '{"code": 512, "message": "Welcome"}',
        '{"code": 554, "message": "New Zealand"}',
        '{"code": "504", "detail": "Morocco"}',
        '{"code": "508", "reason": "Mozambique"}',
        '{"code": 503, "detail": "ok"}',
        '{"code": 586, "reason": "Pakistan"}',
        '{"error": false}',
        '{"error": 0, "message": "welcome"}',
        '{"error": 1, "ok": 17}',
        '{"queue": {"error": 1, "done": 17}}',
        '{"code": 500, "message": "ok"}',
        '{"code": 200, "message": "Internal Server Error"}',
        '{"status": "error-free"}',
        '{"status": "down payment received"}',
        '["down"]',
        "[]",
        '[{"id": "o1", "status": "failed"}, {"id": "o2", "status": "shipped"}]',
        '[{"name": "lift 3", "status": "down"}]',
        '[{"name": "db", "status": "failed"}]',
        '[{"name": "db", "status": "ok"}, {"name": "cache", "status": "up"}]',
        '[{"name": "db", "status": "down"}, {"name": "order", "status": "shipped"}]',
    ],
)
def test_what_speaks_of_something_else_is_not(body):
    assert not ill(body)


def test_a_secret_in_it_is_hidden():
    assert "hunter2" not in ill("ERROR: login with password=hunter2x failed")
    assert "hunter2" not in ill('{"redis": "error: redis://:hunter2x@cache:6379 refuses"}')


@pytest.mark.parametrize(
    ("title", "says"),
    [
        ("502 Bad Gateway", "502 Bad Gateway"),
        ("404 Not Found | Pafar", "404 Not Found"),
        ("Error 503: Service Unavailable", "503 Service Unavailable"),
        ("500 - Internal Server Error.", "500 Internal Server Error"),
        ("504 Gateway Time-out", "504 Gateway Time-out"),
        ("500 years of printing", ""),
        ("404 Not Found: a novel", ""),
        ("404 Restaurant | Menu", ""),
        ("What 502 Bad Gateway means", ""),
        ("404 Not Found - HTTP", ""),
        ("200 OK", ""),
    ],
)
def test_a_page_that_is_titled_with_a_failure(title, says):
    assert ill(f"<!doctype html><html><head><title>{title}</title></head><body><h1>x</h1></body></html>") == says
