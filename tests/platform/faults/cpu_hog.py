"""An address with a typing error keeps a regular expression busy for hours: the workers spin and serve nobody."""

from __future__ import annotations

import contextlib
import urllib.request
from concurrent.futures import ThreadPoolExecutor

from rehearsal import backend
from rehearsal.platform import DIRECT, Platform

PLAYBOOK = "high_cpu.yml"
# On a machine that is busy beside the platform two workers that spin get less than half a core together, and other
# processes more; on one with more than two cores some are idle. The backend may be one that the day before has made.
# Its health check waits for half a minute twelve times before it fails: this site has the busiest restarted unasked.
VARIABLES = {
    "high_cpu_cores": 0.2, "high_cpu_of_busiest": 0, "high_cpu_idle": 1, "high_cpu_warm_up": 0,
    "high_cpu_restart_busiest": True,
}  # fmt: skip
WITHIN = 30
TOUCHES = ("backend",)
SENT = 16  # so that each worker gets one
ROUNDS = 30  # on a busy machine a request is given up before it has reached a worker; the next round brings it there


def inject(platform: Platform) -> None:
    url = f"http://127.0.0.1:{platform.env['NGINX_PORT']}/api/places/?address={'a' * 60}%21"

    def send(_number: int) -> None:
        with contextlib.suppress(OSError):  # nobody answers
            DIRECT.open(urllib.request.Request(url), timeout=1).close()

    with ThreadPoolExecutor(SENT) as pool:
        for _round in range(ROUNDS):
            list(pool.map(send, range(SENT)))
            if platform.fails():
                return


def symptom(platform: Platform) -> bool:
    """Nobody is served."""
    return platform.fails()


def heal(platform: Platform) -> None:
    if platform.fails():
        backend.drop(platform, "backend")
    backend.put_right(platform, "backend")


def culprits(platform: Platform) -> list[str]:
    return platform.sessions("pafar-backend")
