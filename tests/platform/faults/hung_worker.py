"""The backend hangs: its processes stand still, hold their connections and answer nobody.

Every process but the container's first is stopped (SIGSTOP), as by a debugger that somebody forgot.
"""

from __future__ import annotations

from rehearsal import backend
from rehearsal.stand import Stand

PLAYBOOK = "service_restart.yml"
VARIABLES = {"restart_services_services": ["backend"]}
WITHIN = 30
TOUCHES = ("backend",)


def inject(stand: Stand) -> None:
    backend.signal(stand.container("backend"), "SIGSTOP", "gunicorn")


def symptom(stand: Stand) -> bool:
    """Nobody is served."""
    return stand.fails()


def heal(stand: Stand) -> None:
    for one in backend.replicas(stand):
        if one.state == "running":
            backend.signal(one.id, "SIGCONT", "gunicorn")
    backend.put_right(stand, "backend")


def culprits(stand: Stand) -> list[str]:
    return stand.sessions("pafar-backend")
