# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From what was taken from the outbox to the events that say what became of it, on the controller. I/O."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any, Callable, Mapping, Sequence, cast

from ..._core.errors import RunbookError
from ..._incident.stamps import is_stamp, moment_of
from ..announce_lines import alike, to_whom, whole_of
from ..escape import TARGETS, hosts_of
from ..options import SECRETS
from ..outbox import SENT, Entry, Message
from ..pages.io.cachet import Cachet
from ..pages.io.page_reading import Page, PageReading
from ..pages.io.statuspage import Statuspage
from ..report import (
    AnnouncedMessage,
    AnnounceReport,
    OutboxOfIncident,
    OutboxReport,
    TakenMessage,
    beside,
    own_channel,
    recipient,
)
from ..settings import ALERTMANAGER, MAIL, PAGE, PAGER, SLACK, TRACKER, addresses_of, incomplete, usable_settings
from ..texts import TEMPLATES
from .alertmanager import Silencer
from .apprise import Apprise
from .channel import Channel, Pauses, ticks
from .deliver import Results, deliver
from .mail import Mail
from .pagerduty import PagerDuty
from .render import Texts, command_of
from .slack import Slack
from .take import Clock, utc_now
from .time_budget import TimeBudget, silence_of
from .tracker import Tracker

_READS = 5.0  # seconds at least for reading the page back
Settings = Mapping[str, Mapping[str, Any]]
_Append = Callable[[str, "list[dict[str, Any]]"], None]


