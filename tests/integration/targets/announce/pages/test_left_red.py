"""A component that an incident left as it was, long after its end."""

from __future__ import annotations

import os
import time

import pytest

from ..test_many import RESOLVED, drain, shown_page, write


@pytest.mark.parametrize("kind", ["statuspage", "cachet"])
def test_a_component_that_was_left_red_is_named_until_it_agrees_however_long_ago_its_incident_ended(tmp_path, kind):
    """Unless a person has it in another state, or has an incident of their own on the page by now."""
    red, work, good = (4, 2, 1) if kind == "cachet" else ("major_outage", "under_maintenance", "operational")
    component = "1" if kind == "cachet" else "c1"
    for name in ("a", "b"):
        write(tmp_path, name, "P0", RESOLVED)
    with shown_page(tmp_path, kind, components={"web": component}) as (page, settings):
        for name in ("a", "b"):
            write(tmp_path, f"{name}2", "P0")
        drain(tmp_path, settings)
        for name in ("a", "b"):
            write(tmp_path, f"{name}2", "P0", RESOLVED)
        assert drain(tmp_path, settings)[1]["differences"] == []
        long_ago = time.time() - 400 * 86400
        for log in tmp_path.glob("*.jsonl"):
            os.utime(log, (long_ago, long_ago))
        assert drain(tmp_path, settings)[1]["lines"] == []
        page.components[component] = red
        for dummy in range(2):
            (found,) = drain(tmp_path, settings)[1]["differences"]
            assert found == f"b2: component {component} of the page is major_outage, not operational"
        page.components[component] = work  # set by no post of ours
        assert drain(tmp_path, settings)[1]["lines"] == []
        page.components[component] = red
        other = {**page.incidents[0], "id": page.incidents[0]["id"] + (1000 if kind == "cachet" else "x")}
        other.update({"latest_status": 2} if kind == "cachet" else {"status": "identified"})
        page.incidents.insert(0, other)
        assert drain(tmp_path, settings)[1]["lines"] == [], "it may be that of a person's incident"
        page.incidents.pop(0)
        write(tmp_path, "new", "P0")
        assert drain(tmp_path, settings)[1]["differences"] == [], "an incident of ours has it"
        write(tmp_path, "new", "P0", RESOLVED)
        assert drain(tmp_path, settings)[1]["differences"] == []
        assert page.components[component] == good


@pytest.mark.parametrize("kind", ["statuspage", "cachet"])
def test_it_is_not_named_while_an_open_incident_affects_it_or_the_settings_do_not_have_it(tmp_path, kind):
    """The first post of the open one waits for a person, who has set the component by hand."""
    red, component = (4, "1") if kind == "cachet" else ("major_outage", "c1")
    write(tmp_path, "old", "P0")
    with shown_page(tmp_path, kind, components={"web": component}) as (page, settings):
        write(tmp_path, "old", "P0", RESOLVED)
        drain(tmp_path, settings)
        long_ago = time.time() - 300 * 86400
        os.utime(tmp_path / "old.jsonl", (long_ago, long_ago))
        page.components[component] = red
        named = f"old: component {component} of the page is major_outage, not operational"
        assert drain(tmp_path, settings)[1]["differences"] == [named]
        waits = {"page": {**settings["page"], "first_post": "ask"}}
        write(tmp_path, "new", "P0")
        assert drain(tmp_path, waits)[1]["differences"] == []
        others = {"page": {**waits["page"], "affects": {"disk_space": []}}}
        assert drain(tmp_path, others)[1]["differences"] == [named], "of another component"
        gone = {"page": {**others["page"], "components": {"web": "2" if kind == "cachet" else "c2"}}}
        assert drain(tmp_path, gone)[1]["differences"] == []
