"""The page for readers who do not see it, and printed: axe-core in a real browser, and the text of the PDF."""

from __future__ import annotations

import html
import itertools
import json
import re
from pathlib import Path

import pytest

from support.browser import BROWSER, NO_BROWSER, PDF_TEXT, axe, printed, shown
from support.citations import Page
from support.incidents import whole_incident, wrote
from support.measuring import measured
from support.modules import run_module

pytestmark = pytest.mark.skipif(BROWSER is None, reason=f"{NO_BROWSER}: accessibility and print are not checked")
RUN = """
<script src="axe.min.js"></script><script>
axe.run(document, {resultTypes: ["violations", "incomplete"]}).then(found => {
  const rows = kind => found[kind].map(each => [each.id, each.nodes.map(node => node.html)]);
  const said = {violations: rows("violations"), incomplete: rows("incomplete"), passes: found.passes.length};
  document.body.innerHTML = "<pre id=found></pre>";
  document.getElementById("found").textContent = JSON.stringify(said);
});
</script></body>"""


def pages(folder):
    """Both pages of an incident with everything that a page can have."""
    log = whole_incident(folder / "log")
    measured(log, 450)
    for number, section in enumerate(("summary", "lucky", "public", "weather")):
        wrote(log, 500 + number, section, "First line\n\n" + "a long word " * 40)
    result = run_module("incident_postmortem", log=str(log.folder), id=log.name, views=["internal", "public"])
    return {Path(path).stem: Path(path).read_text() for path in result["paths"] if path.endswith(".html")}


def checked(folder, text):
    """What axe-core finds. A copy of the page may run it: the page itself allows no script."""
    script = axe()
    if script is None:
        pytest.skip("NO AXE-CORE (npm): accessibility is not checked")
    (folder / "axe.min.js").write_bytes(script.read_bytes())
    copy = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", text).replace("</body>", RUN)
    (folder / "page.html").write_text(copy)
    dom, console = shown(f"file://{folder}/page.html", folder / "profile", "--virtual-time-budget=60000")
    found = re.search(r'<pre id="found">(.*?)</pre>', dom, re.S)
    assert found, (console, dom[:2000])
    return json.loads(html.unescape(found[1]))


def test_axe_core_finds_nothing(tmp_path):
    for text in pages(tmp_path).values():
        found = checked(tmp_path, text)
        assert found["violations"] == []
        # Of text in a chart it cannot know what is behind: it is #111 on white, as the unit tests of the charts hold.
        unknown = [node for name, nodes in found["incomplete"] if name == "color-contrast" for node in nodes]
        assert [node for node in unknown if not node.startswith("<text")] == []
        assert found["passes"] >= 15


def test_what_is_planted_is_found(tmp_path):
    """The check can fail."""
    planted = '<h2>Summary</h2><h5>x</h5><img src="x.png"><p style="color:#ccc">pale</p>'
    found = checked(tmp_path, pages(tmp_path)["postmortem"].replace("<h2>Summary</h2>", planted))
    assert {"heading-order", "image-alt", "color-contrast"} <= {row[0] for row in found["violations"]}


def test_headings_go_down_by_one_and_every_table_and_chart_has_a_name(tmp_path):
    for text in pages(tmp_path).values():
        tags = Page(text).tags
        levels = [int(tag[1]) for tag, dummy in tags if re.fullmatch(r"h[1-6]", tag)]
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
        names = [tag for tag, dummy in tags]
        assert names.count("table") == names.count("caption")
        assert all(attributes.get("aria-label") for tag, attributes in tags if tag == "svg")


@pytest.mark.skipif(PDF_TEXT is None, reason="NO PDFTOTEXT (poppler-utils): the print of the pages is not checked")
def test_printed_nothing_is_cut_and_no_sheet_is_empty(tmp_path):
    for name, text in pages(tmp_path).items():
        (tmp_path / "page.html").write_text(text)
        sheets = printed(f"file://{tmp_path}/page.html", tmp_path / "profile", tmp_path / f"{name}.pdf")
        assert all(len(sheet.strip()) > 40 for sheet in sheets), [len(sheet.strip()) for sheet in sheets]
        assert cut(text, sheets) == []


@pytest.mark.skipif(PDF_TEXT is None, reason="NO PDFTOTEXT (poppler-utils): the print of the pages is not checked")
def test_a_table_that_is_cut_is_found(tmp_path):
    """The check can fail."""
    text = pages(tmp_path)["postmortem"].replace("</style>", "table{width:300em!important;margin-left:200em}</style>")
    (tmp_path / "page.html").write_text(text)
    assert cut(text, printed(f"file://{tmp_path}/page.html", tmp_path / "profile", tmp_path / "x.pdf"))


def cut(text, sheets):
    """What the page says and no sheet has, but for what a pointer shows."""
    said = squeezed("".join(sheets))
    texts = Page(re.sub(r"<title>.*?</title>", "", text, flags=re.S)).texts
    return [data for data, dummy in texts if squeezed(data) and not in_print(data, said)]


def in_print(data, said):
    """Each word of it is on a sheet: a cell is broken over lines, between which other cells stand."""
    return all(squeezed(word)[:12] in said or squeezed(word)[:6] in said for word in data.split())


def squeezed(text):
    return re.sub(r"\s+", "", text)
