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
_ADDRESS = lazy(r"(?:\d{1,3}\.){3}\d{1,3}|\[?(?=\S*::|(?:[^:]*:){7})[\da-fA-F:.]+\]?|unix:")
_LOGGER = lazy(r"(?:[A-Za-z_][\w.]*:){1,3}(?=\d{1,3}\.)")  # INFO:werkzeug:10.0.0.1
# nginx's "access_log syslog:", HAProxy, rsyslog: the host's name may be missing
_SYSLOG = lazy(
    r"(?:<\d{1,3}>)?(?:[A-Z][a-z]{2} {1,2}\d{1,2} [\d:]{8}(?:\.\d+)?|\d{4}-\d\d-\d\dT\S{8,30}) "
    r"(?:[\w.-]{1,80} )?[\w./@-]{1,60}(?:\[\d{1,8}\])?: "
)

# --- the status alone, wherever it stands -----------------------------------------------------------------------------
# The status of a request: nginx, Apache, Envoy, uvicorn, Django, HAProxy, chi.
_STATUS = lazy(
    r'"(?:[A-Z]{3,20} (?:[^"\\]|\\.){0,2000}|-|(?:[^"\\]|\\.){0,200})"(?: from \S{1,60} -)? (\d{3})'
    r"(?= (?:\d+|-)(?: |$)| \d+B in | [A-Z]| 0x| [\d.]+[mun\xb5]?s\b|$)"
)
# uWSGI, Gin, Fiber, Sanic, morgan (Express: dev, tiny, short), Django's channels, Squid.
_MORE_STATUS = lazy(
    r"\[pid: .{0,300}\(HTTP/\d\.\d (\d{3})\)|\[GIN\] .{0,40}\| {0,2}(\d{3}) \|"
    r"|(?:[\da-fA-F.:]{2,45} \S{1,60} )?[A-Z]{3,7} /\S{0,2000} (?:HTTP/\d(?:\.\d)? )?(\d{3})"
    r" (?:(?:\d{1,12}|-) - )?[\d.]{1,12} ms\b"
    r"|\d\d:\d\d:\d\d \| {1,2}(\d{3}) \| {1,12}[\d.]{1,12}[mnu\xb5]?s \| "
    r"|\[[^\]]{19,30}\] - \(sanic\.access\)\[[A-Z]{4,8}\]\[[^\]]{3,60}\]: [A-Z]{3,7} \S{1,2000} {1,4}(\d{3}) "
    r"|HTTP [A-Z]{3,7} /\S{0,2000} (\d{3}) \[[\d.]{1,12}, [\d.:a-f]{2,45}\]"
    r"|\d{10}\.\d{3} {1,8}\d{1,8} \S{1,60} [A-Z]{2,20}_[A-Z_]{2,40}/(\d{3}) "
)
# IIS, in the W3C's extended format: date, time, server, method, path; at the end status, substatus, error, and sizes.
# The first three numbers of those at the end, since a size may look like a status; 443 is the port before it.
_W3C_STATUS = lazy(
    r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d (?:W3SVC\d{1,4} \S{1,80} )?[\da-fA-F.:]{2,45} [A-Z]{3,10} /.{0,4000}?"
    r" (?!443)([1-5]\d\d) \d{1,3} \d{1,10}(?: \d{1,12}){0,4}\s*$"
)
_HAPROXY_STATUS = lazy(r" \S{1,80} \S{1,80}/\S{1,80} (?:-?\d+/){2,4}\+?-?\d+ (\d{3}|-1) \+?\d+ ")
_BALANCER_STATUS = lazy(
    r"(?:(?:https?|h2|wss?|grpcs?) \d{4}-\S+ \S+ \S+:\d+ \S+ \S+ \S+ \S+"
    r"|\d{4}-\S+ \S+ \S+:\d+ \S+ (?:-?[\d.]+ ){2}-?[\d.]+) (\d{3}|-) (?:\d{3}|-) "
)
_PHP_FPM_HEAD = lazy(r"[\da-fA-F.:]{3,45} -\s\S{0,60}\s\d\d/[A-Z][a-z]{2}/\d{4}:[\d:]{8} [+-]\d{4} \"")
_RAILS = lazy(
    r"(?:[DIWEFA], \[[^\]]{20,60}\] {1,2}[A-Z]{3,5} -- [^:]{0,60}: )?(?:\[[^\][]{1,80}\] ){0,4}Completed (\d{3}) "
)
_PHOENIX = lazy(r"(?:.{0,160}\] )?(?:Sent|Chunked) (\d{3}) in \d{1,9}[m\xb5\u03bc]s$")
# Pairs of logfmt, of an object behind words, of a hash of Ruby.
_IS = r"[\"']?\s?(?:=>?|:)\s?[\"']?"
_BEFORE_PAIR = r"(?:^|[\s,{(])[\"':]?"
_METHOD_PAIR = lazy(rf"{_BEFORE_PAIR}(?:method|verb|request|http_method|request_method){_IS}[A-Z]{{3,10}}\b")
_STATUS_PAIR = lazy(rf"{_BEFORE_PAIR}(?:status|code|status_code|http_status){_IS}([1-5]\d\d)[\"']?(?=[\s,}})]|$)")
_PATH_PAIR = lazy(
    rf"{_BEFORE_PAIR}(?:(?:path|uri|url|request_uri|request_path|http_path){_IS}|request{_IS}[A-Z]{{3,10}} )/"
)
# What a client of HTTP writes: a whole address beside the path, and that it tries again.
_OF_CLIENT = lazy(
    rf"(?i){_BEFORE_PAIR}(?:(?:base_?)?ur[li]|target|endpoint|href){_IS}\w{{2,10}}://|\bretr(?:y|ies|ying)\b"
)
# The address that a client of HTTP writes before the request that it sends (urllib3: https://api.stripe.com:443 "POST).
_SENT_TO = lazy(r"://[^\s\"]{1,300}\s{0,3}$")
_FIVE_HUNDRED = lazy(r"5(?<![\w.-]5)\d\d(?![\w.:-])")


