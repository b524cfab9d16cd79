"""The backend was killed and left its pid file behind: it refuses to start, again and again.

The file is in the container's own layer, so that a restart meets it again. gunicorn says that it is running already.
"""

from __future__ import annotations

from rehearsal import backend
from rehearsal.platform import Platform

PLAYBOOK = "service_restart.yml"
WITHIN = 25
TOUCHES = ("backend",)
UNSTABLE = ("backend",)


def inject(platform: Platform) -> None:
    platform.execute("backend", "sh", "-c", "echo 1 > /tmp/gunicorn.pid")
    backend.signal(platform.container("backend"), "SIGKILL", "gunicorn")
    platform.until(
        "the engine restarts it", lambda: any(replica.restarts >= 2 for replica in backend.replicas(platform))
    )


def symptom(platform: Platform) -> bool:
    """Nobody is served."""
    return platform.fails()


def heal(platform: Platform) -> None:
    backend.put_right(platform, "backend")


def culprits(platform: Platform) -> list[str]:
    return platform.sessions("pafar-backend")
