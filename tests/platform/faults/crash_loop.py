"""The backend was killed and left its pid file behind: it refuses to start, again and again.

The file is in the container's own layer, so that a restart meets it again. gunicorn says that it is running already.
"""

from __future__ import annotations

from rehearsal import backend
from rehearsal.stand import Stand

PLAYBOOK = "service_restart.yml"
WITHIN = 25
TOUCHES = ("backend",)
UNSTABLE = ("backend",)


def inject(stand: Stand) -> None:
    stand.execute("backend", "sh", "-c", "echo 1 > /tmp/gunicorn.pid")
    backend.signal(stand.container("backend"), "SIGKILL", "gunicorn")
    stand.until("the engine restarts it", lambda: any(one.restarts >= 2 for one in backend.replicas(stand)))


def symptom(stand: Stand) -> bool:
    """Nobody is served."""
    return stand.fails()


def heal(stand: Stand) -> None:
    backend.put_right(stand, "backend")


def culprits(stand: Stand) -> list[str]:
    return stand.sessions("pafar-backend")
