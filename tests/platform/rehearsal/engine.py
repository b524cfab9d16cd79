"""The Docker engine and Compose v2, asked by command and API; and the base image where none can be pulled."""

from __future__ import annotations

import fcntl
import functools
import os
import re
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from docker import APIClient
from docker.context import ContextAPI
from docker.errors import DockerException, NotFound
from requests.exceptions import RequestException

from rehearsal.errors import PlatformError

BASE_IMAGE = "debian:bookworm-slim"
BASE_SUITE = "bookworm"
# Marks a base image that was made here, so that `down --images` removes that one and never a pulled one.
OURS = "pafar.rehearsal.base"
GET_COMPOSE = (
    "Install the Compose plugin: Docker's own package is docker-compose-plugin, Ubuntu's docker-compose-v2; Debian 13"
    " has it as docker-compose, and that one package installs on Debian 12 too"
)
PLUGIN_PATH = '{{range .ClientInfo.Plugins}}{{if eq .Name "compose"}}{{.Path}}{{end}}{{end}}'
PULL_SECONDS = 180
_clients = threading.local()
LOCAL = ("unix://", "npipe://", "tcp://127.0.0.1:", "tcp://localhost:")


def run(
    argv: Sequence[str], *, stdin: str | None = None, seconds: float = 400, check: bool = True, **more: Any
) -> subprocess.CompletedProcess[str]:
    """A command, its output as text; what it says when it fails becomes a ``PlatformError``."""
    try:
        done = subprocess.run(
            list(argv), input=stdin, capture_output=True, text=True, errors="replace", timeout=seconds, check=False,
            **more,
        )  # fmt: skip
    except FileNotFoundError:
        raise PlatformError(f"{argv[0]} is not installed; it is needed to rehearse.") from None
    except subprocess.TimeoutExpired:
        raise PlatformError(f"`{' '.join(argv[:4])} ...` did not end within {seconds:g} s.") from None
    if check and done.returncode:
        output = (done.stderr or done.stdout).strip()[-1500:]
        raise PlatformError(f"`{' '.join(argv[:4])} ...` failed (exit {done.returncode}): {output}")
    return done


def require_engine() -> str:
    """The engine's version; a ``PlatformError`` where none answers."""
    if shutil.which("docker") is None:
        raise PlatformError("The docker command is not installed. The rehearsal platform needs Docker and Compose v2.")
    place = (
        os.environ.get("DOCKER_HOST")
        or run(
            ["docker", "context", "inspect", "--format", "{{.Endpoints.docker.Host}}"], check=False, seconds=120
        ).stdout.strip()
    )
    if place and not place.startswith(LOCAL):
        raise PlatformError(
            f"The Docker engine at {place} is not on this machine. The platform is published on loopback alone, so it"
            " can be rehearsed on only where it runs."
        )
    done = run(["docker", "version", "--format", "{{.Server.Version}}"], check=False, seconds=120)
    if done.returncode:
        raise PlatformError(
            f"No Docker engine answers ({done.stderr.strip()[-200:]}). Start it, or be allowed to use it"
            " (group docker), or set DOCKER_HOST."
        )
    return done.stdout.strip()


@functools.cache
def compose_command() -> tuple[str, ...]:
    """``docker compose`` or the standalone ``docker-compose``, whichever is v2 or newer.

    Of the first the plugin itself, where docker says its path: with docker in front of it a call takes twice as long.
    """
    tried = []
    for argv in (("docker", "compose"), ("docker-compose",)):
        if shutil.which(argv[0]) is None:
            continue
        done = run([*argv, "version", "--short"], check=False, seconds=120)
        version = done.stdout.strip().removeprefix("v")
        if done.returncode == 0 and re.match(r"\d+\.", version):
            if int(version.split(".")[0]) >= 2:
                direct = run(["docker", "info", "--format", PLUGIN_PATH], check=False, seconds=120).stdout.strip()
                return (direct,) if len(argv) > 1 and direct.startswith("/") else argv
            tried.append(f"{' '.join(argv)} {version}")
    what = (
        f"{' and '.join(tried)} is Compose v1, which this platform does not speak" if tried else "Compose v2 is missing"
    )
    raise PlatformError(f"{what}. {GET_COMPOSE}.")


