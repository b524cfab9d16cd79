"""Users, all the time: they browse, book and pay, and it is counted what they feel.

An open load: a request starts every 1/LOAD_RATE seconds (default 20 a second, at most 50) whether or not the earlier
ones were answered, as users do. Who gets no answer within LOAD_PATIENCE seconds (default 2) has gone away. Who has paid
looks for the confirmation of the payment for six seconds, which is counted apart, as the kind "confirm". It talks to
LOAD_TARGET alone (default http://nginx), which must be loopback or on a network of this container, and ends by itself
after LOAD_SECONDS (default 7200, at most 21600).

What was counted is served on port 9000:
/stats?since=T&until=T&kind=K     requests of one kind (without it: "browse", "book" and "pay"), success (0 to 1),
                                  outcomes, latency in seconds, seconds left until it ends; times are seconds since 1970
/requests?since=T&until=T&kind=K  every such request: [started, kind, outcome, seconds], the last 20,000
/metrics                          totals for Prometheus
"""

from __future__ import annotations

import http.client
import ipaddress
import json
import os
import random
import socket
import sys
import threading
import time
from collections import Counter, deque
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

RATE = min(50.0, max(0.1, float(os.environ.get("LOAD_RATE", "20"))))
PATIENCE = float(os.environ.get("LOAD_PATIENCE", "2"))
SECONDS = min(21600.0, float(os.environ.get("LOAD_SECONDS", "7200")))
TARGET = urlsplit(os.environ.get("LOAD_TARGET", "http://nginx")).netloc
KINDS = ("browse", "book", "pay")
WEIGHTS = (50, 35, 15)
CONFIRM = "confirm"
# Stripe sends its webhook half a second after the charge, and once more two seconds later.
CONFIRM_PATIENCE, CONFIRM_PAUSE = 6.0, 0.8
TRIPS, CUSTOMERS = 400, 20000
MOST_RECORDS = 150_000
MOST_SHOWN = 20_000
# The platform expires a booking that nobody paid after ten minutes.
PAY_WITHIN = 480
BEGAN = time.time()


class Request(NamedTuple):
    started: float
    kind: str
    outcome: str
    seconds: float


