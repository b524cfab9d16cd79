"""log_tail on files and on a real journal; logs of containers are read in tests/integration/platform."""

from __future__ import annotations

import gzip
import json
import os
import random
import subprocess
import time
from pathlib import Path

import pytest

from support.modules import processor_seconds, run_module

REMOTE = Path("/lib/systemd/systemd-journal-remote")


def stamp(at):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))


def tail(**options):
    found = run_module("log_tail", **{"signatures": 0, **options})
    assert "failed" not in found, found
    assert found["changed"] is False
    return found


@pytest.fixture
def log(tmp_path):
    """2,000 lines over the last 2,000 seconds; each tenth tells of a payment, each hundredth failed."""
    path, begin = tmp_path / "app.log", time.time() - 2000
    with path.open("w") as file:
        for number in range(2000):
            what = "payment failed" if number % 100 == 0 else "payment" if number % 10 == 0 else "browse"
            level = "ERROR" if number % 100 == 0 else "INFO"
            file.write(f"{stamp(begin + number)} {level} {what} {number}\n")
    return path


def last_words(found):
    return [int(one["text"].split()[-1]) for one in found["entries"]]


def test_it_filters_before_it_counts(log):
    found = tail(files=[str(log)], match="PAYMENT", last=5)
    assert last_words(found) == [1950, 1960, 1970, 1980, 1990]
    assert (found["matched"], found["more"], found["truncated"]) == (5, True, True)
    assert found["scanned_bytes"] < log.stat().st_size * 1.1


def test_since_until_and_level(log):
    found = tail(files=[str(log)], since="1050", until="550", level="error")
    assert last_words(found) == [1000, 1100, 1200, 1300, 1400]
    assert not found["truncated"]


def test_several_logs_are_merged_by_time(tmp_path):
    begin, expected = time.time() - 300, []
    chance = random.Random(7)
    texts = ["", "", ""]
    for number in range(300):
        texts[chance.randrange(3)] += f"{stamp(begin + number)} line {number}\n"
        expected.append(number)
    for number, text in enumerate(texts):
        (tmp_path / f"web-{number}.log").write_text(text)
    found = tail(files=[f"{tmp_path}/*.log"], last=1000)
    assert last_words(found) == expected
    assert {one["source"]: one["records"] for one in found["sources"]} == {
        f"{tmp_path}/web-{number}.log": text.count("\n") for number, text in enumerate(texts)
    }


def test_nginx_is_understood_and_asked_by_jmespath(tmp_path):
    path, now = tmp_path / "access.log", time.time()
    with path.open("w") as file:
        for number in range(100):
            at = time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(now - 100 + number))
            status = 502 if number % 25 == 0 else 200
            file.write(f'10.0.0.1 - - [{at}] "GET /api/{number} HTTP/1.1" {status} 12 "-" "curl" rt=0.{number}\n')
    found = tail(files=[str(path)], where="status >= `500` && starts_with(path, '/api/')")
    assert [one["fields"]["path"] for one in found["entries"]] == ["/api/0", "/api/25", "/api/50", "/api/75"]
    assert {one["level"] for one in found["entries"]} == {"error"}
    assert tail(files=[str(path)], where="length(nothing) > `1`")["entries"] == []


def test_which_errors_are_new(log):
    deployed = time.time() - 300
    with log.open("a") as file:
        file.write(f"{stamp(time.time() - 5)} ERROR no such column 17\n")
        file.write(f"{stamp(time.time() - 4)} ERROR no such column 18\n")
    found = tail(files=[str(log)], since="10m", new_since=f"@{deployed}", signatures=10, last=0)
    told = {one["text"]: one for one in found["signatures"]}
    assert told["ERROR no such column #"]["new"] is True
    assert told["ERROR no such column #"]["count"] == 2
    assert told["ERROR payment failed #"]["new"] is False
    assert found["entries"] == []


