from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._awx.four_eyes import why_not_another
from ansible_collections.pafar.runbook.plugins.module_utils._oncall.people import Person, person_of

ADA = Person("Ada Lovelace", mail="ada@example.org", awx_user="ada, ada-admin", login="alovelace")
BOB = Person("Bob Berg", slack="U2", awx_user="bob")
PEOPLE = [ADA, BOB]


@pytest.mark.parametrize(
    ("login", "name"),
    [
        ("ada", "Ada Lovelace"), ("ADA-Admin", "Ada Lovelace"), ("alovelace", "Ada Lovelace"), ("bob", "Bob Berg"),
        ("ada@example.org", "Ada Lovelace"), (" bob ", "Bob Berg"), ("bobby", ""), ("", ""), ("ada,", ""),
    ],
)  # fmt: skip
def test_a_login_belongs_to_one_person(login, name):
    assert person_of(PEOPLE, login) == name


def test_a_login_that_two_people_have_belongs_to_neither():
    assert person_of([*PEOPLE, Person("Bobby", mail="b@example.org", awx_user="BOB")], "bob") == ""


@pytest.mark.parametrize("requesters", [["ada"], ["ada-admin", "ada"], []])
def test_another_person_may(requesters):
    assert why_not_another("bob", requesters, PEOPLE) == ""


@pytest.mark.parametrize(
    ("approver", "requesters", "words"),
    [
        ("ada", ["ada"], "Ada Lovelace has asked for the approval and has given it"),
        ("ada-admin", ["ada"], "Ada Lovelace has asked"),
        ("Ada", ["bob", "alovelace"], "Ada Lovelace has asked"),
        ("root", ["ada"], "'root' has approved, and belongs to no one person"),
        ("", ["ada"], "'' has approved"),
        ("bob", ["ada2"], "'ada2' has asked for the approval, and belongs to no one person"),
        ("bob", [""], "'' has asked"),
    ],
)
def test_the_same_person_and_whom_no_person_is_known_to_be_may_not(approver, requesters, words):
    assert words in why_not_another(approver, requesters, PEOPLE)


def test_without_people_no_approval_is_known_to_be_another_s():
    assert "runbook_people" in why_not_another("bob", ["ada"], [])
