"""The backend was scaled and its first replica is gone; nginx knows that one alone and none of those that run."""

from __future__ import annotations

from rehearsal import backend, engine
from rehearsal.stand import Stand

PLAYBOOK = "service_scale.yml"
VARIABLES = {"scale_services_service": "backend"}


def inject(stand: Stand) -> None:
    first = backend.replicas(stand)
    backend.compose(stand, "up", "--detach", "--no-build", "--no-recreate", "--scale", "backend=3", "backend")
    backend.await_healthy(stand, "backend")
    for one in first:
        engine.run(["docker", "rm", "--force", one.id])


def symptom(stand: Stand) -> bool:
    """Nobody is served, and the backend is well."""
    return stand.fails()


def heal(stand: Stand) -> None:
    backend.put_right(stand, "backend")


def culprits(stand: Stand) -> list[str]:
    return stand.sessions("pafar-backend")
