"""What answers mean, and what many attempts say together."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._endpoints.endpoint import (
    Attempt,
    Meaning,
    Step,
    redirected,
    row_of,
    target_of,
)

CHARGES = {"name": "stripe", "url": "https://api.stripe.com/v1/charges", "judge": "stripe"}


def target(**more):
    found, why = target_of({"name": "it", "url": "http://web/", **more})
    assert not why
    return found


def attempts(states):
    return [
        Attempt((Step("dns", True, 1.0), Step("tcp", state == "up", 1.0)), Meaning(state, "why")) for state in states
    ]


@pytest.mark.parametrize(
    ("states", "state", "layer"),
    [("up up up", "up", ""), ("down down down", "down", "tcp"), ("up down up", "flapping", "tcp"),
     ("up degraded", "degraded", "tcp")],
)  # fmt: skip
def test_flapping_is_told_apart_from_down(states, state, layer):
    row = row_of("host", target(), attempts(states.split()))
    assert (row["state"], row["layer"]) == (state, layer)


@pytest.mark.parametrize(
    "given",
    [
        {"url": "ftp://web/"}, {"url": "http://user:secret@web/"}, {"url": "http://web:99999/"}, {"url": ""},
        {"url": "http://web/a b"}, {"kind": "redis"}, {"kind": "tcp", "host": "web"}, {"headers": {"A": "b\r\nC: d"}},
        {"method": "GET /"}, {"url": "http://web/?a=b&key=secret"}, {"url": "http://web/?access_token=secret"},
        {"url": "http://web/?%6bey=secret"}, {"url": "http://web/?api_key=secret"},
    ],
)  # fmt: skip
def test_a_target_that_cannot_be_tried_is_refused(given):
    found, why = target_of({"name": "it", "url": "http://web/", **given})
    assert found is None
    assert why.startswith("it: ")
    assert "secret" not in why.replace("hold no secret", "")


def test_a_parameter_that_is_no_secret_stays():
    assert target(url="http://web/a?keyword=x&limit=1&key=").path == "/a?keyword=x&limit=1&key="


@pytest.mark.parametrize(
    ("location", "onward"),
    [
        ("/login", ("web", 80, "/login", False, "k")),
        ("https://web/x?a=b", ("web", 443, "/x?a=b", True, "k")),
        ("http://other.example:8080/", ("other.example", 8080, "/", False, "")),
        ("//other.example/y", ("other.example", 80, "/y", False, "")),
        ("http://web:8080/", ("web", 8080, "/", False, "")),
        ("https://web:8443/", ("web", 8443, "/", True, "k")),
    ],
)
def test_where_a_redirect_leads_and_what_goes_along(location, onward):
    found, why = redirected(target(headers={"X": "y"}, key="k", redirects=2), location)
    assert not why
    assert found is not None
    assert (found.host, found.port, found.path, found.secure, found.key) == onward
    assert (bool(found.headers), found.redirects) == (bool(onward[4]), 1)


def test_no_key_goes_from_https_to_http():
    secure = target(url="https://web/", headers={"X": "y"}, key="k", redirects=2)
    plain, dummy = redirected(secure, "http://web:443/x")
    kept, dummy = redirected(secure, "/x")
    assert plain is not None
    assert kept is not None
    assert (plain.key, plain.headers, kept.key, kept.headers) == ("", {}, "k", {"X": "y"})


@pytest.mark.parametrize(
    ("method", "status", "onward"),
    [
        ("POST", 301, "GET"), ("POST", 302, "GET"), ("POST", 303, "GET"), ("POST", 307, "POST"), ("POST", 308, "POST"),
        ("PUT", 303, "GET"), ("PUT", 302, "PUT"), ("HEAD", 303, "HEAD"), ("GET", 307, "GET"),
    ],
)  # fmt: skip
def test_by_which_method_a_redirect_is_followed(method, status, onward):
    found, dummy = redirected(target(method=method, redirects=1), "/x", status)
    assert found is not None
    assert found.method == onward


@pytest.mark.parametrize(
    "location", ["ftp://web/", "https://web/?access_token=hunter2", "https://a:b@web/", "http://[/"]
)
def test_a_redirect_that_is_not_followed(location):
    found, why = redirected(target(redirects=1), location)
    assert (found, bool(why), "hunter2" in why) == (None, True, False)


def at(address, state, dead=(), layer="protocol"):
    steps = (Step("tcp", layer != "tcp", 1.0), Step("protocol", state == "up", 1.0))
    return Attempt(steps, Meaning(state, f"{state} there" * (state != "up")), address, tuple(dead), 2)


@pytest.mark.parametrize(
    ("tries", "state", "layer", "words", "addresses"),
    [
        pytest.param([at("10.0.0.1", "up"), at("10.0.0.2", "up")], "up", "", "", ["up", "up"], id="both"),
        pytest.param([at("10.0.0.1", "up"), at("10.0.0.2", "down"), at("10.0.0.1", "up")], "degraded", "protocol",
                     "1 of 2 addresses fail (10.0.0.2: down there)", ["up", "down"], id="one answers badly"),
        pytest.param([at("10.0.0.1", "up", [("fd00::1", "refused")])] * 2, "degraded", "tcp",
                     "1 of 2 addresses fail (fd00::1: refused)", ["down", "up"], id="one takes no connection"),
        pytest.param([at("10.0.0.1", "down"), at("10.0.0.2", "down")], "down", "protocol", "down there",
                     ["down", "down"], id="neither"),
        pytest.param([at("10.0.0.1", "up"), at("10.0.0.1", "down")], "flapping", "protocol",
                     "1 of 2 attempts failed: down there", ["flapping"], id="one that flaps"),
        pytest.param([Attempt((Step("tcp", True, 1.0),), Meaning("up"), "10.0.0.1", (), 1, (("fd00::1", "silent"),))],
                     "up", "", "", ["unknown", "up"], id="of one it is not known"),
        pytest.param([Attempt((Step("tcp", True, 1.0),), Meaning("down", "x"), "10.0.0.1", (), 1, (("fd00::1", "y"),))],
                     "down", "protocol", "x", ["unknown", "down"], id="the only one that is known is down"),
        pytest.param([at("10.0.0.1", "up"), at("10.0.0.2", "degraded")], "degraded", "protocol", "degraded there",
                     ["up", "degraded"], id="one is slow"),
    ],
)  # fmt: skip
def test_each_address_of_a_name_is_judged(tries, state, layer, words, addresses):
    row = row_of("host", target(), tries)
    assert (row["state"], row["layer"], row["why"]) == (state, layer, words)
    assert [each["state"] for each in row["addresses"]] == addresses


def answered(address, unasked="", unused=(), live=1):
    return Attempt((Step("tcp", True, 1.0),), Meaning("up", unasked=unasked), address, (), live, tuple(unused))


@pytest.mark.parametrize(
    ("tries", "unasked"),
    [
        ([answered("10.0.0.1"), answered("10.0.0.2")], ""),
        ([answered("10.0.0.1", "its page"), answered("10.0.0.2")], "its page"),
        ([answered("10.0.0.1", "its page"), answered("10.0.0.1")], ""),
        ([answered("10.0.0.1", "its page"), answered("10.0.0.2", "its page")], "its page"),
        ([answered("10.0.0.1", unused=[("fd00::1", "no answer")])], "fd00::1: no answer"),
        ([answered("10.0.0.1", live=3), answered("10.0.0.2", live=3)],
         "1 of 3 addresses took a connection and were not asked"),
        ([answered("10.0.0.1", live=2), answered("10.0.0.2", live=2), answered("10.0.0.1", live=2)], ""),
        ([answered("10.0.0.1", unused=[("fd00::1", "this place has no route for IPv6")])], ""),
    ],
)  # fmt: skip
def test_what_the_answers_of_all_addresses_do_not_show_is_said(tries, unasked):
    assert row_of("host", target(), tries)["unasked"] == unasked
