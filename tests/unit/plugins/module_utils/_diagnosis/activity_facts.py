"""What pg_activity_info returns, as far as a diagnosis reads it."""

from __future__ import annotations


def application(name="web", sessions=10, role="app", **more):
    given = {
        "idle": 0,
        "idle_seconds": [],
        "idle_in_transaction": 0,
        "idle_in_transaction_seconds": [],
        "active": 0,
        "waiting": 0,
        "clients": {"a": sessions},
    }
    return {"role": role, "application": name, "database": "shop", "name": name, "sessions": sessions, **given, **more}


def ceiling(*applications, limit=40, kind="max_connections"):
    used = sum(one["sessions"] for one in applications)
    told = {"kind": kind, "name": "app", "limit": limit, "used": used, "free": limit - used}
    return {**told, "applications": list(applications)}


def activity(*ceilings, background=None, **more):
    given = {"longest_wait": 9.0, "tree": ["", "root"], "waiters": 0, "long_waiters": 0}
    return {
        "server": {"entrance": "normal"},
        "connections": {"ceilings": list(ceilings), "ordinary_free": ceilings[0]["free"]},
        "activity": {"long_running": [], "idle_in_transaction": [], "protected": []},
        "background": background or {},
        **given,
        **more,
    }
