# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Big logs of containers: the end is saved, then they are emptied under the engine's hands. I/O.

The engine appends to its json-file logs, so that a log may be emptied while it is written and grows from 0 again. That
every process that has it open appends is looked up for each file; otherwise it would be left with a hole in front.
"""

from __future__ import annotations

import ctypes
import errno
import gzip
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Sequence

from ..._compose.container import PROJECT
from ..._compose.io.engine import Engine
from ..._core.errors import EngineError, HostError
from ..._core.plan import unspaced
from ..._system.io.open_files import OpenFiles
from ..reclaim import LOGS, Find, format_bytes

_PUNCH = 0x01 | 0x02  # fallocate(2): FALLOC_FL_KEEP_SIZE, FALLOC_FL_PUNCH_HOLE
_COLLAPSE = 0x08  # FALLOC_FL_COLLAPSE_RANGE: what follows moves to the front, in one step for every writer
_BLOCKS = (65536, 2**20)  # bytes that file systems collapse by where it is more than their block
_PIECE = 2**20
_ROUNDS = 20  # of catching up with a log that is written while its end is saved
_MORE = (
    16 * 2**20
)  # bytes that catching up may save beside as much as there was at first: a writer may be the faster one
_LONGEST = 16 * 2**20  # bytes of a line


@dataclass(frozen=True)
class Log:
    """The file of a container's log, as it was observed."""

    id: str
    container: str
    path: str
    inode: int
    bytes: int
    bounded: bool


def logs(engine: Engine, device: int, least: int, project: str) -> list[Log]:
    """The json-file logs on a file system that are bigger than ``least`` bytes; the `local` driver bounds its own."""
    container_logs = []
    for container in engine.labelled():
        if project and (container.get("Labels") or {}).get(PROJECT) != project:
            continue
        try:
            place = engine.log_place(container["Id"])
            name, driver, options = engine.logging(container["Id"])
        except EngineError as error:
            if error.details.get("status") == 404:
                continue  # it went meanwhile
            raise
        if driver != "json-file" or not place["path"]:
            continue
        try:
            figures = os.stat(place["path"], follow_symlinks=False)
        except OSError:
            continue
        if figures.st_dev == device and figures.st_size > least:
            bounded = bool(options.get("max-size"))
            container_logs.append(
                Log(container["Id"], name, place["path"], figures.st_ino, figures.st_blocks * 512, bounded)
            )
    return container_logs


def finds(container_logs: Sequence[Log], device: int, opened: OpenFiles, keep: int) -> list[Find]:
    """Each log as something to be freed. ``keep``: bytes of its end that are saved."""
    log_finds = []
    for log in container_logs:
        appended = opened.writers.get((device, log.inode), True)
        bound = "" if log.bounded else " and has no bound"
        log_finds.append(
            Find(
                LOGS,
                f"log:{log.id[:12]}/{log.inode}",
                f"log of {unspaced(log.container)}",
                log.bytes,
                f"grew to {format_bytes(log.bytes)}{bound}; its last {format_bytes(keep)} are saved first",
                "empty",
                "" if appended else "a process writes it without O_APPEND: truncated, it would only become sparse",
                {
                    "path": log.path,
                    "inode": log.inode,
                    "id": log.id,
                    "container": log.container,
                    "bounded": log.bounded,
                },
            )
        )
    return log_finds


