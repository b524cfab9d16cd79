"""Packets that go nowhere, by a rule in a container's own network; a restarted container gets a network anew."""

from __future__ import annotations

from rehearsal import backend, engine
from rehearsal.errors import PlatformError
from rehearsal.platform import Platform


def cut(platform: Platform, service: str, *rule: str) -> None:
    """From now on what the service's containers send, and the rule matches, is dropped."""
    for replica in backend.replicas(platform, service):
        done = _iptables(replica.id, "-A", *rule)
        if done:
            raise PlatformError(
                f"The network of {replica.name} could not be cut (root, nsenter and iptables are needed): {done}"
            )


def mend(platform: Platform, service: str, *rule: str) -> None:
    """Take the rule away wherever it is."""
    for replica in backend.replicas(platform, service):
        while not _iptables(replica.id, "-D", *rule):
            pass


def is_cut(platform: Platform, service: str, *rule: str) -> bool:
    return any(not _iptables(replica.id, "-C", *rule) for replica in backend.replicas(platform, service))


def _iptables(container: str, how: str, *rule: str) -> str:
    """What it complained about; empty when it went well."""
    pid = engine.inspect("container", [container])[0]["State"]["Pid"]
    if not pid:
        return "it does not run"
    argv = ["nsenter", "--target", str(pid), "--net", "iptables", "--wait", how, "OUTPUT", *rule, "--jump", "DROP"]
    done = engine.run(argv, check=False)
    return "" if done.returncode == 0 else (done.stderr.strip() or f"exit {done.returncode}")
