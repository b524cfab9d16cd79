"""YAML files of Ansible as plain values: what it must not render is a text like any other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml


class _Loader(yaml.SafeLoader):
    """Knows the tag for a text that Ansible must not render."""


def _text(loader: yaml.SafeLoader, node: yaml.Node) -> Any:
    assert isinstance(node, yaml.ScalarNode), "it marks a text alone"
    return loader.construct_scalar(node)


_Loader.add_constructor("!unsafe", _text)


def load(path: Path) -> Any:
    """The value of a file."""
    return yaml.load(path.read_text(), _Loader)
