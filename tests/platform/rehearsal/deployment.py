"""Deployments of the platform, as they go: a snapshot is taken, a version checked out and built, services made anew."""

from __future__ import annotations

import json
import os
import sys

from rehearsal import backend, engine
from rehearsal.site import ROOT, git
from rehearsal.stand import Stand

RUNS = "v1.1.0"


def release(stand: Stand, version: str) -> None:
    """Deploy a version over the one that runs."""
    told = {
        "project": stand.site.project, "state_dir": str(stand.site.folder / "snapshots"), "label": RUNS,
        "docker_host": os.environ.get("DOCKER_HOST", ""),
    }  # fmt: skip
    ansible = f"{os.path.dirname(sys.executable)}/ansible"
    engine.run([ansible, "localhost", "-m", "pafar.runbook.compose_snapshot", "-a", json.dumps(told)], cwd=ROOT)
    git(stand.site, "checkout", "--quiet", "--force", version)
    backend.compose(stand, "build", "--quiet", "backend")
    backend.compose(stand, "up", "--detach", "--no-build", *backend.SERVICES)
    backend.await_healthy(stand, *backend.SERVICES)
    backend.reload_nginx(stand)


def back(stand: Stand) -> None:
    """The version that runs, built and running, whatever was deployed or rolled back."""
    if git(stand.site, "describe", "--tags", "--always") != RUNS:
        git(stand.site, "checkout", "--quiet", "--force", "main")
        backend.compose(stand, "build", "--quiet", "backend")
    backend.put_right(stand)
