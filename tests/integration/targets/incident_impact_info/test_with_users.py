"""The users of the game-day platform beside a real Prometheus that scrapes them: what incident_impact_info says of a
fault is what they counted themselves. Their service is a small one on this host, which stops or fails on command."""

from __future__ import annotations

import http.server
import importlib.util
import json
import random
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from support.modules import run_module
from support.prometheus import MISSING, PROGRAMS, prometheus
from support.servers import ROOT

pytestmark = pytest.mark.skipif(not all(PROGRAMS), reason=MISSING)
RATE = 20  # requests a second
OBJECTIVES = {
    "bookings": {
        "good": 'pafar_user_requests_total{kind="book",outcome="ok"}', "all": 'pafar_user_requests_total{kind="book"}',
        "target": 99.9,
    },
    "browsing": {
        "good": 'pafar_user_requests_total{kind="browse",outcome="ok"}',
        "all": 'pafar_user_requests_total{kind="browse"}',
    },
}  # fmt: skip


class Service(http.server.BaseHTTPRequestHandler):
    """``fault``: empty, ``stalls`` (bookings are not answered until it is over) or ``fails`` (with status 500)."""

    fault = ""

    def do_GET(self) -> None:
        self.answer(200)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        is_booking = self.path == "/api/bookings/"
        while is_booking and self.fault == "stalls":
            time.sleep(0.05)
        self.answer(500 if is_booking and self.fault == "fails" else 201)

    def answer(self, status: int) -> None:
        body = json.dumps({"reference": f"R{random.randrange(10**9)}"}).encode()
        try:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        except OSError:
            return  # the user has gone away

    def log_message(self, *_words: Any) -> None:
        pass


@contextmanager
def serving(handler: type[http.server.BaseHTTPRequestHandler]) -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def users_of(service: str) -> Any:
    """The program of the platform, with the service in place of its proxy."""
    spec = importlib.util.spec_from_file_location("platform_load", ROOT / "tests/platform/load/load.py")
    assert spec is not None
    load = importlib.util.module_from_spec(spec)
    sys.modules["platform_load"] = load
    assert spec.loader is not None
    spec.loader.exec_module(load)
    load.TARGET = service
    load.Counts.users = load.Users()
    return load


def ask_for(load: Any, stop: threading.Event) -> None:
    number, began = 0, time.time()
    while not stop.is_set():
        kind = random.choices(load.KINDS, load.WEIGHTS)[0]
        due = began + number / RATE
        load.Counts.users.arrive(number, kind, due)
        threading.Thread(target=load.Counts.users.act, args=(number, kind, due), daemon=True).start()
        number += 1
        stop.wait(max(0.0, began + number / RATE - time.time()))


def stamp(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def seconds_of(text: str) -> float:
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


@pytest.mark.full("faults that users count themselves")
@pytest.mark.parametrize("fault", ["stalls", "fails"])
def test_the_figures_are_those_of_the_users(tmp_path, fault):
    stop = threading.Event()
    with serving(Service) as service:
        load = users_of(service)
        with serving(load.Counts) as counts, prometheus(tmp_path / "prometheus", scraped=counts) as url:
            asking = threading.Thread(target=ask_for, args=(load, stop), daemon=True)
            asking.start()
            try:
                time.sleep(14)
                began, Service.fault = time.time(), fault
                time.sleep(20)
                ended, Service.fault = time.time(), ""
                time.sleep(load.PATIENCE + 6)
            finally:
                Service.fault = ""
                stop.set()
                asking.join()
            time.sleep(4)  # until what is under way is counted and scraped
            found = run_module(
                "incident_impact_info", url=url, since=stamp(began + 6), until=stamp(ended + 1), objectives=OBJECTIVES
            )
    note = found["note"]
    counted = [each for each in load.Counts.users.between(0, time.time(), "book") if each.outcome != "ok"]
    bookings, browsing = note["requests"]
    print(f"{fault}: {len(counted)} failed by the users, {bookings['failed']} by Prometheus; began"
          f" {seconds_of(note['starts_at']) - counted[0].started:+.1f} s, ended"
          f" {seconds_of(note['ends_at']) - max(each.started + each.seconds for each in counted):+.1f} s")  # fmt: skip
    assert note["estimated_by"] == "series"
    assert abs(bookings["failed"] - len(counted)) <= 0.01 * len(counted)
    assert browsing["failed"] == 0
    # A request that waits is counted when its user has gone away; on a slow machine readings are further apart.
    close = max(3.0, note["within"] + load.PATIENCE)
    assert abs(seconds_of(note["starts_at"]) - counted[0].started) <= close
    assert abs(seconds_of(note["ends_at"]) - max(each.started + each.seconds for each in counted)) <= close