def compose_version() -> str:
    return run([*compose_command(), "version", "--short"]).stdout.strip().removeprefix("v")


def inspect(kind: str, names: Sequence[str]) -> list[dict[str, Any]]:
    """What the engine knows of several things of a kind; those that are gone by now are left out.

    It is asked by its API: who waits asks many times a second, and the command takes seven times as long.
    """
    objects: list[dict[str, Any]] = []
    for name in names:
        with _asked() as client, suppress(NotFound):
            objects.append(getattr(client, f"inspect_{kind}")(name))
    return objects


def things_of(project: str, kind: str) -> list[str]:
    """Ids of a project's containers, networks or volumes, by Compose's own label."""
    mark = {"label": f"com.docker.compose.project={project}"}
    with _asked() as client:
        if kind == "container":
            return [listed["Id"] for listed in client.containers(all=True, filters=mark)]
        if kind == "network":
            return [listed["Id"] for listed in client.networks(filters=mark)]
        return [listed["Name"] for listed in client.volumes(filters=mark)["Volumes"] or []]


@contextmanager
def _asked() -> Iterator[APIClient]:
    """The engine's API, for this thread and this address; what it says when it fails becomes a ``PlatformError``."""
    given = os.environ.get("DOCKER_HOST", "")
    try:
        if _clients.__dict__.get("given") != given:
            place = given or ContextAPI.get_current_context().Host
            _clients.client, _clients.given = APIClient(base_url=place, timeout=120), given
        yield _clients.client
    except NotFound:
        raise
    except (DockerException, RequestException) as error:
        raise PlatformError(f"The Docker engine did not answer: {error}") from None


def has_image(name: str) -> bool:
    return run(["docker", "image", "inspect", name], check=False).returncode == 0


@contextmanager
def one_builds(what: str) -> Iterator[None]:
    """Of all processes of this user one at a time; the others wait and find in the engine what it has built."""
    with (Path(tempfile.gettempdir()) / f"pafar-{what}-{os.getuid()}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def get_base_image(say: Callable[[str], None]) -> None:
    """The Dockerfile's base image: there, or pulled, or made from the distribution's packages under the same tag."""
    if has_image(BASE_IMAGE):
        return
    with one_builds("base-image"):
        if not has_image(BASE_IMAGE):
            pull_or_make(say)


def pull_or_make(say: Callable[[str], None]) -> None:
    say(f"pulling {BASE_IMAGE}")
    try:
        run(["docker", "pull", "--quiet", BASE_IMAGE], seconds=PULL_SECONDS)
        return
    except PlatformError as error:
        reason = str(error).splitlines()[-1][-160:]
    say(f"it cannot be pulled ({reason})")
    make_base_image(say)


def make_base_image(say: Callable[[str], None]) -> None:
    get_mmdebstrap(say)
    say(f"making {BASE_IMAGE} from Debian's packages with mmdebstrap (about 20 s)")
    with tempfile.TemporaryDirectory(prefix="pafar-base-") as folder:
        archive = str(Path(folder) / "base.tar")
        run(
            ["mmdebstrap", "--quiet", "--variant=minbase", "--include=ca-certificates", BASE_SUITE, archive],
            seconds=600,
        )
        run(["docker", "import", "--change", f"LABEL {OURS}=true", archive, BASE_IMAGE], seconds=120)


def get_mmdebstrap(say: Callable[[str], None]) -> None:
    if shutil.which("mmdebstrap"):
        return
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise PlatformError(
            f"{BASE_IMAGE} can neither be pulled nor made here: mmdebstrap is missing. On Debian or Ubuntu:"
            " apt-get install mmdebstrap. Elsewhere: load the image from a machine that has it"
            " (docker save, docker load)."
        )
    say("installing mmdebstrap")
    run(["apt-get", "update", "-qq"], seconds=300)
    run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", "mmdebstrap"], seconds=300)
