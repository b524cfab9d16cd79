from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._announce.announce_lines import of_announced
from ansible_collections.pafar.runbook.plugins.module_utils._core.console import BAD, CARE, DIM


def row(state, reason="", channel="slack"):
    message = {"channel": channel, "key": "slack/note/7", "to": "incident", "title": "", "text": "moved it"}
    return {**message, "state": state, "reason": reason}


@pytest.mark.parametrize(
    ("result", "lines"),
    [
        ({"messages": [row("sent"), row("sent"), row("sent", channel="mail")], "differences": []},
         [(DIM, "sent: 2 to slack, 1 to mail")]),
        ({"messages": [row("in_doubt", "cut")], "differences": []},
         [(CARE, "not sent to slack yet: slack/note/7 (in doubt): cut")]),
        ({"messages": [row("planned")], "differences": ["the page says resolved"]},
         [(DIM, "would be sent to slack (incident): moved it"), (CARE, "the page says resolved")]),
        ({"messages": [row("failed", "slack_sdk is missing")] * 4 + [row("failed", "refused", "mail"), row("queued")],
          "differences": []},
         [(CARE, "not sent to slack yet: slack/note/7 and 3 more (failed): slack_sdk is missing"),
          (CARE, "not sent to mail yet: slack/note/7 (failed): refused"),
          (CARE, "not sent to slack yet: slack/note/7 (queued)")]),
        ({"messages": [row("planned", "pinned")], "differences": []},
         [(DIM, "would be sent to slack (incident; pinned): moved it")]),
        ({"messages": [{**row("planned", channel="mail"), "title": "[RESOLVED] Slow"}], "differences": []},
         [(DIM, "would be sent to mail (incident): [RESOLVED] Slow: moved it")]),
        ({"messages": [row("sent", "not pinned")], "differences": []},
         [(DIM, "sent: 1 to slack"), (CARE, "slack: slack/note/7: not pinned")]),
        ({"error": "InputError", "msg": "mail is wrong", "messages": [row("sent")], "differences": [],
          "left": ["mail is wrong"]}, [(DIM, "sent: 1 to slack"), (CARE, "mail is wrong")]),
        ({"error": "InputError", "msg": "no token"}, [(BAD, "nothing was sent: no token")]),
    ],
)  # fmt: skip
def test_what_went_out_is_one_line_and_what_did_not_is_named(result, lines):
    assert of_announced({"silences": [], "left": [], "heads": {}, **result}) == lines


def test_what_changed_in_alertmanager_is_said():
    result = {"messages": [], "differences": [], "silences": ["i: DiskFull is silenced"], "left": [], "heads": {}}
    assert of_announced(result) == [(DIM, "i: DiskFull is silenced")]


def test_the_head_of_each_log_that_was_written_is_said():
    heads = {"i": {"seq": 7, "hash": "ab12cd34ef56"}, "j": {"seq": 2, "hash": "0" * 12}}
    result = {"messages": [row("sent")], "differences": [], "silences": [], "left": [], "heads": heads}
    assert of_announced(result)[1:] == [(DIM, f"incident log: i (head 7:ab12cd34ef56), j (head 2:{'0' * 12})")]


def test_what_an_earlier_run_could_not_send_is_said_again():
    result = {
        "messages": [],
        "differences": [],
        "silences": [],
        "left": ["i: slack: slack/note/7 is refused: no token"],
        "heads": {},
    }
    assert of_announced(result) == [(CARE, "i: slack: slack/note/7 is refused: no token")]
