"""What PostgreSQL's answer to a login without a password means."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._endpoints.postgres_answers import of_postgres


@pytest.mark.parametrize(
    ("kind", "sqlstate", "message", "state", "words"),
    [
        ("R", "", "", "up", "whether it takes writes was not asked"),
        ("E", "28P01", "password authentication failed", "up", "refuses the password"),
        ("E", "28000", "no pg_hba.conf entry", "up", "pg_hba.conf"),
        ("E", "53300", "sorry, too many clients already", "down", "every connection slot"),
        ("E", "57P03", "the database system is starting up", "down", "starting up"),
        ("E", "57P03", "das Datenbanksystem startet", "down", "takes no login yet (57P03): das Datenbanksystem"),
        ("E", "57P01", "terminating connection", "down", "stopping"),
        ("E", "57P05", "idle session timeout", "down", "refuses every login (57P05)"),
        ("E", "53100", "could not write", "down", "disk is full"),
        ("E", "08P01", "no such user: pafar_probe", "up", "it is a pooler"),
        ("E", "08P01", "no such database: postgres", "up", "it is a pooler"),
        ("E", "08P01", "server login has been failing, cached error: connection refused", "degraded", "error 08P01"),
        ("E", "08P01", "pgbouncer cannot connect to server", "degraded", "error 08P01"),
        ("E", "XX000", "broken", "degraded", "error XX000: broken"),
        ("H", "", "", "down", "not PostgreSQL"),
    ],
)
def test_what_its_answer_means(kind, sqlstate, message, state, words):
    meaning = of_postgres(kind, sqlstate, message)
    assert (meaning.state, words in meaning.why) == (state, True), meaning


def test_a_secret_of_the_answer_is_hidden():
    assert "hunter2" not in of_postgres("E", "XX000", "failed: password=hunter2").why
    assert "hunter2" not in of_postgres("E", "57P03", "failed: password=hunter2").why
