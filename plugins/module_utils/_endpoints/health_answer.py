# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an answer says of the site's own health: some answer 200 and call themselves down in the body. Pure.

Words and forms: Spring Boot's actuator, the RFC draft "health+json", ASP.NET's health checks, django-health-check,
Kubernetes' probes, gRPC's health service as JSON, Elasticsearch's cluster health.
"""

from __future__ import annotations

import json
import re
from typing import Any, Mapping, Sequence

from .._core.lazy import lazy
from .._core.redaction import redacted

_ILL = frozenset(
    ["down", "error", "fail", "failed", "failing", "failure", "unhealthy", "critical", "out of service", "outofservice"]
    + ["degraded", "unavailable", "disconnected", "unreachable", "offline", "dead", "broken", "bad", "stopped", "red"]
    + ["not ok", "notok", "nok", "ko", "not ready", "notready", "not serving", "not healthy", "timeout", "timed out"]
    + ["shutting down", "service unavailable", "internal server error", "bad gateway", "gateway timeout"]
)
_WHOLE = ("status", "state", "health", "result")
_CODES = ("status", "statuscode", "status_code")
_SAYS = ("message", "msg", "error")  # beside which a plain `code` is that of the answer
_SAYS_TOO = ("reason", "detail")  # the same, but not of a text with one word: the number and the name of a country
_ANSWERS = range(500, 512)  # which it is then; numbers of countries and of other things are codes, too
_NO_FAULT = frozenset(
    ["", "none", "null", "nil", "no", "false", "n/a", "na", "-", "0", "ok", "success", "no error", "no errors"]
)
# In a list, which may be one of anything: what names a part, and the words that only a part's health has.
_NAMES, _NAMES_PART = ("name", "id", "key"), ("service", "component", "check", "dependency")
_PARTS_ILL = frozenset(
    ["down", "unhealthy", "unavailable", "unreachable", "disconnected", "critical", "fail", "degraded"]
    + ["out of service", "not serving", "not ready", "not healthy", "service unavailable"]
)
_PARTS_WELL = frozenset(
    ["up", "ok", "healthy", "pass", "passed", "passing", "ready", "alive", "running", "green", "good", "available"]
    + ["connected", "online", "success", "warn", "warning", "yellow", "unknown", "serving", "normal", "operational"]
)
_WELL = ("ok", "success", "healthy", "ready", "alive", "live", "up", "ishealthy", "is_healthy", "isready", "is_ready")
# Members that hold parts by name; in those that may hold anything a part must be an object. Names of parts.
_HOLDS = re.compile("checks|components|dependencies|services|health")
_HOLDS_TOO = re.compile("details|results|entries")
_ALL_PARTS = re.compile("checks|dependencies|health")  # whatever is false in it has failed
_PART = re.compile("database|db|postgres(?:ql)?|mysql|cache|redis|queue|broker|celery|workers?|rabbitmq|elasticsearch")
_PART_TOO = re.compile("storage|disk|search|mail|smtp")  # that one is off is no fault
_SAYS_WHY = re.compile(
    r"(?:unavailable|error|fatal|fail(?:ed|ure)?|down|unhealthy|degraded|critical|unreachable|disconnected)"
    r"(?:: | - | \()"
)
_DEEPEST = 4
_TITLE_WITHIN = 16 * 1024  # characters in which a page has its title
_WORD = 40  # characters of a text that is one word
# What PHP and WordPress print where a page fails, whatever its status.
_FAILED_PAGE = lazy(
    r"\A<\?php\b|<b>(?:Fatal|Parse) error</b>:|PHP Fatal error:|Error establishing a database connection"
)
# A page that is titled with a status of HTTP and its words, which a proxy or a site sends with another one.
_STATUS_PAGE = lazy(
    r"(?i)<title[^>]{0,80}>\s*(?:error:? )?(?P<status>[45]\d\d)[\s:|-]{1,4}(?P<words>bad request|unauthorized|forbidden"
    r"|(?:page )?not found|too many requests|(?:internal )?server error|bad gateway"
    r"|service (?:temporarily )?unavailable|gateway time-?out)\s*[.!]?\s*(?:</title|[|\u00b7])"
)
_FAILED_LINE = lazy(r"(?:ERROR|Error|error|FATAL|Fatal|FAIL|FAILED|CRITICAL)(?:: | - )\S[^\n<>]{0,200}\s*\Z")


def ill(body: str) -> str:
    """What an answer says where it calls itself down, failed or degraded; empty for none.

    Its own status counts alone, where it says one; else that of each part of it.

    >>> ill('{"status": "DOWN"}'), ill('{"status": "UP", "db": "down"}'), ill("OK")
    ('{"status": "DOWN"}', '', '')
    """
    text = body.lstrip("\ufeff \t\r\n")
    if len(text) < _WORD and (_is_word(text.strip().strip('"')) or text.strip().lower() == "false"):
        return text.strip()
    failed = _FAILED_PAGE.search(text)
    if failed:
        return re.sub(r"<[^>]*>|:$", "", failed.group(0))
    titled = _STATUS_PAGE.search(text[:_TITLE_WITHIN])
    if titled:
        return f"{titled['status']} {titled['words']}"
    if _FAILED_LINE.match(text):
        return redacted(text.strip())[:120]
    said = _json(text)
    found = _members_ill(said) if isinstance(said, dict) else _parts_ill(said) if isinstance(said, list) else []
    for name, value in found:
        return redacted(json.dumps({name: value}, ensure_ascii=False))[:120]
    return ""


def _parts_ill(said: Sequence[Any]) -> list[tuple[str, Any]]:
    """Of a list in which every entry is a part with a word for its health, those that are ill."""
    parts = [_named_part(part) for part in said]
    states = [state for dummy, state, dummy2 in parts]
    if not any(known for dummy, dummy2, known in parts) or any(
        state not in _PARTS_WELL and state not in _ILL for state in states
    ):
        return []
    return [(name, state) for name, state, dummy in parts if state in _PARTS_ILL]


def _named_part(part: Any) -> tuple[str, str, bool]:
    """Its name, its state in lower case, and whether the name shows that it is a part of a service."""
    said = {str(name).lower(): value for name, value in part.items()} if isinstance(part, dict) else {}
    title = next((title for title in (*_NAMES_PART, *_NAMES) if isinstance(said.get(title), str)), "")
    state = next((said[title] for title in _WHOLE if isinstance(said.get(title), str)), "")
    name = str(said.get(title, ""))
    known = title in _NAMES_PART or bool(_PART.fullmatch(name.lower()) or _PART_TOO.fullmatch(name.lower()))
    return name, _as_word(state), known


def _members_ill(said: Mapping[str, Any]) -> list[tuple[str, Any]]:
    whole = any(isinstance(value, str) and str(name).lower() in _WHOLE for name, value in said.items())
    explained = _explains(said, 1)
    return [
        (str(name), value)
        for name, value in said.items()
        if _is_fault(str(name).lower(), value)
        or (name == "code" and _is_failed(value) and int(value) in _ANSWERS and _explains(said, value))
        or (name == "error" and isinstance(value, int) and value == 1 and (explained or len(said) == 1))
        or (not whole and _is_part_ill(str(name).lower(), value))
    ]


def _explains(said: Mapping[str, Any], code: Any) -> bool:
    """Whether words stand beside a number that say what it is of; ``code``: the number, or its text."""
    beside = {name: said[name] for name in (*_SAYS, *_SAYS_TOO) if isinstance(said.get(name), str)}
    return any(
        not _is_nothing(words) and (name in _SAYS or isinstance(code, int) or " " in words.strip())
        for name, words in beside.items()
    )


def _is_fault(name: str, value: Any) -> bool:
    """Whether a member says of the whole that it is ill."""
    if isinstance(value, bool):
        return name == "error" if value else name in _WELL
    if isinstance(value, int):
        return (value == 0 and name in ("ok", "success")) or (name in _CODES and _is_failed(value))
    if name in ("error", "errors"):
        return isinstance(value, (str, dict, list)) and not _is_nothing(value)
    if not isinstance(value, str):
        return False
    return (name in _WHOLE and _calls_ill(value)) or (name in _CODES and _is_failed(value))


def _is_failed(code: Any) -> bool:
    """Whether it is a status of HTTP for a failure of the server."""
    text = "" if isinstance(code, bool) else str(code)
    return len(text) == 3 and text.isdecimal() and text.startswith("5")


def _is_nothing(value: Any, deep: int = 0) -> bool:
    """Whether a member for errors has none: empty, a word for it, or such in all that it holds."""
    if isinstance(value, str):
        return value.strip().lower() in _NO_FAULT
    if isinstance(value, (dict, list)) and deep < _DEEPEST:
        held = value.values() if isinstance(value, dict) else value
        return all(_is_nothing(one, deep + 1) for one in held)
    return not value


def _is_part_ill(name: str, value: Any) -> bool:
    if isinstance(value, str) and value.lower().startswith("unavailable: "):  # django-health-check, by any name
        return True
    if _HOLDS_TOO.fullmatch(name):
        parts = value.values() if isinstance(value, Mapping) else ()
        return any(isinstance(part, Mapping) and _is_ill(part) for part in parts)
    if _PART.fullmatch(name):
        return value is False or _is_ill(value)
    return bool(_HOLDS.fullmatch(name) or _PART_TOO.fullmatch(name)) and _is_ill(value, name)


def _is_ill(part: Any, holds: str = "", deep: int = 0) -> bool:
    """Whether a part calls itself ill: a word, or an object with one, or a list of these.

    ``holds``: the name of what holds parts.
    """
    if isinstance(part, str):
        return _calls_ill(part)
    if deep >= _DEEPEST:
        return False
    if isinstance(part, Mapping):
        said = {str(name).lower(): value for name, value in part.items()}
        if any(isinstance(value, str) and name in _WHOLE for name, value in said.items()):
            return any(_is_fault(name, value) for name, value in said.items())
        if any(_is_fault(name, value) for name, value in said.items()):
            return True
        held = bool(_HOLDS.fullmatch(holds))
        return any(
            _is_ill(value, name, deep + 1)
            or (value is False and bool(_ALL_PARTS.fullmatch(holds) or _PART.fullmatch(name)))
            for name, value in said.items()
            if held or _HOLDS.fullmatch(name)
        )
    return isinstance(part, list) and any(isinstance(one, Mapping) and _is_ill(one, "", deep + 1) for one in part)


def _calls_ill(text: str) -> bool:
    """Whether it is one of the words, or begins with one and says why."""
    return _is_word(text) or bool(_SAYS_WHY.match(text.strip().lower()))


def _is_word(text: str) -> bool:
    return _as_word(text) in _ILL


def _as_word(text: str) -> str:
    return text.strip().lower().replace("_", " ")


def _json(body: str) -> Any:
    """What a body is in JSON; None where it is none."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def json_object(body: str) -> Mapping[str, Any]:
    """The object that a body is; empty where it is none."""
    value = _json(body)
    return value if isinstance(value, Mapping) else {}
