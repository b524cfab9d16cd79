# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Other programs: run without a shell, bounded in time, with what they said. I/O."""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from typing import Mapping, Sequence


@dataclass(frozen=True)
class Ran:
    """A command that ended. ``rc`` is None when it was stopped because its time was over, -1 when it is not there."""

    argv: tuple[str, ...]
    rc: int | None
    out: str
    err: str

    @property
    def ok(self) -> bool:
        return self.rc == 0

    @property
    def last_words(self) -> str:
        """The end of what it complained about, on one line."""
        lines = [line.strip() for line in (self.err or self.out).splitlines() if line.strip()]
        lines = [line for line in lines if "level=warning" not in line] or lines  # Compose warns before it fails
        return " ".join(lines[-2:])[-500:]


class Running:
    """A command that was started; several may run beside each other."""

    def __init__(self, argv: Sequence[str], environment: Mapping[str, str] | None = None, folder: str = "") -> None:
        self.argv = tuple(argv)
        self._process = None
        try:
            self._process = subprocess.Popen(
                self.argv,
                env=dict(environment) if environment is not None else None,
                cwd=folder or None,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        except OSError as error:
            self._why = error.strerror or str(error)

    def result(self, seconds: float) -> Ran:
        """Wait for it; with all that it started it is ended when its time is over, or when this process is to stop."""
        if self._process is None:
            return Ran(self.argv, -1, "", self._why)
        try:
            out, err = self._process.communicate(timeout=seconds)
            return Ran(self.argv, self._process.returncode, _text(out), _text(err))
        except subprocess.TimeoutExpired:
            self.stop()
            return Ran(self.argv, None, "", "")
        except BaseException:  # this process is asked to stop: what it started must not go on without it
            self.stop()
            raise

    def stop(self) -> None:
        """End it with everything that it started: docker gives its plugins a process group, but not a session."""
        if self._process is None or self._process.poll() is not None:
            return
        for pid in _session(self._process.pid):
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        with suppress(subprocess.TimeoutExpired):
            self._process.communicate(timeout=5)


def run(argv: Sequence[str], seconds: float, environment: Mapping[str, str] | None = None, folder: str = "") -> Ran:
    return Running(argv, environment, folder).result(seconds)


def _session(leader: int) -> list[int]:
    """Every process of the session that this one leads; proc(5)."""
    pids = [leader]
    for entry in os.scandir("/proc"):
        with suppress(OSError, ValueError, IndexError):
            if entry.name.isdigit():
                with open(f"/proc/{entry.name}/stat", "rb") as file:
                    fields = file.read().rpartition(b")")[2].split()
                if int(fields[3]) == leader:
                    pids.append(int(entry.name))
    return pids


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")
