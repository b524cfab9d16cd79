"""Records of logs: what they have in common, what is new, what is hidden."""

from __future__ import annotations

import json

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._core.times import moment_of
from ansible_collections.pafar.runbook.plugins.module_utils._logs.assembly import Piece, records, timed
from ansible_collections.pafar.runbook.plugins.module_utils._logs.fields import fields_of
from ansible_collections.pafar.runbook.plugins.module_utils._logs.local_driver import piece_of, records_backwards
from ansible_collections.pafar.runbook.plugins.module_utils._logs.records import (
    Record,
    Signatures,
    entry,
    signature_text,
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2026-11-24 02:40:04 ERROR payment 7 failed", "2026-11-24 09:01:00,250 ERROR payment 12 failed"),
        ("ERROR no user 'ada'", "ERROR no user 'bob'"),
        ("ERROR charge 3f2504e0-4f89-11d3-9a0c-0305e82c3301", "ERROR charge 3f2504e0-4f89-11d3-9a0c-0305e82c3302"),
        ('{"level":"error","msg":"no slot 3","at":1}', '{"msg":"no slot 4","level":"error"}'),
        ("ERROR x\nTraceback (most recent call last):\n  f\nKeyError: 'a'", "ERROR y\nTraceback (most\nKeyError: 'b'"),
    ],
)  # fmt: skip
def test_the_same_thing_has_the_same_signature(one, other):
    assert signature_text(one) == signature_text(other)


def test_another_thing_has_another():
    assert signature_text("ERROR payment 7 failed") != signature_text("ERROR payment 7 refused")


def test_a_secret_is_in_no_signature():
    told = signature_text("ERROR bad key sk_live_4eC39HqLyjWDarjtT1zdp7dc for card 4242424242424242")
    assert "sk_live" not in told
    assert "4242" not in told


def counts(found, since, new_since):
    signatures = Signatures()
    for record in found:
        signatures.add(record)
    before = {record.source for record in found if record.at < new_since}
    return {one["text"]: one for one in signatures.as_dicts(since, new_since, before, 20)}


def test_what_was_seen_before_a_deploy_is_not_new():
    found = [
        Record(at, "web", text)
        for at, text in [(10, "ERROR old"), (20, "ERROR old"), (30, "ERROR fresh"), (31, "INFO x")]
    ]
    told = counts(found, 15, 25)
    assert {text: (one["new"], one["count"]) for text, one in told.items()} == {
        "ERROR old": (False, 2),
        "ERROR fresh": (True, 1),
    }
    assert next(iter(told)) == "ERROR fresh", "new ones come first"


def test_where_nothing_is_known_of_before_nobody_says_new():
    assert counts([Record(30, "web", "ERROR fresh")], 15, 25)["ERROR fresh"]["new"] is None


def test_a_source_of_which_nothing_is_known_from_before_is_not_judged_by_another():
    found = [Record(10, "db", "ERROR old"), Record(30, "web", "ERROR fresh"), Record(30, "db", "ERROR other")]
    told = counts(found, 5, 25)
    assert {text: one["new"] for text, one in told.items()} == {
        "ERROR old": False,
        "ERROR fresh": None,
        "ERROR other": True,
    }


def test_secrets_are_hidden_to_any_depth():
    text = '{"level": "error", "password": "hunter2", "deep": [{"token": "abc123"}, "card 4242 4242 4242 4242"]}'
    told = entry(Record(1.0, "web", text), fields_of(text))
    for secret in ("hunter2", "abc123", "4242 4242"):
        assert secret not in str(told)
    assert told["level"] == "error"


def test_a_traceback_after_a_line_that_is_well_stands_alone():
    lines = ["INFO served", "Traceback (most recent call last):", '  File "a.py"', "KeyError: 1"]
    found = list(records([Piece(float(at), "", text) for at, text in reversed(list(enumerate(lines)))], "web"))
    assert [record.text.count("\n") for record in found] == [2, 0]
    assert found[0].level == "error"


