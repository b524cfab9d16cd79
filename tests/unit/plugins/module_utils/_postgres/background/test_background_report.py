"""Temporary files by whoever spills them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.background import background_report as background
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.background.background_report import (
    pressing,
    spill,
)
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.locks.wait_forest import build_forest
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.session import Session
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.snapshot import Limits, Snapshot

from support.snapshots import SERVER, session, snapshot

LEADER, WORKER = session(7), session(8, backend_type="parallel worker", leader_pid=7)
PARALLEL = snapshot([], sessions={7: LEADER, 8: WORKER})


def test_what_workers_spill_is_their_leader_s():
    files = [("d", "pgsql_tmp7.0", 10), ("d", "pgsql_tmp8.0", 20), ("d", "pgsql_tmp7.1.fileset", 300),
             ("d", "pgsql_tmp7.2.sharedfileset", 4000)]  # fmt: skip
    (found,) = spill(PARALLEL, files)["sessions"]
    assert (found["pid"], found["bytes"], found["files"]) == (7, 4330, 4)


def test_what_cannot_be_seen_is_told_while_workers_work():
    found = spill(PARALLEL, [], unlisted_by="oncall")
    assert "GRANT EXECUTE ON FUNCTION pg_ls_dir" in found["note"]
    assert found["note"].endswith("TO oncall")
    assert pressing({"spill": found}) == [found["note"]]
    assert spill(snapshot([], LEADER), [], unlisted_by="oncall")["note"] == ""
    assert spill(PARALLEL, [])["note"] == ""
    assert spill(PARALLEL, [], unlisted_by="on-call")["note"].endswith('TO "on-call"')


NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)


def pictured(*sessions, **more):
    given = {"prepared": {}, **more}
    known = {one.pid: one for one in sessions}
    return Snapshot(NOW, SERVER, Limits(100, 3), known, forest=build_forest([]), **given)


def test_what_presses_of_the_background():
    slot = {"slot_name": "dead", "slot_type": "physical", "active": False, "temporary": False, "wal_status": "extended"}
    lost = {**slot, "slot_name": "lost", "wal_status": "lost"}
    seen = pictured(Session(7, user="app", database="shop"))
    ages = [("shop", 1_600_000_000, 5, 200_000_000, 400_000_000)]
    slots = [(slot, 2**31, None, None), (lost, None, None, None)]
    found: background.BackgroundSubjects = {
        "wraparound": background.wraparound(seen, ages, [(7, 2_000_000)], [("gid", 5)], [(slot, 9, None, 3)]),
        "replication": background.replication(slots, [(8, "streaming", 5)], ("off", None, None)),
        "spill": background.spill(seen, [("d", "pgsql_tmp7.0", 2**28), ("d", "pgsql_tmp9.1", 5), ("d", "x", 3)]),
    }
    assert [one["kind"] for one in found["wraparound"]["holders"]] == [
        "session",
        "prepared transaction",
        "replication slot",
    ]
    assert found["spill"]["other_bytes"] == 3
    said = " / ".join(background.pressing(found))
    for words in (
        "800% of the age",
        "holds back the xmin horizon by 2,000,000",
        "keeps 2,048 MiB",
        "has lost WAL",
        "spilled 256 MiB",
    ):
        assert words in said


@pytest.mark.parametrize(
    ("holder", "kind"),
    [
        (session(7, backend_type="walsender", xact_start=None), "standby"),
        (session(7, "", backend_type="walsender", xact_start=None, application="replica2"), "standby"),
        (session(7, backend_type="walsender"), "session"),  # a copy of tables for logical replication
        (session(7), "session"),
        (session(7, "idle"), "session"),
        (session(8), "session"),  # gone between the two looks
    ],
)
def test_a_walsender_keeps_rows_for_its_standby(holder, kind):
    found = background.wraparound(snapshot([], holder), [], [(7, 5_000_000)], [], [])
    assert [one["kind"] for one in found["holders"]] == [kind]
