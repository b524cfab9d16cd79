"""What a health check lacks, and what of its output is of the program."""

from __future__ import annotations

import time

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._compose.checked.means import (
    hands_on_fault,
    lacking,
    misused,
    server_failed,
    starved,
)
from ansible_collections.pafar.runbook.plugins.module_utils._compose.health import SHORT
from ansible_collections.pafar.runbook.plugins.module_utils._compose.project_report import note_of

from ..facts import container, project

CURL = ("CMD-SHELL", "curl -f http://localhost:8000/health || exit 1")
HANDS_ON = ("CMD-SHELL", "curl --fail-with-body http://localhost:8000/health || exit 1")
PYTHON, NODE, RUBY = ("CMD", "python", "/app/check.py"), ("CMD", "node", "check.js"), ("CMD", "ruby", "/check.rb")
OF_PYTHON = 'Traceback (most recent call last):\n  File "{}", line 1, in <module>\n    import x\nModuleNotFoundError: '
OF_RUBY = (
    "<internal:/usr/lib/ruby/rubygems/kernel_require.rb>:86:in `require': cannot load such file -- x (LoadError)\n"
)
OF_PERL = "Can't locate LWP/Simple.pm in @INC (you may need to install it) (@INC contains: /etc/perl) at {} line 3."


@pytest.mark.parametrize(
    ("output", "test"),
    [
        ("/usr/bin/check.sh: line 3: curl: command not found", ("CMD", "/usr/bin/check.sh")),
        ("./check.sh: 2: nc: not found", ("CMD-SHELL", "./check.sh || exit 1")),
        ("/check: line 5: jq: not found\n{}", ("CMD", "/check")),
        ("/check.sh: line 2: /usr/bin/curl: Permission denied", ("CMD", "/check.sh")),
        ("exec: line 1: curl: not found", ("CMD-SHELL", "exec curl x || exit 1")),
        ("sudo: curl: command not found", ("CMD-SHELL", "sudo curl localhost || exit 1")),
        ("zsh:1: command not found: curl", ("CMD-SHELL", "zsh -c 'curl x' || exit 1")),
        ("timeout: failed to run command \u2018curl\u2019: No such file or directory", CURL),
        ("timeout: can't execute 'curl': No such file or directory", CURL),
        ("env: \u2018python\u2019: No such file or directory", ("CMD", "/check.py")),
        ("xargs: curl: No such file or directory", ("CMD-SHELL", "cat x | xargs curl")),
        ('error: exec: "curl": executable file not found in $PATH', CURL),
        (
            "bash: line 1: /dev/tcp/localhost/80: No such file or directory",
            ("CMD-SHELL", "bash -c '</dev/tcp/localhost/80'"),
        ),
        ("standard_init_linux.go:228: exec user process caused: exec format error", ("CMD", "/check")),
        ("cat: /run/secrets/key: Permission denied", ("CMD-SHELL", "curl -f localhost -H $(cat /run/secrets/key)")),
        ("cat: can't open '/run/key': Permission denied", ("CMD", "cat", "/run/key")),
        ("ping: permission denied (are you root?)", ("CMD", "ping", "-c1", "localhost")),
        ("ping: socket: Operation not permitted", ("CMD-SHELL", "ping -c1 localhost || exit 1")),
        ("bash: line 0: kill: (1) - Operation not permitted", ("CMD-SHELL", "bash -c 'kill -0 1'")),
        ("exec /check: no such file or directory", ("CMD", "/check")),
        ("curl: error while loading shared libraries: libcurl.so.4: cannot open", CURL),
        ("Error loading shared library libcurl.so.4: No such file (needed by curl)", CURL),
        ("curl: (6) Could not resolve host: localhost", CURL),
        ("wget: bad address 'localhost:8000'", ("CMD-SHELL", "wget -q localhost:8000")),
        ("Get x: dial tcp: lookup localhost on 127.0.0.11:53: no such host", ("CMD", "/check")),
        ("Error: getaddrinfo ENOTFOUND localhost", NODE),
        ("curl: (3) URL using bad/illegal format or missing URL", CURL),
        ("curl: (77) error setting certificate verify locations", CURL),
        (OF_PYTHON.format("/app/check.py") + "No module named 'requests'", PYTHON),
        (
            OF_PYTHON.format("/app/check.py") + "No module named 'requests'",
            ("CMD-SHELL", "cd /app; python check.py"),
        ),
        (OF_PYTHON.format("<string>") + "No module named 'x'", ("CMD", "python", "-c", "import x")),
        (OF_PYTHON.format("/app/check.py") + "No module named 'requests'", ("CMD", "python", "-m", "check")),
        (
            OF_PYTHON.format("/app/shop/check.py") + "No module named 'requests'",
            ("CMD-SHELL", "python3 -u -m shop.check || exit 1"),
        ),
        (
            "/usr/bin/python3: Error while finding module specification for 'a.b' (ModuleNotFoundError: ...)",
            ("CMD", "python3", "-m", "a.b"),
        ),
        ("Error: Cannot find module 'axios'\n requireStack: [ '/app/check.js' ]", NODE),
        (
            "Error: Cannot find module 'axios'\n requireStack: [ '/app/[eval]' ]",
            ("CMD", "node", "-e", "require('axios')"),
        ),
        ("Cannot find package 'axios' imported from /app/check.js", NODE),
        (OF_PERL.format("/check.pl"), ("CMD", "perl", "/check.pl")),
        (OF_PERL.format("-e"), ("CMD", "perl", "-e", "use LWP::Simple")),
        (OF_RUBY + "\tfrom /check.rb:1:in `<main>'", RUBY),
        (
            "PHP Fatal error:  Uncaught Error: Call to undefined function curl_init() in /check.php:2",
            ("CMD", "php", "/check.php"),
        ),
        ("/bin/sh: 1: curl: not found\n\n", CURL),
        ("/bin/sh: curl: not found\n\n\nstate: down", CURL),
        ("/var/run/postgresql:5432 - no attempt", ("CMD-SHELL", "pg_isready -U $USER -d $DB")),
        ('pg_isready: error: too many command-line arguments (first is "x")', ("CMD-SHELL", "pg_isready -U a x")),
        ("check.py: error: unrecognized arguments: --quick", PYTHON),
        ("Usage: celery [OPTIONS]\n\nError: No such option: -d", ("CMD-SHELL", "celery inspect ping -d x")),
        ("Error: No such command 'status'.", ("CMD", "app", "status")),
        (
            "error: this server does not implement the grpc health protocol (grpc.health.v1.Health): unknown service",
            ("CMD", "grpc_health_probe", "-addr=:50051"),
        ),
        (
            "Error calling healthcheck: please enable `ping` to use health check",
            ("CMD", "traefik", "healthcheck"),
        ),
    ],
)
@pytest.mark.parametrize("status", ["unhealthy", "starting"])
def test_what_a_check_lacks_says_nothing_of_the_program(status, output, test):
    replica = container(health=status, exits=[1], said=output, test=list(test))
    assert replica.health == "unknown"
    assert replica.health_output


