"""What the tests of endpoint_probe_info share: one target's row, a Redis, a certificate."""

from __future__ import annotations

import datetime
import ipaddress
import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from support.modules import run_module
from support.servers import PATIENCE

PORTS = 50  # that are tried
KEY = "sk_live_4eC39HqLyjWDarjtT1zdp7dc"


@contextmanager
def both_ways() -> Iterator[tuple[socket.socket, socket.socket]]:
    """A TCP and a UDP socket on one port of the loopback, as a name server has: one that is free for both."""
    for last in range(PORTS):
        with socket.create_server(("127.0.0.1", 0)) as tcp, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            try:
                udp.bind(tcp.getsockname())
            except OSError:
                if last < PORTS - 1:
                    continue  # another process has the port by UDP
                raise
            yield tcp, udp
            return


def probe(*targets: dict[str, Any], **options: Any) -> dict[str, Any]:
    """The module on these targets; it never tells the key."""
    result: dict[str, Any] = run_module(
        "endpoint_probe_info", targets=list(targets), **{"pause": 0, "timeout": PATIENCE / 6, **options}
    )
    assert "failed" not in result, result
    assert KEY not in json.dumps({key: value for key, value in result.items() if key != "invocation"})
    return result


def row(target: dict[str, Any], **options: Any) -> dict[str, Any]:
    """What it says of one target."""
    result: dict[str, Any] = probe({"name": "it", "slow": PATIENCE, **target}, **options)["matrix"][0]
    return result


@contextmanager
def serving_redis(folder: Path, *options: str, encrypted: bool = False) -> Iterator[int]:
    """A Redis of its own; its port."""
    if not shutil.which("redis-server"):
        pytest.skip("NOT RUN: endpoint_probe_info on Redis (redis-server is not installed)")
    port = 65535
    while port + 10_000 > 65535:  # where the bus of a cluster listens, and a Redis in one does not start without it
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
    ports = ["--port", "0", "--tls-port", str(port)] if encrypted else ["--port", str(port)]
    argv = ["redis-server", *ports, "--bind", "127.0.0.1", "--dir", str(folder), "--save", "", *options]
    with subprocess.Popen(argv, stdout=subprocess.DEVNULL) as process:
        try:
            deadline = time.time() + PATIENCE
            while row({"kind": "tcp", "host": "127.0.0.1", "port": port}, attempts=1)["state"] != "up":
                assert process.poll() is None, "it did not start"
                assert time.time() < deadline
            yield port
        finally:
            process.terminate()


def certificate(path: Path, days: int) -> Path:
    """A certificate of 127.0.0.1 that nobody trusts, with its key; it ends in so many days."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
    made = made.not_valid_before(now - datetime.timedelta(days=60)).not_valid_after(now + datetime.timedelta(days=days))
    here = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    signed = made.add_extension(here, critical=False).sign(key, hashes.SHA256())
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(secret + signed.public_bytes(pem))
    return path
