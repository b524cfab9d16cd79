"""python -m rehearsal: the platform, its faults, and game days. `--help` of each command tells the rest."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from pathlib import Path

from rehearsal import engine, faults, gameday, lifecycle, ownership, steps
from rehearsal.errors import PlatformError
from rehearsal.platform import Platform
from rehearsal.site import PORTS, PROJECT, ROOT, Site, alone, site_of

# How long a command waits for another one to end: a step of a game day is over by then.
STEP_SECONDS = 1000
NUMBERS = ("LOAD_RATE", "LOAD_SECONDS")


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="rehearsal", description=__doc__)
    top.add_argument(
        "--project", default=os.environ.get("PAFAR_PROJECT", PROJECT), help=f"its name for Compose ({PROJECT})"
    )
    commands = top.add_subparsers(dest="command", required=True)

    command = commands.add_parser("up", help="start the platform; builds what is missing")
    command.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a value for .env")
    command = commands.add_parser("down", help="remove the platform")
    command.add_argument("--images", action="store_true", help="and its images")
    commands.add_parser("status", help="containers, users, faults")
    commands.add_parser("faults", help="the faults that can be injected")
    for name, help_text in (("inject", "break it"), ("symptom", "does it show?")):
        commands.add_parser(name, help=help_text).add_argument("fault")
    command = commands.add_parser("heal", help="clean up after a fault")
    command.add_argument("fault", nargs="?", help="without a name: whatever was injected and not healed yet")

    for name, (dummy, help_text) in steps.STEPS.items():
        command = commands.add_parser(name, help=f"(a step of game_day.yml) {help_text}")
        command.add_argument("--day", type=Path, required=name != "begin", help="folder of this game day's record")
        if name == "begin":
            command.add_argument("--fault", required=True)
            command.add_argument("--untimed", action="store_true", help="the clock judges nothing: for a busy machine")
            command.add_argument(
                "--target", action="append", default=[], metavar="HOST:PORT", help="the runbook's database"
            )
            command.add_argument("--variables", default="{}", metavar="JSON", help="what the runbook is told besides")
            command.add_argument("--hosts", default="all", help="the inventory's hosts that it is played on")
        if name == "play":
            command.add_argument("--as", dest="label", choices=("check", "real"), required=True)
            command.add_argument("argv", nargs=argparse.REMAINDER)

    command = commands.add_parser("gameday", help="inject, rehearse, act, judge; for one fault or all of them")
    command.add_argument("fault", nargs="?")
    command.add_argument("--repeat", type=int, default=1)
    command.add_argument("--docs", type=Path, default=ROOT / "docs", help="where the table is written")
    return top


def status(platform: Platform) -> None:
    for name in faults.injected(platform):
        print(f"injected: {name}")
    for container in platform.containers():
        print(f"{container.service:<18} {container.state:<10} {container.health:<10} restarts {container.restarts}")
    print(f"users of the last 10 s: {json.dumps(platform.stats(10))}")


def heal(platform: Platform, name: str | None) -> int:
    """One fault, or all that were injected; what cannot be healed does not keep the others from it."""
    names = [name] if name else faults.injected(platform)
    failed = 0
    for fault in names:
        try:
            print(faults.heal(platform, faults.named(fault)))
        except PlatformError as error:
            print(f"ERROR: {fault} is not healed: {error}", file=sys.stderr)
            failed = 1
    if not names:
        ownership.require_platform(platform)
        print("Nothing was injected.")
    return failed


def settings_of(pairs: list[str]) -> dict[str, str]:
    settings = {}
    for pair in pairs:
        name, dummy, value = pair.partition("=")
        if name not in (*PORTS, *NUMBERS) or not value.isdigit() or (name in PORTS and not 0 < int(value) < 65536):
            raise PlatformError(f"--set wants one of {', '.join((*PORTS, *NUMBERS))} and a number; it was {pair!r}.")
        settings[name] = value
    return settings


def act(asked: argparse.Namespace) -> int:
    site = site_of(asked.project)
    if asked.command == "faults":
        for fault in faults.every():
            print(f"{fault.name:<24} {fault.playbook:<28} {fault.sentence}")
    elif asked.command == "up":
        settings = settings_of(asked.set)
        with alone(site, "step", STEP_SECONDS):
            lifecycle.up(site, lifecycle.Progress(), **settings)
    elif asked.command == "down":
        with alone(site, "step", STEP_SECONDS):
            ownership.down(site, lifecycle.Progress(), asked.images)
    elif asked.command == "gameday":
        return gameday.run(site, asked.fault, asked.repeat, asked.docs)
    else:
        return with_platform(site, asked)
    return 0


def with_platform(site: Site, asked: argparse.Namespace) -> int:
    """The commands that need one, of which one at a time has it."""
    platform = Platform(site)
    if asked.command == "status":
        status(platform)
        return 0
    if asked.command == "symptom":
        print(json.dumps({"fault": asked.fault, "symptom": faults.named(asked.fault).symptom(platform)}))
        return 0
    engine.require_engine()
    with alone(site, "step", STEP_SECONDS):
        if asked.command == "inject":
            print(faults.inject(platform, faults.named(asked.fault)))
            return 0
        if asked.command == "heal":
            return heal(platform, asked.fault)
        return steps.run(platform, asked)


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        return act(parser().parse_args())
    except PlatformError as error:
        print(f"ERROR: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
