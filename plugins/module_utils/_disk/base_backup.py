# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A base backup by its manifest, and an archive of write-ahead log by the names of its segments. Pure."""

from __future__ import annotations

import json
import re
from typing import Iterable, Mapping, Sequence

from .._core.text import counted, some

# As archives keep them: packed, encrypted, or with the checksum that pgBackRest adds.
_PACKED = r"(?:-[0-9a-f]{40})?(?:\.(?:gz|zstd?|lz4|xz|bz2|br|partial|lzo?|Z|gpg|pgp|age|enc|aes))*\Z"
SEGMENT = re.compile(r"([0-9A-F]{8})([0-9A-F]{8})([0-9A-F]{8})" + _PACKED)
_HISTORY = re.compile(r"(?:[0-9A-F]{8}\.history|[0-9A-F]{24}\.[0-9A-F]{8}\.backup)" + _PACKED)
_OF_LOG = {16: 256, 32: 128, 64: 64, 128: 32, 256: 16, 512: 8, 1024: 4, 8: 512, 4: 1024, 2: 2048, 1: 4096}  # MiB


def sizes_in(manifest: bytes) -> dict[str, int] | None:
    """Path and bytes of each file of a base backup; None where the manifest is cut off or no manifest."""
    try:
        files = json.loads(manifest)["Files"]
        return {str(file["Path"]): int(file["Size"]) for file in files if "Path" in file}
    except (ValueError, KeyError, TypeError):
        return None


def lacking(wanted: Mapping[str, int], sizes: Mapping[str, int]) -> str:
    """What of a base backup is missing or of another size than its manifest says; empty where nothing is."""
    missing = sorted(path for path in wanted if path not in sizes)
    other = sorted(path for path, size in wanted.items() if sizes.get(path, size) != size)
    if missing:
        return f"{len(missing)} of {len(wanted)} files are missing ({some(missing)})"
    return (
        f"{counted(len(other), 'file has', 'files have')} another size than the manifest says ({some(other)})"
        if other
        else ""
    )


def is_segment(name: str) -> bool:
    """Whether it is a file of an archive of write-ahead log."""
    return bool(SEGMENT.match(name))


def is_history(name: str) -> bool:
    """Whether it is a history of timelines or the label of a base backup, as they lie in an archive of write-ahead log.

    >>> is_history("00000002.history.gz"), is_history("000000010000000000000003.00000028.backup")
    (True, True)
    """
    return bool(_HISTORY.match(name))


def gap_in(names: Iterable[str], sizes: Sequence[int] = ()) -> str:
    """The first segment that the newest timeline lacks; empty where none is missing.

    ``sizes``: of segments that are not compressed, which give the number of segments to a log file (256 by default).
    """
    segments = sorted(match.groups() for match in map(SEGMENT.match, names) if match)
    if not segments:
        return ""
    to_a_log = _OF_LOG.get(max(sizes, default=0) // 2**20, 256)
    newest = segments[-1][0]
    numbers = sorted({int(log, 16) * to_a_log + int(segment, 16) for line, log, segment in segments if line == newest})
    for number, following in zip(numbers, numbers[1:]):
        if following != number + 1:
            missing = number + 1
            return f"{newest}{missing // to_a_log:08X}{missing % to_a_log:08X}"
    return ""
