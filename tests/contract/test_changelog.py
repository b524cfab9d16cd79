"""The changelog names everything that there is, and speaks of nothing that there is not."""

from __future__ import annotations

import re

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._lifecycle.io.status import MADE_BY

from contract.test_completeness import MODULES, PLAYBOOKS, ROLES, load
from support.servers import ROOT


def test_the_changelog_knows_this_version():
    version = load(ROOT / "galaxy.yml")["version"]
    assert version in load(ROOT / "changelogs/changelog.yaml")["releases"]


def test_the_index_of_incidents_is_of_this_version():
    """Else one that an earlier version has written would count after an upgrade."""
    assert load(ROOT / "galaxy.yml")["version"] == MADE_BY


@pytest.mark.parametrize(
    ("names", "place"),
    [
        (MODULES, ("modules",)),
        (ROLES, ("objects", "role")),
        ([path.stem for path in PLAYBOOKS], ("objects", "playbook")),
        (sorted(path.stem for path in (ROOT / "plugins/callback").glob("*.py")), ("plugins", "callback")),
        (sorted(path.stem for path in (ROOT / "plugins/filter").glob("*.py")), ("plugins", "filter")),
    ],
    ids=["modules", "roles", "playbooks", "callbacks", "filters"],
)
def test_the_changelog_names_everything(names, place):
    releases = load(ROOT / "changelogs/changelog.yaml")["releases"].values()
    named = named_in(releases, place)
    former = [
        name for name in named if name not in names
    ]  # of earlier versions: what to use now is in the upgrade notes
    assert sorted(set(named) - set(former)) == names
    assert len(named) == len(set(named))
    upgrade = (ROOT / "docs/upgrading.md").read_text()
    assert [name for name in former if f"`{name}`" not in upgrade] == []
    rendered = (ROOT / "CHANGELOG.md").read_text().replace("\\", "")
    assert [name for name in names if f"* {name} - " not in rendered] == []


def test_a_module_is_documented_as_new_in_the_version_that_brought_it():
    releases = load(ROOT / "changelogs/changelog.yaml")["releases"]
    brought = {module["name"]: version for version, release in releases.items() for module in release["modules"]}
    wrong = {}
    for name in MODULES:
        text = (ROOT / f"plugins/modules/{name}.py").read_text()
        stated = re.search(r"^version_added: (\S+)", text, re.M).group(1)
        if stated != brought[name]:
            wrong[name] = brought[name]
    assert wrong == {}


def named_in(releases, place):
    """The names of all releases under such keys."""
    found = []
    for release in releases:
        part = release
        for key in place:
            part = part.get(key) or {}
        found += [named["name"] for named in part]
    return found


def test_what_the_changelog_lacks_is_found():
    assert named_in([{"objects": {"role": [{"name": "triage"}]}}, {"modules": []}], ("objects", "role")) == ["triage"]
    assert named_in([{}], ("modules",)) == []


SECTIONS = {"major_changes", "minor_changes", "breaking_changes", "bugfixes", "security_fixes", "known_issues"} | {
    "deprecated_features", "removed_features", "trivial", "release_summary",
}  # fmt: skip
KNOWN = {*MODULES, *ROLES, *(path.stem for path in PLAYBOOKS), "summary", "mitigation_events"}
FORMER = {"breaking_changes", "removed_features", "deprecated_features"}  # they speak of what was


def stale_names(fragment):
    """Sections that antsibull-changelog does not know, and entries about what does not exist."""
    found = [section for section in fragment if section not in SECTIONS]
    for section, entries in fragment.items():
        for text in [] if section in FORMER or isinstance(entries, str) else entries:
            about = re.match(r"([a-z][a-z_]*(?:, (?:and )?[a-z][a-z_]*)*) - ", text)
            names = re.split(r", (?:and )?", about.group(1)) if about else []
            found += [name for name in names if name not in KNOWN]
    return found


@pytest.mark.parametrize("path", sorted(ROOT.glob("changelogs/fragments/*.yml")), ids=lambda path: path.stem)
def test_a_change_is_of_something_that_exists(path):
    assert stale_names(load(path)) == []


def test_a_change_of_something_unknown_is_found():
    assert stale_names({"bugfixes": ["verdict - counts."], "bugs": []}) == ["bugs", "verdict"]
    assert stale_names({"bugfixes": ["gate, offenders - both."], "breaking_changes": ["verdict - gone."]}) == [
        "offenders"
    ]
