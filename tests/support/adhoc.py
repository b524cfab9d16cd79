"""One task through `ansible`, for what runs on the controller."""

from __future__ import annotations

import json
import os
import subprocess
from typing import Any

from support.servers import ROOT


def adhoc(name: str, check: bool = False, **options: Any) -> dict[str, Any]:
    """The task's result, whether it failed or not."""
    argv = ["ansible", "localhost", "-m", f"pafar.runbook.{name}", "-a", json.dumps(options)]
    environment = {**os.environ, "ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.minimal", "ANSIBLE_NOCOLOR": "1"}
    done = subprocess.run(
        argv + (["--check"] if check else []), cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    start = done.stdout.find("=> {") + 3
    assert start > 2, done.stdout + done.stderr
    result: dict[str, Any] = json.loads(done.stdout[start : done.stdout.rindex("}") + 1])
    result["failed"] = done.returncode != 0
    return result
