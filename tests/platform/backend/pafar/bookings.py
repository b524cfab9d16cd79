"""Trips and bookings. A booking locks its trip for as long as the transaction lasts, as booking systems do."""

import json
import secrets

from django.http import Http404, JsonResponse
from sqlalchemy import text

from pafar.database import engine
from pafar.pricing import amount_of

TRIPS = text("SELECT id, origin, destination, price_cents, seats_left FROM trips ORDER BY departs_at LIMIT 20")
TRIP = text("SELECT id, origin, destination, price_cents, seats_left FROM trips WHERE id = :trip")
LOCK_TRIP = text("SELECT price_cents, seats_left FROM trips WHERE id = :trip FOR UPDATE")
TAKE_SEATS = text("UPDATE trips SET seats_left = seats_left - :seats, updated_at = now() WHERE id = :trip")
BOOK = text(
    "INSERT INTO bookings (reference, trip_id, customer_id, seats, amount_cents)"
    " VALUES (:reference, :trip, :customer, :seats, :amount)"
)
MINE = text(
    "SELECT reference, trip_id, seats, amount_cents, status FROM bookings"
    " WHERE customer_id = :customer ORDER BY created_at DESC LIMIT 20"
)
ONE = text("SELECT reference, trip_id, seats, amount_cents, status FROM bookings WHERE reference = :reference")


def trips(request):
    with engine.connect() as connection:
        return JsonResponse({"trips": [dict(row._mapping) for row in connection.execute(TRIPS)]})


def trip(request, trip):
    with engine.connect() as connection:
        row = connection.execute(TRIP, {"trip": trip}).first()
    if row is None:
        raise Http404
    return JsonResponse(dict(row._mapping))


def bookings(request):
    return book(request) if request.method == "POST" else mine(request)


def mine(request):
    try:
        customer = int(request.GET["customer"])
    except (KeyError, ValueError):
        return JsonResponse({"error": "customer is a number"}, status=400)
    with engine.connect() as connection:
        rows = connection.execute(MINE, {"customer": customer}).all()
    return JsonResponse({"bookings": [dict(row._mapping) for row in rows]})


def booking(request, reference):
    with engine.connect() as connection:
        row = connection.execute(ONE, {"reference": reference}).first()
    if row is None:
        raise Http404
    return JsonResponse(dict(row._mapping))


def book(request):
    try:
        asked = json.loads(request.body)
        trip, customer, seats = int(asked["trip"]), int(asked["customer"]), int(asked.get("seats", 1))
    except (ValueError, KeyError, TypeError):
        return JsonResponse({"error": "trip and customer are numbers"}, status=400)
    reference = secrets.token_hex(6)
    with engine.begin() as connection:
        row = connection.execute(LOCK_TRIP, {"trip": trip}).first()
        if row is None:
            raise Http404
        if not 0 < seats <= row.seats_left:
            return JsonResponse({"error": "sold_out"}, status=409)
        amount = amount_of(row.price_cents, seats)
        connection.execute(TAKE_SEATS, {"trip": trip, "seats": seats})
        connection.execute(
            BOOK,
            {"reference": reference, "trip": trip, "customer": customer, "seats": seats, "amount": amount},
        )
    return JsonResponse({"reference": reference, "amount_cents": amount, "status": "pending"}, status=201)