def test_secrets_and_cards_are_hidden(tmp_path):
    path = tmp_path / "log"
    path.write_text(
        f"{stamp(time.time())} ERROR key sk_live_4eC39HqLyjWDarjtT1zdp7dc card 4242 4242 4242 4242 password=abc\n"
    )
    text = json.dumps(tail(files=[str(path)], signatures=5))
    for secret in ("sk_live_4eC", "4242 4242", "abc"):
        assert secret not in text


def test_rotated_and_packed_files_belong_to_it(log):
    lines = log.read_text().splitlines(keepends=True)
    log.write_text("".join(lines[1500:]))
    (log.parent / "app.log.1").write_text("".join(lines[1000:1500]))
    with gzip.open(f"{log}.2.gz", "wt") as file:
        file.writelines(lines[:1000])
    found = tail(files=[str(log)], last=10_000)
    assert last_words(found) == list(range(2000))


def test_a_traceback_is_one_record_and_crlf_is_no_text(tmp_path):
    path, now = tmp_path / "log", time.time()
    path.write_bytes(
        f"{stamp(now - 2)} ERROR it broke\r\nTraceback (most recent call last):\r\n  File 'x'\r\nKeyError: 7\r\n"
        f"{stamp(now - 1)} INFO went on\r\n\xff\x00 rubbish\r\n".encode("latin-1")
    )
    found = tail(files=[str(path)], match="KeyError")
    assert len(found["entries"]) == 1
    assert found["entries"][0]["text"].startswith(f"{stamp(now - 2)} ERROR it broke\nTraceback")
    assert "\r" not in json.dumps(found)


def test_limits_are_said(log):
    found = tail(files=[str(log)], match="nothing like this", max_bytes=65536)
    assert found["truncated"]
    assert "before byte" in found["sources"][0]["left_out"][0]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "Say what to read"),
        ({"files": ["relative.log"]}, "must be an absolute path"),
        ({"files": ["/nowhere/at.log"]}, "None of the 1 log"),
        ({"files": ["/tmp/x"], "since": "yesterday"}, "neither a length of time"),
        ({"files": ["/tmp/x"], "since": "1h", "until": "2h"}, "until lies before since"),
        ({"files": ["/tmp/x"], "match": "(open"}, "no regular expression"),
        ({"files": ["/tmp/x"], "where": "a ==="}, "no JMESPath expression"),
        ({"files": ["/tmp/x"], "last": -1}, "must be at least 0"),
        ({"files": ["/tmp/x"], "last": 99999}, "at most 10000"),
        ({"files": ["/tmp/x"], "timezone": "Mars/Olympus"}, "not known on this host"),
    ],
)
def test_what_cannot_be_read_is_refused_in_words(options, said):
    found = run_module("log_tail", **options)
    assert found["failed"]
    assert said in found["msg"]
    assert "Traceback" not in found["msg"]


def test_one_log_that_cannot_be_read_hides_no_other(log):
    found = tail(files=[str(log), "/nowhere/at.log"], last=1)
    assert len(found["entries"]) == 1
    assert found["truncated"]
    assert "No such file" in found["sources"][1]["problem"]


@pytest.fixture
def journal(tmp_path):
    """A journal as journald keeps it, of three units."""
    if not REMOTE.exists():
        pytest.skip("NOT RUN: log_tail on a journal (systemd-journal-remote is not installed)")
    begin, written = time.time() - 600, []
    for number in range(600):
        unit = ("docker.service", "cron.service", "nginx.service")[number % 3]
        message = f"MESSAGE=line {number}" if number % 10 else f"MESSAGE\n{{size}}line {number}\n  goes on"
        written.append((f"{int((begin + number) * 1e6)}", unit, "3" if number % 30 == 0 else "6", message))
    export = tmp_path / "export"
    with export.open("wb") as file:
        for at, unit, priority, message in written:
            head, dummy, text = message.partition("\n{size}")
            file.write(f"__REALTIME_TIMESTAMP={at}\n_SYSTEMD_UNIT={unit}\nPRIORITY={priority}\n".encode())
            file.write(b"_BOOT_ID=" + b"0" * 31 + b"1\n")
            if text:  # the binary form: a line feed in a text
                file.write(head.encode() + b"\n" + len(text.encode()).to_bytes(8, "little") + text.encode() + b"\n\n")
            else:
                file.write(message.encode() + b"\n\n")
    folder = tmp_path / "journal"
    folder.mkdir()
    subprocess.run([REMOTE, "-o", folder / "system.journal", export], check=True, capture_output=True)
    return folder


