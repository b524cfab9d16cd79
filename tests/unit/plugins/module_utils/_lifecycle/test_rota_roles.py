from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._core.errors import InputError
from ansible_collections.pafar.runbook.plugins.module_utils._lifecycle.rota_roles import (
    FROM,
    assignments,
    steps_of_roles,
)

from support.incident_events import event, opened, role

ON_CALL = {"primary": "ada", "secondary": "bob", "escalation": ""}
UNTIL = {"primary": "2026-11-30T08:00:00.000000Z", "secondary": ""}


def test_each_role_is_filled_from_its_step_and_one_without_a_person_stays_empty():
    assert assignments([opened()], ON_CALL, UNTIL, FROM) == [
        {"role": "incident_commander", "person": "ada", "action": "assigned", "until": UNTIL["primary"]},
        {"role": "technical_lead", "person": "bob", "action": "assigned"},
    ]


@pytest.mark.parametrize("action", ["taken", "left", "offered", "accepted", "assigned"])
def test_a_role_that_a_person_has_dealt_with_is_left_alone(action):
    notes = assignments([opened(), role(action, "eve")], ON_CALL, UNTIL, FROM)
    assert [note["role"] for note in notes] == ["technical_lead"]


@pytest.mark.parametrize("phase", ["resolved", "closed"])
def test_an_incident_that_is_over_gets_no_roles(phase):
    assert assignments([opened(), event("phase", phase=phase)], ON_CALL, UNTIL, FROM) == []


def test_the_site_names_the_steps():
    given = {"incident_commander": "secondary"}
    notes = assignments([opened()], ON_CALL, UNTIL, steps_of_roles(given, ("primary", "secondary")))
    assert [(note["role"], note["person"]) for note in notes] == [("incident_commander", "bob")]
    assert steps_of_roles({}, ("primary",)) == dict(FROM)


@pytest.mark.parametrize(("given", "word"), [({"boss": "primary"}, "boss"), ({"technical_lead": "first"}, "first")])
def test_a_misspelt_role_or_step_is_refused(given, word):
    with pytest.raises(InputError, match=word):
        steps_of_roles(given, ("primary", "secondary", "escalation"))
