"""What answers mean, and what many attempts say together."""

from __future__ import annotations

import datetime
import json

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._endpoints import meaning
from ansible_collections.pafar.runbook.plugins.module_utils._endpoints.certificate import ends_at, issuer_of
from ansible_collections.pafar.runbook.plugins.module_utils._endpoints.endpoint import (
    Attempt,
    Meaning,
    Step,
    lines_of,
    row_of,
    target_of,
)
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

CHARGES = {"name": "stripe", "url": "https://api.stripe.com/v1/charges", "judge": "stripe"}


def target(**more):
    found, why = target_of({"name": "it", "url": "http://web/", **more})
    assert not why
    return found


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


def attempts(states):
    return [Attempt((Step("dns", True, 1.0), Step("tcp", one == "up", 1.0)), Meaning(one, "why")) for one in states]


@pytest.mark.parametrize(
    ("states", "state", "layer"),
    [("up up up", "up", ""), ("down down down", "down", "tcp"), ("up down up", "flapping", "tcp"),
     ("up degraded", "degraded", "tcp")],
)  # fmt: skip
def test_flapping_is_told_apart_from_down(states, state, layer):
    row = row_of("host", target(), attempts(states.split()))
    assert (row["state"], row["layer"]) == (state, layer)


def test_from_where_it_is_well_is_said_beside():
    rows = [
        row_of(source, target(), attempts([state])) for source, state in [("a", "down"), ("b", "down"), ("c", "up")]
    ]
    assert lines_of(rows) == ["it is down from a, b (tcp): why; from c it is healthy"]


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


@pytest.mark.parametrize("ends", [datetime.datetime(2020, 1, 2, 3, 4, 5), datetime.datetime(2055, 6, 7, 8, 9, 10)])
def test_when_a_certificate_ends(ends):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name(
        [x509.NameAttribute(NameOID.COUNTRY_NAME, "NG"), x509.NameAttribute(NameOID.COMMON_NAME, "Pafar CA")]
    )
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
    signed = made.not_valid_before(datetime.datetime(2019, 1, 1)).not_valid_after(ends).sign(key, hashes.SHA256())
    der = signed.public_bytes(serialization.Encoding.DER)
    assert ends_at(der) == ends.replace(tzinfo=datetime.UTC).timestamp()
    assert issuer_of(der) == "Pafar CA"
    assert ends_at(der[:100]) is None
    assert ends_at(b"") is None
