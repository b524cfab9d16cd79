"""A migration dropped an index that it took for unused: who looks at his bookings has all of them read."""

from __future__ import annotations

from rehearsal import slowness
from rehearsal.platform import Platform

PLAYBOOK = "db_performance_degradation.yml"
CAUSE = "missing_index"
# Building takes the owner or a superuser; it is done without asking, since this is a rehearsal.
VARIABLES = {"rehearsal_login": "breakglass", "build_index_approval": "over_limit"}
WITHIN = 15
LATENCY = "browse"
CHANGES = ("objects: i bookings_customer_id",)
INDEX = "bookings_customer_id_created_at_idx"


def inject(platform: Platform) -> None:
    slowness.remember(platform)
    platform.query(f"DROP INDEX {INDEX}")


def symptom(platform: Platform) -> bool:
    """A request costs the database twice the processor time of before."""
    return slowness.is_dear(platform, 2)


def heal(platform: Platform) -> None:
    others = "SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid = 'bookings'::regclass AND indkey[0] = 4"
    platform.query(f"CREATE INDEX IF NOT EXISTS {INDEX} ON bookings (customer_id, created_at)")
    for (name,) in platform.query(f"{others} AND indexrelid <> '{INDEX}'::regclass"):
        platform.query(f"DROP INDEX {name}")
    slowness.forget(platform)
