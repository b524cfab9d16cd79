# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation shared by the modules that talk to PostgreSQL; twin of POSTGRES_ARGS and EXCLUSION_ARGS."""

from __future__ import annotations


class ModuleDocFragment:
    """How to connect."""

    DOCUMENTATION = r"""
options:
  login_host:
    description:
      - Host name or address of the PostgreSQL server itself, never of a connection pooler. Without it C(localhost), or what
        the service says that O(connect_params) or the environment variable E(PGSERVICE) names.
      - An IPv6 address may be in brackets.
    type: str
    aliases: [host]
  login_port:
    description: Port of the server. Without it 5432, or the service's.
    type: int
    aliases: [port]
  login_user:
    description:
      - Role to log in as. It needs C(pg_monitor) to see all sessions and C(pg_signal_backend) to end them. Without it
        C(postgres), or the service's.
      - With the C(REPLICATION) attribute it also gets in when every ordinary slot is taken.
    type: str
    aliases: [login]
  login_password:
    description: Password of O(login_user). When empty, C(~/.pgpass) of the user who runs the module is asked.
    type: str
    default: ""
  login_db:
    description:
      - Database to connect to. All sessions of the server are seen from any of its databases. Without it C(postgres), or
        the service's.
    type: str
    aliases: [db, database]
  login_unix_socket:
    description: Directory of the server's Unix socket. When given it is used instead of O(login_host).
    type: str
    default: ""
    aliases: [unix_socket]
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
  session_role:
    description:
      - Role to become after the login (C(SET ROLE)). What the module may see and end is what this role may.
    type: str
    default: ""
  ssl_mode:
    description: How much TLS to insist on, as libpq's C(sslmode).
    type: str
    default: prefer
    choices: [disable, allow, prefer, require, verify-ca, verify-full]
    aliases: [sslmode]
  ca_cert:
    description: File with the certificates of the authorities to trust, as libpq's C(sslrootcert).
    type: path
    default: ""
    aliases: [ssl_rootcert]
  ssl_cert:
    description: File with the client's certificate, as libpq's C(sslcert).
    type: path
    default: ""
  ssl_key:
    description: File with the key to O(ssl_cert), as libpq's C(sslkey).
    type: path
    default: ""
  connect_params:
    description:
      - Parameters of libpq that have no option here, like C(service), C(target_session_attrs) or C(gssencmode).
      - Never a password, since Ansible prints them.
    type: dict
    default: {}
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
