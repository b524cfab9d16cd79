"""Write each role's table of variables into its README, from its argument_specs.yml.

python tests/docs/role_tables.py          rewrite
python tests/docs/role_tables.py --check  fail if a README is not what would be written
"""

from __future__ import annotations

import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
BEGIN, END = "<!-- variables, from meta/argument_specs.yml -->", "<!-- end of variables -->"


def table(role: Path) -> str:
    options = yaml.safe_load((role / "meta/argument_specs.yml").read_text())["argument_specs"]["main"]["options"]
    rows = ["| variable | default | what it is |", "| --- | --- | --- |"]
    for name, spec in options.items():
        default = yaml.safe_dump(spec.get("default"), default_flow_style=True, width=1000).strip().removesuffix("\n...")
        text = " ".join(str(spec["description"]).split())
        cells = (f"`{name}`", f"`{default}`", text)
        rows.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join([BEGIN, *rows, END])


def main() -> int:
    stale = []
    for role in sorted((ROOT / "roles").iterdir()):
        readme = role / "README.md"
        text = readme.read_text()
        before, rest = text.split(BEGIN)
        fresh = before + table(role) + rest.split(END)[1]
        if fresh != text:
            stale.append(str(readme.relative_to(ROOT)))
            if "--check" not in sys.argv:
                readme.write_text(fresh)
    if stale and "--check" in sys.argv:
        print(f"out of date, run `make docs`: {', '.join(stale)}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
