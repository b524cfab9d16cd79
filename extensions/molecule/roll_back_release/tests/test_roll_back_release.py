"""What the role did, seen from outside: the images that run, and the record with its way forward."""

from __future__ import annotations

import json
import os
import sys

FOLDER = os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]


def test_the_service_runs_the_image_of_before_and_the_others_are_the_same_containers(host):
    asked = host.run("%s -m support.shop status %s", sys.executable, f"{FOLDER}/stage")
    assert asked.succeeded, asked.stderr
    found = json.loads(asked.stdout)
    before, now = ({name: rest for name, *rest in found[when]} for when in ("before", "now"))
    newer = {image for name, (dummy, image) in before.items() if "-web-" in name}
    others = {name: one for name, one in before.items() if "-web-" not in name}
    assert {name: one for name, one in now.items() if "-web-" not in name} == others
    images = {image for name, (dummy, image) in now.items() if "-web-" in name}
    assert images == {image for name, (dummy, image) in others.items() if "-front-" in name}
    assert not images & newer


def test_it_can_go_forward_again(host):
    log = host.file(f"{FOLDER}/incidents/molecule.jsonl")
    found = [json.loads(line) for line in log.content_string.splitlines()]
    assert [event["kind"] for event in found] == ["opened", "evidence", "intended", "mitigated", "verified"]
    assert found[3]["note"]["undo"]["module"] == "compose_rollback"
