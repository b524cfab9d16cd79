"""The recorded configuration of a release as a compose file."""

from __future__ import annotations

from ansible_collections.pafar.runbook.plugins.module_utils._compose.acts.old_files import file_for
from ansible_collections.pafar.runbook.plugins.module_utils._compose.release import snapshot_of

from ..facts import NEW, OLD, container, project


def test_the_old_files_have_every_image_by_its_id():
    services = {"web": {"build": {"context": "."}, "depends_on": {"new": {}}}, "side": {"build": {"context": "."}}}
    running = project(container(image=OLD), container("side", image=NEW), services=services)
    was = snapshot_of(running, {}, {}, "")
    made = file_for(was, {})
    assert made["services"]["web"]["image"] == OLD
    assert made["services"]["side"]["image"] == NEW
    assert not any("build" in service for service in made["services"].values())
    assert made["services"]["web"]["depends_on"] == {}
