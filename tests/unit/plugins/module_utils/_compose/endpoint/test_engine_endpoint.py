"""Docker's own order of options, variables and contexts, and what is refused in words."""

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._compose.endpoint.engine_endpoint import (
    SOCKET,
    TLS_ADDRESS,
    Certificates,
    Choice,
    EngineEndpoint,
    choice_of,
    endpoint_of_address,
    endpoint_of_context,
    no_such_context,
    unreadable_context,
)

CONFIG = "/root/.docker/config.json"


@pytest.mark.parametrize(
    ("given", "environment", "selected", "chosen"),
    [
        pytest.param("", {}, "", ("", "", "the default"), id="nothing"),
        pytest.param("tcp://a:1", {"DOCKER_HOST": "tcp://b:1", "DOCKER_CONTEXT": "c"}, "d",
                     ("tcp://a:1", "", "the option docker_host"), id="the option first"),
        pytest.param("", {"DOCKER_HOST": "tcp://b:1 ", "DOCKER_CONTEXT": "c"}, "d",
                     ("tcp://b:1", "", "DOCKER_HOST"), id="DOCKER_HOST before a context"),
        pytest.param("", {"DOCKER_CONTEXT": "c"}, "d", ("", "c", "DOCKER_CONTEXT"), id="DOCKER_CONTEXT"),
        pytest.param("", {"DOCKER_HOST": "", "DOCKER_CONTEXT": ""}, "d", ("", "d", CONFIG), id="the selected one"),
        pytest.param("", {"DOCKER_CONTEXT": "default"}, "d",
                     ("", "", "the default context, by DOCKER_CONTEXT"), id="back to the default"),
        pytest.param("", {}, "default", ("", "", f"the default context, by {CONFIG}"), id="default selected"),
    ],
)  # fmt: skip
def test_the_order_is_dockers(given, environment, selected, chosen):
    assert choice_of(given, environment, selected, CONFIG) == Choice(*chosen)


@pytest.mark.parametrize(
    ("address", "environment", "files", "result"),
    [
        pytest.param("", {}, [], (SOCKET, None), id="the local socket"),
        pytest.param("unix://", {}, [], (SOCKET, None), id="a socket without a path"),
        pytest.param("10.0.0.5:2375", {}, [], ("tcp://10.0.0.5:2375", None), id="no protocol"),
        pytest.param("unix:///run/user/1000/docker.sock", {"DOCKER_TLS_VERIFY": "1"}, [],
                     ("unix:///run/user/1000/docker.sock", None), id="rootless, and TLS is no matter to a socket"),
        pytest.param("ssh://deploy@shop", {"DOCKER_TLS": "1"}, [], ("ssh://deploy@shop", None), id="ssh"),
        pytest.param("", {"DOCKER_TLS_VERIFY": "1"}, ["ca.pem"],
                     (TLS_ADDRESS, Certificates("/c", ("ca.pem",), True)), id="TLS alone"),
        pytest.param("tcp://a:2376", {"DOCKER_TLS": "1"}, ["key.pem", "ca.pem", "cert.pem", "x"],
                     ("tcp://a:2376", Certificates("/c", ("ca.pem", "cert.pem", "key.pem"), False)), id="unverified"),
        pytest.param("tcp://a:2376", {"DOCKER_CERT_PATH": "/c"}, ["ca.pem"], ("tcp://a:2376", None),
                     id="a folder alone is no TLS for docker"),
    ],
)  # fmt: skip
def test_an_address_and_its_certificates(address, environment, files, result):
    endpoint = endpoint_of_address(Choice(address, "", "x"), environment, "/c", files)
    assert (endpoint.address, endpoint.certificates, endpoint.problem) == (*result, "")


@pytest.mark.parametrize("variable", ["DOCKER_TLS", "DOCKER_TLS_VERIFY"])
def test_tls_without_its_authority_is_refused_with_the_folder(variable):
    endpoint = endpoint_of_address(Choice("tcp://a:1", "", "DOCKER_HOST"), {variable: "1"}, "/c", ["key.pem"])
    assert f"({variable} is set), and there is no ca.pem in /c." in endpoint.problem
    assert "Nothing was done." in endpoint.problem


