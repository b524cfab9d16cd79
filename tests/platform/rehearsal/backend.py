"""The platform's backend as `make platform` leaves it: one replica of the release checked out, known to nginx."""

from __future__ import annotations

import time

from rehearsal import engine
from rehearsal.errors import PlatformError
from rehearsal.ownership import images_of
from rehearsal.platform import Container, Platform

SERVICES = ("backend", "celery-worker")
READY_SECONDS = 240
SIGNAL = """
import os, pathlib, signal, sys
for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
    pid = int(path.parent.name)
    try:
        words = path.read_bytes().replace(bytes(1), b" ").decode()
        if pid not in (1, os.getpid()) and sys.argv[2] in words:
            os.kill(pid, getattr(signal, sys.argv[1]))
    except OSError:
        continue
"""


def replicas(platform: Platform, service: str = "backend") -> list[Container]:
    return [container for container in platform.containers() if container.service == service]


def compose(platform: Platform, *words: str) -> None:
    """`docker compose` on the platform, as a deployment runs it."""
    from rehearsal import lifecycle

    engine.run([*lifecycle.compose(platform.site), *words], env=lifecycle.environment(platform.site))


def is_right(platform: Platform, service: str) -> bool:
    """One container of the image that its tag has, healthy, and never restarted."""
    running = replicas(platform, service)
    image = engine.run(
        ["docker", "image", "inspect", "--format", "{{.Id}}", f"{images_of(platform.site)}/app:latest"], check=False
    ).stdout.strip()
    return (
        len(running) == 1 and running[0].health == "healthy" and not running[0].restarts and running[0].image == image
    )


def put_right(platform: Platform, *services: str) -> None:
    """Back to one healthy replica each, whatever happened to them; what is right already is left alone."""
    wrong = [service for service in services or SERVICES if not is_right(platform, service)]
    if wrong:
        for service in wrong:
            drop(platform, service)
        compose(platform, "up", "--detach", "--no-build", *wrong)
        await_healthy(platform, *wrong)
    reload_nginx(platform)


def end_orphans(platform: Platform, application: str = "pafar-backend") -> None:
    """End the sessions that are older than every running replica: the process that opened them is gone.

    Where packets were dropped when it ended, the server was never told. It finds out when a retransmission is answered
    by a reset, up to minutes later (the kernel doubles the time between two), or after two hours of silence.
    """
    running = [replica.started for replica in replicas(platform) if replica.state == "running"]
    if running:
        platform.query(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = %s AND backend_start < %s::timestamptz",
            application,
            min(running),
        )


def drop(platform: Platform, service: str) -> None:
    """Remove all its containers."""
    for replica in replicas(platform, service):
        engine.run(["docker", "rm", "--force", replica.id], check=False)


def await_healthy(platform: Platform, *services: str) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while True:
        running = [replica for service in services for replica in replicas(platform, service)]
        if running and all(request.health == "healthy" for request in running):
            return
        if time.monotonic() > deadline:
            raise PlatformError(f"{', '.join(services)} did not become healthy within {READY_SECONDS} s.")
        time.sleep(0.3)


def crash(platform: Platform) -> None:
    """Kill it so that it leaves its pid file behind: it refuses to start, again and again.

    The file is in the container's own layer, so that a restart meets it again, and gunicorn says that it runs.
    """
    platform.execute("backend", "sh", "-c", "echo 1 > /tmp/gunicorn.pid")
    signal(platform.container("backend"), "SIGKILL", "gunicorn")
    platform.until("the engine restarts it", lambda: any(replica.restarts >= 2 for replica in replicas(platform)))


def signal(container: str, name: str, words: str) -> None:
    """Signal every process of a container whose command line holds these words; its image has no pkill."""
    engine.run(["docker", "exec", "--user", "root", container, "python3", "-c", SIGNAL, name, words], check=False)


def reload_nginx(platform: Platform) -> None:
    platform.execute("nginx", "nginx", "-s", "reload")
