"""pg_statements_info against real servers: what is slow now, not what was slow once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import contextmanager
from typing import Any

import pytest

from support.clients import until
from support.modules import run_module
from support.scenes import held, spinning
from support.servers import Server, with_contrib


def info(server: Any, user: str = "oncall", db: str = "postgres", **options: Any) -> dict[str, Any]:
    return run_module("pg_statements_info", **{**server.login(user, db=db), "window": 1.0, **options})


SAMPLING = """SELECT pid FROM pg_stat_activity
    WHERE application_name = 'pafar.runbook' AND query LIKE '%query_id, wait_event_type%'"""


def info_while(server: Any, act: Callable[[], Any], **options: Any) -> dict[str, Any]:
    """What it tells of a window in which this was done, from beginning to end.

    It samples between its two looks, which the server shows: the act begins when it is seen to sample, and was in time
    when it still does afterwards. Where the machine was too slow for that, once more with a longer window.
    """
    for window in (1, 4, 16, 64):
        in_time, over = threading.Event(), threading.Event()

        def watch(in_time=in_time, over=over) -> None:
            while not over.is_set():
                seen = server.value(SAMPLING)
                if not seen:
                    over.wait(0.02)
                else:
                    act()
                    if server.value(SAMPLING) == seen:
                        in_time.set()
                    return

        watching = threading.Thread(target=watch)
        watching.start()
        found = info(server, window=window, **options)
        over.set()
        watching.join()
        if in_time.is_set():
            return found
    raise AssertionError("the act took longer than any window")


@contextmanager
def working(client: Any, statement: str):
    """A session that runs it again and again."""
    over = threading.Event()

    def work() -> None:
        while not over.is_set():
            client.run(statement)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def test_what_is_slow_now_comes_before_what_was_slow_once(counted, worker):
    counted.run("SELECT pg_stat_statements_reset()")  # what other tests ran may have taken longer than what follows
    worker().run("SELECT pg_sleep(1.2)")
    counted_so_far = "SELECT sum(calls) FROM pg_stat_statements WHERE query LIKE '%generate_series(%'"
    with working(worker(), "SELECT count(*) FROM generate_series(1, 20000)"):
        until(lambda: counted.value(counted_so_far), what="the first of them to end")
        now = info(counted)
        ever = info(counted, window=0)
    assert now["available"] is True
    top = now["statements"][0]
    assert "generate_series($1, $2)" in top["statement"]
    assert top["calls"] > 0
    assert 0.5 < top["share"] <= 1
    # Of the calls that have ended; the time counts also the one that runs, however long the machine lets it take.
    assert 0 < top["mean_ms"] * top["calls"] <= 1000 * top["seconds"] + 1
    assert now["window"]["lifetime"] is False
    assert now["window"]["seconds"] > 0.9
    assert "pg_sleep" not in top["statement"]
    assert not any("pg_stat_get_activity" in one["statement"] for one in now["statements"])
    assert ever["window"]["lifetime"] is True
    assert ever["window"]["since"]
    assert any("pg_sleep" in one["statement"] for one in ever["statements"])


def test_its_own_statements_are_none_of_the_servers_work(counted, worker):
    """Whatever it asked, in this run and in earlier ones, with a plan or without."""
    worker().run("SELECT pg_sleep(0.01)")
    counted.run("SELECT pg_stat_statements_reset()", "ALTER SYSTEM SET pg_stat_statements.track = 'all'")
    counted.run("SELECT pg_reload_conf()")
    try:
        for module in ("pg_activity_info", "pg_index_info", "pg_preflight_info"):
            assert "msg" not in run_module(module, **counted.login("oncall"))
        run_module("pg_query_info", **counted.login("oncall"), query="SELECT count(*) FROM pg_class")
        run_module("pg_kill_blocking", True, **counted.login("oncall"))
        run_module("pg_index_build", True, **counted.login("app"), table="bookings", columns=["seats"])
        answers = "SELECT sum(calls) FROM pg_stat_statements WHERE query LIKE '%AS answer%'"
        with working(worker("busy"), "SELECT 42 AS answer"):
            until(lambda: counted.value(answers), what="the first of them to end")
            found = [info(counted, window=window, top=100) for window in (0, 1)]
    finally:
        counted.run("ALTER SYSTEM RESET pg_stat_statements.track", "SELECT pg_reload_conf()")
    for one in found:
        told = [statement["statement"] for statement in one["statements"]]
        assert any("AS answer" in text for text in told)
        # The extension counts a cursor's query and a DO block's on their own where it tracks all levels.
        mine = [
            text
            for text in told
            if "answer" not in text and "pg_class" not in text and "pg_stat_statements_reset" not in text
        ]
        assert not [text for text in mine if "pg_catalog" in text or "pafar" in text], mine


def test_what_runs_and_has_not_ended_is_joined_in(counted, worker):
    busy = spinning(worker)
    found = info(counted)
    (mine,) = [one for one in found["statements"] if [each["pid"] for each in one["running"]] == [busy.pid]]
    assert mine["calls"] == 0
    assert mine["seconds"] == pytest.approx(found["window"]["seconds"], abs=0.02)
    assert mine["mean_ms"] is None
    assert "secret" not in str(found)
    assert sum(found["waits"].values()) > 0.5


def test_time_in_a_lock_is_told_from_work(counted, worker):
    held(worker, "UPDATE bookings SET seats = 1 WHERE id = 700")
    waiting = worker().send("UPDATE bookings SET seats = 2 WHERE id = 700")
    until(lambda: counted.value("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"))
    found = info(counted)
    (mine,) = [one for one in found["statements"] if waiting.pid in [each["pid"] for each in one["running"]]]
    assert mine["lock_share"] == 1.0
    assert mine["work_seconds"] == 0
    assert found["waits"]["Lock"] >= 0.9


def test_no_statement_ends_between_two_looks_unseen(counted, worker):
    """Counted exactly: calls and rows of a statement that ran a known number of times within the window."""
    client = worker()
    found = info_while(
        counted, lambda: [client.run("SELECT count(*) AS exactly FROM payments") for dummy in range(7)], top=100
    )
    (mine,) = [one for one in found["statements"] if "exactly" in one["statement"]]
    assert (mine["calls"], mine["rows"]) == (7, 7)


def test_a_reset_in_the_middle_is_said(counted, worker):
    worker().run("SELECT 1")
    found = info_while(counted, lambda: counted.run("SELECT pg_stat_statements_reset()"))
    assert found["window"]["renewed"] is True
    assert any("were reset" in note for note in found["notes"])


def test_an_extension_that_was_not_updated(counted):
    """As pg_upgrade leaves it: the columns of long ago, told with the cure."""
    counted.run("DROP EXTENSION pg_stat_statements", "CREATE EXTENSION pg_stat_statements VERSION '1.4'")
    try:
        found = info(counted)
        assert found["available"] is True
        assert any("ALTER EXTENSION pg_stat_statements UPDATE" in note for note in found["notes"])
        assert isinstance(found["statements"], list)
    finally:
        counted.run("DROP EXTENSION pg_stat_statements", "CREATE EXTENSION pg_stat_statements")


def test_in_a_schema_with_a_hostile_name(counted):
    counted.run(
        "DROP EXTENSION pg_stat_statements", 'CREATE SCHEMA "x"";select"',
        'CREATE EXTENSION pg_stat_statements SCHEMA "x"";select"', 'GRANT USAGE ON SCHEMA "x"";select" TO oncall',
    )  # fmt: skip
    try:
        assert info(counted)["available"] is True
    finally:
        counted.run(
            "DROP EXTENSION pg_stat_statements", 'DROP SCHEMA "x"";select"', "CREATE EXTENSION pg_stat_statements"
        )


class TestMissing:
    def test_it_is_created_in_another_database_alone(self, counted):
        """Its figures are the whole server's, wherever it was created."""
        assert info(counted, db="other")["available"] is True

    def test_it_is_created_in_no_database(self, counted):
        counted.run("DROP EXTENSION pg_stat_statements")
        try:
            found = info(counted, db="other")
        finally:
            counted.run("CREATE EXTENSION pg_stat_statements")
        assert found["available"] is False
        assert "not created in the database other" in found["why"]
        assert "CREATE EXTENSION" in found["remedy"]

    def test_it_is_not_loaded_or_not_installed(self, server, session):
        """Servers without it: the wheel's has not even the files."""
        busy = spinning(session)
        found = info(server)
        assert found["available"] is False
        assert "is not loaded" in found["why"] or "is not installed" in found["why"]
        assert found["remedy"]
        assert found["statements"][0]["running"][0]["pid"] == busy.pid
        assert sum(found["waits"].values()) > 0.5

    def test_the_login_may_not_see_others(self, counted, worker):
        worker().run("SELECT count(*) FROM bookings WHERE seats = 77")
        found = info(counted, user="stranger", window=0, top=100)
        assert any("GRANT pg_read_all_stats" in note for note in found["notes"])
        assert "seats" not in str(found["statements"])

    def test_it_is_created_and_no_longer_loaded(self):
        newest = with_contrib()[max(with_contrib())]
        with Server(newest, {"shared_preload_libraries": "pg_stat_statements"}) as one:
            one.prepare_site()
            one.run("CREATE EXTENSION pg_stat_statements")
            one.stop()
            one.settings = {}
            one.start()
            found = info(one)
        assert found["available"] is False
        assert "shared_preload_libraries" in found["remedy"]


