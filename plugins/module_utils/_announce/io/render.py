# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Messages as texts, by templates in Jinja's sandbox. I/O for its library, which Ansible brings to every controller."""

from __future__ import annotations

import re
from typing import Any, Callable, Collection, Mapping

from ..._core.errors import InputError
from ..._core.text import printable, shortened
from ..._incident.stamps import is_stamp, time_of
from ..escape import as_link, escaped, in_header, in_public, said
from ..texts import TEMPLATES

_TITLE = 250  # characters of the title of an issue: the least that trackers take
_PLAYBOOK = re.compile(r"playbooks/(\w+)\.yml\Z", re.ASCII)
_IN_ANY_TARGET = re.compile(r"[\w@%+=:,./ '-]+\Z", re.ASCII)


def command_of(playbook: str) -> str:
    """The command for a playbook where it is not known how the run was called."""
    return f"ansible-playbook playbooks/{playbook}.yml"


class _Link(str):
    """An address of the site's own settings, which may stay a link."""


class _Words(str):
    """Words of the site's own settings, which may have a link."""


class _Public(str):
    """Words of the site's own settings for the public, as text of the page, with links where they have any."""


class _Command(str):
    """A command, of which a program makes nothing else: only what is plain in every target is one."""


class _Said(str):
    """Words of a person, in which an address of the site's own hosts stays a link, and paragraphs where they can."""


class Texts:
    """The texts of one channel's messages. ``own``: templates of the site, by name; one that cannot be rendered gives
    way to that of the collection, so that its fault keeps no message up, and is named in ``problems``. ``hosts``: of
    the site, to which what a person says may have links; ``run``: the command for a playbook of the collection."""

    def __init__(
        self, target: str, own: Any = None, hosts: Collection[str] = (), run: Callable[[str], str] = command_of
    ) -> None:
        self.target, self.hosts, self.run = target, hosts, run
        self.problems: dict[str, str] = {}
        self.own: dict[str, str] = {}
        for name, template in own.items() if isinstance(own, Mapping) else ():
            if name in TEMPLATES[target]:
                self.own[name] = template
            else:
                self.problems[str(name)] = self._misspelt(name)
        if own and not isinstance(own, Mapping):
            self.problems[""] = f"runbook_announce_templates.{target} is no dictionary of templates, and left out"
        self.templates = {**TEMPLATES[target], **self.own}

    def _misspelt(self, name: Any) -> str:
        known = ", ".join(sorted(TEMPLATES[self.target]))
        return f"runbook_announce_templates.{self.target}: {name!r} is none of {known}, and left out"

    def text(self, name: str, values: Mapping[str, Any], target: str = "") -> str:
        """The text of a message. Raises InputError for values of which the collection's template makes none."""
        if name in self.own:
            try:
                return self._rendered(self.own[name], name, values, target)
            except InputError as error:
                self.problems[name] = f"{error}. The text of the collection is used in its place"
        if name not in TEMPLATES[self.target]:
            raise InputError(f"there is no text called {name} for {self.target}: another version has queued it")
        return self._rendered(TEMPLATES[self.target][name], name, values, target)

    def title(self, name: str, values: Mapping[str, Any]) -> str:
        """What the message of that name has as its subject or title; empty where its channel has none. Raises
        InputError."""
        if self.target == "mail":
            own = f"{name}_subject"
            return in_header(self.text(own if own in self.templates else "subject", values, "header"))
        if self.target == "tracker":
            return shortened(self.text("item_title" if name == "item" else "title", values, "title"), _TITLE)
        return self.text("title", values) if self.target == "page" else ""

    def _rendered(self, template: str, name: str, values: Mapping[str, Any], target: str) -> str:
        from jinja2 import StrictUndefined  # noqa: PLC0415 - on the controller alone
        from jinja2.sandbox import ImmutableSandboxedEnvironment  # noqa: PLC0415

        finalize = _finalizer(target or self.target, self.hosts)
        environment = ImmutableSandboxedEnvironment(finalize=finalize, undefined=StrictUndefined, autoescape=False)
        environment.filters.update(
            {"link": _Link, "words": _Words, "public": _Public, "said": _Said, "run": self._command}
        )
        try:
            return environment.from_string(template).render(**values).strip()
        except Exception as error:  # a template of a site may do anything
            raise InputError(f"The template {self.target}.{name} could not be rendered: {error}") from None

    def _command(self, playbook: Any) -> str:
        """The command that runs a playbook of the collection; of another text the text."""
        named = _PLAYBOOK.match(str(playbook))
        command = self.run(named.group(1)) if named else str(playbook)
        return _Command(command) if named and _IN_ANY_TARGET.match(command) else command


def _finalizer(target: str, hosts: Collection[str]) -> Callable[[Any], Any]:
    def finalize(value: Any) -> Any:
        if is_stamp(value):  # as the log has it; a person reads it to the second
            return time_of(value)
        if isinstance(value, _Link):
            return as_link(value, target)
        if isinstance(value, (_Words, _Command)):
            return printable(value)
        if isinstance(value, _Public):
            return in_public(value, target)
        return said(value, target, hosts) if isinstance(value, _Said) else escaped(value, target)

    return finalize
