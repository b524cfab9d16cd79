# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Checks of a database: access, connection slots, extensions, WAL and wraparound. Pure."""

from __future__ import annotations

import json
from collections import Counter
from typing import Mapping, Sequence

from .._core.units import MIB
from .._postgres.background.background_report import ReplicationReport, WraparoundReport
from .._postgres.connection_limits import application_of, connection_limits
from .._postgres.exclusions import Exclusions
from .._postgres.server_states import ARCHIVER, server_states
from .._postgres.snapshot import Snapshot
from .._postgres.sql_text import plain_identifier
from .._postgres.work import operates
from .check import Check

_OLD = 1.2  # times the age at which autovacuum steps in
HEADROOM = 0.2  # of the slots, free on an ordinary day


def of_sight(snapshot: Snapshot) -> Check:
    role = snapshot.server["role"]
    state = f"{role} sees {len(snapshot.sessions) - snapshot.redacted} of {len(snapshot.sessions)} sessions"
    return Check("sees every session", not snapshot.redacted, state, f"GRANT pg_monitor TO {plain_identifier(role)}")


def of_signals(snapshot: Snapshot, exclusions: Exclusions, allowed: bool) -> Check:
    """Whether the login may end sessions, and whether that reaches those that are there."""
    role = snapshot.server["role"]
    state = f"{role} {'may' if allowed else 'may not'} terminate sessions of other roles"
    beyond = _beyond_reach(snapshot, exclusions)
    if not allowed or not beyond:
        return Check("may end sessions", allowed, state, f"GRANT pg_signal_backend TO {plain_identifier(role)}")
    names = ", ".join(f"{number} of {name}" for name, number in beyond.items())
    text = f"{state}, but not these sessions of superusers: {names}"
    sessions = [session for session in snapshot.client_sessions() if application_of(session).words in beyond]
    users = sorted({_in_yaml(session.user) for session in sessions})
    remedy = (
        "give the application a role of its own that is no superuser; or log in as a superuser and set"
        f" runbook_application_superusers: [{', '.join(users)}]"
    )
    return Check("may end sessions", False, text, remedy)


def _in_yaml(name: str) -> str:
    return name if plain_identifier(name) == name else json.dumps(name)


def _beyond_reach(snapshot: Snapshot, exclusions: Exclusions) -> dict[str, int]:
    """Sessions of superusers by application, where it has several and is no operator's tool: what logs in to work."""
    spared = [
        session
        for session in snapshot.client_sessions()
        if session.superuser and session.pid != exclusions.own_pid and not operates(session) and exclusions.why(session)
    ]
    counted = Counter(application_of(session).words for session in spared)
    return {name: number for name, number in counted.most_common() if number > 1}


def of_login_paths(role: str, tried: Mapping[str, str], senders_free: int) -> Check:
    """``tried``: why each other login path did not open, empty where it did."""
    opened = [name for name, why in tried.items() if not why]
    if opened and (senders_free or opened != ["replication"]):
        return Check("connects when it is full", True, f"the {' and '.join(opened)} login path works")
    name = plain_identifier(role)  # pg_hba.conf quotes names as SQL does
    remedy = (
        f"ALTER ROLE {name} REPLICATION, with a line `host replication {name} ...` in pg_hba.conf; or set"
        " login_reserve_user"
    )
    if opened:
        more = "ALTER SYSTEM SET max_wal_senders = 20 (or double what it is), and restart the server"
        return Check("connects when it is full", False, "all WAL senders are in use (max_wal_senders)", more)
    return Check("connects when it is full", False, "; ".join(f"{name}: {why}" for name, why in tried.items()), remedy)


def of_slots(snapshot: Snapshot) -> list[Check]:
    checks = []
    for limit in connection_limits(snapshot):
        name = "slots in reserve" if limit.kind == "max_connections" else f"room under {limit.words}"
        remedy = "reduce the pools as ansible-playbook playbooks/db_connection_exhaustion.yml --check advises"
        checks.append(Check(name, not limit.is_tight(HEADROOM), f"{limit.free} of {limit.limit} are free", remedy))
    return checks


def of_extension(why: str, remedy: str, notes: Sequence[str]) -> Check:
    state = why or (notes[0] if notes else "pg_stat_statements is available")
    return Check(
        "statements are counted", not why and not notes, state, remedy or (notes[0].partition(": ")[2] if notes else "")
    )


def of_hypopg(database: str, there: bool) -> Check:
    state = "hypopg is installed" if there else f"hypopg is not created in {database}: index advice would not be proved"
    return Check(
        "index advice can be proved", there, state, "install hypopg (no restart), then CREATE EXTENSION hypopg"
    )


def of_wal(replication: ReplicationReport) -> list[Check]:
    archiver = replication["archiver"]
    dead = [slot for slot in replication["slots"] if not slot["active"] and not slot["temporary"]]
    kept = sum(slot["kept_bytes"] for slot in dead)
    checks = [
        Check(
            "no unused slot keeps WAL",
            not dead,
            f"{len(dead)} unused slots keep {kept // MIB} MiB" if dead else "every slot is in use",
            f"SELECT pg_drop_replication_slot('{dead[0]['slot']}'), if its consumer will not come back" if dead else "",
        )
    ]
    if archiver["mode"] != "off":
        fails = archiver["failing"]
        state = f"the archiver has failed since {archiver['failed_at']}" if fails else "WAL is archived"
        remedy = "run the command of SHOW archive_command by hand, as the server's user, with a file of pg_wal"
        checks.append(Check("WAL is archived", not fails, state, remedy))
    return checks


def of_age(wraparound: WraparoundReport) -> Check:
    worst = max(wraparound["databases"], key=lambda database: database["share"])
    old = [database["database"] for database in wraparound["databases"] if database["share"] >= _OLD]
    state = (
        f"{worst['database']} is {worst['age']:,} transactions old, {worst['share']:.0%} of the age at which"
        " autovacuum prevents wraparound"
    )
    remedy = f"VACUUM in each of these databases, as a superuser: {', '.join(old or [worst['database']])}"
    return Check("wraparound is far", not old, state, remedy)


def of_states(snapshot: Snapshot) -> list[Check]:
    """Whether the server accepts writes, and each other state that is not as it should be."""
    states = server_states(snapshot)
    refuses = [state for state in states if state["refuses"]]
    checks = [
        Check(
            "accepts writes",
            not refuses,
            "; ".join(state["text"] for state in refuses) or "no write is refused",
            "; ".join(state["advice"] for state in refuses),
        )
    ]
    others = [state for state in states if not state["refuses"] and state["cause"] != ARCHIVER]
    return checks + [
        Check(f"no {state['cause'].replace('_', ' ')}", False, state["text"], state["advice"]) for state in others
    ]
