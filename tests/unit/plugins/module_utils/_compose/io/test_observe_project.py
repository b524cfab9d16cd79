"""What is said of a project that the engine does not have."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._compose.io.observe import observe
from ansible_collections.pafar.runbook.plugins.module_utils._compose.project_ref import Source
from ansible_collections.pafar.runbook.plugins.module_utils._core.errors import ProjectUnknown

from ..facts import container


class Other:
    """An engine that has these containers, of the project `shop`."""

    def __init__(self, *has: Any) -> None:
        self.has = has

    def containers(self, project: str = "") -> list[Any]:
        return [one for one in self.has if project in ("", one.project)]


@pytest.mark.parametrize(
    ("has", "says"),
    [((container(),), "The engine has: shop."), ((), "The engine has no container of any project.")],
)
def test_the_projects_that_the_engine_has_are_named_for_one_that_it_does_not_have(has, says):
    engine: Any = Other(*has)
    with pytest.raises(ProjectUnknown) as unknown:
        observe(engine, None, Source("shpo"))
    assert says in str(unknown.value)
