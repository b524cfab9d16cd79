# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The journal of systemd: what of it may go, and vacuuming it. I/O."""

from __future__ import annotations

import os
from typing import Any, Mapping

from ..._core.errors import HostError
from ..._core.plan import unspaced
from ..._system.io.commands import run
from ..reclaim import JOURNAL, Find, format_bytes

JOURNALS = "/var/log/journal"
_VACUUM_SECONDS = 120.0


def journal(directory: str, device: int, keep: int) -> list[Find]:
    """The journal's archived files beyond the newest ``keep`` bytes, the oldest first."""
    root = directory or JOURNALS
    total, archived = 0, []
    for place, dummy_folders, names in os.walk(root):
        for name in names:
            if not name.endswith((".journal", ".journal~")):
                continue
            try:
                figures = os.stat(os.path.join(place, name), follow_symlinks=False)
            except OSError:
                continue
            if figures.st_dev != device:
                continue
            total += figures.st_blocks * 512
            if "@" in name:
                archived.append((figures.st_mtime, figures.st_blocks * 512))
    going = 0
    for dummy_time, size in sorted(archived):
        if total - going <= keep:
            break
        going += size
    if not going:
        return []
    reason = f"archived entries beyond {format_bytes(keep)}; the newest stay"
    handle = {"directory": directory, "keep": keep}
    return [Find(JOURNAL, f"journal:{unspaced(root)}", "the journal", going, reason, "vacuum", "", handle)]


def vacuum(handle: Mapping[str, Any]) -> str:
    """Have journalctl drop archived files until no more than ``keep`` bytes are there."""
    argv = ["journalctl", f"--vacuum-size={handle['keep']}", "--quiet"]
    argv += [f"--directory={handle['directory']}"] if handle["directory"] else []
    ran = run(argv, _VACUUM_SECONDS, {**os.environ, "LC_ALL": "C"})
    if not ran.ok:
        why = "its time was over" if ran.rc is None else ran.last_words
        raise HostError(f"The journal could not be made smaller with `{' '.join(argv)}`: {why}.")
    return f"vacuumed the journal down to {format_bytes(handle['keep'])}"
