# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the exclusion options; twin of EXCLUSION_ARGS."""

from __future__ import annotations


class ModuleDocFragment:
    """Which sessions are never cancelled or terminated."""

    DOCUMENTATION = r"""
options:
  exclude_roles:
    description: Roles whose sessions are never cancelled or terminated.
    type: list
    elements: str
    default: []
    aliases: [spare_roles]
  exclude_applications:
    description: Values of C(application_name) whose sessions are never cancelled or terminated.
    type: list
    elements: str
    default: []
    aliases: [spare_applications]
  exclude_databases:
    description: Databases whose sessions are never cancelled or terminated.
    type: list
    elements: str
    default: []
    aliases: [spare_databases]
  exclude_queries:
    description:
      - Regular expressions. A session is never cancelled or terminated if one of them matches its statement. Case is
        ignored.
      - PostgreSQL shows only the first C(track_activity_query_size) bytes of a statement (1024 by default). If the
        option is set, sessions with a statement of 16384 characters or more are excluded too, since a longer statement
        is not searched to its end.
      - A list, or a text that is one pattern. A text with a comma is refused, since it may be one pattern or several.
    type: raw
    default: []
    aliases: [spare_queries]
  exclude_superusers:
    description: Whether sessions of superusers are never cancelled or terminated.
    type: bool
    default: true
    aliases: [spare_superusers]
  application_superusers:
    description:
      - Superusers as which the application itself logs in, for example C(POSTGRES_USER) of the official container
        image. With O(exclude_superusers=true), of these roles only the sessions of operators' tools are excluded
        (C(psql), pgAdmin, monitoring and similar tools, by C(application_name)).
      - Only a superuser may terminate sessions of these roles, so O(login_user) must be a superuser too.
    type: list
    elements: str
    default: []
  allow_prepared:
    description:
      - Whether a prepared transaction may be rolled back. This cannot be undone. It can break an atomic commit, since
        the transaction manager may already have committed the other parts of the transaction.
    type: bool
    default: false
notes:
  - Replication, base backups, autovacuum, PostgreSQL's own processes, sessions of known backup tools, sessions that
    build an index, and the module's own session are never cancelled or terminated, whatever the options are.
"""
