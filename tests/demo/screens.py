"""The main screens in a terminal of 80 columns and 24 rows, from real runs, as docs/images/screens/*.svg.

The menu is longer, and is drawn whole.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import tempfile
from pathlib import Path

from picture import draw

from support.clients import clients, lock_waiters, until
from support.scenes import lasting, row_storm
from support.servers import Server, newest
from support.workplace import workplace

COLUMNS, ROWS = 80, 24


def screen(name: str, command: str, folder: Path, rows: int | None = ROWS) -> str:
    """Run a command of the README or of the screen before, draw its screen; the output without colours."""
    environment = {
        **os.environ,
        "ANSIBLE_FORCE_COLOR": "1",
        "COLUMNS": str(COLUMNS),
        "HOME": str(folder),
        "TERM": "xterm-256color",
    }
    done = subprocess.run(
        shlex.split(command), cwd=folder, env=environment, capture_output=True, text=True, check=False
    )  # fmt: skip
    shown = done.stdout.replace(f"{folder}/", "")  # not where this machine keeps its temporary files
    draw(shown, f"$ {command.partition(' -e ')[0]}", f"screens/{name}", COLUMNS, rows)
    return re.sub(r"\x1b\[[0-9;]*m", "", done.stdout)


def next_command(output: str) -> str:
    """That of the last screen, which wraps over several lines."""
    lines = output.rpartition("  next: ")[2].split("\n")
    words = " ".join(line.strip().removesuffix("\\").strip() for line in lines)
    return "ansible-playbook" + words.partition("ansible-playbook")[2]


def main() -> None:
    with (
        tempfile.TemporaryDirectory(prefix="pafar-screens-") as name,
        Server(newest(), {"max_connections": "100"}) as server,
        clients(server) as session,
    ):
        folder = Path(name)
        server.prepare_site()
        site = {
            "runbook_postgres": server.login("oncall"),
            "unblock_sessions_min_waiting": 1,
            "unblock_sessions_limit": 1,
        }
        workplace(folder, db1=site)
        for row, waiters in ((1, 20), (2, 12)):
            row_storm(server, session, waiters, row=row)
        until(lambda: lock_waiters(server) == 32, what="the storm")
        lasting(server, 1.5)
        playbook = "ansible-playbook -i inventory playbooks"
        screen("menu", f"{playbook}/menu.yml", folder, None)
        screen("check", f"{playbook}/db_lock_contention.yml --check", folder)
        held = screen("held", f"{playbook}/db_lock_contention.yml", folder)
        approved = screen("approved", next_command(held), folder)
        screen("incident", next_command(approved), folder)
        screen("preflight", f"{playbook}/preflight.yml", folder)
        workplace(folder, db1={**site, "unblock_session_limit": 5})
        screen("failed", f"{playbook}/db_lock_contention.yml", folder)


if __name__ == "__main__":
    main()
