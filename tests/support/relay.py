"""Another address of the engine of the tests: a relay to its socket that counts connections, by TLS or without."""

from __future__ import annotations

import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_CHUNK = 65536


class Relay:
    """``address``: as DOCKER_HOST has it. ``connections``: how many were accepted. ``engine``: the socket behind it."""

    def __init__(self, listener: socket.socket, address: str, engine: str, tls: ssl.SSLContext | None) -> None:
        self.listener, self.address, self.engine, self.tls = listener, address, engine, tls
        self.connections = 0
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                client, dummy = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._forward, args=(client,), daemon=True).start()

    def _forward(self, client: socket.socket) -> None:
        with suppress(OSError), client:
            connection = self.tls.wrap_socket(client, server_side=True) if self.tls else client
            with connection, socket.socket(socket.AF_UNIX) as engine:
                engine.connect(self.engine)
                back = threading.Thread(target=_copy, args=(engine, connection), daemon=True)
                back.start()
                _copy(connection, engine)
                back.join()


def _copy(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(_CHUNK):
            target.sendall(data)
    for end in (source, target):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


@contextmanager
def relay(engine: str, folder: Path | None = None, tls: ssl.SSLContext | None = None) -> Iterator[Relay]:
    """To the ``engine``'s socket: on a socket in ``folder``, else on a free port of the loopback address."""
    with socket.socket(socket.AF_UNIX if folder else socket.AF_INET) as listener:
        listener.bind(str(folder / "relay.sock") if folder else ("127.0.0.1", 0))
        listener.listen(64)
        address = f"unix://{folder}/relay.sock" if folder else f"tcp://127.0.0.1:{listener.getsockname()[1]}"
        yield Relay(listener, address, engine, tls)
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)


def certificates(folder: Path) -> ssl.SSLContext:
    """Makes ca.pem, cert.pem and key.pem in ``folder``; returns the side of a server that requires a client's."""
    authority = ["-CA", "ca.pem", "-CAkey", "ca-key.pem", "-CAcreateserial", "-days", "2"]
    names = folder / "names.cnf"
    names.write_text("subjectAltName=IP:127.0.0.1\n")
    for words in (
        ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout", "ca-key.pem", "-out", "ca.pem",
         "-subj", "/CN=authority"],
        ["req", "-newkey", "rsa:2048", "-nodes", "-keyout", "server-key.pem", "-out", "server.csr", "-subj", "/CN=e"],
        ["x509", "-req", "-in", "server.csr", "-out", "server.pem", "-extfile", names.name, *authority],
        ["req", "-newkey", "rsa:2048", "-nodes", "-keyout", "key.pem", "-out", "client.csr", "-subj", "/CN=client"],
        ["x509", "-req", "-in", "client.csr", "-out", "cert.pem", *authority],
    ):  # fmt: skip
        subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)
    side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    side.load_cert_chain(folder / "server.pem", folder / "server-key.pem")
    side.load_verify_locations(folder / "ca.pem")
    side.verify_mode = ssl.CERT_REQUIRED
    return side
