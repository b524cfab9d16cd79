"""YAML files of Ansible as plain values: what it must not render is a text like any other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml


class _Loader(yaml.SafeLoader):
    """Knows the tag for a text that Ansible must not render."""


_Loader.add_constructor("!unsafe", lambda loader, node: loader.construct_scalar(node))


def load(path: Path) -> Any:
    """The value of a file."""
    return yaml.load(path.read_text(), _Loader)
