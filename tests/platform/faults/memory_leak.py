"""Request tracing was switched on in the running backend and keeps everything: the kernel kills its workers."""

from __future__ import annotations

from rehearsal import backend
from rehearsal.stand import Stand

PLAYBOOK = "high_memory.yml"
VARIABLES = {"high_memory_window": 5}
WITHIN = 30
TOUCHES = ("backend",)
UNSTABLE = ("backend",)


def inject(stand: Stand) -> None:
    stand.execute("backend", "touch", "/dev/shm/trace")


def symptom(stand: Stand) -> bool:
    """Many are not served."""
    seen = stand.stats(6)
    return bool(seen["requests"]) and seen["success"] <= 0.9


def heal(stand: Stand) -> None:
    for one in backend.replicas(stand):
        if one.state == "running":
            stand.execute("backend", "rm", "--force", "/dev/shm/trace")
    backend.put_right(stand, "backend")


def culprits(stand: Stand) -> list[str]:
    return stand.sessions("pafar-backend")
