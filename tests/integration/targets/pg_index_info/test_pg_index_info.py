"""pg_index_info against real servers: the right index first, proved where it can be, and never a statement executed."""

from __future__ import annotations

import threading
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

from support.clients import Client, lock_waiters, until
from support.modules import run_module
from support.scenes import held

SHOP = (
    "CREATE TABLE trips (id int PRIMARY KEY, city text)",
    "INSERT INTO trips SELECT i, 'city ' || i FROM generate_series(1, 2000) i",
    "CREATE TABLE orders (id int PRIMARY KEY, trip int REFERENCES trips, customer int NOT NULL, status text NOT NULL,"
    " at timestamptz NOT NULL DEFAULT now())",
    "INSERT INTO orders SELECT i, 1 + i % 2000, i % 5000, CASE i % 50 WHEN 0 THEN 'open' ELSE 'paid' END,"
    " now() - i * interval '1 minute' FROM generate_series(1, 60000) i",
    "CREATE TABLE lines (id int PRIMARY KEY, order_id int REFERENCES orders, trip int, what text)",
    "INSERT INTO lines SELECT i, i, i % 9, 'line' FROM generate_series(1, 20000) i",
    "CREATE INDEX lines_partial ON lines (order_id) WHERE id > 100",
    "CREATE INDEX orders_city_one ON orders (status, id)",
    "CREATE INDEX orders_city_two ON orders (status, id)",
    "ANALYZE",
)
HOT = "SELECT id, status FROM orders WHERE customer = {} ORDER BY at DESC LIMIT 20"


@pytest.fixture(scope="module")
def shop(counted):
    owner = Client(counted)
    try:
        for statement in SHOP:
            owner.run(statement)
        counted.run("ANALYZE")
        yield counted
        for statement in ("DROP TABLE lines, orders, trips", "DROP FUNCTION IF EXISTS spy(int)"):
            owner.run(statement)
    finally:
        owner.close()


@pytest.fixture
def hypopg(shop):
    if not shop.value("SELECT count(*) FROM pg_available_extensions WHERE name = 'hypopg'"):
        pytest.skip("hypopg is not built for this server (Debian has it for its own)")
    shop.run("CREATE EXTENSION IF NOT EXISTS hypopg")
    yield
    shop.run("DROP EXTENSION hypopg")


def info(server: Any, user: str = "postgres", **options: Any) -> dict[str, Any]:
    return run_module("pg_index_info", **{**server.login(user), "window": 1.5, "min_rows": 5000, **options})


@contextmanager
def load(worker: Any, statement: str, path: str = "public", db: str = "postgres"):
    """Customers who ask, each for something else."""
    client, over = worker(db=db), threading.Event()
    client.run(f"SET search_path = {path}")

    def ask() -> None:
        number = 0
        while not over.is_set():
            number += 1
            client.run(statement.format(number % 5000))

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def test_the_index_that_the_work_of_now_wants_comes_first(shop, worker, hypopg):
    with load(worker, HOT):
        found = info(shop)
    first = found["advice"][0]
    assert first["kind"] == "statement"
    assert first["proved"] is True
    assert (first["table"], first["columns"][0]) == ("orders", "customer")
    assert first["cost_after"] < first["cost_before"] / 2
    assert first["statement"].startswith("CREATE INDEX CONCURRENTLY orders_customer_")
    assert "SHARE UPDATE EXCLUSIVE" in first["lock"]
    assert 2**19 < first["size_bytes"] < 2**23
    assert found["seq_scans"][0]["table"] == "public.orders"
    assert shop.value("SELECT count(*) FROM pg_indexes WHERE tablename = 'orders'") == 3
    worker().run(first["statement"])
    with load(worker, HOT):
        assert all(one["table"] != "orders" or one["kind"] != "statement" for one in info(shop)["advice"])
    worker().run(f"DROP INDEX {first['name']}")


