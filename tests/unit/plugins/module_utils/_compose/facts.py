"""Containers and projects as values, for the tests of this folder."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

from ansible_collections.pafar.runbook.plugins.module_utils._compose.container import container_of
from ansible_collections.pafar.runbook.plugins.module_utils._compose.model import model_of
from ansible_collections.pafar.runbook.plugins.module_utils._compose.project import Project
from ansible_collections.pafar.runbook.plugins.module_utils._compose.project_ref import Source

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
OLD, NEW = "sha256:" + "a" * 64, "sha256:" + "b" * 64


def moment_before(seconds):
    """A time of the engine's, so many seconds before the observation."""
    return (NOW - timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S.%f") + "789Z"


def inspected(service="web", number=1, *, state="running", health="healthy", up=600.0, restarts=0, **more):
    """An inspection as the engine answers it."""
    started = NOW - timedelta(seconds=up)
    return {
        "Id": f"{service}{number}".encode().hex().ljust(64, "0"),
        "Name": f"/shop-{service}-{number}",
        "Created": (NOW - timedelta(seconds=more.get("age", 18000))).strftime("%Y-%m-%dT%H:%M:%S.123456789Z"),
        "Image": more.get("image", NEW),
        "RestartCount": restarts,
        "State": {
            "Status": state,
            "ExitCode": more.get("exit_code", 0),
            "OOMKilled": more.get("oom", False),
            "StartedAt": started.strftime("%Y-%m-%dT%H:%M:%S.%f") + "789Z",
            "FinishedAt": (NOW - timedelta(seconds=more["ended"])).strftime("%Y-%m-%dT%H:%M:%S.%f") + "789Z"
            if "ended" in more
            else "0001-01-01T00:00:00Z",
            "Error": more.get("error", ""),
            "Health": {
                "Status": health,
                "FailingStreak": more.get("streak", len(more.get("exits", []))),
                "Log": [
                    {"ExitCode": code, "Output": more.get("said", ""), "Start": ago and moment_before(ago)}
                    for code, ago in zip(
                        more.get("exits", [None]), more.get("checked", itertools.repeat(None)), strict=False
                    )
                ],
            }
            if health
            else None,
        },
        "Config": {
            "Image": more.get("ref", "shop/app:latest"),
            "Env": more.get("env", []),
            "Cmd": more.get("command"),
            "StopSignal": more.get("signal"),
            "Healthcheck": {
                "Test": more.get("test", []),
                "Timeout": int(more.get("limit", 0) * 1e9),
                "Interval": int(more.get("interval", 1) * 1e9),
                "StartPeriod": int(more.get("start_period", 0) * 1e9),
            },
            "Labels": {
                "com.docker.compose.project": "shop",
                "com.docker.compose.service": service,
                "com.docker.compose.container-number": str(number),
                "com.docker.compose.oneoff": "False",
                "com.docker.compose.config-hash": more.get("hash", "h"),
                "com.docker.compose.depends_on": more.get("depends", ""),
                "com.docker.compose.project.working_dir": more.get("folder", ""),
            },
        },
        "HostConfig": {
            "RestartPolicy": {"Name": more.get("policy", "no"), "MaximumRetryCount": more.get("retries", 0)},
            "Memory": more.get("memory", 0),
            "NetworkMode": more.get("network", "shop_default"),
            "PidMode": more.get("pid_mode", ""),
            "IpcMode": more.get("ipc_mode", "private"),
            "VolumesFrom": more.get("volumes_from"),
            "PortBindings": more.get("bindings"),
        },
        "Mounts": more.get("mounts", []),
        "NetworkSettings": {"Networks": {}, "Ports": more.get("ports", {})},
    }


def volume(name, target="/x"):
    return {"Type": "volume", "Name": name, "Destination": target, "RW": True}


def container(*words, **more):
    return container_of(inspected(*words, **more))


def project(*containers, services=None, images=None, **more):
    """A project of these containers; ``services`` as the rendered files have them."""
    rendered = {name: {"image": "shop/app:latest", **spec} for name, spec in (services or {"web": {}}).items()}
    return Project(
        Source("shop", "/srv/shop", ("/srv/shop/compose.yml",)),
        NOW,
        tuple(containers),
        more.pop("model", model_of({"services": rendered}, "shop")),
        hashes=dict.fromkeys(rendered, "h"),
        images=images or {"shop/app:latest": NEW},
        **more,
    )