@pytest.mark.parametrize(
    ("output", "test"),
    [
        ("curl: (22) The requested URL returned error: 500", CURL),
        (
            'exec: "convert": executable file not found in $PATH\ncurl: (22) The requested URL returned error: 500',
            HANDS_ON,
        ),
        ("sh: 1: ffmpeg: not found\ncurl: (22) The requested URL returned error: 503", HANDS_ON),
        (
            "wget: server returned error: HTTP/1.1 502 Bad Gateway\nsh: curl: not found",
            ("CMD-SHELL", "wget -qO- localhost || curl localhost"),
        ),
        ('{"error":"exec: \\"convert\\": executable file not found in $PATH"}', ("CMD", "/check")),
        ("ERROR worker: exec format error while loading a plugin", ("CMD", "/check")),
        (
            OF_PYTHON.format("/app/check.py").replace("\nModuleNotFoundError: ", "")
            + '\n  File "/app/shop/db.py", line 1, in <module>\n    import psycopg2\n'
            "ModuleNotFoundError: No module named 'psycopg2'",
            PYTHON,
        ),
        (OF_PYTHON.format("/app/shop/db.py") + "No module named 'psycopg2'", ("CMD", "python", "-m", "shop.check")),
        ("Error: Cannot find module 'pg'\n requireStack: [ '/app/db.js', '/app/check.js' ]", NODE),
        ("Cannot find package 'pg' imported from /app/db.js", NODE),
        (OF_PERL.format("/app/lib/Shop/DB.pm"), ("CMD", "perl", "/check.pl")),
        (OF_RUBY + "\tfrom /app/config/boot.rb:3:in `<main>'\n\tfrom /check.rb:1:in `<main>'", RUBY),
        ("Call to undefined function shop() in /app/shop.php:2", ("CMD", "php", "/check.php")),
        ("curl: (6) Could not resolve host: db", ("CMD-SHELL", "curl -f http://db/")),
        ('could not translate host name "db" to address: Name or service not known', PYTHON),
        ("curl: (7) Failed to connect to localhost port 8000: Connection refused", CURL),
        ("bash: line 1: /tmp/ready: No such file or directory", ("CMD-SHELL", "bash -c 'read x < /tmp/ready'")),
        ("cat: /tmp/ready: No such file or directory", ("CMD-SHELL", "cat /tmp/ready")),
        ("touch: cannot touch '/data/x': Permission denied", ("CMD-SHELL", "touch /data/x")),
        ("/bin/sh: 1: cannot create /data/x: Permission denied", ("CMD-SHELL", "echo > /data/x")),
        ("worker: permission denied", ("CMD-SHELL", "curl -s localhost/state")),
        ("psql: error: FATAL:  permission denied for database", ("CMD-SHELL", "psql -c 'select 1'")),
        ("PermissionError: [Errno 13] Permission denied: '/data'", PYTHON),
        ("localhost:5432 - rejecting connections", ("CMD-SHELL", "pg_isready")),
        ("localhost:5432 - no response", ("CMD-SHELL", "pg_isready")),
        ("Error: No nodes replied within time constraint", ("CMD-SHELL", "celery inspect ping")),
        ("Bad status: 404 Not Found", ("CMD", "traefik", "healthcheck", "--ping")),
        ('timeout: failed to connect service ":50051" within 1s', ("CMD", "grpc_health_probe")),
        ("MISCONF Redis is configured to save RDB snapshots", ("CMD-SHELL", "redis-cli set x 1")),
    ],
)
@pytest.mark.parametrize("code", [1, 22, 127])
def test_what_a_check_hands_on_is_of_the_program(code, output, test):
    assert lacking(output, test) == ""
    replica = container(health="unhealthy", exits=[code], said=output, test=list(test))
    assert replica.health == ("unknown" if code == 127 and not server_failed(output) else "unhealthy")


