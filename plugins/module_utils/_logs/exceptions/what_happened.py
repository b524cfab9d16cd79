# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which line of a record says what happened: the exception, wherever the language or the logger writes it. Pure.

Only Python and Java write it on a line of its own that begins with its class. .NET's console puts the category before
it, Elixir the process that ended, Rust the place, Monolog and the loggers of JSON and logfmt have it in a field.

Sources: Microsoft.Extensions.Logging.Console (SimpleConsoleFormatter, JsonConsoleFormatter), Serilog's compact form,
Elixir's Logger.Translator, Rust's std::panicking, Monolog's NormalizerFormatter, pino, bunyan, winston, structlog,
loguru, python-json-logger, logstash-logback-encoder, logrus, slog, zap, ECS, OpenTelemetry.

Parts are put together without their secrets, which are known by where they stand; a line that is returned as it is may
hold some.
"""

from __future__ import annotations

import re
from typing import Any, Mapping

from ..._core.lazy import lazy
from ..._core.redaction import redacted, redacted_lines
from ..fields import logfmt_fields
from ..json_line import json_fields, request_of

_SAID = ("message", "msg", "event", "shortmessage", "body", "log", "@m", "@mt", "text")
# Of the exception: its text or its parts, then its stack with its text before it.
_RAISED = (
    "err", "error", "exception", "exc", "ex", "thrown", "@x", "excinfo", "exctext", "errorverbose", "traceback",
    "stacktrace", "stack", "backtrace", "trace",
)  # fmt: skip
_STACKS = ("traceback", "stacktrace", "stack", "backtrace", "trace")  # may be frames alone
_CLASS = ("type", "class", "name", "kind", "exctype")
_SENTENCE = ("message", "msg", "error", "value", "excvalue")
_OF_CLASS = ("value", "excvalue")  # says something of an exception alone, and not of any name
_MOST_BELOW = 20  # lines in which the message of the first one is looked for
_WITHIN = ("record", "context", "attributes", "attrs", "fields", "extra", "properties", "data", "log", "state")
_SIGNS = str.maketrans("", "", "_.-")
_ENDS_WITH = lazy(r"^(\w+(?:\.\w+)*(?:Error|Exception|Warning|Interrupt|Exit)\b.*|Error(?: \[\w{3,60}\])?: .*)$", re.M)
_NAMED = lazy(r"(?:Error|Exception)\b|\bpanic\b|\bpanicked at |\*\* \(|\bruntime error: ")
_NET_HEAD = lazy(r"(?:\S{1,40} ){0,3}(?:trce|dbug|info|warn|fail|crit): \S{1,200}\[\d+\]\s*$")
_NET_EXCEPTION = lazy(r"^[ \t]*((?:[A-Za-z_]\w*\.)+\w*(?:Exception|Error)(?: \(0x[0-9A-Fa-f]+\))?: .*)$", re.M)
# The same where frames follow, as Tomcat's and .NET's loggers indent it.
_INDENTED = lazy(r"^[ \t]+((?:[A-Za-z_][\w$]*\.)+\w*(?:Exception|Error)(?:: .*)?)\n[ \t]+at \S", re.M)
# What nginx and PHP-FPM pass on of PHP, in quotes.
_PASSED_ON = lazy(
    r"(?:\bFastCGI sent in stderr: |\bsaid into std(?:err|out): )\"(?:NOTICE: )?(?:PHP message: )?(?P<said>[^\n]*)"
)
# Ruby's logger, and the tags that Rails writes before each line of a record.
_RUBY_HEAD = lazy(r"[DIWEFA], \[\d{4}-\d\d-\d\dT[\d:.]{8,18} #\d{1,8}\] {1,2}[A-Z]{3,5} -- [^:\n]{0,60}: ?")
_TAGS = lazy(r"(?:\[[^\][\n]{1,80}\] ?)*")
_NET_SCOPE = "=> "  # of the request, where scopes are included
_FRAME = lazy(r"[ \t]+at \S|[ \t]+from \S|\S{1,300}:\d+:in ")
# The first line of what Ruby did not catch, which names the place as a frame does.
_RUBY_RAISED = lazy(r"\S{1,300}:\d+:in .{1,300}: .{0,1000}\((?:[A-Z]\w*::)*[A-Z]\w*\)\s*$")
_INSPECTED = lazy(r"#<(?:[A-Z]\w*::)*(?:\w*(?:Error|Exception)|Errno::[A-Z0-9]+): .")  # below Puma's request
_REQUEST = lazy(r"[A-Z]{3,7} \S{1,2000} HTTP/\d")
_NET_FRAME = "\n         at "
_ELIXIR = lazy(r"^[ \t]*(\*\* \(\w.*)$", re.M)
_OF_AN_EXIT = "** (EXIT) "  # says what became of another process, and not of which
_RUST = lazy(r"\bpanicked at (?P<place>\S{1,300}:\d+:\d+):\n(?P<said>.*)")
_OLD_RUST = lazy(r"\bpanicked at '(?P<said>.{0,1000})', (?P<place>\S{1,300}:\d+:\d+)$", re.M)
_MONOLOG = lazy(
    r"\[object\] \((?P<kind>[\w\\]{1,200})\(code: [^)]{0,40}\): (?P<said>.{0,2000}?) at /\S{1,400}:\d+\)", re.S
)


def what_happened(text: str) -> str:
    """The line of a record that says what happened: the exception, else the message, else the first line."""
    if text[:1] == "{":
        return _of_fields(json_fields(text)) or text
    if "\n" in text:
        return exception_of(text)
    return _single(text) or _of_logfmt(text) or text


def exception_of(text: str) -> str:
    """The line of a traceback that says what happened: the first behind its last frame; else the first line of all."""
    lines = text.split("\n")
    frames = [place for place, line in enumerate(lines) if line[2:8] == 'File "']
    if frames:
        behind = (line for line in lines[frames[-1] + 1 :] if line.strip() and not line[0].isspace())
        exception = next(behind, "")
        if exception:
            return exception
    named = _single(text) or _of_elixir(text) or _of_net(text, lines) or _of_rails(lines)
    if named:
        return named
    ends = _ENDS_WITH.findall(text) or _INDENTED.findall(text)
    if ends:
        last = str(ends[-1])
        return _with_below(lines[lines.index(last) :]) if last.rstrip()[-1:] == ":" and last in lines else last
    if lines[1:] and _INSPECTED.match(lines[1]):
        return lines[1]
    # What ends where its message would begin has it on the line below.
    lines = _without_request(lines) if "panic recovered:" in lines[0] else lines
    return _with_below(lines) if lines[0].rstrip()[-1:] == ":" else lines[0]


def _with_below(lines: list[str]) -> str:
    """The first line, and the next one that has a word and names no scope of .NET's console; while that ends where a
    message would begin, the one behind it, too."""
    first, *more = redacted_lines(lines[:_MOST_BELOW])
    whole = first.rstrip()
    for given, line in zip(lines[1:], more):
        said, frame = line.strip(), _FRAME.match(given) and not _RUBY_RAISED.match(given)
        if any(map(str.isalnum, said)) and not said.startswith(_NET_SCOPE) and not frame:
            whole = f"{whole} {said}"
            if said[-1:] != ":":
                break
    return whole


def _without_request(lines: list[str]) -> list[str]:
    """Without the request and its headers, which Gin writes before the message while it is not in release mode."""
    if len(lines) < 2 or not _REQUEST.match(lines[1]):
        return lines
    blank = next((place for place, line in enumerate(lines) if place and not line.strip()), 0)
    return [lines[0], *lines[blank + 1 :]] if blank else lines


def _single(text: str) -> str:
    """Of Rust, of Monolog, and of PHP that another program passes on, which have it in quotes or within an object."""
    match = _RUST.search(text) or _OLD_RUST.search(text) if "panicked at " in text else None
    if match:
        return f"panicked at {match['place']}: {redacted(match['said'])}"
    match = _PASSED_ON.search(text) if " std" in text else None
    if match:
        return redacted(match["said"].partition('" while ')[0].rstrip('"'))
    match = _MONOLOG.search(text) if "[object] (" in text else None
    if match is None:
        return ""
    kind, said = (match[name].replace("\\\\", "\\").replace('\\"', '"') for name in ("kind", "said"))
    return f"{kind}: {redacted(said)}"


def _of_elixir(text: str) -> str:
    """The innermost of a chain of exits; with the call that ended so, where it is no exception."""
    chain = _ELIXIR.findall(text) if "** (" in text else []
    if len(chain) > 1 and chain[-1].startswith(_OF_AN_EXIT):
        chain = _ELIXIR.findall("\n".join(redacted_lines(text.split("\n")[:_MOST_BELOW])))
        return " ".join(chain[-2:])
    return str(chain[-1]) if chain else ""


def _of_net(text: str, lines: list[str]) -> str:
    """Of .NET's console, which writes the category alone on the first line, and indents the rest."""
    if not _NET_HEAD.match(lines[0]):
        return ""
    match = _NET_EXCEPTION.search(text, len(lines[0])) if _NET_FRAME in text else None
    return match[1] if match else _with_below(lines)


