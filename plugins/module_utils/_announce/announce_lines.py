# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What was sent, and what was not, in a few lines for the operator. Pure."""

from __future__ import annotations

from collections import Counter
from typing import Any, Iterable, Mapping

from .._core.console import BAD, CARE, DIM, Line
from .._incident.hash_chain import head_text
from .outbox import SENT, named_first

_PLANNED = "planned"


def of_announced(result: Mapping[str, Any]) -> list[Line]:
    """One line of what went out, one for each reason why messages did not, and what a page shows that it should not."""
    if "error" in result and "messages" not in result:
        return [(BAD, f"nothing was sent: {result['msg']}")]
    lines: list[Line] = []
    sent = Counter(row["channel"] for row in result["messages"] if row["state"] == SENT)
    if sent:
        lines.append((DIM, "sent: " + ", ".join(f"{number} to {channel}" for channel, number in sent.items())))
    for row in result["messages"]:
        if row["state"] == _PLANNED:
            lines.append((DIM, f"would be sent to {row['channel']} ({to_whom(row)}): {whole_of(row)}"))
    for first, keys in alike(row for row in result["messages"] if row["state"] != _PLANNED):
        why = f": {first['reason']}" if first["reason"] else ""
        if first["state"] != SENT:
            lines.append((CARE, f"not sent to {first['channel']} yet: {keys} ({_words(first['state'])}){why}"))
        elif why:
            lines.append((CARE, f"{first['channel']}: {keys}{why}"))
    lines += [(CARE, difference) for difference in result["differences"]]
    lines += [(DIM, line) for line in result["silences"]]
    heads = [f"{incident} (head {head_text(head)})" for incident, head in result["heads"].items()]
    lines += [(DIM, f"incident log: {', '.join(heads)}")] if heads else []
    return lines + [(CARE, line) for line in result["left"]]


def alike(rows: Iterable[Mapping[str, Any]]) -> list[tuple[Mapping[str, Any], str]]:
    """Messages of which the same is to be said: the first of them, and their keys."""
    found: dict[tuple[str, str, str], list[Mapping[str, Any]]] = {}
    for row in rows:
        found.setdefault((row["channel"], row["state"], row["reason"]), []).append(row)
    return [(each[0], named_first([str(row["key"]) for row in each])) for each in found.values()]


def whole_of(row: Mapping[str, Any]) -> str:
    """A message as a person reads it: its subject or title, where it has one, and its text."""
    return f"{row['title']}: {row['text']}" if row["title"] else str(row["text"])


def to_whom(row: Mapping[str, Any]) -> str:
    """Its recipient, and what goes with it."""
    return f"{row['to']}; {row['reason']}" if row["reason"] else str(row["to"])


def _words(state: str) -> str:
    return state.replace("_", " ")
