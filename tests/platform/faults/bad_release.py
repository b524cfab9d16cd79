"""A release was deployed that starts well and fails for many who book.

As deployments go: a snapshot is taken, the next version checked out and built, backend and worker are started anew.
"""

from __future__ import annotations

import json
import os
import sys

from rehearsal import backend, engine
from rehearsal.site import ROOT, git
from rehearsal.stand import Stand

PLAYBOOK = "release_rollback.yml"
WITHIN = 40
SECONDS = 90
TOUCHES = backend.SERVICES


def inject(stand: Stand) -> None:
    told = {
        "project": stand.site.project, "state_dir": str(stand.site.folder / "snapshots"), "label": "v1.1.0",
        "docker_host": os.environ.get("DOCKER_HOST", ""),
    }  # fmt: skip
    ansible = f"{os.path.dirname(sys.executable)}/ansible"
    engine.run([ansible, "localhost", "-m", "pafar.runbook.compose_snapshot", "-a", json.dumps(told)], cwd=ROOT)
    git(stand.site, "checkout", "--quiet", "--force", "v1.2.0")
    backend.compose(stand, "build", "--quiet", "backend")
    backend.compose(stand, "up", "--detach", "--no-build", *backend.SERVICES)
    backend.await_healthy(stand, *backend.SERVICES)
    backend.reload_nginx(stand)


def symptom(stand: Stand) -> bool:
    """Many bookings fail."""
    seen = stand.stats(6, "book")  # three in ten fail: a moment with fewer is no relief
    return bool(seen["requests"]) and seen["success"] <= 0.88


def heal(stand: Stand) -> None:
    if git(stand.site, "describe", "--tags", "--always") != "v1.1.0":
        git(stand.site, "checkout", "--quiet", "--force", "main")
        backend.compose(stand, "build", "--quiet", "backend")
    backend.put_right(stand)


def culprits(stand: Stand) -> list[str]:
    return stand.sessions("pafar-backend", "pafar-worker")
