"""What the answer of an endpoint means, and whose fault it is."""

from __future__ import annotations

import json

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._endpoints import meaning
from ansible_collections.pafar.runbook.plugins.module_utils._endpoints.endpoint import Meaning, Step, target_of


def target(**more):
    endpoint, why = target_of({"name": "it", "url": "http://web/", **more})
    assert not why
    return endpoint


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
    found = meaning.of_http(target(judge=judge), 200, "<html>Please log in</html>", True)
    assert (found.state, found.fault_of) == ("down", "network")
    assert meaning.of_http(target(judge=judge), 200, '{"status": "OK", "data": [cut', True).state == "up"
    assert meaning.of_http(target(judge=judge, method="HEAD"), 200, "", True).state == "up"


@pytest.mark.parametrize(
    ("facts", "state", "said"),
    [
        ({}, "up", ""),
        ({"days_left": 15, "expired": False}, "up", ""),
        ({"days_left": 3, "expired": False}, "degraded", "ends in 3 days"),
        ({"days_left": -3, "expired": True}, "degraded", "has ended 3 days ago"),
    ],
)
def test_what_the_end_of_a_certificate_means(facts, state, said):
    found = meaning.of_certificate(facts, target())
    assert (found.state, said in found.why) == (state, True)


@pytest.mark.parametrize(("kind", "fault_of"), [("postgres", "ours"), ("redis", "ours"), ("tls", "theirs")])
def test_a_database_that_does_not_encrypt_is_ours(kind, fault_of):
    step = Step("tls", False, 1.0, "it offers no TLS")
    assert meaning.of_failed(step, target(kind=kind, host="db", port=1, url="")).fault_of == fault_of


@pytest.mark.parametrize(
    ("status", "state"),
    [(400, "up"), (401, "up"), (200, "degraded"), (404, "down"), (405, "down"), (301, "down"), (502, "down")],
)
def test_a_webhook_that_works_refuses_what_nobody_signed(status, state):
    assert meaning.of_webhook(status).state == state


@pytest.mark.parametrize(("status", "state"), [(405, "up"), (400, "up"), (200, "up"), (404, "down"), (502, "down")])
def test_a_webhook_asked_by_get_is_left_no_event(status, state):
    assert meaning.of_webhook(status, "GET").state == state


@pytest.mark.parametrize(
    ("kind", "sqlstate", "state"),
    [("R", "", "up"), ("E", "28P01", "up"), ("E", "28000", "up"), ("E", "53300", "down"), ("E", "57P03", "down"),
     ("E", "XX000", "degraded"), ("H", "", "down")],
)  # fmt: skip
def test_what_postgresql_means(kind, sqlstate, state):
    assert meaning.of_postgres(kind, sqlstate, "words").state == state


@pytest.mark.parametrize(
    ("said", "state"),
    [("+PONG", "up"), ("-NOAUTH Authentication required.", "up"), ("-LOADING Redis is loading", "degraded"),
     ("-MISCONF Redis is configured", "degraded"), ("HTTP/1.1 400 Bad Request", "down"), ("", "down")],
)  # fmt: skip
def test_what_redis_means(said, state):
    assert meaning.of_redis(said).state == state


def test_http_by_status_and_by_what_it_says():
    assert meaning.of_http(target(), 302, "", False).state == "up"
    assert meaning.of_http(target(expect=[401]), 401, "", False).state == "up"
    assert meaning.of_http(target(expect=[401]), 200, "", False).state == "down"
    assert meaning.of_http(target(body="ok"), 200, "ok", False, True).state == "up"
    assert meaning.of_http(target(body="ok"), 200, "bad", False, False).state == "down"
    assert meaning.of_http(target(body="ok"), 200, "long", False, None).state == "degraded"


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
    assert meaning.of_failed(Step(layer, False, 1.0, said, facts), target(**given)) == outcome


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
    assert "hunter2" not in meaning.of_postgres("E", "XX000", "failed: password=hunter2").why


@pytest.mark.parametrize("body", ["[1]", "null", '{"error": "text"}', '{"error": null}', "{" * 50_000])
def test_an_error_of_another_form_than_documented_is_no_failure_of_the_probe(body):
    assert meaning.of_stripe(500, body, True).state == "down"
    assert meaning.of_maps(500, body, True).state == "down"


@pytest.mark.parametrize("status", [100, 302, 418])
def test_a_status_that_stripe_does_not_document(status):
    outcome = meaning.of_stripe(status, "", True)
    assert (outcome.state, outcome.fault_of) == ("degraded", "theirs")