def empty(engine: Engine, handle: dict[str, Any], keep: int, folder: str) -> str:
    """Save the end, empty the log; says where the end is and whether lines may be missing there.

    Empty where the log is another by now.
    """
    try:
        if engine.log_place(handle["id"])["path"] != handle["path"]:
            return ""
        file = os.open(handle["path"], os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    except EngineError as error:
        if error.details.get("status") == 404:
            return ""
        raise
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise HostError(f"The log of {handle['container']} could not be opened: {error.strerror}.") from None
    try:
        figures = os.fstat(file)
        if figures.st_ino != handle["inode"]:
            return ""
        start = _line_start(file, max(0, figures.st_size - keep))
        saved, end = _save(file, start, handle, folder)
        return f"{saved}{_cut(file, end)}"
    except OSError as error:
        raise HostError(
            f"The end of the log of {handle['container']} could not be saved in {folder} ({error.strerror or error}),"
            " so the log was left as it is. Say another folder with saved_dir."
        ) from None
    finally:
        os.close(file)


def _line_start(file: int, at: int) -> int:
    """The first byte of a line at or after ``at``; ``at`` itself where no line ends within a piece."""
    if at == 0:
        return 0
    ends = os.pread(file, _PIECE, at - 1).find(b"\n")
    return at + ends if ends >= 0 else at


def _cut(file: int, end: int) -> str:
    """Remove what is saved, up to the byte ``end``; says what may be missing, if anything.

    Where the file system can, the saved part is cut out in front, in one step for every writer: what was written since
    stays in the log. Else the log is truncated, and what is written between the last look and that is lost.
    """
    whole = _last_line_end(file, end)
    for block in (os.fstatvfs(file).f_bsize, *_BLOCKS):
        size = (min(whole, os.fstat(file).st_size - 1)) // block * block  # a range up to the end is refused
        torn = size > 0 and os.pread(file, 1, size - 1) != b"\n"
        if _fallocate(file, _COLLAPSE, size):
            if torn:
                _blank_first_line(file, whole - size)
            return ""
    looked = time.monotonic()
    written = os.fstat(file).st_size - end
    os.ftruncate(file, 0)
    if written > 0:
        return f" ({format_bytes(written)} that were written while it was emptied are missing)"
    window = max(1, round(1000 * (time.monotonic() - looked)))
    return f" (lines of the last {window} ms before it was emptied may be missing)"


def _last_line_end(file: int, end: int) -> int:
    """The end of the last whole line before ``end``: of one that is being written only the beginning is saved."""
    at = end
    while at > max(0, end - _LONGEST):
        begin = max(0, at - _PIECE)
        place = os.pread(file, at - begin, begin).rfind(b"\n")
        if place >= 0:
            return begin + place + 1
        at = begin
    return 0


def _blank_first_line(file: int, most: int) -> None:
    """The cut is at a block and not at a line: the rest of the line that it tore, which is saved, becomes blank.

    Otherwise the engine could not read the log, which is JSON to it. The line end stays, and is blank to JSON too.
    ``most``: bytes in which it ends.
    """
    at = 0
    while at < most:
        piece = os.pread(file, min(_PIECE, most - at), at)
        torn = piece.find(b"\n")
        os.pwrite(file, b" " * (torn if torn >= 0 else len(piece)), at)
        if torn >= 0 or not piece:
            return
        at += len(piece)


def _save(file: int, start: int, handle: dict[str, Any], folder: str) -> tuple[Path, int]:
    """The log from ``start`` on, packed, for its owner alone, and the byte up to which it is saved."""
    name = f"{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}-{handle['container']}-{handle['id'][:12]}.log.gz"
    place = Path(folder).expanduser() / name
    try:
        return _written(file, start, place)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
    # Not even the end has room. What comes before it goes first, in place, so that nothing of the end is ever missing.
    # That makes room on the log's own disk alone.
    if not _on_disk(os.fstat(file).st_dev, place.parent):
        raise OSError(errno.ENOSPC, "no space is left there, and it is another disk than the log's")
    if not _fallocate(file, _PUNCH, start):
        raise OSError(errno.ENOSPC, "no space is left there")
    try:
        return _written(file, start, place)
    except OSError as error:
        raise HostError(
            f"The end of the log of {handle['container']} could not be saved in {folder} ({error.strerror or error})."
            " What comes before it was given up to make room; the end itself is still in the log. Say another folder"
            " with saved_dir."
        ) from None


def _on_disk(device: int, folder: Path) -> bool:
    """Whether a folder, or where it would be made, is on a file system."""
    there = folder
    while not os.path.exists(there) and there != there.parent:
        there = there.parent
    return there.stat().st_dev == device


def _written(file: int, start: int, place: Path) -> tuple[Path, int]:
    part = place.with_name(f"{place.name}.part")
    try:
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "wb") as raw:
            with gzip.GzipFile(fileobj=raw, mode="wb", mtime=0) as packed:
                at, most = start, 0
                for dummy in range(_ROUNDS):
                    size = os.fstat(file).st_size
                    most = most or size + (size - start) + _MORE
                    if size <= at or at >= most:
                        break
                    at += _copied(file, at, min(size, most), packed)
            raw.flush()
            os.fsync(raw.fileno())
        part.replace(place)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return place, at


def _copied(file: int, at: int, end: int, packed: Any) -> int:
    """How many bytes from ``at`` to ``end`` were there."""
    total = 0
    while at + total < end:
        piece = os.pread(file, min(_PIECE, end - at - total), at + total)
        if not piece:
            break
        packed.write(piece)
        total += len(piece)
    return total


def _fallocate(file: int, mode: int, size: int) -> bool:
    """Give the first ``size`` bytes back, with or without moving the rest; whether the file system can."""
    if size <= 0:
        return False
    try:
        libc = ctypes.CDLL(None, use_errno=True)
        offset = ctypes.c_int64
        return bool(libc.fallocate64(file, mode, offset(0), offset(size)) == 0)
    except (OSError, AttributeError):
        return False
