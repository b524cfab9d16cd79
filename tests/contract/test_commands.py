"""Every command of the pages can be typed: its playbook is there, as are its options, and its variables are known."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from ansible.cli.playbook import PlaybookCLI
from ansible_collections.pafar.runbook.plugins.module_utils._run.unknown_names import Own, unknown_names

from support.servers import ROOT

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), *sorted(ROOT.glob("roles/*/README.md"))]
PLAYBOOKS = {path.stem for path in (ROOT / "playbooks").glob("*.yml")}
# In the place of what is a person's: an incident, a digest, a name.
PLACEHOLDERS = ("PLAYBOOK", "NAME")
WITHOUT_INVENTORY = ("awx_setup",)  # its host is AWX, of which the environment has the address


def commands(text: str) -> Iterator[str]:
    """Commands of a page, in blocks (also over several lines) and in sentences; without a comment behind them."""
    whole = re.sub(r"\\\n\s*", " ", text)
    yield from re.findall(r"^(?:\$ )?((?:\w+=\S+ )*ansible-playbook .+)$", whole, re.M)
    yield from re.findall(r"`(ansible-playbook [^`]+)`", whole)
    # Tables of people.md: the playbook's name with what is given to it.
    for found in re.findall(r"`((?:incident|oncall|announce)_?\w* -e [^`]+)`", whole):
        yield f"ansible-playbook -i inventory playbooks/{found.replace(' ', '.yml ', 1)}"


def wrong_with(command: str) -> str:
    """Why a command cannot be typed; empty where it can."""
    try:
        words = shlex.split(command, comments=True)
    except ValueError as error:
        return str(error)
    words = words[next(at for at, word in enumerate(words) if word.endswith("ansible-playbook")) :]
    cli = PlaybookCLI(words)
    cli.init_parser()
    try:
        options = cli.parser.parse_args(words[1:])
    except SystemExit:
        return "ansible-playbook has no such option"
    for name in options.args:
        stem = Path(name).stem if name.endswith(".yml") else name.removeprefix("pafar.runbook.")
        if stem not in (*PLAYBOOKS, *PLACEHOLDERS):
            return f"there is no playbook {stem}"
        if name.startswith("playbooks/") and not options.inventory and stem not in WITHOUT_INVENTORY:
            return "there is no -i inventory, so that no host would match"
    given = [name for value in options.extra_vars for name in names_in(str(value))]
    unknown = unknown_names(given, Own())
    return f"there is no variable {unknown[0]['name']}" if unknown else ""


def names_in(extra: str) -> list[str]:
    """The variables of one -e: words with =, JSON or YAML; none of a file."""
    if extra.startswith("@"):
        return []
    if extra.lstrip().startswith(("{", "[")):
        return list(yaml.safe_load(extra))
    return [word.partition("=")[0] for word in shlex.split(extra)]


def cases() -> list[tuple[str, str]]:
    return [(page.name, command) for page in PAGES for command in dict.fromkeys(commands(page.read_text()))]


def test_every_command_of_the_pages_can_be_typed() -> None:
    wrong = {f"{page}: {command}": why for page, command in cases() if (why := wrong_with(command))}
    assert wrong == {}
    assert len(cases()) > 50


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("$ ansible-playbook -i inventory playbooks/no.yml\n", "there is no playbook no"),
        ("`ansible-playbook -i inventory playbooks/menu.yml --chek`", "no such option"),
        (
            "ansible-playbook -i inventory playbooks/undo.yml \\\n    -e incident_ids=x\n",
            "there is no variable incident_ids",
        ),
        ("a `incident_ack -e '{\"incident_act_alert\": []}'` b", "there is no variable incident_act_alert"),
        (
            "$ ansible-playbook -i inventory playbooks/incident_note.yml -e \"incident_note_text='x\n",
            "No closing quotation",
        ),
    ],
)
def test_a_command_that_cannot_be_typed_is_found(text: str, why: str) -> None:
    (command,) = commands(text)
    assert why in wrong_with(command)


def test_what_can_be_typed_is_not_found_wrong() -> None:
    given = json.dumps({"incident_postmortem_views": ["internal"]})
    for command in (f"ansible-playbook pafar.runbook.incident_postmortem -e '{given}'  # both pages", *PLACEHOLDERS):
        assert (
            wrong_with(command if " " in command else f"ansible-playbook -i x playbooks/{command}.yml -e @x.yml") == ""
        )
