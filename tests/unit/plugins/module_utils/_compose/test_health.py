"""What the engine's health check says, and whether it says anything."""

from __future__ import annotations

from datetime import timedelta

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._compose.health import HealthCheck
from ansible_collections.pafar.runbook.plugins.module_utils._compose.project_report import note_of

from .facts import NOW, container, project


@pytest.mark.parametrize(
    ("code", "output"),
    [
        (-1, 'OCI runtime exec failed: exec failed: exec: "wget": executable file not found in $PATH: unknown'),
        (-1, ""),
        (126, "/check.sh: Permission denied"),
        (127, "/bin/sh: curl: not found"),
        (1, "/bin/sh: 1: wget: not found"),
        (1, "sh: curl: not found\n"),
        (1, "bash: line 1: curl: command not found"),
        (2, "python3: can't open file '/app/check.py': [Errno 2] No such file or directory"),
        (1, "/bin/ash: /check: Permission denied"),
        (1, "exec /check: exec format error"),
        (2, "/bin/sh: 1: Syntax error: Unterminated quoted string\n"),
        (2, "bash: -c: line 2: syntax error: unexpected end of file"),
        (2, "bash: -c: line 0: unexpected EOF while looking for matching `''"),
        (2, "sh: 0: cannot open /health.sh: No such file"),
        (2, "sh: can't open '/health.sh': No such file or directory"),
        (2, "/bin/sh: 1: .: cannot open /env.sh: No such file"),
        (1, "/bin/sh: 1: cannot open /dev/tcp/127.0.0.1/80: No such file"),
        (1, "/bin/sh: can't open /dev/tcp/localhost/80: no such file"),
        (2, 'Can\'t open perl script "/health.pl": No such file or directory'),
        (2, "Can't locate LWP/Simple.pm in @INC (you may need to install it)\nBEGIN failed--compilation aborted."),
        (1, "Could not open input file: health.php"),
        (1, "/usr/local/bin/python3.11: No module named curl"),
        (1, 'Traceback:\n  File "<string>", line 1, in <module>\nModuleNotFoundError: No module named \'requests\''),
        (1, "Error: Cannot find module '/health.js'\n  code: 'MODULE_NOT_FOUND',\n  requireStack: []\n}\nNode"),
        (1, "ruby: in `require': cannot load such file -- net/httpx (LoadError)"),
        (1, "wget: unrecognized option: no-check-certificate\nBusyBox v1.36"),
        (1, "cat: unrecognized option '--fails'\nTry 'cat --help' for more information."),
        (1, "* a line before\nsh: 1: curl: not found\n"),
        (2, "curl: option --fails: is unknown\ncurl: try 'curl --help'"),
        (1, "mysqladmin: [ERROR] unknown option '--fail'"),
        (2, "flag provided but not defined: -liveness\nUsage of /health:"),
        (1, "Error: unknown flag: --probe\nUsage:"),
        (1, "Unrecognized option: -check\nError: Could not create the Java Virtual Machine."),
        (2, "error: unexpected argument '--fail' found"),
        (1, "Unrecognized option or bad number of args for: '--pong'"),
        (9, "node: bad option: --healthy"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("status", ["unhealthy", "starting"])
def test_a_check_that_cannot_be_carried_out_says_nothing(status, code, output):
    replica = container(health=status, exits=[code], said=output)
    assert replica.health == "unknown"
    assert not replica.healthy


@pytest.mark.parametrize(
    ("code", "output"),
    [
        (1, "curl: (22) The requested URL returned error: 404 Not Found"),
        (1, "relation bookings not found"),
        (7, "curl: (7) Failed to connect"),
        (22, ""),
        (1, "open /data/x: permission denied"),
        (1, "redis: command not found in table"),
        (1, "cat: /tmp/ready: No such file or directory"),
        (2, "sh: 1: cannot open /tmp/ready: No such file"),
        (2, "[: =: unary operator expected"),
        (1, 'ERROR:  syntax error at or near "x"'),
        (1, "psql: error: FATAL: invalid option"),
        (1, "ERROR: unknown option 'speed' in the request"),
        (1, "the worker said: unknown flag: maintenance"),
        (1, "Error: Cannot find module 'x'\n  code: 'MODULE_NOT_FOUND',\n  requireStack: [ '/app/server.js' ]"),
        (1, "File \"/app/health.py\", line 1, in <module>\nModuleNotFoundError: No module named 'booking'"),
        (1, "bash: connect: Connection refused\nbash: line 1: /dev/tcp/127.0.0.1/80: Connection refused"),
    ],
)
def test_a_check_that_fails_is_a_failure(code, output):
    assert container(health="unhealthy", exits=[code], said=output).health == "unhealthy"


def test_of_a_long_output_the_line_is_shown_that_says_why():
    replica = container(health="unhealthy", exits=[2], said="Can't locate X.pm in @INC\n" + "more\n" * 200)
    assert (replica.health, replica.health_output) == ("unknown", "Can't locate X.pm in @INC")
    failed = container(health="unhealthy", exits=[1], said="x" * 900 + "the end")
    assert (len(failed.health_output), failed.health_output[-7:]) == (300, "the end")


@pytest.mark.parametrize("word", ["degraded", "stopped", "HEALTHY"])
def test_a_word_that_is_not_known_is_no_health(word):
    replica = container(health=word, exits=[0])
    assert (replica.health, replica.healthy) == ("unknown", False)
    assert "whether it is healthy is unknown" in note_of(project(replica), replica)


def test_only_the_last_run_counts():
    assert container(health="unhealthy", exits=[127, 1], said="no").health == "unhealthy"
    assert container(health="healthy", exits=[127], said="sh: curl: not found").health == "healthy"


def test_a_run_that_was_cut_off_is_no_failure_to_start():
    replica = container(health="unhealthy", exits=[-1], said="Health check exceeded timeout (2s)")
    assert (replica.health, replica.check.at_limit) == ("unhealthy", True)


@pytest.mark.parametrize("printed", ["50 of 1024\n" * 300, "curl: not found in the cache\n" * 90, "x" * 4099])
def test_a_run_that_was_cut_off_behind_much_output(printed):
    """The engine puts its word before what the run had printed, up to 4096 characters."""
    replica = container(health="unhealthy", exits=[-1], said=f"Health check exceeded timeout (5s): {printed}...")
    assert (replica.health, replica.check.at_limit) == ("unhealthy", True)
    assert replica.health_output.startswith("Health check exceeded timeout (5s): ...")
    assert len(replica.health_output) == 300
    assert replica.health_output.endswith("...")


@pytest.mark.parametrize(
    ("code", "output"),
    [
        (1, "Health check exceeded timeout (5s)"),
        (1, "backend: health check exceeded timeout of 3 s"),
        (-1, "OCI runtime exec failed: context deadline exceeded"),
    ],
)
def test_the_engine_alone_says_that_a_run_was_cut_off(code, output):
    assert not container(health="unhealthy", exits=[code], said=output).check.at_limit


@pytest.mark.parametrize(
    ("test", "argv"),
    [
        (("CMD", "curl", "x"), ("curl", "x")),
        (("CMD-SHELL", "a || b"), ("/bin/sh", "-c", "a || b")),
        (("NONE",), ()),
        ((), ()),
    ],
)
def test_the_command_to_run_it_once_more(test, argv):
    assert HealthCheck(test=test).argv == argv


@pytest.mark.parametrize(
    ("streak", "uptime", "always"), [(60, 60, True), (3, 3600, False), (45, 60, True), (30, 60, False)]
)
def test_whether_it_has_failed_since_the_start(streak, uptime, always):
    check = HealthCheck(interval=1.0, exit_codes=(1, 1), failing_streak=streak)
    assert check.always_failed(uptime) is always
    assert not HealthCheck(interval=1.0, exit_codes=(0, 1), failing_streak=streak).always_failed(1)
    assert not HealthCheck().always_failed(0)


@pytest.mark.parametrize(
    ("check", "uptime", "always"),
    [
        pytest.param({"start_period": 300.0, "failing_streak": 3, "interval": 10.0}, 330, True, id="start period"),
        pytest.param({"start_period": 300.0, "failing_streak": 3, "interval": 10.0}, 900, False, id="long behind it"),
        pytest.param({"start_period": 300.0, "failing_streak": 3, "interval": 10.0}, 200, False, id="before its end"),
        pytest.param({"timeout": 30.0, "failing_streak": 3, "interval": 5.0, "output": "x"}, 105, False, id="at once"),
        pytest.param(
            {"timeout": 30.0, "failing_streak": 3, "interval": 5.0, "output": "Health check exceeded timeout (30s)"},
            105, True, id="each took its limit",
        ),
    ],
)  # fmt: skip
def test_since_the_start_by_the_time_that_its_runs_take(check, uptime, always):
    assert HealthCheck(exit_codes=(-1,), **check).always_failed(uptime) is always


@pytest.mark.parametrize(
    ("up", "more", "always"),
    [
        pytest.param(20, {"checked": (70, 9, 5, 1), "exits": [0, 1, 1, 1], "streak": 3}, True, id="passed before that"),
        pytest.param(20, {"checked": (15, 9, 5, 1), "exits": [0, 1, 1, 1], "streak": 3}, False, id="passed since"),
        pytest.param(
            13, {"checked": (5, 4, 3, 2, 1), "streak": 10, "interval": 1}, False, id="passed for three seconds"
        ),
        pytest.param(12, {"checked": (5, 4, 3, 2, 1), "streak": 11, "interval": 1}, True, id="each second"),
        pytest.param(160, {"checked": (161, 121, 81, 41, 1), "streak": 4, "interval": 5}, True, id="each takes 35 s"),
        pytest.param(
            320, {"checked": (161, 121, 81, 41, 1), "streak": 5, "interval": 5}, False, id="has passed four times"
        ),
        pytest.param(300, {"checked": (41, 31, 21, 11, 1), "streak": 4, "start_period": 265}, True, id="start period"),
        pytest.param(
            100,
            {"checked": (9, 7, 5, 3, 1), "streak": 12, "interval": 2, "start_period": 300},
            False,
            id="within it",
        ),
        pytest.param(7200, {"checked": (41, 31, 21, 11, 1), "streak": 710}, True, id="for two hours"),
        pytest.param(7200, {"checked": (41, 31, 21, 11, 1), "streak": 670}, False, id="it passed for minutes"),
    ],
)
def test_whether_a_run_has_passed_by_the_times_of_the_last_ones(up, more, always):
    """The engine keeps the last five, also beyond a restart, and counts those that fail in a row anew."""
    replica = container(health="unhealthy", up=up, **{"exits": [1] * 5, "interval": 10, **more})
    assert replica.check.always_failed(up) is always


@pytest.mark.parametrize(
    ("up", "more", "passed"),
    [
        pytest.param(20, {"checked": (15, 9, 5, 1), "exits": [0, 1, 1, 1], "streak": 3}, True, id="one that is kept"),
        pytest.param(4000, {"checked": (41, 31, 21, 11, 1), "streak": 6, "limit": 5}, True, id="an hour ago"),
        pytest.param(13, {"checked": (5, 4, 3, 2, 1), "streak": 5, "interval": 1}, True, id="for eight seconds"),
        pytest.param(13, {"checked": (5, 4, 3, 2, 1), "streak": 13, "interval": 1}, False, id="never"),
        pytest.param(3600, {"checked": (41, 31, 21, 11, 1), "streak": 120, "limit": 30}, False, id="some took longer"),
        pytest.param(
            1830, {"checked": (180, 140, 100, 60, 20), "streak": 120, "limit": 30}, False, id="some were quick"
        ),
        pytest.param(
            100, {"checked": (9, 7, 5, 3, 1), "streak": 12, "interval": 2, "limit": 2, "start_period": 300}, True,
            id="what is counted in the start period has passed before",
        ),
        pytest.param(
            700, {"checked": (650, 645, 640, 340, 40), "streak": 3, "interval": 300, "start_period": 60}, False,
            id="what is not counted has never passed",
        ),
        pytest.param(0, {"up": -3000, "checked": (50, 40, 30, 20, 10), "streak": 40}, False, id="the clock was set"),
    ],
)  # fmt: skip
def test_whether_it_is_proved_that_a_run_has_passed(up, more, passed):
    """However long each run took that is not kept."""
    replica = container(health="unhealthy", **{"up": up, "exits": [1] * 5, "interval": 10, **more})
    assert replica.check.has_passed(up) is passed


@pytest.mark.parametrize(
    ("began", "age", "passed"),
    [
        pytest.param(90_000, 7200, True, id="the engine was there before"),
        pytest.param(90_000, None, True, id="its process is not here"),
        pytest.param(1200, 7200, False, id="the engine was started again, and counts anew"),
        pytest.param(7000, 7200, True, id="the engine was started again long ago"),
        pytest.param(90_000, 3600, False, id="the clock was set by an hour"),
    ],
)
def test_what_the_kernel_says_of_its_times(began, age, passed):
    replica = container(
        health="unhealthy", up=7200, exits=[1] * 5, interval=10, limit=1, streak=100, checked=(41, 31, 21, 11, 1)
    )
    check = replica.check.timed(replica.started, NOW - timedelta(seconds=began), age, NOW)
    assert check.has_passed(7200) is passed
