# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Read a backup as far as it can be judged: a dump in SQL, an archive of pg_dump, a base backup. I/O."""

from __future__ import annotations

import bz2
import errno
import gzip
import lzma
import os
import shutil
import stat
import subprocess
import tempfile
import threading
import time
import zlib
from contextlib import suppress
from dataclasses import replace
from glob import glob
from itertools import chain
from typing import Any, Callable, Collection, Generator, Iterator

from ..backup import Dump
from ..base_backup import lacking, sizes_in
from ..chains import Label, label_in
from ..contents import ContentsReader
from ..other_forms import other_form
from ..series import Backup

_ENDS = 4096  # bytes of a dump's beginning and end that are read
_PIECE = 2**20
_ARCHIVE = b"PGDMP"
_TAR = (b"toc.dat\0", b"backup_label\0")  # the first file of pg_dump's tar archive, and of a base backup's
_END_OF_TAR = b"\0" * 1024
_MOST_OF_MANIFEST = 2**28
_CUT = (
    "could not open input file",
    "end of file",
    "unexpected end",
    "could not uncompress",
    "could not read from input",
    "corrupt",
    "too short",
)
# What pg_restore adds where the host hindered it, so that nothing is known of the file.
_UNREAD = tuple(map(os.strerror, (errno.EACCES, errno.EPERM, errno.EIO, errno.ENOMEM, errno.ESTALE, errno.EMFILE)))
_OPENERS: dict[bytes, Callable[..., Any]] = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ": lzma.open}
_PROGRAMS = {b"\x28\xb5\x2f\xfd": "zstd", b"\x04\x22\x4d\x18": "lz4"}
_BROKEN = (EOFError, zlib.error, gzip.BadGzipFile, lzma.LZMAError)
_NO_TIME = "there was no time to look into all of it"
_MANIFEST, _TOC, _LABEL = "backup_manifest", "toc.dat", "backup_label"


class _TimeIsOver(Exception):
    """The deadline has passed."""


class _Unreadable(Exception):
    """Why it cannot be judged, as its text."""


def backup_in(handle: int, backup: Backup, age: float, deadline: float = float("inf")) -> Dump:
    """A backup of an opened folder, looked into until then (monotonic); never by a link. ``age``: seconds."""
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | (os.O_DIRECTORY if backup.folder else os.O_NONBLOCK)
    try:
        file = os.open(backup.name, flags, dir_fd=handle)
    except OSError as error:
        return Dump(backup.name, backup.size, age, problem=f"it cannot be read ({error.strerror})")
    try:
        return (_folder if backup.folder else _file)(file, Dump(backup.name, backup.size, age), deadline)
    except _TimeIsOver:
        return Dump(backup.name, backup.size, age, problem=_NO_TIME)
    except _Unreadable as why:
        return Dump(backup.name, backup.size, age, problem=str(why))
    except OSError as error:
        return Dump(backup.name, backup.size, age, problem=f"it cannot be read ({error.strerror or error})")
    finally:
        os.close(file)


def why_unread(handle: int, backup: Backup, deadline: float) -> str:
    """Why not even the beginning of a backup can be read; empty where it can."""
    return label_of(handle, backup, deadline)[1]


def label_of(handle: int, backup: Backup, deadline: float) -> tuple[Label | None, str]:
    """The label of a base backup, of which only the beginning is read; None for anything else, and why it is unread."""
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | (os.O_DIRECTORY if backup.folder else os.O_NONBLOCK)
    try:
        file = os.open(backup.name, flags, dir_fd=handle)
    except FileNotFoundError:
        return None, ""
    except OSError as error:
        return None, f"it cannot be read ({error.strerror})"
    try:
        return label_in(_label(file) if backup.folder else _beginning(file, deadline)), ""
    except _TimeIsOver:
        return None, _NO_TIME
    except _Unreadable as why:
        return None, str(why)
    except OSError as error:
        return None, f"it cannot be read ({error.strerror or error})"
    finally:
        os.close(file)


def _label(folder: int) -> bytes:
    """Of a base backup in a folder; empty where it has none."""
    names = os.listdir(folder)
    if _LABEL in names:
        return _read(folder, _LABEL)[:_ENDS]
    tar = next((name for name in sorted(names) if name.startswith("base.tar")), "")
    if not tar:
        return b""
    file = os.open(tar, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK, dir_fd=folder)
    try:
        return _beginning(file, float("inf"))
    finally:
        os.close(file)


def _beginning(file: int, deadline: float) -> bytes:
    """The first bytes, once unpacked."""
    pieces = _unpacked(file, deadline, _ENDS)
    try:
        return next(pieces, b"")
    except _BROKEN:
        return b""
    finally:
        pieces.close()


