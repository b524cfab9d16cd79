from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._oncall.people import (
    Person,
    everyone_of,
    named_by,
    named_in,
    names_by_word,
    nearest_name,
    people_of,
    person_of,
)

ADA = {"name": "ada", "mail": "ada@example.org", "login": "alove", "zone": "Europe/Berlin"}


def is_zone(name):
    return name == "Europe/Berlin"


def test_a_person_that_is_whole_is_taken():
    people, problems = people_of([ADA], is_zone)
    assert (people, problems) == ([Person("ada", mail="ada@example.org", login="alove", zone="Europe/Berlin")], [])


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ([{**ADA, "maill": "x"}], "ada has no field 'maill'; did you mean mail?"),
        ([{**ADA, "zone": "Mars/Base"}], "the zone 'Mars/Base' of ada is no time zone"),
        ([{"name": "eve", "login": "eve"}], "eve cannot be reached: give slack, mail or phone"),
        ([{"mail": "x@example.org"}], "the person 1 of runbook_people has no name"),
        ([{"nme": "ada", "mail": "x"}], "has no name; no field 'nme'; did you mean name?"),
        ([{"Name": "ada", "tel": "1"}], "no field 'tel'. It has: name, slack, mail"),
        (["ada"], "the person 1 of runbook_people has no name"),
        ([ADA, ADA], "there are two people of the name ada"),
        ("ada", "runbook_people is a list of people"),
    ],
)
def test_what_is_wrong_is_said_by_name(given, says):
    assert says in people_of(given, is_zone)[1][0]


def test_everything_that_is_wrong_is_said_at_once_and_who_is_right_is_kept():
    people, problems = people_of([{"name": "eve", "zon": "x"}, ADA, {"name": "bob"}], is_zone)
    assert [person.name for person in people] == ["ada"]
    assert len(problems) == 3


def test_a_person_is_meant_by_name_mail_login_or_id():
    people = [Person("Ada Lovelace", slack="U1", mail="ada@example.org", login="alove")]
    for text in ("ada lovelace", "ADA@example.org", "alove", "u1", " Ada Lovelace "):
        assert named_by(people, text) == "Ada Lovelace"
    assert named_by(people, "Eve") == "Eve"


ANN = Person("Ann", mail="ann@example.org", login="al", slack="U0ANN")
ANN_LEE = Person("Ann Lee", mail="lee@example.org", login="oncall", awx_user="alee")
BOB = Person("bob", mail="bob@example.org")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Ann", ["Ann"]), ("On call: ANN (primary)", ["Ann"]), ("ann  lee on call", ["Ann Lee"]),
        ("Ann, Ann Lee", ["Ann", "Ann Lee"]), ("Annika", []), ("Joann", []), ("[L1] bob", ["bob"]),
        ("bob@example.org On-Call", ["bob"]), ("bob@other.org", []), ("bob-smith", []), ("ann.example.org", []),
        ("Ann.", ["Ann"]), ("Ann oncall", ["Ann"]),  # by name: the login is not looked at
        ("oncall: alee", ["Ann Lee"]), ("al", ["Ann"]), ("bob/Ann", ["bob", "Ann"]), ("", []),
        ("bob and Bob", ["bob"]),
    ],
)  # fmt: skip
def test_the_people_that_a_text_names(text, names):
    assert [person.name for person in named_in([ANN, ANN_LEE, BOB], text)] == names


SEVERAL = Person("ada", mail="ada@example.org", login="al, root.al", awx_user="lovelace,al2", slack="U1")


@pytest.mark.parametrize("text", ["al", "ROOT.AL", "lovelace", "al2", "U1", "u1", "ada@example.org", "Ada"])
def test_each_of_several_logins_names_a_person(text):
    assert named_by([BOB, SEVERAL], text) == named_by([BOB, SEVERAL], f"{text} on call") == "ada"
    assert names_by_word([BOB, SEVERAL])[text.casefold()] == "ada"


def test_a_name_or_mail_counts_more_than_the_login_of_another():
    eve, ada = Person("eve", mail="e@x", login="ada"), Person("ada", mail="a@x", login="shared")
    bob = Person("bob", mail="a@x", login="shared")
    assert named_by([eve, ada], "ADA") == named_by([ada, eve], "ada") == "ada"
    assert names_by_word([eve, ada, bob]) == {"eve": "eve", "ada": "ada", "bob": "bob", "e@x": "eve"}
    assert names_by_word([]) == {}


