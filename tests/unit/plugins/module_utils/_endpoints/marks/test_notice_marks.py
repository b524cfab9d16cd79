"""Pages of maintenance and of a server without a site: the notice is the whole of a title or a heading."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._endpoints.answerer import HttpAnswer, answerer_of
from ansible_collections.pafar.runbook.plugins.module_utils._endpoints.marks.mark import DEFAULT_PAGE, MAINTENANCE
from ansible_collections.pafar.runbook.plugins.module_utils._endpoints.marks.notice_marks import NOTICES


def kind(words: str, status: int = 200) -> str:
    page = f"<!doctype html><html><head><title>{words}</title></head><body><p>x</p></body></html>"
    who = answerer_of(HttpAnswer(status, {"content-type": "text/html"}, page))
    return who.kind if who else ""


def test_each_is_of_one_of_both():
    assert {each.kind for each in NOTICES} == {DEFAULT_PAGE, MAINTENANCE}


@pytest.mark.parametrize(
    "words",
    [
        "Site en maintenance",
        "Notre site est actuellement en maintenance",
        "Site en cours de maintenance | Pafar",
        "Maintenance en cours",
        "Sitio web en mantenimiento",
        "Nuestro sitio est\u00e1 en mantenimiento.",
        "En mantenimiento",
        "Site em manuten\u00e7\u00e3o",
        "Sito in manutenzione - Pafar",
    ],
)
def test_maintenance_in_other_languages(words):
    assert kind(words) == "maintenance"


@pytest.mark.parametrize(
    "words",
    [
        "Techniciens en maintenance",
        "Contrats de maintenance",
        "Maintenance en cours d'eau",
        "Mantenimiento de jardines",
        "Especialistas em manuten\u00e7\u00e3o",
        "Corso in manutenzione del verde",
        "Site en maintenance : que faire ?",
        "Portail de la maintenance",
    ],
)
def test_what_is_about_the_maintenance_of_something_is_none(words):
    assert kind(words) == "page"


@pytest.mark.parametrize(
    "words",
    [
        "HTTP Server Test Page powered by CentOS",
        "HTTP Server Test Page powered by: Rocky Linux",
        "Welcome to LiteSpeed Web Server!",
        "Welcome to WildFly",
        "GlassFish Server - Server Running",
        "IIS7",
        "Placeholder page",
        "Ruby on Rails 7.1",
        "Heroku | Welcome to your new app!",
        "shop.example - This website is for sale! - Resources",
        "shop.example domain name is for sale. Inquire now.",
        "Account Suspended",
        "This Account has been suspended.",
    ],
)
def test_pages_of_a_server_without_a_site(words):
    assert kind(words) == "default_page"


@pytest.mark.parametrize(
    "words",
    [
        "Welcome to your new application form",
        "Ruby on Rails developers wanted",
        "Placeholder pages in CSS",
        "IIS7 and its settings",
        "This website is for sale managers",
        "Why was my account suspended?",
        "Welcome to Wildfire",
    ],
)
def test_a_page_that_only_speaks_of_one_is_none(words):
    assert kind(words) == "page"


def test_a_notice_below_an_image():
    for words in ("Apache is functioning normally", "You've successfully started the Nginx Proxy Manager."):
        who = answerer_of(HttpAnswer(200, {"content-type": "text/html"}, f"<html><body><p>{words}</p></body></html>"))
        assert who is not None
        assert who.kind == "default_page"
