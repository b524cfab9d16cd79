"""The backend was scaled and its first replica is gone; nginx knows that one alone and none of those that run."""

from __future__ import annotations

from rehearsal import backend, engine
from rehearsal.platform import Platform

PLAYBOOK = "service_scale.yml"
VARIABLES = {"scale_services_service": "backend"}


def inject(platform: Platform) -> None:
    first = backend.replicas(platform)
    backend.compose(platform, "up", "--detach", "--no-build", "--no-recreate", "--scale", "backend=3", "backend")
    backend.await_healthy(platform, "backend")
    for replica in first:
        engine.run(["docker", "rm", "--force", replica.id])


def symptom(platform: Platform) -> bool:
    """Nobody is served, and the backend is well."""
    return platform.fails()


def heal(platform: Platform) -> None:
    backend.put_right(platform, "backend")


def culprits(platform: Platform) -> list[str]:
    return platform.sessions("pafar-backend")
