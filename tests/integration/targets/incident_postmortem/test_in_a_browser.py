"""The page in a real browser: no message on its console, no request but the page itself, with hostile text too."""

from __future__ import annotations

import http.server
import threading
from pathlib import Path

import pytest

from support.browser import BROWSER, NO_BROWSER, shown
from support.incidents import whole_incident, wrote
from support.measuring import measured
from support.modules import run_module

pytestmark = pytest.mark.skipif(
    BROWSER is None, reason=f"{NO_BROWSER}: console messages and requests of the pages are not checked"
)


@pytest.fixture
def served(tmp_path):
    """A folder, its address, and the paths that were requested."""
    folder, requested = tmp_path / "served", []
    folder.mkdir()

    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *args, **options):
            super().__init__(*args, directory=str(folder), **options)

        def log_request(self, *dummy):
            requested.append(self.path)

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield folder, f"http://127.0.0.1:{server.server_port}", requested
    server.shutdown()
    server.server_close()


def page_of(tmp_path):
    log = whole_incident(tmp_path / "log")
    measured(log, 450)
    wrote(log, 500, "lucky", "<script>console.log('x')</script><img src=/x.png onerror=alert(1)>")
    result = run_module("incident_postmortem", log=str(log.folder), id=log.name)
    return next(Path(path).read_text() for path in result["paths"] if path.endswith(".html"))


def test_no_console_message_and_no_request(tmp_path, served):
    folder, address, requested = served
    (folder / "page.html").write_text(page_of(tmp_path))
    dom, console = shown(f"{address}/page.html", tmp_path / "profile")
    assert "Post-mortem of" in dom
    assert (console, requested) == ([], ["/page.html"])


def test_the_policy_stops_what_a_page_would_load_or_run(tmp_path, served):
    """The check can fail: what is planted is refused, and the refusals are on the console."""
    folder, address, requested = served
    planted = "<script>document.title='ran'</script><img src='/x.png'><main>"
    (folder / "page.html").write_text(page_of(tmp_path).replace("<main>", planted))
    dom, console = shown(f"{address}/page.html", tmp_path / "profile")
    assert "<title>ran" not in dom
    assert requested == ["/page.html"]
    assert len(console) >= 2
