# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The keys of all variables that are dictionaries. Pure; its test compares them with what is read."""

from __future__ import annotations

from typing import Mapping, Sequence

# Where keys are known -> its keys. A * stands for each entry of a list, or of a dictionary whose keys are the site's.
KEYS: Mapping[str, Sequence[str]] = {
    "runbook_postgres": (
        "login_host", "login_port", "login_user", "login_password", "login_db", "login_unix_socket",
        "login_reserve_user", "login_reserve_password", "session_role", "ssl_mode", "ca_cert", "ssl_cert", "ssl_key",
        "connect_params", "connect_timeout", "statement_timeout", "lock_timeout",
        "host", "port", "login", "db", "database", "unix_socket", "sslmode", "ssl_rootcert",
    ),
    "runbook_compose": (
        "docker_host", "engine_timeout", "project", "files", "project_directory", "env_files", "profiles",
    ),
    "runbook_backups.*": (
        "path", "pattern", "keep", "max_age", "service", "project", "dated_by", "database", "keep_daily",
        "keep_weekly", "keep_monthly", "keep_yearly",
    ),
    "runbook_endpoints.*": (
        "name", "kind", "url", "host", "port", "tls", "method", "headers", "expect", "body", "judge", "key", "slow",
        "cert_days", "cert_names", "server_name", "client_cert", "client_key", "redirects", "queues", "sources",
    ),
    "runbook_endpoint_key_variables.*": ("service", "variable"),
    "runbook_announce": ("slack", "page", "mail", "pager", "tracker", "alertmanager"),
    "runbook_announce.slack": (
        "token", "api", "standing_channel", "channel_from", "invite", "links", "archive_after", "vendors", "awx_url",
    ),
    "runbook_announce.page": (
        "kind", "token", "api", "page", "scenarios", "first_post", "components", "affects", "soak", "words",
        "resolutions",
    ),
    "runbook_announce.mail": (
        "host", "sender", "to", "port", "user", "password", "tls", "severities", "words", "resolutions", "reviewers",
        "approvers", "awx_url", "soak", "vendors",
    ),
    "runbook_announce.pager": ("kind", "routing_key", "api", "url", "severities"),
    "runbook_announce.tracker": (
        "url", "token", "user", "headers", "create", "update", "close", "reopen", "find", "severities",
    ),
    "runbook_announce.alertmanager": ("url", "labels", "token", "user", "password"),
    "runbook_people.*": ("name", "slack", "mail", "phone", "awx_user", "login", "zone"),
    "runbook_oncall": ("primary", "secondary", "escalation"),
    "runbook_oncall.*": (
        "layers", "ical", "shifts", "zone", "rows", "start", "end", "person", "match", "headers",
    ),
    "runbook_oncall.*.layers.*": ("name", "zone", "starts", "hand_over", "turn", "people", "hours", "overrides"),
    "runbook_oncall.*.layers.*.hours.*": ("days", "from", "until"),
    "runbook_oncall.*.layers.*.overrides.*": ("from", "until", "person"),
    "runbook_business_hours": ("zone", "starts", "ends", "days", "holidays"),
    "runbook_objectives.*": ("good", "all", "target", "days", "fast", "limit"),
    "runbook_charts.*": ("query", "unit"),
}  # fmt: skip
VARIABLES = frozenset(path.partition(".")[0] for path in KEYS)
