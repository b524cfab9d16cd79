"""The recorded configuration of a release as a compose file."""

from __future__ import annotations

from dataclasses import replace

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


def test_what_is_not_rolled_back_is_in_the_file_as_it_is_now():
    """An `up` with that file, which the result names, would else take a database back to its old image, too."""
    then = {"web": {"environment": {"A": "1"}}, "db": {"environment": {"B": "1"}}, "gone": {}}
    was = snapshot_of(
        project(container(image=OLD), container("db", image=OLD), container("gone", image=OLD), services=then),
        {},
        {},
        "",
    )
    now = {"web": {"environment": {"A": "2"}}, "db": {"environment": {"B": "2"}, "networks": {"n": None}}, "new": {}}
    present = project(container(), container("db"), container("new"), services=now).model
    assert present is not None
    present = replace(present, shared={"networks": {"n": {"name": "shop_n"}}})
    made = file_for(was, {"web": NEW, "db": NEW, "new": NEW, "gone": OLD}, ["web"], present)
    assert {name: service["image"] for name, service in made["services"].items()} == {
        "web": OLD, "db": NEW, "gone": OLD, "new": NEW,
    }  # fmt: skip
    environments = {name: service.get("environment") for name, service in made["services"].items()}
    assert environments == {"web": {"A": "1"}, "db": {"B": "2"}, "gone": None, "new": None}
    assert made["networks"] == {"n": {"name": "shop_n"}}
    assert {service["image"] for service in file_for(was, {})["services"].values()} == {OLD}, "all, where none is named"