@pytest.mark.parametrize(
    ("condition", "advised"),
    [("at BETWEEN now() - interval '{} min' AND now()", True), ("at > now() - interval '{} min'", False)],
)
def test_a_range_is_tested_with_both_bounds(shop, worker, hypopg, condition, advised):
    with load(worker, f"SELECT count(status) FROM orders WHERE {condition}"):
        found = info(shop)
    columns = [one["columns"] for one in found["advice"] if one["kind"] == "statement"]
    assert columns == ([["at"]] if advised else [])
    says = [one["why"] for one in (*found["advice"], *found["full_reads"])]
    assert any(("if a range has the 0.5%" if advised else "takes a third of the rows") in why for why in says)


def test_without_hypopg_it_is_advised_as_not_proved(shop, worker):
    with load(worker, HOT):
        found = info(shop, hypothetical=False)
    first = found["advice"][0]
    assert (first["table"], first["columns"], first["proved"]) == ("orders", ["customer"], False)
    assert "not proved" in first["why"]


def test_a_login_that_may_not_read_the_table_does_not_prove_and_says_so(shop, worker, hypopg):
    with load(worker, HOT):
        found = info(shop, user="oncall")
    first = found["advice"][0]
    assert (first["table"], first["columns"], first["proved"]) == ("orders", ["customer"], False)
    assert any("permission denied for table orders" in note for note in found["notes"])


SPY = (
    "CREATE OR REPLACE FUNCTION spy(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS"
    " $$ BEGIN RAISE LOG 'the spy ran as % % %', session_user, current_user, current_query(); RETURN $1; END $$"
)


def spied(shop) -> list[str]:
    lines = [line for line in shop.log.read_text().splitlines() if "LOG:  the spy ran as" in line]
    return [line for line in lines if "the spy ran as app app" not in line]


def test_planning_never_runs_what_somebody_left_there(shop, worker, hypopg):
    """Planning folds what is declared immutable by running it: in a statement, a view, or an index of the table."""
    client = worker()
    client.run(SPY)
    client.run("CREATE OR REPLACE VIEW innocent AS SELECT *, spy(1) AS one FROM orders WHERE trip = spy(7)")
    with load(worker, "SELECT count(*) FROM innocent WHERE customer = {}"):
        info(shop)
    with load(worker, "SELECT count(*) FROM orders WHERE trip = spy(7) AND customer = {}"):
        found = info(shop)
    assert found["advice"][0]["proved"] is True
    client.run("CREATE INDEX orders_spied ON orders (id) WHERE id > spy(7)")
    with load(worker, HOT):
        found = info(shop)
    assert any("planning may run functions" in note for note in found["notes"])
    assert found["advice"][0]["proved"] is False
    client.run("DROP INDEX orders_spied")
    client.run("DROP VIEW innocent")
    assert spied(shop) == []


def test_types_without_an_order_and_names_in_other_scripts(shop, worker, hypopg):
    client = worker()
    client.run('CREATE TABLE "Таблица" (id int, doc json, "имя" text)')
    client.run("""INSERT INTO "Таблица" SELECT i, '{"a": 1}', 'x' || i FROM generate_series(1, 20000) i""")
    client.run('ANALYZE "Таблица"')
    try:
        with load(worker, """SELECT count(*) FROM "Таблица" WHERE "имя" = 'x{}'"""):
            first = info(shop)["advice"][0]
        assert (first["table"], first["columns"], first["proved"]) == ("Таблица", ["имя"], True)
        with load(worker, """SELECT count(*) FROM "Таблица" WHERE doc ->> 'a' = '{}'"""):
            assert not any(one["table"] == "Таблица" for one in info(shop)["advice"])
        built = run_module(
            "pg_index_build", **shop.login("app"), table="Таблица", columns=["имя"], max_transaction_age=3600
        )
        assert built["done"], built
        client.run(first["statement"].replace("CONCURRENTLY", "CONCURRENTLY IF NOT EXISTS"))
    finally:
        client.run('DROP TABLE "Таблица"')


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT count(*) FROM orders WHERE customer = {} OR status = 'open'",
        "SELECT count(*) FILTER (WHERE customer = {}) FROM orders",
        "SELECT count(*) FROM orders WHERE NOT (customer = {})",
        "SELECT sum((customer = {})::int) FROM orders",
    ],
)
def test_a_comparison_that_narrows_nothing_is_never_proved(shop, worker, hypopg, statement):
    """The server reads the whole table with such an index too."""
    with load(worker, statement):
        found = info(shop)
    assert found["seq_scans"][0]["table"] == "public.orders"
    assert [one for one in found["advice"] if one["kind"] != "foreign_key"] == []


