# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The site's own command to drain a replica, filled in for one. Pure."""

from __future__ import annotations

import re
from typing import Sequence

from ..container import Container

_FIELD = re.compile(r"\{\w+\}")
IN_REPLICA, IN_PROXY = "replica", "proxy"


def command_for(argv: Sequence[str], replica: Container, place: Container) -> list[str]:
    """The command for a container (``place``) with the replica's ``{name}``, ``{id}``, ``{number}``, ``{service}`` and
    ``{address}`` filled in. Of several addresses it is the one by which that container reaches the replica."""
    reached = {name for name, dummy in place.networks}
    addresses = sorted((name not in reached, address) for name, address in replica.networks if address)
    address = addresses[0][1] if addresses else ""
    values = {
        "{name}": replica.name,
        "{id}": replica.short,
        "{number}": str(replica.number),
        "{service}": replica.service,
        "{address}": address,
    }
    return [_FIELD.sub(lambda match: values.get(match.group(), match.group()), word) for word in argv]
