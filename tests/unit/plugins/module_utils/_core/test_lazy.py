"""Regular expressions that are compiled when they are first used."""

from __future__ import annotations

import re

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._core.lazy import lazy


def test_it_does_what_a_compiled_pattern_does():
    pattern = lazy(r"(\w)=(\d)", re.IGNORECASE)
    compiled = re.compile(r"(\w)=(\d)", re.IGNORECASE)
    text = "a=1 B=2"
    assert pattern.sub(r"\2", text) == compiled.sub(r"\2", text) == "1 2"
    assert [match.span() for match in pattern.finditer(text)] == [match.span() for match in compiled.finditer(text)]
    assert (pattern.pattern, pattern.flags, pattern.groups) == (compiled.pattern, compiled.flags, compiled.groups)
    assert pattern.search("none") is None


def test_it_is_compiled_by_its_first_use_and_not_before(monkeypatch):
    compiled = []
    original = re.compile
    monkeypatch.setattr(re, "compile", lambda *words: compiled.append(words[0]) or original(*words))
    pattern = lazy("never-seen-before-[0-9]+")
    assert compiled == []
    assert [bool(pattern.search(text)) for text in ("never-seen-before-1", "x")] == [True, False]
    assert compiled == ["never-seen-before-[0-9]+"]


def test_what_is_no_pattern_fails_when_it_is_used():
    pattern = lazy("(")
    with pytest.raises(re.error):
        pattern.search("x")
