"""What the role did, seen from outside: the settings of the role, and the record with the values from before."""

from __future__ import annotations

import json
import os

import psycopg2

FOLDER = os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]


def test_the_settings_are_there(host):
    site = json.loads(host.file(f"{FOLDER}/stage/site.json").content_string)
    connection = psycopg2.connect(
        host=site["login_host"],
        port=site["login_port"],
        user="postgres",
        password=site["login_password"],
        dbname="postgres",
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT rolconnlimit, setconfig FROM pg_roles r JOIN pg_db_role_setting ON setrole = r.oid"
            " WHERE rolname = 'app'"
        )
        assert cursor.fetchall() == [(40, ["idle_in_transaction_session_timeout=5min"])]
    connection.close()


def test_it_was_recorded_once_with_the_way_back(host):
    log = host.file(f"{FOLDER}/incidents/molecule.jsonl")
    found = [json.loads(line) for line in log.content_string.splitlines()]
    assert [event["kind"] for event in found] == ["opened", "evidence", "intended", "mitigated", "verified"]
    assert found[3]["note"]["undo"]["options"]["settings"][1] == {
        "role": "app",
        "setting": "connection_limit",
        "value": "",
        "loosen": True,  # the way back is to a weaker guard
    }
    assert found[4]["note"]["outcome"] == "recovered"
