"""Lines of shells, loaders and signals that report a failure without a level."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._logs.exceptions.end_of_program import reports_end
from ansible_collections.pafar.runbook.plugins.module_utils._logs.level import level_of


@pytest.mark.parametrize(
    "line",
    [
        "sh: 1: gunicorn: not found",
        "/bin/sh: celery: not found",
        "bash: line 1: /app/start.sh: Permission denied",
        "/entrypoint.sh: line 12: exec: gunicorn: not found",
        "/docker-entrypoint.sh: 7: DATABASE_URL: parameter not set",
        "exec /entrypoint.sh: no such file or directory",
        "exec /usr/local/bin/app: exec format error",
        "python: can't open file '/app/manage.py': [Errno 2] No such file or directory",
        "Segmentation fault (core dumped)",
        "Killed",
        "/entrypoint.sh: line 5:    17 Killed                  python manage.py import",
        "Listen loop: #<IOError: closed stream>",
        "pg_ctl: could not start server",
        "pg_ctl: server did not start in time",
        'pg_ctl: directory "/var/lib/postgresql/data" does not exist',
        'postgres: could not access the server configuration file "/data/postgresql.conf": No such file or directory',
        "postgres: could not find the database system",
        "postgres does not know where to find the server configuration file.",
        '"root" execution of the PostgreSQL server is not permitted.',
    ],
)
def test_a_program_that_did_not_start_or_was_killed_is_an_error(line):
    assert reports_end(line)
    assert level_of(line) == "error"
    assert level_of(f"2026-11-24 02:40:04 {line}") == "error"


@pytest.mark.parametrize(
    "line",
    [
        "Killed 3 old workers",
        "pg_ctl: no server running",
        "pg_ctl: server is running (PID: 17)",
        "pg_ctl: another server might be running; trying to start server anyway",
        "postgres: checkpointer",
        "postgres: app site 127.0.0.1(36526) SELECT",
        '"root" is the user',
        "Aborted by user",
        "exec /entrypoint.sh",
        "sh: 1: started",
        "users.sh: user 7: created",
        "cache: 7: key: found",
        "Page not found",
        "bob: 7: not found",
        "GET /x: not found",
        "cache: 7: key: not found",
        "python: 3.12",
    ],
)
def test_other_lines_have_no_level(line):
    assert not reports_end(line)
    assert level_of(line) == ""
