# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Files beside a log that may have been rotated out of it under a name that is not read. I/O.

A number alone before the ending (app-1.log) is that of a rotated file with one program, and that of an instance, which
writes beside the others, with another: such files are named and not read.
"""

from __future__ import annotations

import os
import re
import stat
from typing import Collection

from ..._core.text import some
from .limits import Tally

_ENDING = re.compile(r"\.(?:log|txt|out|err|json|jsonl)\Z")
_EARLIER = re.compile(
    r"\d|(?:^|[-_.])(?:old|bak|backup|prev|previous|last|save|saved|orig|archive|archived|rotated)\b|~"
)
_MOST = 20_000  # entries of a folder that are looked at


def note_siblings(path: str, family: Collection[str], floor: float, tally: Tally) -> None:
    """Name what was written from ``floor`` on and may belong to a log of which nothing older than that was read."""
    folder, name = os.path.split(path)
    stem = _ENDING.sub("", name)
    own = {os.path.basename(member) for member in family}
    written: list[str] = []
    try:
        with os.scandir(folder or ".") as entries:
            for number, entry in enumerate(entries):
                if number >= _MOST:
                    break
                if entry.name in own or not _may_belong(entry.name, name, stem):
                    continue
                figures = entry.stat(follow_symlinks=False)
                if stat.S_ISREG(figures.st_mode) and figures.st_size and figures.st_mtime >= floor:
                    written.append(entry.name)
    except OSError:
        return
    if written:
        was, it = ("was", "it") if len(written) == 1 else ("were", "them")
        tally.note(f"{some(sorted(written))} may be rotated out of it and {was} not read: name {it} in files, if so")


def _may_belong(other: str, name: str, stem: str) -> bool:
    """Whether its name is that of the log with more behind it, or with a number or a word for an earlier one in it."""
    if other.startswith(name):
        return not other[len(name)].isalnum()
    rest = other[len(stem) :]
    return bool(stem) and other.startswith(stem) and not rest[:1].isalpha() and bool(_EARLIER.search(rest))
