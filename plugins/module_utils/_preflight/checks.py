# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Is a site ready for an incident? Each check says what was found and, if it is not, the one cure. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Iterable, Mapping, Sequence
from urllib.parse import urlsplit

from .._core.text import printable, span
from .._postgres.connection_limits import ceilings
from .._postgres.snapshot import Picture

MIB = 2**20
HEADROOM = 0.2  # of the slots, free on an ordinary day
FULL = 0.85  # of a disk
APART = 2.0  # seconds between two clocks
_CLUSTER = b"-- PostgreSQL database cluster dump"
_END_OF_CLUSTER = _CLUSTER + b" complete"
_END_OF_DUMP = b"-- PostgreSQL database dump complete"
_LAST = 1024  # bytes in which the end is told: newest pg_dump writes an \unrestrict line behind it
_CUSTOM = b"PGDMP"


@dataclass(frozen=True)
class Check:
    """``ready`` None: it could not be looked at."""

    name: str
    ready: bool | None
    found: str
    cure: str = ""

    def as_dict(self) -> dict[str, Any]:
        return {
            "check": self.name,
            "ready": self.ready,
            "found": printable(self.found),
            "cure": "" if self.ready else printable(self.cure),
        }


@dataclass(frozen=True)
class Dump:
    """A backup file. ``head`` and ``tail``: its ends, once unpacked; ``trouble``: why it could not be read.

    ``damaged``: it was read, and its packing breaks off or does not agree with its own checksum.
    """

    path: str
    size: int
    age: float  # seconds
    head: bytes = b""
    tail: bytes = b""
    trouble: str = ""
    damaged: bool = False


def told(checks: Iterable[Check]) -> dict[str, Any]:
    """What both preflight modules return."""
    found = [one.as_dict() for one in checks]
    return {
        "changed": False,
        "checks": found,
        "ready": all(one["ready"] for one in found),
        "not_ready": [one["check"] for one in found if one["ready"] is False],
        "unknown": [one["check"] for one in found if one["ready"] is None],
    }


# -- the database


def of_sight(picture: Picture) -> Check:
    role = picture.server["role"]
    seen = f"{role} sees {len(picture.sessions) - picture.redacted} of {len(picture.sessions)} sessions"
    return Check("sees every session", not picture.redacted, seen, f"GRANT pg_monitor TO {role}")


def of_signals(role: str, allowed: bool) -> Check:
    found = f"{role} {'may' if allowed else 'may not'} end sessions of others"
    return Check("may end sessions", allowed, found, f"GRANT pg_signal_backend TO {role}")


def of_entrances(role: str, tried: Mapping[str, str], senders_free: int) -> Check:
    """``tried``: why each other entrance did not open, empty where it did."""
    opened = [name for name, why in tried.items() if not why]
    if opened and (senders_free or opened != ["replication"]):
        return Check("gets in when it is full", True, f"the {' and '.join(opened)} entrance opens")
    cure = (
        f"ALTER ROLE {role} REPLICATION, with a line `host replication {role} ...` in pg_hba.conf; or set"
        " login_reserve_user"
    )
    if opened:
        more = "ALTER SYSTEM SET max_wal_senders = 20 (or double what it is), and restart the server"
        return Check("gets in when it is full", False, "every walsender is taken", more)
    return Check("gets in when it is full", False, "; ".join(f"{name}: {why}" for name, why in tried.items()), cure)


def of_slots(picture: Picture) -> list[Check]:
    checks = []
    for one in ceilings(picture):
        name = "slots in reserve" if one.kind == "max_connections" else f"room under {one.words}"
        cure = "make the pools as small as ansible-playbook playbooks/db_connection_exhaustion.yml --check advises"
        checks.append(Check(name, not one.is_tight(HEADROOM), f"{one.free} of {one.limit} are free", cure))
    return checks


def of_extension(why: str, cure: str, notes: Sequence[str]) -> Check:
    found = why or (notes[0] if notes else "pg_stat_statements counts")
    return Check(
        "statements are counted", not why and not notes, found, cure or (notes[0].partition(": ")[2] if notes else "")
    )


