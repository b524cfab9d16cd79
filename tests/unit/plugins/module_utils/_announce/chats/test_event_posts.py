from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._announce.chats.event_posts import POSTS

from support.incident_events import event


@pytest.mark.parametrize(
    ("kind", "note", "template", "values"),
    [
        ("noted", {"text": "x"}, "note", {"text": "x", "done_at": ""}),
        ("noted", {"triage": "P1", "signs": [{"what": "a"}, "b"]}, "triage",
         {"triage": "P1", "signs": ["a", "b"], "next": ""}),
        ("noted", {}, "", {}),
        ("mitigated", {"mitigation": "m", "acted_on": [{"action": "end", "who": "web"}]}, "mitigated",
         {"mitigation": "m", "done": ["end web"]}),
        ("mitigated", {"mitigation": "m", "done": [str(each) for each in range(30)], "not_done": [{}, {}],
                       "stopped": "a limit"}, "mitigated",
         {"mitigation": "m", "done": ["0", "1", "2", "3", "4", "5", "6", "7", "and 22 more, in the incident log",
                                      "stopped before its end: a limit",
                                      "not done: 2 of the plan, for reasons that are in the log"]}),
        ("diagnosed", {"cause": "c", "lines": list("abcdefg")}, "diagnosed",
         {"cause": "c", "lines": [*"abcdef", "and 1 more, in the incident log"]}),
        ("update", {"text": "x", "audience": "public"}, "update", {"text": "x", "next_at": "", "outside": True}),
        ("update", {"text": "x"}, "update", {"text": "x", "next_at": "", "outside": False}),
        ("role", {"role": "incident_commander", "person": "ada", "action": "taken"}, "role",
         {"role": "incident commander", "person": "ada", "action": "taken", "lines": []}),
    ],
)  # fmt: skip
def test_what_is_said_of_an_event(kind, note, template, values):
    assert POSTS[kind](event(kind, 1, seq=2, **note)) == (template, values)
