from __future__ import annotations

from ansible_collections.pafar.runbook.plugins.module_utils._postmortem.page.style import POLICY, STYLE


def test_the_policy_allows_no_script_and_no_request():
    rules = dict(rule.strip().split(" ", 1) for rule in POLICY.split(";"))
    assert rules["default-src"] == "'none'"
    assert rules["img-src"] == "data:"
    assert not {"script-src", "connect-src", "font-src"} & rules.keys()


def test_the_style_loads_nothing_and_prints_no_cut_row():
    assert "url(" not in STYLE
    assert "@import" not in STYLE
    assert "</" not in STYLE
    assert "tr,figure,svg{break-inside:avoid}" in STYLE
