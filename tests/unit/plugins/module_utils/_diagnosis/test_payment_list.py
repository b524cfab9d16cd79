"""Payments that a person must process, out of the log and the database."""

from __future__ import annotations

import csv

from ansible_collections.pafar.runbook.plugins.module_utils._diagnosis.payment_list import as_csv, to_process

from support.reports import record

SIGN = r"payment of booking (?P<reference>\w+) failed: (?P<why>\w+)"


def test_payments_are_joined_by_their_reference():
    rows = [{"reference": "b1", "amount_cents": 4200}, {"reference": "b2", "amount_cents": 100}]
    entries = [
        record("ERROR payment of booking b1 failed: stripe_error", 1.0),
        record("ERROR payment of booking b1 failed: stripe_timeout", 2.0),
        record("ERROR payment of booking b9 failed: stripe_error", 3.0),
        record("something else", 4.0),
    ]
    found = to_process(rows, entries, SIGN)
    assert found == [
        {"reference": "b1", "amount_cents": 4200, "known_from": "database and log", "why": "stripe_timeout",
         "attempts_seen": 2, "last_seen": "1970-01-01T00:00:02+00:00"},
        {"reference": "b2", "amount_cents": 100, "known_from": "database"},
        {"reference": "b9", "known_from": "log", "why": "stripe_error", "attempts_seen": 1,
         "last_seen": "1970-01-01T00:00:03+00:00"},
    ]  # fmt: skip
    assert to_process(rows, entries, "") == [{**one, "known_from": "database"} for one in rows]
    nameless = to_process([{"amount_cents": 1}, {"amount_cents": 2}], [], "")
    assert [one["amount_cents"] for one in nameless] == [1, 2], "nothing is lost for want of a name"


def test_a_spreadsheet_computes_nothing_of_it():
    nasty = ["=1+1", "+1", "-1", "@x", 'a"b,c\nd', "\t=2"]
    text = as_csv([{"reference": "b1", **{f"c{place}": one for place, one in enumerate(nasty)}}])
    cells = list(csv.reader(text.splitlines(keepends=True)))[1]
    assert cells[1:] == ["'=1+1", "'+1", "'-1", "'@x", 'a"b,c\nd', "'\t=2"]
    assert as_csv([]) == "reference\r\n"
