"""A real SSH server on loopback, of the login that runs the tests; its home is a folder of the test."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from support.clients import until
from support.servers import free_port

DAEMON = shutil.which("sshd") or ("/usr/sbin/sshd" if Path("/usr/sbin/sshd").exists() else "")
_SEPARATION = Path("/run/sshd")  # what Debian's sshd wants to be there; a service's start makes it


class SshServer:
    """One that can be stopped and started again. ``home``: that of each login."""

    def __init__(self, folder: Path, control: str) -> None:
        """``control``: folder for the sockets of connections that are shared. The kernel reads 107 characters of their
        paths."""
        self.control = control
        self.folder, self.port, self.home = folder, free_port(), folder / "home"
        self.home.mkdir(parents=True)
        for name in ("host", "user"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name], check=True)
        (folder / "sshd_config").write_text(
            f"Port {self.port}\nListenAddress 127.0.0.1\nHostKey {folder}/host\nPidFile none\n"
            f"AuthorizedKeysFile {folder}/user.pub\nUsePAM no\nStrictModes no\nPasswordAuthentication no\n"
            f"PermitRootLogin prohibit-password\nSetEnv HOME={self.home}\nSubsystem sftp internal-sftp\n"
        )

    def start(self) -> None:
        if os.geteuid() == 0:
            _SEPARATION.mkdir(mode=0o755, exist_ok=True)
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [DAEMON, "-D", "-e", "-f", self.folder / "sshd_config"], stdin=subprocess.DEVNULL, stderr=log,
                start_new_session=True,
            )  # fmt: skip
        until(self._answers, 30, "the SSH server")

    def stop(self) -> None:
        """With the connections that are open: a host that is away does not end them in order."""
        with_children = subprocess.run(
            ["pkill", "-KILL", "-P", str(self._process.pid)], check=False, capture_output=True
        )
        assert with_children.returncode in (0, 1)
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def variables(self) -> dict[str, Any]:
        """Of a host in an inventory. What is shared between connections is in the test's folder."""
        known = f"-o UserKnownHostsFile={self.folder}/known -o GlobalKnownHostsFile=/dev/null"
        return {
            "ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": self.port,
            "ansible_ssh_private_key_file": str(self.folder / "user"), "ansible_python_interpreter": sys.executable,
            "ansible_control_path_dir": self.control,
            "ansible_ssh_common_args": f"-F /dev/null -o StrictHostKeyChecking=accept-new {known}",
        }  # fmt: skip

    def _answers(self) -> bool:
        if self._process.poll() is not None:
            raise RuntimeError((self.folder / "log").read_text()[-2000:])
        return "Server listening on" in (self.folder / "log").read_text()


@contextmanager
def ssh_server(folder: Path) -> Iterator[SshServer]:
    with tempfile.TemporaryDirectory(prefix="pafar-ssh-", ignore_cleanup_errors=True) as control:
        server = SshServer(folder, control)
        server.start()
        try:
            yield server
        finally:
            server.stop()
