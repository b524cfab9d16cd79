from __future__ import annotations

import re
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._announce.escape import (
    TARGETS,
    as_link,
    escaped,
    hosts_of,
    in_csv,
    in_header,
    in_issue,
    in_public,
    in_slack,
    said,
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


@pytest.mark.parametrize("text", ["=cmd()", "+1", "-1", "@x", "\t=x", "\uff1dcmd()", "\uff0b1", "\uff20x"])
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
    for target in ("mail", "slack", "cachet"):
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


@pytest.mark.parametrize(
    "text",
    [
        "=?utf-8?q?=0D=0ABcc=3A_x@evil.test?=", "db1 =?utf-8?b?4oCuZXZpbA==?= x", "=?iso-8859-1?q?=3C!channel=3E?=",
        "=?utf-8?q?a?= =?utf-8?q?=0Ab?=", "=\u200b?utf-8?q?=0A?=", "a=?b", "plain", "M\u00fcller",
    ],
)  # fmt: skip
def test_a_subject_has_the_characters_of_its_text_and_no_others(text):
    mail = EmailMessage(policy=SMTP)
    mail["Subject"] = in_header(text)
    mail.set_content("x")
    shown = str(message_from_bytes(mail.as_bytes(), policy=SMTP)["Subject"])
    assert shown.replace(" ", "") == text.replace("\u200b", "").replace(" ", "")


@pytest.mark.parametrize(
    ("text", "issue"),
    [
        ("/close", r"\/close"), ("/assign @root", r"\/assign @ root"), ("- [x] done", r"\- \[x\] done"),
        ("1. first", r"1\. first"), ("12) x", r"12\) x"), ("--- ", r"\---"), ("===", r"\==="), ("+ x", r"\+ x"),
        ("as in #12, a/b!7 and GH-3", r"as in \# 12, a/b\! 7 and GH- 3"),
        ("-1 is no id", "-1 is no id"), ("1.5 s", "1.5 s"), ("2026-11-23", "2026-11-23"), ("a/b /close", "a/b /close"),
        ("Raise the limit.", "Raise the limit."), ("C# and #general", r"C\# and \#general"), ("/ is full", "/ is full"),
    ],
)  # fmt: skip
def test_an_issue_has_no_list_command_or_reference_of_a_text(text, issue):
    assert in_issue(text) == escaped(text, "tracker") == issue


@pytest.mark.parametrize("target", ["slack", "page", "mail", "tracker", "cachet", "title", "apprise", "pager"])
@pytest.mark.parametrize("before", ["", "_", "*", "(", "~", "-"])
def test_a_host_of_the_web_is_no_link_whatever_is_before_it(target, before):
    """GitHub makes a link of it behind a mark of Markdown, too, also of one that is escaped."""
    assert "www .evil.test" in escaped(f"{before}www.evil.test", target)
    assert escaped("xwww.evil.test", target) == "xwww.evil.test", "which is a name"


def test_the_page_has_links_of_the_site_alone():
    text = "See https://grafana.example.org/d/1 & http://evil.test <b> www.evil.test"
    assert escaped(text, "page", OWN) == (
        "See https://grafana.example.org/d/1 &amp; http: //evil.test &lt;b&gt; www .evil.test"
    )
    assert escaped("see https://grafana.example.org", "page") == "see https: //grafana.example.org"
    assert in_public("R&D says: https://help.test/a?b=1&c", "page") == "R&amp;D says: https://help.test/a?b=1&amp;c"
    assert escaped("- --- 1.", "cachet") == r"\- --- 1."


@pytest.mark.parametrize(
    ("text", "post"),
    [
        ("See https://grafana.example.org/d/a_1?x=1&y=2.", "See <https://grafana.example.org/d/a_1?x=1&y=2>."),
        ("https://grafana.example.org is slow", "<https://grafana.example.org> is slow"),
        ("- (https://grafana.example.org) [x](http://evil.test)",
         "\\- (<https://grafana.example.org>) \\[x\\](http: //evil.test)"),
        ("see https://grafana.example.org@evil.test/", "see https: //grafana.example.org@ evil.test/"),
        ("![x](https://evil.test/x.png)", "\\!\\[x\\](https: //evil.test/x.png)"),
    ],
)  # fmt: skip
def test_a_post_of_cachet_has_links_of_the_site_alone(text, post):
    """A blank behind the colon broke each of them."""
    assert escaped(text, "cachet", OWN) == post
    assert "https: //" in escaped(text, "cachet")


def test_words_of_the_site_keep_their_links_on_a_cachet():
    words = "*Help* is at http://help.test/a_b?c=1&d."
    assert in_public(words, "cachet") == "\\*Help\\* is at <http://help.test/a_b?c=1&d>."


@pytest.mark.parametrize(
    ("text", "target", "written"),
    [
        ("It fails.\n\nWe look.", "page", "It fails.\n\nWe look."),
        ("It <fails>.\r\n \r\n\n- We look.\nAnd act.\n", "page", "It &lt;fails&gt;.\n\n- We look. And act."),
        ("It fails.\n\n- We *look*.", "cachet", "It fails.\n\n\\- We \\*look\\*."),
        ("1. It fails.\n\n2. We look.", "cachet", "1\\. It fails.\n\n2\\. We look."),
        ("It fails.\n\n\n\nSee http://evil.test", "mail", "It fails.\n\nSee http: //evil.test"),
        ("It fails.\nWe look.", "mail", "It fails. We look."),
        ("It fails.\n\n<!here>", "slack", "It fails. &lt;!here&gt;"),
        ("", "mail", ""), ("\n\n", "page", ""),
    ],
)  # fmt: skip
def test_what_a_person_says_has_its_paragraphs_each_of_them_as_text(text, target, written):
    assert said(text, target) == written
