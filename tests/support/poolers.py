"""A real PgBouncer in front of a test's server, where the machine has one."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from support.clients import until
from support.servers import PASSWORD, Server, free_port


@contextmanager
def pgbouncer(server: Server, mode: str = "transaction", size: int = 20, more: str = "") -> Iterator[int]:
    """Its port; ``oncall`` may ask its console, ``app`` may work. ``more``: lines of its configuration."""
    binary = shutil.which("pgbouncer") or shutil.which("/usr/sbin/pgbouncer")
    if not binary:
        pytest.skip("NOT RUN: no pgbouncer on this machine (on Debian: apt-get install pgbouncer)")
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="pafar-pooler-") as name:
        home = Path(name)
        home.chmod(0o755)
        (home / "users.txt").write_text(f'"oncall" "{PASSWORD}"\n"app" "{PASSWORD}"\n')
        (home / "pgbouncer.ini").write_text(
            f"[databases]\n* = host=127.0.0.1 port={server.port}\n[pgbouncer]\nlisten_addr = 127.0.0.1\n"
            f"listen_port = {port}\nauth_type = plain\nauth_file = {home}/users.txt\nstats_users = oncall\n"
            f"pool_mode = {mode}\ndefault_pool_size = {size}\nunix_socket_dir =\n{more}"
        )
        who = {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}
        quiet = subprocess.DEVNULL
        argv = [binary, str(home / "pgbouncer.ini")]
        with subprocess.Popen(argv, stdout=quiet, stderr=quiet, **who) as process:  # type: ignore[call-overload]
            try:
                until(lambda: _answers(port), what="pgbouncer")
                yield port
            finally:
                process.terminate()


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
