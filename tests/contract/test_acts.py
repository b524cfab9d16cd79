"""There is one way to act: one result in one wording, one approval, one order of steps."""

from __future__ import annotations

import ast
import importlib

import pytest
import yaml
from ansible_collections.pafar.runbook.plugins.module_utils._core.result import ActResult

from contract.test_completeness import MODULES, spec_of
from support.servers import ROOT

ACTS = ("compose_restart", "compose_rollback", "compose_scale", "compose_switch", "disk_reclaim",
        "pg_end_sessions", "pg_role_settings", "pg_index_build", "pg_kill_blocking")  # fmt: skip


def returned_by(name):
    """Key -> (first paragraph of its description, type, elements) as RETURN has it."""
    module = importlib.import_module(f"ansible_collections.pafar.runbook.plugins.modules.{name}")
    found = yaml.safe_load(module.RETURN)
    return {
        key: (one["description"][0] if isinstance(one["description"], list) else "", one["type"], one.get("elements"))
        for key, one in found.items()
    }


def test_every_module_that_takes_an_approval_is_an_act():
    assert {name for name in MODULES if "only" in spec_of(name)} == set(ACTS)


@pytest.mark.parametrize("name", ACTS)
def test_every_act_returns_one_result_in_one_wording(name):
    """ActResult's keys, but for those that Ansible itself documents; what a module adds has its own words."""
    found, first = returned_by(name), returned_by("pg_kill_blocking")
    keys = set(ActResult.__annotations__) - {"changed", "diff"}
    assert {key: found.get(key) for key in keys} == {key: first[key] for key in keys}
    assert all(paragraph for paragraph, dummy, dummy2 in map(found.__getitem__, keys))


def ways_to_act(utils):
    """The files that do what only the one way may do, by what they do; ``unasked``: an act without an approval."""
    found = {"raises": [], "checks": [], "narrows": [], "acts": [], "unasked": []}
    for path in sorted(utils.rglob("*.py")):
        inside = path.relative_to(utils).as_posix()
        for node in ast.walk(ast.parse(path.read_text())):
            call = ast.unparse(node.func).rsplit(".", maxsplit=1)[-1] if isinstance(node, ast.Call) else ""
            if call == "StaleApproval":
                found["raises"].append(inside)
            if call == "require_current":
                found["checks"].append(inside)
            if isinstance(node, ast.FunctionDef) and node.name == "narrowed_to":
                found["narrows"].append(inside)
            if call == "carry_out" and isinstance(node.func, ast.Name):
                found["acts"].append(inside)
                approval = ast.unparse(node.args[1]) if len(node.args) > 1 else ""
                found["unasked"] += [inside] if approval.rsplit(".", maxsplit=1)[-1] != "only" else []
            if call == "act" and isinstance(node.func, ast.Attribute):
                found["acts"].append(inside)
    return found


def test_there_is_no_other_way_to_act():
    """An approval narrows a plan and is refused when stale in one place, which all acts pass."""
    found = ways_to_act(ROOT / "plugins/module_utils")
    assert found["raises"] == ["_core/approval.py"]
    assert found["checks"] == ["_core/result.py"]
    assert found["narrows"] == ["_core/plan.py", "_core/result.py", "_postgres/locks/least_harm.py"]
    assert len(found["acts"]) == len(ACTS) + 1, "each act calls `carry_out` once, which alone calls `act`"
    assert found["acts"].count("_core/result.py") == 1
    assert found["unasked"] == []


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("raise errors.StaleApproval('x')\n", "raises"),
        ("require_current(plan, plan, 1, only)\n", "checks"),
        ("class X:\n    def narrowed_to(self, only):\n        return self\n", "narrows"),
        ("planned.act(kept)\n", "acts"),
        ("carry_out(planned, None, False, act, clock)\n", "unasked"),
    ],
)
def test_another_way_to_act_is_found(tmp_path, text, place):
    (tmp_path / "x.py").write_text(text)
    assert ways_to_act(tmp_path)[place] == ["x.py"]
