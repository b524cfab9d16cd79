"""What endpoint_probe_info and compose_info return, as far as a diagnosis reads it."""

from __future__ import annotations

from typing import Any


def service(name: str, running: int = 1, trouble: str = "", **more: Any) -> dict[str, Any]:
    one = {"name": f"pafar-{name}-1", "trouble": trouble, "age": 9000, "image_age": 9000, "ports": [], **more}
    return {"running": running, "containers": [one]}


SERVICES = {name: service(name) for name in ("backend", "worker", "db", "redis", "nginx")}


def row(source: str, target: str, state: str = "up", layer: str = "", why: str = "", **more: Any) -> dict[str, Any]:
    host = {"database": "db:5432", "redis": "redis:6379"}.get(target, "api.stripe.com:443")
    known = {"source": source, "target": target, "state": state, "layer": layer, "why": why, "whose": "", "judge": ""}
    return {**known, "address": host, **more}


def down(source: str, target: str, layer: str = "tcp", why: str = "no answer in time", **more: Any) -> dict[str, Any]:
    return row(source, target, "down", layer, why, **more)


BACKEND, WORKER = "pafar-backend-1", "pafar-worker-1"
