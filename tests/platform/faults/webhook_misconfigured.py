"""The backend was deployed with another signing secret than Stripe's: it refuses every webhook."""

from __future__ import annotations

from rehearsal import backend, engine, lifecycle
from rehearsal.platform import Platform

PLAYBOOK = "payment_outage.yml"
CAUSE = "webhook_misconfigured"
MITIGATION = False
VARIABLES = {"payment_outage_since": "30s"}
OTHER = "whsec_of_another_endpoint"
UNCONFIRMED = (
    "SELECT count(*) FROM payments WHERE status = 'charged'"
    " AND created_at BETWEEN now() - interval '8 seconds' AND now() - interval '3 seconds'"
)


def inject(platform: Platform) -> None:
    deploy(platform, STRIPE_WEBHOOK_SECRET=OTHER)


def deploy(platform: Platform, **settings: str) -> None:
    """Make the backend's container anew with these settings."""
    backend.drop(platform, "backend")
    # With --no-deps its hash would be another one than the files': Compose counts what it depends on.
    words = ["up", "--detach", "--no-build", "backend"]
    engine.run([*lifecycle.compose(platform.site), *words], env={**lifecycle.environment(platform.site), **settings})
    backend.await_healthy(platform, "backend")
    backend.reload_nginx(platform)


def symptom(platform: Platform) -> bool:
    """Payments are charged and not confirmed."""
    return bool(platform.query(UNCONFIRMED)[0][0] > 3)


def heal(platform: Platform) -> None:
    replicas = backend.replicas(platform)
    if not replicas or f"STRIPE_WEBHOOK_SECRET={OTHER}" in secrets_of(replicas[0].id):
        deploy(platform)


def secrets_of(container: str) -> list[str]:
    variables: list[str] = engine.inspect("container", [container])[0]["Config"]["Env"]
    return variables
