"""Processes of this host: when each was started, and which could be taken for another."""

from __future__ import annotations

import os
import time

from ansible_collections.pafar.runbook.plugins.module_utils._system.counters import Process
from ansible_collections.pafar.runbook.plugins.module_utils._system.io.procfs import read_processes, twins_of


def test_the_start_of_a_process_is_read_in_seconds_since_1970():
    before = time.time()
    child = os.fork()
    if not child:
        time.sleep(60)
        os._exit(0)
    try:
        started = read_processes()[child].started
        assert started is not None
        assert before - 0.1 <= started <= time.time() + 0.1
    finally:
        os.kill(child, 9)
        os.waitpid(child, 0)


def test_twins_have_one_name_one_pid_in_their_namespaces_and_one_start():
    """None of these pids is in use, so that the pid in the namespace is the one that was given."""
    far = 2**22  # above the highest pid that a kernel gives
    busy = Process(far, far + 1, "postgres", "a", 1.0, 9, 1000.0)
    twin, later = (Process(far + 1, far + 1, "postgres", "b", 0.0, 9, started) for started in (1001.0, 1003.0))
    other_name = Process(far + 1, far + 1, "python", "b", 0.0, 9, 1000.0)
    assert twins_of(busy, [busy, twin], 2.0) == 1
    assert twins_of(busy, [busy, later, other_name], 2.0) == 0
    assert twins_of(busy, [busy, Process(far + 1, far + 1, "postgres", "b", 0.0, 9)], 2.0) == 1, "its start is unknown"
    assert twins_of(Process(far, far, "postgres", "a", 1.0, 9), [], 2.0) is None
