"""One name for one fact: the keys of a report's type, of what its producer returns, and of RETURN are the same.

mypy holds producers and readers to the type. What mypy cannot see is held here: values whose keys are made at run time,
and the documentation of the modules, which playbooks and templates are written by.
"""

from __future__ import annotations

import ast
import types
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Union, get_args, get_origin, get_type_hints, is_typeddict

import pytest
import yaml
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.activity_report import (
    ActivityReport,
)
from ansible_collections.pafar.runbook.plugins.module_utils._triage.survey_report import SurveyParts

from contract.report_values import CONTRACTS, Contract, activity_values
from support.servers import ROOT

MODULES = ROOT / "plugins/modules"
# Returned by the module, and of no report: Ansible's own, and what the gate says to AWX.
APART = {"changed", "ansible_stats"}

LISTS, DICTS = (list, tuple, Sequence), (dict, Mapping)  # however a type spells them


# -- the three sides, each as a set of dotted paths: `[]` for each element, `*` for whatever name


def of_type(kind: Any, path: str = "") -> Iterator[str]:
    """Every key of a type."""
    origin, args = get_origin(kind), get_args(kind)
    if is_typeddict(kind):
        for name, each in get_type_hints(kind).items():
            yield f"{path}.{name}"
            yield from of_type(each, f"{path}.{name}")
    elif origin in (Union, types.UnionType):
        for each in args:
            yield from of_type(each, path)
    elif origin in LISTS:
        yield from of_type(args[0], f"{path}[]")
    elif origin in DICTS:
        yield from of_type(args[1], f"{path}.*")


def of_value(value: Any, kind: Any, path: str = "") -> Iterator[str]:
    """Every key of a value, which must have those that its type requires. The type says which dicts have keys of
    whatever name."""
    origin, args = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        if value is not None:
            fits = [each for each in args if each is not type(None)]
            dicts = [each for each in fits if is_typeddict(each) and each.__required_keys__ <= set(value)]
            yield from of_value(value, max(dicts, key=lambda each: len(each.__required_keys__), default=fits[0]), path)
    elif is_typeddict(kind):
        hints = get_type_hints(kind)
        missing = kind.__required_keys__ - set(value)
        assert not missing, f"{kind.__name__}: {path} lacks {sorted(missing)}"
        for name, each in value.items():
            yield f"{path}.{name}"
            yield from of_value(each, hints.get(name), f"{path}.{name}")
    elif origin in LISTS:
        for each in value:
            yield from of_value(each, args[0], f"{path}[]")
    elif origin in DICTS:
        for each in value.values():
            yield from of_value(each, args[1], f"{path}.*")


def of_return(documented: Mapping[str, Any], path: str = "") -> Iterator[str]:
    """Every key that RETURN documents."""
    for name, each in documented.items():
        inner = f"{path}.*" if name.startswith("<") else f"{path}.{name}"
        if not name.startswith("<"):
            yield inner
        yield from of_return(each.get("contains") or {}, inner + ("[]" if each.get("type") == "list" else ""))


def returned_by(module: str) -> dict[str, Any]:
    tree = ast.parse((MODULES / f"{module}.py").read_text())
    texts = [node.value for node in tree.body if isinstance(node, ast.Assign) and node.targets[0].id == "RETURN"]  # type: ignore[attr-defined]
    found: dict[str, Any] = yaml.safe_load(texts[0].value)  # type: ignore[attr-defined]
    return {name: each for name, each in found.items() if name not in APART}


NAMES = [f"{one.module}{one.at}" for one in CONTRACTS]


def without_apart(paths: set[str]) -> set[str]:
    return {path for path in paths if path.split(".")[1] not in APART}


@pytest.mark.parametrize("contract", CONTRACTS, ids=NAMES)
def test_the_producer_returns_every_key_of_the_type_and_no_other(contract: Contract) -> None:
    seen = {path for value in contract.values for path in of_value(value, contract.kind)}
    assert sorted(seen - {".changed"}) == sorted(set(of_type(contract.kind)) - {".changed"})


@pytest.mark.parametrize("contract", CONTRACTS, ids=NAMES)
def test_the_module_documents_every_key_of_the_type_and_no_other(contract: Contract) -> None:
    documented = set(of_return(returned_by(contract.module)))
    if contract.at:
        inside = {path[len(contract.at) :] for path in documented if path.startswith(f"{contract.at}.")}
        assert sorted(inside) == sorted(set(of_type(contract.kind)))
    elif contract.module == "triage_info":  # the parts are those of other modules, and documented there
        assert {path for path in documented if path.count(".") == 1} == {
            f".{name}" for name in get_type_hints(SurveyParts)
        }
    else:
        assert sorted(documented) == sorted(without_apart(set(of_type(contract.kind))))


@pytest.mark.parametrize("side", ["value", "documentation"])
def test_a_renamed_key_is_found(side: str) -> None:
    """The comparison can fail: a key renamed deep inside of either side is seen."""
    (value,) = activity_values()
    whole = set(of_type(ActivityReport))
    if side == "value":
        limit: Any = value["connections"]["connection_limits"][0]
        limit["utilised"] = limit.pop("used")
        with pytest.raises(AssertionError, match=r"lacks .'used'"):
            set(of_value(value, ActivityReport))
    else:
        documented = returned_by("pg_activity_info")
        inside = documented["connections"]["contains"]["connection_limits"]["contains"]
        inside["utilised"] = inside.pop("used")
        assert set(of_return(documented)) ^ whole == {
            ".connections.connection_limits[].used", ".connections.connection_limits[].utilised",
        }  # fmt: skip


# What they return is an ActResult (test_completeness.py compares its keys), or as free as what was asked for.
NO_REPORT = {
    "compose_restart": "ActResult", "compose_rollback": "ActResult", "compose_scale": "ActResult",
    "compose_switch": "ActResult",
    "compose_snapshot": "the snapshot as it is stored",
    "pg_end_sessions": "ActResult", "pg_index_build": "ActResult", "pg_kill_blocking": "ActResult",
    "pg_query_info": "rows of the statement that was given", "pg_role_settings": "ActResult",
}  # fmt: skip


def test_every_module_has_its_report_compared() -> None:
    modules = {path.stem for path in MODULES.glob("*.py")}
    assert modules - {each.module for each in CONTRACTS} == set(NO_REPORT)
