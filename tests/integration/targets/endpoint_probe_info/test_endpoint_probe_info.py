"""endpoint_probe_info from the host: real PostgreSQL, Redis and HTTP servers; containers' networks on the platform."""

from __future__ import annotations

import http.server
import json
import socket
import ssl
import struct
import threading
import time
from contextlib import ExitStack, closing, contextmanager, suppress
from unittest import mock

import psycopg2
import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._endpoints.io import resolver as names
from ansible_collections.pafar.runbook.plugins.module_utils._endpoints.io.namespaces import Place

from support.clients import until
from support.modules import run_module
from support.probing import KEY, certificate, probe, row
from support.servers import Server, newest


class Answers(http.server.BaseHTTPRequestHandler):
    """/200 answers 200; with the right bearer /key does; each second request to /flaps is cut off."""

    protocol_version = "HTTP/1.1"
    count = 0

    def answer(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = self.path.partition("?")[0]
        if path == "/flaps":
            Answers.count += 1
            if Answers.count % 2:
                self.close_connection = True
                return
        if path == "/slow":
            time.sleep(0.4)
        status = int(path[1:]) if path[1:].isdigit() else 200
        told = {"status": "OK", "object": "list"}
        if path == "/key" and self.headers.get("Authorization") != f"Bearer {KEY}":
            status, told = 401, {"error": {"message": f"Invalid API Key provided: {self.headers.get('Authorization')}"}}
        if path == "/portal":
            told = "<html>Please log in</html>"
        if path == "/hostile":
            told = "a" * 200 + "!"
        if path == "/maps" and f"key={KEY}" not in self.path:
            told = {"status": "REQUEST_DENIED", "error_message": "The provided API key is invalid."}
        body = (told if isinstance(told, str) else json.dumps(told)).encode()
        self.send_response(status)
        if path == "/503":
            self.send_header("Request-Id", "req_8aHfK3L2m9")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_HEAD = answer

    def log_message(self, *dummy):
        pass


@contextmanager
def serving(certificate=None):
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()


@pytest.fixture(scope="module")
def web():
    with serving() as port:
        yield f"http://127.0.0.1:{port}"


def test_postgresql_is_asked_in_its_own_words(server):
    found = row({"kind": "postgres", "host": "127.0.0.1", "port": server.port})
    assert found["state"] == "up", found
    assert list(found["layers"]) == ["dns", "tcp", "protocol"]
    assert "asks for credentials" in found["why"]
    assert found["unasked"].endswith("whether it takes writes")


def test_a_postgresql_that_asks_the_probe_for_no_password_is_read_to_the_end():
    """Where pg_hba.conf trusts it: what is refused behind the password, and what the server says of itself."""
    with Server(newest(), {"default_transaction_read_only": "on"}) as readonly:
        it = {"kind": "postgres", "host": "127.0.0.1", "port": readonly.port}
        rules = readonly.data / "pg_hba.conf"
        rules.write_text(f"host all pafar_probe 127.0.0.1/32 trust\n{rules.read_text()}")
        with closing(psycopg2.connect(readonly.dsn())) as session, session.cursor() as cursor:
            session.set_session(readonly=False, autocommit=True)
            cursor.execute("SELECT pg_reload_conf()")
            until(lambda: 'role "pafar_probe" does not exist' in row(it)["why"], what="the rules are read")
            cursor.execute("CREATE ROLE pafar_probe LOGIN CONNECTION LIMIT 0")
            limited = row(it)
            cursor.execute("ALTER ROLE pafar_probe CONNECTION LIMIT 5")
        let_in = row(it)
    assert (limited["state"], "the probe's own role" in limited["why"]) == ("up", True), limited["why"]
    assert (let_in["state"], "read-only by default" in let_in["why"]) == ("degraded", True), let_in


def test_a_postgresql_without_a_slot_is_down():
    with Server(newest(), {"max_connections": "6", "max_wal_senders": "0"}) as small, ExitStack() as held:
        for dummy in range(6):
            held.callback(psycopg2.connect(small.dsn()).close)
        found = row({"kind": "postgres", "host": "127.0.0.1", "port": small.port})
    assert (found["state"], found["layer"]) == ("down", "protocol")
    assert found["layers"]["protocol"]["sqlstate"] == "53300"


def test_redis_is_asked_in_its_own_words(redis):
    it = {"kind": "redis", "host": "127.0.0.1", "port": redis}
    assert row(it)["layers"]["protocol"]["said"] == "+PONG"
    with socket.create_connection(("127.0.0.1", redis)) as asking:
        asking.sendall(b"CONFIG SET requirepass secret\r\n")
        assert asking.recv(100).startswith(b"+OK")
    assert row(it)["state"] == "up", "a server that wants a password is up"


def test_what_is_no_redis_and_no_postgresql_is_told(web):
    port = int(web.rpartition(":")[2])
    assert "does not answer" in row({"kind": "postgres", "host": "127.0.0.1", "port": port}, timeout=2)["why"]
    assert "not Redis" in row({"kind": "redis", "host": "127.0.0.1", "port": port})["why"]


def test_the_id_that_a_provider_gave_to_the_request_is_returned(web):
    """Its support finds the request by it; an answer without one has no such fact."""
    failed = row({"url": f"{web}/503", "judge": "stripe", "key": "stripe"}, keys={"stripe": KEY})
    assert (failed["fault_of"], failed["layers"]["protocol"]["request_id"]) == ("theirs", "req_8aHfK3L2m9")
    assert "request_id" not in row({"url": f"{web}/200"})["layers"]["protocol"]


def test_layers(web):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        closed = free.getsockname()[1]
    found = probe(
        {"name": "healthy", "url": f"{web}/200"},
        {"name": "wrong status", "url": f"{web}/503"},
        {"name": "nobody", "url": f"http://127.0.0.1:{closed}/"},
        {"name": "unknown", "url": "http://no-such-host.invalid/"},
        {"name": "plain", "url": f"https://127.0.0.1:{web.rpartition(':')[2]}/"},
        {"name": "port", "kind": "tcp", "host": "127.0.0.1", "port": int(web.rpartition(":")[2])},
    )
    layers = {one["target"]: (one["state"], one["layer"]) for one in found["matrix"]}
    assert layers == {
        "healthy": ("up", ""),
        "wrong status": ("down", "protocol"),
        "nobody": ("down", "tcp"),
        "unknown": ("down", "dns"),
        "plain": ("down", "tls"),
        "port": ("up", ""),
    }
    assert not found["healthy"]
    assert len(found["lines"]) == 4


def test_flapping_is_told_apart_from_down(web):
    found = row({"url": f"{web}/flaps"}, attempts=6)
    assert found["state"] == "flapping"
    assert 0 < found["failed"] < 6


def test_one_that_hangs_is_bounded(web):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(8)
        found = row({"kind": "redis", "host": "127.0.0.1", "port": silent.getsockname()[1]}, attempts=2, timeout=1)
    assert (found["state"], found["layer"]) == ("down", "protocol")
    assert "does not answer" in found["why"]


def test_slow_is_degraded(web):
    assert row({"url": f"{web}/slow", "slow": 0.2})["state"] == "degraded"


@pytest.mark.parametrize(
    ("key", "state", "fault_of"), [("right", "up", ""), ("wrong", "down", "key"), ("", "up", "")]
)  # fmt: skip
def test_a_key_of_stripe_is_judged_and_never_told(web, key, state, fault_of):
    keys = {"stripe": {"right": KEY, "wrong": KEY[::-1]}[key]} if key else {}
    it = {"url": f"{web}/key", "judge": "stripe", **({"key": "stripe"} if key else {})}
    found = row(it, keys=keys)
    assert (found["state"], found["fault_of"]) == (state, fault_of)
    assert KEY[::-1] not in json.dumps(found)


def test_a_key_of_maps_goes_where_google_wants_it(web):
    it = {"url": f"{web}/maps?address=Lagos", "judge": "maps"}
    assert row({**it, "key": "maps"}, keys={"maps": KEY})["state"] == "up"
    assert row({**it, "key": "maps"}, keys={"maps": "AIza-wrong"})["fault_of"] == "key"


@pytest.mark.parametrize("days", [-30, 30])
def test_a_certificate_that_is_not_trusted_tells_when_it_ends(tmp_path, days):
    with serving(certificate(tmp_path / "pem", days)) as port:
        found = row({"url": f"https://127.0.0.1:{port}/"})
    assert (found["state"], found["layer"]) == ("down", "tls")
    assert found["layers"]["tls"]["days_left"] in (days - 1, days)
    assert found["layers"]["tls"]["expired"] is (days < 0)
    assert found["layers"]["tls"]["issuer"] == "127.0.0.1"


def test_headers_are_hidden_and_hide_nothing_else(web):
    it = {"name": "it", "url": f"{web}/200", "headers": {"X-Api-Key": KEY, "X-Odd": "seven-times", "DNT": "1"}}
    found = run_module("endpoint_probe_info", targets=[it], attempts=1)
    assert KEY not in json.dumps(found)
    assert "seven-times" not in json.dumps(found)
    assert (found["matrix"][0]["up"], found["matrix"][0]["address"]) == (1, web.removeprefix("http://"))
    assert found["invocation"]["module_args"]["targets"][0]["url"] == it["url"]


@pytest.mark.parametrize("more", [{"url": f"http://web/?key={KEY}"}, {"url": f"http://a:{KEY}@web/"}])
def test_a_secret_in_what_is_refused_is_told_nowhere(more):
    it = {"name": "it", "url": "http://web/", **more, "headers": {"X-Own": "seven-times"}}
    found = run_module("endpoint_probe_info", targets=[it])
    assert found["failed"]
    assert KEY not in json.dumps(found)
    assert "seven-times" not in json.dumps(found)


@pytest.mark.parametrize("judge", ["stripe", "maps"])
def test_a_portal_in_between_is_not_taken_for_the_provider(web, judge):
    found = row({"url": f"{web}/portal", "judge": judge, "key": "k"}, keys={"k": KEY})
    assert (found["state"], found["fault_of"]) == ("down", "network")


@pytest.mark.parametrize(
    ("pattern", "state"), [("(a+)+$", "degraded"), ("(a|aa)+$", "degraded"), ("a+!$", "up"), ("b+", "down")]
)
def test_a_search_that_never_ends_is_ended(web, pattern, state):
    found = row(
        {"url": f"{web}/hostile", "body": pattern}, attempts=1, **({"timeout": 4} if state == "degraded" else {})
    )
    assert found["state"] == state, found
    assert pattern in found["why"] or state == "up"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"targets": [{"name": "x", "url": "web/"}]}, "must begin with http"),
        ({"targets": [{"name": "x", "url": f"http://a:{KEY}@web/"}]}, "must hold no password"),
        ({"targets": [{"name": "x", "url": "http://web/", "key": "k"}]}, "neither keys nor key_variables"),
        ({"targets": [{"name": "x", "url": "http://web/", "body": "("}]}, "no regular expression"),
        ({"targets": [{"name": "x", "url": "http://web/"}], "attempts": 0}, "must be at least 1"),
        ({"targets": [], "keys": {"k": "a\r\nX: y"}}, "line feed"),
        ({"targets": [], "key_variables": {"k": "text"}}, "takes `service` and `variable`"),
    ],
)
def test_what_cannot_be_tried_is_refused_in_words(options, said):
    found = run_module("endpoint_probe_info", **options)
    assert found["failed"]
    assert said in found["msg"]
    assert KEY not in found["msg"]


