"""Restarting where the files of a project cannot be read: in place it goes, and what needs the files says so."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._compose.restart import plan_restart

from .facts import container, project

NO_FILES = "The files of shop cannot be read: /srv/shop/compose.yml is not on this host. Say where they are."


@pytest.mark.parametrize(
    ("state", "method", "refused"),
    [({}, "replace", True), ({"restarts": 9, "state": "restarting"}, "auto", False), ({}, "auto", False)],
)
def test_what_a_fresh_container_needs_is_named_where_there_are_no_files(state, method, refused):
    shop = replace(project(container(**state)), model=None, why_no_model=NO_FILES)
    plan = plan_restart(shop, ["web"], method=method)
    assert plan.refusals == ((f"shop-web-1 cannot be replaced: {NO_FILES.rstrip('.')}",) if refused else ())
    assert [how for dummy, how in plan.order] == ["restart"]
    assert ("not replaced: The files of shop" in str(plan.plan.actions)) is (refused or bool(state))


def test_a_service_that_the_files_do_not_have_is_not_replaced():
    shop = project(container(), services={"db": {}})
    (why,) = plan_restart(shop, ["web"], method="replace").refusals
    assert why == "shop-web-1 cannot be replaced: the files do not know web"
