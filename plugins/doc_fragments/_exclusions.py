# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the sparing options; twin of EXCLUSION_ARGS."""

from __future__ import annotations


class ModuleDocFragment:
    """Whom to spare."""

    DOCUMENTATION = r"""
options:
  exclude_roles:
    description: Roles whose sessions are never ended.
    type: list
    elements: str
    default: []
    aliases: [spare_roles]
  exclude_applications:
    description: Values of C(application_name) whose sessions are never ended.
    type: list
    elements: str
    default: []
    aliases: [spare_applications]
  exclude_databases:
    description: Databases whose sessions are never ended.
    type: list
    elements: str
    default: []
    aliases: [spare_databases]
  exclude_queries:
    description:
      - Regular expressions; a session whose statement one of them is found in is never ended. Case is
        ignored. The first 1000 characters of a statement are looked at.
    type: list
    elements: str
    default: []
    aliases: [spare_queries]
  exclude_superusers:
    description: Whether sessions of superusers are never ended.
    type: bool
    default: true
    aliases: [spare_superusers]
  allow_prepared:
    description:
      - Whether a prepared transaction may be rolled back. It cannot be undone and breaks the promise that
        its transaction manager relies on.
    type: bool
    default: false
notes:
  - Never ended, whatever the options say, are replication, base backups, autovacuum, PostgreSQL's own
    processes, sessions of known backup tools, sessions that build an index, and the module's own session.
"""
