"""What the sessions of each crew do: generators that yield a statement to run, seconds of a real site to sleep, or a
new connection in place of the old one."""

from __future__ import annotations

import random
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

from support.sites.description import SCALE, Crew

Work = Generator[Any, Any, None]
FOREVER = 1e6
# A slow statement waits in this function, so that it costs no processor time; at once where no pause is set.
SLOW = (
    "CREATE FUNCTION slow(i int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN"
    " PERFORM pg_sleep(coalesce(nullif(current_setting('site.pause', true), ''), '0')::float8); RETURN i; END $$"
)
# Uses half a processor: enough to be a runaway statement, and the sites beside it still have theirs.
GRIND = (
    "CREATE FUNCTION grind(i int) RETURNS int LANGUAGE plpgsql AS $$ DECLARE began timestamptz := clock_timestamp();"
    " BEGIN WHILE clock_timestamp() < began + interval '20 ms' LOOP NULL; END LOOP; PERFORM pg_sleep(0.02); RETURN i;"
    " END $$"
)
_MAINTENANCE = {
    "vacuum": "VACUUM (FREEZE) archive",
    "vacuum full": "VACUUM FULL slow_indexed",
    "analyze": "ANALYZE slow_indexed",
    "create index": "CREATE INDEX slow_built ON slow_table (slow(id))",
    "create index concurrently": "CREATE INDEX CONCURRENTLY slow_built ON slow_table (slow(id))",
    "reindex": "REINDEX TABLE slow_indexed",
    "reindex concurrently": "REINDEX TABLE CONCURRENTLY slow_indexed",
    "copy": "COPY loaded (n) FROM PROGRAM 'for i in $(seq 100000); do echo $i; sleep 0.1; done'",
    "cluster": "CLUSTER slow_indexed USING slow_indexed_pkey",
    "refresh": "REFRESH MATERIALIZED VIEW slow_view",
}


@dataclass(frozen=True)
class NewConnection:
    """Close this one now, and open the next after so many seconds of a real site."""

    after: float


def _idle() -> Work:
    while True:
        yield FOREVER


def _timeout(crew: Crew, name: str) -> Work:
    if crew.options.get(name):
        yield f"SET {name} = '{int(crew.options[name] * SCALE * 1000)}ms'"


def pool(crew: Crew, number: int, dice: random.Random) -> Work:
    busy = number < crew.sessions * crew.options["busy"]
    yield from _timeout(crew, "statement_timeout")
    yield "SELECT 1"
    while True:
        yield dice.uniform(0.5, 1.5) * crew.options["every"] if busy else FOREVER
        yield "BEGIN"
        yield f"SELECT * FROM bookings WHERE id = {dice.randint(1, 1000)}"
        yield 0.05
        yield f"UPDATE bookings SET seats = seats WHERE id = {dice.randint(100, 1000)}"
        yield "COMMIT"


def leader_by_session_lock(crew: Crew, dummy: int, dice: random.Random) -> Work:
    yield "SELECT pg_advisory_lock(4711)"
    while True:
        yield 1 if crew.options["busy"] else FOREVER
        yield "SELECT count(*) FROM bookings"


def leader_by_transaction_lock(crew: Crew, dummy: int, dice: random.Random) -> Work:
    yield "BEGIN"
    yield "SELECT pg_advisory_xact_lock(4712)"
    while True:
        yield crew.options["heartbeat"]
        yield "SELECT count(*) FROM bookings"


def leader_by_row(crew: Crew, dummy: int, dice: random.Random) -> Work:
    """Of any number of standbys; the leader beats in the transaction that holds the row or the table."""
    yield "BEGIN"
    yield {"row": "SELECT * FROM leaders WHERE id = 1 FOR UPDATE", "table": "LOCK TABLE terms IN EXCLUSIVE MODE"}[
        crew.options["on"]
    ]
    while True:
        yield crew.options["heartbeat"]
        yield dice.choice(("SELECT count(*) FROM bookings", "UPDATE leaders SET n = n + 1 WHERE id = 1"))


def polled_leader(crew: Crew, number: int, dice: random.Random) -> Work:
    """Its standbys never wait: they try again."""
    while number:
        yield "SELECT * FROM polled WHERE id = 1 FOR UPDATE SKIP LOCKED"
        yield crew.options["heartbeat"]
    yield "BEGIN"
    yield "SELECT * FROM polled WHERE id = 1 FOR UPDATE"
    while True:
        yield crew.options["heartbeat"]
        yield "SELECT count(*) FROM bookings"


