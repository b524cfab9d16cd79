from __future__ import annotations

from ansible_collections.pafar.runbook.plugins.module_utils._core.console import CARE, PLAIN
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.indexes.index_lines import of_indexes
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.indexes.indexes_report import (
    build_progress,
    building_alone,
)

from support.database_reports import advised, indexes
from support.snapshots import SERVER


def test_advice_with_its_reason_and_size():
    assert of_indexes(indexes(advised()))[:2] == [(CARE, "CREATE INDEX i"), ("dim", "    because; about 1 MiB")]


def test_what_was_not_read_is_said_in_the_first_line():
    report = indexes(advised())
    report["notes"] = ["the database b could not be read"]
    first = "not everything is known (the database b could not be read): 1 index is advised"
    assert of_indexes(report)[0] == (CARE, first)


def test_a_build_at_work_is_all_there_is_to_say():
    row = (5, 1, "bookings", "scanning", 1, 4, 9)
    assert of_indexes(building_alone([build_progress(row)], SERVER)) == [
        (PLAIN, "index of bookings: scanning, 25%, waits for pid 9")
    ]
