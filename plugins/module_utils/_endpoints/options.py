# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The options of endpoint_probe_info, parsed; refuses what could never be tried."""

from __future__ import annotations

import re
from typing import Any, Mapping

from ansible.module_utils.basic import AnsibleModule

from .._core.errors import InputError
from .._core.module import at_least
from .._core.redaction import HIDDEN, names_secret
from .endpoint import ALWAYS, AUTO, KINDS, NEVER, Target, target_of
from .io.matrix import Key, Trying

_TARGET: dict[str, Any] = {
    "name": {"type": "str", "required": True},
    "kind": {"type": "str", "default": "http", "choices": list(KINDS)},
    "url": {"type": "str", "default": "", "no_log": True},
    "host": {"type": "str", "default": ""},
    "port": {"type": "int", "default": 0},
    "tls": {"type": "str", "default": AUTO, "choices": [AUTO, ALWAYS, NEVER]},
    "method": {"type": "str", "default": "GET"},
    "headers": {"type": "dict", "default": {}, "no_log": True},
    "expect": {"type": "list", "elements": "int", "default": []},
    "body": {"type": "str", "default": ""},
    "judge": {"type": "str", "default": "", "choices": ["", "stripe", "maps", "webhook"]},
    "key": {"type": "str", "default": "", "no_log": False},
    "slow": {"type": "float", "default": 2.0},
    "cert_days": {"type": "int", "default": 14},
    "cert_names": {"type": "list", "elements": "str", "default": []},
    "server_name": {"type": "str", "default": ""},
    "client_cert": {"type": "path", "default": ""},
    "client_key": {"type": "path", "default": "", "no_log": False},
    "redirects": {"type": "int", "default": 0},
    "queues": {"type": "list", "elements": "str", "default": []},
    "sources": {"type": "list", "elements": "str", "default": []},
}

PROBE_ARGS: dict[str, Any] = {
    "targets": {"type": "list", "elements": "dict", "required": True, "options": _TARGET},
    "sources": {"type": "list", "elements": "str", "default": ["host"]},
    "keys": {"type": "dict", "default": {}, "no_log": True},
    "key_variables": {"type": "dict", "default": {}, "no_log": False},
    "project": {"type": "str", "default": ""},
    "attempts": {"type": "int", "default": 3},
    "pause": {"type": "float", "default": 0.2},
    "timeout": {"type": "float", "default": 3.0},
}


def keys_of(params: dict[str, Any]) -> dict[str, Key]:
    """Secrets that were given, and those in a container; two options, since all values of the first are hidden."""
    keys = {str(name): Key(str(text)) for name, text in (params["keys"] or {}).items()}
    for name, key in keys.items():
        if not key.value.isascii() or any(sign in key.value for sign in "\r\n"):
            raise InputError(f"keys: {name} holds what no key does (a line feed, or no ASCII). Nothing was done.")
    for name, given in params["key_variables"].items():
        if not isinstance(given, Mapping) or set(given) != {"service", "variable"}:
            raise InputError(f"key_variables: {name} takes `service` and `variable`. Nothing was done.")
        keys[str(name)] = Key("", str(given["service"]), str(given["variable"]))
    return keys


def targets_of(params: dict[str, Any], keys: Mapping[str, Key]) -> list[Target]:
    targets = []
    for given in params["targets"]:
        target, why = target_of(given)
        if target is None:
            raise InputError(f"targets: {why}. Nothing was done.")
        if target.key and target.key not in keys:
            raise InputError(
                f"targets: {target.name} names the key {target.key}, which is in neither keys nor key_variables."
                " Nothing was done."
            )
        if not all(text.isascii() for text in (*target.headers, *target.headers.values())):
            raise InputError(f"targets: {target.name}: write its headers in ASCII. Nothing was done.")
        try:
            re.compile(target.body)
        except re.error as error:
            raise InputError(
                f"targets: {target.name}: {target.body!r} is no regular expression ({error}). Nothing was done."
            ) from None
        targets.append(target)
    return targets


def mark_not_secret(module: AnsibleModule) -> None:
    """Of targets that were found well: their urls, and what their headers hold of no secret.

    Until then both are hidden wherever they stand. A header `DNT: 1` would also hide each 1 of the answer, so it is
    hidden where it was given alone; one with the name of a secret stays hidden everywhere.
    """
    plain, secret = set(), {str(text) for text in (module.params["keys"] or {}).values()}
    for given in module.params["targets"]:
        plain.add(given["url"])
        for title, value in given["headers"].items():
            (secret if names_secret(title) else plain).add(str(value))
        given["headers"] = dict.fromkeys(given["headers"], HIDDEN)
    module.no_log_values -= plain - secret


def trying_of(params: dict[str, Any]) -> Trying:
    if not params["sources"] and not all(target["sources"] for target in params["targets"]):
        raise InputError("sources is empty, so nothing would be tried. Nothing was done.")
    at_least(params, "attempts", 1)
    at_least(params, "pause", 0, "s")
    at_least(params, "timeout", 0.1, "s")
    if params["attempts"] > 20:
        raise InputError(f"attempts is {params['attempts']} and must be at most 20. Nothing was done.")
    return Trying(params["attempts"], params["pause"], params["timeout"])
