"""Which versions a game day was held with."""

from __future__ import annotations

import platform
import re
from importlib import metadata

from rehearsal import engine
from rehearsal.platform import Platform
from rehearsal.site import ROOT


def seen(live_platform: Platform) -> dict[str, str]:
    collection = re.search(r"^version: (\S+)", (ROOT / "galaxy.yml").read_text(), re.M)
    return {
        "collection": collection.group(1) if collection else "",
        "ansible-core": metadata.version("ansible-core"),
        "python": platform.python_version(),
        "postgresql": live_platform.query("SHOW server_version")[0][0].split()[0],
        "docker": engine.require_engine(),
        "compose": engine.compose_version(),
    }
