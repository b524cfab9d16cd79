"""Options that are a password only to the program before them."""

from __future__ import annotations

import time

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._core.secret.program_options import (
    without_program_options,
)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("mysql -u root -px1 app", "mysql -u root -p(hidden) app"),
        ('["mysql", "-px1", "app"]', '["mysql", "-p(hidden)", "app"]'),
        ('a0="mysql" a1="-u" a2="root" a3="-px1"', 'a0="mysql" a1="-u" a2="root" a3="-p(hidden)"'),
        ("a0=mysql a1=-px1 a2=app", "a0=mysql a1=-p(hidden) a2=app"),
        ("mysql\x00-px1\x00app", "mysql\x00-p(hidden)\x00app"),
        ("curl -s -u bob:x1 https://x", "curl -s -u bob:(hidden) https://x"),
        ("curl -u 'bob:x 1' https://x", "curl -u 'bob:(hidden)' https://x"),
        ("curl -b 'sid=x1' -u bob:x1 y", "curl -b (hidden) -u bob:(hidden) y"),
        ("curl -u a:x1 https://x && curl -u b:x2", "curl -u a:(hidden) https://x && curl -u b:(hidden)"),
        ("snmpwalk -A x1 -x AES -X x2 h", "snmpwalk -A (hidden) -x AES -X (hidden) h"),
        ("ssh-keygen -p -P x1 -N x2", "ssh-keygen -p -P (hidden) -N (hidden)"),
        ("curl -b a=x1 -b b=x2 -u a:x3", "curl -b (hidden) -b (hidden) -u a:(hidden)"),
        ('mysql -e "a; b" -px1', 'mysql -e "a; b" -p(hidden)'),
        ("mysql -e 'a | b' -px1", "mysql -e 'a | b' -p(hidden)"),
        ("mysql -u root \\\n -px1", "mysql -u root \\\n -p(hidden)"),
        ('curl "https://x/?a=1&b=2" -u bob:x1', 'curl "https://x/?a=1&b=2" -u bob:(hidden)'),
        ("smbclient //s/x -c 'cd net; ls' -U a%x1", "smbclient //s/x -c 'cd net; ls' -U a%(hidden)"),
        ("smbclient -U bob%x1 //srv/s", "smbclient -U bob%(hidden) //srv/s"),
        ("net rpc user -U bob%x1", "net rpc user -U bob%(hidden)"),
        ("ssh-keygen -q -N 'a b' -f k", "ssh-keygen -q -N (hidden) -f k"),
        ("filebeat setup -u elastic:word1", "filebeat setup -u elastic:(hidden)"),
        ("sudo es --user bob:word1", "sudo es --user bob:(hidden)"),
        ("docker exec web es -u bob:word1", "docker exec web es -u bob:(hidden)"),
        ("su -c 'es -u bob:word1' web", "su -c 'es -u bob:(hidden)' web"),
        ("kubectl exec p -- es -u bob:word1", "kubectl exec p -- es -u bob:(hidden)"),
        ('{"msg": "es -u bob:word1"}', '{"msg": "es -u bob:(hidden)"}'),
        ('[["es", "-u", "bob:word1"]]', '[["es", "-u", "bob:(hidden)"]]'),
        ("caddy -u web:caddy1 http://x", "caddy -u web:(hidden) http://x"),
        ("es -u bob:word ; es -u bob:word", "es -u bob:(hidden) ; es -u bob:(hidden)"),
        ('tool --user "elastic:word1"', 'tool --user "elastic:(hidden)"'),
    ],
)
def test_an_option_of_its_program_goes(text, kept):
    assert without_program_options(text) == kept


@pytest.mark.parametrize(
    "text",
    [
        "mkdir -p x1", "mysql -h x; mkdir -px1", f"mysql {'x' * 400} -px1", "mysql -p$DB_PASSWORD app",
        "ssh-keygen -N ''",
        "curl https://x | sort -u a:b", "docker run -u 1000:1000 x", "docker exec -u web:logs1 x", "tool -u app:app",
        "mysql isn't up; mkdir -px1; it's", '["mysql", "x"]; mkdir -p"x1"', 'mysql -e "a; b"; mkdir -px1',
        'mysql "a\n;b" mkdir -px1', "docker run --rm --name x -v /a:/b -u web:logs1 x", "sudo -n -u web:logs1 ls",
        "docker compose -f x.yml exec -T -u web:logs1 x", "git diff -u HEAD:src.py", "caddy run -u web:caddy",
        "setfacl -m -u bob:rwx", "rclone sync -u s3:backup", "consul-template -u consul:consul1",
        "tool -u 10:20", "tool -u web:www-data", "cat net -U", "tool -u https://x", "tool -u $A:$DB_PASSWORD",
    ],
)  # fmt: skip
def test_the_option_of_another_stays(text):
    assert without_program_options(text) == text


@pytest.mark.parametrize("rest", ["", "-u ", "-u a:b ", "-p ", "-b a ", "' -px ", '";" '])
@pytest.mark.parametrize("program", ["curl", "wget", "http", "etcdctl", "mysql", "lftp", "bcp"])
def test_a_program_that_is_named_a_thousand_times_costs_no_more_than_once(program, rest):
    def cost(text: str) -> float:
        least = float("inf")
        for dummy in range(3):
            began = time.process_time()
            without_program_options(text)
            least = min(least, time.process_time() - began)
        return least

    other = "z" * len(program)
    once = cost(f"{program} " + f"{other} {rest}" * 3000)
    assert cost(f"{program} {rest}" * 3000) < 5 * once + 0.002
