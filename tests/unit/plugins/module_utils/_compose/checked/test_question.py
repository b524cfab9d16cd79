"""The request that a health check makes, and what its answer says of the check."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._compose.checked.question import (
    Question,
    asked_port,
    fails,
    question_of,
    what_answers,
)

ASKS = Question(8000, "/health", "localhost:8000")


def shell(text):
    return ("CMD-SHELL", text)


@pytest.mark.parametrize(
    ("test", "question"),
    [
        (shell("curl -f http://localhost:8000/health || exit 1"), ASKS),
        (shell("curl -f http://localhost:8000/health||exit 1"), ASKS),
        (shell("curl -fsS localhost:${PORT:-8000}/health || exit 1"), ASKS),
        (shell("curl -fsS localhost:$WEB_PORT/health || exit 1"), ASKS._replace(port=9000, host="localhost:9000")),
        (("CMD", "curl", "-f", "http://localhost:8000/health"), ASKS),
        (shell("wget -q --spider http://127.0.0.1/ || exit 1"), Question(80, "/", "127.0.0.1", "HEAD")),
        (shell("wget -q -T3 http://[::1]:80/x#y"), Question(80, "/x", "[::1]:80")),
        (
            shell("curl -fI -H 'Host: shop.example' http://localhost/a?b=1"),
            Question(80, "/a?b=1", "shop.example", "HEAD"),
        ),
        (shell("curl -fk 'https://localhost/'"), Question(443, "/", "localhost", secure=True)),
        (shell("curl -s http://localhost:8000/health | grep -q ok"), ASKS._replace(looks=True)),
        (shell('test "$(curl -s http://localhost:8000/health)" = ok'), ASKS._replace(looks=True)),
        (("CMD", "python", "-c", "urlopen('http://localhost:8000/health').read()"), ASKS._replace(looks=True)),
        (("CMD", "node", "-e", 'fetch("http://localhost:8000/health")'), ASKS._replace(looks=True)),
        (shell("curl -f http://localhost:8000/health/$ID"), None),
        (shell("curl -f http://localhost:$UNKNOWN/health"), None),
        (shell("curl -f http://db:8000/health"), None),
        (shell("curl -f http://localhost.example/x"), None),
        (shell("curl -f http://user:word@localhost/x"), None),
        (shell("curl -f -u user:word http://localhost/x"), None),
        (shell("curl -f -H 'Accept: text/plain' http://localhost/x"), None),
        (shell("curl -f -X POST http://localhost/x"), None),
        (shell("curl -f --data '{}' http://localhost/x"), None),
        (shell("curl -f --unix-socket /run/x http://localhost/x"), None),
        (shell("curl -f https://localhost/"), None),
        (shell("curl -f http://localhost:1/a && curl -f http://localhost:2/b"), None),
        (shell("pg_isready -h localhost"), None),
        (shell("nc -z localhost 8000"), None),
        (("CMD", "/health.sh"), None),
        (("NONE",), None),
        ((), None),
    ],
)
def test_what_a_check_asks(test, question):
    assert question_of(test, ("WEB_PORT=9000", "ID", "EMPTY=")) == question


@pytest.mark.parametrize(
    ("host", "own"), [("web", True), ("shop-web-1", True), ("web.example", False), ("db", False), ("my-web", False)]
)
def test_a_container_has_names_of_its_own(host, own):
    test = shell(f"curl -f http://{host}:8000/health")
    assert (question_of(test, (), ("web", "shop-web-1", "")) == ASKS) is own


@pytest.mark.parametrize(
    ("question", "status", "says"),
    [
        (ASKS, 200, "HTTP 200 (GET /health on port 8000)"),
        (ASKS, 404, "HTTP 404 (GET /health on port 8000)"),
        (ASKS._replace(path="/health?token=x"), 401, "HTTP 401 (GET /health on port 8000)"),
        (ASKS._replace(method="HEAD"), 501, "HTTP 501 (HEAD /health on port 8000)"),
        (ASKS._replace(looks=True), 404, "HTTP 404 (GET /health on port 8000)"),
        (ASKS._replace(looks=True), 200, "what else the check looks at is not known"),
        (ASKS, 302, "what else the check looks at is not known"),
    ],
)
def test_a_check_whose_own_question_is_answered_says_nothing(question, status, says):
    assert what_answers(question, status).endswith(says)


@pytest.mark.parametrize("status", [None, 500, 502, 503, 504, 599])
def test_a_check_is_right_where_its_own_question_fails(status):
    assert what_answers(ASKS, status) == ""
    assert status is None or fails(status)


@pytest.mark.parametrize(
    ("test", "port"),
    [
        (shell("curl -f http://localhost:8000/health || exit 1"), 8000),
        (shell("curl -f -H 'Accept: text/plain' -X POST http://localhost:8000/"), 8000),
        (shell("wget -q --spider https://localhost/ || exit 1"), 443),
        (shell("nc -z localhost 8000 || exit 1"), 8000),
        (("CMD", "nc", "-zv", "-w", "3", "127.0.0.1", "8000"), 8000),
        (shell("nc -z web $WEB_PORT"), 9000),
        (shell("bash -c '</dev/tcp/localhost/8000'"), 8000),
        (("CMD", "python", "-c", "import socket; socket.create_connection(('localhost', 8000), 2)"), 8000),
        (shell("ss -lnt | grep :8000"), 8000),
        (shell("pg_isready -U app -d shop"), 5432),
        (shell("pg_isready -h localhost -p 5433"), 5433),
        (("CMD", "redis-cli", "ping"), 6379),
        (shell("mysqladmin ping -h 127.0.0.1 -P 3307"), 3307),
        (shell("nc -z db 5432"), None),
        (shell("pg_isready -h db"), None),
        (shell("redis-cli -h cache ping | grep PONG"), None),
        (shell("redis-cli -s /run/redis.sock ping"), None),
        (shell("curl -f http://db:8000/"), None),
        (shell("curl -f http://localhost:1/a && curl -f http://localhost:2/b"), None),
        (shell("celery -A shop inspect ping"), None),
        (shell("test -f /tmp/ready"), None),
        (shell("date +%H:%M:%S"), None),
        (("CMD", "/health.sh"), None),
        (("NONE",), None),
        ((), None),
    ],
)
def test_on_which_port_a_check_asks(test, port):
    assert asked_port(test, ("WEB_PORT=9000",), ("web", "shop-web-1")) == port
