"""Render what a terminal shows of the demo's real run as docs/images/demo.svg."""

from __future__ import annotations

import os
import re
import subprocess
import sys

from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

from support.servers import ROOT

WIDTH = 124
COMMAND = "ansible-playbook -i inventory playbooks/db_lock_contention.yml"
# rich's own frame, without the web font that it would fetch from elsewhere
FRAME = """<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{ font-family: "DejaVu Sans Mono", Menlo, Consolas, monospace; font-size: {char_height}px;
line-height: {line_height}px; font-variant-east-asian: full-width; }}
.{unique_id}-title {{ font-size: 18px; font-weight: bold; font-family: sans-serif; }}
{styles}
</style>
<defs><clipPath id="{unique_id}-clip-terminal"><rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/>
</clipPath>{lines}</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}<g class="{unique_id}-matrix">{matrix}</g></g></svg>
"""


def draw(output: str, title: str, name: str, width: int, rows: int | None = None) -> None:
    """A terminal of so many columns as docs/images/NAME.svg; of so many rows: as it stands at the end of the output."""
    console = Console(record=True, width=width, file=open(os.devnull, "w"), color_system="truecolor")  # noqa: SIM115
    text = Text.from_ansi(output.rstrip())
    if rows:
        text = Text("\n").join([*text.wrap(console, width)[1 - rows :], Text("$ ")])
    console.print(text, soft_wrap=False)
    target = ROOT / f"docs/images/{name}.svg"
    target.parent.mkdir(parents=True, exist_ok=True)
    identity = name.replace("/", "-")
    target.write_text(console.export_svg(title=title, theme=MONOKAI, code_format=FRAME, unique_id=identity))
    print(f"written to {target.relative_to(ROOT)}")


def main() -> None:
    environment = {**os.environ, "ANSIBLE_FORCE_COLOR": "1", "COLUMNS": str(WIDTH), "TERM": "xterm-256color"}
    output = subprocess.run(
        [sys.executable, str(ROOT / "tests/demo/demo.py")], cwd=ROOT, env=environment, capture_output=True, text=True,
        check=True,
    ).stdout  # fmt: skip
    start = output.index(f"### $ {COMMAND}", output.index("after the check run"))
    shown = output[start : output.index("### The incident, as it was recorded")]
    shown = re.sub(r"TASK [^\n]*(Validating arguments|Name it)[^\n]*\n[^\n]*\n\n", "", shown)
    shown = re.sub(r"/\S*/(incidents/)", r"\1", shown)  # not where this machine keeps its temporary files
    draw(shown, f"$ {COMMAND}", "demo", WIDTH)


if __name__ == "__main__":
    main()
