from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._announce.escape import TARGETS, escaped, in_csv, in_slack


@pytest.mark.parametrize(
    ("text", "slack"),
    [
        ("a < b & c", "a &lt; b &amp; c"),
        ("<!channel> <@U1> <#C1|x>", "&lt;!channel&gt; &lt;@ U1&gt; &lt;# C1|x&gt;"),
        ("@here `rm` http://x.test www.x.test", "@ here 'rm' http: //x.test www .x.test"),
        ("a\nb\x1b[2Jc\u202e", "a b [2Jc"),
    ],
)
def test_slack_makes_no_mention_link_or_code_of_it(text, slack):
    assert in_slack(text) == slack


@pytest.mark.parametrize("text", ["=cmd()", "+1", "-1", "@x", "\t=x"])
def test_a_cell_is_no_formula(text):
    assert in_csv(text).lstrip("'")[:1] == text.strip()[:1]
    assert in_csv(text).startswith("'") or not text.strip().startswith(("=", "+", "-", "@"))


def test_every_target_is_one_line_without_control_characters():
    for target in TARGETS:
        assert not set("\n\r\x1b\x00\u202e") & set(escaped("a\r\nBcc: x\x1b\x00\u202e", target))
        assert escaped(None, target) == ""