def of_hypopg(database: str, there: bool) -> Check:
    found = "hypopg is there" if there else f"hypopg is not created in {database}: index advice would not be proved"
    return Check(
        "index advice can be proved", there, found, "install hypopg (no restart), then CREATE EXTENSION hypopg"
    )


def of_wal(replication: Mapping[str, Any], archiver: Mapping[str, Any]) -> list[Check]:
    dead = [one for one in replication["slots"] if not one["active"] and not one["temporary"]]
    kept = sum(one["kept_bytes"] for one in dead)
    checks = [
        Check(
            "no slot keeps WAL for nobody",
            not dead,
            f"{len(dead)} unused slots keep {kept // MIB} MiB" if dead else "every slot is in use",
            f"SELECT pg_drop_replication_slot('{dead[0]['slot']}'), if its consumer is gone for good" if dead else "",
        )
    ]
    if archiver.get("mode", "off") != "off":
        fails = archiver["failing"]
        found = f"the archiver fails since {archiver['failed_at']}" if fails else "WAL is archived"
        cure = "run what SHOW archive_command says by hand, as the server's user, on a file of pg_wal"
        checks.append(Check("WAL is archived", not fails, found, cure))
    return checks


def of_age(wraparound: Mapping[str, Any]) -> Check:
    worst = max(wraparound["databases"], key=lambda one: one["share"])
    found = (
        f"{worst['database']} is {worst['age']:,} transactions old, {worst['share']:.0%} of where autovacuum steps in"
    )
    return Check(
        "wraparound is far", worst["share"] < 1.2, found, f"VACUUM (FREEZE) in the database {worst['database']}"
    )


def of_clock(what: str, apart: float) -> Check:
    cure = "run a time service on both hosts (systemctl enable --now chrony)"
    return Check(f"the clock agrees with {what}", abs(apart) < APART, f"{apart:+.1f} s apart", cure)


def of_disk(what: str, disk: Mapping[str, Any] | None) -> Check:
    name = f"{what} has room"
    if disk is None:
        cure = "set ansible_host of this host to the database's own, and ansible_become: true"
        return Check(name, None, "it cannot be seen from here", cure)
    used = 1 - disk["free"] / disk["size"] if disk["size"] else 1.0
    found = f"{used:.0%} used, {disk['free'] // MIB:,} MiB free"
    return Check(name, used < FULL, found, f"free space there (du -xh -d 2 {disk.get('mount', '/')} | sort -h | tail)")


# -- the host


def of_inodes(filesystems: Iterable[Mapping[str, Any]]) -> Check:
    short = [one for one in filesystems if (one["inodes_used_share"] or 0) >= FULL]
    found = (
        ", ".join(f"{one['mount']} {one['inodes_used_share']:.0%}" for one in short) or "there are enough everywhere"
    )
    where = short[0]["mount"] if short else "/"
    return Check("inodes are left", not short, found, f"tidy what du --inodes -x -d 3 {where} | sort -n | tail shows")


def of_synchronised(state: bool | None) -> Check:
    found = {True: "the kernel's clock is synchronised", False: "nobody sets the kernel's clock"}
    cure = "systemctl enable --now chrony (or systemd-timesyncd)"
    return Check(
        "the clock is set",
        state,
        found.get(state, "the kernel does not tell") if state is not None else "the kernel does not tell",
        cure,
    )


def of_rotation(unbounded: Sequence[str], looked_at: int) -> Check:
    found = f"{len(unbounded)} of {looked_at} containers log without a bound: {', '.join(unbounded[:3])}"
    return Check(
        "logs are rotated",
        not unbounded,
        found if unbounded else f"the logs of {looked_at} containers are bounded",
        "give each service logging: {driver: json-file, options: {max-size: 20m, max-file: '3'}}, or set it in"
        " /etc/docker/daemon.json, and recreate the containers",
    )


def of_draining(missing: Sequence[str]) -> Check:
    found = f"missing: {', '.join(missing)}" if missing else "root, nsenter and iptables are there"
    return Check(
        "a replica can be drained", not missing, found, "set ansible_become: true; apt-get install iptables util-linux"
    )


