"""Write every module, plugin, role and playbook of this version into the changelog, and render CHANGELOG.md.

python tests/docs/release_notes.py            rewrite
python tests/docs/release_notes.py --check    fail if the changelog is not what would be written
python tests/docs/release_notes.py --release  also move the fragments into this version, with the date of today

A version names what no earlier version has.
Descriptions are the short descriptions of the documentation; a playbook's is the first sentence of its comment.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
CHANGELOG = ROOT / "changelogs/changelog.yaml"


def short_description(path: Path) -> str:
    """Of a module or plugin, from its DOCUMENTATION."""
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "DOCUMENTATION":
            return str(yaml.safe_load(ast.literal_eval(node.value))["short_description"])
    raise SystemExit(f"{path}: no DOCUMENTATION")


def role_description(role: Path) -> str:
    specs = yaml.safe_load((role / "meta/argument_specs.yml").read_text())["argument_specs"]
    return str(specs["main"]["short_description"])


def playbook_description(path: Path) -> str:
    """The first sentence of the comment at its head."""
    lines = []
    for line in path.read_text().splitlines()[1:]:
        if not line.startswith("# "):
            break
        lines.append(line[2:])
    return re.split(r"(?<=[^.][.?])\s", " ".join(lines))[0].rstrip(".")


def entry(name: str, description: str, namespace: str | None) -> dict[str, Any]:
    return {"description": description, "name": name, "namespace": namespace}


def objects() -> dict[str, Any]:
    """``modules``, ``plugins`` and ``objects`` of a release, as antsibull-changelog keeps them."""
    plugins = {
        kind: [entry(path.stem, short_description(path), None) for path in sorted(ROOT.glob(f"plugins/{kind}/*.py"))]
        for kind in ("callback", "filter")
    }
    return {
        "modules": [
            entry(path.stem, short_description(path), "") for path in sorted((ROOT / "plugins/modules").glob("*.py"))
        ],
        "plugins": plugins,
        "objects": {
            "playbook": [
                entry(path.stem, playbook_description(path), None)
                for path in sorted((ROOT / "playbooks").glob("*.yml"))
            ],
            "role": [
                entry(role.name, role_description(role), None)
                for role in sorted((ROOT / "roles").iterdir())
                if (role / "meta").is_dir()
            ],
        },
    }


def without_known(found: Any, known: Any) -> Any:
    """The objects that an earlier release does not name, in the same shape."""
    if isinstance(found, dict):
        return {kind: without_known(part, known.get(kind) or type(part)()) for kind, part in found.items()}
    names = {each["name"] for each in known}
    return [each for each in found if each["name"] not in names]


def main() -> int:
    version = yaml.safe_load((ROOT / "galaxy.yml").read_text())["version"]
    if "--release" in sys.argv:
        subprocess.run(["antsibull-changelog", "release", "--update-existing"], cwd=ROOT, check=True)
    changelog = yaml.safe_load(CHANGELOG.read_text())
    release = changelog["releases"][version]
    fresh = objects()
    for earlier, named in changelog["releases"].items():
        fresh = fresh if earlier == version else without_known(fresh, named)
    if all(release.get(key) == value for key, value in fresh.items()):
        return 0
    if "--check" in sys.argv:
        print("out of date, run `make docs`: changelogs/changelog.yaml")
        return 1
    release.update(fresh)
    CHANGELOG.write_text(yaml.safe_dump(changelog, sort_keys=True, default_flow_style=False))
    subprocess.run(["antsibull-changelog", "generate"], cwd=ROOT, check=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
