# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Why a run has no host to act on, in one paragraph. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Mapping, Sequence

from .._core.text import some
from .unknown_names import edits_between

HOSTS = "runbook_hosts"
_EXAMPLE = re.compile(r"(?i)(?:^|\.)(?:example\.(?:org|com|net)|example|invalid)\.?\Z")
_HERE = re.compile(r"(?i)(?:localhost|127\.[\d.]+|::1|/.*|)\Z")  # addresses of PostgreSQL on the host of the module
_LOCAL = ("local", "ansible.builtin.local")
# Playbooks that measure the host itself: load, memory, disks, clock.
_MEASURE_THE_HOST = ("disk_space", "high_cpu", "high_memory", "preflight", "triage")


@dataclass(frozen=True)
class Inventory:
    """What was read. ``groups``: the number of hosts of each; ``limited``: hosts that match before ``--limit``."""

    sources: Sequence[str]
    groups: Mapping[str, int]
    hosts: Sequence[str]
    limited: Sequence[str] = ()
    limit: str = ""


def why_no_host(pattern: str, inventory: Inventory) -> str:
    """What is wrong with the inventory, the pattern or the limit, and what to do."""
    read = f"read: {', '.join(inventory.sources)}" if inventory.sources else "none was given"
    if not inventory.hosts:
        return (
            f"No host in the inventory ({read}), so nothing was done. Give one with -i, for example -i inventory after"
            " cp -r inventory.example inventory; docs/variables.md says what is in it."
        )
    if inventory.limited:
        return (
            f"--limit {inventory.limit} leaves none of the hosts of {pattern} ({some(inventory.limited)}), so nothing"
            " was done. Give --limit one of these, or leave it out."
        )
    groups = [f"{name} ({count})" for name, count in inventory.groups.items() if name not in ("all", "ungrouped")]
    meant = _meant(pattern, [*inventory.groups, *inventory.hosts])
    guess = f" Did you mean {meant}?" if meant else ""
    return (
        f"No host matches {pattern}, so nothing was done.{guess} The inventory ({read}) has"
        f" {len(inventory.hosts)} host(s), in the groups {some(groups, 12) or 'none'}. Add a host to the group"
        f" {pattern}, or name another group or host with -e runbook_hosts=NAME."
    )


def without_effect(place: str) -> str:
    """Why a run is refused whose hosts are chosen in the inventory: it would act on others."""
    return (
        f"runbook_hosts ({place}) has no effect in an inventory, since Ansible chooses the hosts of a run before it"
        " reads the variables of any. Nothing was done. Give it with -e runbook_hosts=NAME, or put these hosts alone"
        " into the group that the playbook acts on."
    )


def unedited(addresses: Mapping[str, Sequence[str]]) -> str:
    """Why hosts that still have an address of the example inventory are refused; empty where none has. By host its
    addresses; the names are those that are reserved for examples (RFC 2606)."""
    found = {host: name for host, names in addresses.items() for name in names if _EXAMPLE.search(name)}
    if not found:
        return ""
    named = some([f"{host} ({name})" for host, name in found.items()])
    return (
        f"Still as in the example inventory: {named}. Nothing was done. Set ansible_host, or login_host in"
        " runbook_postgres, to the address of yours."
    )


def measured_here(playbook: str, hosts: Mapping[str, tuple[str, Sequence[str]]]) -> str:
    """A warning where what a playbook measures of a host is the controller's; empty where it is not, or where
    PostgreSQL is there too. By host its connection and the addresses of PostgreSQL."""
    if playbook not in _MEASURE_THE_HOST:
        return ""
    named = {
        host: names[0]
        for host, (connection, names) in hosts.items()
        if connection in _LOCAL and names and not any(_HERE.match(name) for name in names)
    }
    if not named:
        return ""
    of_hosts = some([f"{host} (PostgreSQL at {name})" for host, name in named.items()])
    return (
        f"Load, memory, disks and clock of {of_hosts} are measured on the controller, since ansible_connection is local"
        " there. To examine the database host, remove that line, so that Ansible connects to it."
    )


def _meant(pattern: str, names: Sequence[str]) -> str:
    edits = {name: edits_between(pattern.lower(), name.lower()) for name in names}
    near = min(edits, key=lambda name: edits[name], default="")
    return near if near and edits[near] <= max(2, len(pattern) // 3) else ""