class Users:
    """What they do, and what became of it."""

    def __init__(self) -> None:
        self.done: deque[Request] = deque(maxlen=MOST_RECORDS)
        self.waiting: dict[int, tuple[float, str]] = {}
        self.totals: Counter[tuple[str, str]] = Counter()
        self.spent: Counter[str] = Counter()
        self.confirmations: deque[Request] = deque(maxlen=MOST_RECORDS)
        self.confirmed: Counter[str] = Counter()
        self.unpaid: deque[tuple[float, str]] = deque(maxlen=500)
        self.lock = threading.Lock()

    def arrive(self, number: int, kind: str, began: float) -> None:
        """A user is there from now on, also when no thread has served him yet."""
        with self.lock:
            self.waiting[number] = (began, kind)

    def act(self, number: int, kind: str, began: float) -> None:
        """One request; it began when its time had come, also if this thread came late."""
        charge = ""
        try:
            outcome, charge = self.pay() if kind == "pay" else (getattr(self, kind)(), "")
        except TimeoutError:
            outcome = "timeout"
        except (OSError, http.client.HTTPException) as error:
            outcome = type(error).__name__
        with self.lock:
            # Within the lock: what is answered before the totals are read is counted in them, also on a busy machine.
            took = time.time() - began
            if outcome == "ok" and took > PATIENCE:
                outcome = "timeout"
            del self.waiting[number]
            self.done.append(Request(began, kind, outcome, took))
            self.totals[kind, outcome] += 1
            self.spent[kind] += took
        if charge:
            self.confirm(charge)

    def confirm(self, charge: str) -> None:
        """Look for the confirmation until it is there, or patience ends."""
        began, outcome = time.time(), "unconfirmed"
        while outcome != "ok" and time.time() < began + CONFIRM_PATIENCE:
            time.sleep(CONFIRM_PAUSE)
            try:
                status, reply = self.ask("GET", f"/api/payments/?charge={charge}")
            except (OSError, http.client.HTTPException):
                continue
            if status == 200 and reply.get("status") == "confirmed":
                outcome = "ok"
        with self.lock:
            self.confirmations.append(Request(began, CONFIRM, outcome, time.time() - began))
            self.confirmed[outcome] += 1

    def ask(self, method: str, path: str, body: dict | None = None) -> tuple[int, dict]:
        connection = http.client.HTTPConnection(TARGET, timeout=PATIENCE)
        try:
            payload = None if body is None else json.dumps(body)
            connection.request(method, path, payload, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            text = answer.read()
            try:
                return answer.status, json.loads(text)
            except ValueError:
                return answer.status, {}
        finally:
            connection.close()

    def browse(self) -> str:
        path = random.choice(
            ("/api/trips/", f"/api/trips/{random.randint(1, TRIPS)}/", f"/api/bookings/?customer={customer()}")
        )
        return word(*self.ask("GET", path))

    def book(self) -> str:
        status, reply = self.ask(
            "POST", "/api/bookings/", {"trip": random.randint(1, TRIPS), "customer": customer(), "seats": 1}
        )
        if status == 201:
            self.unpaid.append((time.time(), reply["reference"]))
        return word(status, reply)

    def pay(self) -> tuple[str, str]:
        """The outcome, and the number of the charge if there is one."""
        booked, reference = 0.0, ""
        while booked < time.time() - PAY_WITHIN:
            try:
                booked, reference = self.unpaid.popleft()
            except IndexError:
                return self.book(), ""
        status, reply = self.ask("POST", "/api/payments/", {"booking": reference, "token": "tok_visa"})
        return word(status, reply), str(reply.get("charge", "")) if status == 201 else ""

    def between(self, since: float, until: float, kind: str | None) -> list[Request]:
        """Requests that started in the span and are decided: answered, or longer without an answer than users wait.
        Without a kind: all but those for a confirmation."""
        now = time.time()
        if kind == CONFIRM:
            with self.lock:
                return sorted(each for each in self.confirmations if since <= each.started < until)
        until = min(until, now - PATIENCE - 0.1)
        with self.lock:
            requests = list(self.done)
            requests += [Request(began, what, "timeout", now - began) for began, what in self.waiting.values()]
        return sorted(
            request for request in requests if since <= request.started < until and kind in (None, request.kind)
        )


def customer() -> int:
    return random.randint(1, CUSTOMERS)


def word(status: int, reply: dict) -> str:
    return "ok" if status < 400 else str(reply.get("error", f"http_{status}"))


def summary(requests: list[Request]) -> dict:
    took = sorted(request.seconds for request in requests)
    good = sum(1 for request in requests if request.outcome == "ok")

    def share(part: float) -> float | None:
        return round(took[min(len(took) - 1, int(part * len(took)))], 4) if took else None

    return {
        "requests": len(requests),
        "success": round(good / len(requests), 4) if requests else None,
        "outcomes": dict(Counter(request.outcome for request in requests)),
        "seconds": {"p50": share(0.5), "p95": share(0.95), "p99": share(0.99)},
    }


class Counts(BaseHTTPRequestHandler):
    users: Users

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        asked = {key: values[-1] for key, values in parse_qs(parts.query).items()}
        since, until = float(asked.get("since", 0)), float(asked.get("until", time.time()))
        if parts.path == "/metrics":
            self.answer(self.metrics(), "text/plain; version=0.0.4")
        elif parts.path == "/stats":
            report = summary(self.users.between(since, until, asked.get("kind")))
            left = max(0, round(BEGAN + SECONDS - time.time()))
            self.answer(json.dumps({"now": time.time(), "left": left, **report}))
        elif parts.path == "/requests":
            self.answer(json.dumps(self.users.between(since, until, asked.get("kind"))[-MOST_SHOWN:]))
        else:
            self.send_error(404)

    def metrics(self) -> str:
        with self.users.lock:
            counts, spent = dict(self.users.totals), dict(self.users.spent)
            confirmed = dict(self.users.confirmed)
        lines = ["# TYPE pafar_user_requests_total counter"]
        lines += [f'pafar_user_requests_total{{kind="{k}",outcome="{o}"}} {n}' for (k, o), n in counts.items()]
        lines += ["# TYPE pafar_user_confirmations_total counter"]
        lines += [f'pafar_user_confirmations_total{{outcome="{o}"}} {n}' for o, n in confirmed.items()]
        lines += ["# TYPE pafar_user_seconds_total counter"]
        lines += [f'pafar_user_seconds_total{{kind="{kind}"}} {seconds:.3f}' for kind, seconds in spent.items()]
        return "\n".join(lines) + "\n"

    def answer(self, text: str, kind: str = "application/json") -> None:
        body = text.encode()
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        pass


def is_near(address: str) -> bool:
    """Whether it is loopback or on a network of this machine, by the kernel's routes without a gateway."""
    wanted = ipaddress.IPv4Address(address)
    if wanted.is_loopback:
        return True
    with open("/proc/net/route") as routes:
        for line in list(routes)[1:]:
            fields = line.split()
            network, gateway, mask = fields[1], fields[2], fields[7]
            if int(gateway, 16) == 0 and int(mask, 16):
                number = int.from_bytes(wanted.packed, sys.byteorder)
                if number & int(mask, 16) == int(network, 16):
                    return True
    return False


def main() -> None:
    host = TARGET.partition(":")[0]
    try:
        near = is_near(socket.gethostbyname(host))
    except OSError as error:
        sys.exit(f"{host} cannot be found: {error}")
    if not near:
        sys.exit(f"{host} is outside of this platform: load is made on loopback and this container's networks alone.")
    users = Users()
    Counts.users = users
    server = ThreadingHTTPServer(("", 9000), Counts)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"{RATE:g} requests a second to {TARGET} for {SECONDS:g} s", flush=True)
    began = time.time()
    sent = 0
    # Enough threads for everyone who may be waiting at the same time, and some.
    payers = RATE * WEIGHTS[KINDS.index("pay")] / sum(WEIGHTS)
    with ThreadPoolExecutor(int(RATE * (PATIENCE + 1) + 2 * payers * CONFIRM_PATIENCE) + 10) as pool:
        while (due := began + sent / RATE) < began + SECONDS:
            time.sleep(max(0.0, due - time.time()))
            kind = random.choices(KINDS, WEIGHTS)[0]
            users.arrive(sent, kind, due)
            pool.submit(users.act, sent, kind, due)
            sent += 1
    print(json.dumps(summary(list(users.done))), flush=True)


if __name__ == "__main__":
    main()
