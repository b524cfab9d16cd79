"""Post-mortems of logs that were really written: citations, passages, hostile text, secrets, broken logs."""

from __future__ import annotations

import json
import random
import re
import subprocess
from pathlib import Path

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._incident.kinds import (
    KINDS,
    MESSAGE_STATES,
    MOMENTS,
    PHASES,
    ROLES,
    SEVERITIES,
)

from support.citations import Page, uncited
from support.incidents import ACTIONS, PLAN, Log, stamp, whole_incident, wrote
from support.measuring import measured, measured_note
from support.modules import run_module
from support.scope import ALL, left_out
from support.servers import ROOT

SECTIONS = (
    "summary",
    "impact",
    "surprised",
    "contributing_factors",
    "went_well",
    "lucky",
    "lessons",
    "public",
    "weather",
)


def pages(log, check=False, **options):
    result = run_module(
        "incident_postmortem", check=check, log=str(log.folder), id=log.name, views=["internal", "public"], **options
    )
    assert "failed" not in result, result
    return result


def html(result, view="postmortem"):
    return next(Path(path).read_text() for path in result["paths"] if path.endswith(f"{view}.html"))


def events(log):
    return [json.loads(line) for line in (log.folder / f"{log.name}.jsonl").read_text().splitlines()]


def test_check_mode_writes_nothing_and_a_second_run_changes_nothing(tmp_path):
    log = whole_incident(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    planned = pages(log, check=True)
    assert sorted(tmp_path.rglob("*")) == before
    first, again = pages(log), pages(log)
    assert (planned["changed"], first["changed"], again["changed"]) == (True, True, False)
    assert planned["paths"] == first["paths"]
    assert all(Path(path).stat().st_mode & 0o777 == 0o600 for path in first["paths"])
    assert sorted(path.name for path in Path(first["paths"][0]).parent.iterdir()) == [
        "postmortem.html", "postmortem.md", "public.html", "public.md", "review.ics",
    ]  # fmt: skip


def test_an_incident_that_is_not_in_the_log_fails(tmp_path):
    whole_incident(tmp_path)
    result = run_module("incident_postmortem", log=str(tmp_path), id="other")
    assert result["failed"]
    assert "There is no incident 'other'" in result["msg"]


def test_every_figure_and_time_cites_an_event_that_holds_it(tmp_path):
    log = whole_incident(tmp_path)
    measured(log, 450)
    wrote(log, 500, "summary", "Written on 2020-01-01, about 12345 requests.")
    result = pages(log)
    for view in ("postmortem", "public"):
        assert uncited(html(result, view), events(log)) == []


def random_incident(folder, seed):
    """Events in an order that no playbook has, and some without those that they refer to."""
    rng = random.Random(seed)
    log, at = Log(folder, f"i{seed}", severity=rng.choice(SEVERITIES)), 0.0
    for number in range(rng.randrange(1, 40)):
        at += rng.expovariate(1 / 40)
        name, digest = rng.choice(["unblock_sessions", "scale_services"]), f"{rng.randrange(3):x}" * 64
        note = rng.choice([
            ("alert", {"alertname": f"A{number}", "fingerprint": "f", "starts_at": stamp(at - rng.random() * 99)}),
            ("acknowledged", {}),
            ("diagnosed", {"cause": f"cause_{number}", "lines": [f"{number} sessions wait"]}),
            ("held", {"mitigation": name, "plan": {**PLAN, "digest": digest}, "reasons": [f"{number} are planned"]}),
            ("approved", {"mitigation": name, "digest": digest}),
            ("intended", {"mitigation": name, "digest": digest, "actions": ACTIONS[: rng.randrange(8)]}),
            ("mitigated", {"mitigation": name, "intended": stamp(at - 5), "done": [f"restarted web-{number}"]}),
            ("verified", {"mitigation": name, "outcome": rng.choice(["recovered", "unchanged"]), "before": number,
                          "after": rng.randrange(9), "seconds_to_recovery": rng.choice([None, rng.random() * 9000])}),
            ("noted", {"text": f"step {number}", "done_at": stamp(at - 9)}),
            ("phase", {"phase": rng.choice(PHASES)}),
            ("action_item", {"key": f"K{rng.randrange(4)}", "text": f"item {number}", "due": "2026-12-01"}),
            ("update", {"text": f"part {number} works", "audience": rng.choice(["public", "team"])}),
            ("message", {"key": "m", "state": rng.choice(["failed", "sent"]), "channel": f"c{number}"}),
        ])  # fmt: skip
        log.write(at, note, host=rng.choice(["db1", "web2", ""]))
    return log


def test_citations_hold_for_whatever_order_of_events(tmp_path):
    seeds = range(200 if ALL else 10)
    left_out("random incidents", 200 - len(seeds))
    for seed in seeds:
        log = random_incident(tmp_path, seed)
        result = pages(log)
        for view in ("postmortem", "public"):
            assert uncited(html(result, view), events(log)) == [], seed


def test_a_figure_without_its_event_is_found(tmp_path):
    """The checker can fail."""
    log = whole_incident(tmp_path)
    text = html(pages(log))
    for true, planted in (
        ("93 before, 93 after", "94 before, 93 after"), ("15:05:00 UTC", "15:05:01 UTC"), ("1.8 s", "1.7 s"),
        ("<h2>Impact</h2>", "<h2>Impact</h2><p>7 users</p>"), ("ab12cd34ef56", "ab12cd34ef57"),
    ):  # fmt: skip
        assert true in text
        assert uncited(text.replace(true, planted), events(log)), planted


def passage(rng):
    """Text as people write it, with characters that a page could lose."""
    alphabet = ["a", "B", "9", " ", "  ", "\n", "\n\n", "\t", "<b>", "</pre>", "&amp;", "|", "`", "~~~", "*", "#1",
                "{{ x }}", "\u00e9", "e\u0301", "\U0001f469\u200d\U0001f4bb", "\u202eabc\u202c", "\u4e2d", "\\", "'",
                '"', "\r\n"]  # fmt: skip
    return "".join(rng.choice(alphabet) for dummy in range(rng.randrange(1, 120)))


def test_fifty_passages_and_twenty_events_later_no_character_has_changed(tmp_path):
    rng, log = random.Random(24), whole_incident(tmp_path)
    written = {}
    for number in range(50):
        text = passage(rng)
        wrote(log, 500 + number, rng.choice(SECTIONS), text, by=f"person{number}")
        written[events(log)[-1]["seq"]] = text
    first = pages(log)
    kept = {seq: text.removeprefix("\n") for seq, text in Page(html(first)).passages.items()}
    assert kept == written
    for number in range(20):
        log.write(600 + number, ("noted", {"text": f"later {number}"}))
    again = pages(log)
    assert {seq: text.removeprefix("\n") for seq, text in Page(html(again)).passages.items()} == written
    markdown = Path(next(path for path in again["paths"] if path.endswith("postmortem.md"))).read_bytes().decode()
    assert all(f"text\n{text}\n~~~" in markdown for text in written.values())


HOSTILE = (
    "</title></style></td></pre><script>alert(1)</script>",
    "\"><img src=http://evil.example/x onerror=alert(1)>'",
    "javascript:alert(1) \u202e\x1b[2J <svg onload=alert(1)> <!-- ]]> &#60;b&#62;",
    "[x](http://evil.example) ![y](http://evil.example/p.png) | `c` @channel <b>",
)
TAGS = {
    "html", "head", "meta", "link", "title", "style", "body", "main", "p", "strong", "h1", "h2", "ul", "li", "span",
    "small", "a", "section", "div", "table", "caption", "thead", "tbody", "tr", "th", "td", "figure", "pre",
    "figcaption", "dl", "dt", "dd", "svg", "text", "line", "g", "circle", "rect", "path", "defs", "pattern",
}  # fmt: skip


def full_of(text):
    """One event of each kind with the text in each of its fields."""
    choices = {"severity": SEVERITIES[0], "phase": PHASES[4], "role": ROLES[0]}

    def value(kind, name, types):
        several = types if isinstance(types, tuple) else (types,)
        if name in MOMENTS:
            return stamp(0)
        if name == "due":
            return "2026-12-01"
        if name == "state" and kind in ("message", "silence", "checklist"):
            return {"message": MESSAGE_STATES[0], "silence": "made", "checklist": "done"}[kind]
        if name in choices and kind in ("severity", "phase", "role", "opened"):
            return choices[name]
        if str in several:
            return text
        return [text, {"action": text, "who": text}] if list in several else {"digest": text} if dict in several else 1

    for kind, about in KINDS.items():
        yield kind, {name: value(kind, name, types) for name, types in about.fields.items() if types not in (bool,)}


def named(note, text):
    """The same with the text for every name, unit and sentence."""
    if isinstance(note, dict):
        keep = ("starts_at", "ends_at", "times", "estimated_by")
        return {name: value if name in keep else named(value, text) for name, value in note.items()}
    return [named(each, text) for each in note] if isinstance(note, list) else text if isinstance(note, str) else note


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_shown_as_text(tmp_path, text):
    log = Log(tmp_path, "i", scenario=text)
    for place, event in enumerate(full_of(text)):
        log.write(place, event, by=text, host=text)
    log.write_unchecked(99, "action_item", {"key": "A", "text": text, "due": text})
    measured(log, 99, **named(measured_note(), text))
    result = pages(log, public_words={text: text})
    assert "<pattern" in html(result)
    for view in ("postmortem", "public"):
        page = Page(html(result, view))
        assert {tag for tag, dummy in page.tags} <= TAGS
        for tag, attributes in page.tags:
            assert not [name for name in attributes if name.startswith("on") or name in ("src", "srcdoc", "action")]
            assert "style" not in attributes
            if "href" in attributes:
                assert re.fullmatch(r"#e\d+" if tag == "a" else "data:,", attributes["href"] or "")
        assert not re.search(r"[\u202a-\u202e\x1b]", re.sub(r"<pre .*?</pre>", "", html(result, view), flags=re.S))
    markdown = Path(next(path for path in result["paths"] if path.endswith("postmortem.md"))).read_text()
    outside = re.sub(r"^(~{3,})text\n.*?^\1$", "", markdown, flags=re.S | re.M)
    assert not re.search(r"(?<!\\)[<`]|(?<!\\)\]\(|\w://\w|@channel", outside)


@pytest.mark.parametrize(
    "secret",
    [
        "hunter2hunter2",
        "sk_live_51abcdefghijkl",
        "4242 4242 4242 4242",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
    ],
)
def test_no_secret_is_on_a_page(tmp_path, secret):
    text = f"password={secret}" if secret.startswith("hunter") else f"charge with {secret} failed"
    log = Log(tmp_path, "i", scenario=text)
    for place, event in enumerate(full_of(text)):
        log.write(place, event, by=text, host=text)
    log.write_unchecked(99, "action_item", {"key": "A", "text": text, "due": text})
    result = pages(log, public_words={})
    assert secret not in json.dumps({name: value for name, value in result.items() if name != "invocation"})
    for path in result["paths"]:
        assert secret not in Path(path).read_text()


def test_the_playbook_records_what_was_written_and_writes_the_pages(tmp_path):
    """Under Ansible: nothing in check mode; then passages and action items become events, and the pages have them."""
    log = whole_incident(tmp_path)
    variables = {
        "ansible_connection": "local", "runbook_incident_log": str(tmp_path), "incident_id": log.name,
        "incident_postmortem_views": ["internal", "public"], "runbook_public_words": {"db_lock_contention": "Slow"},
        "incident_postmortem_written": {"lucky": "low traffic\n  <b> 7", "status": "in review"},
        "incident_postmortem_section": "lessons", "incident_postmortem_text": 42,  # as a survey gives a number
        "incident_postmortem_action_items": [{"key": "A2", "text": "alert on waiters", "owner": "grace"}],
    }  # fmt: skip
    before = events(log)

    def play(*more, fails=False):
        argv = ["ansible-playbook", "-i", "db1,", "playbooks/incident_postmortem.yml", "-e", json.dumps(variables)]
        argv += ["-e", "runbook_hosts=all", *more]
        done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=False)
        assert bool(done.returncode) is fails, done.stdout + done.stderr
        assert "WARNING" not in done.stdout + done.stderr
        return done.stdout

    assert f"{log.name}.postmortem/postmortem.html" in play("--check")
    assert "belong together" in play("-e", "incident_postmortem_section=", fails=True)
    assert events(log) == before
    assert not (tmp_path / f"{log.name}.postmortem").exists()
    play()
    added = events(log)[len(before) :]
    assert [(event["kind"], event["host"]) for event in added] == [
        ("written", ""),
        ("written", ""),
        ("written", ""),
        ("action_item", ""),
    ]
    page = Page((tmp_path / f"{log.name}.postmortem/postmortem.html").read_text())
    assert page.passages == {added[0]["seq"]: "\nlow traffic\n  <b> 7", added[2]["seq"]: "\n42"}
    assert "<h1>Slow</h1>" in (tmp_path / f"{log.name}.postmortem/public.html").read_text()


def test_a_log_that_does_not_verify_says_so_in_the_first_line(tmp_path):
    log = whole_incident(tmp_path)
    path = tmp_path / f"{log.name}.jsonl"
    path.write_text(path.read_text().replace('"before":93,"after":0', '"before":94,"after":0'))
    result = pages(log)
    assert result["first_break"]
    assert result["lines"][0].startswith("the log does not verify")
    for file in result["paths"]:
        if file.endswith(".md"):
            assert "verif" in Path(file).read_text().splitlines()[0].lower()
    assert html(result).split("<main>")[1].lstrip().startswith('<p class="warning"')


def test_evidence_that_was_changed_says_so_too(tmp_path):
    log = whole_incident(tmp_path)
    next((tmp_path / f"{log.name}.evidence").iterdir()).write_text("{}")
    assert "SHA-256" in pages(log)["first_break"]
