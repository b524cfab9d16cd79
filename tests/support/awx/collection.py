"""A collection awx.awx without an AWX, in a folder of its own; see ``object_action.py``."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support.awx.objects import SPECS

_HERE = Path(__file__).parent


@dataclass(frozen=True)
class Collection:
    """``folder``: to search for collections in."""

    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        return {"AWX_SPECS": str(_HERE / "awx.awx-24.6.1.json"), "AWX_OBJECTS": str(self.folder / "objects.json")}

    def objects(self) -> dict[str, Any]:
        """What was loaded, by ``module/name``."""
        found: dict[str, Any] = json.loads((self.folder / "objects.json").read_text())
        return found


def made(folder: Path) -> Collection:
    """Every module has the same code under its own name."""
    actions = folder / "ansible_collections/awx/awx/plugins/action"
    actions.mkdir(parents=True)
    for name in SPECS:
        (actions / f"{name}.py").write_text((_HERE / "object_action.py").read_text())
    return Collection(folder)
