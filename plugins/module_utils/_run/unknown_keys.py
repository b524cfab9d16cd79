# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Misspelt keys of variables that are dictionaries, such as runbook_announce.slack.chanel. Pure.

Each key is read somewhere, and refused there too: by the module that is given it, or where the message would be sent.
That is in an incident; the preflight finds all of them before.
"""

from __future__ import annotations

import difflib
from typing import Any, Iterator, Mapping, Sequence

from .known_keys import KEYS
from .unknown_names import UnknownName

_DEEPEST = 6  # of the paths above
_ALIKE = 0.6
_NEARER = 0.15  # by which all characters of a key must be more similar, so that it alone is proposed
_MOST = 2  # that are proposed


def unknown_keys(name: str, value: Any) -> list[UnknownName]:
    """The keys within a variable that are none, each with the whole way to it."""
    return [
        {"name": f"{place}.{key}", "meant": _meant(place, key, known), "renamed": False, "place": ""}
        for place, key, known in _unknown(name, name, value)
    ]


def _unknown(path: str, place: str, value: Any) -> Iterator[tuple[str, str, Sequence[str]]]:
    """``path``: as in KEYS; ``place``: the same as it is shown."""
    if path.count(".") > _DEEPEST:
        return
    if isinstance(value, Mapping):
        known = KEYS.get(path)
        for key, inner in value.items():
            if known is not None and key not in known:
                yield place, str(key), known
            elif any(each == f"{path}.{key}" for each in KEYS) or (known and f"{path}.*" not in KEYS):
                yield from _unknown(f"{path}.{key}", f"{place}.{key}", inner)
            else:
                yield from _unknown(f"{path}.*", f"{place}.{key}", inner)
    elif isinstance(value, (list, tuple)):
        for number, inner in enumerate(value, 1):
            entry = inner.get("name") if isinstance(inner, Mapping) else None
            yield from _unknown(f"{path}.*", f"{place}[{entry or number}]", inner)


def _meant(place: str, key: str, known: Sequence[str]) -> str:
    """The key that is most like it, whole or by one of its words; several where that word is in several of them."""
    ranked = sorted(((*_likeness(key.lower(), each), each) for each in known), reverse=True)
    by_word, whole, dummy = ranked[0]
    near = [each for word, other, each in ranked if word == by_word >= _ALIKE and whole - other < _NEARER]
    return " or ".join(f"{place}.{each}" for each in sorted(near[:_MOST]))


def _likeness(key: str, known: str) -> tuple[float, float]:
    """By the most similar word, and by all characters."""
    words = [_ratio(key, word) for word in known.split("_")]
    whole = _ratio(key, known)
    return max(whole, *words), whole


def _ratio(key: str, word: str) -> float:
    within = len(word) > 3 and word in key  # statuspage for page
    return max(difflib.SequenceMatcher(None, key, word).ratio(), _ALIKE if within else 0.0)