class Announcing:
    """The channels of a site. ``given``: `runbook_announce`; ``templates``: `runbook_announce_templates`, by channel;
    ``of_site``: defaults of settings, by channel and name; ``run``: the command for a playbook. Raises InputError for
    settings that are none."""

    def __init__(
        self,
        given: Mapping[str, Any],
        templates: Any,
        of_site: Mapping[tuple[str, str], Any] | None = None,
        run: Callable[[str], str] = command_of,
    ) -> None:
        self.settings, self.wrong = usable_settings(given, of_site)
        self.alertmanager = self.settings.pop(ALERTMANAGER, None)
        hosts = hosts_of(addresses_of(self.settings))
        own = templates if isinstance(templates, Mapping) else {}
        self.texts = {name: Texts(name, own.get(name), hosts, run) for name in self.settings}
        known = ", ".join(TEMPLATES)
        strange = [name for name in own if name not in TEMPLATES]
        self.strange = [f"runbook_announce_templates: {name!r} is none of {known}, and left out" for name in strange]
        if templates and not isinstance(templates, Mapping):
            self.strange = ["runbook_announce_templates is no dictionary of channels, and left out"]
        self.channels: dict[str, Channel] = {}

    @property
    def public(self) -> dict[str, dict[str, Any]]:
        """The settings without secrets, for the log's host."""
        return {
            name: {option: value for option, value in options.items() if option not in SECRETS}
            for name, options in self.settings.items()
        }

    @staticmethod
    def until(seconds: float) -> float:
        """The time in so many seconds, by ``ticks``."""
        return ticks() + seconds

    def channel(self, name: str) -> Channel:
        """Raises DriverMissing where its library is missing."""
        if name not in self.channels:
            self.channels[name] = self._made(name, self.settings[name])
        return self.channels[name]

    def _made(self, name: str, options: Mapping[str, Any]) -> Channel:
        texts = self.texts[name]
        if name == PAGE:
            return Cachet(options, texts) if options["kind"] == "cachet" else Statuspage(options, texts)
        if name == PAGER:
            return Apprise(options, texts) if options["kind"] == "apprise" else PagerDuty(options, texts)
        kinds: Mapping[str, Callable[..., Channel]] = {SLACK: Slack, MAIL: Mail, TRACKER: Tracker}
        return kinds[name](options, texts)

    def shown(self, report: OutboxReport, budget: float, clock: Clock = utc_now) -> AnnounceReport:
        """Every message as it would go out, and to whom, and what would be silenced; nothing is sent."""
        found = _nothing(report)
        if self.alertmanager:
            silencer = Silencer(self.alertmanager, report["incidents"], silence_of(budget), clock, only_look=True)
            looked = silencer.start().join()
            found["silences"] = list(looked.lines)
        for incident in report["incidents"]:
            found["messages"] += [self._row(incident, taken, "planned") for taken in incident["messages"]]
            found["waiting"] += incident["waiting"]
        found["lines"] += [f"{row['channel']} to {to_whom(row)}: {whole_of(row)}" for row in found["messages"]]
        found["left"] += self._problems()
        found["lines"] += found["silences"] + found["left"]
        return found

    def sent(
        self, report: OutboxReport, append: _Append, budget: float, clock: Clock = utc_now, until: float = float("inf")
    ) -> AnnounceReport:
        """Send what was taken. ``append``: keeps events of an incident; ``budget``: seconds for all channels together;
        ``until``: of ``ticks``, after which another run may have what was taken. Raises what ``append`` has raised,
        after all is sent."""
        found, silencer, time = _nothing(report), None, TimeBudget(budget, until)
        errors: list[RunbookError] = []

        def keep(incident: str, events: list[dict[str, Any]]) -> None:
            try:
                append(incident, events)
            except RunbookError as error:  # the others' messages are sent all the same: they may page a person
                errors.append(error)

        def keep_at_once(incident: str, notes: list[dict[str, Any]]) -> bool:
            try:
                append(incident, _events(notes))
            except RunbookError:  # it is tried again with the rest
                return False
            return True

        if self.alertmanager:
            silencer = Silencer(self.alertmanager, report["incidents"], time.silence, clock).start()
        busy = [incident for incident in report["incidents"] if incident["messages"]]
        reading, until_silent, least = self._page_reading(report), ticks() + time.silence, min(_READS, time.silence)
        writes = any(_writes_page(incident) for incident in busy)
        if not writes:  # else what is written in this run would be read back by halves
            reading.start(time.silence)
        elif reading.told:
            time.keep_back(least)
        set_by_us, pauses, silent = _set_by_us(report), Pauses(), set()
        for number, incident in enumerate(busy):
            entries = [_entry(taken, clock()) for taken in incident["messages"]]
            pages = any(taken["audience"] == "person" for taken in incident["messages"])
            share, results = time.share(len(busy) - number, pages), Results()
            if not time.is_lost:  # else nothing is said of them: another run may be sending them
                sent = incident["references"]
                results = deliver(
                    entries,
                    sent,
                    self.channel,
                    incident["id"],
                    share.silence,
                    clock,
                    until=share.until,
                    elsewhere=incident["components"],
                    on_page=incident["on_page"],
                    set_by_us=set_by_us,
                    pauses=pauses,
                    keep=partial(keep_at_once, incident["id"]),
                )
            time.has_used(share)
            keep(incident["id"], _events(results.notes))
            states = {note["key"]: note for note in (*results.kept, *results.notes)}
            for taken in incident["messages"]:
                if taken["key"] not in states:
                    silent.add(taken["channel"])
                note = states.get(taken["key"], {"state": "sending", "reason": "no answer within the time"})
                row = self._row(incident, taken, str(note["state"]), str(note.get("reason") or ""))
                found["messages"].append(row)
            found["differences"] += [f"{incident['id']}: {text}" for text in results.differences]
        if writes:  # another channel that is silent has taken all the time
            reading.start(max(least, until_silent - ticks()), is_silent=PAGE in silent)
        found["differences"] += reading.join()
        if silencer is not None:
            silencer.join()
            for name, events in list(silencer.events.items()):
                keep(name, list(events))
            found["silences"] = list(silencer.lines)
        found["waiting"] = sum(incident["waiting"] for incident in report["incidents"])
        found["lines"] = _lines(found["messages"]) + found["differences"] + found["silences"]
        found["left"] += self._problems()
        found["lines"] += found["left"]
        if errors:
            raise errors[0]
        return found

    def _problems(self) -> list[str]:
        of_texts = [problem for texts in self.texts.values() for problem in texts.problems.values()]
        return [*self.wrong, *incomplete(self.settings), *self.strange, *of_texts]

    def _page_reading(self, report: OutboxReport) -> PageReading:
        """Of all incidents that the page has and that write nothing to it now: a person may have changed it since."""
        if PAGE not in self.settings:
            return PageReading(self._page, [], {})
        silent = [incident for incident in report["incidents"] if not _writes_page(incident)]
        return PageReading(self._page, silent, report["ended_on_page"])

    def _page(self) -> Page:
        return cast(Page, self.channel(PAGE))

    def _row(
        self, incident: OutboxOfIncident, taken: TakenMessage, state: str, reason: str | None = None
    ) -> AnnouncedMessage:
        """``reason`` None: what goes with it."""
        name, values = taken["channel"], taken["values"]
        template = taken["template"]
        texts, title = self.texts[name], ""
        shown = {each: value for each, value in values.items() if each not in ("place", "pin", "invite")}
        try:
            if template in texts.templates:
                # Each kind of a page and of a pager reads texts of its own.
                kind = str(self.settings[name].get("kind") or "")
                text, title = texts.text(template, shown, kind if kind in TARGETS else ""), texts.title(template, shown)
            else:
                text = template
        except RunbookError as error:
            text = str(error)
        return {
            "incident": incident["id"], "key": taken["key"], "channel": name,
            "to": recipient(taken, self.settings[name], own_channel(incident)),
            "title": title, "text": text.strip(), "state": state,
            "reason": beside(taken, text) if reason is None else reason,
        }  # fmt: skip