@pytest.mark.parametrize(
    ("output", "fails"),
    [
        ("urllib.error.HTTPError: HTTP Error 503: Service Unavailable", True),
        ("requests.exceptions.HTTPError: 500 Server Error: Internal for url: http://localhost/", True),
        ("Request failed with status code 502", True),
        ("< HTTP/1.1 503 Service Unavailable", True),
        ("unexpected status: 500", True),
        ("HTTP/1.1 501 Unsupported method ('HEAD')", False),
        ("2026-11-23 15:00:00 ERROR 504: Gateway Time-out.", True),
        ("curl: (22) The requested URL returned error: 404", False),
        ("HTTP Error 401: Unauthorized", False),
        ("ERROR 5000: no such order", False),
        ("", False),
    ],
)
def test_the_failure_of_a_server_in_the_words_of_clients(output, fails):
    assert server_failed(output) is fails


@pytest.mark.parametrize(
    ("output", "fault"),
    [
        ("django.db.utils.OperationalError: could not connect", True),
        ("redis.exceptions.ConnectionError: Error 111 connecting to redis:6379.", True),
        ("/app/db.rb:3:in `new': refused (PG::ConnectionBad)", True),
        ("org.postgresql.util.PSQLException: FATAL: too many clients", True),
        ("PHP Fatal error: Uncaught Doctrine\\DBAL\\Exception\\ConnectionException: refused", True),
        ("** (DBConnection.ConnectionError) connection not available", True),
        ("urllib.error.HTTPError: HTTP Error 503: Service Unavailable", True),
        ("urllib.error.HTTPError: HTTP Error 404: Not Found", False),
        ("requests.exceptions.ConnectionError: Max retries exceeded (Caused by NewConnectionError('refused'))", False),
        ("java.net.ConnectException: Connection refused", False),
        ("/check.rb:1:in `open': refused (Errno::ECONNREFUSED)", False),
        ("Socket::ResolutionError: getaddrinfo", False),
        ("** (Mint.TransportError) connection refused", False),
        ("json.decoder.JSONDecodeError: Expecting value", False),
        ("KeyError: 'PORT'", False),
        ("grep: C:\\Data\\Ready: no such file", False),
        ("", False),
    ],
)
def test_an_exception_is_the_programs_where_its_library_is_no_client(output, fault):
    assert hands_on_fault(output) is fault


@pytest.mark.parametrize(
    "piece", ["a.", "A::", 'File "', "x: ", "sh: 1: ", "requireStack: [ ", "<", "1 ", "curl: (22) ", "\n\n", "from /"]
)
def test_a_hostile_output_costs_little(piece):
    output = (piece * 2000)[:2000]
    began = time.process_time()
    for end in ("", "\n", "Error"):
        lacking(output + end, CURL)
        hands_on_fault(output + end)
        starved(1, output + end, CURL)
    assert time.process_time() - began < 1


