"""What the rows of a matrix say together, and what an answer that is up does not show."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._endpoints.answerer import HttpAnswer
from ansible_collections.pafar.runbook.plugins.module_utils._endpoints.endpoint import target_of
from ansible_collections.pafar.runbook.plugins.module_utils._endpoints.meaning import of_http
from ansible_collections.pafar.runbook.plugins.module_utils._endpoints.reached import (
    is_connected,
    is_cut,
    is_handshake,
    is_no_name,
    is_refused,
    is_unsteady,
    lines_of,
    reached_report,
    unasked_of,
    unknown_of,
)

from support.reports import probed


def test_from_where_it_is_well_is_said_beside():
    rows = [probed(source, "it", state, "tcp", "why") for source, state in (("a", "down"), ("b", "down"), ("c", "up"))]
    assert lines_of(rows) == ["it is down from a, b (tcp): why; from c it is healthy"]


def test_what_is_unknown_is_no_fault():
    unknown = probed("host", "it", "unknown", "", "unknown there")
    assert lines_of([unknown]) == unknown_of([unknown]) == ["it is unknown from host: unknown there"]
    assert not reached_report([unknown])["healthy"]


def test_what_was_not_asked_is_said_once_for_each_target():
    rows = [{**probed(source, "db"), "unasked": "whether it takes writes"} for source in ("a", "b")]
    assert unasked_of([*rows, probed("a", "web")]) == ["db: whether it takes writes"]  # type: ignore[list-item]
    assert reached_report(rows)["healthy"]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("state", "layer", "why", "fits"),
    [
        ("down", "tcp", "no answer in time", [is_cut]),
        ("down", "tcp", "refused: nothing listens there", [is_cut, is_refused]),
        ("down", "dns", "name server 127.0.0.11: connection refused", [is_cut]),
        ("down", "dns", "it knows no such name (NXDOMAIN)", [is_cut, is_no_name]),
        ("down", "dns", "the name has no address", [is_cut, is_no_name]),
        ("down", "dns", "it failed (SERVFAIL)", [is_cut]),
        ("down", "protocol", "it answers 500", [is_connected]),
        ("flapping", "tcp", "1 of 3 attempts failed: refused", [is_unsteady, is_connected]),
        ("flapping", "dns", "1 of 3 attempts failed: NXDOMAIN", [is_unsteady, is_connected]),
        ("flapping", "protocol", "1 of 3 attempts failed: it answers 500", [is_connected]),
        ("degraded", "tcp", "1 of 2 addresses fail", [is_connected]),
        ("up", "", "", [is_connected]),
        ("unknown", "", "", []),
    ],
)
def test_what_a_row_shows_of_the_path(state, layer, why, fits):
    row = probed("host", "it", state, layer, why)
    assert [judge for judge in (is_cut, is_refused, is_no_name, is_unsteady, is_connected) if judge(row)] == fits


def http(status, said="", headers=None, **given):
    target, why = target_of({"name": "it", "url": "http://web/", **given})
    assert target is not None, why
    return of_http(target, HttpAnswer(status, headers or {}, said), False, True)


SHELL = '<!doctype html><title>Shop</title><script src="/a.js"></script><div id="root"></div>'


@pytest.mark.parametrize(
    ("status", "headers", "body", "unasked"),
    [
        (200, {}, SHELL, "its page shows nothing without its scripts, and what these load was not asked"),
        (200, {}, "<html><script>document.cookie='a=1';location.reload()</script></html>", "its page shows nothing"),
        (200, {}, "<html><head></head><body></body></html>", "its page shows nothing"),
        (
            200,
            {},
            '<html><meta http-equiv="refresh" content="0;url=http://gate/login?x=1"></html>',
            "leads to http://gate/login,",
        ),
        (202, {}, "<html><META HTTP-EQUIV=refresh CONTENT='0; /check'></html>", "leads to /check,"),
        (
            302,
            {"location": "http://portal.example/login?orig=x"},
            "",
            "portal.example, where it redirects to, was not asked",
        ),
        (302, {"location": "https://web/login"}, "", ""),
        (302, {"location": "/en/"}, "", ""),
        (200, {}, SHELL.replace("></div>", ">Welcome</div>"), ""),
        (200, {}, "<html><body><img src=a.png></body></html>", ""),
        (200, {}, "<form><input type=password></form><!doctype html>", ""),
        (200, {}, '{"status": "ok"}', ""),
        (200, {}, "", ""),
    ],
)
def test_what_an_answer_that_is_up_does_not_show(status, headers, body, unasked):
    found = http(status, body, headers={"content-type": "text/html", **headers} if body[:1] == "<" else headers)
    assert (found.state, unasked in found.unasked, bool(found.unasked)) == ("up", True, bool(unasked)), found


def test_what_a_body_must_be_is_all_that_is_asked():
    assert http(200, SHELL, body="root").unasked == ""
    assert http(302, headers={"location": "http://portal.example/"}, expect=[302]).unasked == ""


@pytest.mark.parametrize(
    ("judge", "layer", "state", "failed"),
    [
        ("stripe", "tls", "down", True),
        ("maps", "tls", "flapping", True),
        ("stripe", "tls", "degraded", False),
        ("stripe", "protocol", "down", False),
        ("webhook", "tls", "down", False),
        ("", "tls", "down", False),
    ],
)
def test_a_handshake_with_a_provider_that_fails(judge, layer, state, failed):
    assert is_handshake({**probed("a", "it", state, layer, "why"), "judge": judge}) is failed
