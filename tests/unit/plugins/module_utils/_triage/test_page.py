"""The page of triage."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._triage.page import page
from ansible_collections.pafar.runbook.plugins.module_utils._triage.prometheus_signs import (
    PrometheusResult,
)
from ansible_collections.pafar.runbook.plugins.module_utils._triage.sign import (
    Sign,
    scenarios_of,
)
from ansible_collections.pafar.runbook.plugins.module_utils._triage.signs import signs_of
from ansible_collections.pafar.runbook.plugins.module_utils._triage.survey_report import (
    Survey,
)

from .surveys import (
    AT,
    AWAY,
    EXAMINED,
    SITE,
    changed,
    database,
    page_of,
    part,
    resources,
    series,
    service,
    unread,
)


def test_the_page():
    survey: Survey = {
        "resources": resources(disk=0.97), "services": part(service("nginx", "")), "database": database(),
        "changes": changed(700, "checked out 3f1c"),
    }  # fmt: skip
    signs = signs_of("web1", survey, SITE)
    links = {"Grafana": "https://g.example/d/x?from={from}&to={to}", "Kibana": "https://k.example/{from_iso}"}
    text = page_of(signs, links, web1=survey)
    assert text.startswith("# Triage: P1 proposed, ")
    assert "- **P1** web1: / is 97% full" in text
    assert "    ansible-playbook playbooks/disk_space.yml --check --diff" in text
    assert "- 12 min ago, web1: checked out 3f1c" in text
    assert "- failing 12.3%" in text
    assert "| web1 | 1 of 1 | 10% | 50% | / 97% | 10 of 60 | P1 |" in text
    assert "(<https://g.example/d/x?from=1795505400000&to=1795509000000>)" in text
    assert "(<https://k.example/2026-11-24T07:30:00Z>)" in text
    assert len(text.splitlines()) < 60


def test_foreign_text_is_text_on_the_page():
    nasty = "<script>x</script> [click](http://evil) ![p](http://evil/p.png) **bold** `code` | cell\n# title &lt;"
    text = page_of([Sign("P1", nasty, "web|1", "disk_space")], {"x](http://evil)": "https://ok.example/a b>c"})
    assert "<script>" not in text
    assert "](http://evil" not in text.replace("\\](", "")
    assert "\n# title" not in text
    assert "web\\|1" in text
    assert "(<https://ok.example/abc>)" in text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("@channel look", "@ channel look"),
        ("ada@example.org", "ada@ example.org"),
        ("see https://evil.example/x", "see https: //evil.example/x"),
        ("see WWW.evil.example", "see WWW .evil.example"),
        ("`a` <b> [c] |d| *e* _f_ #g ~h~ ![i]", r"\`a\` \<b\> \[c\] \|d\| \*e\* \_f\_ \#g \~h\~ \!\[i\]"),
    ],
)
def test_foreign_text_is_neither_mention_nor_link(text, shown):
    survey: Survey = {**EXAMINED, "changes": changed(700, text)}
    prometheus: PrometheusResult = {"alerts": [], "unread": [], "series": [series(text, 1, text)]}
    signs = [Sign("P1", text, text, "disk_space")]
    page_text = page("P1", signs, scenarios_of(signs), {text: survey}, prometheus, {}, AT)
    assert text not in page_text
    assert page_text.count(shown) == 8, "sign, its host, what points to it, change, its host, series, unit, row"


@pytest.mark.parametrize(
    ("survey", "lines"),
    [
        ({**EXAMINED, "changes": {"changes": [], "unknown": []}}, ["Nothing within a day."]),
        ({**EXAMINED, "changes": {"changes": [], "unknown": ["containers: no"]}}, ["- web1: containers: no"]),
        ({**EXAMINED, "changes": changed(700, "checked out 3f1c", "containers: no")},
         ["- 12 min ago, web1: checked out 3f1c", "- web1: containers: no"]),
        ({**EXAMINED, "changes": unread("no")}, ["- web1: could not be examined: no"]),
        (AWAY, ["- web1: could not be examined"]),
        (EXAMINED, ["Not examined."]),
    ],
)  # fmt: skip
def test_what_nobody_could_look_at_is_not_nothing(survey, lines):
    section = page_of([], web1=survey).partition("## What changed lately\n\n")[2].partition("\n\n")[0]
    assert section.splitlines() == lines


def test_changes_that_are_left_out_are_counted():
    part = changed(0, "containers were made")
    part["changes"] = [{"age": float(age), "what": f"change {age}", "deploys": False} for age in range(1, 20)]
    section = page_of([], web1={"changes": part}).partition("## What changed lately\n\n")[2].partition("\n\n")[0]
    assert section.splitlines()[15:17] == ["- 16 s ago, web1: change 16", "- and 3 older ones, see the evidence"]


def test_a_series_in_trouble_says_so():
    lost = series("failing", None, problem="Prometheus refuses the query: parse error")
    text = page("P3", [], [], {}, {"alerts": [], "unread": [], "series": [lost]}, {}, AT)
    assert "- failing unknown: Prometheus refuses the query: parse error" in text


def test_nothing_is_wrong():
    text = page_of([], web1={"resources": resources()})
    assert "P3 proposed" in text
    assert "Nothing that was examined." in text
    assert "What to run next" not in text


def test_what_no_playbook_mitigates_is_said_also_where_another_sign_has_one():
    signs = [Sign("P1", "/ is 97% full", "web", "disk_space"), Sign("P2", "the table is full", "web")]
    text = page_of(signs)
    assert "No playbook mitigates: web: the table is full" in text
    assert "playbooks/disk_space.yml" in text
    assert "No playbook" not in page_of(signs[:1])
