"""Secrets that stand at one place of a whole line."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._core.secret.settings_lines import without_settings


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("bob:ab/cdEFGHI012:19000:0:99999:7:::", "bob:(hidden):19000:0:99999:7:::"),
        ("bob:x5kPvJVyoA8Cg", "bob:(hidden)"),
        (f"bob:area:{'0a' * 16}", "bob:area:(hidden)"),
        (f"bob:500:{'0A' * 16}:{'1b' * 16}:::", "bob:500:(hidden):::"),
        ('"app" "x1"', '"app" "(hidden)"'),
        ('"app" "x1"\n"bob" "x2"', '"app" "(hidden)"\n"bob" "(hidden)"'),
        ("rocommunity x1 10.0.0.0/8", "rocommunity (hidden) 10.0.0.0/8"),
        ("rwcommunity6 x1", "rwcommunity6 (hidden)"),
        ("com2sec readonly default x1", "com2sec readonly default (hidden)"),
        ("createUser bob SHA x1 AES x2", "createUser bob SHA (hidden)"),
        ("trap2sink 10.0.0.1 x1 162", "trap2sink 10.0.0.1 (hidden) 162"),
        ("snmp-server community x1 RO", "snmp-server community (hidden) RO"),
        ("snmp-server host 10.0.0.1 traps version 2c x1", "snmp-server host 10.0.0.1 traps version 2c (hidden)"),
        ("username bob password 0 x1", "username bob password 0 (hidden)"),
        ("enable secret level 15 5 x1", "enable secret level 15 5 (hidden)"),
        ("PASS hunter2", "PASS (hidden)"),
        ("USER bob\nPASS hunter2", "USER bob\nPASS (hidden)"),
        ("[17] PASS :hunter2", "[17] PASS :(hidden)"),
        ("PASS 3kd9f/Qw83jd", "PASS (hidden)"),
        ("PASS Winter2024test", "PASS (hidden)"),
        ("PASS test123", "PASS (hidden)"),
        ("PASS sword.fish", "PASS (hidden)"),
        ("USER a\nweb | PASS cart", "USER a\nweb | PASS (hidden)"),
        ("[INFO] ftp\n[INFO] PASS cart", "[INFO] ftp\n[INFO] PASS (hidden)"),
        ("[INFO] PASS Zebra12x", "[INFO] PASS (hidden)"),
        ("bob:$6$x$y:19000:0:99999:7:::", "bob:(hidden):19000:0:99999:7:::"),
        (f"bob:My area:{'0a' * 16}", "bob:My area:(hidden)"),
        ("/x/.htpasswd:bob:x5kPvJVyoA8Cg", "/x/.htpasswd:bob:(hidden)"),
        ("/ns identify x1", "/ns identify (hidden)"),
        ("NS IDENTIFY x1", "NS IDENTIFY (hidden)"),
        ("OPER admin x1", "OPER admin (hidden)"),
        ("RABBITMQ_DEFAULT_PASS swordfish", "RABBITMQ_DEFAULT_PASS (hidden)"),
        ("ENV DB_PASSWORD x1", "ENV DB_PASSWORD (hidden)"),
        ("Step 3/9 : ENV API_TOKEN x1", "Step 3/9 : ENV API_TOKEN (hidden)"),
        ("/msg NickServ identify bob x1", "/msg NickServ identify bob (hidden)"),
        (r"net use Z: \\srv\s /user:bob x1 /persistent:no", r"net use Z: \\srv\s /user:bob (hidden) /persistent:no"),
        (r"net use \\srv\s x1 /user:bob", r"net use \\srv\s (hidden) /user:bob"),
    ],
)
def test_a_secret_of_a_line_goes(text, kept):
    assert without_settings(text) == kept


@pytest.mark.parametrize(
    "text",
    [
        "bob:x:1000:1000:Bob:/home/bob:/bin/sh", "bob:!:19000:0:99999:7:::", "bob:*:19000:0:99999:7:::", "level:info",
        '"app" "x1" "y"', 'say "app" "x1"', "rocommunity is deprecated", "the trapcommunity option is missing",
        "com2sec readonly default", "createUser bob", "trap2sink 10.0.0.1", "PASS tests/login.py", "PASS test_login2",
        "[INFO] PASS gate1", "smoke_1 | PASS cart", "2026-11-28 10:00:00,123 PASS step3", "PASS v1.2.3", "PASS #12",
        f"cache:page:{'0a' * 16}", f"md5:backup.sql:{'0a' * 16}", f"s3:etag:{'0a' * 16}", "service:webAPI01prodX",
        "container:Ab12cd34ef56g", "bob:x5kPvJVyoA8Cz", "nic:up:0:0:0:0:0:0:0", "stat:ok:1::::::", '"200" "GET"',
        '"app" "POST"', "OPER database restarted", "OPER job failed", "ns identify zone1", "nas identify x1",
        "RABBITMQ_DEFAULT_PASS is not set", "DB_PASSWORD missing", "DB_PASSWORD unset.", "ENV DB_PASSWORD $DB_PASSWORD",
        "SMOKE_TEST_PASS cart", "API_TOKEN refreshed",
        "PASS 12.3s", "PASS all", "PASS a b", "OPER admin", "NickServ identify", r"net use \\srv\s /persistent:yes",
        "net use Z: /delete", "enable password authentication", "username bob is unknown", r"net use Z: \\srv\s *",
    ],
)  # fmt: skip
def test_other_lines_stay(text):
    assert without_settings(text) == text
