"""The backend hangs: its processes stand still, hold their connections and answer nobody.

Every process but the container's first is stopped (SIGSTOP), as by a debugger that somebody forgot.
"""

from __future__ import annotations

from rehearsal import backend
from rehearsal.platform import Platform

PLAYBOOK = "service_restart.yml"
VARIABLES = {"restart_services_services": ["backend"]}
WITHIN = 30
TOUCHES = ("backend",)


def inject(platform: Platform) -> None:
    backend.signal(platform.container("backend"), "SIGSTOP", "gunicorn")


def symptom(platform: Platform) -> bool:
    """Nobody is served."""
    return platform.fails()


def heal(platform: Platform) -> None:
    for replica in backend.replicas(platform):
        if replica.state == "running":
            backend.signal(replica.id, "SIGCONT", "gunicorn")
    backend.put_right(platform, "backend")


def culprits(platform: Platform) -> list[str]:
    return platform.sessions("pafar-backend")