def _file(file: int, dump: Dump, deadline: float) -> Dump:
    """Unpack all of it, which proves its checksum; keep both ends, and count what it holds."""
    head, tail, contents = b"", b"", ContentsReader()
    pieces = _unpacked(file, deadline)
    try:
        for piece in pieces:
            if not head:
                head = piece[:_ENDS]
                if head.startswith((_ARCHIVE, _TAR[0])):
                    return _archive(dump, head, chain([piece], pieces), deadline)
                form = "" if head.startswith(_TAR[1]) else other_form(dump.path, head)
                if form:
                    raise _Unreadable(form)
            tail = (tail + piece[-_ENDS:])[-_ENDS:]
            contents.feed(piece)
    except _BROKEN:
        return Dump(dump.path, dump.size, dump.age, head, b"", damaged=True)
    if head.startswith(_TAR[1]):
        # The packing is whole; a tar ends with two empty blocks.
        whole = tail.endswith(_END_OF_TAR)
        return Dump(dump.path, dump.size, dump.age, head, b"", archive=True, lacking="" if whole else "its end")
    return Dump(dump.path, dump.size, dump.age, head, tail, contents=contents.result())


def _in_time(deadline: float) -> None:
    if time.monotonic() > deadline:
        raise _TimeIsOver


def _unpacked(file: int, deadline: float, size: int = _PIECE) -> Generator[bytes, None, None]:
    """The pieces of a file, by what its first bytes say of its packing."""
    magic = os.pread(file, 8, 0)
    opener = next((opener for start, opener in _OPENERS.items() if magic.startswith(start)), None)
    program = next((name for start, name in _PROGRAMS.items() if magic.startswith(start)), "")
    path = f"/proc/self/fd/{file}"
    if program:
        if not shutil.which(program):
            raise _Unreadable(f"it is packed by {program}, which is not installed here")
        yield from _output([program, "-dc"], file, deadline, size)
        return
    with (opener or open)(path, "rb") as unpacked:
        while True:
            _in_time(deadline)
            try:
                piece = unpacked.read(size)
            except OSError as error:
                if error.errno is None:
                    raise EOFError from None  # damaged, as bz2 and gzip report it
                raise
            if not piece:
                return
            yield piece


def _output(argv: list[str], file: int, deadline: float, size: int) -> Iterator[bytes]:
    """What a program makes of a file; EOFError where that is damaged, which one that was killed does not prove."""
    with tempfile.TemporaryFile() as complaints, subprocess.Popen(
        argv, stdin=file, stdout=subprocess.PIPE, stderr=complaints
    ) as process:
        while process.stdout is not None:
            _in_time(deadline)
            piece = process.stdout.read(size)
            if not piece:
                break
            yield piece
        code = process.wait()
        complaints.seek(0)
        if code < 0 or (code and b"memory" in complaints.read(4096).lower()):
            raise _Unreadable(f"{argv[0]} cannot unpack it here: it was killed or needs more memory")
        if code:
            raise EOFError


# -- archives of pg_dump


def _restorer() -> str:
    """The newest pg_restore, which reads the archives of every older one; empty where there is none."""

    def major(path: str) -> float:
        try:
            return float(path.split("/")[-3])
        except ValueError:
            return 0.0

    installed = sorted(glob("/usr/lib/postgresql/*/bin/pg_restore") + glob("/usr/pgsql-*/bin/pg_restore"), key=major)
    return installed[-1] if installed else shutil.which("pg_restore") or ""


def _archive(dump: Dump, head: bytes, pieces: Iterator[bytes] | None, deadline: float, file: int = -1) -> Dump:
    """Have pg_restore write an archive as SQL, which reads it to its end, and count what it holds.

    ``pieces``: what it reads; None: it opens ``file``, a folder.
    """
    program = _restorer()
    if not program:
        return Dump(dump.path, dump.size, dump.age, head or _ARCHIVE)
    argv = [program, "--create", "--file=-"] + ([] if pieces is not None else [f"/proc/self/fd/{file}"])
    broken: list[BaseException] = []
    end = [b""]
    contents = ContentsReader()
    with tempfile.TemporaryFile() as complaints:
        with subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL if pieces is None else subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=complaints,
            pass_fds=(file,) if pieces is None else (),
            env={**os.environ, "LC_ALL": "C"},
        ) as process:
            feeder = threading.Thread(target=_feed, args=(process.stdin, pieces, broken, end), daemon=True)
            feeder.start()
            while process.stdout is not None:
                piece = process.stdout.read(_PIECE)
                if not piece:
                    break
                contents.feed(piece)
                if time.monotonic() > deadline:
                    process.kill()
            feeder.join()
        complaints.seek(0)
        why = complaints.read(4096).decode("utf-8", "replace").strip()
    if time.monotonic() > deadline or any(isinstance(error, _TimeIsOver) for error in broken):
        raise _TimeIsOver
    if broken and not isinstance(broken[0], _BROKEN):
        raise broken[0]
    if broken:
        return Dump(dump.path, dump.size, dump.age, head, b"", damaged=True)
    if process.returncode:
        if any(word in why for word in _CUT) and not any(word in why for word in _UNREAD):
            return Dump(
                dump.path, dump.size, dump.age, head, archive=True, lacking="pg_restore cannot read it to its end"
            )
        raise _Unreadable(f"pg_restore cannot read it ({why.splitlines()[-1][:160] if why else 'it gives no reason'})")
    # pg_restore takes the end of a file for the end of a tar archive, which has an end of its own.
    cut = head.startswith(_TAR[0]) and not end[0].endswith(_END_OF_TAR)
    return Dump(
        dump.path,
        dump.size,
        dump.age,
        head,
        archive=True,
        contents=contents.result(),
        lacking="it has no end of a tar archive" if cut else "",
    )