def _events(notes: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"kind": "message", "note": note} for note in notes]


def _writes_page(incident: OutboxOfIncident) -> bool:
    return any(taken["channel"] == PAGE for taken in incident["messages"])


def _set_by_us(report: OutboxReport) -> dict[str, set[str]]:
    """The states of the page's components that the incidents of this run have set, or set now."""
    found: dict[str, set[str]] = {}
    for incident in report["incidents"]:
        told = [taken["values"].get("components") for taken in incident["messages"] if taken["channel"] == PAGE]
        for states in (incident["on_page"], *told):
            for component, state in states.items() if isinstance(states, Mapping) else ():
                found.setdefault(str(component), set()).add(str(state))
    return found


def _nothing(report: OutboxReport) -> AnnounceReport:
    left = [f"{incident['id']}: {line}" for incident in report["incidents"] for line in incident["lines"]]
    return {
        "messages": [], "differences": [], "silences": [], "left": [*report["lines"], *left], "waiting": 0, "lines": [],
        "heads": {incident["id"]: incident["head"] for incident in report["incidents"] if incident["path"]},
    }  # fmt: skip


def _entry(taken: TakenMessage, now: datetime) -> Entry:
    texts = {name: taken[name] for name in ("key", "channel", "lane", "thing", "audience", "template")}
    message = Message(values=_without_past_promise(taken["values"], now), **texts)
    known: dict[str, Any] = {
        "reason": taken["reason"],
        "tries": taken["tries"],
        "asks": taken["asks"],
        "claim": taken["claim"],
    }
    return Entry(message, "sending", now, **known)


def _without_past_promise(values: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """A message that is sent late does not promise the next one for a time that is over."""
    promise = str(values.get("next_at") or "")
    is_past = is_stamp(promise) and moment_of(promise) <= now
    return {**values, "next_at": ""} if is_past else dict(values)


def _lines(rows: Sequence[AnnouncedMessage]) -> list[str]:
    """Each message that was sent, and why others were not, each reason once."""
    sent = [_line(row, row["key"]) for row in rows if row["state"] == SENT]
    return sent + [_line(row, keys) for row, keys in alike(row for row in rows if row["state"] != SENT)]


def _line(row: Mapping[str, Any], keys: str) -> str:
    why = f" ({row['reason']})" if row["reason"] else ""
    return f"{row['channel']}: {keys}: {row['state'].replace('_', ' ')}{why}"
