from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._core.errors import InputError
from ansible_collections.pafar.runbook.plugins.module_utils._oncall.people import Person
from ansible_collections.pafar.runbook.plugins.module_utils._oncall.steps import (
    has_feeds,
    names_in,
    read_steps,
    secrets_in,
    shown,
    steps_of,
    without_zone,
)

LAYER = {"people": ["ada", "bob"], "starts": "2026-01-05", "zone": "UTC"}


def zone_of(name):
    if name != "UTC":
        raise InputError(f"The zone {name!r} is none.")
    return UTC


def read(**layer):
    (step,) = steps_of({"primary": {"layers": [{**LAYER, **layer}]}}, zone_of)
    return step.layers[0]


def test_a_name_is_the_same_whatever_program_wrote_its_accents():
    taken = {"from": "2026-01-06 10:00", "until": "2026-01-06T12:00:00Z", "person": "Jose\u0301"}
    found = read(people=["Jose\u0301", " Ada  L "], overrides=[taken])
    assert found.people == ("Jos\u00e9", "Ada L")
    assert found.overrides[0].person == "Jos\u00e9"


def test_a_rotation_is_read_whatever_yaml_made_of_its_texts():
    found = read(
        hand_over=540, starts=date(2026, 1, 5), hours=[{"days": ["mon", "Friday"], "from": "08:00", "until": 1080}]
    )
    assert (found.hand_over, found.starts, found.turn) == (time(9), date(2026, 1, 5), 7)
    assert found.hours[0].days == {0, 4}
    assert (found.hours[0].start, found.hours[0].end) == (time(8), time(18))
    over = read(overrides=[{"from": "2026-01-06 10:00", "until": "2026-01-06T12:00:00Z", "person": "eve"}])
    assert over.overrides[0].end == datetime(2026, 1, 6, 12, tzinfo=UTC)
    steps = steps_of({"secondary": {"ical": "https://x/y"}, "primary": {"layers": [LAYER]}}, zone_of)
    assert [(step.name, step.kind) for step in steps] == [("primary", "layers"), ("secondary", "ical")]
    assert names_in(steps) == {"ada", "bob"}


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"primry": {}}, "no field 'primry'; did you mean primary?"),
        ({"primary": "ada"}, "is a dictionary with layers, ical or shifts"),
        ({"primary": {"ical": "x", "shifts": "y"}}, "one of layers, ical and shifts, not 2"),
        ({"primary": {"layers": [{**LAYER, "peopel": []}]}}, "did you mean people?"),
        ({"primary": {"layers": [{**LAYER, "zone": "Mars"}]}}, "The zone 'Mars' is none"),
        ({"primary": {"layers": [{**LAYER, "starts": "soon"}]}}, "Use dates such as"),
        ({"primary": {"layers": [{**LAYER, "turn": -1}]}}, "turn is -1 days"),
        ({"primary": {"layers": [{**LAYER, "people": "ada"}]}}, "people is a list of names"),
        ({"primary": {"layers": [{**LAYER, "hours": [{"day": "mon"}]}]}}, "did you mean days?"),
        (
            {"primary": {"layers": [{**LAYER, "overrides": [{"from": "2026-01-01", "until": "2026-01-02"}]}]}},
            "needs person",
        ),
    ],
)
def test_what_is_no_rotation_is_refused_by_name(given, says):
    with pytest.raises(InputError) as refused:
        steps_of(given, zone_of)
    assert says in str(refused.value)
    assert str(refused.value).endswith(("Nothing was read.", "is none."))


FEED = "https://calendar.example.org/private-token/team.ics"


def test_the_source_of_a_feed_and_what_of_it_is_secret():
    (step,) = steps_of({"primary": {"ical": " webcal://example.org/a.ics "}}, zone_of)
    assert step.source == "https://example.org/a.ics"
    headers = {"Authorization": "Token abcdefgh", "Accept": "application/json"}
    found = set(secrets_in({"primary": {"ical": FEED}, "secondary": {"shifts": "/etc/a", "headers": headers}, "x": 1}))
    assert found == {FEED, "/private-token/team.ics", "Token abcdefgh"}
    assert (shown(FEED), shown("~/a.ics")) == ("calendar.example.org", "~/a.ics")
    with pytest.raises(InputError, match="headers is a dictionary"):
        steps_of({"primary": {"ical": FEED, "headers": "x"}}, zone_of)


