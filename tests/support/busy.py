"""Other work on the machine, beside a test run: `make test BUSY=1`.

``PROCESSES`` processes burn processor time and one writes and deletes files on the disk of this clone. They end with
the ``with`` block, and also when the process that started them is gone, however that ended.
"""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

PROCESSES = 4
_FILE_BYTES = 4_000_000
_FILES = 16


def burn(parent: int) -> None:
    """Compute until the parent is gone."""
    while os.getppid() == parent:
        sum(number * number for number in range(100_000))


def churn(parent: int, folder: str) -> None:
    """Write files, force them to the disk, and delete the oldest, until the parent is gone."""
    for number in count():
        if os.getppid() != parent:
            shutil.rmtree(folder, ignore_errors=True)
            return
        with Path(folder, str(number % _FILES)).open("wb") as file:
            file.write(os.urandom(_FILE_BYTES))
            file.flush()
            os.fsync(file.fileno())
        Path(folder, str((number + 1) % _FILES)).unlink(missing_ok=True)


def _run(work: Callable[..., None], *arguments: object) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # ctrl-c reaches the parent, which ends this process
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    work(*arguments)


@contextmanager
def busy(beside: Path) -> Iterator[list[int]]:
    """Start the work; the files are written into a folder below ``beside``. Yields the ids of the processes."""
    beside.mkdir(parents=True, exist_ok=True)
    folder = tempfile.mkdtemp(prefix="busy-", dir=beside)
    start = multiprocessing.get_context("spawn").Process
    me = os.getpid()
    jobs = [(burn, me) for dummy in range(PROCESSES)] + [(churn, me, folder)]
    processes = [start(target=_run, args=job, daemon=True) for job in jobs]
    try:
        for process in processes:
            process.start()
        yield [process.pid for process in processes if process.pid]
    finally:
        for process in processes:
            if process.pid:
                process.kill()
                process.join()
        shutil.rmtree(folder, ignore_errors=True)
