# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation shared by the modules that connect to PostgreSQL; twin of POSTGRES_ARGS."""

from __future__ import annotations


class ModuleDocFragment:
    """How to connect."""

    DOCUMENTATION = r"""
options:
  login_host:
    description:
      - Host name or address of the PostgreSQL server itself, not of a connection pooler. An IPv6 address may be in
        brackets.
      - The default is the host of the service that O(connect_params) or the environment variable E(PGSERVICE) names,
        or V(localhost) without a service.
    type: str
    aliases: [host]
  login_port:
    description: Port of the server. The default is the port of the service, or V(5432) without a service.
    type: int
    aliases: [port]
  login_user:
    description:
      - Role to log in as. It needs C(pg_monitor) to see all sessions and C(pg_signal_backend) to terminate them. The
        default is the role of the service, or V(postgres) without a service.
      - A role with the C(REPLICATION) attribute can also connect when all ordinary connection slots are in use.
    type: str
    aliases: [login]
  login_password:
    description: Password of O(login_user). When empty, C(~/.pgpass) of the user that runs the module is used.
    type: str
    default: ""
  login_db:
    description:
      - Database to connect to. Every database shows all sessions of the server. The default is the database of the
        service, or V(postgres) without a service.
    type: str
    aliases: [db, database]
  login_unix_socket:
    description: Directory of the server's Unix socket. When set, it is used instead of O(login_host).
    type: str
    default: ""
    aliases: [unix_socket]
  login_reserve_user:
    description:
      - Role to try when O(login_user) finds all connection slots in use, for example a superuser or a member of
        C(pg_use_reserved_connections) (PostgreSQL 16 and newer).
    type: str
    default: ""
  login_reserve_password:
    description: Password of O(login_reserve_user).
    type: str
    default: ""
  session_role:
    description:
      - Role to set after the login (C(SET ROLE)). The privileges of this role decide which sessions the module sees
        and may terminate.
    type: str
    default: ""
  ssl_mode:
    description: TLS mode, as libpq's C(sslmode). With a service, V(prefer) means the mode of the service, if it has one.
    type: str
    default: prefer
    choices: [disable, allow, prefer, require, verify-ca, verify-full]
    aliases: [sslmode]
  ca_cert:
    description: File with the certificates of trusted authorities, as libpq's C(sslrootcert).
    type: path
    default: ""
    aliases: [ssl_rootcert]
  ssl_cert:
    description: File with the client certificate, as libpq's C(sslcert).
    type: path
    default: ""
  ssl_key:
    description: File with the private key of O(ssl_cert), as libpq's C(sslkey).
    type: path
    default: ""
  connect_params:
    description:
      - Parameters of libpq for which the module has no option, for example C(service) or C(gssencmode).
      - Do not put a password here, since Ansible prints these values.
    type: dict
    default: {}
  connect_timeout:
    description: Longest time in seconds to wait for a connection. libpq waits at least 2 seconds.
    type: int
    default: 5
  statement_timeout:
    description:
      - Longest time in seconds for one statement of the module.
      - When hundreds of sessions begin to wait within one C(deadlock_timeout), the deadlock check of PostgreSQL blocks
        the whole lock manager for seconds. The timeout must be longer than that.
    type: float
    default: 15.0
  lock_timeout:
    description: Longest time in seconds that a statement of the module waits for a lock on a catalog.
    type: float
    default: 1.0
requirements:
  - psycopg2 (for example psycopg2-binary) for the Python that runs the module
notes:
  - Works with PostgreSQL 14 and newer. Every statement runs outside of a transaction block, unless the module describes
    a transaction, and is limited by O(statement_timeout).
  - The login paths are tried in this order, O(login_user), O(login_reserve_user), and then both again over a
    replication connection, which has slots of its own (C(max_wal_senders)). A replication connection of this kind is
    matched in C(pg_hba.conf) by the name of the database, not by the keyword C(replication).
"""
