# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a line of a log that is a JSON object says: when, how grave, and the request of an access log. Pure.

Names: Docker, nginx, Caddy, Traefik, Envoy, zap, zerolog, logrus, pino, bunyan, winston, Serilog, log4j, MongoDB,
PostgreSQL's jsonlog, journald's export, GELF, OpenTelemetry, ECS, Google Cloud.
"""

from __future__ import annotations

import json
from typing import Any, Mapping

from .access_line import failed_status
from .dates import Zone, of_number, whole_date
from .level import LEVELS, level_of, of_request, of_status, of_value

DEEPEST = 40  # levels of a value that are looked into; what lies deeper is said to be there
_TOO_DEEP = f"(more than {DEEPEST} levels deep)"
_TIMES = (
    "time", "timestamp", "@timestamp", "ts", "@t", "t", "datetime", "asctime", "eventtime", "__realtime_timestamp",
    "logtime", "log_time", "time_iso8601", "time_local", "msec", "timemillis", "instant", "timeunixnano",
    "observedtimeunixnano", "start_time", "starttime",
    "startutc", "_time", "date", "dt", "when", "logged_at", "created_at", "created", "at",
)  # fmt: skip
_PLACE = {name: place for place, name in enumerate(_TIMES)}
# Names that are as often those of a moment of which a record speaks; see _is_own.
_WEAK = ("start_time", "starttime", "date", "dt", "when", "created_at", "created", "at")
_MADE = ("created_at", "created", "start_time", "starttime")  # when something else was, however lately
_MESSAGE = ("msg", "message", "@m", "@mt", "event", "text", "body", "short_message", "log")
_OF_TIME = ("time", "date", "stamp", "when", "clock", "utc", "logged")
# Names of other moments: what a record speaks of.
_OTHER = (
    "expir", "until", "due", "next", "depart", "arriv", "birth", "valid", "deadline", "last", "prev", "schedul",
    "updat", "modif", "booked", "travel", "checkin", "checkout", "not_before", "not_after", "uptime", "runtime",
    "timeout", "duration", "elapsed", "end", "finish",
)  # fmt: skip
_LEVELS = {
    "level", "lvl", "severity", "levelname", "loglevel", "errorseverity", "severitytext", "severitylabel",
    "syslogseverity",
    "@l", "@level", "levelno", "severitynumber", "priority", "prio", "levelstr", "loglevelname", "severityname",
}  # fmt: skip
# Docker's and Podman's drivers give the journal 3 for whatever comes by stderr, 6 for the rest: neither says how grave.
CONTAINER = frozenset({"CONTAINER_ID", "CONTAINER_ID_FULL", "CONTAINER_NAME"})
# What collectors write beside a line.
_COLLECTED = frozenset({"stream", "container_id", "container_name", "container", "kubernetes", "docker", "source_type"})
_OF_PYTHON = {"lineno", "funcname", "pathname", "threadname", "processname"}
_APART = 86_400.0  # seconds
_FAST = 300.0  # seconds by which a clock may be ahead
_OF_SYSLOG = {"facility", "syslog_facility", "syslogfacility", "priority", "procid", "syslogtag", "syslog_identifier"}
_SIGNS = str.maketrans("", "", "_.-")
_STATUS = (
    "status", "statuscode", "httpstatus", "httpstatuscode", "httpcode", "responsecode", "responsestatus",
    "downstreamstatus", "httpresponsestatuscode", "scstatus", "respstatus", "code",
)  # fmt: skip
_METHOD = ("method", "requestmethod", "httpmethod", "verb", "httprequestmethod", "csmethod")
_PATH = ("path", "uri", "requesturi", "url", "requestpath", "requesturl", "httptarget", "urlpath", "csuristem")
_CLIENT = ("client", "remoteaddr", "remoteip", "clientip", "clienthost", "clientaddr", "remotehost", "realip", "cip")

_WHOLE = ("url", "uri", "target", "href", "baseurl")
_AGAIN = ("retry", "retries", "attempt")  # what a client of HTTP writes of a request that it sends
_HEAD = 400  # characters of a message in which it is seen what it is


def json_fields(line: str) -> dict[str, Any]:
    """The object of a line; nothing for any other line.

    What JSON has no number for (NaN, Infinity, 1e999) is returned as a text, so that the result is JSON again.
    """
    try:
        value = json.loads(line, parse_constant=str, parse_float=_finite)
    except (ValueError, RecursionError):
        return {}
    return shallow(value) if isinstance(value, dict) else {}


def _finite(text: str) -> float | str:
    number = float(text)
    return number if number - number == 0 else text  # infinity less infinity is no number


def shallow(value: Any, deep: int = 0) -> Any:
    """The same value with a text in the place of what lies too deep for those that read the result."""
    if not isinstance(value, (dict, list)):
        return value
    if deep >= DEEPEST:
        return _TOO_DEEP
    if isinstance(value, dict):
        return {key: shallow(nested, deep + 1) for key, nested in value.items()}
    return [shallow(nested, deep + 1) for nested in value]


def time_in(fields: Mapping[str, Any], zone: Zone) -> float | None:
    """Seconds since 1970 at which it was written; None where no name says so, or several of unknown meaning differ."""
    known: list[tuple[int, float]] = []
    others: list[float] = []
    said = False
    for key, value in fields.items():
        said = said or key.lower() in _MESSAGE
        place = _PLACE.get(key.lower())
        name = key.lower()
        of_time = place is not None or (
            (any(word in name for word in _OF_TIME) or name.endswith(("_at", "_ts"))) and not _is_other(name)
        )
        if not of_time and _is_other(name):
            continue
        at = _moment(value, zone, of_time)
        if at is None or ((place is None or name in _WEAK) and not _is_own(key, value, at, said, fields, zone)):
            continue
        if of_time:
            known.append((place if place is not None else len(_TIMES), at))
        else:
            others.append(at)
    record = fields.get("record")
    if not known and isinstance(record, dict) and isinstance(record.get("time"), dict):  # loguru's
        at = _moment(record["time"].get("timestamp"), zone, True)
        return at if at is not None else _moment(record["time"].get("repr"), zone, True)
    if known:
        best = min(place for place, at in known)
        shipped = [at for place, at in known if place == _PLACE["@timestamp"]]
        if shipped and abs(shipped[0] - min(known)[1]) > _APART:
            return None  # of a log that was read late, or of which the record speaks: not known which
        same = [at for place, at in known if place == best]
        return same[0] if max(same) - min(same) < 60 or best < len(_TIMES) else None
    return others[0] if others and max(others) - min(others) < 60 else None


def _is_own(key: str, value: Any, at: float, said: bool, fields: Mapping[str, Any], zone: Zone) -> bool:
    """Whether a moment under a name that may mean another one is when it was written: loggers put their own time before
    the message, and what a record speaks of behind it, unless that is of this day. None is in the future (by more than
    a day, since clocks differ).

    Python's logging writes ``created`` where the site's format has it.
    """
    if zone.now and at > zone.now + _APART:
        return False
    if not said or any(word in key.lower() for word in ("stamp", "logged", "clock")):
        return True
    # What a record speaks of later this day is no time of its own, either.
    if key.lower() not in _MADE and zone.now - _APART <= at <= zone.now + _FAST:
        return True
    return key == "created" and isinstance(value, float) and not _OF_PYTHON.isdisjoint(map(str.lower, fields))


def _is_other(name: str) -> bool:
    return any(word in name for word in _OTHER)


def _moment(value: Any, zone: Zone, of_time: bool) -> float | None:
    if isinstance(value, str):
        return whole_date(value, zone, of_time)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return of_number(value) if of_time else None
    if isinstance(value, dict) and of_time:
        date = value.get("$date")
        if isinstance(date, dict):
            date = date.get("$numberLong")
        if isinstance(date, (str, int)):
            return whole_date(date, zone) if isinstance(date, str) else of_number(date)
        if isinstance(value.get("date"), str) and isinstance(value.get("timezone"), str):  # PHP's DateTime
            return whole_date(f"{value['date']} {value['timezone']}", zone)
        second = value.get("epochSecond", value.get("seconds"))
        part = value.get("nanoOfSecond", value.get("nanos", 0))
        if isinstance(second, int) and isinstance(part, int):
            return second + part / 1e9
    return None


def level_in(fields: Mapping[str, Any]) -> str:
    """The level that it says, by the names in use for it, else by the status of the request; empty for none."""
    found = _named_level(fields)
    nested = fields.get("log", fields.get("record"))
    if not found and isinstance(nested, dict):  # ECS; loguru's record
        level = nested.get("level")
        found = of_value("level", level.get("name") if isinstance(level, dict) else level)
    if not found and "err_code" in fields and "prio" in fields:  # MySQL's error log as JSON
        found = of_value("level", fields.get("label"))
    if not found and isinstance(fields.get("s"), str) and "msg" in fields and "t" in fields:  # MongoDB
        found = of_value("level", str(fields["s"])[:1])
    message = _line_in(fields, found)
    if message is not None and (found in ("", "info") or not CONTAINER.isdisjoint(fields)):
        # A unit's or a container's output: the level is in the line itself.
        inner = json_fields(message) if message[:1] == "{" else {}
        return (level_in(inner) if inner else level_of(message)) or ("" if not CONTAINER.isdisjoint(fields) else found)
    if found:
        may_fail = found not in LEVELS[4:] and any(map(_may_fail, fields.values()))
        return of_request(found, _failed_in(fields)) if may_fail else found
    status = request_of(fields).get("status")
    if isinstance(status, int):
        return of_status(status)
    word = fields.get("status")
    if isinstance(word, str) and word.lower() in LEVELS + ("warn", "alert", "emergency", "fatal"):  # Datadog
        return of_value("level", word)
    return (
        "error" if isinstance(fields.get("traceback", fields.get("exc_info", fields.get("stack_trace"))), str) else ""
    )


def _line_in(fields: Mapping[str, Any], found: str) -> str | None:
    """The line of a program that a collector put into a record of its own (journald, Docker's drivers, Fluent Bit,
    Vector, Filebeat); None for a record that the program wrote. ``found``: the level that the record itself says."""
    if "PRIORITY" in fields or "stream" in fields or "MESSAGE" in fields:
        line = fields.get("MESSAGE", fields.get("log"))
    else:
        line = None if found else fields.get("log")
    if not isinstance(line, str) and not found and not _COLLECTED.isdisjoint(fields):
        line = fields.get("message")
    return line if isinstance(line, str) else None


def _failed_in(fields: Mapping[str, Any]) -> int:
    """The status of a request that the server failed (5xx), of its method and path, or of the line that the message
    is; 0 for none, and for what the program itself sent to another host."""
    request = request_of(fields)
    if request.get("status", 0) >= 500 and request.get("method") and request.get("path", "")[:1] == "/":
        names, urls = names_in(fields)
        return 0 if urls or any(name.startswith(_AGAIN) for name in names) else int(request["status"])
    answer = fields.get("res")
    if isinstance(answer, dict) and "responseTime" in fields:  # Fastify writes the request on another line
        code = _code(answer.get("statusCode"))
        return code if code >= 500 else 0
    message = next((fields[name] for name in _MESSAGE if isinstance(fields.get(name), str)), "")
    return failed_status(message[:_HEAD], message) if '" 5' in message else 0


def _may_fail(value: Any) -> bool:
    """A cheap test, since nearly no record is of a request that failed."""
    if value.__class__ is str:
        return '" 5' in value or (value[:1] == "5" and len(value) == 3)
    return value.__class__ is dict or (value.__class__ is int and 500 <= value < 600)


def names_in(fields: Mapping[str, Any], deep: int = 3) -> tuple[frozenset[str], bool]:
    """Names of a record without signs, also of the objects in it, and whether one of a URL has a whole one."""
    names, urls = set(), False
    for key, value in fields.items():
        name = str(key).lower().translate(_SIGNS)
        names.add(name)
        urls = urls or (isinstance(value, str) and "://" in value[:12] and name in _WHOLE)
        if isinstance(value, dict) and deep:
            inner, more = names_in(value, deep - 1)
            names, urls = names | inner, urls or more
    return frozenset(names), urls


def _named_level(fields: Mapping[str, Any]) -> str:
    """By the first name in use for a level that says a word, else by the first that says a number."""
    by_number = ""
    for key, value in fields.items():
        name = key.lower().translate(_SIGNS)
        if name not in _LEVELS:
            continue
        said = value.get("name", value.get("levelStr")) if isinstance(value, dict) else value
        if not _is_number(said):
            found = of_value(name, said)
            if found:
                return found
        elif not by_number and (key.isupper() or name not in ("priority", "prio")):  # of a job, of a server of mail
            by_number = of_value(_meant(name, fields), said)
    return by_number


def _meant(name: str, fields: Mapping[str, Any]) -> str:
    """The name whose numbers are meant: GELF's level is syslog's, that of Python's logging its own."""
    if "short_message" in fields or (name == "level" and not _OF_SYSLOG.isdisjoint(map(str.lower, fields))):
        return "severity"
    if name == "level" and "reqId" in fields and "app" in fields:
        return "nextcloud"
    return "levelno" if name == "level" and not _OF_PYTHON.isdisjoint(key.lower() for key in fields) else name


