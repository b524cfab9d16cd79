"""Pages that keep robots from a site, in the forms in which they are sent; pages that only speak of them are none."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._endpoints.answerer import HttpAnswer, answerer_of
from ansible_collections.pafar.runbook.plugins.module_utils._endpoints.marks.firewall_marks import FIREWALLS
from ansible_collections.pafar.runbook.plugins.module_utils._endpoints.marks.mark import CHALLENGE, WRONG_HOST

HTML = {"content-type": "text/html; charset=UTF-8"}
ANUBIS = """<!doctype html><html lang="en"><head><title>Making sure you&#39;re not a bot!</title>
<link rel="stylesheet" href="/.within.website/x/xess/xess.css?cachebuster=v1.21.3">
<script id="anubis_version" type="application/json">"v1.21.3"</script></head><body><h1>Making sure</h1></body></html>"""


def kind(status: int, body: str, headers: dict[str, str] | None = None) -> str:
    who = answerer_of(HttpAnswer(status, headers or HTML, body))
    return who.kind if who else ""


def test_each_is_of_a_firewall_or_of_a_host_that_it_does_not_serve():
    assert {each.kind for each in FIREWALLS} == {CHALLENGE, WRONG_HOST}
    assert all(each.by for each in FIREWALLS)


@pytest.mark.parametrize(
    ("statuses", "body"),
    [
        pytest.param((200, 401, 403), ANUBIS, id="Anubis"),
        pytest.param(
            (200,), "<html><script src=/.within.website/x/cmd/anubis/static/js/main.mjs></script>", id="a newer one"
        ),
        pytest.param((200, 428), '<html><div id="sec-if-cpt-container" class="x"></div><p>Powered', id="Akamai"),
        pytest.param((428,), '{"sec-cp-challenge": "true", "provider": "crypto"}', id="Akamai, as JSON"),
        pytest.param((200, 403), "<html><title>Pardon Our Interruption</title><h1>Pardon", id="Imperva"),
        pytest.param((403, 503), "<html><script src=/.well-known/ddos-guard/js-challenge/index.js>", id="DDoS-Guard"),
        pytest.param((403,), '<html><title>Denied</title><div id="px-captcha"></div>', id="HUMAN"),
        pytest.param((403,), '{"appId":"PX1","blockScript":"/x/captcha/captcha.js"}', id="HUMAN, as JSON"),
        pytest.param((429,), "<html><script>window.KPSDK={};</script>", id="Kasada"),
        pytest.param((403,), "<html><h1>Please verify you are a human</h1>", id="its words"),
        pytest.param((429,), "<html><p>Verify that you\u2019re human", id="its words, shorter"),
    ],
)
def test_a_challenge_is_recognised(statuses, body):
    for status in statuses:
        assert kind(status, body) == "challenge"


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, "<html><title>Anubis, god of the dead</title><h1>Anubis</h1><div id=anubis-statue>"),
        (200, "<html><title>How Anubis makes sure you are not a bot</title><code>.within.website</code>"),
        (200, "<html><title>Beg your pardon</title><h1>Pardon our interruption</h1>"),
        (200, '<html><script>window._pxAppId="PX1"</script><div id="px-captcha-help"></div><h1>Trips</h1>'),
        (200, "<html><script>window.KPSDK={};</script><h1>Trips</h1>"),
        (200, "<html><h1>How do you verify you are a human?</h1>"),
        (403, "<html><h1>Forbidden</h1><p>Ask a human.</p>"),
    ],
)
def test_a_page_that_only_speaks_of_it_is_none(status, body):
    assert kind(status, body) == "page"


@pytest.mark.parametrize(
    "body", ["<title>pardon " * 3000, "id=" * 9000, '"blockScript": "' * 2000, "/.within.website/" * 1500]
)
def test_a_hostile_page_costs_little(body):
    assert kind(403, f"<html>{body}") in ("page", "")
