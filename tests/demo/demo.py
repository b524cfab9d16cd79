"""A lock storm on a throw-away PostgreSQL: first what --check shows, then the real thing.

One session idle in a transaction holds a row, 100 sessions queue behind it; a reporting session that
must not be harmed reads a table, an ALTER TABLE waits for it, and readers wait for the ALTER TABLE.
Everything started here is stopped here, also when interrupted.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from support.clients import Client, clients, lock_waiters, until
from support.servers import Server, newest
from support.workplace import workplace

WAITERS, READERS = 100, 6
# It must be a few seconds old to be worth somebody's end, in the demo as on a real system.
MIN_WAITING = 2


def say(text: str) -> None:
    """A line of the demo itself, told apart from Ansible's."""
    bold, plain = ("\033[1m", "\033[0m") if sys.stdout.isatty() or os.environ.get("ANSIBLE_FORCE_COLOR") else ("", "")
    print(f"\n{bold}### {text}{plain}", flush=True)


def storm(session: Any) -> dict[str, list[Client]]:
    """Two queues and a bystander, made by real sessions."""
    holder = session("pafar-web")
    holder.run("BEGIN")
    holder.run("UPDATE bookings SET seats = 3 WHERE id = 42")
    queue = [session("pafar-web") for dummy in range(WAITERS)]
    for waiter in queue:
        waiter.send("UPDATE bookings SET seats = seats - 1, guest = 'Ada Lovelace' WHERE id = 42")
    report = session("nightly-report")
    report.run("BEGIN")
    report.run("SELECT sum(amount) FROM payments WHERE amount > 100")
    migration = session("migration").send("ALTER TABLE payments ADD COLUMN note text")
    time.sleep(0.3)
    readers = [session("pafar-web").send(f"SELECT amount FROM payments WHERE id = {i}") for i in range(READERS)]
    return {
        "holder": [holder],
        "queue": queue,
        "report": [report],
        "migration": [migration],
        "readers": readers,
    }


def run_playbook(folder: Path, *options: str) -> int:
    argv = ["ansible-playbook", "-i", "inventory", "playbooks/db_lock_contention.yml", *options]
    say(f"$ {' '.join(argv)}")
    return subprocess.run(argv, cwd=folder, check=False).returncode


def show_fates(groups: dict[str, list[Client]]) -> None:
    say("What the sessions themselves report")
    for name, members in groups.items():
        fates: dict[str, int] = {}
        for client in members:
            fate = client.fate()
            fates[fate] = fates.get(fate, 0) + 1
        print(f"  {name:<10} " + ", ".join(f"{count} {fate}" for fate, count in fates.items()))


def main() -> int:
    signal.signal(signal.SIGHUP, lambda *dummy: sys.exit(129))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    binaries = newest()
    say(f"Starting a throw-away PostgreSQL from {binaries.parent.name} and making a lock storm in it")
    with (
        tempfile.TemporaryDirectory(prefix="pafar-demo-") as name,
        Server(binaries, {"max_connections": "200"}) as server,
        clients(server) as session,
    ):
        folder = Path(name)
        server.prepare_site()
        site = {"runbook_exclude_applications": ["nightly-report"], "unblock_sessions_min_waiting": MIN_WAITING}
        workplace(folder, db={**site, "runbook_postgres": server.login("oncall")})
        groups = storm(session)
        until(lambda: lock_waiters(server) == WAITERS + READERS + 1, what="the storm")
        time.sleep(MIN_WAITING + 0.5)
        if run_playbook(folder, "--check", "--diff"):
            return 1
        print(f"  still waiting after the check run: {lock_waiters(server)}")
        if run_playbook(folder):
            return 1
        show_fates(groups)
        say("The incident, as it was recorded")
        for path in sorted((folder / "incidents").glob("*.jsonl")):
            for line in path.read_text().splitlines():
                event = json.loads(line)
                print(f"  {event['at'][11:23]}  {event['kind']:<10} {json.dumps(event['note'])[:88]}")
        if run_playbook(folder):
            return 1
    say("Everything that the demo started is stopped.")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        print("\nInterrupted; everything that the demo started is stopped.", file=sys.stderr)
        sys.exit(130)
