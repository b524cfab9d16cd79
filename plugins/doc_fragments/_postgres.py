# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation shared by the modules that talk to PostgreSQL; twin of POSTGRES_ARGS and MERCY_ARGS."""

from __future__ import annotations


class ModuleDocFragment:
    """How to connect."""

    DOCUMENTATION = r"""
options:
  login_host:
    description: Host name or address of the PostgreSQL server itself, never of a connection pooler.
    type: str
    default: localhost
  login_port:
    description: Port of the server.
    type: int
    default: 5432
  login_user:
    description:
      - Role to log in as. It needs C(pg_monitor) to see all sessions and C(pg_signal_backend) to end them.
      - With the C(REPLICATION) attribute it also gets in when every ordinary slot is taken.
    type: str
    default: postgres
  login_password:
    description: Password of O(login_user). Empty means that none is sent.
    type: str
    default: ""
  login_db:
    description: Database to connect to. All sessions of the server are seen from any of its databases.
    type: str
    default: postgres
  login_unix_socket:
    description: Directory of the server's Unix socket. When given it is used instead of O(login_host).
    type: str
    default: ""
  login_reserve_user:
    description:
      - Role to try when O(login_user) finds every slot taken, for example a member of
        C(pg_use_reserved_connections) (PostgreSQL 16 and newer) or a superuser.
    type: str
    default: ""
  login_reserve_password:
    description: Password of O(login_reserve_user).
    type: str
    default: ""
  ssl_mode:
    description: How much TLS to insist on, as libpq's C(sslmode).
    type: str
    default: prefer
    choices: [disable, allow, prefer, require, verify-ca, verify-full]
  ca_cert:
    description: File with the certificates of the authorities to trust, as libpq's C(sslrootcert).
    type: path
    default: ""
  connect_timeout:
    description: Seconds to wait for a connection. libpq waits at least 2.
    type: int
    default: 5
  statement_timeout:
    description:
      - Seconds that one statement of the module may take.
      - When hundreds of sessions begin to wait within one C(deadlock_timeout), PostgreSQL's own search for
        deadlocks holds up the whole lock manager for seconds; this must be longer than that.
    type: float
    default: 15.0
  lock_timeout:
    description: Seconds that a statement of the module may wait for a lock on a catalog.
    type: float
    default: 1.0
requirements:
  - psycopg2 (for example psycopg2-binary) for the Python that runs the module
notes:
  - Works with PostgreSQL 14 and newer. Every statement runs outside of a transaction and is bounded by
    O(statement_timeout).
  - The order of entry is O(login_user), O(login_reserve_user), and then both again as a replication
    connection, which has slots of its own (C(max_wal_senders)). C(pg_hba.conf) matches it by the name of
    the database.
"""
