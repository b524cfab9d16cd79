# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the pooler's options; twin of POOLER_ARGS."""

from __future__ import annotations


class ModuleDocFragment:
    """Where PgBouncer's console is."""

    DOCUMENTATION = r"""
options:
  pooler_host:
    description: Host of PgBouncer. Required with V(pooler) in O(also).
    type: str
    default: ""
  pooler_port:
    description: Port of PgBouncer.
    type: int
    default: 6432
  pooler_user:
    description: User for PgBouncer's console, one of its C(stats_users) or C(admin_users). Empty means O(login_user).
    type: str
    default: ""
  pooler_password:
    description: Password of O(pooler_user). Empty means O(login_password).
    type: str
    default: ""
"""