def test_the_journal_of_units(journal):
    found = tail(units=["docker.service"], journal_directory=str(journal), last=5)
    assert [int(one["text"].split()[1]) for one in found["entries"]] == [585, 588, 591, 594, 597]
    assert {one["stream"] for one in found["entries"]} == {"docker.service"}
    found = tail(units=["docker.service"], journal_directory=str(journal), level="error", since="5m", last=100)
    assert [int(one["text"].split()[1]) for one in found["entries"]] == list(range(300, 600, 30))[
        -len(found["entries"]) :
    ]
    assert len(found["entries"]) in (9, 10)
    assert found["entries"][0]["text"].endswith("goes on")


def test_a_journal_that_is_none(tmp_path):
    found = run_module("log_tail", units=["docker.service"], journal_directory=str(tmp_path / "nowhere"))
    assert found["failed"]
    assert "journalctl" in found["msg"]


def test_what_is_no_file_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "fifo.log")
    (tmp_path / "stdout.log").symlink_to("/dev/null")
    found = run_module("log_tail", files=[str(tmp_path / "fifo.log"), str(tmp_path / "stdout.log")])
    assert found["failed"]
    assert "no regular file" in found["msg"]


def test_a_link_beside_a_log_is_not_followed(tmp_path):
    """Who may write a folder of logs could otherwise have root read anything."""
    secret = tmp_path / "shadow"
    secret.write_text(f"{stamp(time.time() - 60)} root:$6$hash\n")
    folder = tmp_path / "logs"
    folder.mkdir()
    (folder / "app.log").write_text(f"{stamp(time.time())} INFO x\n")
    (folder / "app.log.1").symlink_to(secret)
    (folder / "other.log").symlink_to(secret)
    for files in (["app.log"], ["*.log"]):
        found = tail(files=[str(folder / one) for one in files])
        assert "root:" not in str(found["entries"])
        assert found["truncated"] is True
        assert "it is a link" in str(found["sources"])


def test_a_pattern_reads_each_file_once_and_says_what_it_did_not(tmp_path):
    for name, at in (("app.log", 10), ("app.log.1", 100)):
        (tmp_path / name).write_text(
            "".join(f"{stamp(time.time() - at - n)} INFO {name} {n}\n" for n in range(9, -1, -1))
        )
    with gzip.open(tmp_path / "app.log.2.gz", "wt") as file:
        file.write("".join(f"{stamp(time.time() - 200 - n)} INFO packed {n}\n" for n in range(9, -1, -1)))
    found = tail(files=[str(tmp_path / "*")])
    assert len(found["entries"]) == len({one["text"] for one in found["entries"]}) == 30
    found = tail(files=[str(tmp_path / "nope*.log"), str(tmp_path / "app.log")])
    assert [one["problem"] for one in found["sources"]] == ["no file matches", ""]
    assert found["truncated"] is True


def test_logs_that_begin_alike_are_no_copies(tmp_path):
    lines = [f"{stamp(time.time() - 300 + n)} INFO {n}" for n in range(200)]
    (tmp_path / "app.log").write_text("Starting server\n")
    (tmp_path / "app.log.1").write_text("\n".join(["Starting server", *lines]) + "\n")
    assert len(tail(files=[str(tmp_path / "app.log")], last=1000, since="10m")["entries"]) >= 200


