from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._lifecycle.roles import offered_to, roles_of

from support.incident_events import event, role


@pytest.mark.parametrize(
    ("events", "person"),
    [
        ([role("offered", "bob")], "bob"),
        ([role("offered", "bob"), role("accepted", "bob")], ""),
        ([role("offered", "bob"), role("offered", "eve")], "eve"),
        ([role("offered", "bob", "technical_lead")], ""),
        ([], ""),
    ],
)
def test_an_offer_stands_until_it_is_accepted_or_replaced(events, person):
    assert offered_to(events, "incident_commander") == person


def test_one_person_may_hold_several_roles():
    roles = roles_of([role("taken"), role("taken", "ada", "technical_lead")])
    assert roles == {"incident_commander": "ada", "technical_lead": "ada"}


@pytest.mark.parametrize("action", ["left", "taken"])
def test_a_role_of_no_person_is_held_by_none_and_fails_no_reader(action):
    """A line that was written by hand may have a person that is no text, which is not read."""
    assert roles_of([event("role", action=action)]) == {}
    assert roles_of([event("role", action=action, role="technical_lead")]) == {}
