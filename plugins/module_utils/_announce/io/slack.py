# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Slack, by slack_sdk without its retries: they post twice. I/O.

A message carries our key as message metadata, by which `conversations.history` finds it again. A channel that exists
under our name is ours where this bot has made it and no other incident has written to it.
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any, Iterator, Mapping, Sequence

from ..._core.errors import DriverMissing
from ..._core.text import shortened
from ..._incident.stamps import is_stamp, moment_of
from ..chats import slack_errors as errors
from ..chats.slack_posts import content, incident_of, is_post_of, names_incident
from ..delivery import Delivered, Delivery, InDoubt, NotDelivered
from ..outbox import Message
from .channel import Thread
from .http_call import Answered, of_error, seconds_in
from .render import Texts

_MOST = 3000  # characters of a block of Slack
_NAMES = 20  # suffixes that are tried for a channel's name
_ID = re.compile(r"[CG][A-Z0-9]{8,}\Z")  # of a channel, whose name has no capital letter
_SKEW = 86400.0  # seconds by which the clock of the log may be ahead of that of Slack
_TWICE = "perhaps twice: where it went first cannot be read"


class Slack:
    """A workspace. ``settings``: those of `runbook_announce.slack`."""

    gap = 1.0

    def __init__(self, settings: Mapping[str, Any], texts: Texts) -> None:
        try:
            from slack_sdk import WebClient  # noqa: PLC0415 - optional, on the controller alone
        except ImportError:
            raise DriverMissing(
                "The Python library slack_sdk is missing on the controller: pip install slack_sdk, beside Ansible."
                " Nothing was sent to Slack."
            ) from None
        self.settings, self.texts = settings, texts
        self.client = WebClient(
            token=str(settings["token"]), base_url=str(settings["api"]).rstrip("/") + "/", retry_handlers=[]
        )
        self._standing = ""
        self._self = ""
        self._is_blind = False  # the bot may not read what it has written

    def find(self, message: Message, thread: Thread) -> str | None:
        if message.template == "channel":
            return self._found_again(message, thread)
        if message.template in ("topic", "archive", "invite"):
            return None  # the same once more is the same
        for place in self._places(message, thread):
            for found in self._history(place, thread, message):
                if is_post_of(found, thread.incident, message.key):
                    self._pinned(message, {"channel": place, "ts": found["ts"]}, thread)
                    return f"{place}/{found['ts']}"
        return None

    def send(self, message: Message, thread: Thread) -> Delivery:
        try:
            if message.template == "channel":
                return self._open(message, thread)
            if message.template == "invite":
                return self._invite(message, thread)
            places = self._places(message, thread)
            if message.template == "topic":
                return self._topic(message, places[0], thread)
            if message.template == "archive":
                return self._archive(places[0], thread)
            return self._post(message, places, thread)
        except Answered as answer:
            return answer.delivery

    def differences(self, thread: Thread) -> list[str]:  # noqa: ARG002
        return []

    # --- one call --------------------------------------------------------------------------------------------------

    def _call(self, method: str, thread: Thread, **given: Any) -> dict[str, Any]:
        """Raises Answered. ``_Refused`` is a refusal by name, surely without effect."""
        from slack_sdk.errors import SlackApiError  # noqa: PLC0415

        self.client.timeout = _left(thread, method)
        try:
            answer: Any = self.client.api_call(method, json=given) if given else self.client.api_call(method)
            found = dict(answer.data)
        except SlackApiError as error:
            raise self._refusal(error) from None
        except Exception as error:
            raise Answered(of_error(error)) from None
        thread.goes_on()
        return found

    @staticmethod
    def _refusal(error: Any) -> Answered:
        response = error.response
        data = response.data if isinstance(response.data, dict) else {}
        name = str(data.get("error") or "")
        headers = {str(key).lower(): value for key, value in (response.headers or {}).items()}
        if response.status_code == 429 or name in errors.RATE:
            return Answered(NotDelivered("Slack: rate limited", seconds_in(headers.get("retry-after"), 1.0)))
        if response.status_code >= 500 or not errors.NAME.match(name):
            # slack_sdk puts a sentence of its own in place of a name where a page came in place of an answer.
            return Answered(InDoubt(f"Slack: HTTP {response.status_code} without an answer of its API"))
        if name in errors.UNSURE:
            return Answered(InDoubt(f"Slack: {name}"))
        needed = f" (needed: {data['needed']})" if data.get("needed") else ""
        return _Refused(name, f"Slack: {name}{needed}")

    # --- channels --------------------------------------------------------------------------------------------------

    def _open(self, message: Message, thread: Thread) -> Delivery:
        base = str(message.values["name"])
        for number in range(_NAMES):
            name = base if not number else f"{base}-{number + 1}"
            try:
                ours, is_new = self._made(name, thread)
                if ours:
                    return self._invited(ours, message, thread, is_new)
            except _Refused as refused:
                if refused.name not in errors.NO_CHANNEL:
                    return refused.delivery
                note = f"no channel of its own ({refused.name}): it is in #{self.settings['standing_channel']}"
                return Delivered("", note)
        return NotDelivered(f"Slack: {_NAMES} names that begin with {base} are taken")

    def _made(self, name: str, thread: Thread) -> tuple[str, bool]:
        """The id of the incident's channel of that name, and whether it is new; empty where another has the name."""
        try:
            made = self._call("conversations.create", thread, name=name, is_private=False)["channel"]
            return str(made["id"]), True
        except _Refused as refused:
            if refused.name != "name_taken":
                raise
        return self._found(name, thread) or "", False

    def _found_again(self, message: Message, thread: Thread) -> str | None:
        """One that was made and not written to may become another incident's: only the line makes it ours."""
        with suppress(_Refused):  # which is said of the message, too
            ours = self._ours(str(message.values["name"]), thread)
            if ours and self._has(ours, message, thread):
                return self._invited(ours, message, thread).reference
        return None

    def _ours(self, base: str, thread: Thread) -> str | None:
        for number in range(_NAMES):
            ours = self._found(base if not number else f"{base}-{number + 1}", thread)
            if ours:
                return ours
            if ours is None:
                return None  # no channel of that name: it was not made
        return None

    def _found(self, name: str, thread: Thread) -> str | None:
        """The id of a channel of that name that is this incident's; empty where it is another's, None where there is
        none."""
        for channel in self._channels(thread):
            if channel.get("name") == name:
                mine = channel.get("creator") == self._user(thread) and not channel.get("is_archived")
                return str(channel["id"]) if mine and self._is_free(str(channel["id"]), thread) else ""
        return None

    def _is_free(self, channel: str, thread: Thread) -> bool:
        """Whether no other incident has written to it."""
        return all(incident_of(found) in (None, thread.incident) for found in self._history(channel, thread))

    def _has(self, channel: str, message: Message, thread: Thread) -> bool:
        return any(is_post_of(found, thread.incident, message.key) for found in self._history(channel, thread))

    def _invited(self, channel: str, message: Message, thread: Thread, is_new: bool = False) -> Delivered:
        """What makes the channel this incident's, and useful; a person who cannot be invited is named."""
        if is_new or not self._has(channel, message, thread):
            text = self.texts.text("channel", message.values)
            self._call("chat.postMessage", thread, channel=channel, **content(text, thread.incident, message.key))
        notes = []
        users = [str(user) for user in message.values.get("invite") or ()]
        if users:
            try:
                # Each for oneself: one who is unknown, or there already, keeps no other out.
                self._call("conversations.invite", thread, channel=channel, users=",".join(users), force=True)
            except _Refused as refused:
                if refused.name != "already_in_channel":
                    notes.append(f"not invited: {refused.name}")
            except Answered as answer:
                notes.append(f"whether people were invited is not known: {answer}")
        return Delivered(channel, "; ".join(notes))

    def _invite(self, message: Message, thread: Thread) -> Delivery:
        """One person, into the incident's own channel; who cannot be invited is named, and keeps nothing up."""
        own, person = thread.references.get("slack/channel", ""), str(message.values["person"])
        if not own:
            return Delivered("", f"{person} was not invited: the incident has no channel of its own")
        try:
            self._call("conversations.invite", thread, channel=own, users=str(message.values["user"]), force=True)
        except _Refused as refused:
            if refused.name in errors.OF_THE_TOKEN:
                return refused.delivery
            if refused.name not in errors.THERE:
                return Delivered(own, f"{person} was not invited: {refused.name}")
        return Delivered(own)

    def _topic(self, message: Message, place: str, thread: Thread) -> Delivery:
        if place == self._standing:
            return Delivered("", "the standing channel keeps its topic")
        text = shortened(self.texts.text("topic", message.values), 250)
        try:
            self._call("conversations.setTopic", thread, channel=place, topic=text)
        except _Refused as refused:
            return Delivered("", f"the topic was not set: {refused.name}")
        return Delivered(place)

    def _archive(self, place: str, thread: Thread) -> Delivery:
        if place == self._standing:
            return Delivered("", "the standing channel is never archived")
        try:
            self._call("conversations.archive", thread, channel=place)
        except _Refused as refused:
            return Delivered(place, "" if refused.name in errors.ARCHIVED else f"not archived: {refused.name}")
        return Delivered(place)

    # --- messages --------------------------------------------------------------------------------------------------

    def _post(self, message: Message, places: Sequence[str], thread: Thread) -> Delivery:
        values = {name: value for name, value in message.values.items() if name not in ("place", "pin")}
        whole = self.texts.text(message.template, values)
        own = thread.references.get("slack/channel", "")
        has_link = message.values.get("place") == "standing" and bool(own)
        if has_link:
            whole += f"\n<#{own}>"
        for place in places:
            # Among the messages of other incidents it says which one it is of.
            is_told = place == own or has_link or message.audience == "person"
            about = "" if is_told or names_incident(whole, thread.incident) else f"\nIncident {thread.incident}"
            text = shortened(whole, _MOST - len(about))
            post = content(text + about, thread.incident, message.key)
            try:
                sent = self._call("chat.postMessage", thread, channel=place, **post)
                break
            except _Refused as refused:
                # A person has archived the channel, or thrown the bot out: what happens is still told.
                if not errors.is_of_the_channel(refused.name) or place == places[-1]:
                    return refused.delivery
        reference = f"{sent['channel']}/{sent['ts']}"
        twice = _TWICE if thread.asks and (place != places[0] or self._is_blind) else ""
        return Delivered(
            reference, twice or self._pinned(message, sent, thread) or self._whole(whole, text, sent, thread)
        )

    def _pinned(self, message: Message, sent: Mapping[str, Any], thread: Thread) -> str:
        if not message.values.get("pin"):
            return ""
        try:
            self._call("pins.add", thread, channel=sent["channel"], timestamp=sent["ts"])
        except Answered as answer:
            return "" if "already_pinned" in str(answer) else f"not pinned: {answer}"
        return ""

    def _whole(self, whole: str, text: str, sent: Mapping[str, Any], thread: Thread) -> str:
        """What was cut goes into the thread of the message as a file."""
        if len(whole) <= len(text):
            return ""
        try:
            self.client.timeout = _left(thread, "the file")
            self.client.files_upload_v2(
                channel=sent["channel"], thread_ts=sent["ts"], filename="whole.txt", title="The whole text",
                content=whole,
            )  # fmt: skip
        except Exception as error:
            why = str(error) if isinstance(error, Answered) else type(error).__name__
            return f"it was cut, and the whole text could not be added: {why}"
        return "it was cut, and the whole text is a file in its thread"

    def _places(self, message: Message, thread: Thread) -> list[str]:
        """The channels that a message may be in, the one to which it goes first."""
        own, place = thread.references.get("slack/channel", ""), str(message.values.get("place"))
        if message.audience == "person":
            return [self._conversation(place, thread)]
        if not own:
            return [self._standing_id(thread)]
        try:
            standing = [self._standing_id(thread)]
        except _NoStanding:  # renamed or archived: what happens is still told in the incident's own channel
            standing = []
        return [*standing, own] if place == "standing" else [own, *standing]

    def _conversation(self, person: str, thread: Thread) -> str:
        """Of the bot with a person, whose history can be asked for; opened twice it is the same."""
        return str(self._call("conversations.open", thread, users=person)["channel"]["id"])

    def _standing_id(self, thread: Thread) -> str:
        if not self._standing:
            name = str(self.settings["standing_channel"]).lstrip("#")
            found = name if _ID.match(name) else self._named(name, thread)
            with suppress(_Refused):  # a private one has its bot invited
                self._call("conversations.join", thread, channel=found)
            self._standing = found
        return self._standing

    def _named(self, name: str, thread: Thread) -> str:
        """The id of a channel; its name, which a message can be sent to, where the bot may not ask for it."""
        try:
            ids = [str(each["id"]) for each in self._channels(thread) if name in (each.get("name"), each.get("id"))]
        except _Refused as refused:
            if refused.name not in errors.NO_CHANNEL:
                raise
            self._is_blind = True
            return f"#{name}"
        if not ids:
            raise _NoStanding(NotDelivered(f"Slack: there is no channel #{name} (standing_channel) that the bot sees"))
        return ids[0]

    def _channels(self, thread: Thread) -> list[dict[str, Any]]:
        try:
            return self._listed("public_channel,private_channel", thread)
        except _Refused as refused:
            if refused.name not in errors.NO_CHANNEL:
                raise
        return self._listed("public_channel", thread)  # the others need a right of their own

    def _listed(self, types: str, thread: Thread) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        cursor = ""
        while True:
            options = {"limit": 1000, "exclude_archived": False, "types": types}
            page = self._get("conversations.list", thread, **options, **({"cursor": cursor} if cursor else {}))
            found += page.get("channels") or []
            cursor = str((page.get("response_metadata") or {}).get("next_cursor") or "")
            if not cursor:
                return found

    def _history(self, channel: str, thread: Thread, message: Message | None = None) -> Iterator[dict[str, Any]]:
        """Of a channel that is there. ``message``: which is looked for, and was not said before its incident was
        opened; where the bot may not read, it is sent again, which is noted."""
        options: dict[str, Any] = {"channel": channel, "include_all_metadata": True, "limit": 200}
        opened_at = message.values.get("opened_at") if message else None
        if is_stamp(opened_at):
            options["oldest"] = f"{moment_of(str(opened_at)).timestamp() - _SKEW:.6f}"
        while True:
            try:
                page = self._get("conversations.history", thread, **options)
            except _Refused as refused:
                if message and refused.name in errors.NO_CHANNEL:
                    self._is_blind = True
                elif refused.name not in errors.LOST:
                    raise
                return
            yield from page.get("messages") or []
            options["cursor"] = str((page.get("response_metadata") or {}).get("next_cursor") or "")
            if not options["cursor"]:
                return

    def _get(self, method: str, thread: Thread, **given: Any) -> dict[str, Any]:
        from slack_sdk.errors import SlackApiError  # noqa: PLC0415

        self.client.timeout = _left(thread, method)  # for each page of a list, which may never end
        try:
            answer: Any = self.client.api_call(method, http_verb="GET", params=given)
            return dict(answer.data)
        except SlackApiError as error:
            raise self._refusal(error) from None
        except Exception as error:
            raise Answered(of_error(error)) from None

    def _user(self, thread: Thread) -> str:
        if not self._self:
            self._self = str(self._call("auth.test", thread).get("user_id", ""))
        return self._self


def _left(thread: Thread, method: str) -> Any:
    """Seconds that a call may take; slack_sdk says that they are whole, and takes any. Raises Answered."""
    return thread.left(method)


class _NoStanding(Answered):
    """There is no standing channel."""


class _Refused(Answered):
    """A refusal of Slack by its name: the call had no effect."""

    def __init__(self, name: str, words: str) -> None:
        super().__init__(NotDelivered(words, forever=name in errors.NEVER))
        self.name = name
