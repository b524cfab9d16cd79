"""Draw the graph of subjects as docs/images/subjects.svg, from SUBJECTS of tests/contract/test_imports.py.

python tests/docs/subjects.py          rewrite
python tests/docs/subjects.py --check  fail if the picture is not what would be drawn
"""

from __future__ import annotations

import ast
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PICTURE = ROOT / "docs/images/subjects.svg"
LAWS = ROOT / "tests/contract/test_imports.py"
WIDTH, ROW, BOX_WIDTH, BOX_HEIGHT, MARGIN = 920, 96, 150, 36, 24
HEAD = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="15">\n'
    '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
    '<path d="M0 0L8 4L0 8z" fill="#777"/></marker></defs>\n'
    '<rect width="{width}" height="{height}" fill="#fff"/>'
)


def subjects() -> dict[str, set[str]]:
    """subject -> the subjects that it imports."""
    for node in ast.parse(LAWS.read_text()).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "SUBJECTS":
            code = compile(ast.Expression(node.value), str(LAWS), "eval")
            found: dict[str, set[str]] = eval(code, {"set": set})
            return found
    raise SystemExit(f"{LAWS}: no SUBJECTS")


def floors(graph: dict[str, set[str]]) -> list[list[str]]:
    """Subjects by the longest way down, the lowest floor first."""
    left, found = {name: set(needs) for name, needs in graph.items()}, []
    while left:
        floor = sorted(name for name, needs in left.items() if not needs & set(left))
        if not floor:
            raise SystemExit(f"a cycle among {sorted(left)}")
        found.append(floor)
        left = {name: needs for name, needs in left.items() if name not in floor}
    return found


def direct(graph: dict[str, set[str]]) -> dict[str, set[str]]:
    """The arrows that no longer way implies: the others would only hide them."""

    def below(name: str) -> set[str]:
        return set().union(*({need} | below(need) for need in graph[name])) if graph[name] else set()

    return {
        name: {need for need in needs if not any(need in below(other) for other in needs)}
        for name, needs in graph.items()
    }


def draw(graph: dict[str, set[str]]) -> str:
    rows = floors(graph)
    height = len(rows) * ROW + MARGIN
    place: dict[str, tuple[float, float]] = {}
    for level, row in enumerate(rows):
        for number, name in enumerate(row):
            place[name] = (WIDTH * (number + 1) / (len(row) + 1), height - MARGIN - BOX_HEIGHT / 2 - level * ROW)
    lines = [HEAD.format(width=WIDTH, height=height)]
    for name, needs in direct(graph).items():
        for need in sorted(needs):
            (x, y), (to_x, to_y) = place[name], place[need]
            lines.append(
                f'<path d="M{x:.0f} {y + BOX_HEIGHT / 2:.0f}L{to_x:.0f} {to_y - BOX_HEIGHT / 2:.0f}"'
                ' stroke="#777" stroke-width="1.3" fill="none" marker-end="url(#tip)"/>'
            )
    for name, (x, y) in place.items():
        lines.append(
            f'<rect x="{x - BOX_WIDTH / 2:.0f}" y="{y - BOX_HEIGHT / 2:.0f}" width="{BOX_WIDTH}" height="{BOX_HEIGHT}"'
            ' rx="6" fill="#eef3fa" stroke="#335"/>'
        )
        lines.append(f'<text x="{x:.0f}" y="{y + 5:.0f}" text-anchor="middle" fill="#112">{name}</text>')
    return "\n".join([*lines, "</svg>"]) + "\n"


def main() -> int:
    fresh = draw(subjects())
    if PICTURE.exists() and PICTURE.read_text() == fresh:
        return 0
    if "--check" in sys.argv:
        print(f"out of date, run `make docs`: {PICTURE.relative_to(ROOT)}")
        return 1
    PICTURE.write_text(fresh)
    return 0


if __name__ == "__main__":
    sys.exit(main())
