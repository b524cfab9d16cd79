"""A container that the engine calls unhealthy, asked once more: what a real server answers, and another run says."""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._compose.health import UNHEALTHY, UNKNOWN
from ansible_collections.pafar.runbook.plugins.module_utils._compose.io import recheck as subject
from ansible_collections.pafar.runbook.plugins.module_utils._compose.project_report import note_of
from ansible_collections.pafar.runbook.plugins.module_utils._core.errors import EngineError

from ..facts import container, project


class Answers(BaseHTTPRequestHandler):
    """The status stands in the path; the page at ``/`` is always there."""

    def do_GET(self):
        code = int(self.path.strip("/") or 200)
        self.send_response(code)
        self.end_headers()

    def log_message(self, format, *args):
        pass


@contextmanager
def served():
    server = ThreadingHTTPServer(("0.0.0.0", 0), Answers)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture(scope="module")
def port():
    with served() as number:
        yield number


def engine(ends=None, local=True):
    def execute_within(dummy_id, dummy_argv, dummy_seconds):
        if isinstance(ends, Exception):
            raise ends
        return ends

    return SimpleNamespace(login=SimpleNamespace(local=local), execute_within=execute_within)


def judged(test, said="", *, code=1, always=True, by=None, busy=False, monkeypatch=None, address="127.0.0.1", **more):
    """The health of a container whose check fails, since its start or not, and why."""
    codes, streak = [code if always else 0, *[code] * 4], 60 if always else 4
    replica = container(
        health="unhealthy", up=60, exits=codes, streak=streak, said=said, test=list(test), limit=2, **more
    )
    replica = replace(replica, pid=os.getpid(), networks=(("shop_default", address),))
    if monkeypatch:
        monkeypatch.setattr(subject, "_busy", lambda: busy)
    (again,) = subject.recheck(by or engine(), project(replica)).containers
    return again.health, again.health_output


@pytest.mark.parametrize("status", [500, 502, 503])
@pytest.mark.parametrize("said", ["", "curl: (22) The requested URL returned error"])
def test_a_check_whose_own_question_fails_is_right_though_another_page_answers(port, status, said):
    assert judged(("CMD-SHELL", f"curl -f http://localhost:{port}/{status} || exit 1"), said)[0] == UNHEALTHY


@pytest.mark.parametrize(
    "said",
    [
        "curl: (22) The requested URL returned error: 503",
        "wget: server returned error: HTTP/1.1 500 Internal Server Error",
        "Traceback (most recent call last):\nFile x, line 1\ndjango.db.utils.OperationalError: no connection",
        "/app/db.rb:3:in `new': connection refused (PG::ConnectionBad)",
        "org.postgresql.util.PSQLException: FATAL: too many clients",
    ],
)
def test_a_check_that_hands_on_a_fault_of_the_program_is_right(port, said):
    """A server answers on some port of the container all the same."""
    assert judged(("CMD", "/health.sh"), said)[0] == UNHEALTHY
    assert judged(("CMD-SHELL", f"curl -f http://localhost:{port}/200"), said)[0] == UNHEALTHY


@pytest.mark.parametrize("status", [200, 401, 404])
def test_a_check_is_wrong_where_its_own_question_is_answered(port, status):
    health, why = judged(("CMD-SHELL", f"curl -f http://localhost:{port}/{status} || exit 1"))
    assert (health, f"HTTP {status} (GET /{status} on port {port})" in why) == (UNKNOWN, True)


def test_a_check_that_asks_on_a_port_where_nothing_listens_is_named(port):
    assert port
    health, why = judged(("CMD-SHELL", "curl -f http://localhost:1/ || exit 1"), "curl: (7) Failed to connect")
    assert (health, "asks on port 1, while the container answers requests on port" in why) == (UNKNOWN, True)


def test_a_check_that_asks_on_a_published_port_where_nothing_listens_is_right(port):
    """Another port may be that of its figures, or of its administration."""
    assert port
    published = {"1/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8080"}]}
    assert judged(("CMD-SHELL", "curl -f http://localhost:1/"), "curl: (7) Failed", ports=published)[0] == UNHEALTHY
    beside = {"9/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8080"}]}
    assert judged(("CMD-SHELL", "curl -f http://localhost:1/"), "curl: (7) Failed", ports=beside)[0] == UNKNOWN


def test_a_container_is_asked_by_its_own_name_as_well(port):
    assert judged(("CMD-SHELL", f"curl -f http://web:{port}/503"))[0] == UNHEALTHY
    assert judged(("CMD-SHELL", f"curl -f http://shop-web-1:{port}/404"))[0] == UNKNOWN


@pytest.mark.parametrize(
    "said",
    ["", "HTTPError: HTTP Error 404: Not Found", "urllib.error.URLError: <urlopen error refused>", "KeyError: 'PORT'"],
)
def test_a_script_of_which_the_question_is_not_known_is_judged_by_any_answer(port, said):
    assert port
    assert judged(("CMD", "/health.py"), said)[0] == UNKNOWN


def test_a_check_that_has_passed_is_right(port):
    assert judged(("CMD-SHELL", f"curl -f http://localhost:{port}/200"), always=False)[0] == UNHEALTHY


def test_what_another_process_of_this_host_answers_is_no_answer_of_a_container_elsewhere(port, monkeypatch):
    """Behind a forwarded socket its process has the number of one of this host."""
    assert port
    assert judged(("CMD", "/health.sh"), address="10.99.0.7")[0] == UNHEALTHY
    check = {"code": -1, "always": False, "by": engine(None), "busy": True, "monkeypatch": monkeypatch}
    assert "is not known here" in judged(("CMD", "x"), LIMIT, address="10.99.0.7", **check)[1]
    assert "has more work than cores" in judged(("CMD", "x"), LIMIT, **check)[1]


