"""The words that a reader may meet: the field's, not the project's own.

Messages (texts of the plugins), names and messages of tasks, documentation and comments of inventories. A reader of
PostgreSQL, Docker or an incident at three in the morning must not have to learn a private English first.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# The private word -> the field's, or a hint. Whole words, upper or lower case.
STOP = {
    r"merc(?:y|iful)": "exclusions",
    r"spar(?:e|es|ed|ing)": "exclude, excluded",
    r"surplus": "excess",
    r"tells?|told": "report, return, show",
    r"nobody": "no session, no operator",
    r"somebody": "a session, an operator",
    r"everybody": "all sessions, all users",
    r"whoever": "the operator, the session that",
    r"anybody": "any session",
    r"sick": "unhealthy",
    r"(?:is|are|be|was|were) well": "healthy",
    r"not well": "unhealthy",
    r"takes? (?:it |them )?back|taken back|took back": "undo, revert",
    r"goes on|go on|going on|went on": "continues",
    r"gets? in|got in": "connects",
    r"looks? alike": "have the same symptoms",
    r"lets? (?:it |them |nothing |anything |\w+ )?through": "approves, allows",
    r"rehears(?:al|als|e|ed|es)": "check mode (in plugins, roles and playbooks)",
    r"ceilings?": "connection limit",
    r"forgotten transactions?": "idle in transaction",
    r"cures?|cured": "remedy, next step",
    r"offenders?": "top consumers",
    r"what is the matter": "the cause",
    r"verdicts?": "outcome, decision",
    r"relief|relieve[sd]?": "recovery, mitigation",
    r"looked at again|looks? again": "re-checked",
    r"in one look|one look": "one snapshot",
    r"pictures?": "snapshot",
    r"guards? (?:against|roles?)": "role setting",
    r"doors?": "address, base URL",
    r"entrances?": "login path",
    r"vanished": "dead client connection",
    r"be rid of|gets? rid of|got rid of": "remove",
    r"too late|comes? late": "say what was exceeded",
    r"bystanders?": "control workload",
    r"come to be|comes to be": "becomes",
    r"of its own accord|by itself": "automatically",
    r"as it stands|still stands?": "is unchanged, is still present",
    r"victims?": "terminated sessions",
    r"anew": "again, new",
    r"(?:for )?want of": "because of too little",
    r"mend(?:s|ed|ing)?": "correct, repair",
    r"at work": "active, running",
    r"(?:be|is|are|was|were) ended": "terminated, cancelled",
    r"in vain": "without effect",
    r"whom": "which sessions",
    r"(?:hangs?|hung) up": "closes the connection",
    r"(?:holds?|held|holding) up": "blocks",
    r"in the way": "blocks, conflicts with",
    r"one too many": "excess",
    r"by now": "now, since",
    r"at last": "finally",
    r"stays? good": "stays valid",
    r"a moment (?:ago|later)": "just before, shortly after",
    r"that very|this very": "that, this",
    r"not asked for": "not requested",
    r"gone for good": "will not come back, is lost",
    r"(?:keeps?|kept) the dead rows": "holds back the xmin horizon",
}
WORDS = re.compile(
    r"(?<![\w./{-])(?:" + "|".join(f"(?P<w{n}>{word})" for n, word in enumerate(STOP)) + r")(?![\w=/-])", re.I
)
# Where a private word is the name of something real: the text that is no hit, and why.
ALLOWED = {
    r"docs/rehearsal|\(rehearsal\.md\)|python -m rehearsal|runbook_rehearsal": "names of the game-day platform",
}
_ALLOWED = re.compile("|".join(ALLOWED))
NOT_PROSE = re.compile(r"^\s*(SELECT|WITH|ALTER|CREATE)\b", re.S)
TASK_TEXT = re.compile(
    r"^\s*(?:- )?(?:name|msg|fail_msg|success_msg|description|short_description|prompt)\s*:\s*(.+)$|^\s*#\s*(.+)$"
)


def hits(text: str) -> list[tuple[str, str]]:
    """Each private word in a text, with what to say instead."""
    replacements = list(STOP.values())
    return [
        (match.group(0), replacements[int(str(match.lastgroup)[1:])])
        for match in WORDS.finditer(_ALLOWED.sub("", text))
    ]


def texts_of_code(path: Path) -> Iterator[tuple[int, str]]:
    """Every string of a plugin that has a space: messages and documentation, but no docstring and no SQL."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef))
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str) or id(node) in docstrings:
            continue
        if " " in node.value and not NOT_PROSE.match(node.value):
            for number, line in enumerate(node.value.splitlines()):
                yield node.lineno + number, line


