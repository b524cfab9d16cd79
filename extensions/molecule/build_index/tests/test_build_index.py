"""What the role did, seen from outside: a valid index, built once, and the record with the way back."""

from __future__ import annotations

import json
import os

import psycopg2

FOLDER = os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]


def test_the_index_is_there_and_valid(host):
    site = json.loads(host.file(f"{FOLDER}/stage/site.json").content_string)
    connection = psycopg2.connect(
        host=site["login_host"], port=site["login_port"], user="app", password=site["login_password"], dbname="postgres"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, indisvalid FROM pg_index JOIN pg_class ON oid = indexrelid"
            " WHERE indrelid = 'bookings'::regclass ORDER BY 1"
        )
        assert cursor.fetchall() == [("bookings_pkey", True), ("bookings_seats_idx", True)]
    connection.close()


def test_it_was_recorded_once_with_the_way_back(host):
    log = host.file(f"{FOLDER}/incidents/molecule.jsonl")
    found = [json.loads(line) for line in log.content_string.splitlines()]
    built = [event for event in found if (event.get("note") or {}).get("mitigation") == "build_index"]
    assert [event["kind"] for event in built] == ["intended", "mitigated", "verified"]
    assert built[1]["note"]["intended"] == built[0]["at"]
    assert built[1]["note"]["undo"]["options"]["name"] == "bookings_seats_idx"
    assert built[2]["note"]["outcome"] == "recovered"