def convoy(crew: Crew, number: int, dice: random.Random) -> Work:
    take = {
        "row": "UPDATE convoys SET n = n + 1 WHERE id = 1",
        "slow row": "SELECT * FROM convoys WHERE id = 2 FOR UPDATE",
        "table": "LOCK TABLE convoys IN SHARE ROW EXCLUSIVE MODE",
        "advisory": "SELECT pg_advisory_xact_lock(7)",
    }[crew.options["on"]]
    yield from _timeout(crew, "lock_timeout")
    while True:
        yield "BEGIN"
        yield take
        yield crew.options["hold"] * dice.uniform(0.8, 1.2)
        yield f"INSERT INTO sold (n) VALUES ({number})"
        yield "COMMIT"


def cursor_reader(crew: Crew, dummy: int, dice: random.Random) -> Work:
    yield "BEGIN"
    yield "DECLARE c NO SCROLL CURSOR FOR SELECT * FROM archive"
    while True:
        yield "FETCH 5 FROM c"
        yield crew.options["think"]


def maintenance(crew: Crew, dummy: int, dice: random.Random) -> Work:
    yield "SET vacuum_cost_delay = '100ms'"
    yield "SET vacuum_cost_limit = 1"
    yield "SET vacuum_cost_page_hit = 10"
    yield "SET site.pause = '0.05'"
    yield _MAINTENANCE[crew.options["what"]]
    yield from _idle()


def batch(crew: Crew, dummy: int, dice: random.Random) -> Work:
    """A long transaction at work on rows of its own: statement, thought, statement."""
    yield "BEGIN"
    row = 0
    while True:
        yield f"UPDATE bookings SET seats = seats WHERE id = {50 + row % 40}"
        yield crew.options["step"]
        row += 1


def operator(crew: Crew, dummy: int, dice: random.Random) -> Work:
    yield "SELECT count(*) FROM bookings"
    yield from _idle()


def pooled(crew: Crew, dummy: int, dice: random.Random) -> Work:
    while True:
        yield f"SELECT * FROM bookings WHERE id = {dice.randint(1, 1000)}"
        yield crew.options["every"] * dice.uniform(0.5, 1.5)


def requests(crew: Crew, dummy: int, dice: random.Random) -> Work:
    """Each on a connection of its own, as those of PHP; some wait for what the one before holds for a moment."""
    take = {
        "row": "UPDATE visits SET n = n + 1 WHERE id = 1",
        "for update": "SELECT * FROM visits WHERE id = 1 FOR UPDATE",
        "advisory": "SELECT pg_advisory_xact_lock(4714)",
    }
    while True:
        yield from _timeout(crew, "statement_timeout")
        yield from _timeout(crew, "lock_timeout")
        yield f"SELECT * FROM {dice.choice(('bookings', 'sales'))} WHERE id = {dice.randint(1, 1000)}"
        if crew.options["on"] and dice.random() < 0.5:
            yield "BEGIN"
            yield take[crew.options["on"]]
            yield dice.uniform(0.05, 0.3)
            yield f"UPDATE bookings SET seats = seats WHERE id = {dice.randint(100, 1000)}"
            yield "COMMIT"
        yield NewConnection(crew.options["every"] * dice.uniform(0.5, 1.5))


def leader_that_has_written(crew: Crew, number: int, dice: random.Random) -> Work:
    """The leader writes in the transaction by which it leads: once, or at every beat."""
    yield "BEGIN"
    yield {"advisory": "SELECT pg_advisory_xact_lock(4713)", "row": "SELECT * FROM leaders WHERE id = 2 FOR UPDATE"}[
        crew.options["on"]
    ]
    yield f"INSERT INTO sold (n) VALUES ({number})"
    while True:
        yield crew.options["heartbeat"]
        yield (
            f"INSERT INTO sold (n) VALUES ({number})" if crew.options["writes on"] else "SELECT count(*) FROM bookings"
        )


def analyst(crew: Crew, dummy: int, dice: random.Random) -> Work:
    """One long report after the other: a statement, or a cursor whose every batch takes seconds."""
    while True:
        seconds = dice.uniform(5, crew.options["longest"])
        if crew.options["on"] == "cursor":
            yield f"SET site.pause = '{seconds * SCALE / 40:.4f}'"
            yield "BEGIN"
            yield "DECLARE r NO SCROLL CURSOR FOR SELECT id, slow(id) FROM sales"
            for dummy2 in range(4):
                yield "FETCH 10 FROM r"
                yield 0.3
            yield "COMMIT"
        else:
            yield f"SELECT count(*), sum(n), pg_sleep({seconds * SCALE:.3f}) FROM sales"
        yield dice.uniform(1, 3)


def deploy(crew: Crew, dummy: int, dice: random.Random) -> Work:
    """Short changes of a table that reports read: each waits for its turn, or gives way and tries again."""
    yield from _timeout(crew, "lock_timeout")
    while True:
        yield dice.choice((
            "ALTER TABLE sales ADD COLUMN IF NOT EXISTS note text", "ALTER TABLE sales ALTER COLUMN n SET DEFAULT 1",
            "CREATE INDEX IF NOT EXISTS sales_n ON sales (n)", "COMMENT ON TABLE sales IS 'what was sold'",
        ))  # fmt: skip
        yield dice.uniform(3, 8)


