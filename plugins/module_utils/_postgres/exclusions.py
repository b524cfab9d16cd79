# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which sessions no mitigation may end, and why. Pure.

Only client backends can be targets: an allowlist, since the names of PostgreSQL's own processes change
from version to version. Of those, those are excluded whose end costs more than any queue.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from .._core.text import printable
from .session import CLIENT, LONGEST_QUERY, Holder, Prepared, Session, name_and_host
from .work import is_backup, leaves_behind, operates

_WRAPAROUND = "(to prevent wraparound)"


@dataclass(frozen=True)
class Exclusions:
    """Who is excluded besides PostgreSQL's own processes. Names are compared exactly, patterns searched.

    ``application_superusers``: superusers as which the application logs in; of those only the tools of operators are
    excluded.
    """

    roles: frozenset[str] = frozenset()
    applications: frozenset[str] = frozenset()
    databases: frozenset[str] = frozenset()
    queries: tuple[str, ...] = ()
    superusers: bool = True
    application_superusers: frozenset[str] = frozenset()
    allow_prepared: bool = False
    own_pid: int = 0

    def why(self, holder: Holder) -> str:
        """The reason why ``holder``is excluded, or an empty string."""
        if isinstance(holder, Prepared):
            return self._why_prepared(holder)
        return (
            self._why_kind(holder)
            or self._why_work(holder)
            or self._why_listed(holder)
            or ("" if holder.signalable else _why_unreachable(holder))
        )

    def _why_prepared(self, holder: Prepared) -> str:
        if holder.database in self.databases:
            return f"database {holder.database} is excluded"
        if holder.owner in self.roles:
            return f"role {holder.owner} is excluded"
        if not self.allow_prepared:
            return (
                "is a prepared transaction, which its coordinator must end; if that is lost, in database"
                f" {printable(holder.database)}: COMMIT PREPARED {_literal(holder.gid)} or ROLLBACK PREPARED, or let"
                " the plan roll it back (allow_prepared)"
            )
        return "" if holder.allowed else "only its owner or a superuser may roll it back"

    def _why_kind(self, session: Session) -> str:
        if session.pid == self.own_pid:
            return "is the session of this module"
        if session.redacted:
            return "the login role may not see its details (see pg_monitor)"
        if _WRAPAROUND in session.query and session.backend_type != CLIENT:
            return "is a vacuum to prevent wraparound; it would start again at once"
        if session.backend_type == "startup":
            return "is the replay of the primary's WAL; it cannot be terminated"
        if session.backend_type != CLIENT:
            return _why_process(session.backend_type)
        if session.unread:
            return "its role, its database or its progress could not be read (is a catalog locked?)"
        if session.state_change is None or session.state == "disabled":
            return "its activity is not tracked (track_activities), so its transactions cannot be distinguished"
        return ""

    def _why_work(self, session: Session) -> str:
        if session.commit_waits:
            return "its commit waits for a synchronous standby, which no action on the session would change"
        if is_backup(session):
            return "is a base backup" if session.progress == "BASEBACKUP" else "is a backup"
        if leaves_behind(session):
            return "builds an index concurrently; terminating it would leave an invalid index"
        return ""

    def _why_listed(self, session: Session) -> str:
        if self.superusers and session.superuser:
            if session.user not in self.application_superusers:
                return (
                    f"role {session.user} is a superuser (if the application logs in as it, see application_superusers)"
                )
            if operates(session):
                return f"is an operator's tool, logged in as superuser {session.user}"
        if session.user in self.roles:
            return f"role {session.user} is excluded"
        if self.applications and self.applications & {session.application, name_and_host(session.application)[0]}:
            return f"application {session.application} is excluded"
        if session.database in self.databases:
            return f"database {session.database} is excluded"
        if self.queries and len(session.query) >= LONGEST_QUERY:
            return f"its statement is longer than the {LONGEST_QUERY} characters that are searched for patterns"
        for pattern in self.queries:
            if re.search(pattern, session.query, re.I):
                return f"its statement matches the excluded pattern {pattern}"
        return ""


def _why_process(kind: str) -> str:
    if kind == "autovacuum worker":
        return "is an autovacuum worker; PostgreSQL cancels it once a session has waited deadlock_timeout for it alone"
    if kind == "walsender":
        return "is a walsender (replication or base backup)"
    if kind.startswith("logical replication"):
        return f"is a {kind}, which would start again at once; ALTER SUBSCRIPTION ... DISABLE stops it"
    return f"is a {kind or 'process of unknown type'}"


def _literal(text: str) -> str:
    return "'" + printable(text).replace("'", "''") + "'"


def _why_unreachable(session: Session) -> str:
    if session.superuser:
        return (
            f"the login role may not terminate it: only a superuser may terminate sessions of superuser {session.user}"
        )
    return "the login role may not terminate it (see pg_signal_backend)"
