"""What the answer of an endpoint means, and whose fault it is."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._endpoints import meaning
from ansible_collections.pafar.runbook.plugins.module_utils._endpoints.answerer import HttpAnswer
from ansible_collections.pafar.runbook.plugins.module_utils._endpoints.endpoint import Meaning, Step, target_of


def target(**more):
    endpoint, why = target_of({"name": "it", "url": "http://web/", **more})
    assert not why
    return endpoint


def http(status, said="", key=False, matches=True, near=True, headers=None, **given):
    return meaning.of_http(target(**given), HttpAnswer(status, headers or {}, said), key, near, matches)


@pytest.mark.parametrize(
    ("status", "body", "key", "state", "fault_of"),
    [
        (401, "{}", False, "up", ""),
        (401, '{"error": {"message": "Invalid API Key provided: sk_live_***7dc"}}', True, "down", "key"),
        (200, '{"object": "list"}', True, "up", ""),
        (402, "{}", True, "up", ""),
        (429, "{}", True, "degraded", "ours"),
        (500, "{}", True, "down", "theirs"),
        (503, "<html>", True, "down", "theirs"),
        (403, '{"error": {"message": "The provided key lacks a permission"}}', True, "degraded", "key"),
        (403, "{}", False, "up", ""),
    ],
)
def test_what_stripe_means(status, body, key, state, fault_of):
    found = meaning.of_stripe(status, body, key)
    assert (found.state, found.fault_of) == (state, fault_of)


@pytest.mark.parametrize(
    ("status", "word", "state", "fault_of"),
    [
        (200, "OK", "up", ""),
        (200, "ZERO_RESULTS", "up", ""),
        (200, "REQUEST_DENIED", "down", "key"),
        (200, "OVER_QUERY_LIMIT", "down", "ours"),
        (429, "OVER_QUERY_LIMIT", "down", "ours"),
        (200, "UNKNOWN_ERROR", "down", "theirs"),
        (500, "", "down", "theirs"),
    ],
)
def test_what_maps_means_under_a_200(status, word, state, fault_of):
    found = meaning.of_maps(status, f'{{"status": "{word}"}}', True)
    assert (found.state, found.fault_of) == (state, fault_of)


@pytest.mark.parametrize(
    ("status", "word", "said", "key", "state", "fault_of"),
    [
        (403, "PERMISSION_DENIED", "This API is not enabled", True, "down", "key"),
        (403, "PERMISSION_DENIED", "Unregistered callers are not allowed", False, "up", ""),
        (400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.", True, "down", "key"),
        (400, "INVALID_ARGUMENT", "A field mask is required", True, "up", ""),
        (429, "RESOURCE_EXHAUSTED", "Quota exceeded", True, "down", "ours"),
        (503, "UNAVAILABLE", "Try again", True, "down", "theirs"),
        (500, "INTERNAL", "Internal error", True, "down", "theirs"),
    ],
)
def test_what_newer_services_of_google_mean(status, word, said, key, state, fault_of):
    body = json.dumps({"error": {"code": status, "message": said, "status": word}})
    found = meaning.of_maps(status, body, key)
    assert (found.state, found.fault_of) == (state, fault_of)


def test_maps_without_a_key_answers_by_denying():
    found = meaning.of_maps(200, '{"status": "REQUEST_DENIED", "error_message": "You must use an API key"}', False)
    assert (found.state, found.fault_of) == ("up", "")
    assert meaning.of_maps(200, '{"places": []}', True).state == "up", "newer services have no word where all is well"


@pytest.mark.parametrize("judge", ["stripe", "maps"])
def test_what_is_no_json_is_not_the_provider(judge):
    found = http(200, "<html>Please log in</html>", True, judge=judge)
    assert (found.state, found.fault_of) == ("down", "network")
    cut = '{"status": "OK", "data": [cut' if judge == "maps" else '{"object": "list", "data": [cut'
    assert http(200, cut, True, judge=judge).state == "up"
    assert http(200, "", True, judge=judge, method="HEAD").state == "up"


@pytest.mark.parametrize(
    ("facts", "state", "said"),
    [
        ({}, "up", ""),
        ({"days_left": 15, "expired": False}, "up", ""),
        ({"days_left": 3, "expired": False}, "degraded", "ends in 3 days"),
        ({"days_left": 1, "expired": False}, "degraded", "ends in 1 day"),
        ({"days_left": 0, "expired": False}, "degraded", "ends in less than a day"),
        ({"days_left": -1, "expired": True}, "degraded", "has ended less than a day ago"),
        ({"days_left": -2, "expired": True}, "degraded", "has ended 1 day ago"),
        ({"days_left": -3, "expired": True}, "degraded", "has ended 2 days ago"),
        ({"days_left": 3, "expired": False, "ends_first": "R1"}, "degraded", "the certificate of R1, which its chain"),
        ({"days_left": 90, "trusted": True, "chain": [1], "chain_problems": ["R1 is not sent"]}, "degraded", "R1 is"),
        ({"days_left": 90, "trusted": True, "chain": [], "chain_problems": ["not read"]}, "up", ""),
        ({"days_left": 90, "trusted": False, "chain": [1], "chain_problems": ["R1 is not sent"]}, "up", ""),
    ],
)
def test_what_the_end_of_a_certificate_means(facts, state, said):
    found = meaning.of_certificate(facts, target(), True)
    assert (found.state, said in found.why) == (state, True)


def test_a_certificate_must_be_for_the_names_that_are_expected():
    wanted = target(cert_names=["pafar.example", "shop.example"])
    facts: Any = {"days_left": 90, "expired": False, "names": ["*.example"]}
    assert meaning.of_certificate(facts, wanted, True) == Meaning("up")
    other: Any = {**facts, "names": ["pafar.example"]}
    found = meaning.of_certificate(other, wanted, True)
    assert (found.state, found.why) == ("degraded", "its certificate is not for shop.example")
    assert meaning.of_certificate({}, wanted, True) == Meaning("up"), "no TLS is spoken"


@pytest.mark.parametrize(
    ("kind", "near", "fault_of"),
    [("postgres", False, "ours"), ("redis", False, "ours"), ("tls", False, ""), ("tls", True, "ours")],
)
def test_a_handshake_is_the_fault_of_whose_address_it_is(kind, near, fault_of):
    step = Step("tls", False, 1.0, "it offers no TLS")
    assert meaning.of_failed(step, target(kind=kind, host="db", port=1, url=""), near).fault_of == fault_of


@pytest.mark.parametrize("said", ["it is self-signed (proxy)", "no TLS (WRONG_VERSION_NUMBER)", "not valid yet"])
@pytest.mark.parametrize("judge", ["stripe", "maps"])
def test_a_handshake_with_a_provider_may_fail_for_a_clock_or_a_proxy_of_ours(judge, said):
    step = Step("tls", False, 1.0, said)
    assert meaning.of_failed(step, target(judge=judge), False).fault_of == ""
    assert meaning.of_failed(step, target(judge="webhook"), False).fault_of == "ours"
    hangs = Step("protocol", False, 1.0, "it takes connections and does not answer")
    assert meaning.of_failed(hangs, target(judge=judge), False).fault_of == "theirs"


@pytest.mark.parametrize("status", [500, 502, 503])
def test_whose_address_it_is_decides_whose_fault_an_answer_is(status):
    assert http(status, near=True).fault_of == "ours"
    assert http(status, near=False).fault_of == "", "whose it is is not known"
    assert http(status, judge="stripe", near=False).fault_of == "theirs"
    assert http(status, judge="webhook", near=False).fault_of == "ours"


def test_who_answered_is_said_beside_a_status_that_is_not_expected():
    found = http(502, "<hr><center>nginx/1.25</center>")
    assert found.why == "it answers 502 (200 to 399 is expected): the proxy reaches no backend (a page of nginx)"
    page = {"content-type": "text/html"}
    assert http(500, "<html>oops</html>", headers=page).why == "it answers 500 (200 to 399 is expected)"


@pytest.mark.parametrize(
    ("body", "given", "state"),
    [
        ("<title>Welcome to nginx!</title>", {}, "down"),
        ("<html><h1>It works!</h1>", {}, "down"),
        ("<title>Welcome to nginx!</title>", {"body": "nginx"}, "up"),
        ("<title>Welcome to nginx!</title>", {"expect": [200]}, "down"),
        ("<title>Welcome to nginx!</title>", {"expect": [200], "body": "nginx"}, "up"),
        ("<title>Maintenance</title>", {}, "down"),
        ("<title>Maintenance</title>", {"expect": [200, 204]}, "down"),
        ("<title>Welcome to Pafar</title>", {}, "up"),
    ],
)
def test_a_default_page_is_not_the_site(body, given, state):
    assert http(200, body, **given).state == state


@pytest.mark.parametrize(
    ("status", "headers"), [(202, {"x-amzn-waf-action": "challenge"}), (200, {"cf-mitigated": "challenge"})]
)
def test_a_challenge_is_not_the_site_whatever_its_status(status, headers):
    for given in ({}, {"expect": [status]}):
        found = http(status, headers=headers, **given)
        assert (found.state, "a firewall before it" in found.why) == ("down", True)


@pytest.mark.parametrize(
    ("status", "body", "expect", "state"),
    [
        (503, "<!doctype html><title>Maintenance</title>", [503], "up"),
        (403, "<title>Just a moment...</title>", [200, 403], "up"),
        (503, '{"status": "DOWN"}', [503], "up"),
        (200, '{"status": "DOWN"}', [200, 503], "degraded"),
        (200, "<title>Just a moment...</title>", [200, 403], "down"),
    ],
)
def test_who_expects_a_refusal_expects_what_comes_with_it(status, body, expect, state):
    assert http(status, body, expect=expect).state == state


@pytest.mark.parametrize(
    ("status", "headers", "given", "state"),
    [
        (301, {"location": "http://web/"}, {}, "down"),
        (308, {"location": "http://WEB:80/"}, {}, "down"),
        (302, {"location": "/"}, {"method": "HEAD"}, "down"),
        (302, {"location": "?"}, {"url": "http://web/a"}, "down"),
        (302, {}, {}, "down"),
        (307, {"location": " "}, {}, "down"),
        (301, {"location": "http://web/"}, {"expect": [301]}, "up"),
        (302, {"location": "/", "set-cookie": "a=b"}, {}, "up"),
        (303, {"location": "/"}, {"method": "POST"}, "up"),
        (301, {"location": "https://web/"}, {}, "up"),
        (301, {"location": "http://web/en/"}, {}, "up"),
        (301, {"location": "http://web:8080/"}, {}, "up"),
        (302, {"location": "http://[web/"}, {}, "down"),
        (302, {"location": "https:///"}, {}, "down"),
        (302, {"location": "http://web:port/"}, {}, "down"),
        (302, {"location": "/login?token=a"}, {}, "up"),
        (302, {"location": "shop://open/5"}, {}, "up"),
        (304, {}, {}, "up"),
        (300, {}, {}, "up"),
    ],
)
def test_a_redirect_that_leads_nowhere_is_no_site(status, headers, given, state):
    assert http(status, headers=headers, **given).state == state


def test_what_a_proxy_of_the_network_answers_is_a_matter_of_the_network():
    found = http(503, headers={"server": "squid/5.7", "x-squid-error": "ERR_CONNECT_FAIL 111"})
    assert (found.state, found.fault_of, "X-Squid-Error" in found.why) == ("down", "network", True)
    assert http(407, headers={"proxy-authenticate": "Basic"}).fault_of == "network"
    assert http(503, headers={"server": "gunicorn", "via": "1.1 gate (squid/5.7)"}).fault_of == "ours"


def test_an_answer_that_is_not_whole_is_degraded():
    found = meaning.incomplete(200, "it was cut off after 5 of 9 bytes", target(), True)
    assert (found.state, "5 of 9" in found.why, found.fault_of) == ("degraded", True, "ours")


def test_http_by_status_and_by_what_it_says():
    assert http(302, headers={"location": "/en/"}).state == "up"
    assert http(401, expect=[401]).state == "up"
    assert http(200, expect=[401]).state == "down"
    assert http(200, "ok", body="ok").state == "up"
    assert http(200, "bad", body="ok", matches=False).state == "down"
    assert http(200, "long", body="ok", matches=None).state == "degraded"


@pytest.mark.parametrize(
    ("layer", "said", "facts", "given", "outcome"),
    [
        pytest.param(
            "dns", "no such name", {}, {},
            Meaning("down", "the name web could not be resolved: no such name", "network"), id="name",
        ),
        pytest.param("tcp", "refused", {}, {}, Meaning("down", "web:80: refused", "ours"), id="port closed"),
        pytest.param("tcp", "no answer in time", {}, {}, Meaning("down", "web:80: no answer in time", "network"),
                     id="port filtered"),
        pytest.param(
            "tls", "expired", {"expired": True}, {},
            Meaning("down", "no trustworthy connection: expired", "ours"), id="certificate expired",
        ),
        pytest.param("protocol", "no answer", {}, {}, Meaning("down", "no answer", "ours"), id="our service hangs"),
        pytest.param(
            "protocol", "no answer", {}, {"judge": "stripe"}, Meaning("down", "no answer", "theirs"),
            id="provider hangs",
        ),
    ],
)  # fmt: skip
def test_the_fault_of_a_layer_that_failed(layer, said, facts, given, outcome):
    assert meaning.of_failed(Step(layer, False, 1.0, said, facts), target(**given), True) == outcome


@pytest.mark.parametrize(
    ("seconds", "state", "outcome"),
    [
        (2.0, "up", Meaning("up")),
        (2.1, "up", Meaning("degraded", "it answered after 2.1 s, more than 2 s", "ours")),
        (9.0, "down", Meaning("down")),
    ],
)
def test_an_answer_over_the_limit_is_degraded(seconds, state, outcome):
    assert meaning.slower(Meaning(state), seconds, 2.0, "ours") == outcome


def test_a_secret_of_the_answer_is_hidden():
    body = json.dumps({"error": {"message": "Expired key: sk_live_4eC39HqLyjWDarjtT1zdp7dc"}})
    assert "sk_live" not in meaning.of_stripe(401, body, True).why


@pytest.mark.parametrize("body", ["[1]", "null", '{"error": "text"}', '{"error": null}', "{" * 50_000])
def test_an_error_of_another_form_than_documented_is_no_failure_of_the_probe(body):
    assert meaning.of_stripe(500, body, True).state == "down"
    assert meaning.of_maps(500, body, True).state == "down"


@pytest.mark.parametrize("status", [100, 302, 418])
def test_a_status_that_stripe_does_not_document(status):
    outcome = meaning.of_stripe(status, "", True)
    assert (outcome.state, outcome.fault_of) == ("degraded", "theirs")


@pytest.mark.parametrize(
    ("said", "given", "state"),
    [
        ('{"status": "DOWN", "components": {}}', {}, "degraded"),
        ('{"error": "database is down"}', {}, "degraded"),
        ('{"errors": [{"message": "x"}], "data": null}', {}, "degraded"),
        ('{"ok": false}', {}, "degraded"),
        ('{"health": "unhealthy"}', {"expect": [200]}, "degraded"),
        ('{"health": "unhealthy"}', {"body": "."}, "up"),
        ('{"status": "UP"}', {}, "up"),
        ('{"error": null, "errors": [], "ok": true}', {}, "up"),
        ('{"items": [{"status": "down"}]}', {}, "up"),
        ('{"status": "degraded"}', {}, "degraded"),
        ('{"database": "error", "cache": "ok"}', {}, "degraded"),
        ('{"checks": [{"name": "db", "status": "critical"}]}', {}, "degraded"),
        ('{"redis": {"status": "ok"}, "db": {"state": "DOWN"}}', {}, "degraded"),
        ('{"db": "unavailable: Database error"}', {}, "degraded"),
        ('{"status": "UP", "components": {"mail": {"status": "DOWN"}}}', {}, "up"),
        ('{"database": "errors", "services": ["down"]}', {}, "up"),
        ("Unhealthy", {}, "degraded"),
        ("Degraded\n", {}, "degraded"),
        ("Healthy", {}, "up"),
        ("the down payment", {}, "up"),
        ("<br /><b>Fatal error</b>: Uncaught PDOException", {}, "degraded"),
        ("<h1>Error establishing a database connection</h1>", {}, "degraded"),
        ("Unhealthy", {"expect": [200]}, "degraded"),
        ('{"status": "dow', {}, "up"),
        ('["down"]', {}, "up"),
        ('{"a":' * 3000, {}, "up"),
    ],
)
def test_what_calls_itself_down_is_not_up_by_its_status(said, given, state):
    assert http(200, said, **given).state == state


def test_a_secret_in_what_it_says_of_itself_is_hidden():
    found = http(200, '{"error": "password=Hunter2Secret is refused"}')
    assert (found.state, "Hunter2" in found.why) == ("degraded", False)


def test_a_login_page_that_answers_200_is_named():
    found = http(200, "<html><form><input type=password></form>", headers={"content-type": "text/html"})
    assert (found.state, "a login page answers" in found.why) == ("up", True)


@pytest.mark.parametrize("judge", ["stripe", "maps"])
@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, "<html>Log in</html>"),
        (204, ""),
        (302, ""),
        (400, "<html>Access denied by the proxy</html>"),
        (401, "<html>Log in</html>"),
        (403, "<html>Blocked: category Finance</html>"),
        (403, '{"message": "no Route matched with those values"}'),
        (404, "404 page not found"),
        (407, ""),
        (429, "too many"),
        (511, "<html>portal</html>"),
    ],
)
def test_what_answers_in_place_of_a_provider_is_neither_it_nor_our_key(judge, status, body):
    found = http(status, body, judge=judge)
    assert (found.state, found.fault_of) == ("down", "network")


@pytest.mark.parametrize(
    ("judge", "status", "body", "fault_of"),
    [
        ("stripe", 401, '{"error": {"message": "You did not provide an API key."}}', ""),
        ("stripe", 503, "<html>503</html>", "theirs"),
        ("stripe", 404, "", ""),
        ("maps", 403, "<html>Google: 403. That is an error.</html>", "theirs"),
        ("maps", 200, '{"status": "MAX_ELEMENTS_EXCEEDED"}', ""),
        ("maps", 503, "", "theirs"),
    ],
)
def test_what_a_provider_answers_itself_is_its(judge, status, body, fault_of):
    assert http(status, body, judge=judge).fault_of == fault_of
