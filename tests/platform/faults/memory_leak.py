"""Request tracing was switched on in the running backend and keeps everything: the kernel kills its workers."""

from __future__ import annotations

from rehearsal import backend
from rehearsal.platform import Platform

PLAYBOOK = "high_memory.yml"
VARIABLES = {"high_memory_window": 5}
WITHIN = 30
TOUCHES = ("backend",)
UNSTABLE = ("backend",)
LEAVES = ("pafar-backend",)  # with the worker that the kernel kills; a session that the runbook ended is in the log


def inject(platform: Platform) -> None:
    platform.execute("backend", "touch", "/dev/shm/trace")


def symptom(platform: Platform) -> bool:
    """Many are not served."""
    stats = platform.stats(6)
    return bool(stats["requests"]) and stats["success"] <= 0.9


def heal(platform: Platform) -> None:
    for replica in backend.replicas(platform):
        if replica.state == "running":
            platform.execute("backend", "rm", "--force", "/dev/shm/trace")
    backend.put_right(platform, "backend")


def culprits(platform: Platform) -> list[str]:
    return platform.sessions("pafar-backend")
