# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a line of a log says by name: JSON objects, nginx's error and access lines. Pure.

Formats: nginx, "Core functionality" (error_log) and ngx_http_log_module (combined).
"""

from __future__ import annotations

import json
import re
from typing import Any, Mapping

from .line import GRAVE

_LEVEL_KEYS = ("level", "severity", "levelname", "lvl", "log.level")
_PINO = {10: "debug", 20: "debug", 30: "info", 40: "warning", 50: "error", 60: "critical"}
_NGINX_ERROR = re.compile(r"^(\d{4}/\d\d/\d\d \d\d:\d\d:\d\d) \[(\w+)\] (\d+)#\d+: (?:\*(\d+) )?(.*)$", re.S)
_ERRNO = re.compile(r"\((\d+): ([^)]*)\)")
_PAIR = re.compile(r', (client|server|request|upstream|host|referrer|subrequest): (?:"([^"]*)"|([^,]*))')
_NGINX_ACCESS = re.compile(
    r'^(\S+) \S+ (\S+) \[([^\]]+)\] "((?:[^"\\]|\\.)*)" (\d{3}) (\d+|-)'
    r'(?: "((?:[^"\\]|\\.)*)" "((?:[^"\\]|\\.)*)")?(.*)$'
)
_PARTS = re.compile(r"\b([a-z_]+)=(\S+)")  # what many a log_format adds behind the combined one: rt=0.1 uct=0.0


def fields_of(text: str) -> dict[str, Any]:
    """The fields of a record that is a JSON object or a line of nginx's; nothing for any other."""
    if text.lstrip()[:1] == "{":
        return json_fields(text)
    return nginx_fields(text.partition("\n")[0])


def json_fields(line: str) -> dict[str, Any]:
    try:
        value = json.loads(line, parse_constant=str)  # NaN and Infinity are no JSON, and are returned as texts
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def level_in(fields: Mapping[str, Any]) -> str:
    """The level that a JSON line gives, by the names that are in use for it; empty where it gives none."""
    for key in _LEVEL_KEYS:
        value = fields.get(key)
        if isinstance(value, str):
            return GRAVE.get(value.lower(), "")
        if isinstance(value, int):
            return _PINO.get(value, "")
    return ""


def nginx_fields(line: str) -> dict[str, Any]:
    """What an error or an access line of nginx says, by name; nothing for any other line."""
    match = _NGINX_ERROR.match(line)
    if match:
        message = match.group(5)
        pairs = {name: quoted or plain for name, quoted, plain in _PAIR.findall(message)}
        errno = _ERRNO.search(message)
        return {
            "level": match.group(2),
            "message": _PAIR.split(message, maxsplit=1)[0],
            "errno": int(errno.group(1)) if errno else None,
            **pairs,
        }
    match = _NGINX_ACCESS.match(line)
    if match:
        request = match.group(4).split(" ")
        return {
            "client": match.group(1),
            "method": request[0] if len(request) > 1 else "",
            "path": request[1] if len(request) > 1 else match.group(4),
            "status": int(match.group(5)),
            "bytes": int(match.group(6)) if match.group(6) != "-" else 0,
            **dict(_PARTS.findall(match.group(9))),
        }
    return {}
