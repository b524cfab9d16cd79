"""A connection of another name than local: its host has a clock of its own, and the way takes its time."""

from __future__ import annotations

import os
import time
from typing import Any

from ansible.plugins.connection.local import Connection as Local

DOCUMENTATION = """
name: remote
short_description: local by another name
description: Waits for PAFAR_WAY seconds before and after a module, which is what a slow connection is.
author: Pafar runbook maintainers
extends_documentation_fragment:
  - connection_pipelining
options:
  become_success_timeout: {default: 10, type: int, description: as local}
  become_strip_preamble: {default: true, type: bool, description: as local}
"""


class Connection(Local):
    transport = "remote"

    def exec_command(self, cmd: str, *words: Any, **more: Any) -> Any:
        way = float(os.environ.get("PAFAR_WAY", "0")) if "AnsiballZ" in cmd else 0.0
        time.sleep(way)
        answer = super().exec_command(cmd, *words, **more)
        time.sleep(way)
        return answer
