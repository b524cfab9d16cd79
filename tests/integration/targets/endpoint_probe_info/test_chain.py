"""endpoint_probe_info on TLS servers: which certificate of the chain ends, is missing, or is for another name."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._endpoints.io.certificate_message import sent_certificates

from support.certificates import Signed, signed
from support.probing import row
from support.servers import PATIENCE

ROOT = signed("Root X")
MIDDLE = signed("Intermediate R1", ROOT)
NAMES = ("pafar.example", "127.0.0.1")


@contextmanager
def speaking_tls(
    folder: Path,
    *sent: Signed,
    clients: Signed | None = None,
    least: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2,
    most: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3,
    says: bytes = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
) -> Iterator[int]:
    """A server that sends these certificates, its own first, and wants one of ``clients``; its port."""
    pem = folder / "server.pem"
    pem.write_bytes(sent[0].key_pem + b"".join(each.pem for each in sent))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    context.minimum_version, context.maximum_version = least, most
    if clients is not None:
        (folder / "clients.pem").write_bytes(clients.pem)
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(folder / "clients.pem")
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer(talking: socket.socket) -> None:
            with suppress(OSError, ValueError), context.wrap_socket(talking, server_side=True) as secured:
                secured.recv(4096)
                secured.sendall(says)

        def serve() -> None:
            with suppress(OSError):
                while True:
                    talking, dummy = listening.accept()
                    threading.Thread(target=answer, args=(talking,), daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        yield listening.getsockname()[1]
        with suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def trusting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """This host trusts the root alone; what else it is to trust is appended."""
    path = tmp_path / "trusted.pem"
    path.write_bytes(ROOT.pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path / "none"))
    return path


def probed(port: int, **more: Any) -> dict[str, Any]:
    return row({"url": f"https://127.0.0.1:{port}/", **more}, attempts=1)


def test_a_whole_chain_that_is_trusted(tmp_path: Path, trusting: Path) -> None:
    with speaking_tls(tmp_path, signed("own", MIDDLE, names=NAMES), MIDDLE) as port:
        found = probed(port, cert_names=["pafar.example"], server_name="pafar.example")
        other = probed(port, cert_names=["shop.example"])
    assert found["state"] == "up", found
    assert [(link["subject"], link["sent"]) for link in found["layers"]["tls"]["chain"]] == [
        ("own", True), ("Intermediate R1", True), ("Root X", False),
    ]  # fmt: skip
    assert (other["state"], other["why"]) == ("degraded", "its certificate is not for shop.example")


@pytest.mark.parametrize(
    ("own", "sent", "trusts", "state", "words"),
    [
        pytest.param(signed("own", MIDDLE, names=NAMES), [], [], "down",
                     "the certificate of Intermediate R1, which signed its certificate, is not sent", id="missing"),
        pytest.param(signed("own", MIDDLE, names=NAMES), [signed("Intermediate R1", ROOT)], [], "down",
                     "another of that name is sent, with another key", id="a namesake"),
        pytest.param(signed("own", MIDDLE, names=NAMES), [], [MIDDLE], "degraded",
                     "does not send Intermediate R1", id="missing, and known here"),
        pytest.param(signed("own", MIDDLE, names=NAMES, days=-3), [MIDDLE], [], "down",
                     "its certificate ended", id="the server's own ended"),
        pytest.param(signed("own", MIDDLE, names=NAMES, days=3), [MIDDLE], [], "degraded",
                     "its certificate ends in", id="the server's own ends soon"),
        pytest.param(signed("own", MIDDLE, names=("other.example",)), [MIDDLE], [], "down",
                     "it is for other.example and not for 127.0.0.1", id="another name"),
        pytest.param(signed("own", signed("Foreign"), names=NAMES), [], [], "down",
                     "the certificate of Foreign", id="an unknown authority"),
        pytest.param(signed("TRAEFIK DEFAULT CERT", names=NAMES), [], [], "down",
                     "the proxy's own default certificate", id="the proxy's own"),
        pytest.param(signed("own", MIDDLE, names=NAMES), [MIDDLE, signed("Cross X3", days=-9)], [], "degraded",
                     "also sends Cross X3, which ended", id="one too many"),
    ],
)  # fmt: skip
def test_which_certificate_it_is_about(
    tmp_path: Path, trusting: Path, own: Signed, sent: list[Signed], trusts: list[Signed], state: str, words: str
) -> None:
    trusting.write_bytes(b"".join(each.pem for each in (ROOT, *trusts)))
    with speaking_tls(tmp_path, own, *sent) as port:
        found = probed(port)
    assert (found["state"], words in found["why"]) == (state, True), found
    assert found["fault_of"] == "ours", "its address is this host's"


@pytest.mark.parametrize(("days", "state", "words"), [(5, "degraded", "ends in"), (-5, "down", "R2 ended")])
def test_an_authority_in_between_that_ends(tmp_path: Path, trusting: Path, days: int, state: str, words: str) -> None:
    middle = signed("Intermediate R2", ROOT, days=days)
    with speaking_tls(tmp_path, signed("own", middle, names=NAMES), middle) as port:
        found = probed(port)
    assert (found["state"], "Intermediate R2" in found["why"], words in found["why"]) == (state, True, True), found


@pytest.mark.parametrize("sent", [[], [MIDDLE], [MIDDLE, ROOT]])
@pytest.mark.parametrize("name", ["pafar.example", "127.0.0.1"])
def test_the_chain_is_read_from_half_a_handshake(tmp_path: Path, sent: list[Signed], name: str) -> None:
    """For a Python that does not show it."""
    own = signed("own", MIDDLE, names=NAMES)
    with speaking_tls(tmp_path, own, *sent) as port, socket.create_connection(("127.0.0.1", port)) as plain:
        found = sent_certificates(plain, name, time.monotonic() + PATIENCE)
    assert found == [each.der for each in (own, *sent)]


def test_of_a_server_that_does_not_show_it_nothing_is_read(tmp_path: Path) -> None:
    with speaking_tls(tmp_path, signed("own", names=NAMES), least=ssl.TLSVersion.TLSv1_3) as port:
        with socket.create_connection(("127.0.0.1", port)) as plain:
            assert sent_certificates(plain, "pafar.example", time.monotonic() + PATIENCE) == []


TLS_1_2, TLS_1_3 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
WANTS, REFUSES = "it wants a certificate of the client", "it refuses the certificate of the client"


@pytest.mark.parametrize("version", [TLS_1_2, TLS_1_3], ids=["TLS 1.2", "TLS 1.3"])
def test_a_server_that_wants_a_certificate_of_the_client(
    tmp_path: Path, trusting: Path, version: ssl.TLSVersion
) -> None:
    clients = {
        "right": signed("client", MIDDLE, names=("client",)),
        "foreign": signed("client", signed("Foreign"), names=("client",)),
        "ended": signed("client", MIDDLE, names=("client",), days=-2),
    }
    for name, client in clients.items():
        (tmp_path / name).write_bytes(client.pem + MIDDLE.pem + client.key_pem)
    with speaking_tls(
        tmp_path, signed("own", MIDDLE, names=NAMES), MIDDLE, clients=ROOT, least=version, most=version
    ) as port:
        found = {name: probed(port, client_cert=str(tmp_path / name)) for name in (*clients, "none")}
        without = probed(port)
        plain = row({"kind": "tls", "host": "127.0.0.1", "port": port}, attempts=1)
    assert found["right"]["state"] == "up", found["right"]
    assert (without["state"], without["layer"], WANTS in without["why"]) == ("down", "tls", True), without
    assert (plain["state"], plain["layer"], WANTS in plain["why"]) == ("down", "tls", True), plain
    for name, words in (("foreign", "unknown ca"), ("ended", "certificate expired")):
        assert f"{REFUSES} ({words})" in found[name]["why"], found[name]
    assert "cannot be used" in found["none"]["why"]


def test_a_failed_handshake_that_is_about_no_certificate_is_not_said_to_be(tmp_path: Path, trusting: Path) -> None:
    def answer(listening: socket.socket) -> None:
        with suppress(OSError):
            while True:
                with listening.accept()[0] as talking:
                    talking.recv(4096)
                    talking.sendall(b"\x15\x03\x03\x00\x02\x02\x28")  # handshake_failure

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=answer, args=(listening,), daemon=True).start()
        found = probed(listening.getsockname()[1])
        listening.shutdown(socket.SHUT_RDWR)
    assert (found["state"], found["layer"], "certificate" in found["why"]) == ("down", "tls", False), found


def test_an_answer_that_is_cut_off_behind_tls_is_no_silence(tmp_path: Path, trusting: Path) -> None:
    own = signed("own", MIDDLE, names=NAMES)
    with speaking_tls(tmp_path, own, MIDDLE, says=b"HTTP/1.1 200 OK\r\nContent-") as port:
        found = probed(port)
    assert (found["state"], "cut off within the header" in found["why"]) == ("down", True), found
