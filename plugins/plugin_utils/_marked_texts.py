# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The extra variables that AWX writes into a file, with their texts as they are written there.

PRIVATE to this collection.
"""

from __future__ import annotations

from typing import Any, Iterable

import yaml
from ansible_collections.pafar.runbook.plugins.module_utils._run.changed_answers import MarkedText


class _Written(yaml.SafeLoader):
    """Keeps a text that is marked as unsafe what it is, and knows no other tag of Ansible."""


def _text(loader: yaml.SafeLoader, node: yaml.Node) -> Any:
    return MarkedText(loader.construct_scalar(node)) if isinstance(node, yaml.ScalarNode) else None


_Written.add_constructor("!unsafe", _text)
_Written.add_multi_constructor("!", lambda _loader, _suffix, _node: None)


def written(options: Iterable[str], loader: Any) -> dict[str, Any]:
    """What the files among the extra variables have (``@file``); the last one wins. ``loader``: of Ansible.

    A file that is no plain one, such as a pipe, cannot be read twice; AWX writes a plain one.
    """
    found: dict[str, Any] = {}
    for option in options:
        path = loader.path_dwim(option[1:]) if option.startswith("@") else ""
        if path and loader.is_file(path):
            found.update(_read(path))
    return found


def _read(path: str) -> dict[str, Any]:
    """Empty where it is encrypted or no YAML: then Ansible has taken it apart in another way."""
    try:
        with open(path, encoding="utf-8") as file:
            read = yaml.load(file, Loader=_Written)  # a safe one
    except (OSError, ValueError, yaml.YAMLError):
        return {}
    return {str(name): value for name, value in read.items()} if isinstance(read, dict) else {}
