"""Records of logs: what they have in common, what is new, what is hidden."""

from __future__ import annotations

import json

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._core.times import moment_of
from ansible_collections.pafar.runbook.plugins.module_utils._logs.fields import fields_of
from ansible_collections.pafar.runbook.plugins.module_utils._logs.records import (
    Record,
    Signatures,
    entry,
    redacted_value,
    shown,
    signature_text,
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2026-11-24 02:40:04 ERROR payment 7 failed", "2026-11-24 09:01:00,250 ERROR payment 12 failed"),
        ("ERROR no user 'ada'", "ERROR no user 'bob'"),
        ("ERROR charge 3f2504e0-4f89-11d3-9a0c-0305e82c3301", "ERROR charge 3f2504e0-4f89-11d3-9a0c-0305e82c3302"),
        ('{"level":"error","msg":"no slot 3","at":1}', '{"msg":"no slot 4","level":"error"}'),
        ("ERROR x\nTraceback (most recent call last):\n  f\nKeyError: 'a'", "ERROR y\nTraceback (most\nKeyError: 'b'"),
    ],
)  # fmt: skip
def test_the_same_thing_has_the_same_signature(one, other):
    assert signature_text(one) == signature_text(other)


def test_another_thing_has_another():
    assert signature_text("ERROR payment 7 failed") != signature_text("ERROR payment 7 refused")


def test_a_secret_is_in_no_signature():
    told = signature_text("ERROR bad key sk_live_4eC39HqLyjWDarjtT1zdp7dc for card 4242424242424242")
    assert "sk_live" not in told
    assert "4242" not in told


def counts(found, since, new_since):
    signatures = Signatures()
    for record in found:
        signatures.add(record)
    before = {record.source for record in found if record.at < new_since}
    return {signature["text"]: signature for signature in signatures.as_dicts(since, new_since, before, 20)}


def test_what_was_seen_before_a_deploy_is_not_new():
    found = [
        Record(at, "web", text)
        for at, text in [(10, "ERROR old"), (20, "ERROR old"), (30, "ERROR fresh"), (31, "INFO x")]
    ]
    told = counts(found, 15, 25)
    assert {text: (one["new"], one["count"]) for text, one in told.items()} == {
        "ERROR old": (False, 2),
        "ERROR fresh": (True, 1),
    }
    assert next(iter(told)) == "ERROR fresh", "new ones come first"


def test_records_since_a_moment_are_counted_apart():
    found = [Record(at, "web", "ERROR x") for at in (10, 20, 25, 30, None)]
    numbers = {}
    for moment in (25, None):
        signatures = Signatures(moment=moment)
        for record in found:
            signatures.add(record)
        numbers[moment] = [(kind["count"], kind["count_since"]) for kind in signatures.as_dicts(0, moment, (), 9)]
    assert numbers == {25: [(5, 3)], None: [(5, 5)]}


def test_where_nothing_is_known_of_before_nobody_says_new():
    assert counts([Record(30, "web", "ERROR fresh")], 15, 25)["ERROR fresh"]["new"] is None


def test_a_source_of_which_nothing_is_known_from_before_is_not_judged_by_another():
    found = [Record(10, "db", "ERROR old"), Record(30, "web", "ERROR fresh"), Record(30, "db", "ERROR other")]
    told = counts(found, 5, 25)
    assert {text: one["new"] for text, one in told.items()} == {
        "ERROR old": False,
        "ERROR fresh": None,
        "ERROR other": True,
    }


def test_secrets_are_hidden_to_any_depth():
    text = '{"level": "error", "password": "hunter2", "deep": [{"token": "abc123"}, "card 4242 4242 4242 4242"]}'
    told = entry(Record(1.0, "web", text), fields_of(text))
    for secret in ("hunter2", "abc123", "4242 4242"):
        assert secret not in str(told)
    assert told["level"] == "error"


@pytest.mark.parametrize(
    "text",
    [
        '{"name": "DB_PASSWORD", "value": "swordfish"}',
        '{"ParameterKey": "DbPassword", "ParameterValue": "swordfish"}',
        '{"auths": {"r.example": {"auth": "swordfish=="}}}',
        '{"kind": "Secret", "data": {"url": "swordfish"}}',
        '{"args": ["mysql", "-pswordfish"]}',
        "level=error pin=4711 attempts=1",
        'level=error cmd="curl -u bob:swordfish x" user=bob',
    ],
)
def test_what_the_text_of_a_record_hides_its_fields_do_not_show(text):
    told = entry(Record(1.0, "web", text), fields_of(text))
    secret = "4711" if "pin=" in text else "swordfish"
    assert secret not in told["text"]
    assert secret not in str(told["fields"])