def told(client: Client) -> bool:
    """Up to PostgreSQL 14 a session tells what it counted with a later statement, no more than twice a second."""
    return bool(client.run("SELECT 1"))


@pytest.fixture
def namesakes(shop, worker):
    """Three tables of one name, of which public's is read by nobody."""
    client = worker()
    shop.run("GRANT CREATE ON DATABASE postgres TO app")
    for schema in ("a", "b", "public"):
        if schema != "public":
            client.run(f"CREATE SCHEMA {schema}")
        client.run(f"CREATE TABLE {schema}.stops (id int, town int)")
        client.run(f"INSERT INTO {schema}.stops SELECT i, i % 5000 FROM generate_series(1, 30000) i")
        client.run(f"ANALYZE {schema}.stops")
    # Not how many rows: until PostgreSQL 14 an insert may be counted again when its report comes behind the ANALYZE.
    rows = "SELECT count(*) FROM pg_stat_user_tables WHERE relname = 'stops' AND n_live_tup >= 30000"
    until(lambda: told(client) and shop.value(rows) == 3, what="the statistics of three tables")
    yield
    shop.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'app' AND state <> 'idle'")
    client.run("DROP TABLE public.stops")
    client.run("DROP SCHEMA a, b CASCADE")


@pytest.mark.parametrize("also", [[], ["a"]])
def test_the_table_is_the_one_that_was_read(shop, worker, hypopg, namesakes, also):
    """Of three of one name, as the search_path has it. Where two were read it is not known which is meant, but for a
    statement that is running as we look."""
    with ExitStack() as loads:
        for schema in ("b", *also):
            loads.enter_context(load(worker, "SELECT count(*) FROM stops WHERE town = {}", schema))
        found = info(shop)
    mine = [one for one in found["advice"] if one["table"] == "stops"]
    advised = [(one["schema"], tuple(one["columns"]), one["proved"]) for one in mine]
    said = [note for note in found["notes"] if "stops: the table may be" in note]
    if also:
        assert set(advised) <= {("a", ("town",), True), ("b", ("town",), True)}
        # What ran as we looked is advised for by the table that it had open; one look may meet both, one or neither.
        assert advised or said == ["no advice for statements that name stops: the table may be a.stops or b.stops"]
    else:
        assert (advised, said) == ([("b", ("town",), True)], [])


ENDLESS = "SELECT count(*) FROM stops AS s, stops AS t, stops AS u WHERE s.town = 5 AND t.id % 7 < u.id % 7"


def test_a_statement_longer_than_the_window_is_advised_for_as_not_proved(shop, worker, namesakes):
    """Nothing counts what it reads before it ends; which of the three tables it has open is seen."""
    client = worker()
    client.run("SET search_path = b")
    client.send(ENDLESS)
    until(lambda: not client.done(1.6))
    found = info(shop)
    first = found["advice"][0]
    assert (first["schema"], first["table"], first["columns"]) == ("b", "stops", ["town"])
    assert (first["kind"], first["proved"]) == ("running", False)
    assert "running for" in first["why"]


def test_one_that_waits_for_another_is_not(shop, worker, namesakes):
    held(worker, "LOCK TABLE b.stops IN ACCESS EXCLUSIVE MODE")
    worker().send("SELECT count(*) FROM b.stops WHERE town = 5")
    assert all(one["kind"] == "foreign_key" for one in info(shop, window=0.5)["advice"])


def test_the_work_of_other_databases_leaves_room_for_that_of_this_one(shop, worker, hypopg):
    """Four statements there that take more time than any here, where three are looked at."""
    with ExitStack() as loads:
        for number in range(4):
            busy = "SELECT pg_sleep(0.4)" + ", {}" * number
            loads.enter_context(load(worker, busy.replace("{}", "1"), db="other"))
        loads.enter_context(load(worker, HOT))

        def advised():
            """On a busy machine the statement may end in none of the seconds that are watched."""
            first = info(shop, top=3)["advice"][0]
            return (first["table"], first["columns"][0], first["proved"]) == ("orders", "customer", True)

        until(advised, what="an index for the statement of this database to be advised and proved")


