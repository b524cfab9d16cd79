"""Jobs as AWX runs them: ansible-runner with a private folder, variables as AWX writes them, a home that is removed.

AWX marks each text as unsafe, and each name: its own (who runs the job), what it asked for at the launch, and what one
job of a workflow hands to the next; only what the template itself sets stays as it is. ansible-core 2.19 reads a marked
text again, and may make a number, a date or nothing of it.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from support.servers import ROOT

_RUN = """
import ansible_runner, sys
run = ansible_runner.run(private_data_dir=sys.argv[1], playbook=sys.argv[2], quiet=True, cmdline=sys.argv[3] or None)
sys.stdout.write(run.stdout.read())
sys.exit(run.rc)
"""


class _Unsafe(str):
    """A text that AWX marks."""


class _Dumper(yaml.SafeDumper):
    """Writes a marked text as AWX does: always in quotes, with the tag."""


_Dumper.add_representer(_Unsafe, lambda dumper, text: dumper.represent_scalar("!unsafe", str(text), style="'"))


@dataclass(frozen=True)
class Job:
    """What is left of a job. ``artifacts``: its custom stats, as AWX keeps them."""

    rc: int
    output: str
    artifacts: Mapping[str, Any]


def marked(value: Any) -> Any:
    """A value with every text in it marked, also those of keys' values and of lists."""
    if isinstance(value, str):
        return _Unsafe(value)
    if isinstance(value, Mapping):
        return {name: marked(each) for name, each in value.items()}
    return [marked(each) for each in value] if isinstance(value, list) else value


def variables_file(launched: Mapping[str, Any], template: Mapping[str, Any], meta: Mapping[str, Any]) -> str:
    """``env/extravars``: AWX's own, over them the template's as they are, over them what is given at the launch.

    As awx/main/tasks/jobs.py (build_extra_vars_file) and awx/main/utils/safe_yaml.py have it.
    """
    plain = {name: value for name, value in template.items() if launched.get(name, value) == value}
    given = {**meta, **launched}
    written: dict[str, Any] = {_Unsafe(name): marked(value) for name, value in given.items() if name not in plain}
    return yaml.dump({**written, **plain}, Dumper=_Dumper)


def meta_variables(job: int, user: str = "ada", workflow: int = 0) -> dict[str, Any]:
    """What AWX itself tells a job, under its own name and under its earlier one."""
    own = {
        "job_id": job, "job_launch_type": "workflow" if workflow else "manual", "user_id": 7, "user_name": user,
        "user_email": f"{user}@example.org", "user_first_name": user.title(), "user_last_name": "", "inventory_id": 2,
        "inventory_name": "Runbook", "project_revision": "0123456701234567012345670123456701234567",
        "project_scm_branch": "main", "job_template_id": 5, "job_template_name": "Runbook: t",
    }  # fmt: skip
    if workflow:
        own.update({"workflow_job_id": workflow, "workflow_job_name": "w"})
    return {f"{prefix}_{name}": value for prefix in ("awx", "tower") for name, value in own.items()}


def run_job(
    playbook: str,
    inventory: Mapping[str, Any],
    *,
    launched: Mapping[str, Any] | None = None,
    template: Mapping[str, Any] | None = None,
    meta: Mapping[str, Any] | None = None,
    environment: Mapping[str, str] | None = None,
    check: bool = False,
) -> Job:
    """One job of a playbook of this collection, with the working tree as its project."""
    with tempfile.TemporaryDirectory(prefix="pafar-awx-") as folder:
        private, home = Path(folder, "private"), Path(folder, "home")
        for each in (private / "inventory", private / "env", home):
            each.mkdir(parents=True)
        (private / "project").symlink_to(ROOT)
        (private / "inventory/hosts.yml").write_text(json.dumps(inventory))
        (private / "env/extravars").write_text(variables_file(launched or {}, template or {}, meta or {}))
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", _RUN, str(private), f"playbooks/{playbook}.yml", "--check" * check],
            env={**os.environ, "HOME": str(home), "COLUMNS": "400", **(environment or {})},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        output = re.sub(r"\x1b\[[0-9;]*m", "", done.stdout).replace("\r", "") + done.stderr
        return Job(done.returncode, output, _artifacts(private))


def _artifacts(private: Path) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for path in private.glob("artifacts/*/job_events/*.json"):
        event = json.loads(path.read_text())
        if event.get("event") == "playbook_on_stats":
            found.update(event["event_data"].get("artifact_data") or {})
    return found
