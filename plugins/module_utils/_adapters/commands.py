# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Other programs: run without a shell, bounded in time, with what they said. I/O."""

from __future__ import annotations

import os
import signal
import subprocess
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
        """Wait for it; with everything that it started it is ended when its time is over."""
        if self._process is None:
            return Ran(self.argv, -1, "", self._why)
        try:
            out, err = self._process.communicate(timeout=seconds)
            return Ran(self.argv, self._process.returncode, _text(out), _text(err))
        except subprocess.TimeoutExpired:
            self.stop()
            out, err = self._process.communicate()
            return Ran(self.argv, None, _text(out), _text(err))

    def stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)


def run(argv: Sequence[str], seconds: float, environment: Mapping[str, str] | None = None, folder: str = "") -> Ran:
    return Running(argv, environment, folder).result(seconds)


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")
