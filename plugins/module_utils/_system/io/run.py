# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The process of this run on its controller, as a later run can recognise it, and whether another one is active. I/O.

An act without an outcome is either cut off or still under way. On one controller that can be seen; the process of a
run on another one, or in another container, is not visible from here.
"""

from __future__ import annotations

import multiprocessing
import os
from dataclasses import replace

from ..identity import UNKNOWN, identity_of
from . import identity as processes
from .kernel_files import read

_BOOT = "/proc/sys/kernel/random/boot_id"  # of the controller's kernel: pids of another one say nothing here


def this_run() -> str:
    """Called in a process that Ansible has forked for a task. Empty where there are no such identities, as on macOS."""
    parent = multiprocessing.parent_process()
    known, boot = processes.identity(parent.pid if parent and parent.pid else os.getpid()), read(_BOOT).strip()
    return f"{boot}:{replace(known, boot='').text}" if boot and known.started else ""


def state_of_run(run: str) -> str:
    """``runs``, ``ended`` or ``unknown``."""
    boot, dummy, text = run.partition(":")
    known = identity_of(text)
    if known is None or not boot or boot != read(_BOOT).strip():
        return UNKNOWN
    return processes.state(replace(known, boot=processes.boot()))
