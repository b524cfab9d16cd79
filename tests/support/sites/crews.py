"""What the sessions of each crew do: generators that yield a statement to run or seconds to sleep.

One loop drives hundreds of them over asynchronous connections, so that a site costs no thread.
"""

from __future__ import annotations

import random
import select
import threading
import time
import uuid
from collections.abc import Generator, Iterator
from typing import Any

import psycopg2
from psycopg2 import extensions

from support.servers import PASSWORD
from support.sites.description import SCALE, Crew

Work = Generator[Any, Any, None]
FOREVER = 1e6


def _idle() -> Work:
    while True:
        yield FOREVER


def pool(crew: Crew, number: int, dice: random.Random) -> Work:
    busy = number < crew.sessions * crew.options["busy"]
    if crew.options["statement_timeout"]:
        yield f"SET statement_timeout = '{int(crew.options['statement_timeout'] * SCALE * 1000)}ms'"
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


def convoy(crew: Crew, number: int, dice: random.Random) -> Work:
    take = {
        "row": "UPDATE convoys SET n = n + 1 WHERE id = 1",
        "table": "LOCK TABLE convoys IN SHARE ROW EXCLUSIVE MODE",
        "advisory": "SELECT pg_advisory_xact_lock(7)",
    }[crew.options["on"]]
    if crew.options["lock_timeout"]:
        yield f"SET lock_timeout = '{int(crew.options['lock_timeout'] * SCALE * 1000)}ms'"
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
    yield "SET vacuum_cost_delay = '50ms'"
    yield "SET vacuum_cost_limit = 1"
    yield {
        "vacuum": "VACUUM (FREEZE) archive",
        "vacuum full": "VACUUM FULL slow_table",
        "analyze": "ANALYZE archive",
        "create index": "CREATE INDEX slow_built ON slow_table (slow(id))",
        "create index concurrently": "CREATE INDEX CONCURRENTLY slow_built ON slow_table (slow(id))",
        "copy": "COPY loaded (n) FROM PROGRAM 'for i in $(seq 600); do echo $i; sleep 0.1; done'",
        "cluster": "CLUSTER slow_table USING slow_table_pkey",
        "refresh": "REFRESH MATERIALIZED VIEW slow_view",
    }[crew.options["what"]]
    yield from _idle()


def batch(crew: Crew, dummy: int, dice: random.Random) -> Work:
    """A long transaction at work on rows of its own: statement, thought, statement."""
    yield "BEGIN"
    for row in range(int(crew.options["for"] / crew.options["step"])):
        yield f"UPDATE bookings SET seats = seats WHERE id = {50 + row % 40}"
        yield crew.options["step"]
    yield "COMMIT"
    yield from _idle()


def operator(crew: Crew, dummy: int, dice: random.Random) -> Work:
    yield "SELECT count(*) FROM bookings"
    yield from _idle()


def pooled(crew: Crew, dummy: int, dice: random.Random) -> Work:
    while True:
        yield f"SELECT * FROM bookings WHERE id = {dice.randint(1, 1000)}"
        yield crew.options["every"] * dice.uniform(0.5, 1.5)


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
    if crew.options["statement_timeout"]:
        yield f"SET statement_timeout = '{int(crew.options['statement_timeout'] * SCALE * 1000)}ms'"
    yield 2.0
    while True:
        if crew.options.get("on") == "ledger":
            yield f"UPDATE ledger SET n = n + 1 WHERE id = {dice.randint(1, 100)}"
        else:
            yield "UPDATE hot SET n = n + 1 WHERE id = 1"
        yield dice.uniform(0.5, 1.5)


def long_reader(crew: Crew, dummy: int, dice: random.Random) -> Work:
    yield "BEGIN"
    if crew.options["writes"]:
        yield "INSERT INTO ledger (id, n) VALUES (-1, 1)"
    while True:
        yield "SELECT count(*), pg_sleep(0.2) FROM ledger"
        yield 0.1


def ddl(crew: Crew, dummy: int, dice: random.Random) -> Work:
    yield 1.5
    yield crew.options["ddl"]
    yield from _idle()


def leak(crew: Crew, dummy: int, dice: random.Random) -> Work:
    yield "SELECT 1"
    yield from _idle()


def runaway(crew: Crew, dummy: int, dice: random.Random) -> Work:
    yield "SELECT count(*) FROM generate_series(1, 100000) a, generate_series(1, 1000000) b"
    yield from _idle()


def forgotten_snapshot(crew: Crew, dummy: int, dice: random.Random) -> Work:
    yield "BEGIN ISOLATION LEVEL REPEATABLE READ"
    yield "SELECT count(*) FROM churned"
    yield from _idle()


