"""Secrets go, and what is none stays."""

from __future__ import annotations

import time

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._core.redaction import hides, redacted, redacted_lines

from .further_corpus import FURTHER, FURTHER_HARMLESS
from .redaction_corpus import B64, HARMLESS, HEX32, MIX, SECRETS


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        pytest.param("key sk_live_4eC39HqLyjWDarjt", "key (hidden)", id="Stripe"),
        pytest.param("whsec_abcdef failed", "(hidden) failed", id="webhook"),
        pytest.param("Authorization: Bearer abc.def", "Authorization: (hidden)", id="header"),
        pytest.param("postgres://app:pa55@db/x", "postgres://app:(hidden)@db/x", id="password of a URL"),
        pytest.param("PAFAR_DB_PASSWORD=x y", "PAFAR_DB_PASSWORD=(hidden) y", id="variable"),
        pytest.param('{"api_key": "abc def"}', '{"api_key": (hidden)}', id="JSON"),
        pytest.param('{\\"password\\": \\"x\\"}', '{\\"password\\": (hidden)}', id="JSON in JSON"),
        pytest.param("DB_PASS=x db_pw=y", "DB_PASS=(hidden) db_pw=(hidden)", id="short names"),
        pytest.param("redis://u:a/b@c@host/0", "redis://u:(hidden)@host/0", id="a password with odd characters"),
        pytest.param("card 4242 4242 4242 4242", "card (hidden)", id="card"),
        pytest.param("card 4242424242424242.", "card (hidden).", id="card at the end of a sentence"),
        pytest.param("4242424242424242 12/27", "(hidden) 12/27", id="card and its date"),
        pytest.param("4242 4242 4242 4242 123", "(hidden) 123", id="card and its code"),
        pytest.param("user 17 4242424242424242", "user 17 (hidden)", id="card behind a number"),
        pytest.param("2026-11-24 4242-4242-4242-4242", "2026-11-24 (hidden)", id="card behind a date"),
        pytest.param("3782 822463 10005", "(hidden)", id="American Express"),
        pytest.param("at 1795508494375000000 ns", "at 1795508494375000000 ns", id="a time is no card"),
        pytest.param("0.4242424242424242", "0.4242424242424242", id="a fraction is no card"),
        pytest.param("pi_3Nabcdefgh_secret_xyz123", "(hidden)", id="Stripe's client secret"),
        pytest.param("order 4242 4242 4242 4243", "order 4242 4242 4242 4243", id="no card: Luhn's digit is wrong"),
        pytest.param("GET /api/trips/12/ 200", "GET /api/trips/12/ 200", id="nothing"),
        pytest.param("\x1b[31mred\x07", "red", id="control characters"),
    ],
)
def test_secrets_go(text, kept):
    assert redacted(text) == kept


@pytest.mark.parametrize(("text", "secret"), SECRETS, ids=[text[:60] for text, dummy in SECRETS])
def test_no_secret_of_the_corpus_is_left(text, secret):
    assert secret not in redacted(text)


@pytest.mark.parametrize("text", FURTHER)
def test_no_secret_is_left_in_other_surroundings(text):
    kept = redacted(text)
    values = [value for value in ("Hunter2Secret", HEX32, MIX, B64) if value in text]
    assert kept != text
    assert not [value for value in values[:1] if value in kept]


@pytest.mark.parametrize("text", [*HARMLESS, *FURTHER_HARMLESS])
def test_no_harmless_text_of_the_corpus_is_hidden(text):
    assert redacted(text) == text


@pytest.mark.parametrize("value", ["3kd9f/Qw83jd", "Winter2024test", "test_x", "hunter2latest"])
def test_a_value_under_pass_is_hidden(value):
    assert hides("PASS", value)


def test_the_corpus_is_as_large_as_promised():
    assert len(SECRETS) + len(FURTHER) >= 300
    assert len(HARMLESS) + len(FURTHER_HARMLESS) >= 300


KEY = ["-----BEGIN RSA PRIVATE KEY-----", "MIIEowIBAAKCAQEAsecretsecret1", "c2VjcmV0", "-----END RSA PRIVATE KEY-----"]


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(KEY, id="plain"),
        pytest.param([f"2026-11-26T10:00:00Z {line}" for line in KEY], id="each line behind a time"),
        pytest.param([f"web-1  | {line}" for line in KEY], id="each line behind a container's name"),
        pytest.param([KEY[0], "Proc-Type: 4,ENCRYPTED", "DEK-Info: AES-128-CBC,00FF", "", *KEY[1:]], id="encrypted"),
        pytest.param(["\n".join(KEY).replace("\n", "\\n")], id="in one line, escaped"),
        pytest.param(KEY[:3], id="its end is not there"),
        pytest.param(KEY[1:], id="its beginning is not there"),
        pytest.param([part for line in KEY for part in (f"web-1  | {line}", "web-2  | GET /health 200")], id="between"),
        pytest.param([part for line in KEY[1:] for part in (f"a | {line}", "b | ok")], id="between, without beginning"),
        pytest.param([f'{{"log":"{line}\\n","stream":"stderr"}}' for line in KEY], id="in the engine's JSON"),
        pytest.param([f'"{line}\\n" +' for line in KEY], id="in code"),
        pytest.param([line.replace("RSA", "OPENSSH") for line in KEY], id="OpenSSH"),
        pytest.param([line.replace("-----", "----").replace("RSA", "SSH2 ENCRYPTED") for line in KEY], id="SSH2"),
        pytest.param([KEY[0].replace("RSA ", "PGP ").replace("KEY", "KEY BLOCK"), "", *KEY[1:3]], id="PGP"),
    ],
)
def test_a_private_key_over_several_lines_goes(lines):
    around = ["before it", *lines, "after the key, this stays"]
    kept = redacted_lines(around)
    assert len(kept) == len(around)
    assert (kept[0], kept[-1]) == (around[0], around[-1])
    assert not [line for line in kept if "MIIE" in line or "c2Vjcm" in line]