def test_a_record_without_a_time_has_that_of_its_neighbour():
    found = [Record(None, "f", "c"), Record(5.0, "f", "b"), Record(None, "f", "a")]
    assert [one.at for one in timed(found, 9.0)] == [9.0, 5.0, 5.0]


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("90", 9910.0), ("15m", 9100.0), ("1h30m", 4600.0), ("2 h", 2800.0), ("0", 10000.0), ("@77", 77.0),
        ("1970-01-01", 0.0), ("1970-01-01T00:30Z", 1800.0), ("1970-01-01 01:30:00+01:00", 1800.0),
        ("", None), ("yesterday", None), ("5x", None), ("1970-13-01", None), ("-5", None),
    ],
)  # fmt: skip
def test_moments_as_people_say_them(text, at):
    assert moment_of(text, 10000.0) == at


def varint(value):
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def local(text, nanoseconds, goes_on=False):
    """One record as the engine's driver writes it."""
    body = b"\x0a" + varint(6) + b"stdout" + b"\x10" + varint(nanoseconds)
    body += b"\x1a" + varint(len(text)) + text + (b"\x20\x01" if goes_on else b"")
    return len(body).to_bytes(4, "big") + body + len(body).to_bytes(4, "big")


def told_of(data):
    found = records_backwards(lambda size, at: data[at : at + size], len(data))
    return [piece_of(message) for dummy, message in found]


def test_the_local_driver_is_read_from_its_end():
    data = local(b"first", 10**18) + local(b"second", 10**18 + 5 * 10**8, True) + local(b"\xff third", 10**18 + 10**9)
    assert told_of(data) == [
        Piece(1e9 + 1, "stdout", "\ufffd third\n"),
        Piece(1e9 + 0.5, "stdout", "second"),
        Piece(1e9, "stdout", "first\n"),
    ]
    torn = data + local(b"is being written", 10**18)[:-3]
    assert told_of(torn) == told_of(data)


def test_what_is_damaged_in_a_local_log_is_passed_over_and_said():
    whole = [local(f"line {number}".encode(), 10**18 + number * 10**9) for number in range(2000)]
    data = bytearray(b"".join(whole))
    place = len(b"".join(whole[:1000]))
    data[place : place + 3000] = bytes(3000)
    noted: list[str] = []
    found = [
        piece_of(message).text.strip()
        for dummy, message in records_backwards(
            lambda size, at: bytes(data[at : at + size]), len(data), lambda: True, noted.append
        )
    ]
    assert found[0] == "line 1999"
    assert found[-1000:] == [f"line {number}" for number in range(999, -1, -1)]
    assert len(found) > 1900
    assert "are damaged" in noted[0]


def test_a_torn_end_of_a_local_log_hides_nothing_before_it():
    whole = b"".join(local(b"x" * 300, 10**18 + number) for number in range(3000))
    torn = whole + local(b"is being written", 10**18)[:-5]
    assert len(told_of(torn)) == 3000


@pytest.mark.parametrize("cut", range(1, 60))
def test_a_local_log_cut_anywhere_breaks_nothing(cut):
    data = local(b"one", 10**18) + local(b"two", 10**18)
    told = told_of(data[: len(data) - cut] + b"\0" * (cut % 3))
    assert all(piece.text in ("one\n", "two\n", "\n") for piece in told)


def put(*lines: tuple[float | None, str]) -> list[Record]:
    """Records of these lines, given the oldest first; returned the oldest first."""
    return list(records([Piece(at, "", text) for at, text in reversed(lines)], "web"))[::-1]


TRACE = ("Traceback (most recent call last):", '  File "a.py", line 1', "KeyError: 'x'")


def test_a_traceback_is_no_part_of_what_was_written_long_before():
    found = put((0.0, "worker ready"), *((75.0, text) for text in TRACE))
    assert [(one.at, one.level) for one in found] == [(0.0, ""), (75.0, "error")]
    found = put((0.0, "ERROR it failed"), *((75.0, text) for text in TRACE))
    assert [one.at for one in found] == [0.0, 75.0]


def test_the_newest_traceback_comes_in_its_time_whatever_the_other_stream_says():
    """Its beginning is looked for among lines of the other stream, which are told behind it."""
    lines = [Piece(1000.0 - number, "stdout", f"out {number}") for number in range(500)]
    lines[20:20] = [Piece(980.5, "stderr", "ValueError: payment"), Piece(980.5, "stderr", '  File "x", line 1')]
    lines.append(Piece(400.0, "stderr", "an old line"))
    found = list(records(lines, "web"))
    assert [one.at for one in found] == sorted((one.at for one in found), reverse=True)
    place = next(place for place, one in enumerate(found) if "payment" in one.text)
    assert place < 25
    assert found[place].text == '  File "x", line 1\nValueError: payment'


