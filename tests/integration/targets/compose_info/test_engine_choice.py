"""One engine for the API and for Compose, chosen as docker itself chooses it, and named in the result."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from support.engine import socket_path
from support.modules import run_module
from support.relay import certificates, relay

VARIABLES = ("DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_TLS", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH")


class Docker:
    """The docker command with a configuration of its own, which the modules use, too. ``engine``: the tests' socket."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.engine, self.monkeypatch = socket_path(), monkeypatch
        self.choose()

    def choose(self, **variables: str) -> None:
        for name in VARIABLES:
            self.monkeypatch.delenv(name, raising=False)
        for name, value in variables.items():
            self.monkeypatch.setenv(name, value)

    def __call__(self, *words: str) -> None:
        subprocess.run(["docker", *words], check=True, capture_output=True, env=os.environ)


@pytest.fixture
def docker(tmp_path, monkeypatch):
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "docker"))
    plugins = Path("~/.docker/cli-plugins").expanduser()
    if plugins.is_dir():  # where Compose may be installed
        (tmp_path / "docker").mkdir()
        (tmp_path / "docker/cli-plugins").symlink_to(plugins)
    return Docker(monkeypatch)


def looked_at(project: str) -> dict[str, str]:
    """The engine of a look, whose API and whose Compose both answered."""
    done = run_module("compose_info", project=project)
    assert not done.get("failed"), done["msg"]
    assert done["project"]["readable"] is True, done["project"]["why_unreadable"]
    return done["engine"]


def refusal(**options: str) -> str:
    done = run_module("compose_info", project="shop", **options)
    assert done["failed"] is True
    assert "Nothing was done." in done["msg"]
    return str(done["msg"])


@pytest.mark.parametrize("way", ["selected", "variable", "option", "host variable"])
def test_whatever_chooses_the_engine_chooses_it_for_all(shop, docker, tmp_path, way):
    """Everything else leads nowhere: a part that went another way would fail."""
    with relay(docker.engine, tmp_path) as there:
        docker("context", "create", "there", "--docker", f"host={there.address}")
        docker("context", "create", "nowhere", "--docker", "host=unix:///nowhere.sock")
        docker("context", "use", "there" if way == "selected" else "nowhere")
        docker.choose(**{
            "selected": {}, "variable": {"DOCKER_CONTEXT": "there"}, "option": {"DOCKER_HOST": "unix:///nowhere.sock"},
            "host variable": {"DOCKER_CONTEXT": "nowhere", "DOCKER_HOST": there.address},
        }[way])  # fmt: skip
        options = {"docker_host": there.address} if way == "option" else {}
        scaled = shop.module("compose_scale", service="worker", replicas="2", **options)
        docker.choose(DOCKER_HOST=f"unix://{docker.engine}")
        assert not scaled.get("failed"), scaled["msg"]
    chosen_by = {
        "selected": f"{tmp_path}/docker/config.json", "variable": "DOCKER_CONTEXT", "option": "the option docker_host",
        "host variable": "DOCKER_HOST",
    }[way]  # fmt: skip
    context = "there" if way in ("selected", "variable") else ""
    assert scaled["engine"] == {"address": there.address, "context": context, "chosen_by": chosen_by}
    assert scaled["evidence"]["engine"] == scaled["engine"]
    assert len(shop.containers("worker")) == 2
    assert there.connections >= 3, "the API and Compose both came this way"


@pytest.mark.parametrize("way", ["context", "variables"])
def test_an_engine_behind_tls(shop, docker, tmp_path, way):
    if not shutil.which("openssl"):
        pytest.skip("NOT RUN: an engine behind TLS (no openssl on this machine)")
    with relay(docker.engine, tls=certificates(tmp_path)) as there:
        if way == "context":
            pair = f"cert={tmp_path}/cert.pem,key={tmp_path}/key.pem"
            docker("context", "create", "tls", "--docker", f"host={there.address},ca={tmp_path}/ca.pem,{pair}")
            docker("context", "use", "tls")
        else:
            docker.choose(DOCKER_HOST=there.address, DOCKER_CERT_PATH=str(tmp_path), DOCKER_TLS_VERIFY="1")
        assert looked_at(shop.project)["address"] == there.address
        if way == "variables":
            (tmp_path / "cert.pem").unlink()
            assert "TLS failed with ca.pem, key.pem of" in refusal()
            (tmp_path / "ca.pem").unlink()
            assert f"(DOCKER_TLS_VERIFY is set), and there is no ca.pem in {tmp_path}." in refusal()
        docker.choose(DOCKER_HOST=f"unix://{docker.engine}")


def test_a_context_that_cannot_be_used_is_one_clear_paragraph(docker, tmp_path):
    docker.choose(DOCKER_CONTEXT="gone")
    assert "The docker context gone, which DOCKER_CONTEXT selects, does not exist" in refusal()
    docker("context", "create", "gone", "--docker", "host=tcp://127.0.0.1:1")
    assert "nothing listens there" in refusal()
    (meta,) = (tmp_path / "docker/contexts/meta").glob("*/meta.json")
    meta.write_text("{")
    assert f"cannot be read: {meta}: " in refusal()
    meta.write_text('{"Name": "gone", "Endpoints": {}}')
    assert "has no address of an engine" in refusal()


def test_an_engine_that_wants_tls_from_a_context_without_it(docker, tmp_path):
    """As a Go server answers a request without TLS; a copy of a context without its folder of certificates."""
    import http.server
    import threading

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_error(400, "Client sent an HTTP request to an HTTPS server.")

        def log_message(self, *_words: object) -> None:
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        docker("context", "create", "bare", "--docker", f"host=tcp://127.0.0.1:{server.server_port}")
        docker("context", "use", "bare")
        assert "it wants TLS, and the context bare has no certificates" in refusal()
    finally:
        server.shutdown()
        server.server_close()


def test_ssh_says_what_it_needs(docker):
    try:
        import paramiko  # noqa: F401
    except ImportError:
        assert "paramiko" in refusal(docker_host="ssh://nobody@127.0.0.1:1")
