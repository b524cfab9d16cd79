"""The platform's checkout, as a deployment has it: files under git with a history of releases, .env, an inventory.

It lies in ``.cache/rehearsal/<project>`` of this clone. Secrets are made here, once, and are worth nothing elsewhere.
"""

from __future__ import annotations

import fcntl
import os
import re
import secrets
import shutil
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from rehearsal.engine import run
from rehearsal.errors import PlatformError

SOURCE = Path(__file__).resolve().parents[1]
ROOT = SOURCE.parents[1]
# What is deployed; the rest of the folder is about breaking it.
DEPLOYED = (
    "Dockerfile", "docker-compose.prod.yml", "backend", "db", "load", "monitoring", "nginx", "stand_ins",
)  # fmt: skip
RELEASES = (
    ("1.0.0", "main", "Book, pay, be confirmed", "2026-11-02T09:00:00Z"),
    ("1.1.0", "main", "Groups pay a little less", "2026-11-16T10:30:00Z"),
    ("1.2.0", "next", "Dear trips are paid in instalments", "2026-11-23T08:15:00Z"),
    ("1.3.0", "later", "The city is on the card's statement", "2026-11-24T08:45:00Z"),
)
# Not "pafar": that is what a real one may be called.
PROJECT = "pafar-rehearsal"
SECRETS = (
    "DJANGO_SECRET_KEY", "PAFAR_DB_PASSWORD", "ONCALL_DB_PASSWORD", "BREAKGLASS_DB_PASSWORD", "EXPORTER_DB_PASSWORD",
    "BACKUP_DB_PASSWORD", "STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET", "MAPS_API_KEY", "ADMIN_TOKEN",
)  # fmt: skip
PREFIXES = {"STRIPE_SECRET_KEY": "sk_test_", "STRIPE_WEBHOOK_SECRET": "whsec_"}
# Asked for first; where one is taken a free one is used.
PORTS = {
    "NGINX_PORT": 18080,
    "POSTGRES_PORT": 15432,
    "LOAD_PORT": 19000,
    "PROMETHEUS_PORT": 19090,
    "ALERTMANAGER_PORT": 19093,
}


@dataclass(frozen=True)
class Site:
    """Where one platform lives; ``project`` is its name for Compose."""

    project: str
    folder: Path

    @property
    def env(self) -> dict[str, str]:
        """What .env says."""
        path = self.folder / ".env"
        if not path.exists():
            raise PlatformError(
                f"There is no platform called {self.project} here: {path} is missing. Start one: make platform"
            )
        pairs = (line.split("=", 1) for line in path.read_text().splitlines() if "=" in line and line[0] != "#")
        return dict(pairs)

    @property
    def inventory(self) -> Path:
        return self.folder / "inventory.yml"


HOME = ROOT / ".cache/rehearsal"


def site_of(project: str) -> Site:
    """The site of a project; the name is Compose's: small letters, digits, ``-`` and ``_``."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]*", project):
        raise PlatformError(f"{project!r} is no name for a project: small letters, digits, - and _.")
    return Site(project, HOME / project)


def prepare(site: Site, runs: bool = False, **settings: str) -> None:
    """Write checkout, .env and inventory; what is there already and still right stays.

    ``runs``: the platform runs, so the ports in .env are its own.
    """
    site.folder.mkdir(parents=True, exist_ok=True)
    with (HOME / "ports.lock").open("w") as lock:  # two that start at the same time must not choose the same ports
        fcntl.flock(lock, fcntl.LOCK_EX)
        write_env(site, settings, runs)
    write_history(site)
    write_inventory(site)
    site.folder.chmod(0o700)  # last, since copying a folder over it gives it that folder's mode


@contextmanager
def alone(site: Site, name: str, seconds: float) -> Iterator[None]:
    """Hold the site's lock of this name; wait for whoever holds it. The kernel lets it go when its holder dies."""
    site.folder.mkdir(parents=True, exist_ok=True)
    with (site.folder / f"{name}.lock").open("w") as file:
        deadline = time.monotonic() + seconds
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise PlatformError(
                        f"Somebody else is at work on {site.project} (a {name} of another process holds"
                        f" {site.folder / name}.lock). Wait until it is over."
                    ) from None
                time.sleep(0.2)
        yield


def write_private(path: Path, text: str) -> None:
    """A file for its owner alone, whole or not at all."""
    part = path.with_name(f"{path.name}.part")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    part.replace(path)


def write_env(site: Site, settings: dict[str, str], runs: bool) -> None:
    values = site.env if (site.folder / ".env").exists() else {}
    values["COMPOSE_PROJECT_NAME"] = site.project
    if site.project != PROJECT:  # a release that is deployed on one platform must not change the image of another
        values["PAFAR_IMAGES"] = site.project
    for name in SECRETS:
        values.setdefault(name, PREFIXES.get(name, "") + secrets.token_hex(16))
    taken = ports_of_others(site)
    for name, port in PORTS.items():
        wanted = int(values.get(name, port))
        if not (runs and name in values):
            values[name] = str(wanted if wanted not in taken and is_free(wanted) else free_port())
    values.update(settings)
    lines = ["# Written by `make platform`. The secrets are of this rehearsal alone.", *map("=".join, values.items())]
    write_private(site.folder / ".env", "\n".join(lines) + "\n")


def ports_of_others(site: Site) -> set[int]:
    """What the other platforms of this clone publish, also while they are stopped."""
    others = [Site(path.name, path) for path in HOME.iterdir() if path != site.folder and (path / ".env").exists()]
    return {int(other.env[name]) for other in others for name in PORTS if other.env.get(name, "").isdigit()}


