"""What stands before each line of a text, as a container's name and syslog's beginning."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._core.redaction import redacted_lines
from ansible_collections.pafar.runbook.plugins.module_utils._core.secret.by_place.line_heads import split_heads

HEADS = [
    "web-1  | ",
    "shop_db_1 | ",
    "Nov 24 02:40:04 web shop[7]: ",
    "2026-11-24T02:40:04.123+00:00 web docker/web[7]: ",
]


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize(
    "lines",
    [
        ["kind: Secret", "data:", "  url: swordfish", "type: Opaque"],
        ["machine api.example.org", "  login bob", "  password swordfish"],
        [" user | password ", "------+----------", " bob  | swordfish"],
        ["<password>", "swordfish", "</password>"],
        ["db.password", "  too short [type=x, input_value='swordfish', input_type=str]"],
    ],
    ids=lambda lines: lines[0],
)
def test_a_secret_on_another_line_is_hidden_behind_a_head_too(head, lines):
    kept = redacted_lines([head + line for line in lines])
    assert not [line for line in kept if "swordfish" in line]
    assert len(kept) == len(lines)


@pytest.mark.parametrize("head", HEADS[2:])
def test_syslog_s_beginning_is_kept_and_the_rest_is_judged_alone(head):
    assert redacted_lines([f"{head}db_password: sword fish", head + "PASS: test_login"]) == [
        f"{head}db_password: (hidden)",
        head + "PASS: test_login",
    ]


@pytest.mark.parametrize(
    "lines",
    [
        ["web-1  | password:", "x"], [" user | password ", "bob-1 | x"], ["web | a"], ["Nov 24 02:40:04 a"],
        ["2026-11-24T02:40:04Z web app: x"], [], [""], ["x: y"],
    ],
)  # fmt: skip
def test_other_lines_have_no_head(lines):
    assert split_heads(lines) == ([""] * len(lines), lines, lines)
