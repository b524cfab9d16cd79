"""Write the names of all variables into the list that every run is checked against, and into docs/variables.md.

They come from roles/*/meta/argument_specs.yml and meta/variables.yml.

python tests/docs/known_names.py          rewrite
python tests/docs/known_names.py --check  fail if a file is not what would be written
"""

from __future__ import annotations

import re
import sys
import textwrap
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
LIST = ROOT / "plugins/module_utils/_run/known_names.py"
PAGE = ROOT / "docs/variables.md"
HEAD = '''# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The names of all variables that this collection reads. Pure; written by tests/docs/known_names.py."""

from __future__ import annotations

'''


def load(path: Path) -> Any:
    return yaml.safe_load(path.read_text())


def of_roles() -> dict[str, dict[str, Any]]:
    """Role -> the options of all its entry points, those of ``main`` first."""
    found: dict[str, dict[str, Any]] = {}
    for path in sorted(ROOT.glob("roles/*/meta/argument_specs.yml")):
        options = found[path.parts[-3]] = {}
        for entry in load(path)["argument_specs"].values():
            for name, spec in (entry.get("options") or {}).items():
                options.setdefault(name, spec)
    return found


def main_options(role: str) -> dict[str, Any]:
    options: dict[str, Any] = load(ROOT / "roles" / role / "meta/argument_specs.yml")["argument_specs"]["main"][
        "options"
    ]
    return options


def _wrapped(names: Iterable[str]) -> list[str]:
    """Several in a line."""
    text = ", ".join(f'"{name}"' for name in names) + ","
    return textwrap.wrap(text, 116, initial_indent=" " * 4, subsequent_indent=" " * 4)


def of_type(kind: str, roles: dict[str, dict[str, Any]]) -> set[str]:
    return {name for options in roles.values() for name, spec in options.items() if spec.get("type") == kind}


def mitigations() -> list[str]:
    """For each playbook that has any, its roles in the order in which they are included, but for those of every run."""
    lines = []
    for path in sorted((ROOT / "playbooks").glob("*.yml")):
        names = dict.fromkeys(re.findall(r"_role:\n\s+name: pafar\.runbook\.(\w+)", path.read_text()))
        own = [name for name in names if name not in ("incident", "announce", "triage")]
        if own and path.stem not in ("approve", "undo"):  # they take what another playbook has planned
            quoted = ", ".join(f'"{name}"' for name in own)
            lines += [f'    "{path.stem}": ({quoted},),']
    return lines


def truths(own: dict[str, dict[str, str]], roles: dict[str, dict[str, Any]]) -> list[str]:
    """By the type of a role's option; the description of another variable begins with Whether."""
    told = {**own["shared"], **own["playbooks"]}
    return sorted(of_type("bool", roles) | {name for name, text in told.items() if text.startswith("Whether ")})


def words(settings: set[str], roles: dict[str, dict[str, Any]]) -> list[str]:
    """By option, what it may be. What an alert says of its severity is read as it is."""
    found = {
        name: spec["choices"]
        for role, options in roles.items()
        for name, spec in options.items()
        if spec.get("choices") and name in settings and role != "incident"
    }
    return [f'    "{name}": {tuple(found[name])!r},'.replace("'", '"') for name in sorted(found)]


