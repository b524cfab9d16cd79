# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the action announce does: takes from the outbox where the log is, and sends from here.

PRIVATE to this collection.
"""

from __future__ import annotations

from typing import Any, Callable

from ansible.errors import AnsibleError
from ansible_collections.pafar.runbook.plugins.module_utils._announce.io.announcing import Announcing
from ansible_collections.pafar.runbook.plugins.module_utils._announce.io.answerers import answerers
from ansible_collections.pafar.runbook.plugins.module_utils._announce.io.take import take_messages
from ansible_collections.pafar.runbook.plugins.module_utils._announce.report import AnnounceReport, OutboxReport
from ansible_collections.pafar.runbook.plugins.module_utils._core.errors import InputError, LogError
from ansible_collections.pafar.runbook.plugins.module_utils._incident.hash_chain import Head
from ansible_collections.pafar.runbook.plugins.module_utils._incident.record import record
from ansible_collections.pafar.runbook.plugins.module_utils._oncall.steps import has_feeds

AskHost = Callable[[str, "dict[str, Any]"], "dict[str, Any]"]  # runs a module of that name on the log's host
_OF_THE_LEASE = 0.9  # in which all is sent; the rest is for what was on its way, and for the log
_OF_THE_LOG = ("log", "by", "at", "group")
_OF_A_PERSON = ("name", "slack", "mail", "login", "awx_user")  # what the log's host needs to know


def announced(
    params: dict[str, Any], check_mode: bool, ask_host: AskHost | None, run: Callable[[str], str]
) -> AnnounceReport:
    """What announce returns. ``ask_host``: None where the log is on this host; ``run``: the command for a playbook, as
    the people who read a message type it. Raises RunbookError."""
    of_site = {
        ("page", "first_post"): params["public"], ("page", "soak"): params["soak"],
        ("slack", "archive_after"): params["archive_after"], ("slack", "awx_url"): params["awx_url"],
        ("mail", "awx_url"): params["awx_url"], ("mail", "soak"): params["soak"],
    }  # fmt: skip
    announcing = Announcing(params["channels"], params["templates"], of_site, run)
    given = {name: params[name] for name in (*_OF_THE_LOG, "ids", "lease")}
    given = {**given, "settings": announcing.public, "channels": None, "after": params["after"]}
    given.update({name: params[name] for name in ("roles_from", "public_every")})
    rows = params["people"] if isinstance(params["people"], (list, tuple)) else []
    people = [person for person in rows if isinstance(person, dict)]
    given["people"] = [{name: person.get(name) for name in _OF_A_PERSON} for person in people]
    # A run that ends does not wait for a feed: the next tick reads it.
    is_asked = bool(params["oncall"]) and (params["feeds"] or not has_feeds(params["oncall"]))
    given["answerers"] = answerers(params) if is_asked else []
    until = announcing.until(_OF_THE_LEASE * params["lease"])
    taken = _taken(given, check_mode, ask_host)
    if check_mode:
        return _with_what_is_wrong(announcing, announcing.shown(taken, params["budget"]), "would be used")

    heads: dict[str, Head] = {}

    def append(incident: str, events: list[dict[str, Any]]) -> None:
        if not events:
            return
        options = {name: params[name] for name in _OF_THE_LOG}
        event = {**options, "id": incident, "events": events, "create": False}
        written = record(event, False) if ask_host is None else _answer(ask_host, "incident_event", event)
        if written["path"]:
            heads[incident] = written["head"]

    found = announcing.sent(taken, append, params["budget"], until=until)
    found["heads"].update(heads)
    return _with_what_is_wrong(announcing, found, "were used")


def _with_what_is_wrong(announcing: Announcing, found: AnnounceReport, others: str) -> AnnounceReport:
    """The report, after all is sent that could be. Raises InputError where a channel is misspelt, so that the run is
    seen to have failed; the report is in its details. ``others``: what became of the other channels."""
    if announcing.wrong:
        raise InputError(f"{' '.join(announcing.wrong)} The other channels {others}.", **found)
    return found


def _taken(given: dict[str, Any], check_mode: bool, ask_host: AskHost | None) -> OutboxReport:
    if ask_host is None:
        return take_messages(given, check_mode)
    found = _answer(ask_host, "incident_outbox", given)
    return {name: found[name] for name in ("incidents", "ended_on_page", "lines")}  # type: ignore[return-value]


def _answer(ask_host: AskHost, name: str, given: dict[str, Any]) -> dict[str, Any]:
    arguments = {option: value for option, value in given.items() if value is not None}
    try:
        found = ask_host(name, arguments)
    except AnsibleError as error:
        raise LogError(f"The host of the incident log did not answer: {error}") from None
    if found.get("failed"):
        raise LogError(str(found.get("msg", "the host of the incident log did not answer")))
    return found