def context(host="tcp://a:2376", **more):
    return {"Name": "shop", "Endpoints": {"docker": {"Host": host, **more}}}


@pytest.mark.parametrize(
    ("metadata", "files", "certificates"),
    [
        pytest.param(context(), [], None, id="without TLS"),
        pytest.param(context(), ["ca.pem"], Certificates("/t", ("ca.pem",), True), id="authority alone"),
        pytest.param(context(SkipTLSVerify=True), [], Certificates("/t", (), False), id="unverified"),
        pytest.param(context("unix:///run/user/1000/docker.sock"), ["ca.pem"], None, id="a rootless socket"),
        pytest.param(context("ssh://deploy@shop"), [], None, id="ssh"),
    ],
)
def test_a_context(metadata, files, certificates):
    endpoint = endpoint_of_context(Choice("", "shop", "DOCKER_CONTEXT"), metadata, "/t", files)
    assert endpoint.address == metadata["Endpoints"]["docker"]["Host"]
    assert (endpoint.certificates, endpoint.problem) == (certificates, "")
    assert endpoint.as_dict() == {"address": endpoint.address, "context": "shop", "chosen_by": "DOCKER_CONTEXT"}
    assert endpoint.place == f"{endpoint.address} (context shop, DOCKER_CONTEXT)"


@pytest.mark.parametrize("metadata", [{}, {"Endpoints": {}}, {"Endpoints": {"kubernetes": {}}}, context(""), [], None])
def test_a_context_without_an_engine_is_refused(metadata):
    problem = endpoint_of_context(Choice("", "shop", CONFIG), metadata, "/t", []).problem
    assert f"The docker context shop, which {CONFIG} selects, has no address of an engine." in problem


def test_a_context_that_is_not_there_or_cannot_be_read_is_refused():
    choice = Choice("", "gone", "DOCKER_CONTEXT")
    problem = no_such_context(choice, "/m").problem
    assert "The docker context gone, which DOCKER_CONTEXT selects, does not exist (/m has none" in problem
    assert "cannot be read: /t: Permission denied." in unreadable_context(choice, "/t", "Permission denied").problem


@pytest.mark.parametrize(
    ("endpoint", "variables"),
    [
        pytest.param(EngineEndpoint(), {"DOCKER_HOST": SOCKET}, id="the default is said, too"),
        pytest.param(EngineEndpoint("tcp://a:1", "x", "shop"), {"DOCKER_HOST": "tcp://a:1"}, id="a context's address"),
        pytest.param(EngineEndpoint("tcp://a:1", "x", "shop", Certificates("/t", (), True)),
                     {"DOCKER_CONTEXT": "shop"}, id="a context with TLS goes by its name"),
        pytest.param(EngineEndpoint("tcp://a:1", "x", "", Certificates("/c", ("ca.pem",), True)),
                     {"DOCKER_HOST": "tcp://a:1", "DOCKER_CERT_PATH": "/c", "DOCKER_TLS_VERIFY": "1"}, id="TLS"),
        pytest.param(EngineEndpoint("tcp://a:1", "x", "", Certificates("/c", ("ca.pem",), False)),
                     {"DOCKER_HOST": "tcp://a:1", "DOCKER_CERT_PATH": "/c", "DOCKER_TLS": "1"}, id="unverified"),
    ],
)  # fmt: skip
def test_dockers_programs_reach_the_same_engine(endpoint, variables):
    given = {"PATH": "/bin", "DOCKER_HOST": "tcp://z:1", "DOCKER_CONTEXT": "z", "DOCKER_TLS_VERIFY": "1",
             "DOCKER_TLS": "1", "DOCKER_CERT_PATH": "/z", "DOCKER_CONFIG": "/d"}  # fmt: skip
    assert endpoint.environment(given) == {"PATH": "/bin", "DOCKER_CONFIG": "/d", **variables}


def test_what_runs_here():
    assert [EngineEndpoint(address).local for address in (SOCKET, "tcp://127.0.0.1:2375", "ssh://a")] == [
        True, False, False,
    ]  # fmt: skip


def test_a_client_has_both_files_or_none():
    assert Certificates("/c", ("cert.pem",), True).client is None
    assert Certificates("/c", ("cert.pem", "key.pem"), True).client == ("/c/cert.pem", "/c/key.pem")
