"""Which bind mounts may hold data of a release, and since when."""

from __future__ import annotations

from datetime import timedelta

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._compose.acts.kept_data import (
    Bound,
    bound_data,
    release_began,
    why_kept,
    why_other_data,
)
from ansible_collections.pafar.runbook.plugins.module_utils._compose.release import plan_rollback

from ..facts import NEW, NOW, OLD, container, project, volume
from ..test_release import taken


def bind(target, source="/srv/shop/x", writable=True):
    return {"Type": "bind", "Source": source, "Destination": target, "RW": writable}


@pytest.mark.parametrize(
    ("mount", "may_hold"),
    [
        pytest.param(bind("/app/uploads"), True, id="uploads"),
        pytest.param(bind("/config"), True, id="what may be configuration or data"),
        pytest.param(bind("/app/db.sqlite3", "/srv/shop/db.sqlite3"), True, id="one file"),
        pytest.param(bind("/etcetera"), True, id="a name that begins alike"),
        pytest.param(bind("/app/uploads", writable=False), False, id="read only"),
        pytest.param(bind("/etc/app/app.yml"), False, id="configuration"),
        pytest.param(bind("/var/run/docker.sock", "/var/run/docker.sock"), False, id="a socket"),
        pytest.param(bind("/docker.sock", "/run/docker.sock"), False, id="a socket, at another place"),
        pytest.param(bind("/var/log/app"), False, id="logs"),
        pytest.param(volume("data"), False, id="a volume, which is judged as one"),
    ],
)
def test_bind_mounts_that_may_hold_data(mount, may_hold):
    bound = bound_data(project(container(mounts=[mount])), "web")
    assert [place.target for place in bound] == ([mount["Destination"]] if may_hold else [])


def test_where_no_container_is_left_the_files_say_it():
    volumes = [
        {"type": "bind", "source": "/srv/shop/media", "target": "/app/media"},
        {"type": "bind", "source": "/srv/shop/conf", "target": "/app/conf", "read_only": True},
        {"type": "volume", "source": "data", "target": "/d"},
    ]
    assert bound_data(project(services={"web": {"volumes": volumes}}), "web") == [
        Bound("/srv/shop/media", "/app/media")
    ]


def test_a_release_writes_nothing_before_its_image_was_made():
    recorded = NOW.timestamp() - 3600
    built = NOW - timedelta(seconds=600)
    assert release_began(project(container(), made={NEW: built}), "web", OLD, recorded) == built.timestamp()
    assert release_began(project(container(), made={NEW: NOW - timedelta(days=9)}), "web", OLD, recorded) == recorded
    assert release_began(project(container()), "web", OLD, recorded) == recorded, "when it was made is not known"


@pytest.mark.parametrize(("written", "kept"), [(True, "was written to"), (None, "may hold data"), (False, "")])
def test_what_was_not_written_to_is_no_data_of_the_release(written, kept):
    why = why_kept({Bound("/srv/x", "/x"): False, Bound("/srv/y", "/y"): written})
    assert (kept in why) if kept else why == ""


def test_what_keeps_data_in_a_bind_mount_is_rolled_back_only_when_it_is_named():
    services: dict[str, dict[str, str]] = {"web": {}, "api": {}}
    was = taken(container(image=OLD), container("api", image=OLD), services=services)
    now = project(container(), container("api"), services=services)
    kept = {"api": "keeps data in /app/db"}
    plan = plan_rollback(now, was, [], present={OLD: True}, kept=kept)
    assert [step.service for step in plan.steps] == ["web"]
    assert [item.reason for item in plan.plan.excluded] == [
        "keeps data in /app/db; it is rolled back only when it is named"
    ]
    named = plan_rollback(now, was, ["api"], present={OLD: True}, kept=kept)
    assert [step.service for step in named.steps] == ["api"]


THERE = {"type": "volume", "source": "data", "target": "/d"}


@pytest.mark.parametrize(
    ("then", "now", "other"),
    [
        pytest.param([THERE], [], True, id="a volume that is not used any more"),
        pytest.param([{"type": "bind", "source": "/srv/a", "target": "/d"}], [THERE], True, id="another place"),
        pytest.param([THERE], [THERE], False, id="the same"),
        pytest.param([], [THERE], False, id="none then"),
        pytest.param([{**THERE, "read_only": True}], [], False, id="only read"),
        pytest.param([{"type": "bind", "source": "/srv/a", "target": "/etc/a"}], [], False, id="configuration"),
    ],
)
def test_an_old_configuration_with_other_data(then, now, other):
    assert bool(why_other_data({"volumes": then}, {"volumes": now})) is other
    assert why_other_data(None, {"volumes": now}) == why_other_data({"volumes": then}, None) == ""


def test_a_rollback_goes_back_to_no_data_of_then_unasked():
    was = taken(container(image=OLD), services={"web": {"volumes": [THERE]}})
    now = project(container(), services={"web": {}})
    plan = plan_rollback(now, was, [], present={OLD: True})
    assert (plan.steps, "data of that time" in plan.plan.excluded[0].reason) == ((), True)
    assert plan_rollback(now, was, ["web"], present={OLD: True}).steps