def is_free(port: int) -> bool:
    """Whether nobody answers there and it can be bound; either alone errs on some systems."""
    with socket.socket() as probe:
        probe.settimeout(1)
        if probe.connect_ex(("127.0.0.1", port)) == 0:
            return False
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def git(site: Site, *words: str, date: str = "") -> str:
    """git in the checkout, deaf to the settings of whoever runs it, so that the history is the same everywhere.

    Commits are of a ``date``; what is checked out is so now, as git's own log of that tells.
    """
    dates = {"GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date} if date else {}
    environment = {
        **{key: value for key, value in os.environ.items() if not key.startswith("GIT_")},
        "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull,
        "GIT_AUTHOR_NAME": "Pafar", "GIT_AUTHOR_EMAIL": "deploy@pafar.example",
        "GIT_COMMITTER_NAME": "Pafar", "GIT_COMMITTER_EMAIL": "deploy@pafar.example", **dates,
    }  # fmt: skip
    return run(["git", "-C", str(site.folder), *words], env=environment).stdout.strip()


def write_history(site: Site) -> None:
    """A commit for each release; the checkout is at the one that runs."""
    shutil.rmtree(site.folder / ".git", ignore_errors=True)
    git(site, "init", "--quiet", "--initial-branch", "main")
    for version, branch, message, date in RELEASES:
        if branch != "main":
            git(site, "checkout", "--quiet", "-b", branch)
        write_release(site, version)
        git(site, "add", "--all")
        git(site, "commit", "--quiet", "--message", message, date=date)
        git(site, "tag", f"v{version}")
    git(site, "checkout", "--quiet", "main")


def write_release(site: Site, version: str) -> None:
    """The files of one release: the tree, with what the release has in another form laid over it."""
    for name in DEPLOYED:
        target = site.folder / name
        if target.is_dir():
            shutil.rmtree(target)
        if (SOURCE / name).is_dir():
            shutil.copytree(SOURCE / name, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(SOURCE / name, target)
    overlay = SOURCE / "releases" / version
    if overlay.is_dir():
        shutil.copytree(overlay, site.folder, dirs_exist_ok=True)
    (site.folder / "VERSION").write_text(f"{version}\n")
    (site.folder / ".gitignore").write_text("/.env\n/inventory.yml\n/faults/\n/snapshots/\n*.part\n*.log\n*.lock\n")


def login_of(env: dict[str, str], user: str, password: str) -> dict[str, Any]:
    """How a playbook reaches the platform's database; a value for ``runbook_postgres``."""
    return {
        "login_host": "127.0.0.1",
        "login_port": int(env["POSTGRES_PORT"]),
        "login_user": user,
        "login_password": password,
        "login_db": "pafar",
    }


def evidence_of() -> dict[str, Any]:
    """What the playbooks about networks and payments are told: who asks whom, and what a payment is here."""
    stripe = {"name": "stripe", "url": "http://stripe:8000/v1/charges?limit=1", "judge": "stripe", "key": "stripe"}
    webhook = {
        "name": "the webhook", "url": "http://nginx/api/webhooks/stripe/", "judge": "webhook",
        "sources": ["stripe"],
    }  # fmt: skip
    return {
        "runbook_probe_sources": ["backend", "celery-worker"],
        "runbook_endpoints": [
            {"name": "database", "kind": "postgres", "host": "db"},
            {"name": "redis", "kind": "redis", "host": "redis"},
            {**stripe, "sources": ["backend", "celery-worker"], "slow": 5},
            webhook,
        ],
        "runbook_endpoint_key_variables": {"stripe": {"service": "backend", "variable": "STRIPE_SECRET_KEY"}},
        "payment_outage_services": ["backend"],
        "payment_outage_since": "2m",
        "payment_outage_sign": r"payment of booking (?P<reference>\w+) failed: (?P<why>\w+)",
        "payment_outage_query": (
            "SELECT b.reference, p.charge, p.amount_cents, p.created_at FROM public.payments AS p"
            " JOIN public.bookings AS b ON b.id = p.booking_id WHERE p.status = 'charged'"
            " AND p.created_at BETWEEN now() - interval '10 minutes' AND now() - interval '10 seconds'"
        ),
    }


def write_inventory(site: Site) -> None:
    """The platform as the playbooks see it, marked as a place where faults may be injected."""
    env = site.env
    host = {
        "ansible_connection": "local",
        "runbook_rehearsal": True,
        "game_day_project": site.project,
        # A fault whose relief only a superuser can give says so by naming the other login.
        "rehearsal_login": "oncall",
        "rehearsal_passwords": {"oncall": env["ONCALL_DB_PASSWORD"], "breakglass": env["BREAKGLASS_DB_PASSWORD"]},
        "runbook_compose": {"project": site.project},
        "runbook_proxy": "nginx",
        "runbook_releases": str(site.folder / "snapshots"),
        "runbook_backups": [{"path": "/var/backups/postgresql", "service": "db-backup", "max_age": 48}],
        "runbook_reach": {"the users' door": f"http://127.0.0.1:{env['NGINX_PORT']}"},
        "runbook_postgres": login_of(env, "{{ rehearsal_login }}", "{{ rehearsal_passwords[rehearsal_login] }}"),
        **evidence_of(),
        # Users of this platform go away after two seconds; the runbook need not wait for half a minute.
        "unblock_sessions_min_waiting": 3,
    }
    groups = {"database": {"hosts": {"pafar": host}}, "services": {"hosts": {"pafar": {}}}}
    write_private(
        site.inventory,
        "---\n# Written by `make platform`: the rehearsal platform.\n" + yaml.safe_dump(groups, sort_keys=False),
    )
