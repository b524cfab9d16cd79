from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._postmortem.page.document import (
    Bullets,
    Definitions,
    Document,
    Paragraph,
    Passage,
    Prompt,
    Row,
    Said,
    Section,
    Table,
    said,
)
from ansible_collections.pafar.runbook.plugins.module_utils._postmortem.page.to_html import to_html

from support.citations import Page


def page(*blocks, warning=""):
    return to_html(Document("Title <1>", warning, [Said("Status", (2,))], [Section("s", "Part & more", blocks)]))


def test_a_citation_links_to_the_row_of_its_event():
    text = page(Paragraph((said("9 waiters", 2, 7),)), Table("all", ("what",), (Row((said("x"),), 2),)))
    assert (
        '<span data-cites="2 7"><span>9 waiters</span> <small class="cite"><a href="#e2">#2</a> #7</small></span>'
        in text
    )
    assert '<tr id="e2"><th scope="row"><a href="#e2">#2</a></th><td>x</td></tr>' in text
    assert '<th scope="col">event</th><th scope="col">what</th>' in text


def test_a_table_without_events_cites_in_each_cell():
    assert '<td data-cites="3"><span>93</span>' in page(Table("t", ("n",), (Row((said("93", 3),)),)))


def test_the_warning_comes_before_everything():
    assert page(warning="does not verify").index("does not verify") < page(warning="does not verify").index("<h1>")
    assert 'role="alert"' not in page()


def test_each_block_is_there():
    text = page(Bullets((said("a", 1),)), Prompt("Why?"), Definitions((("n", "number <of>"),)))
    assert '<li data-cites="1">' in text
    assert '<p class="prompt">Why?</p>' in text
    assert "<dt>n</dt><dd>number &lt;of&gt;</dd>" in text
    assert "<h2>Part &amp; more</h2>" in text
    assert "<title>Title &lt;1&gt;</title>" in text


@pytest.mark.parametrize(
    "text",
    ["\nfirst line is empty", "  spaces  \t\n\n\n", "<script>alert(1)</script>", "]]></pre></figure>", "a\r\nb\rc",
     "\U0001f469\u200d\U0001f4bb", "\u202eturned", "&amp; &#60;", "'\"`"],
)  # fmt: skip
def test_a_passage_has_each_of_its_characters(text):
    read = Page(page(Passage(text, "ada", "2026", 5)))
    assert read.passages[5].removeprefix("\n") == text
    assert "script" not in {tag for tag, dummy in read.tags}


def test_what_html_cannot_hold_is_replaced():
    assert Page(page(Passage("a\x00b\ud800c", "ada", "", 5))).passages[5] == "\na\ufffdb\ufffdc"


def test_a_hidden_secret_is_said():
    assert "looks like a secret" in page(Passage("x", "ada", "", 5, True))
    assert "looks like a secret" not in page(Passage("x", "ada", "", 5))