@pytest.mark.parametrize(
    ("code", "test", "client"),
    [
        (3, ("CMD", "curl", "-sf", "http//x y"), "curl"),
        (2, ("CMD-SHELL", "/usr/bin/curl -sf --fails localhost"), "curl"),
        (2, ("CMD", "wget", "-q", "--nothing"), "wget"),
        (22, ("CMD", "curl", "-sf", "localhost"), ""),
        (7, ("CMD-SHELL", "curl -sf localhost"), ""),
        (3, ("CMD-SHELL", "curl -sf localhost || exit 3"), ""),
        (2, ("CMD-SHELL", "curl -s localhost | grep ok"), ""),
        (8, ("CMD", "wget", "-q", "localhost"), ""),
        (3, ("CMD-SHELL", "curl -s localhost\nexit 3"), ""),
        (1, ("CMD", "curl", "-sf", "localhost"), ""),
        (3, ("CMD", "/check"), ""),
        (3, ("CMD",), ""),
        (3, (), ""),
    ],
)
def test_a_client_that_was_called_wrongly_says_so_by_its_exit_code(code, test, client):
    assert misused(code, test) == client
    replica = container(health="unhealthy", exits=[code], said="", test=list(test))
    assert (replica.health == "unknown") is bool(client)


NO_FORK = "Resource temporarily unavailable"


@pytest.mark.parametrize(
    ("code", "output"),
    [
        (2, f"sh: can't fork: {NO_FORK}"),
        (2, "sh: 1: Cannot fork"),
        (1, f"/health.sh: line 3: fork: retry: {NO_FORK}"),
        (254, f"bash: fork: retry: {NO_FORK}\nbash: fork: {NO_FORK}"),
        (254, "/bin/bash: line 1: fork: Cannot allocate memory"),
        (2, "runtime: failed to create new OS thread (have 2 already; errno=11)"),
        (-1, f"OCI runtime exec failed: exec failed: unable to start container process: fork/exec: {NO_FORK.lower()}"),
        (27, "curl: (27) Out of memory"),
        (1, "curl: (6) getaddrinfo() thread failed to start"),
        (137, "Killed"),
        (137, ""),
        (1, "Killed"),
        (1, "/bin/sh: line 1:    42 Killed                  curl -f http://localhost:8000/health"),
    ],
)
def test_what_gets_no_process_or_no_memory_says_nothing(code, output):
    replica = container(health="unhealthy", exits=[0, code], said=output, test=list(CURL))
    assert (replica.health, SHORT in replica.health_output) == ("unknown", True)
    note = note_of(project(replica), replica)
    assert note.endswith("whether it is healthy is unknown"), "there is nothing to correct in the check"


@pytest.mark.parametrize(
    ("code", "output", "test"),
    [
        (137, "Killed", ("CMD-SHELL", "timeout -s KILL 5 curl -f http://localhost:8000/")),
        (137, "", ("CMD", "timeout", "--signal=9", "5", "curl", "-f", "http://localhost:8000/")),
        (1, '{"error": "worker 12 Killed"}', CURL),
        (1, f"worker: can't fork: {NO_FORK}", CURL),
        (1, "Killed by the operator", CURL),
        (137, "curl: (22) The requested URL returned error: 503\nKilled", CURL),
        (143, "Terminated", CURL),
        (4, "rpc error: code = Unavailable desc = connection refused", ("CMD", "grpc_health_probe")),
        (1, "/srv/app.sock: Permission denied", CURL),
    ],
)
def test_what_was_carried_out_is_a_failure_also_where_it_speaks_of_processes(code, output, test):
    assert starved(code, output, test) == ""
    assert container(health="unhealthy", exits=[0, code], said=output, test=list(test)).health == "unhealthy"


@pytest.mark.parametrize(
    ("code", "output", "test"),
    [
        (1, "rpc error: code = Unimplemented desc = unknown service grpc.health.v1.Health", ("CMD", "grpcurl", "x")),
        (2, "error: health rpc failed: rpc error: code = Unimplemented desc = unknown service grpc.health.v1.Health",
         ("CMD", "grpc_health_probe")),
        (1, "Error: server does not support the reflection API", ("CMD", "grpcurl", "x")),
        (1, "sh: ./health.sh: Permission denied", ("CMD-SHELL", "./health.sh || exit 1")),
        (1, "./health.sh: Permission denied", ("CMD-SHELL", "./health.sh || exit 1")),
        (126, "sh: ./health.sh: Permission denied", ("CMD-SHELL", "./health.sh")),
    ],
)  # fmt: skip
def test_a_check_that_the_server_does_not_know_or_that_may_not_be_run_is_wrong(code, output, test):
    replica = container(health="unhealthy", exits=[0, code], said=output, test=list(test))
    assert (replica.health, replica.health_output) == ("unknown", output)
