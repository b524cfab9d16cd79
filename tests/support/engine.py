"""A Docker engine for the tests: the one that runs, or one of their own.

Where none answers and we are root on Debian, the packages are installed and an engine is started with an empty data
root, so that nothing an earlier run left behind can help; it is stopped and its data removed at the end.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

START_SECONDS = 240
# Debian 12 has Compose v1 alone; v2 is the package of this name of the next release and depends on libc6 only.
NEXT_SUITE = "trixie"


class NoEngine(Exception):
    """Why there is none, and what would give one."""


def socket_path() -> str:
    """The unix socket at which the engine of the tests answers."""
    return os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock").removeprefix("unix://")


@contextmanager
def engine(fresh: bool = False) -> Iterator[dict[str, str]]:
    """Environment variables with which docker and Compose v2 work; raises ``NoEngine`` otherwise.

    ``fresh``: one of our own with no images; refused where another runs, whose bridge and rules it would share.
    """
    if answers({}):
        if fresh:
            raise NoEngine("an engine runs here already; one that begins with nothing can be measured only without it")
        yield with_compose()
        return
    install_engine()
    if answers({}) and not fresh:  # the package has started one
        yield with_compose()
        return
    folder = Path(tempfile.mkdtemp(prefix="pafar-engine-", dir="/var/tmp"))
    folder.chmod(0o711)  # the socket's own group and mode decide who may use it, as in /run
    process = None
    try:
        process = start(folder)
        environment = {"DOCKER_HOST": f"unix://{folder}/docker.sock"}
        await_answer(process, environment, folder)
        weigh()
        yield environment
    finally:
        stop(process, folder)


def weigh() -> None:
    """All containers together count as one process beside those of the tests, and a test of a busy container could
    starve; they count as two. As eight, one that crashes and starts again took half of two processors, and the runbook
    that would stop it got the rest. Where control groups are mounted in another way, this is left as it is."""
    group = Path("/sys/fs/cgroup/cpu/docker")
    with suppress(OSError):
        group.mkdir(exist_ok=True)
        (group / "cpu.shares").write_text("2048")


def with_compose() -> dict[str, str]:
    """Nothing is installed beside somebody's engine: what is missing there is said."""
    from rehearsal import engine as cli
    from rehearsal.errors import PlatformError

    try:
        cli.compose_command()
    except PlatformError as error:
        raise NoEngine(str(error)) from None
    return {}


def is_debian() -> bool:
    try:
        return bool(re.search(r'^ID="?debian"?$', Path("/etc/os-release").read_text(), re.M))
    except OSError:
        return False


def install_engine() -> None:
    """Debian's packages for what is missing."""
    if os.geteuid() != 0 or not is_debian() or shutil.which("apt-get") is None:
        raise NoEngine("no Docker engine answers; one can be installed here only by root on Debian")
    os.environ["PATH"] += ":/usr/sbin:/sbin"  # where dockerd and iptables are, also for `su` without a dash
    packages = {"dockerd": "docker.io", "iptables": "iptables", "mmdebstrap": "mmdebstrap", "git": "git"}
    missing = [package for program, package in packages.items() if shutil.which(program) is None]
    if missing or not has_compose():
        apt("update", "-qq")
    for package in missing:
        install(package)
    if shutil.which("docker") is None:
        install("docker-cli")  # since Debian 13 a package of its own
    if not has_compose():
        install_compose()


