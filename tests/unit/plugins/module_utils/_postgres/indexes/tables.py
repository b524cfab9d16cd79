"""Tables and indexes of a small shop, for the tests of advice and catalog."""

from __future__ import annotations

from ansible_collections.pafar.runbook.plugins.module_utils._postgres.indexes.catalog import (
    Catalog,
    Column,
    ForeignKey,
    Index,
    Table,
)

BOOKINGS = Table(1, "public", "bookings", "public.bookings", "r", 80_000_000, 300_000)
TRIPS = Table(2, "public", "trips", "public.trips", "r", 100_000, 400)
COLUMNS = {
    1: {number: Column(number, name, name, width=8) for number, name in enumerate(["id", "trip", "customer", "at"], 1)}
}


def index(oid=10, keys=(3,), **more):
    given = {"classes": "x", "method": "btree", "columns": len(keys), **more}
    return Index(oid, 1, f"i{oid}", f"public.i{oid}", tuple(keys), **given)


def catalog(*found, keys=(), **more):
    return Catalog({1: BOOKINGS, 2: TRIPS}, found, [ForeignKey(1, 2, "fk", key) for key in keys], COLUMNS, **more)
