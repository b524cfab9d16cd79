"""The backend was killed and left its pid file behind: it refuses to start, again and again."""

from __future__ import annotations

from rehearsal import backend
from rehearsal.platform import Platform

PLAYBOOK = "service_restart.yml"
WITHIN = 25
TOUCHES = ("backend",)
UNSTABLE = ("backend",)


def inject(platform: Platform) -> None:
    backend.crash(platform)


def symptom(platform: Platform) -> bool:
    """Nobody is served."""
    return platform.fails()


def heal(platform: Platform) -> None:
    backend.put_right(platform, "backend")


def culprits(platform: Platform) -> list[str]:
    return platform.sessions("pafar-backend")
