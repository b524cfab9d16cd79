"""What is read of a certificate in a handshake."""

from __future__ import annotations

import socket
import ssl
import threading
from contextlib import suppress
from pathlib import Path

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._endpoints.endpoint import Target, target_of
from ansible_collections.pafar.runbook.plugins.module_utils._endpoints.io import certificates, wire
from ansible_collections.pafar.runbook.plugins.module_utils._endpoints.io.certificates import chain_facts
from ansible_collections.pafar.runbook.plugins.module_utils._endpoints.io.namespaces import Place
from ansible_collections.pafar.runbook.plugins.module_utils._endpoints.io.probe import attempt
from ansible_collections.pafar.runbook.plugins.module_utils._endpoints.io.wire import blind
from ansible_collections.pafar.runbook.plugins.module_utils._endpoints.meaning import of_certificate

from support.certificates import signed

NAMES = tuple(f"a{number}.example" for number in range(60))
WANTED = ("a55.example", "2001:db8::1")


def test_an_expected_name_behind_many_others_is_not_missing(tmp_path: Path):
    """The report shows some of the names; which are missing is judged by all of them."""
    own = signed("a0.example", names=(*NAMES, "2001:db8::1"))
    (tmp_path / "chain.pem").write_bytes(own.pem + own.key_pem)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(tmp_path / "chain.pem")
    ours, theirs = socket.socketpair()
    server = threading.Thread(target=lambda: context.wrap_socket(theirs, server_side=True).close(), daemon=True)
    server.start()
    with blind().wrap_socket(ours, server_hostname="a0.example") as secured:
        facts, dummy = chain_facts(secured, wanted=WANTED)
    assert len(facts["names"]) == 20
    for wanted, missing in ((WANTED, False), ((*WANTED, "b.example"), True)):
        target = Target("web", "https", "a0.example", 443, cert_names=wanted)
        assert ("b.example" in of_certificate(facts, target, False).why) == missing
        assert "a55.example" not in of_certificate(facts, target, False).why


@pytest.mark.parametrize(
    ("least", "shown", "unasked"),
    [
        pytest.param(ssl.TLSVersion.TLSv1_3, False, True, id="TLS 1.3 alone"),
        pytest.param(ssl.TLSVersion.TLSv1_2, False, False, id="half a handshake by TLS 1.2"),
        pytest.param(ssl.TLSVersion.TLSv1_3, True, False, id="Python shows it"),
    ],
)
def test_a_chain_that_was_not_read_is_said(tmp_path, monkeypatch, least, shown, unasked):
    """As before Python 3.10."""
    root = signed("Root X")
    own = signed("own", root, names=("127.0.0.1",))
    (tmp_path / "chain.pem").write_bytes(own.pem + own.key_pem)
    (tmp_path / "trusted.pem").write_bytes(root.pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "trusted.pem"))
    if not shown:
        monkeypatch.setattr(certificates, "_chain", lambda _secured, _name: ())
        monkeypatch.setattr(wire, "SHOWN", False)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(tmp_path / "chain.pem")
    context.minimum_version = least
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer(plain: socket.socket) -> None:
            with suppress(OSError), context.wrap_socket(plain, server_side=True) as talking:
                talking.recv(1)

        def serve() -> None:
            with suppress(OSError):
                while True:
                    threading.Thread(target=answer, args=(listening.accept()[0],), daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        port = listening.getsockname()[1]
        target, why = target_of({"name": "it", "kind": "tls", "host": "127.0.0.1", "port": port, "slow": 60})
        assert target is not None, why
        meaning = attempt(Place("host", environment={}), target, "", 30.0).meaning
    assert (meaning.state, "was not read" in meaning.unasked) == ("up", unasked), meaning