def of_snapshots(folder: str, number: int | None) -> Check:
    if number is None:
        return Check("a release can be rolled back", None, f"{folder} cannot be read", "set ansible_become: true")
    cure = "record one with pafar.runbook.compose_snapshot after each deployment"
    return Check("a release can be rolled back", number > 0, f"{number} snapshots in {folder}", cure)


def of_dumps(where: str, dumps: Sequence[Dump], max_age: float) -> Check:
    """The newest must be whole, young, and not much smaller than the one before it."""
    name = f"backups of {where} can be restored"
    again = f"make one now (pg_dumpall | gzip > FILE.sql.gz in {where}), and mend the job (systemctl list-timers)"
    if not dumps:
        return Check(name, False, "there is none", f"set path and pattern in runbook_backups; or {again}")
    newest = min(dumps, key=lambda one: one.age)
    why = why_not_whole(newest)
    older = sorted((one for one in dumps if one is not newest), key=lambda one: one.age)
    said = f"{newest.path}: {newest.size:,} bytes, {span(newest.age)} old"
    if newest.trouble:
        return Check(name, None, f"{said}; {newest.trouble}", "set ansible_become: true on the host where they are")
    if why:
        return Check(name, False, f"{said}, {why}", again)
    if newest.age > max_age:
        return Check(name, False, f"{said}: too old", again)
    if older and newest.size < 0.5 * older[0].size:
        cure = f"keep {older[0].path}, and compare what zgrep -c . says of both; or {again}"
        return Check(name, False, f"{said}, half as big as the one before it", cure)
    if header_alone(newest):
        return Check(
            name, True, f"{said}, a custom archive by its beginning; only pg_restore tells whether it is whole"
        )
    return Check(name, True, f"{said}, whole to its last line")


def why_not_whole(dump: Dump) -> str:
    """pg_dump writes its last line when it is done. A custom archive has none: its beginning is all there is."""
    if dump.damaged:
        return "and does not end as a whole dump does: its packing breaks off or is damaged"
    if header_alone(dump) or _ends_whole(dump):
        return ""
    return "and does not end as a whole dump does"


def header_alone(dump: Dump) -> bool:
    """Whether it is a custom archive, of which nothing but its beginning can be judged."""
    return dump.head.startswith(_CUSTOM)


def _ends_whole(dump: Dump) -> bool:
    """A row of data may hold the words too: they are a line, and nothing but comments and \\unrestrict follows."""
    # A dump of a cluster holds a whole dump of each database: only its own last line ends it.
    # One of its roles alone, before that of a database (pg_dumpall --globals-only), has ended in the head already.
    cluster = _CLUSTER in dump.head and _END_OF_CLUSTER not in dump.head
    ends = (_END_OF_CLUSTER,) if cluster else (_END_OF_DUMP, _END_OF_CLUSTER)
    lines = dump.tail[-_LAST:].splitlines()
    for line in reversed(lines[1:] if len(dump.tail) > _LAST else lines):
        if line.rstrip() in ends:
            return True
        if line.strip() and not line.startswith((b"--", b"\\unrestrict")):
            return False
    return False


def of_none(what: str, variable: str, example: str) -> Check:
    """Nothing is set, so nothing was looked at: at night that is the same as not being there."""
    return Check(what, False, "none configured", f"set {variable} in the inventory: {example}")


def door_of(url: str) -> tuple[str, str]:
    """The host of an address, and the address of its door; two empty texts where it is none."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
        host = parts.hostname or ""
    except ValueError:
        return "", ""
    if parts.scheme not in ("http", "https") or not host:
        return "", ""
    return host, f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{port}/"


def of_url(name: str, url: str, answer: str, reached: bool) -> Check:
    """A webhook's address is a secret: its host alone is told."""
    host, door = door_of(url)
    cure = f"open the way to {host}: curl -sSI {door} tells where it ends" if host else "mend it in runbook_reach"
    return Check(f"{name} is reachable", reached, f"{host or 'its address'}: {answer}", cure)


def of_log(path: str, why: str) -> Check:
    found = why or f"{path} can be written"
    return Check("incidents can be recorded", not why, found, f"mkdir -p {path}, owned by whoever runs the playbooks")
