"""Whatever stands in a log that was changed, a page is made, and its first line says so."""

from __future__ import annotations

import json
import random

from ansible_collections.pafar.runbook.plugins.module_utils._postmortem.io.months import write_month
from ansible_collections.pafar.runbook.plugins.module_utils._postmortem.io.pages import write_postmortem

from support.citations import Page
from support.incidents import whole_incident, wrote
from support.scope import ALL, left_out

CHANGES = 400
VALUES = (
    None,
    True,
    0,
    -1,
    1e308,
    10**40,
    "",
    "x",
    "9999-99-99T99:99:99Z",
    "0001-01-01",
    [],
    [None],
    {},
    {"a": [1]},
    "\ud800",
)


def places(value, path=()):
    """Where a value can be replaced."""
    yield path
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, each in inside:
        yield from places(each, (*path, name))


def replaced(event, path, value):
    *before, last = path
    inner = event
    for name in before:
        inner = inner[name]
    inner[last] = value


def test_a_changed_log_gives_a_page(tmp_path):
    rng, log = random.Random(1), whole_incident(tmp_path)
    wrote(log, 500, "lucky", "a passage")
    wrote(log, 501, "impact_began", "2026-11-23T15:00:00Z")
    path = tmp_path / f"{log.name}.jsonl"
    lines = path.read_text().splitlines()
    options = {
        "log": str(tmp_path),
        "id": log.name,
        "views": ["internal", "public"],
        "public_words": {},
        "public_requests": {"bookings": "Requests"},
        "heads": [],
        "group": "",
    }
    changes = CHANGES if ALL else CHANGES // 10
    left_out("changes of a log", CHANGES - changes)
    for dummy in range(changes):
        changed = [*lines]
        number = rng.randrange(len(lines))
        event = json.loads(lines[number])
        for dummy2 in range(rng.randrange(1, 4)):
            where = [place for place in places(event) if place]
            replaced(event, rng.choice(where), rng.choice(VALUES))
        changed[number] = json.dumps(event)
        path.write_text("\n".join(changed) + "\n")
        done = write_postmortem(options, False)
        assert done["first_break"], event
        for file in done["paths"]:
            if file.endswith(".html"):
                with open(file, encoding="utf-8") as page:
                    Page(page.read())
        month = write_month({"log": str(tmp_path), "month": "2026-11", "group": ""}, True)
        assert month["lines"]
