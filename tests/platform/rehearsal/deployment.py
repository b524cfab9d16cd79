"""Deployments of the platform, as they go: a snapshot is taken, a version checked out and built, services made anew."""

from __future__ import annotations

import json
import os
import sys

from rehearsal import backend, engine
from rehearsal.platform import Platform
from rehearsal.site import ROOT, git

RUNS = "v1.1.0"


def release(platform: Platform, version: str) -> None:
    """Deploy a version over the one that runs."""
    options = {
        "project": platform.site.project, "state_dir": str(platform.site.folder / "snapshots"), "label": RUNS,
        "docker_host": os.environ.get("DOCKER_HOST", ""),
    }  # fmt: skip
    ansible = f"{os.path.dirname(sys.executable)}/ansible"
    engine.run([ansible, "localhost", "-m", "pafar.runbook.compose_snapshot", "-a", json.dumps(options)], cwd=ROOT)
    git(platform.site, "checkout", "--quiet", "--force", version)
    backend.compose(platform, "build", "--quiet", "backend")
    backend.compose(platform, "up", "--detach", "--no-build", *backend.SERVICES)
    backend.await_healthy(platform, *backend.SERVICES)
    backend.reload_nginx(platform)


def back(platform: Platform) -> None:
    """The version that runs, built and running, whatever was deployed or rolled back."""
    if git(platform.site, "describe", "--tags", "--always") != RUNS:
        git(platform.site, "checkout", "--quiet", "--force", "main")
        backend.compose(platform, "build", "--quiet", "backend")
    backend.put_right(platform)