@pytest.mark.parametrize(
    ("layer", "says"),
    [
        ({"hours": [{"from": "25:00"}]}, "layers[0].hours.from: "),
        ({"hours": {"from": "09:00"}}, "layers[0].hours is a list of dictionaries"),
        ({"hours": [{"days": ["noday"]}]}, "layers[0].hours.days: 'noday' is no day"),
        ({"turn": 10**9}, "turn is 1000000000 days"),
        ({"turn": 0}, "turn is 0 days"),
        ({"hand_over": 0}, "layers[0].hand_over: 0 is no time of the day"),
        ({"hours": [{"from": 0}]}, "layers[0].hours.from: 0 is no time of the day"),
        ({"turn": True}, "turn is True, no number of days"),
        ({"turn": 1.5}, "turn is 1.5, no number of days"),
        (
            {"overrides": [{"from": "2026-01-02 09:00", "until": "2026-01-01 09:00", "person": "ada"}]},
            "until 2026-01-01 09:00 is not after from 2026-01-02 09:00",
        ),
        (
            {"overrides": [{"from": "2026-01-02T20:00Z", "until": "2026-01-02 12:00", "person": "ada"}]},
            "overrides: until 2026-01-02 12:00 is not after from 2026-01-02 20:00+00:00",
        ),
    ],
)
def test_what_could_not_be_computed_is_refused(layer, says):
    with pytest.raises(InputError) as refused:
        read(**layer)
    assert says in str(refused.value)


@pytest.mark.parametrize("text", ["09:00+02:00", "09:00-00:30"])
def test_a_time_of_the_day_is_of_the_zone_that_is_set(text):
    with pytest.raises(InputError, match="has an offset: it is the time of the zone that is set"):
        read(hand_over=text)


def test_the_midnight_that_ends_a_day():
    found = read(hours=[{"from": "18:00", "until": "24:00"}])
    assert (found.hours[0].start, found.hours[0].end) == (time(18), time(0))


def test_everything_that_is_wrong_is_in_one_answer_and_costs_no_other_step():
    wrong = {**LAYER, "peple": [], "zone": "Mars", "starts": "soon", "turn": 0.5}
    given = {"primary": {"layers": [LAYER]}, "secondary": {"layers": [wrong, "x"]}, "escalashun": {"ical": "x"}}
    steps, problems = read_steps(given, zone_of)
    assert [step.name for step in steps] == ["primary"]
    assert {name: len(found) for name, found in problems.items()} == {"": 1, "secondary": 5}
    with pytest.raises(InputError) as refused:
        steps_of(given, zone_of)
    for words in (
        "'escalashun'; did you mean escalation?",
        "'peple'; did",
        "'Mars'",
        "soon",
        "turn is 0",
        "layers[1] is a",
    ):
        assert words in str(refused.value)


BARE = {"people": ["ada", "bob"], "starts": "2026-01-05"}


@pytest.mark.parametrize(
    ("step", "zones", "says"),
    [
        ({"layers": [BARE]}, ("", ""), ["set zone, such as Europe/Berlin, or UTC"]),
        ({"layers": [BARE]}, ("Asia/Kolkata", ""), ["set zone, such as Asia/Kolkata, which its people have"]),
        ({"layers": [BARE]}, ("Asia/Kolkata", "UTC"), ["such as Europe/Berlin, or UTC"]),
        ({"layers": [{**BARE, "zone": ""}, {**BARE, "zone": None}]}, ("", ""), ["layers[0] has", "layers[1] has"]),
        ({"layers": [LAYER]}, ("Asia/Kolkata", ""), []),
        ({"layers": [BARE], "zone": "UTC"}, ("Asia/Kolkata", ""), []),
    ],
)
def test_a_layer_of_which_no_zone_is_written_is_named(step, zones, says):
    (found,) = steps_of({"primary": step}, zone_of)
    people = [Person(name, zone=zone) for name, zone in zip(("ada", "bob"), zones, strict=True)]
    sentences = without_zone(found, people)
    assert len(sentences) == len(says)
    assert all(part in sentence for part, sentence in zip(says, sentences, strict=True))
    assert {layer.zone for layer in found.layers} == {UTC}


@pytest.mark.parametrize("given", [["ada"], "ada", 5, True])
def test_what_is_no_dictionary_of_steps_is_named_and_is_none(given):
    assert read_steps(given, zone_of) == (
        [],
        {"": ["runbook_oncall is a dictionary with primary, secondary, escalation"]},
    )


@pytest.mark.parametrize(
    ("given", "has"),
    [
        ({"primary": {"layers": [{}]}}, False), ({"primary": {"layers": [{}]}, "secondary": {"ical": "x.ics"}}, True),
        ({"escalation": {"shifts": "x"}}, True), ({}, False), (None, False), ([{"ical": "x"}], False),
        ({"primary": "x"}, False),
    ],
)  # fmt: skip
def test_a_feed_is_what_is_read_from_elsewhere(given, has):
    assert has_feeds(given) is has
