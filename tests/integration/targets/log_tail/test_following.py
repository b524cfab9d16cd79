"""log_tail waits for what is written from now on."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from support.modules import run_module


def line(text: str, ago: float = 0.0) -> str:
    return f"{time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(time.time() - ago))} {text}\n"


@contextmanager
def written(path: Path, text: str) -> Iterator[None]:
    """A line of this text again and again, as long as the context lasts: the module's start takes its time."""
    over = threading.Event()

    def write() -> None:
        while not over.wait(0.2):
            with path.open("a") as file:
                file.write(line(text))

    writer = threading.Thread(target=write)
    writer.start()
    try:
        yield
    finally:
        over.set()
        writer.join()


def test_a_log_is_followed_until_the_first_record_that_matches(tmp_path):
    path = tmp_path / "app.log"
    path.write_text(line("payment accepted id=old", 600) + "without a time: payment accepted id=undated\n")
    with written(path, "payment accepted id=new"):
        found = run_module("log_tail", files=[str(path)], match="payment accepted", follow=300)
    assert {entry["text"].split()[-1] for entry in found["entries"]} == {"id=new"}
    assert found["followed"] < 300


def test_what_does_not_match_ends_it_not(tmp_path):
    path = tmp_path / "app.log"
    path.write_text(line("payment accepted", 600))
    with written(path, "GET /health"):
        found = run_module("log_tail", files=[str(path)], match="payment accepted", follow=2)
    assert found["matched"] == 0
    assert found["followed"] >= 2


def test_without_a_condition_it_is_followed_to_the_end(tmp_path):
    path = tmp_path / "app.log"
    path.write_text(line("before", 600))
    with written(path, "GET /health"):
        found = run_module("log_tail", files=[str(path)], follow=2)
    assert found["matched"] > 1
    assert found["followed"] >= 2
    assert "before" not in str(found["entries"])
    assert run_module("log_tail", files=[str(path)])["followed"] == 0.0


@pytest.mark.parametrize("options", [{"follow": -1}, {"follow": 4000}, {"follow": 9, "until": "1m"}])
def test_what_cannot_be_followed(tmp_path, options):
    assert "Nothing was done" in run_module("log_tail", files=[str(tmp_path / "x")], **options)["msg"]
