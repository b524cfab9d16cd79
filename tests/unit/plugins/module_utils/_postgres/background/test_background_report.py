"""Temporary files by whoever spills them."""

from __future__ import annotations

from ansible_collections.pafar.runbook.plugins.module_utils._postgres.background.background_report import (
    pressing,
    spill,
)

from support.pictures import picture, session

LEADER, WORKER = session(7), session(8, backend_type="parallel worker", leader_pid=7)
PARALLEL = picture([], sessions={7: LEADER, 8: WORKER})


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
    assert spill(picture([], LEADER), [], unlisted_by="oncall")["note"] == ""
    assert spill(PARALLEL, [])["note"] == ""
