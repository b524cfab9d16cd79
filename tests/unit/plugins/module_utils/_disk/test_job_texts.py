"""What the text of a job names."""

from __future__ import annotations

import time

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._disk import job_texts


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("J=/opt/x\n$J/a.sh ${J}/b.sh", "J=/opt/x\n/opt/x/a.sh /opt/x/b.sh"),
        ("J='a b'; echo $J", "J='a b'; echo a b"),
        ("Environment=X=report\nExecStart=docker start ${X}", "Environment=X=report\nExecStart=docker start report"),
        ("J=a; J=b; echo $J", ""),
        ("J=$1; echo $J", ""),
        ("J=a; for J in $L; do echo $J; done", ""),
        ("J=a; read -r J; echo $J", ""),
        ("J=a; echo $JOBS ${J:-x}", ""),
        ("J=`date`; echo $J", ""),
    ],
)
def test_variables_to_which_nothing_but_a_literal_word_is_given(text, same):
    assert job_texts.expanded(text) == (same or text)


def test_homes():
    passwd = "root:x:0:0::/root:/bin/sh\nbob:x:1000:1000:B:/home/bob:/bin/sh\nbroken\n"
    homes = job_texts.homes_of(passwd, ["/home/eve"])
    assert homes == ["/home/bob", "/home/eve", "/root"]
    assert job_texts.at_homes("~/a ~eve/b", homes).splitlines() == [f"{home}/a /home/eve/b" for home in homes]
    assert job_texts.at_homes("a~b x~ /a/~/b", homes) == "a~b x~ /a/~/b"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("docker start report", True),
        ("docker start 'report'", True),
        ("docker start abcdef0", True),
        ("docker start abcdef012345ffff", True),
        ("docker start report-2 reporter old.report", False),
        ("git checkout abcdef9", False),
        ("x abc", False),
    ],
)
def test_names_of_containers(text, named):
    assert job_texts.is_named(text, "report", "abcdef012345") is named


def test_a_long_text_takes_no_long_time():
    begun = time.process_time()
    for text in (
        "a" * 2**18,
        "docker " * 2**15,
        "X=" * 2**16,
        "$(" * 2**16,
        "/a" * 2**16,
        "~/" * 2**16,
        "docker start " * 2**14,
    ):
        full = job_texts.expanded(job_texts.joined(text))
        job_texts.paths_in(full)
        job_texts.words_in(full)
        job_texts.unknown_container(full)
        job_texts.is_named(full, "report", "abcdef012345")
    assert time.process_time() - begun < 20