def test_a_certificate_is_no_private_key():
    lines = ["-----BEGIN CERTIFICATE-----", "MIIDdzCCAl+gAwIBAgIEAgAAuTANBgkq", "-----END CERTIFICATE-----"]
    assert redacted_lines(lines) == lines


@pytest.mark.parametrize(
    "unit",
    [
        "password=", 'password="', "://a:", "<password>", "a-", "4242 ", "curl ", "authorization: ", "token=[", "a:b",
        "$6$", "-----BEGIN PRIVATE KEY-----", '"a","b",', "password '", "%22a", "eyJ", "password is ", "auth=",
        "/reset/", "echo a|", "4242:", "&quot;", "AUTH a ", "htpasswd -b ", "<a name='b'>", "password for user ",
        "cookie=a=b; ", "password\x1b[0m=", "password=a(",
        "<input name=a ", '"name":"password",', '"value":"a",', 'name="token"\\n\\n', "aA1", "sid=aA1",
        "token aA1", "&lt;password&gt;", "zip -P",
        "ENV A ", "login('", "crypt(", "INSERT INTO a (password) VALUES ('x', ", "insert into a (", "DE89 ",
        "DE89A", "iban de89", "password is generated for a: ", "curl -u a:", "curl ' -u '", "A_KEY=",
        "use 123456 ", "proxy_set_header a ", "<b>", "password: <b>", '{password,"', "your code is ",
        "name=token value=", "mongo -p ", "a:5432:b:c:", "password: a ", "create user a identified by ",
        "password: !a ", "password: (a) ", "token in ('a', ", "Key (token)=(", "password=''a", "password='a' ",
        "${A}", "password=${A}", "token is a ", "user a on >", "config set a ", "[--a, ", "conn a/",
        "a/b@//", "ansible-vault encrypt_string ",
        '"name":"token","a":"b",', "a1 LOGIN a ", "recovery code: a1 ",
        "-u a:bcd ", "htpasswd -b a ", "PASS a\n", "token = f($1, ", "audit( proctitle=41414141 ",
        "rocommunity a 1 .1 ", "net use \\\\a ", "net use /user:a ", '"a" "b"\n', "bob:a:0:0:0:0:0:0:0\n",
        "smbclient -U a%", "snmpwalk -A a ", "mysql -e \";\" -pa ", "mysql '", 'curl "https://a?b&c" -u a:b ',
        "docker -x b -u a:bcd ", "PASS: a/test ", "token=a.token ", "audit( cmd=41414141 ", "EXECVE a1[0]=41414141 ",
        "Cookie: none, ", "a:$$:", "| PASS a\n",
        "lookup a@", 'invalid port ":a', '"""a', "x-a-key", "ENV A_KEY bcd\n", ': PSK "', "access-production-",
        "hmac-sha256:x:", "AUTH LOGIN ab", "password=/a/", "a_1bAA", '="a\\"', 'msg="a \\"key\\"" ', 'a:"\\\\',
    ],
)  # fmt: skip
def test_four_times_the_text_costs_about_four_times_as_much(unit):
    """Linear in the length; a rule that is not costs sixteen times as much. The least of several runs is compared."""

    def cost(size: int) -> float:
        text, least = (unit * (size // len(unit) + 1))[:size], float("inf")
        for dummy in range(3):
            began = time.process_time()
            redacted(text)
            least = min(least, time.process_time() - began)
        return least

    assert cost(32768) < 10 * cost(8192)


@pytest.mark.parametrize(
    "line", ["password:", "a:", "password: |", "Cookie:", "password: '", "  x", "login a", "- a", "a="]
)
def test_many_lines_cost_little(line):
    lines = [line] * (65536 // (len(line) + 1))
    began = time.process_time()
    assert len(redacted_lines(lines)) == len(lines)
    assert time.process_time() - began < 8


@pytest.mark.parametrize("unit", ["+", "A+", "\\n", '"+ ', "A "])
def test_a_long_line_in_a_key_costs_little(unit):
    lines = [KEY[0], *[unit * (65536 // len(unit))] * 4, KEY[-1], *[unit * (65536 // len(unit)) + "!"] * 4, KEY[-1]]
    began = time.process_time()
    assert len(redacted_lines(lines)) == len(lines)
    assert time.process_time() - began < 8
