"""Each template, also those that no single history of an incident needs, with hostile texts as all of its values."""

from __future__ import annotations

import re

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._announce.escape import in_header
from ansible_collections.pafar.runbook.plugins.module_utils._announce.io.render import Texts
from ansible_collections.pafar.runbook.plugins.module_utils._announce.texts import TEMPLATES
from jinja2 import Environment, meta

from .io.test_render import PIECES, assert_is_text

OF_SITE = re.compile(r"(\w+)[^{}]{0,100}\| (?:words|public|link)\b")  # what the site's own settings say
TARGETS = {"subject": "header", "title": "title"}
# All of the pinned links is the site's own.
EACH = [(channel, name) for channel, templates in TEMPLATES.items() for name in templates if name != "links"]


class Foreign(str):
    """A text that is also a row, a table and a list, with the same text as each of its members."""

    __slots__ = ()

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        return self

    def __iter__(self):
        return iter([self])


def named_in(template):
    """The values that a template asks for."""
    environment = Environment(autoescape=False)
    environment.filters.update(dict.fromkeys(("link", "words", "public", "said", "run"), str))
    return meta.find_undeclared_variables(environment.parse(template))


def rendered(channel, name, text, empty=""):
    template = TEMPLATES[channel][name]
    own = {found.group(1) for found in OF_SITE.finditer(template)}
    values = {each: "We know it." if each in own else Foreign(text) for each in named_in(template)}
    values.update({empty: ""} if empty else {})
    target = TARGETS.get(name.rpartition("_")[2], channel)
    target = channel if (channel, target) == ("page", "title") else target
    text = Texts(channel).text(name, values, target)
    return target, in_header(text) if target == "header" else text


@pytest.mark.parametrize(("channel", "name"), EACH)
def test_hostile_values_are_text_in_every_template(channel, name):
    for first in range(0, len(PIECES), 20):
        assert_is_text(*rendered(channel, name, " | ".join(PIECES[first : first + 20])))


@pytest.mark.parametrize(("channel", "name"), EACH)
def test_they_are_also_where_a_value_is_missing(channel, name):
    for each in sorted(named_in(TEMPLATES[channel][name])):
        assert_is_text(*rendered(channel, name, " | ".join(PIECES), empty=each))


def test_a_value_that_is_not_escaped_is_found():
    with pytest.raises(AssertionError):
        assert_is_text("slack", f"a {PIECES[0]} b")
    with pytest.raises(ValueError, match="linefeed"):
        assert_is_text("header", "\nSubject: x")
