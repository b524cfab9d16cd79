"""A Docker engine for the tests: the one that runs, or one of their own.

Where none answers and we are root on Debian, the packages are installed and an engine is started with an empty data
root, so that nothing an earlier run left behind can help; it is stopped and its data removed at the end.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

START_SECONDS = 60
# Debian 12 has Compose v1 alone; v2 is the package of this name of the next release and depends on libc6 only.
NEXT_SUITE = "trixie"


class NoEngine(Exception):
    """Why there is none, and what would give one."""


@contextmanager
def engine(fresh: bool = False) -> Iterator[dict[str, str]]:
    """Environment variables with which docker and Compose v2 work; raises ``NoEngine`` otherwise.

    ``fresh``: one of our own also where one runs, so that it has no images yet.
    """
    runs = answers({}) and not fresh
    if runs and has_compose():
        yield {}
        return
    if os.geteuid() != 0 or shutil.which("apt-get") is None or not Path("/etc/debian_version").exists():
        missing = "Compose v2 is missing" if runs else "no Docker engine answers"
        raise NoEngine(f"{missing}; it can be installed here only by root on Debian")
    if not has_compose():
        install_compose()
    if runs:
        yield {}
        return
    for package in ("docker.io", "iptables", "mmdebstrap"):
        install(package)
    folder = Path(tempfile.mkdtemp(prefix="pafar-engine-", dir="/var/tmp"))
    process = start(folder)
    try:
        environment = {"DOCKER_HOST": f"unix://{folder}/docker.sock"}
        await_answer(process, environment, folder)
        yield environment
    finally:
        stop(process, folder)


def answers(environment: dict[str, str]) -> bool:
    if shutil.which("docker") is None:
        return False
    done = subprocess.run(
        ["docker", "version", "--format", "{{.Server.Version}}"], env={**os.environ, **environment},
        capture_output=True, check=False, timeout=30,
    )  # fmt: skip
    return done.returncode == 0


def has_compose() -> bool:
    from rehearsal import engine as cli
    from rehearsal.trouble import Trouble

    cli.compose_command.cache_clear()
    try:
        cli.compose_command()
    except Trouble:
        return False
    return True


def apt(*words: str) -> None:
    done = subprocess.run(
        ["apt-get", *words], env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        capture_output=True, text=True, check=False, timeout=600,
    )  # fmt: skip
    if done.returncode:
        raise NoEngine(f"apt-get {' '.join(words[-2:])} failed: {done.stderr.strip()[-300:]}")


def install(package: str) -> None:
    known = subprocess.run(["dpkg", "-s", package], capture_output=True, check=False)
    if known.returncode:
        print(f"installing {package}", flush=True)
        apt("install", "-y", "-qq", "--no-install-recommends", package)


def install_compose() -> None:
    """Compose v2: this release's package if it is v2, else that one package of the next release, as apt verifies it."""
    print("installing Compose v2", flush=True)
    if "2." in candidate():
        apt("install", "-y", "-qq", "--no-install-recommends", "docker-compose")
    else:
        with tempfile.TemporaryDirectory(prefix="pafar-compose-") as folder:
            Path(folder).chmod(0o755)  # apt downloads as a user of its own
            lists, sources = Path(folder, "lists"), Path(folder, "next.sources")
            (lists / "partial").mkdir(parents=True)
            sources.write_text(
                f"Types: deb\nURIs: {mirror()}\nSuites: {NEXT_SUITE}\nComponents: main\n"
                "Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg\n"
            )
            apart = [
                "-o", f"Dir::Etc::SourceList={sources}", "-o", "Dir::Etc::SourceParts=/dev/null",
                "-o", f"Dir::State::Lists={lists}", "-o", f"Dir::Cache={folder}", "-o", "APT::Sandbox::User=root",
            ]  # fmt: skip
            apt(*apart, "update", "-qq")
            apt(*apart, "install", "-y", "-qq", "--no-install-recommends", "docker-compose")
    if not has_compose():
        raise NoEngine("the docker-compose package is installed, but it does not answer as Compose v2")


def candidate() -> str:
    """The version of docker-compose that apt would install."""
    done = subprocess.run(["apt-cache", "policy", "docker-compose"], capture_output=True, text=True, check=False)
    lines = [line.split()[-1] for line in done.stdout.splitlines() if "Candidate:" in line]
    return lines[0] if lines and lines[0].startswith("2.") else ""


def mirror() -> str:
    """The Debian mirror that this machine uses."""
    done = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(REPO_URI) $(COMPONENT) $(SUITE)", "Created-By: Packages"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    for line in done.stdout.splitlines():
        address, component, *dummy = line.split()
        if component == "main" and "security" not in address:
            return address
    raise NoEngine("apt knows no Debian mirror to take Compose v2 from")


def start(folder: Path) -> subprocess.Popen[bytes]:
    print(f"starting a Docker engine with an empty data root ({folder})", flush=True)
    with (folder / "dockerd.log").open("wb") as log:
        return subprocess.Popen(
            ["dockerd", "--data-root", str(folder / "data"), "--exec-root", str(folder / "exec"),
             "--host", f"unix://{folder}/docker.sock", "--pidfile", str(folder / "pid")],
            stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip


def await_answer(process: subprocess.Popen[bytes], environment: dict[str, str], folder: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not answers(environment):
        if process.poll() is not None or time.monotonic() > deadline:
            last = (folder / "dockerd.log").read_text(errors="replace").strip().splitlines()[-2:]
            raise NoEngine(f"dockerd did not start: {' | '.join(last)[-400:]}")
        time.sleep(0.3)


def stop(process: subprocess.Popen[bytes], folder: Path) -> None:
    """The engine ends its containers itself; then what it mounted and wrote goes."""
    process.terminate()
    try:
        process.wait(60)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    mounts = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    for place in sorted((place for place in mounts if place.startswith(f"{folder}/")), reverse=True):
        subprocess.run(["umount", "--lazy", place], capture_output=True, check=False)
    shutil.rmtree(folder, ignore_errors=True)
