from __future__ import annotations

import math

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._core.errors import HostError
from ansible_collections.pafar.runbook.plugins.module_utils._prometheus.answers import (
    Series,
    largest_of,
    name_of,
    series_of,
)


def test_points_are_in_time_and_finite():
    metric = {"job": "web", "__name__": "up"}
    values = [[3, "3"], [1.5, "1"], [2, "NaN"], [4, "+Inf"]]
    (found,) = series_of({"resultType": "matrix", "result": [{"metric": metric, "values": values}]})
    assert found == Series((("__name__", "up"), ("job", "web")), ((1.5, 1.0), (3.0, 3.0)))
    assert name_of(found) == "job web"


def test_a_vector_is_series_of_one_point():
    data = {"resultType": "vector", "result": [{"metric": {}, "value": [7, "2"]}]}
    assert series_of(data) == [Series((), ((7.0, 2.0),))]
    assert largest_of(data) == 2.0


@pytest.mark.parametrize(
    ("values", "largest"),
    [(["1", "+Inf"], math.inf), (["NaN", "2"], 2.0), (["-Inf", "NaN"], None), (["NaN"], None), ([], None)],
)
def test_the_largest_value_may_be_infinite_and_is_a_number(values, largest):
    result = [{"metric": {}, "value": [7, value]} for value in values]
    assert largest_of({"resultType": "vector", "result": result}) == largest


@pytest.mark.parametrize("kind", ["string", "scalar"])
def test_what_is_no_series_is_named(kind):
    with pytest.raises(HostError, match=f"gives a {kind}"):
        series_of({"resultType": kind, "result": [1, "x"]})


@pytest.mark.parametrize(
    "data",
    [
        {},
        [],
        None,
        {"resultType": "matrix", "result": [None]},
        {"resultType": "matrix", "result": [{"metric": {}, "values": [["x"]]}]},
        {"resultType": "matrix", "result": [{"metric": [], "values": []}]},
        {"resultType": "matrix", "result": [{"metric": {}, "values": [[1, "seven"]]}]},
    ],
)
def test_data_of_another_form_raises_what_its_reader_reports(data):
    with pytest.raises((ValueError, LookupError, TypeError, AttributeError)):
        series_of(data)
