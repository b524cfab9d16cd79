"""Checks of a database, from values."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.background.background_report import DatabaseAge
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.condition import Archiver, Condition, Slot
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.exclusions import Exclusions
from ansible_collections.pafar.runbook.plugins.module_utils._preflight import database

from support.snapshots import session, snapshot


def test_entrances():
    assert database.of_login_paths("r", {"replication": ""}, 3).ready is True
    assert database.of_login_paths("r", {"replication": ""}, 0).ready is False
    assert database.of_login_paths("r", {"replication": "no", "reserve": ""}, 0).ready is True
    assert "ALTER ROLE r REPLICATION" in database.of_login_paths("r", {"replication": "no"}, 3).remedy


@pytest.mark.parametrize(
    ("role", "shown"), [("oncall", "oncall"), ("my-app", '"my-app"'), ('o"x', '"o""x"'), ("user", '"user"')]
)
def test_remedies_that_are_copied_quote_the_role(role, shown):
    scene = replace(snapshot([], session(1)), server={**snapshot([]).server, "role": role})
    assert database.of_sight(scene).remedy == f"GRANT pg_monitor TO {shown}"
    assert database.of_signals(scene, Exclusions(), allowed=False).remedy == f"GRANT pg_signal_backend TO {shown}"
    remedy = database.of_login_paths(role, {"replication": "no"}, 3).remedy
    assert f"ALTER ROLE {shown} REPLICATION, with a line `host replication {shown} ...`" in remedy


def crowd(number, first=1, **more):
    return [session(pid, "idle", user="postgres", superuser=True, **more) for pid in range(first, first + number)]


@pytest.mark.parametrize(
    ("sessions", "ready"),
    [
        pytest.param(crowd(6, application="gunicorn"), False, id="an application"),
        pytest.param(crowd(2, application=""), False, id="one without a name"),
        pytest.param(crowd(1, application="migrate"), True, id="a single session"),
        pytest.param(crowd(3, application="psql"), True, id="operators"),
        pytest.param(crowd(4, application="postgres_exporter"), True, id="monitoring"),
        pytest.param([session(pid, "idle") for pid in range(1, 7)], True, id="an ordinary role"),
    ],
)
def test_a_superuser_as_which_the_application_logs_in_is_out_of_reach(sessions, ready):
    check = database.of_signals(snapshot([], *sessions), Exclusions(), allowed=True)
    assert check.ready is ready
    assert ("runbook_application_superusers: [postgres]" in check.remedy) is not ready
    known = Exclusions(application_superusers=frozenset({"postgres"}))
    assert database.of_signals(snapshot([], *sessions), known, allowed=True).ready is True
    assert database.of_signals(snapshot([], *sessions), known, allowed=False).ready is False


@pytest.mark.parametrize(
    ("user", "shown"), [("app", "app"), ("my-app", '"my-app"'), ("a, b", '"a, b"'), ("12", '"12"')]
)
def test_a_superuser_s_name_is_one_in_a_list(user, shown):
    sessions = [each._replace(user=user) for each in crowd(3, application="gunicorn")]
    remedy = database.of_signals(snapshot([], *sessions), Exclusions(), allowed=True).remedy
    assert remedy.endswith(f"runbook_application_superusers: [{shown}]")


def test_one_that_the_site_names_and_the_login_does_not_reach():
    beyond = [each._replace(signalable=False) for each in crowd(6, application="gunicorn")]
    known = Exclusions(application_superusers=frozenset({"postgres"}))
    check = database.of_signals(snapshot([], *beyond), known, allowed=True)
    assert check.ready is False
    assert "6 of gunicorn (postgres@booking)" in check.found


def checks(condition):
    return {check.name: check for check in database.of_states(replace(snapshot([]), condition=condition))}


def test_states_of_the_whole_server():
    assert checks(Condition())["accepts writes"].ready is True
    found = checks(Condition(read_only="configuration file", slots=(Slot("feed", True, False, 0, 0, "lost"),)))
    assert (found["accepts writes"].ready, found["no replication slot behind"].ready) == (False, False)
    assert "RESET default_transaction_read_only" in found["accepts writes"].remedy
    assert list(checks(Condition(archiver=Archiver(True, 30.0, "x", 2, 30.0)))) == ["accepts writes"]  # has its own


def test_every_old_database_is_named():
    databases: list[DatabaseAge] = [
        {"database": name, "age": age, "multixact_age": 0, "limit": 1_000, "share": age / 1_000}
        for name, age in (("shop", 2_000), ("mail", 1_300), ("new", 5))
    ]
    check = database.of_age({"databases": databases, "holders": []})
    assert (check.ready, check.remedy.rpartition(": ")[2]) == (False, "shop, mail")
