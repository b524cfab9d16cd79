"""Payments: the charge is made outside of any transaction; the webhook confirms it and sends the receipt."""

import json
import logging
import os

from django.http import Http404, JsonResponse
from sqlalchemy import text

from pafar.database import engine
from pafar.stripe import charge, is_signed
from pafar.tasks import send_receipt

log = logging.getLogger("pafar.payments")

FIND = text("SELECT id, amount_cents, status FROM bookings WHERE reference = :reference")
PAID = text("UPDATE bookings SET status = 'paid' WHERE id = :booking AND status = 'pending'")
KEEP = text("INSERT INTO payments (booking_id, charge, amount_cents) VALUES (:booking, :charge, :amount)")
ONCE = text("INSERT INTO webhook_events (id, type) VALUES (:id, :type) ON CONFLICT DO NOTHING RETURNING id")
STATUS = text("SELECT charge, status FROM payments WHERE charge = :charge")
CONFIRM = text("UPDATE payments SET status = 'confirmed' WHERE charge = :charge RETURNING id")


def payments(request):
    return pay(request) if request.method == "POST" else status(request)


def status(request):
    """Of one charge, which the page that a payer sees asks until it is confirmed."""
    with engine.connect() as connection:
        row = connection.execute(STATUS, {"charge": request.GET.get("charge", "")}).first()
    if row is None:
        raise Http404
    return JsonResponse(dict(row._mapping))


def pay(request):
    try:
        asked = json.loads(request.body)
        reference, token = str(asked["booking"]), str(asked["token"])
    except (ValueError, KeyError, TypeError):
        return JsonResponse({"error": "booking and token are wanted"}, status=400)
    with engine.connect() as connection:
        row = connection.execute(FIND, {"reference": reference}).first()
    if row is None:
        raise Http404
    if row.status != "pending":
        return JsonResponse({"error": f"booking is {row.status}"}, status=409)
    try:
        number = charge(row.amount_cents, token, reference)
    except Exception as error:
        if getattr(error, "answered", 500) >= 500:  # a card that is declined is its owner's matter
            log.error("payment of booking %s failed: %s", reference, getattr(error, "word", type(error).__name__))
        raise
    with engine.begin() as connection:
        connection.execute(PAID, {"booking": row.id})
        connection.execute(KEEP, {"booking": row.id, "charge": number, "amount": row.amount_cents})
    log.info("payment %s of %d cents for booking %s", number, row.amount_cents, reference)
    return JsonResponse({"charge": number, "status": "paid"}, status=201)


def webhook(request):
    if request.method != "POST":
        return JsonResponse({"error": "POST only"}, status=405)
    secret = os.environ["STRIPE_WEBHOOK_SECRET"]
    if not is_signed(request.body, request.headers.get("Stripe-Signature", ""), secret):
        log.error("webhook refused: the signature does not match STRIPE_WEBHOOK_SECRET")
        return JsonResponse({"error": "bad signature"}, status=400)
    event = json.loads(request.body)
    confirmed = None
    with engine.begin() as connection:
        fresh = connection.execute(ONCE, {"id": event["id"], "type": event["type"]}).first()
        if fresh and event["type"] == "charge.succeeded":
            confirmed = connection.execute(CONFIRM, {"charge": event["data"]["object"]["id"]}).first()
    if confirmed:
        send_receipt.delay(confirmed.id)
    return JsonResponse({"received": True})
