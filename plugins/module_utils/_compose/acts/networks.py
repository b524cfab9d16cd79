# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Networks of a project that its files define in another way than they were created. Pure.

From its version 2.31.0 on, `up` creates such a network again, whatever its options: it stops every container of the
service, takes them out of the network and removes it. Where other services are in the network that fails, and the
containers stay stopped. Source: docker/compose, pkg/compose/create.go (removeDivergedNetwork) and reconcile.go.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any, Iterable, Mapping, Sequence

from ..container import HASH, PROJECT
from ..model import Model

NETWORK = "com.docker.compose.network"  # the label with the name by which the files know it
RENAMES = "the files rename "  # how the clause of a network begins that matters to those in it alone
COMPARES = (2, 31, 0)  # version of Compose from which on it compares
_ESCAPED = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


def differing_networks(
    model: Model, project: str, networks: Iterable[Mapping[str, Any]], version: Sequence[int]
) -> dict[str, str]:
    """By the name that the files use, what an `up` would do to a network, in a clause. ``networks``: of the engine."""
    listed = list(networks)
    clauses = {}
    for key, network in (model.shared.get("networks") or {}).items():
        if network and not network.get("external"):
            why = _why(str(network.get("name") or f"{project}_{key}"), key, network, project, listed, version)
            if why:
                clauses[key] = why
    return clauses


def _why(
    name: str,
    key: str,
    network: Mapping[str, Any],
    project: str,
    listed: Sequence[Mapping[str, Any]],
    version: Sequence[int],
) -> str:
    there = next((one for one in listed if one.get("Name") == name), None)
    if there is None:
        former = [one for one in listed if _label(one, PROJECT) == project and _label(one, NETWORK) == key]
        return (
            f"{RENAMES}the network {key} to {name}, and what runs is in {former[0].get('Name')}: a new replica"
            " would be apart from the others"
            if former
            else ""
        )
    known = _label(there, HASH)
    if tuple(version) < COMPARES or known in ("", hash_of(network)):
        return ""
    return (
        f"the files define the network {name} in another way than it was created, and `up` would stop every replica to"
        " create it again"
    )


def _label(network: Mapping[str, Any], name: str) -> str:
    return str((network.get("Labels") or {}).get(name) or "")


def hash_of(network: Mapping[str, Any]) -> str:
    """As Compose computes it: of the definition as Go writes it, in the order in which Compose renders it.

    >>> hash_of({"name": "a&b"}) == hashlib.sha256(b'{"name":"a\\\\u0026b"}').hexdigest()
    True
    """
    text = json.dumps(network, separators=(",", ":"), ensure_ascii=False)
    text = text.replace("$$", "$")  # Compose renders a dollar sign as two, and takes the hash of one
    for character, escaped in _ESCAPED.items():
        text = text.replace(character, escaped)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
