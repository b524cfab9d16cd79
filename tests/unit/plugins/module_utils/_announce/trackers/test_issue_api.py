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
    lines_of,
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
        ([{"id": 7.0, "external_id": "i"}], FIND, Issue("7", False)),
        ([{"id": 7, "external_id": "x i"}, {"id": 8, "external_id": "i"}], FIND, Issue("8", False)),
        ([{"id": 7, "external_id": "see i"}], FIND, Issue("7", False)),
        (
            {"d": {"r": [{"k": "OPS-1", "f": {"marks": ["a", {"name": "i"}], "s": "done"}}]}},
            NESTED,
            Issue("OPS-1", True),
        ),
    ],
)
def test_an_issue_is_ours_where_it_has_our_id_and_no_longer_one(answer, find, issue):
    assert issue_in(answer, find, "i") == issue


@pytest.mark.parametrize(
    "answer",
    [
        {}, {"items": []}, "x", [{"id": 7}], [7],
        [{"id": True, "external_id": "i"}], [{"number": 7, "external_id": "i"}], [{"id": 7.5, "external_id": ["i"]}],
        [{"id": 7, "external_id": "a\ni"}, {"id": 8, "external_id": "b\ni"}],
    ],
)  # fmt: skip
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


ID = "2026-11-23-145635-incident-06f2a1"
ITEM = f"Add a timeout\n\nOwner: ana. An action item of incident {ID} (P1 x on db1).\n\n{ID}#A1"
OTHER = f"Incident 2026-11-24-1: open\n\nIt was reported by ana: as {ID}\n\n2026-11-24-1"
OWN = f"Incident {ID}: open.\r\n\r\n{ID}"


def found(texts, body, is_in_doubt=True):
    settings = {"create": {"body": {"body": body}}, "find": {"external_id": "body"}}
    rows = [{"id": number, "body": text} for number, text in enumerate(texts, 1)]
    issue = issue_in(rows, find_of(settings), ID, lines_of(settings), is_in_doubt)
    return issue.id if issue else None


@pytest.mark.parametrize(
    ("texts", "is_found"),
    [
        ([ITEM], None), ([OTHER], None), ([f"as {ID}0"], None),
        ([OWN], "1"), ([ITEM, OTHER, OWN], "3"), ([None, OWN], "2"), ([ID], "1"), ([f"{OWN}\n\nThanks"], "1"),
    ],
)  # fmt: skip
def test_an_issue_whose_text_has_the_id_as_a_word_is_another_one(texts, is_found):
    """The issue of an action item was written over and closed with the incident."""
    assert found(texts, "{text}\n\n{external_id}") == is_found


@pytest.mark.parametrize(
    ("body", "own"),
    [
        ("{text}\n\nid: {external_id}", f"x\n\nid: {ID}"),
        ("<!-- {external_id} -->\n{text}", f"<!-- {ID} -->\nx"),
        ("{text} ({external_id})", f"x\ny ({ID})"),
        ("({external_id}) {title}", f"({ID}) P1 on db1"),
    ],
)
def test_a_site_may_have_more_than_the_id_in_its_line(body, own):
    assert found([ITEM, OTHER, own], body) == "3"
    assert found([own.replace(ID, f"{ID}#A1"), own.replace(ID, f"{ID}0")], body) is None


LINE = "{text}\n\nRunbook incident: {external_id}"


@pytest.mark.parametrize(
    "text",
    [
        f"<p>a</p><p>Runbook incident: {ID}</p>", f"a<br/>Runbook incident: <b>{ID}</b>",
        f"a\n\n**Runbook incident: {ID}**",
        f"a\n\n**Runbook incident:** `{ID}`", f"a\n\n_Runbook incident: {ID}_", f"a\n\nRunbook&nbsp;incident: {ID}",
    ],
)  # fmt: skip
def test_tags_and_marks_around_the_line_are_none_of_it(text):
    """A tracker that writes a text anew got a second issue."""
    assert found([text.replace(ID, f"{ID}#A1"), text], LINE) == "2"
    assert found([text.replace(ID, f"{ID}#A1"), text.replace(ID, f"{ID}0")], LINE) is None
    assert found([text.replace("-", "\\-")], LINE) == "1", "as Markdown escapes it"


@pytest.mark.parametrize("body", [LINE, "{text}\n\n{external_id}"])
@pytest.mark.parametrize(
    "text",
    [
        f"a Runbook incident: {ID}", f"> a Runbook incident: {ID}", f"> Runbook incident: {ID}", f"as {ID}", f"[{ID}]",
        f"<blockquote><p>Runbook incident: {ID}</p></blockquote>", f"<blockquote>{ID}</blockquote>",
    ],
)  # fmt: skip
def test_where_the_id_is_a_word_of_a_text_alone_no_second_issue_is_made(body, text):
    with pytest.raises(CannotSay) as doubt:
        found(["x", text], body)
    assert f"{ID} is in 'body' of 2, not in the line of create" in str(doubt.value)
    ours = body.replace("{text}", "a").replace("{external_id}", ID)
    assert found([text, ours], body) == "2"


@pytest.mark.parametrize("item", [ITEM, " ".join(ITEM.split()), f"<p>{ITEM}</p>", ITEM.replace(f"{ID}#", f"x: {ID}#")])
@pytest.mark.parametrize("body", [LINE, "{text}\n\n{external_id}", "({external_id}) {title}"])
def test_an_item_that_names_its_incident_keeps_no_issue_from_it(item, body):
    assert found([item], body) is None
    assert found([f"as {ID}\n\n{body.replace('{external_id}', '2026-11-24-1').replace('{title}', 'x')}"], body) is None


ITEMS = f"{ID}#A1", f"{ID}#A2"


@pytest.mark.parametrize("text", ["{0}\n\nOwner: ana\n\n{1}", "<p>{0}</p><ul><li>{1}</li></ul>"])
def test_where_both_ids_have_a_line_of_their_own_the_issue_may_be_either(text):
    """An action item whose text is the incident's id, or an incident in which one item is listed."""
    assert found([text.format(ID, *ITEMS)], "{text}\n\n{external_id}", is_in_doubt=False) is None
    with pytest.raises(CannotSay):
        found([text.format(ID, *ITEMS)], "{text}\n\n{external_id}")


@pytest.mark.parametrize(
    "text",
    [
        "text\n\n{0}\n\nActions:\n{1}\n{2}", "<p>text</p><p>{0}</p><ul><li>{1}</li><li>{2}</li></ul>",
        "{0}\n\n- [x] {1}\n- [ ] {2}\n{1}\n{2}",
    ],
)  # fmt: skip
def test_the_issue_in_which_a_person_has_listed_the_action_items_is_the_incident_s(text):
    """It was taken for an item's, and a second issue was made."""
    assert found([text.format(ID, *ITEMS)], "{text}\n\n{external_id}") == "1"


@pytest.mark.parametrize("text", ["Locks on a table ({0}).\nActions: {1} done, {2} open", "{0}: {1}, {2}\n{1}\n{2}"])
def test_an_issue_that_was_written_over_with_its_action_items_is_not_made_twice(text):
    with pytest.raises(CannotSay):
        found([text.format(ID, *ITEMS)], "{text}\n\n{external_id}")


@pytest.mark.parametrize("text", [f"Postmortem of {ID}: agenda", f"as {ID}", f"Relapse of {ID}?\n\nana"])
def test_before_the_first_issue_a_person_s_text_about_the_incident_holds_none_up(text):
    body = "{text}\n\n{external_id}"
    assert found([text], body, is_in_doubt=False) is None
    with pytest.raises(CannotSay):
        found([text], body)
