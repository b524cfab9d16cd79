"""Pages by Apprise, the library itself, to a hook that keeps what it is sent."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._announce.delivery import Delivered, InDoubt, NotDelivered
from ansible_collections.pafar.runbook.plugins.module_utils._announce.io.apprise import Apprise
from ansible_collections.pafar.runbook.plugins.module_utils._announce.io.channel import Thread
from ansible_collections.pafar.runbook.plugins.module_utils._announce.io.render import Texts
from ansible_collections.pafar.runbook.plugins.module_utils._announce.outbox import Message
from ansible_collections.pafar.runbook.plugins.module_utils._announce.settings import settings_of

from support.channels.server import EFFECT_CLOSED, STATUS, Answer, Fault, StandIn

# A warning of the library's own, about a module of Python that it imports.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
VALUES = {"action": "trigger", "incident": "a", "severity": "P1", "scenario": "disk_space", "hosts": "db1"}


class Hook(StandIn):
    """``bodies``: of what it took."""

    def __init__(self):
        super().__init__()
        self.bodies = []

    def serve(self, request):
        self.bodies.append(dict(request.fields))
        return Answer(200, {})


def page(url, **values):
    settings = settings_of({"pager": {"kind": "apprise", "url": url}})["pager"]
    message = Message("pager/trigger/1", "pager", "page_person", {**VALUES, **values})
    return Apprise(settings, Texts("pager")).send(message, Thread("a"))


@pytest.fixture
def hook():
    with Hook() as server:
        yield server


def address(hook):
    return hook.url.replace("http://", "json://")


def test_it_is_taken_and_said_to_be_best_effort(hook):
    sent = page(address(hook))
    assert isinstance(sent, Delivered)
    assert "best effort" in sent.note
    assert [(body["title"], body["message"]) for body in hook.bodies] == [
        ("trigger: a", "P1 disk_space on db1: incident a")
    ]


@pytest.mark.parametrize(
    "text", ["<!channel> x", "@everyone", "<a href=//x>y</a>", "[y](http://x)", "**x** `y`", "#ops"]
)
def test_text_of_others_is_no_mention_no_link_and_no_markup(hook, text):
    page(address(hook), hosts=text)
    (body,) = hook.bodies
    assert not [mark for mark in ("<", "](", "**", "`", "@everyone", "://", "#ops") if mark in body["message"]]


@pytest.mark.parametrize("fault", [Fault(STATUS, 500), Fault(EFFECT_CLOSED)])
def test_what_is_not_confirmed_may_have_arrived(hook, fault):
    hook.fault_for = lambda _request: fault
    sent = page(address(hook))
    assert isinstance(sent, InDoubt)
    assert "second page" in sent.reason


def test_an_address_that_is_none_of_apprise_is_said():
    sent = page("nothing-of-the-kind://x")
    assert isinstance(sent, NotDelivered)
    assert "does not know the address" in sent.reason