def access_fields(line: str) -> dict[str, Any]:
    """The request that a line of text reports, by name; nothing for any other line."""
    if '"' in line and "[" in line[:400]:
        head = _SYSLOG.match(line) if ": " in line[:200] else None
        match = _ACCESS.match(line, head.end() if head else 0)
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


def status_in(head: str, line: str) -> int:
    """The status of the request that a line reports; 0 for none. ``head``: the beginning of the line.

    What another host has answered to the program is none: the program's own level says how bad that is.
    """
    quoted = '" ' in head and (
        " HTTP/" in head or '] "' in head or (" - " in head and _PHP_FPM_HEAD.match(head) is not None)
    )
    match = _STATUS.search(line) if quoted else None
    if match is None and "/" in head:
        match = _HAPROXY_STATUS.search(line) or _BALANCER_STATUS.match(head)
    if match is None and "Completed " in head[:250]:
        match = _RAILS.match(head)
    if match is None and head[-1:] == "s" and " in " in head[-16:]:
        match = _PHOENIX.match(head)
    if match is None and " /" in head and head[10:11] == " " and head[:4].isdigit():
        match = _W3C_STATUS.match(line)
    if match is None and (
        head[:1] == "[" or head[:1].isupper() or head[:10].isdigit() or head[-3:] == " ms" or head[8:11] == " | "
    ):
        match = _MORE_STATUS.match(head)
    code = next((group for group in match.groups() if group), "") if match else ""
    if not code.isdigit() or not 100 <= int(code) < 600 or is_sent_to(head):
        return 0
    return int(code)


def is_sent_to(line: str) -> bool:
    """Whether the request of a line is one that the program sends to another host."""
    quote = line.find('"')
    return quote > 0 and "://" in line[:quote] and _SENT_TO.search(line, 0, quote) is not None


def status_of_pairs(line: str) -> int:
    """The status of a request in logfmt: lograge, OAuth2 Proxy; 0 for none."""
    match = _STATUS_PAIR.search(line) if "=" in line and _METHOD_PAIR.search(line) else None
    return int(match.group(1)) if match else 0


def failed_status(head: str, line: str) -> int:
    """The status of the request that a line reports where the server failed it (5xx); 0 for any other line.

    By names it must have a method, a path and the status: a status alone may be what another host answered.
    """
    if not _FIVE_HUNDRED.search(line):
        return 0
    code = status_in(head, line)
    if code:
        return code if code >= 500 else 0
    match = _STATUS_PAIR.search(line) if _METHOD_PAIR.search(line) and _PATH_PAIR.search(line) else None
    failed = match is not None and match.group(1)[0] == "5" and not _OF_CLIENT.search(line)
    return int(match.group(1)) if match and failed else 0


def _common(match: re.Match[str]) -> dict[str, Any]:
    fields = {
        **_who(match.group("before")),
        **_request(match.group("request")),
        "status": int(match.group("status")),
        "bytes": _number(match.group("bytes") or "-"),
    }
    return {**fields, **dict(_PARTS.findall(match.group("rest")))}


def _who(before: str) -> dict[str, str]:
    """Client, virtual host, user and forwarded addresses, from what stands before the date; what is not there, or not
    certain, is left out.

    The addresses are followed by the identity (a dash) and the user; of several the first is the client's own. Before
    them stands a virtual host, or what a collector writes, or a dash for an address that was not given. Where no word
    is an address the client has a name (Apache's HostnameLookups).
    """
    words = [_LOGGER.sub("", word) for word in before.split(" ")]
    places = [place for place, word in enumerate(words) if _ADDRESS.fullmatch(word.rstrip(","))]
    if not places:
        dash = next((place for place, word in enumerate(words) if word == "-" and place), len(words))
        few = dash <= 2 or all(word.endswith(",") for word in words[: dash - 1])
        places = [dash - 1] if few and words[dash - 1] != "-" else []
    rest = words[places[-1] + 1 :] if places else words[words.index("-") :] if "-" in words else []
    above = [word for word in words[: places[0]] if word != "-" and not word.endswith(",")] if places else []
    user = " ".join(rest[1:]).strip() if rest[:1] == ["-"] else ""
    addresses = [words[place].rstrip(",") for place in places]
    fields = {"client": addresses[0]} if places else {}
    if len(above) == 1:
        fields["vhost"] = above[0]
    if user.strip("- "):
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
