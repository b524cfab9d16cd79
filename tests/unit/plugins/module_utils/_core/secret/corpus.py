"""Secrets and harmless text of one line and of several: headers, settings, commands, dumps, statements, tokens.

In ``corpus.json``, whose secrets are made up and, where they have a shape, written as «MIX»: no scanner finds them.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

from ..redaction_corpus import B64, HEX32, MIX

_VALUES = {
    "«MIX»": MIX,
    "«HEX32»": HEX32,
    "«HEX32 UPPER»": HEX32.upper(),
    "«B64»": B64,
    "«UUID»": "3f2504e0-4f89-11d3-9a0c-0305e82c3301",
    "«PEM64»": "LS0tLS1CRUdJTi",
}


class Case(NamedTuple):
    """A text, what must not be left of it, and what must be."""

    text: str
    secrets: tuple[str, ...]
    kept: tuple[str, ...]


def _written(text: str) -> str:
    for name, value in _VALUES.items():
        text = text.replace(name, value)
    return text


_GIVEN = json.loads((Path(__file__).parent / "corpus.json").read_text(encoding="utf-8"))
CASES = [Case(_written(text), *(tuple(map(_written, part)) for part in parts)) for text, *parts in _GIVEN["secrets"]]
HARMLESS = [_written(text) for text in _GIVEN["harmless"]]
