# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is mounted on a host, as the kernel lists it in /proc/self/mountinfo (proc(5)). Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Iterable

_ESCAPED = re.compile(r"\\([0-7]{3})")


@dataclass(frozen=True)
class Mount:
    """``source``: the device; ``whole``: it shows the root of its file system, as a bind mount of a folder does not."""

    place: str
    kind: str
    source: str
    whole: bool


def parse_mounts(mountinfo: str) -> list[Mount]:
    """What is seen at each mount point, whole file systems first. Of several mounts at one point the last one counts.

    >>> parse_mounts("26 1 8:1 / / rw shared:1 - ext4 /dev/sda1 rw")
    [Mount(place='/', kind='ext4', source='/dev/sda1', whole=True)]
    """
    by_place: dict[str, Mount] = {}
    for line in mountinfo.splitlines():
        mount, dummy, system = line.partition(" - ")
        fields, about = mount.split(), [*system.split(), "", ""]
        if len(fields) > 4:
            place = unescaped(fields[4])
            by_place.pop(place, None)
            by_place[place] = Mount(place, about[0], unescaped(about[1]), fields[3] == "/")
    return sorted(by_place.values(), key=lambda mount: not mount.whole)


def unescaped(place: str) -> str:
    """A mount point as it is named; the kernel writes blanks and the like as octal numbers.

    >>> unescaped("/mnt/a" + chr(92) + "040b")
    '/mnt/a b'
    """
    return _ESCAPED.sub(lambda octal: chr(int(octal.group(1), 8)), place)


def mount_of(path: str, places: Iterable[str]) -> str:
    """The mount point under which a path lies, by its words alone; empty for none.

    >>> mount_of("/mnt/backups/daily", ["/", "/mnt/backups", "/mnt/b"])
    '/mnt/backups'
    """
    above = [place for place in places if path == place or path.startswith(place.rstrip("/") + "/")]
    return max(above, key=len, default="")
