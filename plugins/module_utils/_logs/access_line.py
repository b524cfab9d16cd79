# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a line of an access log says by name: nginx, Apache, Traefik, Envoy, HAProxy, load balancers. Pure.

Formats: the common and the combined log format, also with the virtual host, an address list or both before them, and
with blanks in a user's name; HAProxy's HTTP and TCP logs; Envoy's default; AWS' application load balancers; IIS' (W3C).
"""

from __future__ import annotations

import re
from typing import Any

from .._core.lazy import lazy

_QUOTED = r'"((?:[^"\\]|\\.)*)"'
_ACCESS = lazy(
    r"(?P<before>[^\[\"]{1,300}?)\s?\[(?P<at>\d\d/[A-Z][a-z]{2}/\d{4}[^\]]{5,30})\] "
    r'"(?P<request>(?:[^"\\]|\\.)*)" (?P<status>\d{3})(?: (?P<bytes>\d+|-))?'
    r'(?: "(?P<referrer>(?:[^"\\]|\\.)*)" "(?P<agent>(?:[^"\\]|\\.)*)")?(?P<rest>.*)$'
)
_BARE = lazy(r'\[\d\d/[A-Z][a-z]{2}/\d{4}[^\]]{5,30}\] (?:[A-Z]+ \[[^\]]*\] )?"([^"]*)" (\d{3}) (\d+|-)')  # Django
_PHP_FPM = lazy(
    r'([\da-fA-F.:]{3,45}) -\s(\S{0,60})\s\d\d/[A-Z][a-z]{2}/\d{4}:[\d:]{8} [+-]\d{4} "([^"]*)" (\d{3})(?=\s|$)'
)
_UVICORN = lazy(r'(?:INFO|WARNING|ERROR):\s{1,8}(\S+:\d+) - "([^"]*)" (\d{3})')
_HAPROXY = lazy(
    r"(?:.{0,120}?haproxy(?:\[\d+\])?: )?(?P<client>[\da-fA-F.:]+):\d{1,5} \[\d\d/[A-Z][a-z]{2}/\d{4}:[\d:.]+\] "
    r"(?P<frontend>\S+) (?P<backend>[^/ ]+)/(?P<server>\S+) (?P<timers>(?:\+?-?\d+/){2,4}\+?-?\d+)"
    r"(?: (?P<status>\d{3}|-1))? \+?(?P<bytes>\d+) (?P<rest>.*)$"
)
_ENVOY = lazy(r'\[\d{4}-\S+\] "([^"]*)" (\d{3}) (\S+) (?:.*? )?(\d+) (\d+) (\d+)')
_BALANCER = lazy(
    r'(?:https?|h2|wss?|grpcs?) \d{4}-\S+ (\S+) (\S+):\d+ (\S+) \S+ \S+ \S+ (\d{3}|-) (\d{3}|-) \d+ (\d+) "([^"]*)"'
)
# IIS: date, time, server, method, path, query, port, user, client, agent and more, status, substatus, error, sizes.
# The first three numbers of those at the end: a size may look like a status.
_W3C = lazy(
    r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d (?:W3SVC\d{1,4} \S{1,80} )?[\da-fA-F.:]{2,45} ([A-Z]{3,10}) (/\S{0,4000})"
    r" (\S{1,4000}) \d{1,5} (\S{1,200}) ([\da-fA-F.:]{2,45}) .{0,4000}?"
    r" ([1-5]\d\d) \d{1,3} \d{1,10}(?: \d{1,12}){0,4}\s*$"
)
_ANY = lazy(r'[^"]{8,400}"([A-Z]{3,10} \S{1,4000} HTTP/\d(?:\.\d)?)" ([1-5]\d\d)(?=\s|$)')
_PARTS = lazy(r"\b([a-z_]+)=(\S+)")  # what many a log_format adds behind the combined one: rt=0.1 uct=0.0
_ADDRESS = lazy(r"(?:\d{1,3}\.){3}\d{1,3}|\[?[\da-fA-F]{0,4}:[\da-fA-F:.]+\]?|unix:|-")


def access_fields(line: str) -> dict[str, Any]:
    """The request that a line of text reports, by name; nothing for any other line."""
    if '"' in line and "[" in line[:400]:
        match = _ACCESS.match(line)
        if match:
            return _common(match)
        match = _BARE.match(line)
        if match:
            return {**_request(match.group(1)), "status": int(match.group(2)), "bytes": _number(match.group(3))}
        match = _ENVOY.match(line)
        if match:
            return {**_request(match.group(1)), "status": int(match.group(2)), "flags": match.group(3)}
    match = _PHP_FPM.match(line) if '"' in line and " - " in line[:60] else None
    if match:
        user = {"user": match.group(2)} if match.group(2) else {}
        return {"client": match.group(1), **user, **_request(match.group(3)), "status": int(match.group(4))}
    match = _HAPROXY.match(line) if "/" in line and " [" in line[:300] else None
    if match:
        return _haproxy(match)
    match = _W3C.match(line) if line[:4].isdigit() and " /" in line[:160] else None
    if match:
        path = match.group(2) if match.group(3) == "-" else f"{match.group(2)}?{match.group(3)}"
        user = {} if match.group(4) == "-" else {"user": match.group(4)}
        request = {"method": match.group(1), "path": path}
        return {"client": match.group(5), **user, **request, "status": int(match.group(6))}
    match = _UVICORN.match(line)
    if match:
        return {"client": match.group(1).rpartition(":")[0], **_request(match.group(2)), "status": int(match.group(3))}
    match = _BALANCER.match(line)
    if match:
        return {
            "client": match.group(2), "target": match.group(3), **_request(match.group(7)),
            "bytes": int(match.group(6)),
            **({"status": int(match.group(4))} if match.group(4) != "-" else {}),
        }  # fmt: skip
    match = _ANY.match(line) if " HTTP/" in line else None  # another form: the request and its status are read
    return {**_request(match.group(1)), "status": int(match.group(2))} if match else {}


def _common(match: re.Match[str]) -> dict[str, Any]:
    fields = {
        **_who(match.group("before")),
        **_request(match.group("request")),
        "status": int(match.group("status")),
        "bytes": _number(match.group("bytes") or "-"),
    }
    return {**fields, **dict(_PARTS.findall(match.group("rest")))}


def _who(before: str) -> dict[str, str]:
    """Client, virtual host, user and forwarded addresses, from what stands before the date.

    The client's address is followed by the identity (a dash) and the user; what stands before it is a virtual host, or
    addresses with commas behind them, of which the first is the client's own.
    """
    words = before.split(" ")
    dash = next((place for place, word in enumerate(words) if word == "-" and place), len(words))
    addresses = [word.rstrip(",") for word in words[:dash]]
    user = " ".join(words[dash + 1 :]).strip()
    listed = [word for word in words[:dash] if word.endswith(",")]
    host = ""
    if not listed and len(addresses) > 1 and not _ADDRESS.fullmatch(addresses[0]):
        host, addresses = addresses[0], addresses[1:]
    fields = {"client": addresses[0] if addresses else ""}
    if host:
        fields["vhost"] = host
    if user and user != "-":
        fields["user"] = user
    if len(addresses) > 1:
        fields["forwarded"] = ", ".join(addresses)
    return fields


def _request(text: str) -> dict[str, str]:
    words = text.split(" ")
    if len(words) < 2 or not words[0].isalpha():
        return {"method": "", "path": text}
    return {"method": words[0], "path": words[1]}


def _number(text: str) -> int:
    return int(text) if text.isdigit() else 0


def _haproxy(match: re.Match[str]) -> dict[str, Any]:
    request = re.search(_QUOTED, match.group("rest"))
    fields: dict[str, Any] = {name: match.group(name) for name in ("client", "frontend", "backend", "server", "timers")}
    fields["bytes"] = int(match.group("bytes"))
    if match.group("status") and match.group("status") != "-1":
        fields["status"] = int(match.group("status"))
    if request:
        fields.update(_request(request.group(1)))
    state = match.group("rest").split(" ")
    return {
        **fields,
        "state": next((word for word in state if re.fullmatch(r"[A-Za-z-]{2,4}", word) and word != "-"), ""),
    }