def answers(environment: dict[str, str]) -> bool:
    if shutil.which("docker") is None:
        return False
    try:
        done = subprocess.run(
            ["docker", "version", "--format", "{{.Server.Version}}"], env={**os.environ, **environment},
            capture_output=True, check=False, timeout=30,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise NoEngine("the Docker engine does not answer within 30 s; it hangs") from None
    return done.returncode == 0


def has_compose() -> bool:
    from rehearsal import engine as cli
    from rehearsal.errors import PlatformError

    cli.compose_command.cache_clear()
    try:
        cli.compose_command()
    except PlatformError:
        return False
    return True


def apt(*words: str) -> None:
    try:
        done = subprocess.run(
            ["apt-get", "-o", "Acquire::Retries=3", *words], env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
            capture_output=True, text=True, check=False, timeout=600,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise NoEngine(f"apt-get {' '.join(words[-2:])} did not end within ten minutes") from None
    if done.returncode:
        raise NoEngine(f"apt-get {' '.join(words[-2:])} failed: {done.stderr.strip()[-300:]}")


def install(package: str) -> None:
    print(f"installing {package}", flush=True)
    apt("install", "-y", "-qq", "--no-install-recommends", package)


def install_compose() -> None:
    """Compose v2: this release's package if it is v2, else that one package of the next release, as apt verifies it."""
    print("installing Compose v2", flush=True)
    if candidate().startswith("2."):
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
    return lines[0] if lines else ""


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


@contextmanager
def engine_on_its_own_disk(size: str) -> Iterator[dict[str, str]]:
    """An engine beside the one that runs, whose files are on a file system of their own, in memory, of this size.

    What is free there depends on nothing else that the machine writes. It runs in a network namespace of its own: in
    the machine's it would use or even delete the other engine's bridge and rules. Of images it has the base image.
    Raises ``NoEngine`` without root or without a ``dockerd``.
    """
    from rehearsal import engine as cli

    os.environ["PATH"] += "" if shutil.which("dockerd") else ":/usr/sbin:/sbin"
    if os.geteuid() != 0 or shutil.which("dockerd") is None:
        raise NoEngine("an engine on a file system of its own can be started only by root, where dockerd is installed")
    cli.get_base_image(lambda dummy: None)
    folder = Path(tempfile.mkdtemp(prefix="pafar-engine-", dir="/var/tmp"))
    process = None
    try:
        (folder / "data").mkdir()
        cli.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder / "data")])
        space = f"pafar-{os.getpid()}"
        spaces = (f"--containerd-namespace={space}", f"--containerd-plugins-namespace={space}-plugins")
        process = start(folder, *spaces, before=("unshare", "--net"))
        environment = {"DOCKER_HOST": f"unix://{folder}/docker.sock"}
        await_answer(process, environment, folder)
        archive = folder / "base.tar"
        cli.run(["docker", "save", "--output", str(archive), cli.BASE_IMAGE])
        cli.run(["docker", "load", "--quiet", "--input", str(archive)], env={**os.environ, **environment})
        archive.unlink()
        yield environment
    finally:
        stop(process, folder)


def start(folder: Path, *more: str, before: tuple[str, ...] = ()) -> subprocess.Popen[bytes]:
    """An engine with these further options; ``before``: the command that runs it, e.g. in a namespace of its own."""
    print(f"starting a Docker engine with an empty data root ({folder})", flush=True)
    if shutil.which("dockerd") is None:
        raise NoEngine("docker.io is installed, but dockerd is not to be found")
    with (folder / "dockerd.log").open("wb") as log:
        return subprocess.Popen(
            [*before, "dockerd", "--data-root", str(folder / "data"), "--exec-root", str(folder / "exec"),
             "--host", f"unix://{folder}/docker.sock", "--pidfile", str(folder / "pid"), *more],
            stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip


def await_answer(process: subprocess.Popen[bytes], environment: dict[str, str], folder: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not answers(environment):
        if process.poll() is not None or time.monotonic() > deadline:
            last = (folder / "dockerd.log").read_text(errors="replace").strip().splitlines()[-2:]
            raise NoEngine(f"dockerd did not start: {' | '.join(last)[-400:]}")
        time.sleep(0.3)


def stop(process: subprocess.Popen[bytes] | None, folder: Path) -> None:
    """The engine ends its containers itself; then what it mounted and wrote goes."""
    if process is not None:
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
