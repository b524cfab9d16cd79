"""A webhook is up where its view answered, whatever the status of what stands before it."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._endpoints.answerer import HttpAnswer
from ansible_collections.pafar.runbook.plugins.module_utils._endpoints.webhook import of_webhook

HTML = {"content-type": "text/html; charset=UTF-8"}
JSON = {"content-type": "application/json"}
SPRING = '{"timestamp":"2026-11-26T17:23:36Z","status":401,"error":"Unauthorized","path":"/stripe/webhook"}'
PAGE = "<!doctype html><h1>Pafar</h1>"


@pytest.mark.parametrize(
    ("status", "headers", "body", "by_get", "by_post"),
    [
        pytest.param(405, {"allow": "POST"}, "", "up", "down", id="the view refuses the method"),
        pytest.param(405, {"allow": "POST, OPTIONS", **HTML}, PAGE, "up", "down", id="a framework's page does"),
        pytest.param(405, HTML, PAGE, "unknown", "down", id="a page without the methods"),
        pytest.param(405, {"allow": "GET, HEAD"}, "", "down", "down", id="not for events"),
        pytest.param(405, HTML, "<hr><center>nginx</center>", "down", "down", id="nginx itself"),
        pytest.param(400, JSON, "{}", "up", "up", id="the view refuses the event"),
        pytest.param(400, HTML, "", "up", "up", id="with nothing to read"),
        pytest.param(401, {}, "bad signature", "up", "up", id="in plain words"),
        pytest.param(400, HTML, PAGE, "unknown", "unknown", id="some page refuses"),
        pytest.param(403, {"cf-mitigated": "challenge"}, "", "down", "down", id="a firewall"),
        pytest.param(401, {"www-authenticate": "Basic"}, "", "down", "down", id="a password"),
        pytest.param(503, {"x-squid-error": "ERR_DNS_FAIL 0"}, PAGE, "unknown", "unknown", id="a proxy of the network"),
        pytest.param(405, {"server": "squid/5.7"}, PAGE, "unknown", "unknown", id="it refuses the method"),
        pytest.param(511, HTML, PAGE, "unknown", "unknown", id="a portal of the network"),
        pytest.param(407, {"proxy-authenticate": "Basic"}, "", "unknown", "unknown", id="its login"),
        pytest.param(503, {"via": "1.1 gate (squid/5.7)"}, "", "down", "down", id="by way of a proxy"),
        pytest.param(403, HTML, "CSRF verification failed", "unknown", "down", id="a check against forged forms"),
        pytest.param(400, HTML, "<h1>Bad Request (400)</h1>", "down", "down", id="another host"),
        pytest.param(200, HTML, '<div id="app"></div>', "down", "down", id="a single-page application"),
        pytest.param(200, HTML, PAGE, "unknown", "down", id="any page"),
        pytest.param(200, JSON, "{}", "unknown", "degraded", id="no signature is asked for"),
        pytest.param(200, {}, "", "unknown", "degraded", id="an empty answer"),
        pytest.param(503, {**HTML, "retry-after": "60"}, "<html>soon</html>", "down", "down", id="maintenance"),
        pytest.param(302, {"location": "/login"}, "", "down", "down", id="a login"),
        pytest.param(404, JSON, "{}", "down", "down", id="no route"),
        pytest.param(502, HTML, "<hr><center>nginx</center>", "down", "down", id="no backend"),
        pytest.param(500, JSON, "{}", "down", "down", id="the view fails"),
        pytest.param(403, JSON, '{"detail": "Not authenticated"}', "down", "down", id="a login of the framework"),
        pytest.param(403, JSON, '{"message":"Missing Authentication Token"}', "down", "down", id="a gateway"),
        pytest.param(401, JSON, '{"error": "Invalid webhook signature"}', "up", "up", id="it names the signature"),
        pytest.param(403, {}, "HMAC mismatch", "up", "up", id="by another word for it"),
        pytest.param(422, JSON, '{"loc": ["header", "stripe-signature"]}', "up", "up", id="the view lacks a header"),
        pytest.param(403, JSON, '{"message": "Forbidden"}', "unknown", "unknown", id="of what is not said"),
        pytest.param(401, JSON, '{"detail": "Invalid token."}', "unknown", "unknown", id="a token of an API"),
        pytest.param(403, {}, "", "unknown", "unknown", id="a refusal without a word"),
        pytest.param(400, JSON, '{"error": "invalid_host"}', "unknown", "unknown", id="a router's own words"),
        pytest.param(415, JSON, '{"detail": "Unsupported media type"}', "unknown", "unknown", id="for its form"),
        pytest.param(403, {"server": "Sucuri/Cloudproxy"}, "", "unknown", "unknown", id="behind Sucuri"),
        pytest.param(403, {"server": "Sucuri/Cloudproxy"}, "<html>Sucuri Firewall", "down", "down", id="Sucuri"),
        pytest.param(404, HTML, "<html><pre>Cannot GET /webhooks/stripe</pre>", "unknown", "down", id="Express"),
        pytest.param(
            404, JSON, '{"message":"Cannot GET /webhooks/stripe","statusCode":404}', "unknown", "down", id="Nest"
        ),
        pytest.param(404, JSON, '{"message":"Route GET:/webhook not found"}', "unknown", "down", id="Fastify"),
        pytest.param(404, HTML, "<h1>No route matches [GET] &quot;/x&quot;</h1>", "unknown", "down", id="Rails"),
        pytest.param(
            404, HTML, "<h1>The page you were looking for doesn't exist.</h1>", "unknown", "down", id="its page"
        ),
        pytest.param(404, {}, "no route found for GET /x (Shop.Router)", "unknown", "down", id="Phoenix"),
        pytest.param(404, {}, "404 page not found", "unknown", "down", id="Gin"),
        pytest.param(404, {}, "404 page not found\n", "down", "down", id="Traefik"),
        pytest.param(404, {}, "Not Found", "unknown", "down", id="Koa"),
        pytest.param(404, JSON, '{"detail":"Not Found"}', "down", "down", id="a router that answers 405 for a method"),
        pytest.param(
            404, HTML, "<h1>Not Found</h1><p>The requested resource was not found", "down", "down", id="Django"
        ),
        pytest.param(500, {}, "Fastly error: unknown domain: x", "down", "down", id="Fastly"),
        pytest.param(200, HTML, "<title>Just a moment...</title>", "down", "down", id="a challenge by its title"),
        pytest.param(200, HTML, "<h1>Fedora Webserver Test Page</h1>", "down", "down", id="a default page"),
        pytest.param(401, JSON, SPRING, "unknown", "unknown", id="Spring's own, with a time and the path"),
        pytest.param(403, {}, "Forbidden: /stripe/webhook/", "unknown", "unknown", id="with the path alone"),
        pytest.param(401, JSON, '{"error": "You must be signed in"}', "unknown", "unknown", id="signed in"),
        pytest.param(400, JSON, '{"error": "the header X is missing"}', "unknown", "unknown", id="any header"),
        pytest.param(400, JSON, '{"error": "event is not signed"}', "up", "up", id="it is not signed"),
        # Words that Flask, Express, Django and PHP send as HTML are no page.
        pytest.param(400, HTML, "Webhook Error: No stripe-signature header value", "up", "up", id="words of Express"),
        pytest.param(400, HTML, "Invalid payload", "up", "up", id="words of Flask"),
        pytest.param(403, HTML, "Forbidden", "unknown", "unknown", id="words that say nothing"),
        pytest.param(200, HTML, "ok", "unknown", "degraded", id="it takes it, in words"),
        pytest.param(400, HTML, "<p>Invalid signature</p>", "unknown", "unknown", id="a tag makes a page"),
        pytest.param(401, JSON, '{"error":"event not authenticated"}', "unknown", "unknown", id="words of both"),
        pytest.param(
            401, JSON, '{"error":"Unauthenticated: bad signature"}', "unknown", "unknown", id="of a signature"
        ),
        pytest.param(401, JSON, '{"message":"Unauthenticated."}', "down", "down", id="of a login alone"),
        pytest.param(401, {"www-authenticate": "Bearer"}, "no signature", "down", "down", id="a login by its header"),
        # What a filter says of itself is of no event.
        pytest.param(405, JSON, '{"message":"blocked by the firewall"}', "unknown", "down", id="a filter answers 405"),
        pytest.param(405, {"allow": "POST"}, "blocked", "up", "down", id="with the method that it takes"),
        pytest.param(403, {}, "Request payload blocked by the WAF", "unknown", "unknown", id="what a filter looks at"),
        pytest.param(403, {}, "Blocked: attack signature 942100", "unknown", "unknown", id="of an attack"),
        pytest.param(403, JSON, '{"message":"denied by policy","event_id":"7f"}', "unknown", "unknown", id="its id"),
        pytest.param(403, {}, "Access denied. Event ID: 7f3a", "unknown", "unknown", id="its id in words"),
        pytest.param(400, JSON, '{"error":"unknown event type"}', "up", "up", id="the event's type"),
        pytest.param(403, {}, "<Error><Code>SignatureDoesNotMatch</Code>", "down", "down", id="an object storage"),
        pytest.param(404, HTML, "Action Not Found: For request 'GET /webhook'", "unknown", "down", id="Play"),
        pytest.param(404, {}, "Endpoint GET /webhook not found", "unknown", "down", id="Javalin"),
        pytest.param(404, {}, "404 Not Found", "unknown", "down", id="Hono"),
        pytest.param(404, {}, "no item budget/2 in the shop", "down", "down", id="a word that ends like a method"),
        pytest.param(429, JSON, "{}", "degraded", "degraded", id="a limit"),
    ],
)
def test_what_answers_for_a_webhook(status, headers, body, by_get, by_post):
    answer = HttpAnswer(status, headers, body)
    assert (of_webhook(answer, "GET").state, of_webhook(answer, "POST").state) == (by_get, by_post)


def test_a_request_that_only_reads_is_judged_as_a_get():
    for method in ("HEAD", "OPTIONS"):
        assert of_webhook(HttpAnswer(405, {"allow": "POST"}), method).state == "up"
        assert of_webhook(HttpAnswer(200, {}), method).state == "unknown"
    assert of_webhook(HttpAnswer(404, {}), "HEAD").state == "unknown", "it has no words"


def test_of_a_route_for_another_method_it_is_said_what_to_ask():
    why = of_webhook(HttpAnswer(404, HTML, "<pre>Cannot GET /x</pre>"), "GET").why
    assert "whether it has POST was not asked: set `method: POST`" in why


def test_it_is_said_who_answered():
    meaning = of_webhook(HttpAnswer(403, {"cf-mitigated": "challenge"}), "POST")
    assert meaning.why == "the view is not reached: a firewall before it refuses the request (cf-mitigated), 403"
    assert meaning.fault_of == "ours"
    assert "to the login /login (302)" in of_webhook(HttpAnswer(302, {"location": "/login?x=1"}), "POST").why


@pytest.mark.parametrize(
    ("status", "headers", "by_get", "by_post"),
    [
        (400, HTML, "unknown", "unknown"),
        (403, JSON, "unknown", "unknown"),
        (405, HTML, "unknown", "down"),
        (405, {"allow": "POST"}, "up", "down"),
        (404, HTML, "unknown", "down"),
        (403, {"cf-mitigated": "challenge"}, "down", "down"),
        (500, HTML, "down", "down"),
    ],
)
def test_a_body_that_cannot_be_read_is_no_empty_one(status, headers, by_get, by_post):
    answer = HttpAnswer(status, headers, "", unread="its body is packed as br, which is not read here")
    assert (of_webhook(answer, "GET").state, of_webhook(answer, "POST").state) == (by_get, by_post)
