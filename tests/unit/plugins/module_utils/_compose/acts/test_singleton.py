"""Services of which two replicas must never run at a time."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._compose.acts.singleton import (
    LABEL,
    stops_first,
    why_single,
)
from ansible_collections.pafar.runbook.plugins.module_utils._compose.container import container_of

from ..facts import container, inspected, project

STOP_FIRST = {"deploy": {"update_config": {"order": "stop-first"}}}


def labelled(value):
    raw = inspected()
    raw["Config"]["Labels"][LABEL] = value
    return container_of(raw)


@pytest.mark.parametrize(
    ("containers", "spec", "named", "why"),
    [
        pytest.param([], {}, ["web"], "is a singleton of this site", id="by name"),
        pytest.param([], {}, ["cron"], "", id="another one"),
        pytest.param([labelled("true")], {}, [], f"has the label {LABEL}", id="by the label of what runs"),
        pytest.param([labelled("false")], {}, [], "", id="a label that says no"),
        pytest.param([], {"labels": {LABEL: "True"}}, [], f"has the label {LABEL}", id="by the label in the files"),
        pytest.param([], STOP_FIRST, [], "has the update order stop-first", id="by the order"),
        pytest.param([], {"deploy": {"update_config": {"order": "start-first"}}}, [], "", id="the other order"),
        pytest.param([], {"deploy": {"update_config": None}}, [], "", id="no order"),
    ],
)
def test_how_it_is_said(containers, spec, named, why):
    found = project(*(containers or [container()]), services={"web": spec})
    assert why in why_single(found, "web", named)
    assert bool(why) == bool(why_single(found, "web", named)) == stops_first(found, "web", named)


def test_with_several_replicas_the_order_keeps_their_number_only():
    found = project(container(), services={"web": {"deploy": {"replicas": 3, **STOP_FIRST["deploy"]}}})
    assert why_single(found, "web", []) == ""
    assert stops_first(found, "web", [])


def test_without_the_files_name_and_label_say_it():
    found = project(labelled("1"), model=None)
    assert why_single(found, "web", [])
    assert why_single(project(container(), model=None), "web", ["web"])
    assert not stops_first(project(container(), model=None), "web", [])