REDIS, PSQL = ("CMD-SHELL", "redis-cli ping | grep PONG"), ("CMD", "psql", "-c", "select 1")
NO_ROLE = 'psql: error: connection to server on socket "/run/x" failed: FATAL: role "root" does not exist'
ACCESS = "ERROR 1045 (28000): Access denied for user 'root'@'localhost' (using password: NO)"


@pytest.mark.parametrize(
    ("test", "said"),
    [
        (REDIS, "NOAUTH Authentication required."),
        (REDIS, "AUTH failed: WRONGPASS invalid username-password pair or user is disabled."),
        (PSQL, NO_ROLE),
        (("CMD-SHELL", "mysql -e 'select 1' || exit 1"), ACCESS),
        (("CMD", "mongosh", "--eval", "db.stats()"), "MongoServerError: Command dbStats requires authentication"),
    ],
)
def test_a_check_whose_login_the_server_refuses_is_named(test, said):
    health, why = judged(test, said, by=engine(local=False))
    assert (health, why.endswith(said)) == (UNKNOWN, True), why


@pytest.mark.parametrize(
    ("test", "said", "always"),
    [
        (REDIS, "NOAUTH Authentication required.", False),  # it has passed: something was changed since
        (REDIS, "Could not connect to Redis at 127.0.0.1:6379: Connection refused", True),
        (REDIS, "MASTERDOWN Link with MASTER is down", True),
        (("CMD", "/app/ready"), "redis: NOAUTH Authentication required.", True),  # the login of the program
        (PSQL, "psql: error: FATAL:  sorry, too many clients already", True),
        (PSQL, "psql: error: FATAL:  the database system is starting up", True),
    ],
)
def test_what_is_not_refused_to_the_check_is_a_failure(test, said, always):
    assert judged(test, said, always=always, by=engine(local=False))[0] == UNHEALTHY


LIMIT = "Health check exceeded timeout (2s)"


@pytest.mark.parametrize(
    ("by", "busy", "health", "says"),
    [
        (engine(0), False, UNKNOWN, "it passes within 6 s"),
        (engine(1), True, UNHEALTHY, LIMIT),
        (engine(None), False, UNHEALTHY, LIMIT),
        (engine(None), True, UNKNOWN, "this host has more work than cores"),
        (engine(None, local=False), False, UNKNOWN, "is not known here"),
        (engine(-1), False, UNKNOWN, "could not be run once more (exit -1)"),
        (engine(127), False, UNKNOWN, "could not be run once more (exit 127)"),
        (engine(EngineError("no exec")), False, UNKNOWN, "could not be run: no exec"),
    ],
)
def test_a_check_that_was_cut_off_is_run_once_more(monkeypatch, by, busy, health, says):
    state, why = judged(("CMD", "x"), LIMIT, code=-1, always=False, by=by, busy=busy, monkeypatch=monkeypatch)
    assert (state, says in why) == (health, True), why


@pytest.mark.parametrize("output", ["no end, and this host has more work than cores", "sh: curl: not found"])
def test_a_check_is_to_be_corrected_where_the_host_is_not_the_reason(output):
    replica = replace(container(), health=UNKNOWN, health_output=output)
    assert note_of(project(replica), replica).endswith("is unknown") is ("cores" in output)


@pytest.mark.parametrize(
    ("code", "said"),
    [(28, ""), (124, ""), (1, "curl: (28) Operation timed out after 2001 ms"), (1, "wget: download timed out")],
)
def test_a_check_that_ends_at_a_limit_of_its_own_says_nothing_on_a_busy_host(monkeypatch, code, said):
    (busy, why), (idle, dummy) = (
        judged(("CMD", "x"), said, code=code, always=False, busy=is_busy, monkeypatch=monkeypatch)
        for is_busy in (True, False)
    )
    assert (busy, idle, "a limit of its own" in why) == (UNKNOWN, UNHEALTHY, True)


@pytest.mark.parametrize(
    ("code", "said"),
    [(1, "sqlalchemy.exc.TimeoutError: QueuePool limit reached, connection timed out"), (22, ""), (1, "refused")],
)
def test_what_did_not_time_out_by_itself_is_a_failure_on_a_busy_host_too(monkeypatch, code, said):
    assert judged(("CMD", "x"), said, code=code, always=False, busy=True, monkeypatch=monkeypatch)[0] == UNHEALTHY


def test_a_worker_is_not_judged_by_the_check_of_the_image_that_it_shares_with_a_server():
    """It listens on nothing, and so nothing can be asked of it."""
    test = ["CMD-SHELL", "curl -f http://localhost:8000/ || exit 1"]
    never = {"health": "unhealthy", "up": 600, "exits": [1] * 5, "streak": 60, "interval": 10, "test": test}
    worker, web = container("worker", **never, command=["celery"]), container(test=test, command=["gunicorn"])
    shop = project(worker, web, services={"web": {}, "worker": {}}, listening={worker.id: (), web.id: (8000,)})
    (again, dummy) = subject.recheck(engine(), shop).containers
    assert (again.health, "shop-web-1, of the same image, passes it" in again.health_output) == (UNKNOWN, True)
    (alone,) = subject.recheck(engine(), replace(shop, containers=(worker,))).containers
    assert alone.health == UNHEALTHY