def _of_rails(lines: list[str]) -> str:
    """Of Ruby's logger, the first line that says something behind the tags of the request."""
    head = _RUBY_HEAD.match(lines[0]) if lines[0][1:3] == ", " else None
    said = (_TAGS.sub("", line, count=1).strip() for line in [lines[0][head.end() :], *lines[1:]]) if head else ()
    return next(filter(None, said), "")


def _of_logfmt(line: str) -> str:
    fields = logfmt_fields(line) if "=" in line[:62] else {}
    return _of_fields(fields) if any(name in fields for name in ("msg", "message", "error", "err")) else ""


def _of_fields(fields: Mapping[str, Any]) -> str:
    """The exception by its name; else the message, and behind it the error that it does not say; empty for none."""
    flat = _flat(fields)
    said = next((str(flat[name]) for name in _SAID if flat.get(name) and not isinstance(flat[name], dict)), "")
    said = (exception_of(said) if "\n" in said else said).strip()
    raised = _raised(flat)
    if raised and raised not in said:
        return raised if not said or said in raised or _NAMED.search(raised) else f"{redacted(said)}: {raised}"
    if said:
        return said
    request = request_of(fields)
    return " ".join(str(request[name]) for name in ("status", "method", "path") if name in request)


def _flat(fields: Mapping[str, Any]) -> dict[str, Any]:
    """By names without signs, in small letters; those of an object beside the message behind those of the record."""
    flat = {str(name).lower().translate(_SIGNS): value for name, value in reversed(list(fields.items()))}
    for name in _WITHIN:
        inner = flat.get(name)
        if isinstance(inner, dict):
            for key, value in inner.items():
                flat.setdefault(str(key).lower().translate(_SIGNS), value)
    return flat


