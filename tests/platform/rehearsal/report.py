"""The record of game days, ``game-days.json``, and what is made of it alone: page, pictures, lines of the README.

python -m rehearsal.report      makes them again, without a game day
"""

from __future__ import annotations

import json
import re
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rehearsal import chart
from rehearsal.errors import PlatformError
from rehearsal.site import ROOT

TITLE = """# Game days

Each runbook against the real fault, on the stand-in platform of [`tests/platform`](../tests/platform/README.md) while
its users browse, book and pay twenty times a second. The runbook runs with `--check` first, which must change nothing
and leave the symptom; then for real. Beside the users runs a control workload, which has no part in any fault and must
survive it: the stream of the write-ahead log, a base backup that is being sent, and a vacuum against wraparound, each a
real one. `make gameday` holds all game days, `make gameday FAULT=lock_storm REPEAT=10` one of them ten times; it writes
this page.

"""
HEAD = (
    "| fault | runbook | passed | cause named | to the symptom | runbook started to recovery | act to recovery "
    "| harmed |\n"
    "| --- | --- | --- | --- | --- | --- | --- | --- |\n"
)
NOTES = """
Seconds are medians, with the worst in brackets. *Symptom*: users begin to feel it, who give up after two seconds.
*Act*: the moment before it, when the evidence has been kept. *Recovery*: from then on more than 99 % of what users are
answered is what they asked for. *Harmed*: requests that failed because of the act (between it and the recovery, beyond
the share that failed in the ten seconds before it), or once users were back and the runbook had ended; sessions
without a part in the fault that were terminated or cancelled, by the server's own log; containers stopped or restarted.
Where no recovery is shown no mitigation is possible here: the runbook must name the cause and change nothing.
"""
CHARTS = "images/game-days"
README_FAULTS = ("alter_queue", "lock_storm", "prepared_transaction")
# Numbers of a list stand on one line.
NUMBERS = re.compile(r"\[\s+(-?[\d.]+(?:,\s+-?[\d.]+)*)\s+\]")
KEYS = ("seconds_to_symptom", "seconds_to_recovery", "seconds_after_act")


