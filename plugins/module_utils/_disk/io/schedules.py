# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What cron, at and systemd run on this host: an ended container that a job starts is no rubbish. I/O.

Also the scripts that they run are read, and those that these run: by a path, by a name in the folder where they work,
or by a bare name through PATH. What may not be read is named, and so is a command whose container is not known: then it
is not known which containers a job starts.
"""

from __future__ import annotations

import errno
import glob
import os
import stat
from dataclasses import dataclass, field

from ..job_texts import (
    at_homes,
    commands_of_unit,
    expanded,
    homes_of,
    is_named,
    is_recipe,
    joined,
    of_engine,
    paths_in,
    unknown_container,
    words_in,
)

_CRON = (
    "/etc/crontab",
    "/etc/anacrontab",
    "/etc/cron*/*",
    "/etc/periodic/*/*",
    "/var/spool/cron/*",
    "/var/spool/cron/crontabs/*",
    "/var/spool/cron/tabs/*",
    "/var/spool/cron/atjobs/*",
    "/var/spool/at/*",
)
# Units of the site, in which every line counts; and of packages, of which only what they run does.
_UNITS = (
    "/etc/systemd/*",
    "/usr/local/lib/systemd/*",
    "/run/systemd/*",
    "/run/user/*/systemd/*",
    "/root/.config/systemd/user",
    "/home/*/.config/systemd/user",
)
_PACKAGED = ("/usr/lib/systemd/system", "/lib/systemd/system", "/usr/lib/systemd/user")
_OF_UNITS = ("*.service", "*.timer", "*.d/*.conf")
_COMMANDS = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin", "/snap/bin", "/opt/bin")
# Folders that show nothing to another user: a pattern finds no file in them, and no error.
_CLOSED = ("/var/spool/cron/crontabs", "/var/spool/cron", "/var/spool/cron/atjobs", "/var/spool/at")
_OF_KERNEL = ("/proc/", "/sys/", "/dev/")
_BEGINNING, _MOST = 1024, 2**18  # bytes of a file by which a program is known, and that are read
_FILES = 4000
_DEPTH = 3  # scripts that run scripts


@dataclass(frozen=True)
class Schedules:
    """``text``: all that counts of what was read.

    ``unread``: the first place that may not be read, or that starts a container without its name; empty for none.
    """

    text: str
    unread: str = ""

    def names(self, name: str, short_id: str) -> bool:
        """Whether a container is named there, or its short id."""
        return is_named(self.text, name, short_id)


@dataclass
class _Reading:
    """``root``: before every path; ``refused``: what is not known; ``listings``: names by folder.

    ``known``: files that were read, and whether they lead to the engine.
    """

    root: str
    homes: list[str]
    texts: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    known: dict[tuple[int, int], bool] = field(default_factory=dict)
    listings: dict[str, frozenset[str]] = field(default_factory=dict)

    def take(self, path: str, depth: int, counts: bool, unit: bool = False) -> bool:
        """Read a file, once, and what it runs; whether any of that has to do with the engine, by which it counts.

        ``counts``: it does so even if it has nothing of the engine's.
        """
        text, identity = self.read(path, plain=depth == 0 or counts)
        if not text:
            return self.known.get(identity, False)
        text = joined(text)
        if unit:
            text = commands_of_unit(text)
        text = expanded(text)
        command = unknown_container(text)
        if command:
            self.refused.append(f"{path} runs {command[:80]}")
        reaches = self.follow(path, at_homes(text, self.homes), depth, counts and not unit) or of_engine(text)
        self.known[identity] = reaches
        if counts or reaches:
            self.texts.append(text)
        return reaches

    def follow(self, path: str, text: str, depth: int, counts: bool) -> bool:
        if depth >= _DEPTH:
            return False
        named = [other for other in paths_in(text) if not other.startswith(_OF_KERNEL)]
        reaches = [self.take(other, depth + 1, counts and depth == 0) for other in named]
        folders = {*(other for other in named if self.names_in(other)), *_COMMANDS}
        folders |= {f"{home}/{bin}" for home in self.homes for bin in ("bin", ".local/bin")}
        folders |= {os.path.dirname(path)} if depth else set(self.homes)
        words = words_in(text) | {name for other in named for name in self.names_in(other) if is_recipe(name)}
        for folder in sorted(folders):
            there = self.names_in(folder)
            for word in sorted(word for word in words if word.partition("/")[0] in there):
                reaches.append(self.take(f"{folder.rstrip('/')}/{word}", depth + 1, False))
        return any(reaches)

    def names_in(self, folder: str) -> frozenset[str]:
        """The names in a folder; none where it is no folder or may not be read."""
        if folder not in self.listings:
            try:
                self.listings[folder] = frozenset(os.listdir(self.root + folder))
            except OSError:
                self.listings[folder] = frozenset()
        return self.listings[folder]

    def read(self, path: str, plain: bool) -> tuple[str, tuple[int, int]]:
        """The text of a script, and which file it is; no text where it was read before, or is a program's or data.

        ``plain``: a job names it, so that any text counts; else it is one that may be executed, or has an extension.
        """
        identity, executed = (0, 0), False
        try:
            figures = os.stat(self.root + path)
            identity = (figures.st_dev, figures.st_ino)
            if not stat.S_ISREG(figures.st_mode) or identity in self.known:
                return "", identity
            if len(self.known) >= _FILES:
                self.refused += [f"more than {_FILES} files of jobs"]
                return "", identity
            self.known[identity] = False
            executed = bool(figures.st_mode & 0o111)
            named_so = executed or "." in os.path.basename(path) or is_recipe(os.path.basename(path))
            with open(self.root + path, "rb") as file:
                data = file.read(_BEGINNING)
                script = not data.count(b"\0") and (plain or named_so or data.startswith(b"#!"))
                data = data + file.read(_MOST) if script else b""
        except OSError as error:
            if (plain or executed) and error.errno in (errno.EACCES, errno.EPERM):
                self.refused.append(path)
            return "", identity
        return data.decode("utf-8", "replace"), identity


def schedules(root: str = "") -> Schedules:
    """What this host runs by itself. ``root``: before every path, for a host below a folder."""
    homes = [path[len(root) :] for path in (f"{root}/root", *glob.glob(f"{root}/home/*"))]
    reading = _Reading(root, homes_of(_text(f"{root}/etc/passwd"), homes))
    reading.homes = [home for home in reading.homes if home and os.path.isdir(root + home)]
    reading.refused += [place for place in _CLOSED if _is_closed(root + place)]
    users = [f"{home}/.config/systemd/user" for home in reading.homes]
    for pattern in _CRON:
        for path in sorted(glob.glob(root + pattern)):
            reading.take(path[len(root) :], 0, True)
    for folders, packaged in (((*_UNITS, *users), False), (_PACKAGED, True)):
        for folder in folders:
            for form in _OF_UNITS:
                for path in sorted(glob.glob(f"{root}{folder}/{form}")):
                    # A link to a unit of a package is one of a package, under another name.
                    linked = os.path.islink(path) and os.path.realpath(path)[len(root) :].startswith(
                        ("/usr/lib/", "/lib/")
                    )
                    stock = packaged or linked
                    reading.take(path[len(root) :], 0, not stock, stock)
    return Schedules("\n".join(reading.texts), reading.refused[0] if reading.refused else "")


def _text(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read(_MOST)
    except OSError:
        return ""


def _is_closed(folder: str) -> bool:
    return os.path.isdir(folder) and not os.access(folder, os.R_OK | os.X_OK)