def window(crew: Crew, number: int, dice: random.Random) -> Work:
    """Windows of an operator's tool: all idle but for the first, which now and then is in a transaction for seconds."""
    yield "SELECT count(*) FROM bookings"
    if number or not crew.options["on"]:
        yield from _idle()
    while True:
        yield dice.uniform(5, 15)
        yield "BEGIN"
        yield {
            "looks": "SELECT * FROM bookings WHERE id = 20",
            "mends": "UPDATE bookings SET guest = 'x' WHERE id = 20",
        }[crew.options["on"]]
        yield dice.uniform(3, 8)
        yield dice.choice(("COMMIT", "ROLLBACK"))


# ---- what is wrong, and who suffers


def stuck_root(crew: Crew, dummy: int, dice: random.Random) -> Work:
    yield "BEGIN"
    how = crew.options["how"]
    if how == "savepoint":
        yield "SAVEPOINT s"
    yield {
        "row": "UPDATE hot SET n = n + 1 WHERE id = 1",
        "table": "LOCK TABLE hot IN ACCESS EXCLUSIVE MODE",
        "for update": "SELECT * FROM hot WHERE id = 1 FOR UPDATE",
        "savepoint": "UPDATE hot SET n = n + 1 WHERE id = 1",
    }[how]
    yield from _idle()


def prepared(crew: Crew, dummy: int, dice: random.Random) -> Work:
    yield "BEGIN"
    yield "UPDATE hot SET n = n + 1 WHERE id = 1"
    yield f"PREPARE TRANSACTION '{crew.options['gid']}'"
    yield from _idle()


def sufferers(crew: Crew, dummy: int, dice: random.Random) -> Work:
    yield from _timeout(crew, "statement_timeout")
    yield from _timeout(crew, "lock_timeout")
    while True:
        if crew.options.get("on") == "ledger":
            yield f"UPDATE ledger SET n = n + 1 WHERE id = {dice.randint(1, 100)}"
        elif crew.options.get("take") == "for update":
            yield "SELECT * FROM hot WHERE id = 1 FOR UPDATE"
        else:
            yield "UPDATE hot SET n = n + 1 WHERE id = 1"
        if crew.options.get("by"):
            yield NewConnection(dice.uniform(0.3, 1))
            yield from _timeout(crew, "statement_timeout")
            yield from _timeout(crew, "lock_timeout")
        else:
            yield dice.uniform(0.5, 1.5)


def long_reader(crew: Crew, dummy: int, dice: random.Random) -> Work:
    yield "BEGIN"
    if crew.options["writes"]:
        yield "INSERT INTO ledger (id, n) VALUES (-1, 1)"
    while True:
        yield f"SELECT count(*), pg_sleep({2 * SCALE}) FROM ledger"
        yield 0.5


def ddl(crew: Crew, dummy: int, dice: random.Random) -> Work:
    yield crew.options["ddl"]
    yield from _idle()


def leak(crew: Crew, dummy: int, dice: random.Random) -> Work:
    yield "SELECT 1"
    yield from _idle()


def runaway(crew: Crew, dummy: int, dice: random.Random) -> Work:
    yield "SELECT count(grind(i)) FROM generate_series(1, 1000000) i"
    yield from _idle()


def forgotten_snapshot(crew: Crew, dummy: int, dice: random.Random) -> Work:
    yield "BEGIN ISOLATION LEVEL REPEATABLE READ"
    yield "SELECT count(*) FROM churned"
    yield from _idle()


def writer(crew: Crew, dummy: int, dice: random.Random) -> Work:
    """As many transactions in a moment as a real site has in a minute, then some more now and then."""
    for transactions in (2000, *[20] * 10**6):
        yield (
            f"DO $$ BEGIN FOR i IN 1..{transactions} LOOP"
            " UPDATE churned SET n = n + 1 WHERE id = i % 600 + 1; COMMIT; END LOOP; END $$"
        )
        yield 1.0


WORKS: dict[str, Callable[[Crew, int, random.Random], Work]] = {
    "pool": pool, "leader by session lock": leader_by_session_lock,
    "leader by transaction lock": leader_by_transaction_lock, "leader by row": leader_by_row,
    "polled leader": polled_leader, "convoy": convoy, "cursor reader": cursor_reader,
    "maintenance": maintenance, "batch": batch, "operator": operator, "pooled": pooled, "stuck root": stuck_root,
    "prepared": prepared, "sufferers": sufferers, "long reader": long_reader, "ddl": ddl, "leak": leak,
    "runaway": runaway, "forgotten snapshot": forgotten_snapshot, "writer": writer, "requests": requests,
    "leader that has written": leader_that_has_written, "analyst": analyst, "deploy": deploy, "window": window,
}  # fmt: skip
