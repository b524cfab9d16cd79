"""Names, paths and headers with letters beyond ASCII are sent as browsers send them."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._endpoints.addressing import ascii_host
from ansible_collections.pafar.runbook.plugins.module_utils._endpoints.endpoint import redirected, target_of


@pytest.mark.parametrize(
    ("host", "sent"),
    [
        ("b\u00fccher.example", "xn--bcher-kva.example"),
        ("B\u00dcCHER.example", "xn--bcher-kva.example"),
        ("\u043f\u0440\u0438\u043c\u0435\u0440.\u0440\u0444", "xn--e1afmkfd.xn--p1ai"),
        ("\u65e5\u672c\u3002example", "xn--wgv71a.example"),
        ("fa\u00df.example", "xn--fa-hia.example"),
        ("db", "db"),
        ("shop_db-1.corp", "shop_db-1.corp"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("fe80::1", "fe80::1"),
    ],
)
def test_a_name_as_it_is_asked_for(host, sent):
    assert ascii_host(host) == sent


@pytest.mark.parametrize("kind", ["host", "server_name", "cert_names"])
def test_every_name_of_a_target_is_in_that_form(kind):
    named = "b\u00fccher.example"
    given = {"name": "it", "kind": "tls", "host": "web", kind: [named] if kind == "cert_names" else named}
    target, why = target_of(given)
    assert not why
    assert "xn--bcher-kva.example" in (target.host, target.server_name, *target.cert_names)


@pytest.mark.parametrize(
    "given",
    [
        {"url": "http://" + "\u00fc" * 70 + ".example/"},
        {"kind": "tcp", "host": "\u00fc" * 70, "port": 80},
        {"url": "http://web/", "headers": {"X": "\u043f"}},
        {"url": "http://web/", "headers": {"\u00fc": "x"}},
    ],
)
def test_what_cannot_be_sent_is_refused_with_its_reason(given):
    target, why = target_of({"name": "it", **given})
    assert target is None
    assert "letters that" in why


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("http://web/caf\u00e9?q=\u043f", "/caf%C3%A9?q=%D0%BF"),
        ("http://web/caf%C3%A9?q=%20", "/caf%C3%A9?q=%20"),
        ("http://web/a(1);b=[2]", "/a(1);b=[2]"),
    ],
)
def test_a_path_is_sent_in_ascii(url, path):
    target, dummy = target_of({"name": "it", "url": url, "headers": {"X": "\u00fc"}})
    assert target is not None
    assert target.path == path


@pytest.mark.parametrize(
    ("location", "host", "path"),
    [
        ("/caf\u00c3\u00a9", "web", "/caf%C3%A9"),  # UTF-8, whose bytes are read as Latin-1
        ("/caf\u00e9", "web", "/caf%E9"),  # Latin-1
        ("/caf%C3%A9?a=b", "web", "/caf%C3%A9?a=b"),
        ("/a b?c=d e", "web", "/a%20b?c=d%20e"),
        ("https://b\u00c3\u00bccher.example/x", "xn--bcher-kva.example", "/x"),
        (" /x ", "web", "/x"),
    ],
)
def test_a_redirect_leads_where_a_browser_goes(location, host, path):
    target, dummy = target_of({"name": "it", "url": "http://web/", "redirects": 1})
    assert target is not None
    onward, why = redirected(target, location)
    assert onward is not None, why
    assert (onward.host, onward.path) == (host, path)
