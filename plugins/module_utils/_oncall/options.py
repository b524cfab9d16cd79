# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The options of oncall_info, and which of their values are secret."""

from __future__ import annotations

from typing import Any, Iterator, Mapping

from ansible.module_utils.basic import AnsibleModule

from .steps import secrets_in

ONCALL_ARGS: dict[str, Any] = {
    # What has another form is named beside what is right.
    "people": {"type": "raw", "default": []},
    "oncall": {"type": "raw", "default": {}, "no_log": True},
    "at": {"type": "str", "default": ""},
    "ahead": {"type": "float", "default": 30},
    "copies": {"type": "path", "default": "~/.local/state/pafar-runbook/feeds"},
    "timeout": {"type": "float", "default": 10},
}
_SHORTEST = 8  # characters of a secret; a shorter one would hide half of the answer


def mark_secrets(module: AnsibleModule) -> None:
    """Of ``oncall``, which is hidden as a whole until then, addresses and the values of headers stay hidden."""
    secrets = {text for text in secrets_in(module.params["oncall"]) if len(text) >= _SHORTEST}
    module.no_log_values -= set(_texts_in(module.params["oncall"])) - secrets
    module.no_log_values |= secrets


def _texts_in(value: Any) -> Iterator[str]:
    if isinstance(value, (Mapping, list, tuple)):
        for inner in value.values() if isinstance(value, Mapping) else value:
            yield from _texts_in(inner)
    else:
        yield str(value)