def test_the_foreign_key_whose_parent_loses_rows_comes_first(shop, worker):
    client = worker()
    client.run("DELETE FROM orders WHERE id > 59900")

    deleted = "SELECT n_tup_del FROM pg_stat_user_tables WHERE relname = 'orders'"
    until(lambda: told(client) and shop.value(deleted) >= 100, what="the statistics of what was deleted")
    found = info(shop, window=0, hypothetical=False)
    assert [one["name"] for one in found["foreign_keys"]] == ["lines_order_id_fkey", "orders_trip_fkey"]
    assert found["foreign_keys"][0]["seconds"] > found["foreign_keys"][1]["seconds"]


def test_foreign_keys_by_what_they_cost(shop):
    found = info(shop, window=0)
    keys = {one["name"]: one for one in found["foreign_keys"]}
    assert set(keys) == {"orders_trip_fkey", "lines_order_id_fkey"}
    assert "lines_partial is partial" in keys["lines_order_id_fkey"]["near"]
    advised = [one for one in found["advice"] if "foreign key orders_trip_fkey has no index" in one["why"]]
    assert [one["columns"][0] for one in advised] == ["trip"]
    assert advised[0]["statement"].startswith("CREATE INDEX CONCURRENTLY orders_trip_")


def test_invalid_duplicate_and_unused_ones(shop, worker):
    client = worker()
    holder = held(worker, "UPDATE lines SET what = NULL WHERE id = 7")
    client.send("CREATE INDEX CONCURRENTLY broken ON lines (what)")
    until(lambda: lock_waiters(shop) == 1, what="the build to hang behind the writer")
    shop.run(f"SELECT pg_cancel_backend({client.pid})")
    until(lambda: client.fate() == "cancelled", what="the build to be cancelled")
    holder.run("ROLLBACK")
    found = info(shop, window=0, min_unused_bytes=0)
    assert [one["index"] for one in found["invalid"]] == ["public.broken"]
    assert found["invalid"][0]["statement"] == "DROP INDEX CONCURRENTLY public.broken"
    assert [one["index"] for one in found["duplicates"]] in (["public.orders_city_one"], ["public.orders_city_two"])
    unused = [one["index"] for one in found["unused"]]
    assert {"public.orders_city_one", "public.orders_city_two"} <= set(unused)
    assert not any(name.endswith("_pkey") for name in unused)
    worker().run("DROP INDEX broken")


def test_what_is_advised_for_partitions_runs(shop):
    shop.run(
        "CREATE TABLE days (id int, day int) PARTITION BY RANGE (id)",
        *(f"CREATE TABLE days_{n} PARTITION OF days FOR VALUES FROM ({n}) TO ({n + 1})" for n in range(3)),
        'CREATE INDEX "Days by day" ON days (day)', "CREATE INDEX of_its_own ON days_1 (day)",
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'days_2_day_idx'::regclass",
    )  # fmt: skip
    try:
        found = info(shop, window=0, min_unused_bytes=0)
        reports = {
            one["index"]: one["statement"] for kind in ("invalid", "duplicates", "unused") for one in found[kind]
        }
        advised = {name: statement for name, statement in reports.items() if "ay" in name or "own" in name}
        assert set(advised) == {'public."Days by day"', "public.of_its_own", "public.days_2_day_idx"}
        for statement in advised.values():
            for each in statement.split("; "):
                shop.run(each)
        assert shop.value("SELECT count(*) FROM pg_indexes WHERE tablename LIKE 'days%'") == 0
    finally:
        shop.run("DROP TABLE days")


def test_it_waits_for_nobody(shop, worker):
    """An exclusive lock on the very table: it answers all the same."""
    held(worker, "LOCK TABLE orders IN ACCESS EXCLUSIVE MODE")
    found = info(shop, window=0)
    assert "failed" not in found
    assert any(one["name"] == "orders_trip_fkey" for one in found["foreign_keys"])


@pytest.mark.parametrize("options", [{"window": -1}, {"top": 0}, {"login_db": "nowhere"}])
def test_bad_input_is_one_sentence(shop, options):
    found = info(shop, **options)
    assert found["failed"] is True
    assert "Traceback" not in found["msg"]