def _raised(flat: Mapping[str, Any]) -> str:
    """The exception in its fields; empty for none."""
    for name in _RAISED:
        value = flat.get(name)
        if isinstance(value, list):  # structlog: the exceptions of a chain, that which was raised first
            value = next((item for item in value if isinstance(item, (dict, str))), None)
        elif isinstance(value, str) and value[:1] == "{":  # the answer of an API, as Go's clients print it
            value = json_fields(redacted(value)) or value
        found = _of_object(value) if isinstance(value, dict) else _of_text(value, name in _STACKS)
        if found:
            return found
    for name in ("error", "exception", "err"):  # ECS, OpenTelemetry: error.type, exception.message
        parts = {key[len(name) :]: value for key, value in flat.items() if key.startswith(name)}
        if "type" in parts or "class" in parts:
            return _of_object(parts)
    return ""


def _of_object(value: Mapping[str, Any]) -> str:
    parts = {str(key).lower().translate(_SIGNS): text for key, text in value.items() if isinstance(text, str) and text}
    kind = next((parts[name] for name in _CLASS if name in parts), "")
    known = [name for name in _SENTENCE if name in parts and (name not in _OF_CLASS or kind != parts.get("name"))]
    said = redacted(parts[known[0]].partition("\n")[0]) if known and (kind or known[0] not in _OF_CLASS) else ""
    if kind and said:
        return said if said.startswith(kind) else f"{kind}: {said}"
    stacks = (_of_text(parts.get(name), True) for name in ("stack", "stacktrace", "trace"))
    return next(filter(None, stacks), "") or said or kind


def _of_text(value: Any, named: bool) -> str:
    """The exception in a text; ``named``: only where it has the name of one, since the text may be frames alone."""
    if not isinstance(value, str) or not value.strip():
        return ""
    line = redacted(exception_of(value) if "\n" in value else value)
    return line.strip() if _NAMED.search(line) or not named else ""
