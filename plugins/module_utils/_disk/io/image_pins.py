# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Images that something names by their digest or id: compose files, containers, records of releases. I/O.

Such an image has no tag, as one has that a newer build replaced, and `docker image prune` takes both for rubbish.
"""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Iterable, Mapping

from ..._compose.container import DIRECTORY, ENV_FILES, FILES

_DIGEST = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")
_NAMED_FILE = re.compile(
    r"(?<![^\s\"'\[\]{},#])[^\s\"'\[\]{},#]{1,255}(?:\.ya?ml|\.env)\b"
)  # what include and extends and env_file name
_MOST = 2**22  # bytes of a file
_FILES = 300


@dataclass
class Pins:
    """``digests``: 64 digits each, of images by id or as a registry has them. ``unread``: files that may not be read.

    ``missing``: compose files that are not on this host.
    """

    digests: set[str] = field(default_factory=set)
    unread: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    def names(self, id: str, references: Iterable[str]) -> bool:
        """Whether an image is named, by its id or by what it was pulled as (``redis@sha256:...``)."""
        return bool(self.digests & digests_in(" ".join((id, *references))))


def digests_in(text: str) -> set[str]:
    return set(_DIGEST.findall(text))


def image_pins(containers: Iterable[Mapping[str, Any]], releases: str) -> Pins:
    """What containers were made of, compose files of their projects name, and records of releases name.

    ``containers``: as the engine lists them; ``releases``: the folder of snapshots.
    """
    pins = Pins()
    wanted: dict[str, bool] = {}  # path: whether it must be there
    for container in containers:
        pins.digests |= digests_in(f"{container.get('Image')} {container.get('ImageID')}")
        labels = container.get("Labels") or {}
        folder = str(labels.get(DIRECTORY) or "")
        for label in (FILES, ENV_FILES):
            wanted.update({path.strip(): True for path in str(labels.get(label) or "").split(",") if path.strip()})
        if folder:
            wanted.setdefault(os.path.join(folder, ".env"), False)
    _follow(pins, wanted)
    root = Path(releases).expanduser()
    for folder, dummy, names in os.walk(root, onerror=lambda error: _refused(pins, error)):
        for name in names:
            _take(pins, os.path.join(folder, name), False)
    return pins


def _follow(pins: Pins, wanted: dict[str, bool]) -> None:
    """Read compose files, and those that they name, each once."""
    ahead, known = list(wanted.items()), set(wanted)
    while ahead:
        path, needed = ahead.pop(0)
        if len(known) > _FILES:
            pins.unread.append(f"more than {_FILES} compose files")
            return
        text = _take(pins, path, needed)
        for name in _NAMED_FILE.findall(text):
            other = os.path.normpath(os.path.join(os.path.dirname(path), name.partition("=")[2] or name))
            if other not in known:
                known.add(other)
                ahead.append((other, False))


def _take(pins: Pins, path: str, needed: bool) -> str:
    """The text of a regular file, and the digests in it."""
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            return ""
        with open(path, "rb") as file:
            text = file.read(_MOST).decode("utf-8", "replace")
    except (FileNotFoundError, NotADirectoryError):
        pins.missing += [path] if needed else []
        return ""
    except OSError as error:
        pins.unread.append(f"{path}: {error.strerror}")
        return ""
    pins.digests |= digests_in(text)
    return text


def _refused(pins: Pins, error: OSError) -> None:
    if not isinstance(error, FileNotFoundError):
        pins.unread.append(f"{error.filename}: {error.strerror}")
