"""What is said of a project that the engine does not have."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._compose.container import container_of
from ansible_collections.pafar.runbook.plugins.module_utils._compose.io.observe import (
    _outside,
    _why_unreadable,
    _with_model,
    observe,
)
from ansible_collections.pafar.runbook.plugins.module_utils._compose.project_ref import Source
from ansible_collections.pafar.runbook.plugins.module_utils._compose.project_report import problem_of
from ansible_collections.pafar.runbook.plugins.module_utils._compose.restart import plan_restart
from ansible_collections.pafar.runbook.plugins.module_utils._core.errors import ProjectUnknown

from ..facts import container, inspected, project


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


@pytest.mark.parametrize(
    ("files", "says", "not_said"),
    [
        (["-"], "they were given on standard input. Say with `files`", "have moved"),
        (["-", "{here}/gone.yml"], "on standard input; {here}/gone.yml is not on this host. It was started", "a copy"),
        (["{here}/gone.yml"], "{here}/gone.yml is not on this host. It was started from another place", "a copy"),
        (["{here}"], "{here} is not on this host", "standard input"),
    ],
)
def test_why_files_cannot_be_read_is_told_with_what_to_do(tmp_path, files, says, not_said):
    named = tuple(name.format(here=tmp_path) for name in files)
    engine: Any = None
    compose: Any = None
    found = project(container())
    seen = _with_model(engine, compose, replace(found, source=Source("shop", files=named)))
    assert seen.why_no_model.startswith("The files of shop cannot be read: ")
    assert says.format(here=tmp_path) in seen.why_no_model
    assert not_said not in seen.why_no_model


def test_of_files_that_this_user_may_not_read_nothing_is_said_of_where_they_are():
    why = "/srv/shop/compose.yml may not be read by this user (use become: true)"
    assert _why_unreadable([why]) == f"{why}."


class Listing:
    """An engine with containers of others: their list, and each by its id."""

    def __init__(self, *has: Any) -> None:
        self.has = {one["Id"]: one for one in has}

    def labelled(self) -> list[Any]:
        return [{"Id": one["Id"], "HostConfig": one["HostConfig"]} for one in self.has.values()]

    def container(self, id: str) -> Any:
        return container_of(self.has[id]) if id in self.has else None


def test_strangers_are_seen_through_chains_of_networks():
    """Of those in whose network ours live, and of those who live in the network of ours, also the further ones."""
    base = inspected("base")
    owner = inspected("owner", network=f"container:{base['Id']}")
    ours = inspected("web", network=f"container:{owner['Id']}")
    guest = inspected("guest", network=f"container:{ours['Id']}")
    further = inspected("further", network=f"container:{guest['Id']}")
    other = inspected("other")
    engine: Any = Listing(base, owner, ours, guest, further, other)
    mine = container_of(ours)
    strangers = _outside(engine, [mine])
    assert sorted(one.service for one in strangers) == ["base", "further", "guest", "owner"]
    found = project(mine, outside=strangers)
    assert problem_of(found, mine) == "", "the network of its owner is that of another one, which runs"
    assert "shop-guest-1" in plan_restart(found, ["web"]).refusals[0]
