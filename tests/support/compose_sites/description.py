"""A random compose project from a seed: its files, what was set up on purpose in it, and one fault. Pure.

The forms are those of public compose files: replicas and singletons, jobs, proxies with fixed ports, data in volumes,
health checks that are absent, slow, rare or cannot be carried out, shared networks, process tables and volumes, several
networks, profiles, limits, and containers that were paused, stopped, scaled or restarted by hand.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

# Runs until it is asked to stop, or to fail: a file in the container makes it exit, again after every restart, so that
# a fresh container alone helps. What makes its check fail is in memory and goes with a restart.
RUN = "trap 'exit 0' TERM; while [ ! -e /tmp/fail ]; do sleep 0.5; done; exit 3"
CHECK = {"test": ["CMD-SHELL", "test ! -e /dev/shm/sick"], "interval": "2s", "timeout": "20s", "retries": 2}
LOOPS, SICK, GONE, ENDED, CUT_OFF = "loops", "is unhealthy", "was removed", "ended", "lost its network"


@dataclass(frozen=True)
class Fault:
    """``service``: whose first container is hit; ``names``: services of which one must be named."""

    kind: str
    service: str
    names: tuple[str, ...]


@dataclass
class Description:
    """``services``: as the file has them; ``setups``: what is done by hand once all run, as (verb, service)."""

    seed: int
    services: dict[str, Any] = field(default_factory=dict)
    more: dict[str, Any] = field(default_factory=dict)
    setups: list[tuple[str, str]] = field(default_factory=list)
    forms: list[str] = field(default_factory=list)
    files_removed: bool = False
    fault: Fault | None = None

    def add(self, name: str, **spec: Any) -> str:
        """A service that waits; returns its name."""
        unused = name if name not in self.services else f"{name}{len(self.services)}"
        self.services[unused] = {
            "image": "@", "command": ["sh", "-c", RUN], "restart": "unless-stopped", "stop_grace_period": "1s", **spec,
        }  # fmt: skip
        return unused


def _web(site: Description, dice: random.Random) -> None:
    name = site.add(
        dice.choice(["web", "api", "backend"]),
        healthcheck=CHECK,
        deploy={"replicas": dice.choice([1, 2, 3])},
        environment={"PORT": "8000", "NAME": "${HOSTNAME_OF:-shop}"},
        labels={"traefik.enable": "true", "traefik.http.routers.web.rule": "Host(`a.example`)"},
    )
    if dice.random() < 0.5:
        site.services[name]["depends_on"] = {site.add("cache", healthcheck=CHECK): {"condition": "service_healthy"}}


def _proxy(site: Description, dice: random.Random) -> None:
    for name in dice.sample(["nginx", "traefik", "caddy"], dice.choice([1, 2])):
        # Below those that Linux gives to connections and to servers that ask for any (from 32768 on).
        published = 20000 + dice.randint(20000, 60000) % 12000
        port = {"mode": "host", "target": 80, "published": str(published), "host_ip": "127.0.0.1"}
        site.add(name, ports=[port], restart=dice.choice(["always", "unless-stopped"]), networks=["default", "edge"])
    site.more["networks"] = {"edge": {"internal": dice.random() < 0.5}}


def _database(site: Description, dice: random.Random) -> None:
    name = dice.choice(["db", "postgres", "mysql"])
    more = {"container_name": f"@-{name}-fixed"} if dice.random() < 0.3 else {}
    site.add(name, volumes=[{"type": "volume", "source": "data", "target": "/var/lib/data"}], healthcheck=CHECK, **more)
    site.more.setdefault("volumes", {})["data"] = {}


def _job(site: Description, dice: random.Random) -> None:
    site.add(dice.choice(["migrate", "init"]), command=["true"], restart=dice.choice(["no", "on-failure"]))


def _unchecked(site: Description, dice: random.Random) -> None:
    site.add(dice.choice(["worker", "scheduler", "mailer"]), restart=dice.choice(["always", "on-failure:3", "no"]))


def _broken_check(site: Description, dice: random.Random) -> None:
    test = dice.choice([["CMD", "curl", "-f", "http://127.0.0.1/"], ["CMD-SHELL", "wgetx -q http://x || exit 1"]])
    site.add("grafana", healthcheck={"test": test, "interval": "1s", "timeout": "20s", "retries": 1})


def _rare_check(site: Description, dice: random.Random) -> None:
    site.add(
        "search", healthcheck={"test": ["CMD", "true"], "interval": dice.choice(["30s", "5m"]), "start_period": "1m"}
    )


def _disabled_check(site: Description, _dice: random.Random) -> None:
    site.add("legacy", healthcheck={"disable": True})


def _network_of(site: Description, dice: random.Random) -> None:
    owner = site.add(dice.choice(["vpn", "pod"]), healthcheck=CHECK)
    for name in dice.sample(["torrent", "agent"], dice.choice([1, 2])):
        site.add(name, network_mode=f"service:{owner}", depends_on=[owner])


def _processes_of(site: Description, dice: random.Random) -> None:
    owner = site.add("app", volumes=[{"type": "volume", "source": "shared", "target": "/shared"}])
    site.more.setdefault("volumes", {})["shared"] = {}
    kind = dice.choice(["pid", "ipc", "volumes"])
    if kind == "ipc":
        site.services[owner]["ipc"] = "shareable"
    shared = {"volumes_from": [owner]} if kind == "volumes" else {kind: f"service:{owner}"}
    site.add("profiler", depends_on=[owner], **shared)


def _limited(site: Description, dice: random.Random) -> None:
    limits = {"memory": dice.choice(["64M", "128M"]), "cpus": "0.5"}
    site.add("small", deploy={"resources": {"limits": limits}}, read_only=True, tmpfs=["/tmp"], init=True, user="1000")


def _profile(site: Description, _dice: random.Random) -> None:
    site.add("debug", profiles=["debug"])


def _paused(site: Description, _dice: random.Random) -> None:
    site.setups.append(("pause", site.add("backup-source", healthcheck=CHECK)))


def _stopped(site: Description, dice: random.Random) -> None:
    site.setups.append(("stop", site.add("maintenance", restart=dice.choice(["always", "unless-stopped"]))))


def _restarted(site: Description, _dice: random.Random) -> None:
    site.setups.append(("restart", site.add("reports", healthcheck=CHECK)))


def _scaled(site: Description, _dice: random.Random) -> None:
    site.setups.append(("scale", site.add("consumer")))


FORMS: list[Callable[[Description, random.Random], None]] = [
    _web, _proxy, _database, _job, _unchecked, _broken_check, _rare_check, _disabled_check, _network_of, _processes_of,
    _limited, _profile, _paused, _stopped, _restarted, _scaled,
]  # fmt: skip


def healthy(seed: int) -> Description:
    """Nothing is wrong in it, though much looks unusual."""
    dice = random.Random(seed)
    site = Description(seed)
    chosen = [_web, *dice.sample([form for form in FORMS if form is not _web], 4)]
    for form in chosen:
        form(site, dice)
        site.forms.append(form.__name__.strip("_"))
    site.files_removed = dice.random() < 0.15  # as of a container manager that keeps the files inside of itself
    return site


def broken(seed: int) -> Description:
    """The same with one fault in it."""
    site = healthy(seed)
    dice = random.Random(seed + 1_000_000)
    site.fault = dice.choice(_faults(site))
    return site


def _faults(site: Description) -> list[Fault]:
    """Those that are possible here. A container that was paused or stopped by hand, or ends, is not hit."""
    by_hand = {service for dummy, service in site.setups}
    faults = []
    for name, spec in site.services.items():
        if name in by_hand or spec["command"] == ["true"] or spec.get("profiles"):
            continue
        policy = str(spec["restart"]).partition(":")[0]
        if policy in ("always", "unless-stopped") and not spec.get("read_only"):
            faults.append(Fault(LOOPS, name, (name,)))
        if policy == "no":
            faults.append(Fault(ENDED, name, (name,)))
        if spec.get("healthcheck") is CHECK:
            faults.append(Fault(SICK, name, (name,)))
        if not site.files_removed:  # without the files it is not known that it is missing
            faults.append(Fault(GONE, name, (name, *_in_network_of(site, name))))
        if _in_network_of(site, name):
            faults.append(Fault(CUT_OFF, name, _in_network_of(site, name)))
    return faults


def _in_network_of(site: Description, owner: str) -> tuple[str, ...]:
    shares = [(name, spec.get("network_mode")) for name, spec in site.services.items()]
    return tuple(name for name, mode in shares if mode == f"service:{owner}")