def texts_of_yaml(path: Path) -> Iterator[tuple[int, str]]:
    """Names of tasks, messages, descriptions and comments."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        match = TASK_TEXT.match(line)
        if match:
            yield number, match.group(1) or match.group(2)


def texts_of_fragment(path: Path) -> Iterator[tuple[int, str]]:
    """The prose of a changelog fragment; between double backticks are names, old ones too."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        yield number, re.sub(r"``[^`]*``", "", line)


def texts_of_upgrade_notes(path: Path) -> Iterator[tuple[int, str]]:
    """Their prose; what is quoted is the names that were."""
    for number, text in texts_of_markdown(path):
        yield number, re.sub(r"`[^`]*`", "", text)


def texts_of_markdown(path: Path) -> Iterator[tuple[int, str]]:
    """Prose; blocks of code are shown output, which the other rules hold."""
    fenced = False
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.lstrip().startswith("```"):
            fenced = not fenced
        elif not fenced:
            yield number, line


def pages() -> list[Path]:
    """Every file whose texts reach a user."""
    paths = list((ROOT / "plugins").rglob("*.py"))
    for folder in ("roles", "playbooks", "inventory.example", "changelogs/fragments", ".github"):
        paths += [path for path in (ROOT / folder).rglob("*") if path.suffix in (".yml", ".md")]
    own = [path for path in ROOT.glob("*.md") if path.name != "CHANGELOG.md"]
    return sorted([*paths, *(ROOT / "docs").glob("*.md"), *own])


def private_words(path: Path) -> list[tuple[int, str, str]]:
    """Line, word, and what to say instead, for every hit in one file."""
    read = {".py": texts_of_code, ".yml": texts_of_yaml, ".md": texts_of_markdown}[path.suffix]
    if path.parent.name == "fragments":
        read = texts_of_fragment
    if path.name == "upgrading.md":
        read = texts_of_upgrade_notes
    return [(number, word, instead) for number, text in read(path) for word, instead in hits(text)]


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", pages(), ids=name_of)
def test_readers_meet_the_words_of_the_field(path: Path) -> None:
    found = [f"{name_of(path)}:{line}: {word!r}: say {instead}" for line, word, instead in private_words(path)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("pattern", ALLOWED)
def test_every_exception_is_needed(pattern: str) -> None:
    texts = (path.read_text(encoding="utf-8") for path in pages())
    assert any(re.search(pattern, text) for text in texts)


@pytest.mark.parametrize(
    ("name", "text", "word", "line"),
    [
        ("planted.py", 'DOCUMENTATION = r"""\nshort_description: Tells who is ill\n"""\n', "Tells", 2),
        ("planted.py", 'def act():\n    raise ValueError(f"{1} sessions are excluded, nobody waits")\n', "nobody", 2),
        ("planted.yml", "- name: Facts | Whoever has the connections\n", "Whoever", 1),
        ("planted.yml", "# The settings of this site are taken back\n", "taken back", 1),
        ("planted.md", "# Runbook\n\nThe snapshot tells who waits.\n", "tells", 3),
        ("fragments/planted.yml", "minor_changes:\n  - gate - a plan is spared.\n", "spared", 2),
    ],
)
def test_a_planted_word_is_found(tmp_path: Path, name: str, text: str, word: str, line: int) -> None:
    planted = tmp_path / name
    planted.parent.mkdir(exist_ok=True)
    planted.write_text(text, encoding="utf-8")
    assert [hit[:2] for hit in private_words(planted)] == [(line, word)]


def test_names_of_the_project_are_no_hits(tmp_path: Path) -> None:
    """A docstring, SQL, an option, and an old name in the changelog are not what a reader meets as prose."""
    kept = tmp_path / "kept.py"
    kept.write_text('def told():\n    """Tells."""\n    return "SELECT told FROM t"\n', encoding="utf-8")
    assert private_words(kept) == []
    assert hits("aliases: [spare_roles]") == []
    fragment = tmp_path / "fragments" / "kept.yml"
    fragment.parent.mkdir()
    fragment.write_text("- the key ``cure`` is now ``remedy``.\n", encoding="utf-8")
    assert private_words(fragment) == []
    notes = tmp_path / "upgrading.md"
    notes.write_text("| `cure` | `remedy` |\n", encoding="utf-8")
    assert private_words(notes) == []
    notes.write_text("| `cure` | cure |\n", encoding="utf-8")
    assert [word for dummy, word, instead in private_words(notes)] == ["cure"]
