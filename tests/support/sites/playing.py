"""Sites on their servers, and the playbooks against all sites of a batch at once, as an operator would start them."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import psycopg2

from support.clients import until
from support.poolers import pgbouncer
from support.servers import PATIENCE, ROOT, client_tool
from support.sites.description import SCALE, SLOTS, Site
from support.sites.loop import Loop, Worker, dsn
from support.sites.oracle import Run, ended_by_the_server, judge
from support.sites.places import Place
from support.sites.standing import PREPARED, SESSIONS, STANDBYS, Look, Row, missing

PLAYBOOKS = ("db_lock_contention", "db_connection_exhaustion", "db_performance_degradation")
# The defaults of the playbooks, in seconds; each is made shorter like the times of the site.
_LIMITS = {
    "unblock_sessions_min_waiting": 30, "unblock_sessions_min_idle_in_transaction": 5,
    "db_connection_exhaustion_idle": 30, "db_connection_exhaustion_idle_in_transaction": 60,
    "db_performance_degradation_min_running": 10, "db_performance_degradation_idle_in_transaction": 60,
    "db_performance_degradation_window": 5,
}  # fmt: skip
_DUMP_SPEED = 400_000  # bytes a second that whoever reads a dump takes


@dataclass
class Played:
    """``pids``: the sessions of each crew, by its place; ``lost``: why this playing of the site says nothing."""

    site: Site
    place: Place
    host: str  # its name in the inventory
    workers: list[tuple[int, Worker]] = field(default_factory=list)
    logged_from: int = 0
    pooler_port: int = 0
    cores: float = 0.0
    lost: list[str] = field(default_factory=list)

    @property
    def pids(self) -> dict[int, list[int]]:
        found: dict[int, list[int]] = {}
        for place, worker in self.workers:
            if worker.pid and worker.crew.kind != "pooled":  # a pooler invents its pids
                found.setdefault(place, []).append(worker.pid)
        return found

    def log(self) -> list[str]:
        with self.place.server.log.open(errors="replace") as log:
            log.seek(self.logged_from)
            return log.read().splitlines()


@dataclass
class Judged:
    """What was wrong with what the playbooks did at a site. ``lost``: the site fell, and nothing is known."""

    site: Site
    wrong: list[str]
    lost: list[str]
    kept: dict[str, str]  # what each playbook printed


def play(batch: Sequence[tuple[Place, Site]], order: Sequence[str] = PLAYBOOKS) -> list[Judged]:
    """Each site on its server, all at once."""
    with ExitStack() as stack, tempfile.TemporaryDirectory(prefix="pafar-sites-") as folder:
        loop = stack.enter_context(Loop())
        played = [Played(site, place, f"site{number}") for number, (place, site) in enumerate(batch)]
        for entry in played:
            stack.callback(_clear, loop, entry)
            _stage(stack, loop, entry)
        _wait_until_all_stand(played, loop)
        standing = [entry for entry in played if not entry.lost]
        printed = {name: _playbook(name, Path(folder), standing) for name in order} if standing else {}
        for entry in standing:
            entry.lost = _fallen(entry)
        assert loop.broke is None, loop.broke
        return [_judged(entry, Path(folder), printed) for entry in played]


def _stage(stack: ExitStack, loop: Loop, entry: Played) -> None:
    """The site's database and its sessions, those of the fault last."""
    site, server, dice = entry.site, entry.place.server, random.Random(entry.site.seed)
    entry.place.open(site)
    entry.logged_from = server.log.stat().st_size
    if site.pooler:
        entry.pooler_port = stack.enter_context(pgbouncer(server, site.pooler, size=12))
    for place, crew in enumerate(site.crews):
        if crew.kind in ("dump", "base backup"):
            stack.enter_context(_tool(entry, crew.kind, crew.application))
            continue
        number = crew.sessions
        if crew.options.get("fill"):
            used = server.value("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'")
            number = max(1, SLOTS - 3 - (int(used) - 1))
        for each in range(number):
            port = entry.pooler_port if crew.kind == "pooled" else server.port
            worker = Worker(port, crew, each, dice)
            entry.workers.append((place, worker))
            loop.add(worker)
            if each == 0 and crew.kind in ("ddl", "stuck root", "prepared", "long reader"):
                _let_it_lock(entry, worker)
        if crew.kind == "runaway":
            _hurry(entry)


