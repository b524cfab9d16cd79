"""endpoint_probe_info on databases that encrypt: asked so, and told when their certificate ends."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest

from support.probing import certificate, row, serving_redis
from support.servers import Server, builds


@contextmanager
def encrypted_postgresql(days):
    with tempfile.TemporaryDirectory() as folder:
        pem = certificate(Path(folder) / "pem", days)
        Path(folder).chmod(0o755)
        pem.chmod(0o600)
        if os.geteuid() == 0:
            os.chown(pem, 65534, 65534)
        settings = {"ssl": "on", "ssl_cert_file": str(pem), "ssl_key_file": str(pem)}
        with Server(encrypting(), settings) as server:
            yield server, pem


def encrypting():
    """A build of PostgreSQL that is linked with OpenSSL."""
    for binaries in builds().values():
        if b"libssl" in (binaries / "postgres").read_bytes():
            return binaries
    return pytest.skip("NOT RUN: endpoint_probe_info on PostgreSQL with TLS (no build here encrypts)")


@pytest.mark.parametrize(
    ("days", "tls", "state", "said"),
    [
        (30, "auto", "up", "it takes connections and asks for credentials"),
        (30, "never", "up", "it takes connections and asks for credentials"),
        (5, "auto", "degraded", "its certificate ends in"),
        (-30, "always", "degraded", "its certificate has ended"),
    ],
)
def test_postgresql_that_encrypts_is_asked_so_and_tells_when_its_certificate_ends(days, tls, state, said):
    with encrypted_postgresql(days) as (server, dummy):
        found = row({"kind": "postgres", "host": "127.0.0.1", "port": server.port, "tls": tls})
    assert (found["state"], said in found["why"]) == (state, True), found["why"]
    if tls == "never":
        assert "tls" not in found["layers"]
        return
    assert list(found["layers"]) == ["dns", "tcp", "tls", "protocol"]
    told = found["layers"]["tls"]
    assert (told["ok"], told["trusted"], told["expired"]) == (True, False, days < 0)
    assert told["days_left"] in (days - 1, days)


def test_a_certificate_of_postgresql_that_is_trusted_is_told_as_such(monkeypatch):
    with encrypted_postgresql(30) as (server, pem):
        monkeypatch.setenv("SSL_CERT_FILE", str(pem))
        found = row({"kind": "postgres", "host": "127.0.0.1", "port": server.port})
    assert found["layers"]["tls"]["trusted"] is True, found


def test_postgresql_that_must_encrypt_and_does_not_is_down(server):
    found = row({"kind": "postgres", "host": "127.0.0.1", "port": server.port, "tls": "always"})
    assert (found["state"], found["layer"], found["fault_of"]) == ("down", "tls", "ours")


@pytest.mark.parametrize("tls", ["auto", "always"])
@pytest.mark.parametrize(("clients", "said"), [("no", "it answers"), ("yes", "wants a certificate")])
def test_redis_that_speaks_tls_alone_is_up(tmp_path, tls, clients, said):
    pem = str(certificate(tmp_path / "pem", 30))
    options = ["--tls-cert-file", pem, "--tls-key-file", pem, "--tls-ca-cert-file", pem, "--tls-auth-clients", clients]
    with serving_redis(tmp_path, *options, encrypted=True) as port:
        found = row({"kind": "redis", "host": "127.0.0.1", "port": port, "tls": tls})
    assert (found["state"], said in found["why"]) == ("up", True), found
    assert list(found["layers"]) == ["dns", "tcp", "tls", "protocol"]
    assert found["layers"]["tls"]["trusted"] is False


def test_redis_that_must_encrypt_and_does_not_is_down(redis):
    found = row({"kind": "redis", "host": "127.0.0.1", "port": redis, "tls": "always"}, timeout=5, attempts=1)
    assert (found["state"], found["layer"], found["fault_of"]) == ("down", "tls", "ours")
