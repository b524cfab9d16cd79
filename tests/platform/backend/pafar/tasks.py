"""The jobs of the Celery workers."""

import logging
import os
from pathlib import Path

from celery import Celery
from celery.signals import heartbeat_sent, worker_ready
from sqlalchemy import text

from pafar.database import engine
from pafar.places import REDIS_URL, geocode

log = logging.getLogger("pafar.tasks")
app = Celery("pafar", broker=f"{REDIS_URL}/0")
app.conf.update(
    task_ignore_result=True,
    task_default_queue="pafar",
    worker_prefetch_multiplier=1,
    broker_connection_retry_on_startup=True,
    broker_transport_options={"socket_timeout": 5, "socket_connect_timeout": 2},
    task_publish_retry_policy={"max_retries": 1},
    beat_schedule={"expire unpaid bookings": {"task": "pafar.tasks.expire_unpaid_bookings", "schedule": 30.0}},
    beat_schedule_filename="/tmp/celerybeat-schedule",
)

ALIVE = Path("/tmp/worker-alive")  # what the container's health check looks at

RECEIPT = text("INSERT INTO receipts (payment_id) VALUES (:payment) ON CONFLICT DO NOTHING")
EXPIRE = text(
    "WITH expired AS (UPDATE bookings SET status = 'expired' WHERE id IN"
    " (SELECT id FROM bookings WHERE status = 'pending' AND created_at < now() - interval '10 minutes'"
    "  ORDER BY id LIMIT 500 FOR UPDATE SKIP LOCKED) RETURNING trip_id, seats)"
    " UPDATE trips SET seats_left = seats_left + back.seats"
    " FROM (SELECT trip_id, sum(seats) AS seats FROM expired GROUP BY trip_id) AS back WHERE trips.id = back.trip_id"
)
REPRICE = text(
    "UPDATE trips SET price_cents = greatest(100, price_cents * (100 + :percent) / 100), updated_at = now()"
    " RETURNING id, destination"
)


@worker_ready.connect
@heartbeat_sent.connect
def tell_that_it_lives(**_):
    ALIVE.touch()


@app.task
def send_receipt(payment):
    """Note that the customer got a receipt (there is no mail server in this stand-in)."""
    with engine.begin() as connection:
        connection.execute(RECEIPT, {"payment": payment})


@app.task
def expire_unpaid_bookings():
    """Give the seats of bookings back that nobody paid within ten minutes."""
    with engine.begin() as connection:
        connection.execute(EXPIRE)


@app.task
def reprice_trips(percent):
    """New prices for all trips, near ones and far ones alike.

    This job has the fault that real platforms have: it asks another service while it holds the locks. As long as the
    maps answer at once nobody notices.
    """
    with engine.begin() as connection:
        changed = connection.execute(REPRICE, {"percent": percent}).all()
        for destination in sorted({row.destination for row in changed}):
            geocode(destination, timeout=float(os.environ.get("REPRICE_TIMEOUT", "900")))
    log.info("repriced %d trips by %d %%", len(changed), percent)
