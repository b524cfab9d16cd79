from __future__ import annotations

import re

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._announce.escape import (
    TARGETS,
    as_link,
    escaped,
    hosts_of,
    in_csv,
    in_slack,
)


@pytest.mark.parametrize(
    ("text", "slack"),
    [
        ("a < b & c", "a &lt; b &amp; c"),
        ("<!channel> <@U1> <#C1|x>", "&lt;!channel&gt; &lt;@ U1&gt; &lt;# C1|x&gt;"),
        ("@here `rm` http://x.test www.x.test", "@ here 'rm' http: //x.test www .x.test"),
        ("a\nb\x1b[2Jc\u202e", "a b [2Jc"),
    ],
)
def test_slack_makes_no_mention_link_or_code_of_it(text, slack):
    assert in_slack(text) == slack


@pytest.mark.parametrize("text", ["=cmd()", "+1", "-1", "@x", "\t=x"])
def test_a_cell_is_no_formula(text):
    assert in_csv(text).lstrip("'")[:1] == text.strip()[:1]
    assert in_csv(text).startswith("'") or not text.strip().startswith(("=", "+", "-", "@"))


def test_every_target_is_one_line_without_control_characters():
    for target in TARGETS:
        assert not set("\n\r\x1b\x00\u202e") & set(escaped("a\r\nBcc: x\x1b\x00\u202e", target))
        assert escaped(None, target) == ""


OWN = hosts_of(["https://Grafana.example.org:3000/d/1", "https://[2001:db8::1]/x", "no address", "https://[x", None])


def test_the_hosts_of_the_site_s_own_addresses():
    assert {"grafana.example.org", "2001:db8::1"} == OWN


@pytest.mark.parametrize(
    "url",
    ["https://grafana.example.org/d/1?var=a&from=now-1h#panel", "http://GRAFANA.example.org:3000", "https://[2001:db8::1]/x"],
)  # fmt: skip
def test_a_link_to_a_host_of_the_site_stays_one(url):
    text = f"See {url}, and {url}. (<!here> {url}) @ada"
    assert escaped(text, "mail", OWN) == text
    slack = f"<{url.replace('&', '&amp;')}>"
    assert escaped(text, "slack", OWN) == f"See {slack}, and {slack}. (&lt;!here&gt; {slack}) @ ada"
    assert escaped(text, "mail") == text.replace("://", ": //")


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.test/grafana.example.org", "https://grafana.example.org.evil.test/", "https://evil.test#https:",
        "https://grafana.example.org@evil.test/", "https://ada:x@evil.test/grafana.example.org", "javascript://grafana.example.org",
        "https://evil.test\\@grafana.example.org", "https://xgrafana.example.org", "https://evil.test/?u=https://evil.test",
        "ftp://grafana.example.org/", "https://grafana.example.org.@evil.test", "https://grafana.example.org:evil.test",
        "https://grafana.example.org\u3002evil.test", "https://grafana.example.org:x@evil.test",
    ],
)  # fmt: skip
def test_what_only_looks_like_a_host_of_the_site_is_no_link(url):
    for target in ("mail", "slack"):
        assert "evil.test" not in re.findall(r"https?://\S+", escaped(f"see {url}", target, OWN))
        assert not re.search(r"://\S*evil", escaped(f"see {url}", target, OWN)), escaped(f"see {url}", target, OWN)


def test_a_link_of_the_site_makes_no_link_of_what_is_beside_it():
    text = "https://grafana.example.org/?next=https://evil.test www.evil.test @all"
    assert escaped(text, "slack", OWN).count("www .evil.test @ all") == 1


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("P1 db_lock_contention on db-1.a_b", "P1 db_lock_contention on db-1.a_b"),
        ("Raise *max* & `limit`", "Raise *max* & 'limit'"),
        ("<b>x</b> [y](http://evil)", "(b)x(/b) (y)(http: //evil)"),
        ("@all #general www.evil.test\nx", "@ all # general www .evil.test x"),
    ],
)
def test_a_title_of_an_issue_is_plain(text, title):
    assert escaped(text, "title") == title


@pytest.mark.parametrize(
    ("address", "slack"),
    [
        ("https://grafana.example.org/d/1?var=a&from=now-1h#panel", "<https://grafana.example.org/d/1?var=a&amp;from=now-1h#panel>"),
        ("HTTP://wiki/run books", "<HTTP://wiki/run%20books>"),
        ("https://x.test/a|b>c<!here>", "<https://x.test/a%7Cb%3Ec%3C!here%3E>"),
        ("support@example.org", "support@example.org"),
        ("<https://x.test|Board>", "<https://x.test|Board>"),
    ],
)  # fmt: skip
def test_an_address_of_the_settings_is_a_link_in_slack(address, slack):
    assert as_link(address, "slack") == slack
    assert as_link(address, "mail") == address.replace(" ", "%20")


@pytest.mark.parametrize(
    "text",
    ["<https://evil.test|https://grafana.example.org>", "<https://grafana.example.org|x>", "<https://grafana.example.org|<!here>>"],
)  # fmt: skip
def test_a_link_of_slack_that_somebody_wrote_is_none(text):
    assert not re.search("[<>]", escaped(text, "slack", OWN))
    assert escaped("<https://grafana.example.org>", "slack", OWN) == "&lt;<https://grafana.example.org>&gt;"
