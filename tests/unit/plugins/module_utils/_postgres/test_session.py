"""Sessions: their target, since when they are in a state, and a name without a pooler's host."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.session import SESSION_TARGET, name_and_host

from support.snapshots import NOW, ago, prepared, session


def test_the_target_names_one_transaction_of_one_backend():
    one = session(7, xact_start=ago(1), backend_start=ago(60))
    assert one.target == "7@20261123T025900.000000Z/20261123T025959.000000Z"
    assert one._replace(xact_start=ago(0)).target != one.target, "the next transaction of the same backend"
    idle = session(7, "idle", state_change=ago(2), backend_start=ago(60))
    assert idle.target == "7@20261123T025900.000000Z/idle-20261123T025958.000000Z"
    assert session(7, "idle", backend_start=None, state_change=None).target == "7@-/-"


@pytest.mark.parametrize(
    "holder", [session(7), session(7, "idle"), session(7, "idle", backend_start=None), prepared(9)]
)
def test_every_target_has_the_form_that_an_approval_takes(holder):
    assert SESSION_TARGET.pattern.match(holder.target)
    assert not SESSION_TARGET.pattern.match(f"{holder.target};")


@pytest.mark.parametrize(
    "text", ["7", "7@", "7@x/y", "prepared@-", "-7@-/-", "7@-/-\n", SESSION_TARGET.example[1:] + "Z"]
)
def test_another_text_is_no_target(text):
    assert not SESSION_TARGET.pattern.match(text)


def test_a_parallel_worker_holds_locks_for_its_leader():
    assert (session(8, leader_pid=7).key, session(8).key, prepared(9).key) == (7, 8, "prepared:9")


@pytest.mark.parametrize(
    ("state", "seconds"),
    [("active", 5.0), ("idle", 40.0), ("idle in transaction", 40.0), ("idle in transaction (aborted)", 40.0)],
)
def test_active_sessions_count_from_their_statement_and_others_from_their_state(state, seconds):
    one = session(1, state, query_start=ago(5), state_change=ago(40))
    assert one.seconds_in_state(NOW) == seconds
    assert one.idle_in_transaction is ("transaction" in state)
    assert one.aborted is ("aborted" in state)


def test_a_clock_that_was_set_back_gives_no_negative_time():
    assert session(1, query_start=ago(-9)).seconds_in_state(NOW) == 0.0
    assert session(1, query_start=None).seconds_in_state(NOW) == 0.0


@pytest.mark.parametrize(
    ("query", "started", "alone"),
    [
        ("UPDATE t SET a = 1", 100, True),
        ("UPDATE t SET a = ';' ;", 100, True),
        ("BEGIN; UPDATE t SET a = 1", 100, False),
        ("UPDATE t SET a = 1", 99, False),
    ],
)
def test_whether_a_transaction_is_one_statement(query, started, alone):
    one = session(1, query=query, xact_start=ago(100), query_start=ago(started))
    assert one.is_one_statement is alone
    assert session(1, query=query, xact_start=None, query_start=None).is_one_statement is False


@pytest.mark.parametrize(
    ("application", "parts"),
    [
        ("feed - 10.0.0.7:51034", ("feed", "10.0.0.7")),
        ("feed - [fd00::7]:51034", ("feed", "[fd00::7]")),
        ("feed - unix(4711):6432", ("feed", "unix(4711)")),
        ("feed - 10.0.0.7", ("feed - 10.0.0.7", "")),
        ("pafar-web", ("pafar-web", "")),
        ("x" * 51 + " - 10.0.0.7", ("x" * 51 + " - 10.0.0.7", "")),
        ("x" * 52 + " - 10.0.0", ("x" * 52 + " - 10.0.0", "")),
        ("x" * 53 + " - 10.0.0", ("x" * 53 + " - 10.0.0", "")),
    ],
)
def test_the_host_that_a_pooler_adds(application, parts):
    assert name_and_host(application) == parts
