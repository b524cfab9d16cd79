"""Pages for operators, adopters and maintainers: links lead somewhere, quotations are true, nothing is forgotten."""

from __future__ import annotations

import ast
import importlib.resources
import json
import re
import subprocess
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import jsonschema
import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._core import errors
from ansible_collections.pafar.runbook.plugins.module_utils._incident.kinds import KINDS
from ansible_collections.pafar.runbook.plugins.module_utils._run.known_names import RENAMED

from contract.test_completeness import load
from support.servers import ROOT

PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md")), *sorted(ROOT.glob("roles/*/README.md"))]
ERRORS = ROOT / "docs/errors.md"
CLASSES = {
    name: kind
    for name, kind in vars(errors).items()
    if isinstance(kind, type) and issubclass(kind, errors.RunbookError) and kind is not errors.RunbookError
}
GAP = "…"
OF_OTHERS = re.compile(r"\(of (?:Python|pip|Ansible)\)")


def anchors(page: Path) -> set[str]:
    """Those that GitHub makes of the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken_links(page: Path) -> list[str]:
    """Relative links of a page to a file or a heading that does not exist."""
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        if re.match(r"<?https?:|mailto:", target):
            continue
        name, dummy, anchor = target.partition("#")
        path = (page.parent / name).resolve() if name else page
        if not path.exists() or (anchor and path.suffix == ".md" and anchor not in anchors(path)):
            broken.append(target)
    return broken


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    if page.name != "CHANGELOG.md":
        assert broken_links(page) == []


def test_a_broken_link_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# Two words, and more\n[a](#two-words-and-more) [b](#none) [c](none.md) [d](page.md#none)\n")
    assert broken_links(page) == ["#none", "none.md", "page.md#none"]


def test_the_index_names_every_page() -> None:
    linked = re.findall(r"\]\(([\w-]+\.md)", (ROOT / "docs/README.md").read_text())
    assert sorted({*linked, "README.md"}) == sorted(path.name for path in (ROOT / "docs").glob("*.md"))


def text_of(node: ast.AST) -> str:
    """A text of the code, with a gap for each value that is put in."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(text_of(value) if isinstance(value, ast.Constant) else GAP for value in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return text_of(node.left) + text_of(node.right)
    return GAP


def texts_of_code() -> Iterator[str]:
    for path in (ROOT / "plugins").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, (ast.JoinedStr, ast.BinOp)) or (
                isinstance(node, ast.Constant) and " " in str(node.value)
            ):
                yield text_of(node)
    for folder in ("roles", "playbooks"):
        for path in (ROOT / folder).rglob("*.yml"):
            yield " ".join(re.sub(r"\{\{.*?\}\}", GAP, path.read_text(), flags=re.S).split())


def quotations(text: str) -> Iterator[tuple[str, str]]:
    """The heading and the message of every row that quotes one."""
    heading = ""
    for line in text.splitlines():
        heading = line[3:] if line.startswith("## ") else heading
        row = re.match(r"\| (?:`` (?P<double>.+?) ``|`(?P<single>[^`]+)`)(?P<rest> [^|]*)\|", line)
        if row and not OF_OTHERS.search(row["rest"]):
            yield heading, row["double"] or row["single"]


def said(message: str, texts: list[str]) -> bool:
    """Whether a text has the parts of a message, in their order."""
    parts = [re.escape(part.strip()) for part in message.split(GAP) if part.strip(" .:")]
    pattern = re.compile(".*?".join(parts), re.S)
    return any(pattern.search(text) for text in texts)


def test_messages_are_quoted_as_the_code_has_them() -> None:
    texts = list(texts_of_code())
    quoted = list(quotations(ERRORS.read_text()))
    assert len(quoted) > 60
    assert [message for dummy, message in quoted if not said(message, texts)] == []


def test_a_message_that_the_code_has_not_is_found() -> None:
    texts = ["Could not read …: …."]
    assert said("Could not read …", texts)
    assert not said("Could not write …", texts)
    assert not said("… read … Could …", texts)
    page = "## A\n| message | x |\n| `a …` | b |\n| `` b `c` `` | d |\n| `e` (of Python) | f |\n"
    assert list(quotations(page)) == [("A", "a …"), ("A", "b `c`")]


def spoken(page: str) -> list[str]:
    """What a page says that a run prints, in italics, with a gap for each figure."""
    return [re.sub(r"\d[\d.]*( s\b)?", GAP, words) for words in re.findall(r"(?<!\*)\*([^*\n]+)\*(?!\*)", page)]


def test_at_3_a_m_quotes_what_is_printed() -> None:
    texts, quoted = list(texts_of_code()), spoken((ROOT / "docs/at-3am.md").read_text())
    assert len(quoted) >= 4
    assert [words for words in quoted if not said(words, texts)] == []
    assert not said(spoken("- *12 wait, the longest 5.8 s; acts from 30 s on*: x")[0], texts)


def test_every_class_of_error_has_its_messages() -> None:
    """In the order in which the classes are written, at least one each."""
    headings = [heading for heading, dummy in quotations(ERRORS.read_text())]
    assert [heading for heading in dict.fromkeys(headings) if heading in CLASSES] == list(CLASSES)


def test_upgrade_notes_name_every_variable_that_was_renamed() -> None:
    text = (ROOT / "docs/upgrading.md").read_text()
    assert [old for old, new in RENAMED.items() if f"| `{old}` | `{new}` |" not in text] == []


def test_an_execution_environment_gets_what_a_controller_needs() -> None:
    dependencies = load(ROOT / "meta/execution-environment.yml")["dependencies"]
    assert all((ROOT / name).is_file() for name in dependencies.values())
    built = load(ROOT / "execution-environment.yml")["dependencies"]
    assert {name: built[name] for name in dependencies} == dependencies


def test_an_execution_environment_has_the_form_that_ansible_builder_takes() -> None:
    """By the schema of ansible-lint, which is that of ansible-builder 3."""
    folder = importlib.resources.files("ansiblelint") / "schemas"
    schema = json.loads((folder / "execution-environment.json").read_text())
    description = load(ROOT / "execution-environment.yml")
    jsonschema.validate(description, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**description, "dependancies": {}}, schema)


def test_issue_templates_and_workflows_can_be_read() -> None:
    for path in (ROOT / ".github/ISSUE_TEMPLATE").glob("*.yml"):
        template = load(path)
        ids = [field["id"] for field in template.get("body", ()) if "id" in field]
        assert len(ids) == len(set(ids)), path.name
    targets = set(re.findall(r"^([a-z-]+)(?: [a-z-]+)*:", (ROOT / "Makefile").read_text(), re.M))
    called = re.findall(r"- run: make ([\w-]+)", (ROOT / ".github/workflows/ci.yml").read_text())
    assert {"check", "test"} <= set(called) <= targets


def packed(names: list[str], ignored: list[str]) -> list[str]:
    """The files that would be in the built collection."""
    places = {name: [name, *(str(parent) for parent in Path(name).parents[:-1])] for name in names}
    return [
        name
        for name, parts in places.items()
        if not any(fnmatch(part, pattern) for part in parts for pattern in ignored)
    ]


def test_the_built_collection_has_what_runs_and_what_is_read_and_no_tests() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    top = {name.split("/")[0] for name in packed(tracked, load(ROOT / "galaxy.yml")["build_ignore"])}
    assert top == {
        "bindep.txt", "changelogs", "docs", "execution-environment.yml", "extensions", "inventory.database.example",
        "inventory.example", "meta", "playbooks", "plugins", "requirements.txt", "roles",
        "CHANGELOG.md", "CODE_OF_CONDUCT.md", "CONTRIBUTING.md", "LICENSE", "README.md", "SECURITY.md", "galaxy.yml",
    }  # fmt: skip
    assert packed(["tests/unit/x.py", "plugins/x.py", "x.tar.gz"], ["tests", "*.tar.gz"]) == ["plugins/x.py"]


def test_the_page_of_the_log_has_every_kind_of_event() -> None:
    table = (ROOT / "docs/incident-log.md").read_text().partition("| kind | when |")[2].partition("\n\n")[0]
    rows = re.findall(r"^\| `(\w+)` \| (.+) \|$", table, re.M)
    assert sorted(kind for kind, dummy in rows) == sorted(KINDS)
    for kind, words in rows:
        fields = re.findall(r"`(\w+)`", words)
        assert [name for name in fields if name not in {*KINDS[kind].fields, *KINDS, "by"}] == [], kind