def _feed(to: Any, pieces: Iterator[bytes] | None, broken: list[BaseException], end: list[bytes]) -> None:
    """Write what is unpacked to pg_restore, until it has enough; ``end``: the last bytes of it."""
    if pieces is None:
        return
    try:
        for piece in pieces:
            end[0] = (end[0] + piece[-_ENDS:])[-_ENDS:]
            with suppress(BrokenPipeError):
                to.write(piece)
    except (*_BROKEN, _TimeIsOver, _Unreadable, OSError) as error:
        broken.append(error)
    finally:
        with suppress(OSError):
            to.close()


# -- folders


def is_backup_folder(handle: int, name: str) -> bool:
    """Whether a folder in an opened one is a backup: an archive of pg_dump, or a base backup."""
    try:
        folder = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=handle)
    except OSError:
        return False
    try:
        names = set(os.listdir(folder))
    except OSError:
        return False
    finally:
        os.close(folder)
    return bool(names & {_TOC, _MANIFEST, "PG_VERSION"}) or any(name.startswith("base.tar") for name in names)


def closed_folder(handle: int, silent: Collection[str] = ()) -> str:
    """The first folder in an opened one that may not be read, so that it may be a backup; empty for none.

    ``silent``: names of those that do not answer.
    """
    with os.scandir(handle) as entries:
        for entry in entries:
            if entry.name in silent:
                return f"{entry.name}: it does not answer"
            if not entry.is_dir(follow_symlinks=False) or entry.name == "lost+found":
                continue
            try:
                os.close(
                    os.open(entry.name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=handle)
                )
            except FileNotFoundError:
                continue
            except OSError as error:
                return f"{entry.name}: it cannot be read ({error.strerror})"
    return ""


def _folder(folder: int, dump: Dump, deadline: float) -> Dump:
    """An archive of pg_dump in the directory format, or a base backup."""
    names = os.listdir(folder)
    if _TOC in names:
        if any(not stat.S_ISREG(_figures(folder, name).st_mode) for name in names):
            raise _Unreadable("it holds links or folders, which an archive of pg_dump does not")
        return _archive(dump, b"", None, deadline, folder)
    if _MANIFEST not in names:
        base = "PG_VERSION" in names or any(name.startswith("base.tar") for name in names)
        what = "it is a base backup without a manifest" if base else "it is a folder of another kind"
        raise _Unreadable(f"{what}, of which it cannot be judged whether it is complete")
    wanted = sizes_in(_read(folder, _MANIFEST))
    if wanted is None:
        return Dump(dump.path, dump.size, dump.age, archive=True, lacking="its manifest is cut off")
    dump = replace(dump, head=_label(folder))
    packed = sorted(name for name in names if ".tar" in name)
    if packed:
        return _base_in_tars(folder, dump, packed, deadline)
    sizes = {}
    for path in wanted:
        _in_time(deadline)
        with suppress(FileNotFoundError, NotADirectoryError):
            sizes[path] = _figures(folder, path).st_size
    return replace(dump, archive=True, lacking=lacking(wanted, sizes))


def _base_in_tars(folder: int, dump: Dump, packed: list[str], deadline: float) -> Dump:
    if not any(name.startswith("base.tar") for name in packed):
        return replace(dump, archive=True, lacking="base.tar is missing")
    for name in packed:
        file = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
        tail = b""
        try:
            for piece in _unpacked(file, deadline):
                tail = (tail + piece[-_ENDS:])[-_ENDS:]
        except _BROKEN:
            return replace(dump, damaged=True)
        finally:
            os.close(file)
        if not tail.endswith(_END_OF_TAR):
            return replace(dump, archive=True, lacking=f"{name} breaks off")
    return replace(dump, archive=True)


def _figures(folder: int, name: str) -> os.stat_result:
    return os.stat(name, dir_fd=folder, follow_symlinks=False)


def _read(folder: int, name: str) -> bytes:
    file = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
    with os.fdopen(file, "rb") as manifest:
        return manifest.read(_MOST_OF_MANIFEST)
