"""A server with a lock storm in it that outlives this command, for molecule and for trying things out.

python -m support.stage start FOLDER     a server, a holder, 20 waiters; FOLDER/site.json says where
python -m support.stage start FOLDER spinning   a server with one statement that spins; its pid is in FOLDER/busy
python -m support.stage start FOLDER quiet      a server with one session that does nothing
python -m support.stage status FOLDER    what became of the sessions, as JSON
python -m support.stage stop FOLDER
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from support.clients import Client, clients, until
from support.scenes import row_storm, spinning
from support.servers import Server, newest

WAITERS = 20


def hold(folder: Path, scene: str) -> None:
    """Run until told to stop; ``status`` asks by touching a file and reads the answer from another."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with Server(newest(), {"max_connections": "100"}) as server, clients(server) as session:
        server.prepare_site()
        if scene == "spinning":
            holder = spinning(session)
            queue: list[Client] = []
            (folder / "busy").write_text(str(holder.pid))
        elif scene == "quiet":
            holder, queue = session().ready(), []
        else:
            holder, queue = row_storm(server, session, WAITERS)
        (folder / "site.json.new").write_text(json.dumps(server.login("oncall")))
        (folder / "site.json.new").rename(folder / "site.json")
        while True:
            if (folder / "ask").exists():
                (folder / "ask").unlink()
                fates = {"holder": holder.fate(), "queue": sorted({client.fate() for client in queue})}
                (folder / "fates.new").write_text(json.dumps(fates))
                (folder / "fates.new").rename(folder / "fates")
            time.sleep(0.05)


def start(folder: Path, scene: str = "") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "output").open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "support.stage", "hold", str(folder), scene],
            stdout=output,
            stderr=output,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
    (folder / "pid").write_text(str(process.pid))
    until(lambda: (folder / "site.json").exists() or process.poll() is not None, 60, "the stage")
    if process.poll() is not None:
        sys.exit((folder / "output").read_text())


def status(folder: Path) -> None:
    (folder / "fates").unlink(missing_ok=True)
    (folder / "ask").touch()
    until((folder / "fates").exists, 30, "an answer of the stage")
    print((folder / "fates").read_text())


def stop(folder: Path) -> None:
    pid = folder / "pid"
    if not pid.exists():
        return
    number = int(pid.read_text())
    try:
        os.kill(number, signal.SIGTERM)
        until(lambda: not Path(f"/proc/{number}").exists() or _is_zombie(number), 20, "the stage to stop")
    except ProcessLookupError:
        pass
    for name in ("pid", "site.json", "busy", "ask", "fates", "output"):
        (folder / name).unlink(missing_ok=True)


def _is_zombie(pid: int) -> bool:
    return ") Z " in Path(f"/proc/{pid}/stat").read_text()


if __name__ == "__main__":
    command, place, wanted = sys.argv[1], Path(sys.argv[2]), (sys.argv[3:] or [""])[0]
    if command in ("start", "hold"):
        (start if command == "start" else hold)(place, wanted)
    else:
        (status if command == "status" else stop)(place)