@pytest.mark.parametrize("options", [{"window": -1}, {"top": 0}, {"login_port": 1}])
def test_bad_input_is_one_sentence(counted, options):
    found = info(counted, **options)
    assert found["failed"] is True
    assert "Traceback" not in found["msg"]


def test_what_of_a_statement_is_compilation(counted, worker):
    """Each call is compiled, however little it reads."""
    counted.run("SELECT pg_stat_statements_reset()")
    client = worker()
    for setting in ("jit_above_cost", "jit_inline_above_cost", "jit_optimize_above_cost"):
        client.run(f"SET {setting} = 0")
    client.run("SET jit = on")
    found = info_while(counted, lambda: client.run("SELECT sum(i * i + 1) FROM generate_series(1, 10) AS i"))
    (told,) = [one for one in found["statements"] if "generate_series" in one["statement"] and one["calls"]]
    version = int(counted.value("SHOW server_version_num"))
    assert (told["jit_seconds"] > 0) is (version >= 150000 and counted.value("SELECT pg_jit_available()"))
    assert told["jit_seconds"] <= told["seconds"]


def test_how_many_sessions_are_opened(counted):
    def open_some() -> None:
        for dummy in range(20):
            counted.value("SELECT 1")

    window = info_while(counted, open_some)["window"]
    assert window["logins"] * window["seconds"] >= 20
