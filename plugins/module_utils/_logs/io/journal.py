# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The journal of systemd, by journalctl, the newest first. I/O.

Its fields: systemd.journal-fields(7); its JSON: systemd's "Journal Export Formats". A text that is no UTF-8 comes as a
list of bytes, a field that was given twice as a list of texts.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import time
from contextlib import suppress
from typing import Any, Iterator, Sequence

from ..assembly import Piece
from ..json_line import CONTAINER
from .limits import Tally

_GRADES = ("critical", "critical", "critical", "error", "warning", "notice", "info", "debug")  # syslog(3), 0 to 7
_FIELDS = ",".join(
    ["MESSAGE,PRIORITY,_SYSTEMD_UNIT,SYSLOG_IDENTIFIER,_HOSTNAME,__REALTIME_TIMESTAMP", *sorted(CONTAINER)]
)


def journal(
    units: Sequence[str], kernel: bool, directory: str, since: float, until: float, tally: Tally
) -> Iterator[Piece]:
    """Lines of these units, or of the kernel, from ``since`` to ``until``; a traceback is one entry for each line."""
    argv = ["journalctl", "--reverse", "--no-pager", "--output=json", "--all", f"--output-fields={_FIELDS}"]
    argv += [f"--since=@{int(since)}", f"--until=@{int(until) + 1}", *(f"--unit={unit}" for unit in units)]
    argv += [f"--directory={directory}"] if directory else []
    argv += ["_TRANSPORT=kernel"] if kernel else []  # --dmesg would leave out what was before the last boot
    try:
        process = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "LC_ALL": "C", "SYSTEMD_COLORS": "0"},
        )
    except OSError as error:
        tally.problem = f"journalctl could not be started ({error.strerror}): this host keeps no journal"
        return
    if process.stdout is None or process.stderr is None:
        raise RuntimeError("pipes were asked for")
    ended = False
    try:
        for line in _lines(process.stdout.fileno(), tally):
            if line is None:
                tally.note(f"older entries of the journal: {tally.limits.spent}")
                return
            more = tally.scan(len(line))
            record = _record(line)
            if record is not None:
                yield record
            if not more:
                tally.note(f"older entries of the journal: {tally.limits.spent}")
                return
        ended = True
    finally:
        if not ended:
            process.kill()
        error_text = process.stderr.read(2000).decode("utf-8", "replace")
        process.stdout.close()
        process.stderr.close()
        code = process.wait()
        if ended and code:
            tally.problem = f"journalctl failed: {' '.join(error_text.split())[:200]}"


def _lines(source: int, tally: Tally) -> Iterator[bytes | None]:
    """Its lines as they come; None where time is up before the next: journalctl may look for long where nothing is."""
    rest = b""
    answer = select.poll()  # not select(), which knows no more than 1024 files
    answer.register(source, select.POLLIN | select.POLLHUP)
    while True:
        left = tally.limits.deadline - time.monotonic()
        if left <= 0 or not answer.poll(1000 * left):
            yield None
            return
        data = os.read(source, 65536)
        if not data:
            break
        *whole, rest = (rest + data).split(b"\n")
        yield from whole
    if rest:
        yield rest


def _record(line: bytes) -> Piece | None:
    try:
        fields = json.loads(line)
    except ValueError:
        return None
    if not isinstance(fields, dict):
        return None
    at = None
    with suppress(ValueError, TypeError):
        at = int(fields.get("__REALTIME_TIMESTAMP") or 0) / 1e6 or None
    grade = ""
    with suppress(ValueError, TypeError, IndexError):
        grade = "" if CONTAINER & set(fields) else _GRADES[int(_text(fields.get("PRIORITY") or 6))]
    unit = _text(fields.get("_SYSTEMD_UNIT") or fields.get("SYSLOG_IDENTIFIER") or "")
    return Piece(at, unit, _text(fields.get("MESSAGE")), grade)


def _text(value: Any) -> str:
    if isinstance(value, list):
        if all(isinstance(item, int) for item in value):
            return bytes(item & 255 for item in value).decode("utf-8", "replace")
        return " ".join(_text(item) for item in value)
    return "" if value is None else str(value)
