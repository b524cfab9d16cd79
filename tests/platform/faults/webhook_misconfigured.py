"""The backend was deployed with another signing secret than Stripe's: it refuses every webhook."""

from __future__ import annotations

from rehearsal import backend, engine, lifecycle
from rehearsal.stand import Stand

PLAYBOOK = "payment_outage.yml"
CAUSE = "webhook_misconfigured"
RELIEF = False
VARIABLES = {"payment_outage_since": "30s"}
OTHER = "whsec_of_another_endpoint"
UNCONFIRMED = (
    "SELECT count(*) FROM payments WHERE status = 'charged'"
    " AND created_at BETWEEN now() - interval '8 seconds' AND now() - interval '3 seconds'"
)


def inject(stand: Stand) -> None:
    deploy(stand, STRIPE_WEBHOOK_SECRET=OTHER)


def deploy(stand: Stand, **settings: str) -> None:
    """Make the backend's container anew with these settings."""
    backend.drop(stand, "backend")
    # With --no-deps its hash would be another one than the files': Compose counts what it depends on.
    words = ["up", "--detach", "--no-build", "backend"]
    engine.run([*lifecycle.compose(stand.site), *words], env={**lifecycle.environment(stand.site), **settings})
    backend.await_healthy(stand, "backend")
    backend.reload_nginx(stand)


def symptom(stand: Stand) -> bool:
    """Payments are charged and not confirmed."""
    return bool(stand.query(UNCONFIRMED)[0][0] > 3)


def heal(stand: Stand) -> None:
    found = backend.replicas(stand)
    if not found or f"STRIPE_WEBHOOK_SECRET={OTHER}" in secrets_of(found[0].id):
        deploy(stand)


def secrets_of(container: str) -> list[str]:
    found: list[str] = engine.inspect("container", [container])[0]["Config"]["Env"]
    return found
