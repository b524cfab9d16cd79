from __future__ import annotations

from ansible_collections.pafar.runbook.plugins.module_utils._postmortem.measured.measured_blocks import (
    charts,
    definitions,
    impact_blocks,
    moments,
    numbers,
)
from ansible_collections.pafar.runbook.plugins.module_utils._postmortem.measured.measurement import measured_of
from ansible_collections.pafar.runbook.plugins.module_utils._postmortem.milestones import milestones
from ansible_collections.pafar.runbook.plugins.module_utils._postmortem.mitigations import mitigations
from ansible_collections.pafar.runbook.plugins.module_utils._postmortem.page.document import (
    Bullets,
    Paragraph,
    SeriesChart,
    Table,
)

from support.measuring import POINTS, measured_note
from support.timelines import event, lock_act


def of(**changed):
    return measured_of([event(9, 500, "measured", **measured_note(**changed))])


def cells(block):
    return [[cell.text for cell in row.cells] for row in block.rows]


def test_requests_budgets_and_business_cite_their_event():
    span, requests, budgets, business, missing = impact_blocks(of())
    assert span.parts[0].text == (
        "Counted from 2026-11-23 15:00:08 UTC until 2026-11-23 15:02:06 UTC, by what was counted. Source: Prometheus"
        " http://prometheus.example.org:9090/."
    )
    assert cells(requests) == [
        ["bookings", "2360", "417", "17.67 %", "655 (over 0.5 s)"],
        ["payments", "590", "missing", "missing", "missing"],
    ]
    assert cells(budgets) == [
        ["bookings: 99.9 % over 15 of 30 days", "8640 of 8640012", "417", "4.83 %", "1201", "13.9 %"]
    ]
    assert cells(business) == [["bookings that were paid", "181", "402"]]
    assert isinstance(missing, Bullets)
    assert {cell.cites for block in (requests, budgets, business) for row in block.rows for cell in row.cells} == {(9,)}


def test_without_a_measurement_the_requests_are_not_known():
    (block,) = impact_blocks(None)
    assert isinstance(block, Paragraph)
    assert "not known" in block.parts[0].text
    assert (charts(None, []), numbers(None)) == ([], [])


def test_a_measurement_of_nothing_has_no_empty_table():
    blocks = impact_blocks(of(requests=[], budgets=[], business=[], missing=[], estimated_by=""))
    assert [type(block) for block in blocks] == [Paragraph]


def test_charts_mark_what_lies_within_them():
    events = [
        event(1, 20, "opened"), event(2, 30, "held", mitigation="unblock_sessions", plan={"digest": "d" * 64}),
        *lock_act(3, 90), event(6, 9000, "alert", alertname="x"),
    ]  # fmt: skip
    marks = moments(milestones(events), mitigations(events))
    assert [(mark.word, mark.seq) for mark in marks] == [
        ("detected", 1), ("plan", 2), ("act", 3), ("recovery", 5),
    ]  # fmt: skip
    first, second = charts(of(), marks)
    assert isinstance(first, SeriesChart)
    assert [mark.word for mark in first.marks] == ["detected", "plan", "act", "recovery"]
    assert (first.title.text, second.title.text, second.number) == ("sessions that wait", "memory (MiB)", 2)
    assert charts(of(), [mark._replace(seconds=0.0) for mark in marks])[0].marks == ()


def test_the_numbers_of_a_chart_are_a_table():
    waiting, memory, more = numbers(of())
    assert isinstance(waiting, Table)
    assert (waiting.caption, waiting.head, len(waiting.rows)) == (
        "sessions that wait, UTC",
        ("when", "sessions"),
        POINTS,
    )
    assert cells(waiting)[8] == ["2026-11-23 15:02:00 UTC", "60.25"]
    assert cells(waiting)[11][1] == "none"
    assert len(memory.head) == 5
    assert more.parts[0].text == "2 further series of memory are not in the chart."


def test_the_words_are_defined():
    assert [name for name, dummy in definitions().items] == [
        "asked, failed, slow", "error budget", "impact, by what was counted",
    ]  # fmt: skip
