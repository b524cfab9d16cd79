"""Pieces of a log put together: split lines, tracebacks, and records in the order of their times."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._logs.assembly import Piece, records, timed, whole_lines
from ansible_collections.pafar.runbook.plugins.module_utils._logs.records import Record, Signatures, signature_text


def test_a_traceback_after_a_line_that_is_well_stands_alone():
    lines = ["INFO served", "Traceback (most recent call last):", '  File "a.py"', "KeyError: 1"]
    found = list(records([Piece(float(at), "", text) for at, text in reversed(list(enumerate(lines)))], "web"))
    assert [record.text.count("\n") for record in found] == [2, 0]
    assert found[0].level == "error"


def test_a_record_without_a_time_has_that_of_the_older_one_which_the_program_wrote_first():
    found = [Record(at, "f", "x") for at in (None, 9.0, None, None, 5.0, None)]
    assert [record.at for record in timed(found, 12.0)] == [12.0, 9.0, 5.0, 5.0, 5.0, 5.0]
    assert [record.at for record in timed([Record(None, "f", "x")] * 2, 12.0)] == [12.0, 12.0]


def test_of_many_records_without_a_time_few_wait_for_an_older_one():
    taken = []
    found = (taken.append(number) or Record(9.0 if not number else None, "f", "x" * 1024) for number in range(20_000))
    stream = timed(found, 12.0)
    assert [next(stream).at for dummy in range(2)] == [9.0, 9.0]
    assert len(taken) <= 5001


def put(*lines: tuple[float | None, str]) -> list[Record]:
    """Records of these lines, given the oldest first; returned the oldest first."""
    return list(records([Piece(at, "", text) for at, text in reversed(lines)], "web"))[::-1]


TRACE = ("Traceback (most recent call last):", '  File "a.py", line 1', "KeyError: 'x'")


def test_a_traceback_is_no_part_of_what_was_written_long_before():
    found = put((0.0, "worker ready"), *((75.0, text) for text in TRACE))
    assert [(record.at, record.level) for record in found] == [(0.0, ""), (75.0, "error")]
    found = put((0.0, "ERROR it failed"), *((75.0, text) for text in TRACE))
    assert [record.at for record in found] == [0.0, 75.0]


def test_the_newest_traceback_comes_in_its_time_whatever_the_other_stream_says():
    """Its beginning is looked for among lines of the other stream, which are told behind it."""
    lines = [Piece(1000.0 - number, "stdout", f"out {number}") for number in range(500)]
    lines[20:20] = [Piece(980.5, "stderr", "ValueError: payment"), Piece(980.5, "stderr", '  File "x", line 1')]
    lines.append(Piece(400.0, "stderr", "an old line"))
    found = list(records(lines, "web"))
    assert [record.at for record in found] == sorted((record.at for record in found), reverse=True)
    place = next(place for place, one in enumerate(found) if "payment" in one.text)
    assert place < 25
    assert found[place].text == '  File "x", line 1\nValueError: payment'


def test_a_line_that_begins_with_the_name_of_a_logger_is_one_of_its_own():
    found = put((1.0, "pafar.bookings: one"), (1.1, "pafar.payments: two"), (1.2, "pafar.payments: three"))
    assert [record.text for record in found] == ["pafar.bookings: one", "pafar.payments: two", "pafar.payments: three"]


def test_a_chain_of_exceptions_is_one_record():
    chain = (*TRACE, "", "During handling of the above exception, another exception occurred:", "", *TRACE)
    found = put((0.0, "ERROR in /pay"), *((0.0, text) for text in chain), (0.1, "INFO next"))
    assert [record.text.count("\n") for record in found] == [len(chain), 0]


def test_an_exception_of_node_is_one_of_its_own():
    found = put((0.0, "INFO listening"), (0.0, "TypeError: x is no function"), (0.0, "    at foo (a.js:1)"))
    assert [(record.level, record.text.count("\n")) for record in found] == [("info", 0), ("error", 1)]


def test_lines_that_are_dropped_are_told():
    text = put((0.0, "ERROR long"), *((0.0, f"  line {number}") for number in range(3000)))[0].text
    assert "2500 lines left out" in text or "2501 lines left out" in text
    assert text.startswith("ERROR long\n  line 0\n")
    assert text.endswith("line 2999")


def lines_of(*pieces: Piece) -> list[tuple[str, str]]:
    """Stream and text of the lines of these pieces, given and returned the oldest first."""
    return [(line.stream, line.text) for line in whole_lines(reversed(pieces))][::-1]


def test_a_line_in_several_pieces_is_made_whole():
    assert lines_of(
        Piece(1.0, "stdout", "begin "), Piece(1.0, "stdout", "middle "), Piece(1.0, "stdout", "end\n")
    ) == [("stdout", "begin middle end")]  # fmt: skip


def test_a_split_line_has_the_time_of_its_first_piece():
    (line,) = whole_lines([Piece(1.5, "stdout", "end\n"), Piece(1.0, "stdout", "begin ")])
    assert line == Piece(1.0, "stdout", "begin end")


def test_pieces_of_two_streams_are_not_mixed():
    assert lines_of(
        Piece(1.0, "stdout", "out "), Piece(1.0, "stderr", "err "), Piece(1.0, "stdout", "1\n"),
        Piece(1.0, "stderr", "2\n"),
    ) == [("stdout", "out 1"), ("stderr", "err 2")]  # fmt: skip


def test_carriage_returns_at_the_end_are_dropped_and_blank_lines_stay():
    assert lines_of(Piece(1.0, "", "first\r\n"), Piece(1.0, "", "\n"), Piece(1.0, "", "last")) == [
        ("", "first"), ("", ""), ("", "last"),
    ]  # fmt: skip


def test_a_line_waits_for_the_other_stream_no_longer_than_pieces_are_apart():
    """Read backwards: the line of stderr is yielded when a piece of stdout is older by more than two seconds."""
    read = []

    def pieces():
        for piece in (Piece(10.0, "stderr", "err\n"), Piece(9.0, "stdout", "near\n"), Piece(7.0, "stdout", "far\n")):
            read.append(piece.text)
            yield piece

    assert next(whole_lines(pieces())).text == "err"
    assert read == ["err\n", "near\n", "far\n"]


def test_of_a_line_that_is_too_long_the_beginning_is_kept():
    text = [f"{number:08d}" * 1024 for number in range(40)]  # 40 pieces of 8 KiB, 256 KiB are put together
    (line,) = whole_lines(Piece(1.0, "", piece) for piece in reversed([*text[:-1], text[-1] + "\n"]))
    assert line.text.startswith("00000000")
    assert len(line.text) == 256 * 1024


def test_records_keep_the_order_of_reading_where_a_time_is_missing():
    lines = [Piece(2.0, "err", "  File"), Piece(3.0, "out", "b"), Piece(None, "out", "a"), Piece(2.0, "err", "ERROR")]
    assert [record.text for record in records(lines, "web")] == ["b", "a", "ERROR\n  File"]


def test_blank_lines_without_a_beginning_are_no_record():
    assert list(records([Piece(1.0, "", ""), Piece(1.0, "", "")], "web")) == []


def test_the_grade_of_a_record_is_that_of_its_first_line():
    lines = [Piece(1.0, "", "  more", "warning"), Piece(1.0, "", "begin", "error")]
    assert [(record.grade, record.stream) for record in records(lines, "unit")] == [("error", "")]


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
    found = put((1.0, "INFO before"), *((2.0, line) for line in text), (3.0, "INFO after"))
    assert [record.text for record in found] == ["INFO before", "\n".join(text), "INFO after"]
    assert signature_text(found[1].text) != signature_text(found[1].text.replace(end, "other.errors.Thing: else"))


def test_tracebacks_in_a_row_are_as_many_records():
    found = put((0.0, "booted"), *((1.0, text) for text in TRACE * 300))
    assert len(found) == 301
    signatures = Signatures()
    for record in found:
        signatures.add(record)
    assert [signature["count"] for signature in signatures.as_dicts(0, None, set(), 5)] == [300]
