"""Run a module of the collection as Ansible does, in a process of its own, and read its answer."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

from support.servers import ROOT


def run_module(name: str, /, check: bool = False, **options: Any) -> dict[str, Any]:
    """The JSON that the module printed; a traceback in its place is an error of the test."""
    arguments = {"ANSIBLE_MODULE_ARGS": {**options, "_ansible_check_mode": check, "_ansible_diff": True}}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", f"ansible_collections.pafar.runbook.plugins.modules.{name}"],
        input=json.dumps(arguments),
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT / ".collections")},
        check=False,
    )
    line = done.stdout.strip().splitlines()[-1] if done.stdout.strip() else ""
    try:
        result: dict[str, Any] = json.loads(line)
    except ValueError:
        raise AssertionError(f"{name} answered no JSON: {done.stdout}\n{done.stderr}") from None
    result["rc"] = done.returncode
    return result
