"""The main screens in a terminal of 80 columns and 24 rows, from real runs, as docs/images/screens/*.svg."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import tempfile
from pathlib import Path

from picture import draw

from support.clients import clients, lock_waiters, until
from support.scenes import lasting, row_storm
from support.servers import ROOT, Server, newest

COLUMNS, ROWS = 80, 24


def screen(name: str, command: str, folder: Path) -> str:
    """Run a command of the README or of the screen before, draw its screen; the output without colours."""
    environment = {
        **os.environ,
        "ANSIBLE_FORCE_COLOR": "1",
        "COLUMNS": str(COLUMNS),
        "HOME": str(folder),
        "TERM": "xterm-256color",
    }
    done = subprocess.run(
        shlex.split(command), cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )  # fmt: skip
    shown = done.stdout.replace(str(folder), "~").replace(
        str(ROOT), "~/runbook"
    )  # not where this machine keeps its temporary files
    title = command.replace(str(folder), "~").partition(" -e ")[0]
    draw(shown, f"$ {title}", f"screens/{name}", COLUMNS, ROWS)
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
            "ansible_connection": "local",
            "runbook_postgres": server.login("oncall"),
            "runbook_incident_log": str(folder / "incidents"),
            "unblock_sessions_min_waiting": 1,
            "unblock_sessions_limit": 1,
        }
        inventory = folder / "inventory"
        inventory.write_text(json.dumps({"database": {"hosts": {"db1": site}}}))
        for row, waiters in ((1, 20), (2, 12)):
            row_storm(server, session, waiters, row=row)
        until(lambda: lock_waiters(server) == 32, what="the storm")
        lasting(server, 1.5)
        playbook = f"ansible-playbook -i {inventory} playbooks"
        screen("check", f"{playbook}/db_lock_contention.yml --check", folder)
        held = screen("held", f"{playbook}/db_lock_contention.yml", folder)
        approved = screen("approved", next_command(held), folder)
        screen("incident", next_command(approved), folder)
        screen("preflight", f"{playbook}/preflight.yml", folder)


if __name__ == "__main__":
    main()