def _let_it_lock(entry: Played, worker: Worker) -> None:
    """Those who come after it find what it has done."""
    asked = f"SELECT count(*) FROM pg_stat_activity WHERE pid = {worker.pid} AND"
    if worker.crew.kind == "prepared":
        asked = "SELECT count(*) FROM pg_prepared_xacts WHERE true OR"
    if worker.crew.kind == "ddl":
        asked += " wait_event_type = 'Lock' AND"
    if worker.crew.kind == "stuck root":
        asked += " state = 'idle in transaction' AND query NOT ILIKE 'BEGIN%' AND query NOT ILIKE 'SAVEPOINT%' AND"
    if worker.crew.kind == "long reader":
        asked += " query LIKE '%FROM ledger' AND"
    until(lambda: entry.place.server.value(f"{asked} true") or worker.lost, what=f"{worker.crew.kind} to begin")


def _hurry(entry: Played) -> None:
    """A runaway statement is one that has a processor, also where this machine has none to spare."""
    if os.geteuid() == 0:
        for worker in _runaways(entry):
            os.sched_setscheduler(worker.pid, os.SCHED_RR, os.sched_param(1))


def _runaways(entry: Played) -> list[Worker]:
    return [worker for dummy, worker in entry.workers if worker.crew.kind == "runaway" and worker.pid]


@contextmanager
def _tool(entry: Played, kind: str, name: str) -> Iterator[None]:
    """A real pg_dump whose reader is slow, or a real base backup that is slow by its own wish."""
    port = entry.place.server.port
    with tempfile.TemporaryDirectory(prefix="pafar-copy-", ignore_cleanup_errors=True) as target:
        if kind == "dump":
            argv = [client_tool("pg_dump"), "-t", "albums", "-t", "archive", "-d", dsn(port, "loader", "site")]
        else:
            argv = [client_tool("pg_basebackup"), "-d", dsn(port, "oncall", "postgres"), "-D", f"{target}/copy",
                    "-r", "64k", "-X", "none", "-c", "fast"]  # fmt: skip
        with subprocess.Popen(
            [str(word) for word in argv], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            env={**os.environ, "PGAPPNAME": name},
        ) as process:  # fmt: skip
            assert process.stdout is not None
            reader = threading.Thread(target=_read_slowly, args=(process.stdout,), daemon=True)
            reader.start()
            try:
                yield
            finally:
                process.kill()
                reader.join()