def _is_number(value: Any) -> bool:
    return isinstance(value, int) or (isinstance(value, str) and value.strip().isdigit())


def request_of(fields: Mapping[str, Any]) -> dict[str, Any]:
    """``status``, ``method``, ``path``, ``client`` of an access log, whatever it calls them; else nothing."""
    flat: dict[str, Any] = {}
    for key, value in fields.items():
        flat.setdefault(key.lower().translate(_SIGNS), value)
        if isinstance(value, dict) and key.lower() in (
            "request",
            "response",
            "http",
            "httprequest",
            "res",
            "req",
            "url",
        ):
            for inner, nested in value.items():
                flat.setdefault(inner.lower().translate(_SIGNS), nested)
                if isinstance(nested, dict):
                    for last, deepest in nested.items():
                        flat.setdefault(last.lower().translate(_SIGNS), deepest)
    status = next((code for code in (_code(flat.get(name)) for name in _STATUS) if code), 0)
    request = flat.get("request", flat.get("requestline"))
    line = request.split(" ") if isinstance(request, str) else []
    method = _first(flat, _METHOD) or (line[0] if len(line) > 1 else "")
    path = _first(flat, _PATH) or (line[1] if len(line) > 1 else "")
    if not status or not (
        method
        or path
        or _first(flat, _CLIENT)
        or "timelocal" in flat
        or "timeiso8601" in flat
        or "msec" in flat
        or "logtime" in flat
    ):
        return {}
    client = _first(flat, _CLIENT)
    named = {"status": status, "method": method, "path": path, "client": client}
    return {name: value for name, value in named.items() if value}


def _first(flat: Mapping[str, Any], names: tuple[str, ...]) -> str:
    return next((value for value in (flat.get(name) for name in names) if isinstance(value, str) and value), "")


def _code(value: Any) -> int:
    if isinstance(value, str) and len(value) == 3 and value.isdigit():
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and 100 <= value < 600 else 0