def writer(crew: Crew, dummy: int, dice: random.Random) -> Work:
    yield 1.0
    while True:
        yield "UPDATE churned SET n = n + 1"
        yield 0.5


WORKS = {
    "pool": pool, "leader by session lock": leader_by_session_lock,
    "leader by transaction lock": leader_by_transaction_lock, "convoy": convoy, "cursor reader": cursor_reader,
    "maintenance": maintenance, "batch": batch, "operator": operator, "pooled": pooled, "stuck root": stuck_root,
    "prepared": prepared, "sufferers": sufferers, "long reader": long_reader, "ddl": ddl, "leak": leak,
    "runaway": runaway, "forgotten snapshot": forgotten_snapshot, "writer": writer,
}  # fmt: skip


class Worker:
    """One session at its work. ``lost``: how the server ended it, if it did."""

    def __init__(self, dsn: str, crew: Crew, number: int, dice: random.Random) -> None:
        self.crew, self.number = crew, number
        self.connection = psycopg2.connect(dsn, application_name=named(crew, number, dice), async_=1)
        self.work = WORKS[crew.kind](crew, number, dice)
        self.pid = 0
        self.wakes: float | None = None  # None: the server is to answer
        self.lost = ""
        self.errors: list[str] = []
        self._cursor: Any = None
        self._started = False

    def turn(self, now: float) -> None:
        """Go on as far as it goes without waiting."""
        if self.connection.closed:
            return
        try:
            if self.wakes is not None:
                if now < self.wakes:
                    return
                self.wakes = None
            elif self.connection.poll() != extensions.POLL_OK:
                return
            elif not self._started:
                self.pid = self.connection.get_backend_pid()
            self._started = True
            step = next(self.work)
        except (psycopg2.errors.QueryCanceled, psycopg2.errors.LockNotAvailable) as error:
            self.errors.append(str(error).splitlines()[0])
            step = "ROLLBACK"
        except psycopg2.Error as error:
            self.lost = str(error).splitlines()[0] or "lost"
            self.connection.close()
            return
        except StopIteration:
            step = FOREVER
        if isinstance(step, str):
            self._cursor = self.connection.cursor()
            self._cursor.execute(step)
        else:
            self.wakes = now + step * SCALE


def named(crew: Crew, number: int, dice: random.Random) -> str:
    """As frameworks name their sessions: alike, or with a number, a pid, a host or a uuid."""
    naming = crew.options.get("naming") or ("{name}-{n}" if crew.options.get("numbered") else "{name}")
    made = uuid.UUID(int=dice.getrandbits(128))
    return str(naming).format(name=crew.application, n=number + 1, pid=dice.randint(1000, 30000), uuid=made)


class Loop:
    """All workers of all sites, in one thread."""

    def __init__(self) -> None:
        self.workers: list[Worker] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._lock = threading.Lock()
        self.broke: BaseException | None = None

    def __enter__(self) -> Loop:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(10)
        for worker in self.workers:
            worker.connection.close()

    def add(self, worker: Worker) -> None:
        with self._lock:
            self.workers.append(worker)

    def _run(self) -> None:
        try:
            while not self._stop.is_set():
                with self._lock:
                    there = [worker for worker in self.workers if not worker.connection.closed]
                now = time.monotonic()
                for worker in _ready(there, now):
                    worker.turn(now)
        except BaseException as error:
            self.broke = error
            raise


def _ready(there: list[Worker], now: float) -> Iterator[Worker]:
    """Those whose time has come or whose server has answered; waits up to 20 ms for the first."""
    polled = select.poll()
    by_file = {}
    for worker in there:
        by_file[worker.connection.fileno()] = worker
        asleep = worker.wakes is not None
        writes = not asleep and not worker._started
        polled.register(worker.connection.fileno(), select.POLLIN | (select.POLLOUT if writes else 0))
    due = [worker for worker in there if worker.wakes is not None and worker.wakes <= now]
    for number, dummy in polled.poll(0 if due else 20):
        worker = by_file[number]
        if worker.wakes is None:
            yield worker
        elif worker not in due:  # the server said something while it slept: it was ended
            _hear(worker)
    yield from due


def _hear(worker: Worker) -> None:
    try:
        worker.connection.poll()
        cursor = worker.connection.cursor()
        cursor.execute("SELECT 1")
        worker.wakes = None
    except psycopg2.Error as error:
        worker.lost = str(error).splitlines()[0] or "lost"
        worker.connection.close()


def dsn(port: int, role: str, database: str) -> str:
    return f"host=127.0.0.1 port={port} user={role} password={PASSWORD} dbname={database}"