def test_fields_that_hold_no_secret_stay():
    """Also what differs from the text in its form: escapes, colours, numbers, and the same value as a secret's."""
    text = json.dumps({
        "level": "\x1b[31merror", "msg": 'a "b"\n c\td', "n": 502, "f": 1.5, "user": "bob", "password": "bob",
        "list": ["User bob changed password", 1], "deep": {"none": None, "yes": True},
        "credentials": "same-origin", "pad_token": "[PAD]", "secret": "shop/db-credentials",
    })  # fmt: skip
    told = entry(Record(1.0, "web", text), fields_of(text))["fields"]
    assert told == {
        "level": "error", "msg": 'a "b" c d', "n": 502, "f": 1.5, "user": "bob", "password": "(hidden)",
        "list": ["User bob changed password", 1], "deep": {"none": None, "yes": True},
        "credentials": "same-origin", "pad_token": "[PAD]", "secret": "shop/db-credentials",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("90", 9910.0), ("15m", 9100.0), ("1h30m", 4600.0), ("2 h", 2800.0), ("0", 10000.0), ("@77", 77.0),
        ("1970-01-01", 0.0), ("1970-01-01T00:30Z", 1800.0), ("1970-01-01 01:30:00+01:00", 1800.0),
        ("", None), ("yesterday", None), ("5x", None), ("1970-13-01", None), ("-5", None),
    ],
)  # fmt: skip
def test_moments_as_people_say_them(text, at):
    assert moment_of(text, 10000.0) == at


def test_an_example_is_cut_behind_the_hiding_of_secrets():
    signatures = Signatures()
    card = "4242424242424242"
    signatures.add(Record(1.0, "web", "ERROR " + "x " * 991 + card, ""))
    nested = {"level": "error", "secret": {"value": "NESTED"}, "m": "y" * 3000}
    signatures.add(Record(1.0, "web", json.dumps(nested), ""))
    told = json.dumps(signatures.as_dicts(0.0, None, (), 9))
    assert "42424" not in told
    assert "NESTED" not in told


FRAME = '  File "/usr/lib/python3/site-packages/sqlalchemy/engine/base.py", line 145, in __init__\n    self._connect()'
JAVA = "\tat org.springframework.web.servlet.FrameworkServlet.service(FrameworkServlet.java:883)"
RUBY = "app/models/concerns/payments/charge_with_retries.rb:145:in `charge_with_retries'"
NET = "   at Microsoft.AspNetCore.Routing.EndpointMiddleware.Invoke(HttpContext context) in /src/a.cs:line 9"


@pytest.mark.parametrize(
    ("first", "frame", "between", "last"),
    [
        ("Traceback (most recent call last):", FRAME, "psycopg.OperationalError: refused", "AttributeError: rollback"),
        ("java.lang.IllegalStateException: x", JAVA, "Caused by: java.io.IOException: x", "Caused by: java.lang.X: y"),
        ("NoMethodError (undefined method `id'):", RUBY, "Causes:", "PG::ConnectionBad (refused)"),
        ("System.ArgumentException: x", NET, " ---> Npgsql.NpgsqlException: x", " ---> System.IO.IOException: y"),
        ("TypeError: x", "    at pay (/app/node_modules/a/b.js:3:1)", "  [cause]: Error: x", "  [cause]: Error: y"),
    ],
)
def test_the_example_of_a_long_chain_has_each_exception(first, frame, between, last):
    signatures = Signatures()
    signatures.add(Record(1.0, "web", "\n".join([f"ERROR {first}", *[frame] * 60, between, *[frame] * 60, last])))
    (example,) = (row["example"] for row in signatures.as_dicts(0.0, None, (), 9))
    lines = [line.strip() for line in example.split("\n")]
    assert (lines[0], lines[-2:]) == (f"ERROR {first}", [between.strip(), last.strip()])
    assert frame.strip().split("\n")[0] in lines
    assert len(example) <= 2000


@pytest.mark.parametrize("record", ["ERROR x\n  a\n  b\nKeyError: x", "ERROR " + "x " * 3000, "ERROR x\n" + "y" * 1900])
def test_the_example_of_another_record_is_its_beginning(record):
    signatures = Signatures()
    signatures.add(Record(1.0, "web", record))
    (example,) = (row["example"] for row in signatures.as_dicts(0.0, None, (), 9))
    assert example == record[:2000]


def test_what_systemd_logs_as_usual_may_say_more():
    assert Record(0.0, "unit", "ERROR payment failed", grade="info").level == "error"
    assert Record(0.0, "unit", "it went well", grade="info").level == "info"
    assert Record(0.0, "unit", "ERROR it says", grade="notice").level == "notice"


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ({"env": [{"name": "DB_PASSWORD", "value": "a b"}, {"name": "PORT", "value": "80"}]},
         {"env": [{"name": "DB_PASSWORD", "value": "(hidden)"}, {"name": "PORT", "value": "80"}]}),
        ({"args": ["psql", "--password", "swordfish", "-h", "db"]},
         {"args": ["psql", "--password", "(hidden)", "-h", "db"]}),
        ({"headers": [["x-api-key", "a b"], ["host", "x"]]}, {"headers": [["x-api-key", "(hidden)"], ["host", "x"]]}),
        ({"usage": {"prompt_tokens": 12}, "session_id": 4711}, {"usage": {"prompt_tokens": 12}, "session_id": 4711}),
        ({"tokens": {"prompt": 12, "completion": 3}}, {"tokens": {"prompt": 12, "completion": 3}}),
        ({"password": 493817, "token": [1], "secret": {"a": "b"}},
         {"password": "(hidden)", "token": "(hidden)", "secret": "(hidden)"}),
        ({"password": ["This field is required."]}, {"password": ["This field is required."]}),
        ({"password": "${DB_PASSWORD}", "authorization": "denied"},
         {"password": "${DB_PASSWORD}", "authorization": "denied"}),
    ],
)  # fmt: skip
def test_a_field_that_is_a_secret_is_hidden_and_counts_and_answers_stay(value, kept):
    assert redacted_value(value) == kept


