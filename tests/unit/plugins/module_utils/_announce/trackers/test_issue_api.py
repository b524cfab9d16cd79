from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._announce.settings import settings_of
from ansible_collections.pafar.runbook.plugins.module_utils._announce.trackers.issue_api import (
    CannotSay,
    Issue,
    address,
    external_id_of,
    filled,
    find_of,
    headers_of,
    issue_in,
    shape_of,
)
from ansible_collections.pafar.runbook.plugins.module_utils._core.errors import InputError


@pytest.mark.parametrize(
    ("shape", "given", "is_made"),
    [
        ("{title}", {"title": "{text} {{ 1 }}", "text": "no"}, "{text} {{ 1 }}"),
        ("{code}{title}{code}", {"title": "x"}, "{code}x{code}"),
        ("{", {"title": "x"}, "{"),
        ({"a": ["{title}", 7, None]}, {"title": '"\n'}, {"a": ['"\n', 7, None]}),
    ],
)
def test_a_value_is_a_value_and_no_more_of_the_shape(shape, given, is_made):
    assert filled(shape, given) == is_made


def test_in_an_address_a_value_is_one_part_of_it():
    assert address("/i/{id}?x={external_id}", {"id": "../1?", "external_id": "i#a&b"}) == "/i/..%2F1%3F?x=i%23a%26b"
    assert external_id_of("i", 'a "b"\n') == "i#a%20%22b%22%0A"


@pytest.mark.parametrize(
    ("settings", "headers"),
    [
        ({}, {}),
        ({"token": "t"}, {"Authorization": "Bearer t"}),
        ({"token": "t", "user": "u"}, {"Authorization": "Basic dTp0"}),
        ({"token": "t", "headers": {"X-Key": "{token}"}}, {"X-Key": "t"}),
        ({"token": "t", "headers": {"X-Org": "7"}}, {"Authorization": "Bearer t", "X-Org": "7"}),
    ],
)
def test_how_a_request_is_authorized(settings, headers):
    assert headers_of(settings, "dTp0") == headers


FIND = find_of({})
NESTED = find_of({"find": {"rows": "d.r", "id": "k", "external_id": "f.marks", "state": "f.s", "closed": ["Done"]}})


@pytest.mark.parametrize(
    ("answer", "find", "issue"),
    [
        ([], FIND, None),
        ({"issues": [{"id": 7, "external_id": "i", "state": "closed"}]}, FIND, Issue("7", True)),
        ([{"id": 7, "external_id": "i#item"}, {"id": 8, "external_id": "i"}], FIND, Issue("8", False)),
        ([{"id": 7, "external_id": "xi"}], FIND, None),
        ([{"id": 7, "external_id": None}], FIND, None),
        ([{"id": 7, "external_id": "Incident.\n\ni"}], FIND, Issue("7", False)),
        ([{"id": True, "external_id": "i"}], FIND, Issue("", False)),
        (
            {"d": {"r": [{"k": "OPS-1", "f": {"marks": ["a", {"name": "i"}], "s": "done"}}]}},
            NESTED,
            Issue("OPS-1", True),
        ),
    ],
)
def test_an_issue_is_ours_where_it_has_our_id_and_no_longer_one(answer, find, issue):
    assert issue_in(answer, find, "i") == issue


@pytest.mark.parametrize("answer", [{}, {"items": []}, "x", [{"id": 7}], [7]])
def test_an_answer_that_does_not_say_whose_an_issue_is(answer):
    with pytest.raises(CannotSay):
        issue_in(answer, FIND, "i")


def test_a_site_with_a_shape_for_updates_reopens_by_it():
    assert shape_of({"update": {"method": "PUT", "path": "/x"}}, "reopen")["path"] == "/x"
    assert shape_of({}, "reopen")["body"]["state"] == "open"
    assert shape_of({"reopen": {"path": "/y"}, "update": {"path": "/x"}}, "reopen")["path"] == "/y"


@pytest.mark.parametrize(
    ("own", "says"),
    [
        ({"create": {"pth": "/x"}}, "runbook_announce.tracker.create has no setting 'pth'. It has: method, path"),
        ({"find": {"row": "x"}}, "runbook_announce.tracker.find has no setting 'row'"),
        ({"close": ["x"]}, "runbook_announce.tracker.close is a dictionary"),
    ],
)
def test_a_shape_that_is_none_is_refused_by_name(own, says):
    with pytest.raises(InputError) as refused:
        settings_of({"tracker": {"url": "http://x", **own}})
    assert says in str(refused.value)
