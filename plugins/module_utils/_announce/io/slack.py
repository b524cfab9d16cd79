# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Slack, by slack_sdk without its retries: they post twice. I/O.

A message carries our key as message metadata, by which `conversations.history` finds it again.
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any, Iterator, Mapping

from ..._core.errors import InputError
from ..chats import slack_errors as errors
from ..chats.io.slack_calls import Refused
from ..chats.io.slack_rooms import SlackRooms
from ..chats.slack_posts import (
    FILE,
    MOST_OF_BLOCK,
    PIN,
    content,
    cut,
    file_of,
    is_post_of,
    names_incident,
    pin_of,
    units,
)
from ..delivery import Delivered, Delivery, NotDelivered
from ..outbox import Message
from .channel import Thread
from .http_call import Answered
from .render import Texts

_TOPIC = 250  # characters of a topic
_ID = re.compile(r"[CG][A-Z0-9]{8,}\Z")  # of a channel, whose name has no capital letter
_TWICE = "perhaps twice: where it went first cannot be read"
_FILE, _PLAIN = "whole.txt", "mail"  # of a message that was cut, in its thread


class Slack(SlackRooms):
    """A workspace. ``settings``: those of `runbook_announce.slack`."""

    gap = 1.0

    def __init__(self, settings: Mapping[str, Any], texts: Texts) -> None:
        super().__init__(settings, texts)
        self._standing = ""

    @property
    def can_ask(self) -> bool:
        return not self._is_blind

    def find(self, message: Message, thread: Thread) -> str | None:
        if message.template == "channel":
            return self._found_again(message, thread)
        if message.template in ("topic", "archive", "invite", PIN):
            return None  # the same once more is the same
        if message.template == FILE:
            return self._file_of(message, thread)
        for place in self._places(message, thread):
            for found in self._history(place, thread, message):
                if is_post_of(found, thread.incident, message.key):
                    self._pinned(message, {"channel": place, "ts": found["ts"]}, thread)
                    reference = f"{place}/{found['ts']}"
                    with suppress(InputError):  # of values that make no text any more, as of another version
                        self._owe_the_whole(message, reference, thread)
                    return reference
        return None

    def send(self, message: Message, thread: Thread) -> Delivery:
        try:
            if message.template == "channel":
                return self._open(message, thread)
            if message.template == "invite":
                return self._invite(message, thread)
            if message.template == PIN:
                return self._pin(message, thread)
            if message.template == FILE:
                return self._add_file(message, thread)
            if message.template == "topic":
                return self._topic(message, next(self._places(message, thread)), thread)
            if message.template == "archive":
                return self._archive(next(self._places(message, thread)), thread)
            return self._post(message, thread)
        except Answered as answer:
            return answer.delivery

    def differences(self, thread: Thread) -> list[str]:  # noqa: ARG002
        return []

    def _invite(self, message: Message, thread: Thread) -> Delivery:
        """One person, into the incident's own channel; who cannot be invited is named, and keeps nothing up."""
        own, person = thread.references.get("slack/channel", ""), str(message.values["person"])
        if not own:
            return Delivered("", f"{person} was not invited: the incident has no channel of its own")
        try:
            self._call("conversations.invite", thread, channel=own, users=str(message.values["user"]), force=True)
        except Refused as refused:
            _wait_for_the_token(refused)
            if refused.name not in errors.THERE:
                return Delivered(own, f"{person} was not invited: {refused.name}")
        return Delivered(own)

    def _topic(self, message: Message, place: str, thread: Thread) -> Delivery:
        if place == self._standing:
            return Delivered("", "the standing channel keeps its topic")
        text = cut(self.texts.text("topic", message.values), _TOPIC)
        try:
            self._call("conversations.setTopic", thread, channel=place, topic=text)
        except Refused as refused:
            _wait_for_the_token(refused)
            return Delivered("", f"the topic was not set: {refused.name}")
        return Delivered(place)

    def _archive(self, place: str, thread: Thread) -> Delivery:
        if place == self._standing:
            return Delivered("", "the standing channel is never archived")
        try:
            self._call("conversations.archive", thread, channel=place)
        except Refused as refused:
            _wait_for_the_token(refused)
            return Delivered(place, "" if refused.name in errors.ARCHIVED else f"not archived: {refused.name}")
        return Delivered(place)

    # --- messages --------------------------------------------------------------------------------------------------

    def _post(self, message: Message, thread: Thread) -> Delivery:
        whole = ""
        sent: Mapping[str, Any] = {}
        last: Delivery = NotDelivered("Slack: there is no channel for it")
        is_first = True
        for place in self._places(message, thread):
            whole = whole or self._whole(message, thread)
            text = self._cut(whole, self._about(message, whole, place, thread))
            post = content(text, thread.incident, message.key)
            thread.pauses.wait(place, self.gap, thread.deadline)  # of the standing one also after other incidents
            try:
                sent = self._call("chat.postMessage", thread, channel=place, **post)
                break
            except Refused as refused:
                # A person has archived the channel, or thrown the bot out: what happens is still told.
                last, is_first = refused.delivery, False
                if not errors.may_go_elsewhere(refused.name):
                    break
        if not sent:
            return last
        reference = f"{sent['channel']}/{sent['ts']}"
        twice = _TWICE if thread.asks and (not is_first or self._is_blind) else ""
        note = twice or self._elsewhere(message, sent, thread) or self._pinned(message, sent, thread)
        is_cut = self._owe_the_whole(message, reference, thread)
        return Delivered(reference, note or ("it was cut, and the whole text goes into its thread" if is_cut else ""))

    def _elsewhere(self, message: Message, sent: Mapping[str, Any], thread: Thread) -> str:
        """Where the channel that it is for did not take it, which is to be mended; else empty."""
        own, place = thread.references.get("slack/channel", ""), str(message.values.get("place"))
        name = str(self.settings["standing_channel"]).lstrip("#")
        is_own = str(sent["channel"]) == own
        if not own or message.audience == "person" or is_own == (place != "standing"):
            return ""
        if is_own:
            return f"the standing channel #{name} did not take it: it is in the incident's own channel"
        return f"the incident's own channel did not take it (archived, or the bot was removed): it is in #{name}"

    def _whole(self, message: Message, thread: Thread) -> str:
        whole = self.texts.text(message.template, _shown(message.values))
        own = thread.references.get("slack/channel", "")
        return f"{whole}\n<#{own}>" if own and message.values.get("place") == "standing" else whole

    @staticmethod
    def _about(message: Message, whole: str, place: str, thread: Thread) -> str:
        """Among the messages of other incidents it says which one it is of."""
        own = thread.references.get("slack/channel", "")
        is_told = place == own or (own and message.values.get("place") == "standing") or message.audience == "person"
        return "" if is_told or names_incident(whole, thread.incident) else f"\nIncident {thread.incident}"

    @staticmethod
    def _cut(whole: str, about: str) -> str:
        return cut(whole, MOST_OF_BLOCK - units(about)) + about

    # --- the whole text of a message that was cut: a file in its thread, which is a message of its own ---------------

    def _owe_the_whole(self, message: Message, reference: str, thread: Thread) -> bool:
        """Whether the message is cut in the channel where it is."""
        whole, place = self._whole(message, thread), reference.partition("/")[0]
        about = self._about(message, whole, place, thread)
        if units(whole) <= MOST_OF_BLOCK - units(about):
            return False
        thread.owed.append(file_of(message, reference, _FILE))
        return True

    def _file_of(self, message: Message, thread: Thread) -> str | None:
        """The reference of the file, where its thread has it."""
        channel, dummy, stamp = str(message.values["post"]).partition("/")
        for found in self._listed_messages("conversations.replies", thread, channel=channel, ts=stamp):
            for file in found.get("files") or []:
                if file.get("name") == _FILE and found.get("user") == self._user(thread):
                    return str(file.get("id") or "")
        return None

    def _add_file(self, message: Message, thread: Thread) -> Delivery:
        channel, dummy, stamp = str(message.values["post"]).partition("/")
        # In a file nothing is a mention or a link: the text is as in a mail.
        whole = self.texts.text(str(message.values["of"]), _shown(message.values["values"]), _PLAIN)
        try:
            added = self._upload(_FILE, whole, thread, channel, stamp)
        except Refused as refused:
            # Where its message is gone it cannot be added; else it waits, as for a right of the token.
            return NotDelivered(str(refused), forever=errors.is_gone(refused.name))
        return Delivered(added, _TWICE if thread.asks and self._is_blind else "")

    def _pinned(self, message: Message, sent: Mapping[str, Any], thread: Thread) -> str:
        if not message.values.get("pin"):
            return ""
        try:
            return self._pinned_at(str(sent["channel"]), str(sent["ts"]), thread)
        except Answered:  # a limit of calls, or no answer: a message of its own
            thread.owed.append(pin_of(message, f"{sent['channel']}/{sent['ts']}"))
        return ""

    def _pinned_at(self, channel: str, stamp: str, thread: Thread) -> str:
        """Why it was not pinned; empty where it is. Raises Answered where that waits."""
        try:
            self._call("pins.add", thread, channel=channel, timestamp=stamp)
        except Refused as refused:
            _wait_for_the_token(refused)
            return "" if refused.name == "already_pinned" else f"not pinned: {refused}"
        return ""

    def _pin(self, message: Message, thread: Thread) -> Delivery:
        """A message whose pin was not answered."""
        post = str(message.values["post"])
        channel, dummy, stamp = post.partition("/")
        return Delivered(post, self._pinned_at(channel, stamp, thread))

    def _places(self, message: Message, thread: Thread) -> Iterator[str]:
        """The channels that a message may be in, the one to which it goes first. The standing one is looked for where
        its turn comes: the list of all channels is long, and has a limit of calls of its own."""
        own, place = thread.references.get("slack/channel", ""), str(message.values.get("place"))
        if message.audience == "person":
            yield self._conversation(place, thread)
            return
        if own and place != "standing":
            yield own
        try:
            yield self._standing_id(thread)
        except _NoStanding:  # renamed or archived: what happens is still told in the incident's own channel
            if not own:
                raise
        if own and place == "standing":
            yield own

    def _conversation(self, person: str, thread: Thread) -> str:
        """Of the bot with a person, whose history can be asked for; opened twice it is the same."""
        return str(self._call("conversations.open", thread, users=person)["channel"]["id"])

    def _standing_id(self, thread: Thread) -> str:
        if not self._standing:
            name = str(self.settings["standing_channel"]).lstrip("#")
            found = name if _ID.match(name) else self._named(name, thread)
            with suppress(Refused):  # a private one has its bot invited
                self._call("conversations.join", thread, channel=found)
            self._standing = found
        return self._standing

    def _named(self, name: str, thread: Thread) -> str:
        """The id of a channel; its name, which a message can be sent to, where the bot may not ask for it."""
        try:
            ids = [str(each["id"]) for each in self._channels(thread) if name in (each.get("name"), each.get("id"))]
        except Refused as refused:
            if refused.name not in errors.NO_CHANNEL:
                raise
            self._is_blind = True
            return f"#{name}"
        if not ids:
            raise _NoStanding(NotDelivered(f"Slack: there is no channel #{name} (standing_channel) that the bot sees"))
        return ids[0]


def _shown(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a text."""
    return {name: value for name, value in values.items() if name not in ("place", "pin")}


def _wait_for_the_token(refused: Refused) -> None:
    """What is left out where it is refused waits where the fault is the token's, which a person corrects. Raises
    Refused."""
    if refused.name in errors.OF_THE_TOKEN:
        raise refused


class _NoStanding(Answered):
    """There is no standing channel."""