@pytest.mark.parametrize(
    "secret",
    ["postgres://app:hunterSecretPass@db/x", "ghp_abcdefghijklmnopqrstuvwxyzABCDEFGHIJ", "password=hunterSecret"],
)
@pytest.mark.parametrize("cut", [6, 14, 20, 26])
def test_a_long_line_is_cut_between_words_before_its_secrets_are_hidden(secret, cut):
    """Quoted texts are shortened, so that what stands far behind may be shown."""
    text = "ERROR insert failed " + " ".join('"' + "x" * 150 + '"' for dummy in range(7))
    text = text.ljust(1200 - cut) + secret + " tail"
    assert not any(part in signature_text(text) for part in ("hunt", "ghp_a"))


@pytest.mark.parametrize("name", ["args", "bindings", "params"])
def test_parameters_of_a_statement_that_names_a_secret_are_no_fields(name):
    given = {"sql": "INSERT INTO users (email, api_key) VALUES ($1,$2)", name: ["a", "swordfish"]}
    assert redacted_value(given) == {"sql": given["sql"], name: "(hidden)"}
    other = {"sql": "INSERT INTO users (email, name) VALUES ($1,$2)", name: ["a", "bob"]}
    assert redacted_value(other) == other


@pytest.mark.parametrize("apart", [" ", "x", "\n"])
@pytest.mark.parametrize(
    "secret", ["{'token': 'Sw0rdFish9x'}", "Authorization: Bearer Sw0rdFish9x", "password=Sw0rdFish9x"]
)
def test_a_long_record_is_cut_neither_in_a_secret_nor_behind_its_name(apart, secret):
    for before in (0, 14, 28):
        text = apart.join(["w" * 9] * 20_000)[:100_000] + " " + secret + " " + "y" * (4 * 8192 - before) + " end"
        assert "Sw0rdFish9x" not in entry(Record(1.0, "web", text), {})["text"]
        text = f"{'y' * (4 * 8192 - before)} {secret} {apart.join(['w' * 9] * 20_000)} end"
        shown = entry(Record(1.0, "web", text), {})["text"]
        assert "Sw0rdFish9x" not in shown
        assert len(shown) > 8000
        assert shown.endswith(" end")


def test_the_exception_behind_loguru_s_mark_of_the_frame_that_caught_it():
    above = 'failed\nTraceback (most recent call last):\n\n  File "/a.py", line 9, in run\n    pay()\n\n'
    marked = f'{above}> File "/a.py", line 3, in pay\n    1 / 0\n\nZeroDivisionError: division by zero'
    assert signature_text(marked) == "ZeroDivisionError: division by zero"


@pytest.mark.parametrize(
    "message",
    [
        'automatic vacuum of table "shop.public.auth_tokens": index scans: 0',
        'MountVolume.SetUp failed for volume "shop-secret" : secret "shop-db" not found',
        "Cookie: none", 'password = os.getenv("DB_PASSWORD")', "rsync -av -u host:path x", "textparta x",
    ],
)  # fmt: skip
def test_a_harmless_text_is_shown_in_a_record_of_json_too(message):
    assert json.loads(shown(json.dumps({"level": "info", "msg": message, "more": [{"text": message}]}))) == {
        "level": "info",
        "msg": message,
        "more": [{"text": message}],
    }


@pytest.mark.parametrize(
    "fields",
    [
        {"statement": "UPDATE users SET password = $1", "detail": "Parameters: $1 = 'sword fish', $2 = '7'"},
        {"sql": "INSERT INTO users (password) VALUES ($1)", "ctx": {"params": ["sword fish"]}},
        {"path": "password", "value": "sword fish", "msg": "it is too short"},
        {"args": ["--password", "sword fish"]}, {"token": "sword fish"}, {"headers": [["Cookie", "a=sword; c=fish"]]},
    ],
)  # fmt: skip
def test_what_another_member_tells_of_a_text_of_words_hides_it(fields):
    record = Record(1.0, "f", json.dumps(fields))
    assert "fish" not in json.dumps(entry(record, fields))


def test_parameters_of_a_statement_in_a_line_of_csvlog_are_hidden():
    line = '2026-11-24 02:40:04.123 UTC,"app","shop","parameters: $1 = \'swordfish\'","UPDATE users SET password = $1"'
    assert "swordfish" not in shown(line)
    assert "'7'" in shown(line.replace("password", "name").replace("swordfish", "7"))
