"""Lines that no version has written, in logs that are otherwise whole: every reader goes on, and says what is wrong."""

from __future__ import annotations

import contextlib
import json
import random
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._announce.io.announcing import Announcing
from ansible_collections.pafar.runbook.plugins.module_utils._announce.io.person_act import act_of_person
from ansible_collections.pafar.runbook.plugins.module_utils._announce.io.take import take_messages
from ansible_collections.pafar.runbook.plugins.module_utils._core.errors import RunbookError
from ansible_collections.pafar.runbook.plugins.module_utils._incident.io.history import history
from ansible_collections.pafar.runbook.plugins.module_utils._incident.io.joining import open_incident
from ansible_collections.pafar.runbook.plugins.module_utils._incident.io.verify import verify
from ansible_collections.pafar.runbook.plugins.module_utils._incident.kinds import KINDS
from ansible_collections.pafar.runbook.plugins.module_utils._incident.record import record
from ansible_collections.pafar.runbook.plugins.module_utils._lifecycle.acts import ACTS
from ansible_collections.pafar.runbook.plugins.module_utils._lifecycle.io.status import INDEX, incident_status
from ansible_collections.pafar.runbook.plugins.module_utils._lifecycle.options import ACT_ARGS
from ansible_collections.pafar.runbook.plugins.module_utils._postmortem.io.months import write_month
from ansible_collections.pafar.runbook.plugins.module_utils._postmortem.io.pages import write_postmortem
from ansible_collections.pafar.runbook.plugins.module_utils._postmortem.options import POSTMORTEM_ARGS, REPORT_ARGS

LOGS = 150
ODD: list[Any] = [None, True, -1, 1.5, "", "x", "P0", "2026-13-01", "\ud800", [], ["x"], [None], [{}], [{"target": 7}],
                  [{"target": "t"}], {}, {"actions": 1}, {"digest": [], "actions": []}, {"digest": "d"},
                  {"digest": "d", "actions": [{}], "alternatives": [1, {"digest": "e"}]},
                  {"reversible": True}]  # fmt: skip
CHANNELS = Announcing(
    {
        "slack": {"token": "x", "links": {"Board": "https://board.test"}},
        "page": {
            "kind": "statuspage",
            "token": "x",
            "scenarios": ["x", ""],
            "first_post": "act",
            "components": {"a": "c"},
        },
        "mail": {
            "host": "x",
            "sender": "a@x.org",
            "to": ["b@x.org"],
            "reviewers": ["c@x.org"],
            "approvers": ["d@x.org"],
            "vendors": {"x": {"name": "v", "address": "https://v.test"}},
        },
        "pager": {"kind": "pagerduty", "routing_key": "x"},
        "tracker": {"url": "http://x.test"},
    },
    {},
)
ADA = {"step": "primary", "person": "ada", "slack": "U1", "mail": "ada@x.org", "why": ""}
FIELDS = sorted({field for kind in KINDS.values() for field in kind.fields})


def given(spec: dict[str, Any], **options: Any) -> dict[str, Any]:
    """Options as a module has them: what is not given has its default."""
    return {**{name: option.get("default") for name, option in spec.items()}, **options}


def odd_line(chance: random.Random) -> str:
    kind = chance.choice([*KINDS, "of_a_later_version", 7, None])
    known = sorted(KINDS[kind].fields) if kind in KINDS else FIELDS
    names = chance.sample(known, min(len(known), 6)) + chance.sample(FIELDS, 3)
    event: dict[str, Any] = {
        "seq": 1, "at": "2026-11-23T03:00:00.000000Z", "kind": kind, "by": "ada", "host": "db1",
        "note": {name: chance.choice(ODD) for name in names},
    }  # fmt: skip
    for name in chance.sample(sorted(event), chance.randint(0, 2)):
        event[name] = chance.choice(ODD)
    return json.dumps(event)


def written(folder: Path, chance: random.Random) -> None:
    whole = [
        {"kind": "held", "note": {"plan": {"digest": "d", "actions": [{"target": "t"}]}, "reasons": ["x"]}},
        {"kind": "intended", "note": {"mitigation": "unblock_sessions", "actions": [{"target": "t"}]}},
    ]
    incident = {"log": str(folder), "id": "a", "host": "db1", "opening": {"hosts": ["db1"]}}
    record({**incident, "events": whole}, False)
    with (folder / "a.jsonl").open("a") as log:
        log.write("".join(odd_line(chance) + "\n" for dummy in range(chance.randint(1, 8))))
    record({**incident, "events": [{"kind": "noted", "note": {"text": "it goes on"}}]}, False)


@pytest.mark.parametrize("seed", range(LOGS))
def test_no_reader_fails_on_a_line_that_was_written_by_hand(tmp_path, seed):
    folder = tmp_path / "log"
    written(folder, random.Random(f"odd {seed}"))
    log = str(folder)
    assert history(log, "a", "db1")["lines"]
    assert history(log, "", "")["incidents"][0]["id"] == "a"
    assert open_incident(log, "", "x", ["db1"], 9e9)["problem"] == ""
    assert incident_status(log, "a")["unread"] == []
    assert incident_status(log, closed=True)["unread"] == []
    assert verify(log, "a", ())["incidents"]["a"]["head"]["seq"]
    queue = {"log": log, "ids": ["a"], "lease": 90.0, "settings": CHANNELS.public, "channels": None, "answerers": [ADA]}
    taken = take_messages(queue, True)
    assert (taken["lines"], len(CHANNELS.shown(taken, 1.0)["messages"]) > 1) == ([], True)
    for act in ACTS:
        options = given(
            ACT_ARGS, log=log, id="a", act=act, by="ada", reason="x", severity="P2", text="x",
            role="incident_commander", person="bob", item="team_assembled",
        )  # fmt: skip
        with contextlib.suppress(RunbookError):  # a refusal
            act_of_person(options, True)
    assert write_postmortem(given(POSTMORTEM_ARGS, log=log, id="a"), True)["lines"]
    assert write_month(given(REPORT_ARGS, log=log, month="2026-11"), True)["lines"]


def test_an_index_that_was_changed_by_hand_is_not_used(tmp_path):
    ended = [{"kind": "phase", "note": {"phase": "closed"}}]
    record({"log": str(tmp_path), "id": "a", "opening": {"hosts": ["db1"]}, "events": ended}, False)
    incident_status(str(tmp_path))
    assert incident_status(str(tmp_path))["cached"] == 1
    index = tmp_path / INDEX
    index.write_text(index.read_text().replace('"closed"', '"open"'))
    assert incident_status(str(tmp_path))["incidents"] == []
