"""What a page shows after a write is read from it, and not taken from its answer."""

from __future__ import annotations

import copy

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._announce.delivery import Delivered
from ansible_collections.pafar.runbook.plugins.module_utils._announce.io.render import Texts
from ansible_collections.pafar.runbook.plugins.module_utils._announce.pages.io.cachet import Cachet as CachetAdapter
from ansible_collections.pafar.runbook.plugins.module_utils._announce.pages.io.statuspage import (
    Statuspage as StatuspageAdapter,
)
from ansible_collections.pafar.runbook.plugins.module_utils._announce.settings import settings_of

from support.channels.pages import Cachet, Statuspage
from support.channels.server import Answer

from ..test_pages import post, thread

OF_CACHET = {"investigating": 1, "identified": 2, "monitoring": 3, "resolved": 4}


class KeepsItsState:
    """A page that takes an update and shows ``kept`` all the same; its answers say what was asked for."""

    kept = ""

    def serve(self, request):
        answer = super().serve(request)
        given = Answer(answer.status, copy.deepcopy(answer.body), answer.headers)
        if self.kept and request.method != "GET" and self.incidents:
            self.incidents[-1].update(self.shown())
        return given


class KeptStatuspage(KeepsItsState, Statuspage):
    def shown(self):
        return {"status": self.kept}


class KeptCachet(KeepsItsState, Cachet):
    def shown(self):
        return {"latest_status": OF_CACHET[self.kept]}


@pytest.fixture(params=["statuspage", "cachet"])
def page(request):
    with KeptStatuspage() if request.param == "statuspage" else KeptCachet() as server:
        given = {"kind": request.param, "api": server.url, "token": server.token, "page": getattr(server, "page", "")}
        adapter = StatuspageAdapter if request.param == "statuspage" else CachetAdapter
        yield server, adapter(settings_of({"page": given})["page"], Texts("page"))


@pytest.mark.parametrize(
    ("state", "kept"), [("identified", "investigating"), ("resolved", "monitoring"), ("monitoring", "resolved")]
)
def test_a_write_of_which_the_page_shows_something_else_is_no_agreement(page, state, kept):
    server, adapter = page
    made = adapter.send(post("investigating", 1), thread())
    assert (type(made), made.agrees, made.note) == (Delivered, True, "")
    server.kept = kept
    sent = adapter.send(post(state, 2), thread(a=made.reference))
    assert (type(sent), sent.agrees) == (Delivered, False)
    assert kept in sent.note
    shown = thread(**{f"{state}/2.1": made.reference})
    assert adapter.differences(shown) == [sent.note], "also when it is read without a write"


def test_the_next_write_that_the_page_shows_agrees_again(page):
    server, adapter = page
    made = adapter.send(post("investigating", 1), thread())
    server.kept = "investigating"
    adapter.send(post("identified", 2), thread(a=made.reference))
    server.kept = ""
    sent = adapter.send(post("monitoring", 3), thread(a=made.reference))
    assert (sent.agrees, sent.note) == (True, "")
    assert adapter.differences(thread(**{"monitoring/3.1": made.reference})) == []
