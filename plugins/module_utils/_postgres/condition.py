# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a server says of itself as a whole: whether it writes, archives, makes checkpoints, and what it keeps. Pure."""

from __future__ import annotations

from typing import NamedTuple


class DatabaseAges(NamedTuple):
    """How many transactions, and how many multixacts, ago a database was frozen. ``open``: it accepts connections."""

    name: str
    xid: int
    multixact: int
    open: bool = True

    @property
    def oldest(self) -> int:
        """The larger age of the two, each of which has the same end."""
        return max(self.xid, self.multixact)


class Holder(NamedTuple):
    """What keeps the horizon back, by how many transactions."""

    kind: str
    who: str
    age: int


class Slot(NamedTuple):
    """A replication slot. Bytes; ``behind``: what the consumer of a logical slot has not confirmed; ``room``: what may
    be written before the slot loses WAL (max_slot_wal_keep_size), None without a limit."""

    name: str
    logical: bool
    active: bool
    kept: int
    behind: int = 0
    status: str = ""
    room: int | None = None


class Archiver(NamedTuple):
    """The WAL archiver. Seconds since it last failed; None: it has not failed since it last archived a file.

    ``ready``: files that wait for it, the oldest for ``oldest`` seconds. None: this login may not see that.
    """

    on: bool = False
    failed: float | None = None
    file: str = ""
    ready: int | None = None
    oldest: float | None = None


class Checkpoints(NamedTuple):
    """Seconds since the last checkpoint that is complete began, and bytes of WAL since then, with their limits."""

    seconds: float = 0.0
    written: int = 0
    timeout: float = 300.0
    max_wal: int = 2**30


class Recovery(NamedTuple):
    """Where a standby's WAL comes from. ``streams``: it has a primary to connect to, None where the login may not see
    that; ``restores``: from an archive; ``replays``: it does so just now."""

    streams: bool | None = None
    restores: bool = False
    replays: bool = False


class Disk(NamedTuple):
    """The file system that the server writes to. Bytes."""

    what: str
    size: int
    free: int


class Condition(NamedTuple):
    """Facts of one snapshot. ``read_only``: the source of default_transaction_read_only = on, empty where it is off.

    ``read_only_databases``: those for which it is set. ``read_only_roles``: roles that own tables, and are so in a
    database, or in all of them where that is empty. ``recovery``: of a standby. ``wal_bytes``: the size of pg_wal, None
    where it is not known.
    """

    ages: tuple[DatabaseAges, ...] = ()
    holders: tuple[Holder, ...] = ()
    read_only: str = ""
    read_only_databases: tuple[str, ...] = ()
    read_only_roles: tuple[tuple[str, str], ...] = ()
    archiver: Archiver = Archiver()
    wal_bytes: int | None = None
    checkpoints: Checkpoints = Checkpoints()
    slots: tuple[Slot, ...] = ()
    disks: tuple[Disk, ...] = ()
    recovery: Recovery | None = None