def names_file() -> str:
    own, roles = load(ROOT / "meta/variables.yml"), of_roles()
    settings = {name for role in roles for name in main_options(role)} | {*own["shared"], *own["playbooks"]}
    inner = {name for options in roles.values() for name in options} - settings - {*own["passed_on"]}
    prefixes = sorted(["runbook", *roles])
    playbooks = sorted(path.stem for path in (ROOT / "playbooks").glob("*.yml"))
    lines = ["# An inventory's variable that begins with one of these and an underscore is one of this collection."]
    lines += ["PREFIXES = (", *_wrapped(prefixes), ")  # fmt: skip"]
    lines += ["# Playbooks: their names are common words, so that a site may have variables that begin like them."]
    lines += ["PLAYBOOKS = (", *_wrapped(playbooks), ")  # fmt: skip"]
    lines += ["# Playbook -> the roles that mitigate in it."]
    lines += ["MITIGATIONS = {", *mitigations(), "}  # fmt: skip"]
    lines += ["SETTINGS = (", *_wrapped(sorted(settings)), ")  # fmt: skip"]
    lines += ["# What a job hands to the next one, as extra variables: known, and never what was meant."]
    lines += ["PASSED_ON = (", *_wrapped(sorted({*own["passed_on"]} - settings)), ")  # fmt: skip"]
    lines += [
        "# What roles hand to each other: an inventory that sets one is ignored, and an extra variable replaces it."
    ]
    lines += ["INNER = (", *_wrapped(sorted(inner)), ")  # fmt: skip"]
    lines += ["KNOWN = frozenset((*SETTINGS, *PASSED_ON, *INNER))"]
    lines += ["# Those that are true or false."]
    lines += ["TRUTHS = frozenset((", *_wrapped(truths(own, roles)), "))  # fmt: skip"]
    lines += ["# Options of roles that are lists."]
    lines += ["LISTS = frozenset((", *_wrapped(sorted(of_type("list", roles))), "))  # fmt: skip"]
    lines += ["# Those that are a number: whole, or any."]
    lines += ["WHOLE = frozenset((", *_wrapped(sorted(of_type("int", roles) & settings)), "))  # fmt: skip"]
    lines += ["NUMBERS = frozenset((", *_wrapped(sorted(of_type("float", roles) & settings)), "))  # fmt: skip"]
    lines += ["# Those that are one of a few words."]
    lines += ["CHOICES = {", *words(settings, roles), "}  # fmt: skip"]
    lines += ["# Names of an earlier version."]
    lines += ["RENAMED = {", *(f'    "{old}": "{new}",' for old, new in sorted(own["renamed"].items())), "}"]
    return HEAD + "\n".join(lines) + "\n"


def page() -> str:
    own = load(ROOT / "meta/variables.yml")
    lines = ["# Variables", ""]
    lines += [
        "Every run checks its inventory and its extra variables: a name that begins with `runbook_`, `incident_` or the"
    ]
    lines += [
        "name of a role and that is none of these stops the run before anything is done, with the name that is probably"
    ]
    lines += [
        "meant. So does a setting that is named after its playbook (`db_lock_contention_limit`), and one that the roles"
    ]
    lines += [
        "hand to each other in a run. A misspelt key of a variable, such as `runbook_announce.slack.chanel`, is a"
    ]
    lines += ["warning of each run, and refused by the preflight. Names of your own that begin like that are listed in"]
    lines += ["`runbook_own_variables`."]
    roles = sorted(path.name for path in (ROOT / "roles").iterdir() if path.is_dir())
    links = ", ".join(f"[{name}](../roles/{name}/README.md)" for name in roles)
    lines += [f"The variables of the roles are in their READMEs: {links}.", ""]
    for title, part in (("Shared by several roles and playbooks", "shared"), ("Of single playbooks", "playbooks")):
        lines += [f"## {title}", "", "| variable | what it is |", "| --- | --- |"]
        lines += [f"| `{name}` | {text} |" for name, text in sorted(own[part].items())]
        lines += [""]
    lines += ["## Names of an earlier version", "", "| before | now |", "| --- | --- |"]
    lines += [f"| `{old}` | `{new}` |" for old, new in sorted(own["renamed"].items())]
    return "\n".join(lines) + "\n"


def main() -> int:
    stale = []
    for path, text in ((LIST, names_file()), (PAGE, page())):
        if not path.exists() or path.read_text() != text:
            stale.append(str(path.relative_to(ROOT)))
            if "--check" not in sys.argv:
                path.write_text(text)
    if stale and "--check" in sys.argv:
        print(f"out of date, run `make docs`: {', '.join(stale)}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
