# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a record of a log says by name: JSON, access logs, nginx's and Apache's error lines, logfmt, csvlog. Pure.

Formats: nginx, "Core functionality" (error_log); Apache, ErrorLogFormat; PostgreSQL, "Using CSV-Format Log Output";
logfmt; Caddy's console; syslog's program and process.
"""

from __future__ import annotations

import csv
import re
from typing import Any

from .._core.lazy import lazy
from .._core.secret.by_place.quoted_values import unescaped
from .access_line import access_fields
from .json_line import json_fields, request_of
from .level import GRAVE
from .wrapping import without_colours

_NGINX_ERROR = lazy(r"^(\d{4}/\d\d/\d\d \d\d:\d\d:\d\d) \[(\w+)\] (\d+)#\d+: (?:\*(\d+) )?(.*)$", re.S)
_ERRNO = lazy(r"\((\d+): ([^)]*)\)")
_PAIR = lazy(r', (client|server|request|upstream|host|referrer|subrequest): (?:"([^"]*)"|([^,]*))')
_APACHE_ERROR = lazy(
    r"\[[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d [\d:.]+ \d{4}\] \[(?:(\w*):)?(\w+)\] \[pid (\d+)(?::tid \d+)?\] "
    r"(?:\((\d+)\)([^:]*): )?(?:\[client ([^\]]+?)(?::\d+)?\] )?(.*)$"
)
_LOGFMT = lazy(r"(?:^|\s)([A-Za-z@_][\w.@-]{0,60})=(\"(?:[^\"\\]|\\.)*\"|[^\s\"]*)(?=\s|$)")
_CSV = lazy(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} [A-Z+-][\w+:-]{0,8},(?:\"|,)")
_CSV_NAMES = (
    "log_time", "user_name", "database_name", "process_id", "connection_from", "session_id", "session_line_num",
    "command_tag", "session_start_time", "virtual_transaction_id", "transaction_id", "error_severity", "sql_state_code",
    "message", "detail", "hint", "internal_query", "internal_query_pos", "context", "query", "query_pos", "location",
    "application_name", "backend_type", "leader_pid", "query_id",
)  # fmt: skip
_CADDY = lazy(r"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d(?:\.\d+)?\s(?:[A-Z]+)\s.*?(\{.*\})$")
_SYSLOG = lazy(
    r"(?:<\d{1,3}>)?(?:[A-Z][a-z]{2} {1,2}\d{1,2} \d\d:\d\d:\d\d(?:\.\d+)?|\d{4}-\d\d-\d\dT\S{7,29}[^\s:])"
    r" ([\w.-]{1,80}) ([\w./-]{1,60})(?:\[(\d+)\])?: (.*)$"
)
_IN_UTC = lazy(r"\d{4}-\S{5,30}Z ")
_LEAST_PAIRS = 2  # name=value pairs by which a line is logfmt


def fields_of(text: str) -> dict[str, Any]:
    """The fields of a structured record, nothing for any other; ``status``, ``method``, ``path`` of an access log."""
    if text.lstrip()[:1] == "{":
        fields = json_fields(text)
        return {**fields, **request_of(fields)} if fields else {}
    if _CSV.match(text):
        return csv_fields(text)
    line = text.partition("\n")[0]
    if "\x1b" in line:
        line = without_colours(line)
    return nginx_fields(line) or _apache_fields(line) or _embedded(line) or logfmt_fields(line) or _syslog_fields(line)


def nginx_fields(line: str) -> dict[str, Any]:
    """What an error line of nginx, or a line of an access log, says by name; nothing for any other line."""
    match = _NGINX_ERROR.match(line)
    if match is None:
        return access_fields(line)
    message = match.group(5)
    pairs = {name: quoted or plain for name, quoted, plain in _PAIR.findall(message)}
    errno = _ERRNO.search(message)
    return {
        "level": match.group(2),
        "message": _PAIR.split(message, maxsplit=1)[0],
        "errno": int(errno.group(1)) if errno else None,
        **pairs,
    }


def _apache_fields(line: str) -> dict[str, Any]:
    match = _APACHE_ERROR.match(line) if line[:1] == "[" and "] [pid " in line else None
    if match is None:
        return {}
    module, level, process, errno, dummy, client, message = match.groups()
    fields = {"module": module, "level": level, "pid": int(process), "client": client, "message": message}
    fields["errno"] = int(errno) if errno else None
    return {name: value for name, value in fields.items() if value not in (None, "")}


def logfmt_fields(line: str) -> dict[str, Any]:
    """Pairs of ``name=value``, where the line is made of them: the first stands at its beginning, and there are two."""
    pairs = _LOGFMT.findall(line)
    if len(pairs) < _LEAST_PAIRS or not re.match(r"[A-Za-z@_][\w.@-]{0,60}=", line):
        return {}
    return {name: _unquoted(value) for name, value in pairs}


def _unquoted(value: str) -> Any:
    if value[:1] == '"':
        return unescaped(value[1:-1])
    return int(value) if value.isdigit() and len(value) < 16 and value[:1] != "0" else value


def csv_fields(text: str) -> dict[str, Any]:
    """The columns of a line of PostgreSQL's csvlog that are not empty."""
    try:
        row = next(csv.reader([text], strict=True), [])
    except csv.Error:
        return {}
    if len(row) < _CSV_NAMES.index("message"):
        return {}
    return {name: value for name, value in zip(_CSV_NAMES, row) if value}


def _embedded(line: str) -> dict[str, Any]:
    """Caddy's and zap's console: words, then an object."""
    match = _CADDY.match(line)
    fields = json_fields(match.group(1)) if match else {}
    return {**fields, **request_of(fields)} if fields else {}


def _syslog_fields(line: str) -> dict[str, Any]:
    match = _SYSLOG.match(line)
    if match is None:
        return {}
    host, program, process, message = match.groups()
    # A program's own line may begin with a time and two words as well.
    if not process and (host.lower() in GRAVE or program.lower() in GRAVE or _IN_UTC.match(line)):
        return {}
    inner = json_fields(message) if message[:1] == "{" else logfmt_fields(message)
    return {"host": host, "program": program, **({"pid": int(process)} if process else {}), **inner}
