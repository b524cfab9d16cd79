from __future__ import annotations

from ansible_collections.pafar.runbook.plugins.module_utils._postgres.indexes.catalog import (
    Catalog,
    Column,
    ForeignKey,
    Index,
    Table,
)
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.indexes.indexes_report import (
    Least,
    build_progress,
    building_alone,
    catalog_report,
)

from support.snapshots import SERVER


def test_what_is_wrong_with_the_indexes_that_there_are():
    table = Table(1, "public", "t", "public.t", "r", 2**30, 10**6)
    parent = Table(2, "public", "p", "public.p", "r", 2**20, 10**3, deleted=3)
    broken = Index(13, 1, "i13", "public.i13", (1,), 1, "", "btree", valid=False)
    key = ForeignKey(1, 2, "fk", (2,))
    catalog = Catalog({1: table, 2: parent}, [broken], [key], {1: {2: Column(2, "p", "p")}})
    found = catalog_report(
        catalog, {1: table, 2: parent}, advice=[], missing=[(key, "")], full_reads=[], least=Least(1, 9, 1)
    )
    assert [each["index"] for each in found["invalid"]] == ["public.i13"]
    (missing,) = found["foreign_keys"]
    assert (missing["name"], missing["table"], missing["parent"], missing["columns"]) == (
        "fk", "public.t", "public.p", ["p"]
    )  # fmt: skip
    assert missing["seconds"] > 0


def test_where_builds_alone_are_asked_for_there_is_no_workload():
    (build,) = building_alone([build_progress((5, 7, None, "waiting", 0, 0, 0))], SERVER)["building"]
    assert (build["table"], build["share_done"], build["waits_for"]) == ("7", None, None)
    assert building_alone([], SERVER)["workload"] is None
