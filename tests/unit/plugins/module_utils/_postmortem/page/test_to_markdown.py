from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._postmortem.page.document import (
    Bullets,
    Chart,
    Definitions,
    Document,
    Line,
    Passage,
    Prompt,
    Row,
    Section,
    SeriesChart,
    Table,
    said,
)
from ansible_collections.pafar.runbook.plugins.module_utils._postmortem.page.to_markdown import to_markdown


def page(*blocks, warning=""):
    return to_markdown(Document("Title_1", warning, [said("Status", 2)], [Section("s", "Part", blocks)]))


def test_the_page():
    text = page(
        Bullets((said("a | b", 1),)), Table("t", ("n",), (Row((said("93", 3),)),)), Prompt("Why?"),
        Definitions((("n", "number"),)), Chart("c", (), said(""), said("")),
        Table("all", ("what",), (Row((said("x"),), 2),)), warning="does not verify",
    )  # fmt: skip
    assert text.splitlines() == [
        "**does not verify**", "", "# Title\\_1", "", "- Status (#2)", "", "## Part", "", "- a \\| b (#1)", "",
        "**t**", "", "| n |", "| --- |", "| 93 (#3) |", "", "*To be written: Why?*", "", "- **n**: number", "",
        "**all**", "", "| event | what |", "| --- | --- |", "| #2 | x |",
    ]  # fmt: skip


def test_a_chart_is_named_with_where_it_and_its_numbers_are():
    line = Line("n", (1.0,))
    chart = SeriesChart(1, said("waiters (n)", 4), (0.0,), (line,), (), None, said("a"), said("b"))
    assert page(chart).splitlines()[-1] == (
        "- waiters (n) (#4): the chart is on the HTML page, and its numbers are at the end of this one."
    )


@pytest.mark.parametrize(
    "text", ["a\n  b\t", "~~~\nend", "x\n~~~~~~~ \ny", "<b>@all</b> ```", "\U0001f469\u200d\U0001f4bb"]
)
def test_a_passage_is_in_a_block_that_it_cannot_end(text):
    lines = page(Passage(text, "ada", "2026", 5)).split("\n")
    start = next(place for place, line in enumerate(lines) if line.endswith("~text"))
    fence = lines[start].removesuffix("text")
    inside = lines[start + 1 : lines.index(fence, start + 1)]
    assert "\n".join(inside) == text
    assert fence not in text
    assert "ada 2026 (#5)" in lines


@pytest.mark.parametrize("text", ["<script>", "[x](http://e)", "![x](y)", "@all", "**b**", "`c`", "| a |"])
def test_foreign_text_is_text(text):
    escaped = page(Bullets((said(text),))).splitlines()[-1]
    assert text not in escaped
