"""What a runbook could change, as a value: taken before and after, the difference is what was done.

Sessions younger than three seconds are left out of the picture before: health checks come and go. So is the nightly
dump, which ends by itself. That sessions were signalled is told by the server's log (``Stand.signalled``).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import asdict
from typing import Any

from rehearsal.control_workload import VACUUM
from rehearsal.platform import NAMED, Platform

OLD_ENOUGH = 3

SESSIONS = (
    f"{NAMED} WHERE (backend_type IN ('client backend', 'walsender') OR {VACUUM}) AND pid <> pg_backend_pid()"
    " AND backend_start < clock_timestamp() - make_interval(secs => %s) AND application_name <> 'pg_dump'"
)
# Named as the collection names it.
PREPARED = (
    "SELECT 'prepared@' || to_char(prepared AT TIME ZONE 'UTC', 'YYYYMMDD\"T\"HH24MISS.US\"Z\"')"
    " || '/xid' || transaction FROM pg_prepared_xacts ORDER BY 1"
)
SETTINGS = (
    "SELECT name || '=' || setting FROM pg_settings WHERE source NOT IN ('default', 'client', 'session')"
    " UNION ALL SELECT setrole || '/' || setdatabase || ':' || array_to_string(setconfig, ',') FROM pg_db_role_setting"
    " ORDER BY 1"
)
OBJECTS = (
    "SELECT c.relkind::text || ' ' || c.oid::regclass || ' '"
    " || coalesce(string_agg(a.attname, ',' ORDER BY a.attnum), '')"
    " FROM pg_class c LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped"
    " WHERE c.relnamespace = 'public'::regnamespace GROUP BY c.oid ORDER BY 1"
)
ROLES = "SELECT rolname || ' ' || rolsuper || rolcanlogin FROM pg_roles ORDER BY 1"


def look(platform: Platform) -> dict[str, Any]:
    """Sessions (what each is, by reference), prepared transactions, settings, tables and indexes, roles, containers."""

    def column(sql: str, *values: Any) -> list[str]:
        return [row[0] for row in platform.query(sql, *values)]

    return {
        "sessions": dict(platform.query(SESSIONS, OLD_ENOUGH)),
        "prepared": column(PREPARED),
        "settings": column(SETTINGS),
        "objects": column(OBJECTS),
        "roles": column(ROLES),
        "containers": {
            container.name: {key: asdict(container)[key] for key in ("id", "service", "state", "started", "restarts")}
            for container in platform.containers()
        },
    }


def changes(
    before: dict[str, Any], after: dict[str, Any], unstable: Iterable[str] = (), leaving: Collection[str] = ()
) -> list[str]:
    """What is gone or different, a line each. Sessions that came are nobody's doing; those that went are.

    ``unstable``: services that the fault itself restarts again and again; of theirs only the containers count.
    ``leaving``: sessions that the fault itself may end.
    """
    gone = before["sessions"].keys() - after["sessions"].keys() - set(leaving)
    differences = [f"session {ref} ({before['sessions'][ref]}) is gone" for ref in sorted(gone)]
    for what in ("prepared", "settings", "objects", "roles"):
        differences += [f"{what}: {item} is gone" for item in before[what] if item not in after[what]]
        differences += [f"{what}: {item} is new" for item in after[what] if item not in before[what]]
    return differences + [
        f"container {name} was stopped, restarted or replaced" for name in touched(before, after, unstable)
    ]


def touched(before: dict[str, Any], after: dict[str, Any], unstable: Iterable[str] = ()) -> list[str]:
    """Names of containers that are not the same run in the same state as before, came or went."""

    def identity(container: dict[str, Any] | None) -> Any:
        return container["id"] if container and container["service"] in unstable else container

    old, new = before["containers"], after["containers"]
    return sorted(name for name in old.keys() | new.keys() if identity(old.get(name)) != identity(new.get(name)))


def of_others(before: dict[str, Any], after: dict[str, Any], services: Iterable[str]) -> list[str]:
    """Those of them that are of no such service."""
    return [
        name
        for name in touched(before, after)
        if (before["containers"].get(name) or after["containers"][name])["service"] not in services
    ]
