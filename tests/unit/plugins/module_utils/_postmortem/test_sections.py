from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._postmortem.page.document import (
    Bullets,
    Chart,
    Definitions,
    Passage,
    Prompt,
    Table,
)
from ansible_collections.pafar.runbook.plugins.module_utils._postmortem.postmortem import facts_of
from ansible_collections.pafar.runbook.plugins.module_utils._postmortem.sections import sections

from support.incidents import stamp
from support.timelines import event, lock_act, verification


def made(*events, **verified):
    return {section.name: section for section in sections(facts_of(events, verification(**verified)))}


def table(section, place=0):
    found = [block for block in section.blocks if isinstance(block, Table)][place]
    return [[(cell.text, cell.cites) for cell in row.cells] for row in found.rows]


def test_an_act_is_one_row_and_each_cell_cites_its_event():
    held = event(1, 0, "held", mitigation="unblock_sessions", plan={"digest": "d" * 64}, reasons=["over"])
    approved = event(2, 9, "approved", by="grace", digest="d" * 12)
    kept = event(3, 20, "evidence", file="x.json", sha256="a" * 64, bytes=7)
    found = made(held, approved, kept, *lock_act(4, 20, gate=["plan dddddddddddd is approved"]))
    assert table(found["done"]) == [[
        ("unblock_sessions on db1", (1,)), ("d" * 12, (1,)), ("plan dddddddddddd is approved", (4,)), ("grace", (2,)),
        ("x.json", (3,)), ("terminated pid 7", (5,)), ("recovered: 9 before, 0 after", (6,)), ("1.5 s", (6,)),
    ]]  # fmt: skip
    assert table(found["evidence"]) == [[("x.json", (3,)), ("7", (3,)), ("a" * 64, (3,))]]
    assert table(found["impact"]) == [[("unblock_sessions on db1", (6,)), ("9", (6,)), ("0", (6,))]]


@pytest.mark.parametrize(
    ("gate", "approver"),
    [
        (["plan dddddddddddd is approved"], ("ada", (1,))),
        (["2 of 2 approved target(s) are in the present plan"], ("ada", (1,))),
        (["1 planned, within the limit of 5"], ("no approval was required", ())),
    ],
)
def test_who_approved(gate, approver):
    assert table(made(*lock_act(1, 0, gate=gate))["done"])[0][3] == approver


def test_what_an_act_lacks_is_missing():
    (row,) = table(made(lock_act(1, 0)[0])["done"])
    assert [text for text, dummy in row] == [
        "unblock_sessions on db1", "d" * 12, "missing", "no approval was required", "missing",
        "its outcome is not known", "missing", "missing",
    ]  # fmt: skip


def test_a_question_stands_where_no_passage_does():
    found = made(event(1, 0, "opened"), event(2, 5, "written", section="lucky", text="low traffic"))
    assert [type(block) for block in found["lucky"].blocks] == [Passage]
    assert [type(block) for block in found["lessons"].blocks] == [Prompt]


def test_a_passage_of_an_unknown_section_has_its_own():
    found = made(
        event(1, 0, "written", section="weather", text="rain"), event(2, 0, "written", section="public", text="x")
    )
    assert [(found[name].title, found[name].blocks[0].text) for name in ("written-1", "written-2")] == [
        ("Written: public", "x"), ("Written: weather", "rain"),
    ]  # fmt: skip


def test_every_event_is_a_row_of_the_timeline_and_a_mark():
    events = [event(1, 0, "opened"), event(2, 5, "noted", text="x"), event(3, 9, "update", text="y")]
    found = made(*events)["timeline"]
    chart, rows = found.blocks
    assert isinstance(chart, Chart)
    assert [(mark.seq, mark.lane) for mark in chart.marks] == [(1, "noticed"), (2, "done"), (3, "said")]
    assert (chart.first.text, chart.first.cites) == ("2026-11-23 15:00:00 UTC", (1,))
    assert [row.seq for row in rows.rows] == [1, 2, 3]
    assert rows.rows[1].cells[3].text == "noted: x"


def test_two_clocks_are_shown():
    late = {**event(1, 0, "noted"), "logged": stamp(60)}
    assert "(the log's host: 2026-11-23 15:01:00 UTC)" in table(made(late)["timeline"])[0][0][0]


def test_facts_stand_beside_the_questions():
    handed = event(9, 99, "handed_over", message="engine hangs", task="Apply")
    found = made(event(1, 0, "diagnosed", cause="lock_queue"), *lock_act(2, 5, "unchanged"), *lock_act(5, 50), handed)
    well, badly = found["went_well"].blocks[0], found["went_badly"].blocks[0]
    assert isinstance(well, Bullets)
    assert [(item.text, item.cites) for item in well.items] == [("unblock_sessions on db1: recovered", (7,))]
    assert [item.cites for item in badly.items] == [(4,), (9,)]
    assert found["contributing_factors"].blocks[0].items[0].cites == (1,)


def test_action_items_communication_and_proposals():
    found = made(
        event(1, 0, "action_item", key="A1", text="alert", due="2026-12-01"),
        event(2, 1, "update", text="we look", audience="public"),
        event(3, 2, "noted", text="moved", done_at=stamp(0)),
    )
    assert [text for text, dummy in table(found["action_items"])[0]] == ["A1", "alert", "missing", "2026-12-01", "open"]
    assert table(found["communication"]) == [[("2026-11-23 15:00:01 UTC", (2,)), ("update: public, we look", (2,))]]
    assert found["proposals"].blocks[0].items[0].cites == (3,)


def test_of_a_message_the_communication_has_its_end():
    states = [(1, "a", "queued"), (2, "b", "queued"), (3, "a", "sending"), (4, "a", "sent"), (5, "b", "failed")]
    found = made(*(event(seq, seq, "message", key=key, state=state) for seq, key, state in states))
    rows = [(row[1][0], row[1][1]) for row in table(found["communication"])]
    assert rows == [("message: a, sent", (4,)), ("message: b, failed", (5,))]


def test_without_events_every_section_is_there_and_nothing_is_zero():
    found = made()
    assert [text for (dummy, (text, dummy2), *dummy3) in table(found["times"])] == ["missing"] * 7
    assert isinstance(found["definitions"].blocks[0], Definitions)
    assert list(found)[:4] == ["summary", "impact", "times", "timeline"]
