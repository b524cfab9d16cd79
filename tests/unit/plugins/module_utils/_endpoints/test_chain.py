"""The chain as it is sent and as clients build it: which certificate ends, which is missing, whose it is."""

from __future__ import annotations

import time

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._endpoints.certificate import Certificate, certificate_of
from ansible_collections.pafar.runbook.plugins.module_utils._endpoints.chain import (
    built_from,
    chain_problems,
    first_to_end,
    links_of,
    names_first,
    names_missing,
    why_untrusted,
)

from support.certificates import Signed, signed

NOW = time.time()
ROOT = signed("Root X")
MIDDLE = signed("Intermediate R1", ROOT, days=5)
OWN = signed("pafar", MIDDLE, names=("pafar.example", "*.pafar.example"))


def read(*chain: Signed) -> tuple[Certificate, ...]:
    found = tuple(certificate_of(each.der) for each in chain)
    assert None not in found
    return found  # type: ignore[return-value]


def test_the_first_of_the_chain_that_ends_counts_and_not_the_servers_own_alone():
    first = first_to_end(read(OWN, MIDDLE), read(OWN, MIDDLE, ROOT))
    assert first is not None
    assert first.subject == "Intermediate R1"
    assert [link["sent"] for link in links_of(read(OWN, MIDDLE), read(OWN, MIDDLE, ROOT), NOW)] == [True, True, False]
    assert first_to_end((), ()) is None


def test_what_a_server_does_not_send_is_named_though_this_place_knows_it():
    (problem,) = chain_problems(read(OWN), read(OWN, MIDDLE, ROOT), NOW)
    assert "does not send Intermediate R1" in problem
    assert chain_problems(read(OWN, MIDDLE), read(OWN, MIDDLE, ROOT), NOW) == []


def test_what_a_server_sends_besides_and_has_ended_is_named():
    old = signed("Cross-signed X3", days=-20)
    (problem,) = chain_problems(read(OWN, MIDDLE, old), read(OWN, MIDDLE, ROOT), NOW)
    assert "also sends Cross-signed X3, which ended" in problem


@pytest.mark.parametrize(
    ("code", "chain", "words"),
    [
        (20, [OWN], "the certificate of Intermediate R1, which signed its certificate, is not sent"),
        (20, [OWN, MIDDLE], "the certificate of Root X, which signed the certificate of Intermediate R1, is not sent"),
        (20, [OWN, signed("Intermediate R1", ROOT)], "of Intermediate R1, which signed its certificate, is not sent"),
        (20, [OWN, signed("Intermediate R1", ROOT), ROOT], "another of that name is sent, with another key"),
        (20, [OWN, signed("Intermediate R1", ROOT), MIDDLE], "of Root X, which signed the certificate of Intermediate"),
        (21, [OWN], "the certificate of Intermediate R1"),
        (19, [OWN, MIDDLE, ROOT], "its root Root X is not trusted here"),
        (18, [signed("alone", names=("x",))], "it is self-signed (alone)"),
        (10, [signed("old", MIDDLE, days=-3, names=("x",)), MIDDLE], "its certificate ended"),
        (10, [OWN, signed("Intermediate R1", ROOT, days=-3)], "the certificate of Intermediate R1 ended"),
        (10, [signed("old", MIDDLE, days=-3, names=("x",)), MIDDLE], "days ago, or this clock is wrong"),
        (9, [signed("new", MIDDLE, names=("x",), early=-3)], "its certificate is valid in"),
        (9, [signed("new", MIDDLE, names=("x",), early=-3)], "or this clock is wrong"),
        (62, [OWN], "it is for pafar.example, *.pafar.example and not for shop.example"),
        (18, [signed("TRAEFIK DEFAULT CERT", names=("x",))], "the proxy's own default certificate"),
        (62, [signed("Kubernetes Ingress Controller Fake Certificate", names=("y",))], "it has none for shop.example"),
    ],
)
def test_which_certificate_is_not_trusted_and_why(code, chain, words):
    assert words in why_untrusted(code, read(*chain), "shop.example", NOW)


def test_where_the_chain_was_not_read_nothing_is_said_to_be_missing():
    why = why_untrusted(20, read(OWN), "pafar.example", NOW, whole=False)
    assert why == "the certificate of Intermediate R1 is not known here, and whether it is sent was not read"
    assert why_untrusted(62, read(OWN), "shop.example", NOW, whole=False).startswith("it is for pafar.example")


def test_the_chain_is_built_from_what_was_sent_and_what_is_known():
    own, middle, root = read(OWN, MIDDLE, ROOT)
    assert built_from([own, middle], [root]) == [own, middle, root]
    assert built_from([own], [middle, root]) == [own, middle, root]
    assert built_from([own], [root]) == []
    assert built_from([], [root]) == []


def test_of_an_unknown_reason_nothing_is_made_up():
    assert why_untrusted(99, read(OWN, MIDDLE), "x", NOW) == ""
    assert why_untrusted(10, (), "x", NOW) == ""


def test_names_that_a_certificate_should_be_for():
    (own,) = read(OWN)
    assert names_missing(own, ["pafar.example", "www.PAFAR.example"]) == []
    assert names_missing(own, ["shop.example", "a.b.pafar.example"]) == ["shop.example", "a.b.pafar.example"]


@pytest.mark.parametrize(
    ("held", "wanted", "missing"),
    [
        (["2001:0db8:0000:0000:0000:0000:0000:0001"], ["2001:db8::1"], []),
        (["0000:0000:0000:0000:0000:0000:0000:0001"], ["[::1]", "::2"], ["::2"]),
        (["10.0.0.1"], ["10.0.0.1", "10.0.0.2"], ["10.0.0.2"]),
        (["xn--mller-kva.example"], ["m\u00fcller.example"], []),
        (["*.shop.example"], ["a.SHOP.example.", "shop.example"], ["shop.example"]),
        (["*.xn--mller-kva.example"], ["a.m\u00fcller.example"], []),
    ],
)
def test_a_name_is_compared_as_certificates_write_it(held, wanted, missing):
    own = Certificate("", "", b"", b"", 0.0, 0.0, tuple(held))
    assert names_missing(own, wanted) == missing


def test_of_many_names_those_that_are_asked_for_are_not_cut_off():
    names = [f"a{number}.example" for number in range(200)]
    own = Certificate("", "", b"", b"", 0.0, 0.0, tuple(names))
    shown = names_first(own, ["a150.example", "a199.example", "b.example"], 20)
    assert len(shown) == 20
    assert shown[:2] == ["a150.example", "a199.example"]
    assert names_missing(Certificate("", "", b"", b"", 0.0, 0.0, tuple(shown)), ["a150.example", "b.example"]) == [
        "b.example"
    ]
    assert names_first(own, names, 20) == names
