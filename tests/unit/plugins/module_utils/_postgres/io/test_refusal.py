"""The SQLSTATE of a refusal, as a server sends it before and after it has asked for a password."""

from __future__ import annotations

import socket
import struct
import threading

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.io.connection import Login
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.io.refusal import REACHED, sqlstate_of


def message(kind, body):
    return kind + struct.pack("!I", len(body) + 4) + body


def refuses(code):
    return message(b"E", b"SFATAL\0C" + code + "\0Mdéjà trop de clients\0\0".encode())


def asks(step, more=b""):
    return message(b"R", struct.pack("!I", step) + more)


def answer_of(*answers, **login):
    """What is made of a server that says these, one after each thing that it is sent."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve():
            connection, dummy = server.accept()
            with connection:
                for answer in answers:
                    connection.recv(4096)
                    connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        given = {"host": "127.0.0.1", "port": server.getsockname()[1], "ssl_mode": "disable", **login}
        try:
            return sqlstate_of(Login(**given), "oncall", "secret")
        finally:
            thread.join()


@pytest.mark.parametrize("code", [b"57P03", b"53300", b"57P01", b"3D000"])
def test_a_refusal_at_the_door(code):
    assert answer_of(refuses(code)) == code.decode()


def test_without_tls_on_the_server_the_refusal_is_read_in_the_clear():
    assert answer_of(b"N", refuses(b"57P03"), ssl_mode="prefer") == "57P03"


@pytest.mark.parametrize(
    "answers",
    [
        pytest.param([asks(5, b"salt")], id="md5"),
        pytest.param([asks(3)], id="a password in the clear"),
        pytest.param([asks(10, b"SCRAM-SHA-1024\0\0")], id="an unknown mechanism"),
        pytest.param([asks(0) + message(b"S", b"x\0y\0")], id="it lets in by now"),
    ],
)
def test_one_that_asks_for_more_was_reached(answers):
    assert answer_of(*answers) == REACHED


@pytest.mark.parametrize(
    "answer", [b"HTTP/1.1 400 Bad Request\r\n\r\n", message(b"E", b"Mno code\0\0"), message(b"E", b"C57\0\0"), b""]
)
def test_what_is_no_answer_of_postgresql_has_no_sqlstate(answer):
    assert answer_of(answer) == ""


def test_where_nothing_listens_there_is_none():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert sqlstate_of(Login(host="127.0.0.1", port=port), "oncall", "") == ""
    assert sqlstate_of(Login(host="", service="site"), "oncall", "") == ""
