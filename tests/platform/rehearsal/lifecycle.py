"""Up: from whatever is here to a platform whose users are served."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from rehearsal import engine, faults
from rehearsal.errors import PlatformError
from rehearsal.ownership import IMAGES, images_of, require_ours, require_this_clones, things_of
from rehearsal.platform import Platform
from rehearsal.site import Site, prepare

BUILD_SECONDS = 900
HEALTHY_SECONDS = 420
SERVED = 0.99
ENOUGH = 3  # requests in two seconds; the slowest load that can be set makes fewer only below 1.5 a second


class Progress:
    """Lines with the seconds since the start."""

    def __init__(self) -> None:
        self.began = time.monotonic()

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.began

    def __call__(self, text: str) -> None:
        print(f"[{self.seconds:5.1f} s] {text}", flush=True)


def up(site: Site, say: Progress, **settings: str) -> None:
    """From whatever is here to a platform whose users are served."""
    version = engine.require_engine()
    compose = engine.compose_version()
    say(f"Docker engine {version}, Compose {compose}")
    require_ours(site)
    require_this_clones(site)
    engine.get_base_image(say)
    prepare(site, runs=bool(things_of(site, "container")), **settings)
    say(f"checkout, .env and inventory are in {shown(site.folder)}")
    build(site, say)
    say("starting")
    start(site, say)
    platform = Platform(site)
    for name in faults.injected(platform):
        say(faults.heal(platform, faults.named(name)))
    await_served(platform)
    env = site.env
    say("up and healthy, and users are served")
    print(
        f"\n  the API      http://127.0.0.1:{env['NGINX_PORT']}/api/trips/\n"
        f"  the users    http://127.0.0.1:{env['LOAD_PORT']}/stats\n"
        f"  Prometheus   http://127.0.0.1:{env['PROMETHEUS_PORT']}\n"
        f"  inventory    {shown(site.inventory)}\n",
        flush=True,
    )


def shown(path: Path) -> str:
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def build(site: Site, say: Callable[[str], None]) -> None:
    """All images; what is built already is found in the engine's cache."""
    log = site.folder / "build.log"
    fresh = not all(engine.has_image(f"{images_of(site)}/{name}:latest") for name in IMAGES)
    say("building the images (a minute or two)" if fresh else "looking whether the images are up to date")
    with engine.one_builds("images"), log.open("w") as output:
        try:
            done = subprocess.run(
                [*compose(site), "build", "--quiet"], cwd=site.folder, env=environment(site), stdout=output,
                stderr=subprocess.STDOUT, timeout=BUILD_SECONDS, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            raise PlatformError(f"The images were not built within {BUILD_SECONDS} s; see {shown(log)}.") from None
    if done.returncode:
        last = "\n".join(log.read_text(errors="replace").strip().splitlines()[-8:])
        raise PlatformError(f"The images could not be built; all of it is in {shown(log)}, its end is:\n{last}")


def compose(site: Site) -> list[str]:
    return [
        *engine.compose_command(), "--project-name", site.project, "--project-directory", str(site.folder),
        "--file", str(site.folder / "docker-compose.prod.yml"),
    ]  # fmt: skip


def environment(site: Site) -> dict[str, str]:
    """Ours without what would override .env: variables of the shell win over the file's."""
    return {key: value for key, value in os.environ.items() if key not in site.env and key != "COMPOSE_FILE"}


def start(site: Site, say: Callable[[str], None]) -> None:
    """`up`, and until every container is healthy; says so when one becomes it, and what is wrong when time is up."""
    log = site.folder / "up.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [*compose(site), "up", "--detach", "--no-build", "--remove-orphans"],
            cwd=site.folder, env=environment(site), stdout=output, stderr=subprocess.STDOUT,
        )  # fmt: skip
    try:
        await_healthy(Platform(site), say, process)
    finally:
        if process.poll() is None:
            process.terminate()
        process.wait()
    if process.returncode:
        # The last line is the reason, all before it is progress.
        reason = log.read_text(errors="replace").strip().splitlines()[-1:] or ["no reason given"]
        raise PlatformError(f"The platform did not start: {reason[0]}{last_words(Platform(site))}")


def last_words(platform: Platform) -> str:
    """The end of the log of every container that is not well."""
    words = ""
    for container in platform.containers():
        if container.state in ("exited", "restarting") or container.health == "unhealthy" or container.restarts:
            log = engine.run(["docker", "logs", "--tail", "5", container.id], check=False)
            end = (log.stdout + log.stderr).strip()[-800:]
            words += f"\n{container.service} ({container.state}, {container.health}), end of its log:\n{end}"
    return words


def await_healthy(
    platform: Platform, say: Callable[[str], None], starter: subprocess.Popen[bytes] | None = None
) -> None:
    """Until every container is healthy, or the starter has failed."""
    deadline = time.monotonic() + HEALTHY_SECONDS
    shown: set[str] = set()
    while True:
        busy = starter is not None and starter.poll() is None
        containers = platform.containers()
        healthy = {container.service for container in containers if container.health == "healthy"}
        for service in sorted(healthy - shown):
            say(f"{service} is healthy ({len(healthy)} of {len(containers)})")
            shown.add(service)
        ill = [container for container in containers if container.health != "healthy"]
        if (containers and not ill and not busy) or (starter is not None and starter.returncode):
            return
        if time.monotonic() > deadline:
            told_by = "\n".join(
                f"{container.service}: {container.state}, {container.health}: {container.last_check}"
                for container in ill
            )
            raise PlatformError(f"Not healthy within {HEALTHY_SECONDS} s:\n{told_by}{last_words(platform)}")
        time.sleep(0.5)


def await_served(platform: Platform, seconds: float = 180) -> None:
    """Until the users of the last two seconds were served, and there were enough of them to tell."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            stats = platform.stats(2)
            if stats["requests"] >= ENOUGH and stats["success"] >= SERVED:
                return
            problem = f"users are not served: {stats}"
        except PlatformError as error:  # it may just have been started
            problem = str(error)
        if time.monotonic() > deadline:
            raise PlatformError(f"The platform does not serve its users within {seconds:g} s: {problem}")
        time.sleep(0.5)
