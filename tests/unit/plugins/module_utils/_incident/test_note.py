from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._core.errors import InputError
from ansible_collections.pafar.runbook.plugins.module_utils._incident.note import note_event, when, without_secrets

NOW = datetime(2026, 11, 27, 14, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("14:20", datetime(2026, 11, 27, 14, 20, tzinfo=UTC)),
        ("14:20 UTC", datetime(2026, 11, 27, 14, 20, tzinfo=UTC)),
        ("14:20:10z", datetime(2026, 11, 27, 14, 20, 10, tzinfo=UTC)),
        (" 9:05 ", datetime(2026, 11, 27, 9, 5, tzinfo=UTC)),
        ("23:59:30", datetime(2026, 11, 26, 23, 59, 30, tzinfo=UTC)),
        (f"{NOW + timedelta(seconds=50):%H:%M:%S}", NOW.replace(microsecond=0) + timedelta(seconds=50)),
        (f"{NOW + timedelta(seconds=70):%H:%M:%S}", NOW.replace(microsecond=0) + timedelta(days=-1, seconds=70)),
        ("2026-11-27T14:00:00Z", datetime(2026, 11, 27, 14, tzinfo=UTC)),
        ("2026-11-27 15:00:00+01:00", datetime(2026, 11, 27, 14, tzinfo=UTC)),
        ("2026-11-20T10:00:00", datetime(2026, 11, 20, 10, tzinfo=UTC)),
    ],
)
def test_a_time_is_one_of_the_day_or_one_with_a_date(text, moment):
    assert when(text, NOW) == moment


@pytest.mark.parametrize(
    "text",
    [
        "25:00",
        "noon",
        "2026-11-26",
        "20261126",
        "2026-W48-4",
        "14.20",
        "2026-13-01T00:00:00Z",
        "2026-11-27T15:00:00Z",
        "{{ now() }}",
        "0001-01-01T00:00:00+14:00",
    ],
)
def test_what_is_no_time_and_what_lies_ahead_is_refused(text):
    with pytest.raises(InputError, match="Nothing was written"):
        when(text, NOW)


@pytest.mark.parametrize("text", ["", "  ", "x" * 10_001])
def test_a_note_is_neither_empty_nor_endless(text):
    with pytest.raises(InputError, match="1 to 10000 characters"):
        note_event(text, "", NOW)


def test_what_was_done_before_has_its_own_time():
    assert note_event(" x ", "14:20", NOW) == {
        "kind": "noted", "note": {"text": "x", "done_at": "2026-11-27T14:20:00.000000Z"},
    }  # fmt: skip
    assert note_event("x", "", NOW)["note"] == {"text": "x"}


@pytest.mark.parametrize("text", ["880", "52830", "930"])
def test_a_number_is_not_taken_for_a_time_and_the_message_says_where_it_comes_from(text):
    """YAML reads 14:40 as 880, and 9:30 may have been meant by 930."""
    with pytest.raises(InputError, match="makes a number of 14:56, so write 14:56 UTC there"):
        when(text, NOW)


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("noted", "text"),
        ("update", "text"),
        ("update", "reason"),
        ("phase", "reason"),
        ("action_item", "text"),
        ("opened", "text"),
        ("handed_over", "message"),
    ],
)
def test_a_secret_that_a_person_types_is_not_kept(kind, name):
    typed = "I have set it anew:\n\tpassword=hunter2hunter2\nand  restarted\tweb"
    kept = without_secrets(kind, {name: typed, "key": "A1"})
    assert kept == {name: "I have set it anew:\npassword=(hidden)\nand  restarted\tweb", "key": "A1"}


def test_only_what_is_typed_is_changed_and_a_passage_is_kept_as_it_is():
    for kind, note in (
        ("written", {"section": "lucky", "text": "password=hunter2hunter2"}),
        ("mitigated", {"msg": "password=hunter2hunter2"}),
        ("noted", {"done": ["password=hunter2hunter2"], "text": ""}),
        ("noted", {"text": "The reset of passwords works again; token 7 is next"}),
    ):
        assert without_secrets(kind, note) == note
