# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether the tags of a run select the steps of a playbook of this collection, which have none of their own. Pure."""

from __future__ import annotations

from typing import Collection

_ALWAYS = "always"


def why_unselected(tags: Collection[str], skipped: Collection[str], own: Collection[str]) -> str:
    """What of the command line leaves out all steps; empty where they run. ``own``: the tags of the step that asks,
    which a site's playbook may have given to the playbook that it imports."""
    given = {tag for tag in own if tag != _ALWAYS}
    if not (given & {*tags} or _is_meant(tags, given)):
        return f"--tags {','.join(sorted(tags))}"
    if given & {*skipped} or _is_meant(skipped, given):
        return f"--skip-tags {','.join(sorted(skipped))}"
    return ""


def _is_meant(words: Collection[str], given: Collection[str]) -> bool:
    """By Ansible's words for steps with any tag, or with none."""
    return "all" in words or ("tagged" if given else "untagged") in words


def refusal(option: str) -> str:
    """One paragraph."""
    return (
        f"The steps of this playbook have no tags, so that {option} leaves out all of them. Nothing was done. Run it"
        " without that option (also ANSIBLE_RUN_TAGS and ANSIBLE_SKIP_TAGS); --check shows what it would do."
    )