def fed(*pieces: bytes, pause: float = 0.3) -> tuple[socket.socket, int]:
    """A server that answers whoever connects in pieces, and never ends."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with suppress(OSError):
            while True:
                talking, dummy = listening.accept()
                with talking, suppress(OSError):
                    talking.recv(4096)
                    for piece in pieces * 100 if len(pieces) == 1 else pieces:
                        talking.sendall(piece)
                        time.sleep(pause)

    threading.Thread(target=serve, daemon=True).start()
    return listening, listening.getsockname()[1]


@pytest.mark.parametrize("drip", [b"HTTP/1.1 200 OK\r\n\r\ndata: ping\n\n", b"H"])
def test_an_answer_that_never_ends_is_bounded(drip):
    listening, port = fed(drip)
    with listening:
        found = run_module(
            "endpoint_probe_info", targets=[{"name": "x", "url": f"http://127.0.0.1:{port}/"}], timeout=1, attempts=1
        )
    assert found["matrix"][0]["state"] in ("up", "down")


def test_an_error_of_postgresql_in_two_packets_is_understood():
    body = b"SFATAL\0C53300\0Msorry, too many clients already\0\0"
    message = b"E" + struct.pack(">i", len(body) + 4) + body
    for pieces in ((b"N", message[:7], message[7:]), (message[:3], message[3:])):
        listening, port = fed(*pieces, pause=0.1)
        with listening:
            target = {"name": "db", "kind": "postgres", "host": "127.0.0.1", "port": port}
            row = run_module("endpoint_probe_info", targets=[target], attempts=1)["matrix"][0]
        assert row["state"] == "down", row
        assert "every connection slot is taken (53300)" in row["why"]


@pytest.mark.parametrize(
    ("text", "servers", "dots"),
    [
        ("nameserver 127.0.0.11\noptions ndots:0\n", ["127.0.0.11"], 0),
        (f"nameserver {'ä' * 70}\nnameserver 10.0.0.1\noptions ndots:5 ndots:2\n", ["10.0.0.1"], 2),
        ("nameserver fe80::1%eth0\nsearch a b c d e f g h\n", ["fe80::1"], 1),
        ("options ndots:²\n", [], 1),
    ],
)
def test_what_a_container_says_of_its_names_is_checked(text, servers, dots):
    found = names._configuration(text)
    assert (found[0], found[2]) == (servers, dots)
    assert len(found[1]) <= 6


def test_a_name_server_that_is_silent_costs_no_more_than_the_time_there_is():
    silent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with silent:
        place = Place("x", pid=0)
        text = "nameserver 192.0.2.1\nsearch " + " ".join(f"s{number}" for number in range(60))
        with mock.patch.object(Place, "read", lambda dummy, path: text if "resolv" in path else ""):
            with pytest.raises(names.Unresolved):
                names.addresses(Place("x", pid=1), "db", 1.0)
        assert place.pid == 0


def test_links_in_a_container_stay_in_the_container(tmp_path):
    """Its root is a folder here: what counts is where a link leads."""
    root = tmp_path / "root"
    (root / "etc/real").mkdir(parents=True)
    (root / "etc/real/ca.crt").write_text("inside")
    (tmp_path / "secret").write_text("outside")
    (root / "etc/absolute").symlink_to("/etc/real/ca.crt")
    (root / "etc/relative").symlink_to("../etc/./real/ca.crt")
    (root / "etc/upwards").symlink_to("../../../../../../secret")
    (root / "etc/host").symlink_to(tmp_path / "secret")
    (root / "etc/loop").symlink_to("/etc/loop")
    with mock.patch.object(Place, "root", str(root)):
        place = Place("x", pid=1)
        assert place.read("/etc/absolute") == place.read("/etc/relative") == "inside"
        assert [place.read(f"/etc/{name}") for name in ("upwards", "host", "loop", "none")] == [""] * 4


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"sources": []}, "nothing would be tried"),
        ({"targets": [{"name": "x", "url": "http://127.0.0.1/", "headers": {"X": "ä"}}]}, "in ASCII"),
        ({"keys": {"k": "ä"}}, "no key does"),
    ],
)
def test_what_could_not_be_sent_is_refused(options, said):
    found = run_module(
        "endpoint_probe_info", **{"targets": [{"name": "x", "url": "http://127.0.0.1/", "key": ""}], **options}
    )
    assert found["failed"]
    assert said in found["msg"]
