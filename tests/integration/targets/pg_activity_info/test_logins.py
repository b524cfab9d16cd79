"""The ways to log in that libpq and community.postgresql offer, with real servers, files and certificates."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._core.errors import ConnectError, InputError, LoginRefused
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.io.connection import Login, open_connection
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.io.server import connect
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.options import POSTGRES_ARGS, login_of

from support.clients import until
from support.modules import run_module
from support.servers import PASSWORD, Server, one_per_major


def options(**given):
    """As Ansible hands them over: with the defaults of the specification."""
    return login_of({**{name: spec.get("default") for name, spec in POSTGRES_ARGS.items()}, **given})


@pytest.fixture
def service(server, tmp_path, monkeypatch):
    """A service file, and a password file for the user who runs the module."""
    services, passwords = tmp_path / "services", tmp_path / "pgpass"
    services.write_text(f"[booking]\nhost=127.0.0.1\nport={server.port}\nuser=oncall\ndbname=other\n")
    passwords.write_text(f"127.0.0.1:{server.port}:*:oncall:{PASSWORD}\n")
    passwords.chmod(0o600)
    monkeypatch.setenv("PGSERVICEFILE", str(services))
    monkeypatch.setenv("PGPASSFILE", str(passwords))


def test_a_service_says_what_the_options_do_not(server, service, monkeypatch):
    by_option = run_module("pg_activity_info", connect_params={"service": "booking"})
    monkeypatch.setenv("PGSERVICE", "booking")
    by_environment = run_module("pg_activity_info")
    here = run_module("pg_activity_info", login_db="postgres")
    for found in (by_option, by_environment):
        assert found["server"]["database"] == "other", found.get("msg")
        assert found["server"]["role"] == "oncall"
        assert (found["server"]["host"], found["server"]["port"]) == ("127.0.0.1", server.port)
    assert here["server"]["database"] == "postgres"
    assert "service booking" in options().where


@pytest.mark.parametrize("mode", ["require", "verify-ca", "verify-full"])
def test_the_tls_mode_of_a_service_is_not_lowered_by_the_default(server, service, mode):
    """This server has no TLS, so that a mode that was lowered would be a connection that is not encrypted."""
    path = Path(os.environ["PGSERVICEFILE"])
    path.write_text(f"{path.read_text()}sslmode={mode}\nsslrootcert={path}\n")
    with pytest.raises(LoginRefused, match=r"(server does not support SSL|root certificate|SSL error)"):
        open_connection(options(connect_params={"service": "booking"}))
    with connect(options(connect_params={"service": "booking"}, ssl_mode="disable")) as postgres:
        assert postgres.role == "oncall"


def test_a_service_without_a_tls_mode_has_the_default(server, service):
    with connect(options(connect_params={"service": "booking"})) as postgres:
        assert postgres.role == "oncall"


def test_a_service_that_is_not_there(service):
    with pytest.raises(LoginRefused, match=r"name of the service"):
        open_connection(options(connect_params={"service": "nowhere"}))


def test_the_password_file_is_asked(server, service):
    found = run_module("pg_activity_info", login_host="127.0.0.1", login_port=server.port, login_user="oncall")
    assert found["server"]["role"] == "oncall", found.get("msg")
    refused = run_module("pg_activity_info", login_host="127.0.0.1", login_port=server.port, login_user="app")
    assert "set login_password" in refused["msg"]


def test_names_of_community_postgresql(server):
    found = run_module(
        "pg_activity_info", host="127.0.0.1", port=server.port, login="oncall", login_password=PASSWORD, db="other",
        sslmode="disable", connect_params={"target_session_attrs": "read-write", "gssencmode": "disable"},
    )  # fmt: skip
    assert found["server"]["database"] == "other", found.get("msg")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"password": "hunter2"}, "login_password instead of password"),
        ({"sslpassword": "hunter2"}, "instead of sslpassword"),
        ({"host": "db1"}, "login_host instead of host"),
        ({"client_encoding": "latin1"}, "use nothing instead of client_encoding"),
        ({"replication": "database"}, "use nothing instead of replication"),
    ],
)
def test_what_has_an_option_is_no_parameter(given, said):
    with pytest.raises(InputError, match=said) as refused:
        options(connect_params=given)
    assert "hunter2" not in str(refused.value)


def test_a_parameter_that_libpq_does_not_know(server):
    with pytest.raises(ConnectError, match="Check connect_params"):
        open_connection(options(login_host="127.0.0.1", login_port=server.port, connect_params={"nonsense": 1}))


@pytest.mark.parametrize("host", ["::1", "[::1]"])
def test_an_address_of_ipv6(host):
    assert options(login_host=host).host == "::1"
    assert "[::1]:5432" in options(login_host=host).where


class TestSessionRole:
    def test_it_becomes_that_role(self, server):
        server.run(
            'CREATE ROLE "look ""er" NOLOGIN', 'GRANT pg_monitor TO "look ""er"', 'GRANT "look ""er" TO stranger'
        )
        try:
            found = run_module("pg_activity_info", **server.login("stranger"), session_role='look "er')
            alone = run_module("pg_activity_info", **server.login("stranger"))
        finally:
            server.run('DROP ROLE "look ""er"')
        assert found["server"]["role"] == 'look "er', found.get("msg")
        assert found["visibility"] == "full"
        assert alone["server"]["role"] == "stranger"

    @pytest.mark.parametrize(
        ("role", "copied"), [("nobody_of_that_name",) * 2, ("app", "app"), ("My-App", '"My-App"'), ('o"x', '"o""x"')]
    )
    def test_it_may_not(self, server, role, copied):
        said = run_module("pg_activity_info", **server.login("stranger"), session_role=role)["msg"]
        assert "session_role" in said
        assert f"GRANT {copied} TO stranger" in said


def openssl(folder: Path, *words: str) -> None:
    subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)


def certificate(folder: Path, name: str, subject: str, days: str = "2") -> None:
    """A key and a certificate by the authority in ``folder``."""
    openssl(folder, "req", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.csr",
            "-subj", f"/CN={subject}")  # fmt: skip
    (folder / f"{name}.ext").write_text(f"subjectAltName=DNS:{subject}\n")
    openssl(folder, "x509", "-req", "-in", f"{name}.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial",
            "-days", days, "-extfile", f"{name}.ext", "-out", f"{name}.crt")  # fmt: skip
    (folder / f"{name}.key").chmod(0o600)


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    if not shutil.which("openssl"):
        pytest.skip("NOT RUN: logins by TLS (no openssl on this machine)")
    for name in ("ca", "other"):
        openssl(folder, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout", f"{name}.key",
                "-out", f"{name}.crt", "-subj", f"/CN={name}")  # fmt: skip
    certificate(folder, "server", "localhost")
    certificate(folder, "oncall", "oncall")
    certificate(folder, "app", "app")
    return folder


@pytest.fixture(scope="module")
def encrypted(authority):
    """A server with TLS where ``oncall`` needs a certificate, and ``app`` TLS."""
    builds = [path for path in one_per_major().values() if path.parts[1:4] == ("usr", "lib", "postgresql")]
    if not builds:
        pytest.skip("NOT RUN: logins by TLS (no PostgreSQL of the distribution here, others may lack it)")
    with Server(builds[0]) as running:
        running.prepare_site()
        for name in ("server.crt", "server.key", "ca.crt"):
            shutil.copy(authority / name, running.data / name)
            shutil.chown(running.data / name, *(2 * (Path(running.data).stat().st_uid,)))
        (running.data / "pg_hba.conf").write_text(
            "hostssl all oncall 127.0.0.1/32 cert\nhostssl all app 127.0.0.1/32 scram-sha-256\n"
            "hostnossl all stranger 127.0.0.1/32 scram-sha-256\nhost all postgres 127.0.0.1/32 scram-sha-256\n"
        )
        running.run(
            "ALTER SYSTEM SET ssl_cert_file = 'server.crt'", "ALTER SYSTEM SET ssl_key_file = 'server.key'",
            "ALTER SYSTEM SET ssl_ca_file = 'ca.crt'", "ALTER SYSTEM SET ssl = on", "SELECT pg_reload_conf()",
        )  # fmt: skip
        until(lambda: running.value("SHOW ssl") == "on", what="TLS")
        yield running


def tls(server: Server, authority: Path, user: str = "oncall", **given: str) -> Login:
    files = {name: str(authority / given.pop(name)) for name in ("ca_cert", "ssl_cert", "ssl_key") if name in given}
    return options(
        login_port=server.port, login_user=user, login_password="" if user == "oncall" else PASSWORD,
        **{"login_host": "localhost", "ssl_mode": "verify-full", "ca_cert": f"{authority}/ca.crt", **files, **given},
        connect_params={"gssencmode": "disable"},
    )  # fmt: skip


def test_a_certificate_is_a_login(encrypted, authority):
    with connect(tls(encrypted, authority, ssl_cert="oncall.crt", ssl_key="oncall.key")) as postgres:
        assert postgres.role == "oncall"
        assert postgres.rows("SELECT ssl FROM pg_catalog.pg_stat_ssl WHERE pid = pg_catalog.pg_backend_pid()")[0][0]


@pytest.mark.parametrize(
    ("user", "given", "remedy"),
    [
        pytest.param("app", {"ca_cert": "other.crt"}, "an authority in ca_cert", id="another authority"),
        pytest.param("app", {"ca_cert": "none.crt"}, "Check ca_cert", id="no file of authorities"),
        pytest.param("app", {"login_host": "127.0.0.1"}, "to a name in the server's certificate", id="another name"),
        pytest.param("oncall", {}, "set ssl_cert and ssl_key", id="no certificate"),
        pytest.param("oncall", {"ssl_cert": "app.crt", "ssl_key": "app.key"}, "is not login_user", id="another's"),
        pytest.param("oncall", {"ssl_cert": "oncall.crt", "ssl_key": "app.key"}, "does not match", id="another key"),
        pytest.param("oncall", {"ssl_cert": "oncall.crt", "ssl_key": "none.key"}, "ssl_key", id="no key"),
        pytest.param("oncall", {"ssl_cert": "none.crt", "ssl_key": "oncall.key"}, "ssl_cert", id="no file"),
        pytest.param("app", {"ssl_mode": "disable"}, "ssl_mode=require", id="TLS is demanded"),
        pytest.param("stranger", {"ssl_mode": "require"}, "ssl_mode=disable", id="TLS is refused"),
    ],
)
def test_each_way_in_which_tls_fails_has_its_cure(encrypted, authority, user, given, remedy):
    with pytest.raises(LoginRefused, match=remedy):
        open_connection(tls(encrypted, authority, user, **given))


def test_the_server_has_no_tls(server, authority):
    with pytest.raises(LoginRefused, match="set ssl = on on the server"):
        open_connection(options(login_host="127.0.0.1", login_port=server.port, ssl_mode="require"))


def test_a_key_that_others_may_read(encrypted, authority, tmp_path):
    for name in ("oncall.crt", "oncall.key"):
        shutil.copy(authority / name, tmp_path / name)
    (tmp_path / "oncall.key").chmod(0o644)
    login = tls(encrypted, authority, ssl_cert=str(tmp_path / "oncall.crt"), ssl_key=str(tmp_path / "oncall.key"))
    with pytest.raises(LoginRefused, match="mode 0600"):
        open_connection(login)
    assert os.stat(tmp_path / "oncall.key").st_mode & 0o044
