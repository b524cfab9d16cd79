"""A folder in which commands are typed as in a clone, with an inventory and a log of its own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from support.servers import ROOT


def workplace(folder: Path, **hosts: dict[str, Any]) -> None:
    """Make the folder one: playbooks by their path, the inventory ``inventory``, the log ``incidents``.

    What is printed in it has the inventory by a short path, the same on every machine.
    """
    for name in ("playbooks", "ansible.cfg", ".collections"):
        if not (folder / name).exists():
            (folder / name).symlink_to(ROOT / name)
    common = {"ansible_connection": "local", "runbook_incident_log": str(folder / "incidents")}
    inventory = folder / "inventory"
    inventory.write_text(
        json.dumps({"database": {"hosts": {name: {**common, **site} for name, site in hosts.items()}}})
    )
    inventory.chmod(0o600)