def test_a_writer_that_did_not_reopen_its_log_is_read(tmp_path):
    (tmp_path / "app.log").touch()
    os.utime(tmp_path / "app.log", (time.time() - 14_400,) * 2)
    (tmp_path / "app.log.1").write_text("".join(f"{stamp(time.time() - 60 + n)} INFO {n}\n" for n in range(60)))
    assert len(tail(files=[str(tmp_path / "app.log")], last=1000)["entries"]) == 60


def test_old_tracebacks_of_a_packed_file_stay_old(tmp_path):
    (tmp_path / "app.log").write_text(f"{stamp(time.time() - 5)} INFO x\n")
    trace = "Traceback (most recent call last):\n  File\nKeyError: 1\n"
    with gzip.open(tmp_path / "app.log.1.gz", "wt") as file:
        file.write("".join(f"{stamp(time.time() - 7200 + n)} ERROR {n}\n{trace}" for n in range(5)))
    found = tail(files=[str(tmp_path / "app.log")], since="10m", signatures=5)
    assert [one["text"].split(" ")[-1] for one in found["entries"]] == ["x"]
    assert found["signatures"] == []


def test_a_file_without_times_that_is_written_right_now_is_told(tmp_path):
    (tmp_path / "x.log").write_text("one\ntwo\n")
    os.utime(tmp_path / "x.log", (time.time() + 2,) * 2)
    assert len(tail(files=[str(tmp_path / "x.log")])["entries"]) == 2


@pytest.mark.parametrize("line", ["pass" * 4000, '{"field": "' + "a" * 60_000 + '"}', "a." * 30_000, "eyJ-" * 20_000])
def test_no_line_holds_it_up(tmp_path, line):
    (tmp_path / "x.log").write_text(f"{stamp(time.time())} ERROR before\n{line}\n")
    before = processor_seconds()
    tail(files=[str(tmp_path / "x.log")], signatures=5)
    assert processor_seconds() - before < 10


def test_a_file_without_line_feeds_is_left_in_time(tmp_path):
    with open(tmp_path / "lastlog", "wb") as file:
        file.truncate(60 * 2**30)
    found = tail(files=[str(tmp_path / "lastlog")], max_seconds=1)
    assert found["truncated"] is True
    assert found["scanned_bytes"] < 60 * 2**30


SECRETS = (
    '{"password": "correct horse battery staple", "card": 4242424242424242, "pin_password": 12345678}',
    '{"secret": {"value": "NESTEDVALUE"}, "x": {"password": "a\\"TAILOFPW"}}',
    'Authorization": "Basic dXNlcjpwYXNzd29yZA=="',
    "GET /maps?a=1&key=AIzaSyA-1234567890123456789012345678901",
    "Cookie: csrftoken=a; sessionid=TOPSESSION",
    "password => hunter2 and ('password', 'hunter4')",
    "x" * 4090 + " sk_live_FIRSTHALFOFSECRETTAIL " + "y" * 9000,
    "-----BEGIN PRIVATE KEY-----\\nMIIEvSECRETBODY",
)
SHOWN = (
    "horse", "4242424242424242", "12345678", "NESTEDVALUE", "TAILOFPW", "dXNlcjpw", "AIzaSy", "TOPSESSION", "hunter",
    "FIRSTHALF", "ECRETTAIL", "SECRETBODY",
)  # fmt: skip


def test_secrets_in_all_their_forms(tmp_path):
    (tmp_path / "x.log").write_text("".join(f"{line}\n" for line in SECRETS))
    told = str(tail(files=[str(tmp_path / "x.log")])["entries"])
    assert [one for one in SHOWN if one in told] == []


def test_an_expression_that_tries_everything_is_broken_off(tmp_path):
    path = tmp_path / "log"
    path.write_text(f"{stamp(time.time())} {'a' * 40}!\n" * 5)  # 2**40 attempts: it would take hours
    found = run_module("log_tail", files=[str(path)], match="(a+)+$b", max_seconds=0.5, signatures=0)
    assert "simplify it" in found["msg"]


