"""Whether a check, a log or the settings of a container name another one as it is reached."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._compose.acts.reached_names import (
    is_in_settings,
    is_named,
    is_not_reached,
    is_spoken_of,
)

from ..facts import container


def at(name, address="172.18.0.5"):
    return replace(container(name), networks=(("shop_default", address),))


def test_what_a_check_prints_names_it_as_a_word_or_as_a_host():
    assert is_named(at("db"), "db timeout")
    assert not is_named(at("db"), "/srv/db/check.py: no answer")


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ('connection to server at "db" (172.18.0.5), port 5432 failed: timeout expired', "db"),
        ('psycopg2.OperationalError: could not translate host name "db" to address: Name or service not known', "db"),
        ("dial tcp 172.18.0.5:5432: i/o timeout", "db"),
        ("dial tcp: lookup db on 127.0.0.11:53: no such host", "db"),
        ("Error: getaddrinfo EAI_AGAIN db", "db"),
        ("java.net.UnknownHostException: db", "db"),
        ("ERROR 2003 (HY000): Can't connect to MySQL server on 'db:3306' (110)", "db"),
        ("redis.exceptions.ConnectionError: Error 111 connecting to redis:6379. Connection refused.", "redis"),
        ("HTTPConnectionPool(host='api', port=3000): Max retries exceeded: timed out", "api"),
        ("[error] upstream timed out (110) while reading, upstream: \"http://172.18.0.5:3000/\"", "api"),
        ("[ERROR] amqp://guest@rabbit:5672/: connection failed", "rabbit"),
        ("connect ECONNREFUSED server:3000", "server"),
    ],
)  # fmt: skip
def test_a_line_says_that_a_host_was_not_reached(line, name):
    assert is_not_reached(at(name), ["an INFO line", f"2026-11-23T14:59:58.123456789Z {line}"])


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("connected to db:5432", "db"),
        ("WORKER TIMEOUT (pid:7)", "worker"),
        ("ERROR in app: Exception on /api [GET]", "api"),
        ("ERROR in app: Exception on /api [GET]", "app"),
        ("could not connect to server: Connection refused", "server"),
        ("File \"/srv/db/x.py\", line 3: error", "db"),
        ("django.db.utils.OperationalError: it failed", "db"),
        ("dial tcp 172.18.0.55:5432: i/o timeout", "db"),
        ("could not connect to db2:5432: refused", "db"),
        ("could not connect to db.example.com: refused", "db"),
        ("it failed", "db"),
    ],
)  # fmt: skip
def test_another_line_does_not(line, name):
    assert not is_not_reached(at(name), [line])


@pytest.mark.parametrize(
    "pair",
    [
        "DATABASE_URL=postgres://shop:x@db/shop",
        "DATABASE_URL=jdbc:postgresql://db:5432/shop",
        "MONGO=mongodb://a:27017,db:27017/shop",
        "DB_HOST=db",
        "PGHOST=172.18.0.5",
        "KAFKA_BROKERS=a:9092,db:9092",
        "CELERY_BROKER_URL=db:6379",
        "ConnectionStrings__Shop=Host=db;Port=5432;Database=shop",
        "DSN=host=db port=5432",
        "Api__Url=http://shop-db-1:3000",
    ],
)
def test_settings_have_its_address(pair):
    assert is_in_settings(at("db"), ["PATH=/usr/bin", pair])


@pytest.mark.parametrize(
    "pair",
    [
        "DB_NAME=db",
        "DATABASE_URL=postgres://db:x@other/db",
        "POSTGRES_DB=db",
        "DB_HOST=db.example.com",
        "DB_HOST=db2",
        "NO_PROXY=db,localhost",
        "CORS_ORIGINS=http://db:3000",
        "MODE=db",
        "A_HOST=",
        "db=1",
    ],
)
def test_other_settings_do_not(pair):
    assert not is_in_settings(at("db"), [pair])


@pytest.mark.parametrize(
    ("image", "text"),
    [
        ("postgres:16-alpine", '{"status":"DOWN","components":{"db":{"status":"DOWN"}}}'),
        ("bitnami/postgresql", '{"database":{"status":"down","message":"timeout of 1000ms exceeded"}}'),
        ("registry.example:5000/timescale/timescaledb:2.14-pg16", "npgsql: Unhealthy"),
        ("mariadb:11", "DatabaseBackend ... unavailable: unknown error"),
        ("redis@sha256:0123", "cache: timeout"),
        ("rabbitmq:3-management", "AMQP: not connected"),
    ],
)
def test_a_check_speaks_of_the_kind_of_a_server(image, text):
    assert is_spoken_of(container("store", ref=image), text)


@pytest.mark.parametrize(
    ("image", "text"),
    [
        ("postgres:16", "cache: timeout"),
        ("redis:7", "database: down"),
        ("shop/app:latest", "database: down"),
        ("postgres:16", "curl: (22) The requested URL returned error: 503"),
        ("postgres:16", "/srv/db/check.py: no answer"),
        ("postgres:16", "django.db.utils: x"),
        ("postgres:16", ""),
        ("", "database: down"),
    ],
)
def test_another_check_does_not(image, text):
    assert not is_spoken_of(container("store", ref=image), text)
