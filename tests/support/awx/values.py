"""What AWX refuses in values of free form, of which the argument specs of awx.awx say nothing.

As awx/api/serializers.py, awx/main/fields.py, awx/main/models/mixins.py and awx/main/notifications have it.
"""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Mapping
from datetime import datetime
from typing import Any

_FREQUENCIES = ("YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY", "MINUTELY")
# part of a rule -> what each of its values is
_DAY = re.compile(r"MO|TU|WE|TH|FR|SA|SU")
_RANGES = {"BYMONTH": (1, 12), "BYMONTHDAY": (1, 31), "BYHOUR": (0, 23), "BYMINUTE": (0, 59)}
_FIELD = {
    "id": str, "label": str, "help_text": str, "type": str, "secret": bool, "multiline": bool, "format": str,
    "choices": list, "default": object, "ask_at_runtime": bool,
}  # fmt: skip
_CONFIGURATIONS: dict[str, dict[str, type]] = {
    "slack": {"token": str, "channels": list, "hex_color": str},
    "email": {
        "host": str, "port": int, "username": str, "password": str, "use_tls": bool, "use_ssl": bool, "sender": str,
        "recipients": list, "timeout": int,
    },
}  # fmt: skip
_EVENTS = {"started", "success", "error"}
_APPROVAL_EVENTS = {"running", "approved", "timed_out", "denied"}
_OF_AN_APPROVAL = {"approval_status", "approval_node_name", "workflow_url", "job_metadata"}


def rule_misfits(rule: str) -> list[str]:
    """Of a schedule: one beginning with a time zone, and one rule."""
    found = re.fullmatch(r"DTSTART(?:;TZID=([\w/+-]+))?:(\d{8}T\d{6})(Z?) RRULE:(\S+)", rule, re.ASCII)
    if not found or bool(found[1]) == bool(found[3]):
        return [f"{rule!r} is not DTSTART;TZID=ZONE:YYYYMMDDTHHMMSS RRULE:..., nor with a Z in place of the zone"]
    zone, begin, text = found[1] or "UTC", found[2], found[4]
    problems = [] if zone in zoneinfo.available_timezones() else [f"{zone} is no time zone"]
    try:
        datetime.strptime(begin, "%Y%m%dT%H%M%S")
    except ValueError:
        problems.append(f"{begin} is no date and time")
    parts = [part.partition("=")[::2] for part in text.split(";")]
    given = dict(parts)
    problems += ["a part is given twice"] if len(given) < len(parts) else []
    problems += ["COUNT and UNTIL exclude each other"] if {"COUNT", "UNTIL"} <= set(given) else []
    problems += [f"{name} is missing" for name in ("FREQ", "INTERVAL") if name not in given]
    return problems + [f"{name}={value}" for name, value in parts if not _is_part(name, value)]


def _is_part(name: str, value: str) -> bool:
    if name == "FREQ":
        return value in _FREQUENCIES
    if name in ("INTERVAL", "COUNT"):
        return _is_within(value, 1, 999)
    if name == "UNTIL":
        return bool(re.fullmatch(r"\d{8}T\d{6}Z?", value, re.ASCII))
    if name in ("BYDAY", "WKST"):
        return all(_DAY.fullmatch(day) for day in value.split(","))
    return name in _RANGES and all(
        _is_within(each.removeprefix("-") if name == "BYMONTHDAY" else each, *_RANGES[name])
        for each in value.split(",")
    )


def _is_within(text: str, least: int, most: int) -> bool:
    return text.isascii() and text.isdecimal() and least <= int(text) <= most


def answer_misfits(question: Mapping[str, Any], answer: Any) -> list[str]:
    """Of an answer to a question of a survey; the default is one too."""
    kind = question["type"]
    if kind in ("integer", "float"):
        of_type = isinstance(answer, int if kind == "integer" else (int, float)) and not isinstance(answer, bool)
        size = answer
    elif kind == "multiselect":
        of_type, size = isinstance(answer, list), None
    else:
        of_type, size = isinstance(answer, str), None if kind == "multiplechoice" else len(str(answer))
    if not of_type:
        return [f"{answer!r} is no {kind}"]
    if kind.startswith("multi"):
        chosen = answer if isinstance(answer, list) else [answer]
        return [f"{each!r} is none of its choices" for each in chosen if each not in question["choices"]]
    least, most = question.get("min", size), question.get("max", size)
    return [] if least <= size <= most else [f"{answer!r} is not within {least} and {most}"]


def credential_type_misfits(kind: Mapping[str, Any]) -> list[str]:
    """Of the inputs and the injectors of a type of credential."""
    inputs, injectors = kind["inputs"], kind["injectors"]
    fields = inputs.get("fields") or []
    found = [f"{key} is no key of inputs" for key in inputs if key not in ("fields", "required")]
    found += [f"{key} is no key of injectors" for key in injectors if key not in ("env", "file", "extra_vars")]
    found += [problem for field in fields for problem in _field_misfits(field)]
    ids = [field.get("id") for field in fields]
    found += ["two fields have one id"] if len(set(ids)) < len(ids) else []
    found += [f"{name} is required, and no field" for name in inputs.get("required", []) if name not in ids]
    names = [*injectors.get("env", {}), *(name.removeprefix("template.") for name in injectors.get("file", {}))]
    found += [f"{name} is no name of a variable" for name in names if not re.fullmatch(r"[a-zA-Z_]\w*", name)]
    return found


def _field_misfits(field: Mapping[str, Any]) -> list[str]:
    name = field.get("id", "?")
    found = [f"{name}: {key} is no key of a field" for key in field if key not in _FIELD]
    found += [f"{name}: {key} is missing" for key in ("id", "label") if key not in field]
    found += [
        f"{name}: {key} is {field[key]!r}"
        for key, kind in _FIELD.items()
        if key in field and not isinstance(field[key], kind)
    ]
    if field.get("type", "string") not in ("string", "boolean"):
        found.append(f"{name}: its type is {field['type']!r}")
    if field.get("format", "url") not in ("ssh_private_key", "url"):
        found.append(f"{name}: its format is {field['format']!r}")
    return found


def notification_misfits(template: Mapping[str, Any]) -> list[str]:
    """Of the configuration and the messages of a notification template."""
    given = template["notification_configuration"]
    options = _CONFIGURATIONS.get(template["notification_type"], {})  # of the other types nothing is known here
    found = [f"{name} is no option of it" for name in given if options and name not in options]
    found += [f"{name} is missing" for name in options if name not in given]
    of_other_type = [name for name, kind in options.items() if name in given and type(given[name]) is not kind]
    found += [f"{name} is {given[name]!r}" for name in of_other_type]
    messages = dict(template.get("messages") or {})
    of_approvals = messages.pop("workflow_approval", {})
    found += [f"{name} is no event" for name in [*messages, *of_approvals] if name not in _EVENTS | _APPROVAL_EVENTS]
    found += [f"{name} is an event of an approval" for name in messages if name in _APPROVAL_EVENTS]
    found += [f"{name} is an event of a job" for name in of_approvals if name in _EVENTS]
    for name, texts in {**messages, **of_approvals}.items():
        found += [f"{name}: {key} is no part of a message" for key in texts if key not in ("message", "body")]
        found += [f"{name}: a message has one line" for key in texts if key == "message" and "\n" in texts[key]]
    for texts in of_approvals.values():
        taken = {variable for text in texts.values() for variable in re.findall(r"{{-?\s*(\w+)", text)}
        found += [f"AWX has no {variable} in it" for variable in sorted(taken - _OF_AN_APPROVAL)]
    return found