def test_a_text_that_names_several_people_means_none():
    assert named_by([ANN, BOB], "On call: Ann and bob") == "On call: Ann and bob"
    assert named_by([ANN, BOB], "week of  bob") == "bob"


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"maill": "x"}, "no field 'maill'"), ({"zone": "Mars/Base"}, "no time zone"),
        ({"phone": 49301}, "phone of ada is 49301 and no text; put it between quotes"),
        ({"login": True}, "login of ada"),
    ],
)  # fmt: skip
def test_a_wrong_field_costs_no_page(wrong, says):
    (person,), (problem,) = people_of([{**ADA, **wrong}], is_zone)
    assert says in problem
    assert (person.name, person.mail) == ("ada", "ada@example.org")
    assert person.zone in ("Europe/Berlin", "")


@pytest.mark.parametrize("slack", ["ada", "@ada", "<@U0123>", "ada@example.org", "u0123", "C0123", "U 1", "-"])
def test_what_is_no_id_of_slack_pages_no_person_there(slack):
    """So a person without another way is passed over at once, and no step waits in vain."""
    problem = f"slack of ada is {slack!r}, no id of a member such as U0123ABCD"
    assert people_of([{**ADA, "slack": slack}], is_zone) == (people_of([ADA], is_zone)[0], [problem])
    people, problems = people_of([{"name": "ada", "slack": slack}], is_zone)
    assert (people, problems) == ([], [problem, "ada cannot be reached: give slack, mail or phone"])
    assert people_of([{"name": "ada", "slack": " W0123AB "}], is_zone) == ([Person("ada", slack="W0123AB")], [])


@pytest.mark.parametrize(
    ("mail", "is_one"),
    [("ada@example.org", True), ("ada+x@localhost", True), (" a@x , b@y ", True), ("ada", False), ("ada@", False),
     ("ada example.org", False), ("a@b@c", False), ("a@x,", False), ("n/a", False)],
)  # fmt: skip
def test_a_mail_that_is_no_address_is_named_and_tried(mail, is_one):
    (person,), problems = people_of([{"name": "ada", "mail": mail}], is_zone)
    assert (person.mail, len(problems)) == (mail.strip(), not is_one)
    assert is_one or f"mail of ada is {mail!r}, no address" in problems[0]


@pytest.mark.parametrize("second", ["ADA", " ada "])
def test_names_differ_in_more_than_their_case(second):
    people, problems = people_of([ADA, {**ADA, "name": second}], is_zone)
    assert (len(people), problems) == (1, [f"there are two people of the name {second.strip()}"])


def test_who_cannot_be_reached_acts_under_their_name_too():
    people = everyone_of(
        [{"name": "Ada  Lovelace", "login": "al, root.al"}, {"login": "x"}, "bob", {"name": "ada lovelace"}]
    )
    assert [person.name for person in people] == ["Ada Lovelace"]
    assert [person_of(people, text) for text in ("AL", "root.al", "ada lovelace", "x", "")] == [
        "Ada Lovelace", "Ada Lovelace", "Ada Lovelace", "", "",
    ]  # fmt: skip
    assert everyone_of("bob") == everyone_of(None) == []


@pytest.mark.parametrize(("text", "name"), [("adaa", "ada"), ("alov", "ada"), ("zzz", ""), ("", "")])
def test_the_name_that_a_misspelt_one_most_likely_means(text, name):
    assert nearest_name(everyone_of([ADA, {"name": "eve"}]), text) == name


def test_a_letter_with_an_accent_is_one_whatever_program_wrote_it():
    """A person of a feed would have no name of the site, and no person is paged."""
    one, two = "Jos\u00e9 D\u00edaz", "Jose\u0301  Di\u0301az"
    for written, read in ((one, two), (two, one)):
        people = people_of([{"name": written, "mail": "j@x"}], lambda dummy: True)[0]
        assert people[0].name == one
        assert named_by(people, read) == named_by(people, f"{read} on call") == one
        assert person_of(people, read) == one
        assert nearest_name(people, read[:-1]) == one
