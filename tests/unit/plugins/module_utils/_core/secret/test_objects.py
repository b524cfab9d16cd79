"""Values of a Secret of Kubernetes, and rows of a table with a column of a secret."""

from __future__ import annotations

from ansible_collections.pafar.runbook.plugins.module_utils._core.secret.objects import (
    places_of_objects,
    without_objects,
)

SECRET = ["kind: Secret", "data:", "  url: x", "", "  user: y", "type: Opaque"]


def test_every_value_of_a_secret_is_one():
    assert places_of_objects(SECRET) == {2, 4}
    assert places_of_objects(["data:", "  url: x", "kind: Secret"]) == {1}
    assert places_of_objects(["kind: ConfigMap", *SECRET[1:]]) == set()


def test_documents_are_apart():
    assert places_of_objects([*SECRET, "---", "kind: ConfigMap", "data:", "  url: x"]) == {2, 4}


def test_a_certificate_in_it_stays():
    assert places_of_objects(["kind: Secret", "data:", "  tls.crt: LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0t"]) == set()


def test_rows_of_a_table():
    table = ["user | password", "-----+---------", "bob | x", "eve | y", "(2 rows)", "a | b"]
    assert places_of_objects(table) == {2, 3}
    assert places_of_objects(["user | name", *table[1:]]) == set()
    assert places_of_objects(["user | password", "bob | x"]) == set()


def test_a_secret_as_json():
    assert without_objects('{"data":{"url":"x"},"kind":"Secret"}') == '{"data":(hidden),"kind":"Secret"}'
    for text in ('{"data":{"url":"x"},"kind":"ConfigMap"}', '{"data":{},"kind":"Secret"}', '{"kind":"Secret"}'):
        assert without_objects(text) == text
