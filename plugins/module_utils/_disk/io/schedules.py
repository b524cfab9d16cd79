# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What cron, at and systemd run on this host: an ended container that a job starts is no rubbish. I/O.

Also the scripts that they name are read, one step far. What may not be read is named: then it is not known.
"""

from __future__ import annotations

import errno
import glob
import os
import re
import stat
from dataclasses import dataclass

from ..._core.text import counted

_PLACES = (
    "/etc/crontab",
    "/etc/anacrontab",
    "/etc/cron*/*",
    "/var/spool/cron/*",
    "/var/spool/cron/crontabs/*",
    "/var/spool/cron/atjobs/*",
    "/var/spool/at/*",
    "/etc/systemd/system/*.service",
    "/etc/systemd/system/*.timer",
    "/etc/systemd/system/*.d/*.conf",
    "/usr/local/lib/systemd/system/*.service",
    "/root/.config/systemd/user/*.service",
    "/home/*/.config/systemd/user/*.service",
)
# Folders that show nothing to another user: a pattern finds no file in them, and no error.
_CLOSED = ("/var/spool/cron/crontabs", "/var/spool/cron", "/var/spool/cron/atjobs", "/var/spool/at")
_MOST = 2**18  # bytes of a file
_SCRIPTS = 200
_PATH = re.compile(r"(?<![\w.$/-])/[\w.@+-]+(?:/[\w.@+-]+)*")
_BINARY = b"\x7fELF"


@dataclass(frozen=True)
class Schedules:
    """``text``: all that was read; ``unread``: the first place that may not be read, empty for none."""

    text: str
    unread: str = ""

    def names(self, name: str, short_id: str) -> bool:
        """Whether a container is named there, or its short id."""
        return bool(re.search(rf"(?<![\w.-])(?:{re.escape(name)}|{re.escape(short_id)})(?![\w-]|\.\w)", self.text))


def schedules(root: str = "") -> Schedules:
    """What this host runs by itself. ``root``: before every path, for a host below a folder."""
    texts: list[str] = []
    unread = [f"{place}" for place in _CLOSED if _is_closed(root + place)]
    for pattern in _PLACES:
        for path in sorted(glob.glob(root + pattern)):
            text, refused = _read(path)
            texts.append(text)
            unread += [path[len(root) :]] if refused else []
    scripts = sorted({path for text in texts for path in _PATH.findall(text)})
    for script in scripts[:_SCRIPTS]:
        text, refused = _read(root + script)
        texts.append(text)
        unread += [script] if refused else []
    if len(scripts) > _SCRIPTS:
        unread.append(f"{counted(len(scripts) - _SCRIPTS, 'more script')}")
    return Schedules("\n".join(texts), unread[0] if unread else "")


def _is_closed(folder: str) -> bool:
    return os.path.isdir(folder) and not os.access(folder, os.R_OK | os.X_OK)


def _read(path: str) -> tuple[str, bool]:
    """The text of a regular file that is no program, and whether it may not be read."""
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            return "", False
        with open(path, "rb") as file:
            data = file.read(_MOST)
    except OSError as error:
        return "", error.errno in (errno.EACCES, errno.EPERM)
    return ("" if data.startswith(_BINARY) else data.decode("utf-8", "replace")), False
