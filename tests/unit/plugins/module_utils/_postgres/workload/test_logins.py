"""How many sessions were opened, where the server says so."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._core.errors import PrivilegeError, ServerError
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.io.server import Postgres
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.workload.io import pg_stat_statements


def server(answer, version=160001):
    """A server of which only this one question is asked."""

    def rows(statement, **parameters):
        if isinstance(answer, Exception):
            raise answer
        return answer

    one: Any = SimpleNamespace(server={"version_num": version}, rows=rows, closed=False)
    one.names = lambda statement, **parameters: Postgres.names(one, statement, **parameters)
    return one


@pytest.mark.parametrize(
    ("answer", "version", "counted"),
    [
        pytest.param([(17,)], 160001, 17, id="so many"),
        pytest.param([(None,)], 160001, None, id="not counted yet"),
        pytest.param([(17,)], 130000, None, id="a version that does not count"),
        pytest.param(ServerError("canceling statement due to lock timeout"), 160001, None, id="the catalog is locked"),
        pytest.param(PrivilegeError("permission denied"), 160001, None, id="the view is revoked"),
    ],
)
def test_the_count_of_logins_costs_no_report(answer, version, counted):
    assert pg_stat_statements._logins(server(answer, version)) == counted