def test_what_is_dated_after_now_is_told_and_said(tmp_path):
    """As of a container whose clock shows another zone."""
    path = tmp_path / "log"
    path.write_text("".join(f"{stamp(time.time() + 7000 + number)} line {number}\n" for number in range(10)))
    found = tail(files=[str(path)])
    assert last_words(found) == list(range(10))
    assert "ahead of this host's clock" in found["sources"][0]["left_out"][0]
    assert tail(files=[str(path)], until="0")["entries"] == []


def test_times_of_a_zone_west_of_here_are_doubted(tmp_path):
    path = tmp_path / "log"
    path.write_text("".join(f"{stamp(time.time() - 5 * 3600 + number)} line {number}\n" for number in range(10)))
    found = tail(files=[str(path)])
    assert found["entries"] == []
    assert "say it with timezone" in found["sources"][0]["left_out"][0]


def test_a_clock_that_was_set_back_leaves_them_in_order(tmp_path):
    path, now = tmp_path / "log", time.time()
    order = [*range(50), *range(30, 60)]
    path.write_text("".join(f"{stamp(now - 100 + number)} line {number}\n" for number in order))
    times = [one["at"] for one in tail(files=[str(path)], last=1000)["entries"]]
    assert len(times) == len(order)
    assert times == sorted(times)


def test_a_long_record_costs_no_more_than_a_short_one(tmp_path):
    """For each byte that is read, in the kernel's count of processor time."""
    path, short = tmp_path / "log", tmp_path / "short"
    begin, text = time.time() - 300, "x " * 60_000
    with path.open("w") as file, short.open("w") as lines:
        for number in range(60):
            file.write(f"{stamp(begin + number)} password=abc {text}END {number}\n")
            lines.writelines(f"{stamp(begin + number)} password=abc {text[:100]}\n" for dummy in range(100))
    costs = []
    for log, last in ((short, 5000), (path, 60)):
        before = processor_seconds()
        found = tail(files=[str(log)], last=last, max_seconds=3600)
        assert len(found["entries"]) == last
        costs.append((processor_seconds() - before) / found["scanned_bytes"])
    assert costs[1] < costs[0]
    assert max(len(one["text"]) for one in found["entries"]) < 20_000
    assert all("END" in one["text"][-20:] for one in found["entries"])
    assert "abc" not in json.dumps(found["entries"])


def test_a_journal_that_does_not_answer_is_left_in_time(tmp_path, monkeypatch):
    (tmp_path / "journalctl").write_text("#!/bin/sh\nexec sleep 3600\n")
    (tmp_path / "journalctl").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    found = tail(units=["x.service"], max_seconds=1.0)
    assert "the time was over" in found["sources"][0]["left_out"][0]


def test_requests_are_counted_beyond_the_last_records(tmp_path):
    """A busy site: the last records are all younger than the release, and so say nothing of the time before it."""
    now = time.time()
    released = now - 300

    def line(at, status):
        when = time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(at))
        return f'10.0.0.9 - - [{when}] "POST /api/payments/ HTTP/1.1" {status} 17\n'

    ages = [2400 - each for each in range(2400)]
    path = tmp_path / "access.log"
    path.write_text("".join(line(now - age, 500 if age <= 300 and age % 2 else 200) for age in ages))
    options = {"files": [str(path)], "match": "payments", "last": 20, "since": "30m", "signatures": 5}
    found = run_module("log_tail", **options, new_since=stamp(released))
    assert len(found["entries"]) == 20
    assert found["requests"]["before"] == {"asked": found["requests"]["before"]["asked"], "failed": 0}
    assert found["requests"]["before"]["asked"] >= 2090  # also from before the 30 minutes
    assert abs(found["requests"]["since"]["asked"] - 300) <= 2
    assert abs(found["requests"]["since"]["failed"] - 150) <= 2
    assert run_module("log_tail", **options)["requests"]["since"]["asked"] == 0