@pytest.mark.parametrize(
    ("end", "more"),
    [
        ("psycopg2.errors.DeadlockDetected: deadlock detected", "DETAIL:  Process 1 waits for 2."),
        ("psycopg2.errors.UniqueViolation: duplicate key", "DETAIL:  Key (id)=(1) already exists."),
        ("psycopg2.errors.UndefinedColumn: column b does not exist", "LINE 1: select b"),
        ("socket.gaierror: [Errno -2] Name or service not known", ""),
        ("billiard.exceptions.SoftTimeLimitExceeded: SoftTimeLimitExceeded()", ""),
        ("bookings.models.Trip.DoesNotExist: Trip matching query does not exist.", ""),
        ("KeyboardInterrupt", ""),
    ],
)
def test_a_traceback_ends_with_what_happened_however_that_is_called(end, more):
    text = [
        "ERROR it broke",
        "Traceback (most recent call last):",
        '  File "x.py", line 1',
        "    go()",
        end,
        *([more] if more else []),
    ]
    found = put((1.0, "INFO before"), *((2.0, one) for one in text), (3.0, "INFO after"))
    assert [one.text for one in found] == ["INFO before", "\n".join(text), "INFO after"]
    assert signature_text(found[1].text) != signature_text(found[1].text.replace(end, "other.errors.Thing: else"))


def test_a_line_that_begins_with_the_name_of_a_logger_is_one_of_its_own():
    found = put((1.0, "pafar.bookings: one"), (1.1, "pafar.payments: two"), (1.2, "pafar.payments: three"))
    assert [one.text for one in found] == ["pafar.bookings: one", "pafar.payments: two", "pafar.payments: three"]


def test_an_example_is_cut_behind_the_hiding_of_secrets():
    signatures = Signatures()
    card = "4242424242424242"
    signatures.add(Record(1.0, "web", "ERROR " + "x " * 991 + card, ""))
    nested = {"level": "error", "secret": {"value": "NESTED"}, "m": "y" * 3000}
    signatures.add(Record(1.0, "web", json.dumps(nested), ""))
    told = json.dumps(signatures.as_dicts(0.0, None, (), 9))
    assert "42424" not in told
    assert "NESTED" not in told


def test_tracebacks_in_a_row_are_as_many_records():
    found = put((0.0, "booted"), *((1.0, text) for text in TRACE * 300))
    assert len(found) == 301
    signatures = Signatures()
    for one in found:
        signatures.add(one)
    assert [one["count"] for one in signatures.as_dicts(0, None, set(), 5)] == [300]


def test_a_chain_of_exceptions_is_one_record():
    chain = (*TRACE, "", "During handling of the above exception, another exception occurred:", "", *TRACE)
    found = put((0.0, "ERROR in /pay"), *((0.0, text) for text in chain), (0.1, "INFO next"))
    assert [one.text.count("\n") for one in found] == [len(chain), 0]


def test_an_exception_of_node_is_one_of_its_own():
    found = put((0.0, "INFO listening"), (0.0, "TypeError: x is no function"), (0.0, "    at foo (a.js:1)"))
    assert [(one.level, one.text.count("\n")) for one in found] == [("info", 0), ("error", 1)]


def test_lines_that_are_dropped_are_told():
    text = put((0.0, "ERROR long"), *((0.0, f"  line {number}") for number in range(3000)))[0].text
    assert "2500 lines left out" in text or "2501 lines left out" in text
    assert text.startswith("ERROR long\n  line 0\n")
    assert text.endswith("line 2999")


def test_what_systemd_logs_as_usual_may_say_more():
    assert Record(0.0, "unit", "ERROR payment failed", grade="info").level == "error"
    assert Record(0.0, "unit", "it went well", grade="info").level == "info"
    assert Record(0.0, "unit", "ERROR it says", grade="notice").level == "notice"
