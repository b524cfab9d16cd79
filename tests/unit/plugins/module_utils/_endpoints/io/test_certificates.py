"""What is read of a certificate in a handshake."""

from __future__ import annotations

import socket
import ssl
import threading
from pathlib import Path

from ansible_collections.pafar.runbook.plugins.module_utils._endpoints.endpoint import Target
from ansible_collections.pafar.runbook.plugins.module_utils._endpoints.io.certificates import chain_facts
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