def together(days: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Several days of one fault as one row: medians, the worst, and passed only if all were."""
    last = days[-1]
    row = {name: last.get(name) for name in ("fault", "playbook")}
    row["passed"] = all(day["passed"] for day in days)
    row["runs"], row["runs_passed"] = len(days), sum(day["passed"] for day in days)
    for name in KEYS:
        values = [day[name] for day in days if day.get(name) is not None]
        row[name] = round(statistics.median(values), 1) if values else None
        row[f"worst_{name}"] = max(values, default=None)
    harms = [day.get("collateral") or {} for day in days]
    row["collateral"] = {what: sum(harm.get(what, 0) for harm in harms) for harm in harms for what in harm}
    row["latency_ms"] = last.get("latency_ms", {})
    row["missing_mib"] = last.get("missing_mib", {})
    row["series"] = last.get("series", {})
    row["cause"] = last.get("cause", "")
    # The record goes with the project: no path of one machine in it.
    row["done"] = [text.replace(str(Path.home()), "~") for text in last.get("done", [])]
    row["wrong"] = sorted({reason for day in days for reason in day["wrong"]})
    row["at"] = last.get("at")
    row["versions"] = last.get("versions", {})
    return row


def merge(rows: Sequence[dict[str, Any]], folder: Path) -> list[dict[str, Any]]:
    """These rows in place of earlier ones of the same faults; the others stay."""
    path = folder / "game-days.json"
    try:
        earlier = json.loads(path.read_text()) if path.exists() else []
    except ValueError as error:
        raise PlatformError(
            f"{path} is no JSON any more ({error}). Mend or remove it, then hold the game days."
        ) from None
    fresh = {row["fault"] for row in rows}
    return sorted([*(row for row in earlier if row["fault"] not in fresh), *rows], key=lambda row: str(row["fault"]))


def write(rows: Sequence[dict[str, Any]], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    table = merge(rows, folder)
    text = NUMBERS.sub(lambda match: f"[{' '.join(match[1].split())}]", json.dumps(table, indent=2))
    (folder / "game-days.json").write_text(text + "\n")
    for name, content in made(table).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)


def made(table: Sequence[dict[str, Any]]) -> dict[str, str]:
    """The page and its pictures, by their names in the folder of the record."""
    page, charts = TITLE + HEAD + "".join(map(line, table)) + NOTES + slowness(table) + used(table), {}
    for row in table:
        picture, name = chart.draw(row), f"{CHARTS}/{row['fault']}.svg"
        if picture:
            charts[name] = picture
            page += f"\n![{row['fault']}: {chart.caption(row)}]({name})\n"
    return {"game-days.md": page, **charts}


def readme(text: str, table: Sequence[dict[str, Any]]) -> str:
    """The README with the recorded results of some faults, under the command that held them."""
    rows = [row for row in table if row["fault"] in README_FAULTS]
    repeat = min((row["runs"] for row in rows), default=1)
    command = "$ make gameday" + (f" REPEAT={repeat}" if repeat > 1 else "")
    lines = "\n".join([command, *map(sentence, rows)])
    for row in rows:
        text = re.sub(
            rf"(served again )\S+ s( after the act\]\(docs/{CHARTS}/{row['fault']}\.svg\))",
            rf"\g<1>{row['seconds_after_act']:g} s\2",
            text,
        )
    return re.sub(r"(?<=```console\n)\$ make gameday[^\n]*\npassed.*?(?=\n```)", lambda dummy: lines, text, flags=re.S)


def seconds(row: dict[str, Any], name: str) -> str:
    if row[name] is None:
        return "-"
    return f"{row[name]:g} s" if row["runs"] == 1 else f"{row[name]:g} s ({row[f'worst_{name}']:g})"


def sentence(row: dict[str, Any]) -> str:
    """For the screen."""
    text = f"{'passed' if row['passed'] else 'FAILED'}  {row['fault']}: {row['runs_passed']} of {row['runs']}"
    text += f"; it named {row['cause']}" if row.get("cause") else ""
    if None in [row[name] for name in KEYS]:
        return text
    slow = row.get("latency_ms") or {}
    if slow:
        text += f"; {slow['before']:g} ms before, {slow['during']:g} during, {slow['after']:g} after"
    return (
        f"{text}; users felt it after {row['seconds_to_symptom']:g} s, were served again {row['seconds_after_act']:g} s"
        f" after the act of {row['playbook']}, {row['seconds_to_recovery']:g} s after its start; harmed: {harmed(row)}"
    )


def harmed(row: dict[str, Any]) -> str:
    if not row["collateral"]:
        return "-"
    harms = [f"{number} {what.replace('_', ' ')}" for what, number in row["collateral"].items() if number]
    return ", ".join(harms) or "nothing"


def line(row: dict[str, Any]) -> str:
    passed = (
        f"{row['runs_passed']} of {row['runs']}" if row["passed"] else f"**no**: {row['runs_passed']} of {row['runs']}"
    )
    cells = [f"`{row['fault']}`", f"`{row['playbook']}`", passed, row.get("cause") or "-"]
    cells += [*(seconds(row, name) for name in KEYS), harmed(row)]
    return f"| {' | '.join(cells)} |\n"


def slowness(table: Sequence[dict[str, Any]]) -> str:
    """Where the fault is that users wait: how long, of the last day of each."""
    lines = [
        f"- `{row['fault']}`: {slow['before']:g} ms before the fault, {slow['during']:g} ms during it,"
        f" {slow['after']:g} ms after the act (of four in five who {slow['kind']})\n"
        for row in table
        if (slow := row.get("latency_ms") or {})
    ]
    return "\nHow long users waited:\n\n" + "".join(lines) if lines else ""


def used(table: Sequence[dict[str, Any]]) -> str:
    """The versions, once where they are the same for all."""
    sets = {json.dumps(row["versions"]) for row in table if row["versions"]}
    lines = [
        ", ".join(f"{name} {version}" for name, version in json.loads(versions).items()) for versions in sorted(sets)
    ]
    return "\nHeld with " + "; and with ".join(lines) + ".\n"


def main() -> None:
    write([], ROOT / "docs")
    path = ROOT / "README.md"
    path.write_text(readme(path.read_text(), merge([], ROOT / "docs")))


if __name__ == "__main__":
    main()