def _read_slowly(output: IO[bytes]) -> None:
    while output.read(_DUMP_SPEED // 10):
        time.sleep(0.1)


def _look(entry: Played) -> Look:
    connection = psycopg2.connect(entry.place.server.dsn())
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(SESSIONS)
            rows = [Row(*row) for row in cursor.fetchall()]
            cursor.execute(PREPARED)
            (prepared,) = cursor.fetchone() or (0.0,)
            cursor.execute(STANDBYS)
            (standbys,) = cursor.fetchone() or (0,)
    finally:
        connection.close()
    return Look({row.pid: row for row in rows}, entry.pids, float(prepared), int(standbys), entry.cores)


def _wait_until_all_stand(played: Sequence[Played], loop: Loop) -> None:
    """At a site that does not come to stand in time, ``lost`` says what was missing."""
    deadline = time.monotonic() + PATIENCE
    waiting = dict(enumerate(played))
    used = {worker.pid: _processor_seconds(worker.pid) for entry in played for worker in _runaways(entry)}
    began = time.monotonic()
    while waiting and loop.broke is None:
        time.sleep(0.5)
        for number, entry in list(waiting.items()):
            seconds = time.monotonic() - began
            entry.cores = (
                sum(_processor_seconds(worker.pid) - used[worker.pid] for worker in _runaways(entry)) / seconds
            )
            what = missing(entry.site, _look(entry))
            gone = sorted({f"{worker.crew.kind}: {worker.lost}" for dummy, worker in entry.workers
                           if worker.lost and not worker.crew.options.get("fill")})  # fmt: skip
            if not what:
                del waiting[number]
            elif gone or time.monotonic() > deadline:
                entry.lost = gone or what
                del waiting[number]


def _processor_seconds(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _fallen(entry: Played) -> list[str]:
    """What no longer stands although no session of its crew was ended: the site is no longer as described."""
    ended = {pid for pid, dummy, dummy2 in ended_by_the_server(entry.log())}
    touched = {place for place, pids in entry.pids.items() if ended & set(pids)}
    culprits = {place for place, crew in enumerate(entry.site.crews) if crew.culprit}
    look = _look(entry)
    if touched & culprits or (not look.prepared_for and any(c.kind == "prepared" for c in entry.site.crews)):
        touched |= set(range(len(entry.site.crews) - len(_of_fault(entry.site)), len(entry.site.crews)))
    return missing(entry.site, look, [place for place in range(len(entry.site.crews)) if place not in touched])


def _of_fault(site: Site) -> list[str]:
    return [c.kind for c in site.crews if c.culprit or c.kind in ("sufferers", "long reader", "writer")]


def _playbook(name: str, folder: Path, played: Sequence[Played]) -> str:
    """One run of a playbook against all sites; what it printed."""
    hosts = {}
    for entry in played:
        hosts[entry.host] = {
            "ansible_connection": "local",
            "ansible_python_interpreter": sys.executable,
            "runbook_postgres": entry.place.server.login("oncall", db=entry.site.login_db),
            **{limit: seconds * SCALE for limit, seconds in _LIMITS.items()},
        }
    inventory = folder / "hosts.json"
    group = {"hosts": hosts, "vars": {"runbook_incident_log": str(folder / "incidents")}}
    inventory.write_text(json.dumps({"database": group}))
    argv = ["ansible-playbook", "-i", str(inventory), f"playbooks/{name}.yml", "-f", "4", "-e", f"incident_id={name}"]
    environment = {
        **os.environ, "ANSIBLE_NOCOLOR": "1", "ANSIBLE_PIPELINING": "1", "ANSIBLE_HOME": str(folder),
        "HOME": str(folder),
    }  # fmt: skip
    done = subprocess.run(argv, cwd=ROOT, env=environment, text=True, capture_output=True, check=False)
    return done.stdout + done.stderr


def _judged(entry: Played, folder: Path, printed: Mapping[str, str]) -> Judged:
    events, host = [], entry.host
    for file in sorted((folder / "incidents").glob("*.jsonl")):
        events += [json.loads(line) for line in file.read_text().splitlines()]
    lines = {name: _lines_of(host, text.splitlines()) for name, text in printed.items()}
    failed = [name for name, text in printed.items() if f"fatal: [{host}]" in text or f"[{host}]: FAILED" in text]
    crews = {pid: entry.site.crews[place] for place, pids in entry.pids.items() for pid in pids}
    run = Run([event for event in events if event.get("host") == host], entry.log(), crews, lines, failed)
    wrong = judge(entry.site, run)
    # A site that fell proves nothing, unless a session was ended that must not be.
    lost = [] if any(text.startswith("an innocent") for text in wrong) else entry.lost
    return Judged(entry.site, [] if lost else wrong, lost, {name: "\n".join(text) for name, text in lines.items()})


def _lines_of(host: str, lines: Collection[str]) -> list[str]:
    return [line for line in lines if line.strip().startswith((f"{host} |", f"{host}  ")) or f"[{host}]: F" in line
            or f"fatal: [{host}]" in line]  # fmt: skip


def _clear(loop: Loop, entry: Played) -> None:
    loop.close(worker for dummy, worker in entry.workers)
    entry.place.clear(entry.site)
