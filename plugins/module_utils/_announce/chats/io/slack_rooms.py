# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The channel of an incident in Slack: made, or found again, and whose it is. I/O.

A channel that exists under our name is ours where this bot has made it and the first incident that has written to it is
ours. Two runs may make it at once, for one incident or for two of one minute: the line that was there first counts, and
the other run takes its own back.
"""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Any, Iterator, Mapping

from ...._incident.stamps import is_stamp, moment_of
from ...delivery import Delivered, Delivery, InDoubt
from ...io.channel import Thread
from ...io.http_call import Answered
from ...io.render import Texts
from ...outbox import Message
from .. import slack_errors as errors
from ..slack_posts import MOST_OF_BLOCK, content, cut, first_of, incident_of, invitation_of, is_post_of
from .slack_calls import Refused, SlackCalls

_NAMES = 20  # suffixes that are tried for a channel's name
_SKEW = 86400.0  # seconds by which the clock of the log may be ahead of that of Slack
_UNTIL_LISTED = 0.3  # seconds
_TRIES = 4  # some minutes, after which an incident has no channel of its own where Slack makes none and lists them


class SlackRooms(SlackCalls):
    """``texts``: the templates of Slack."""

    def __init__(self, settings: Mapping[str, Any], texts: Texts) -> None:
        super().__init__(settings)
        self.texts = texts
        self._self = ""

    def _open(self, message: Message, thread: Thread) -> Delivery:
        base = str(message.values["name"])
        for number in range(_NAMES):
            name = base if not number else f"{base}-{number + 1}"
            try:
                ours, is_new = self._made(name, thread)
                invited = self._invited(ours, message, thread, is_new) if ours else None
                if invited is not None:
                    return invited
            except Refused as refused:
                # Whatever keeps the incident from having one keeps no word from the standing channel.
                if not errors.may_go_elsewhere(refused.name):
                    return refused.delivery
                return self._without(refused.name)
            except _NotMade as fault:
                return self._without(str(fault))
        return self._without(f"{_NAMES} names that begin with {base} are taken")

    def _without(self, why: str) -> Delivered:
        return Delivered("", f"no channel of its own ({why}): it is in #{self.settings['standing_channel']}")

    def _made(self, name: str, thread: Thread) -> tuple[str, bool]:
        """The id of the incident's channel of that name, and whether it is new; empty where another has the name. One
        that another run has just made may not be listed yet: it is looked for once more by a later run, before a name
        with a number is taken."""
        try:
            made = self._call("conversations.create", thread, name=name, is_private=False)["channel"]
            return str(made["id"]), True
        except Refused as refused:
            if refused.name != "name_taken":
                raise
        except Answered as fault:
            # It was asked for just before, so that Slack answers: all that happens would wait for this one call.
            if not thread.asks or thread.tries < _TRIES:
                raise
            found = self._found(name, thread)
            if not found:
                raise _NotMade(fault.delivery) from None
            return found, False
        found = self._found(name, thread)
        if found is None:
            time.sleep(_UNTIL_LISTED)
            found = self._found(name, thread)
        if found is None and not thread.asks:
            raise Answered(InDoubt(f"Slack: there is a channel #{name}, which is not listed yet"))
        return found or "", False

    def _found_again(self, message: Message, thread: Thread) -> str | None:
        """One that was made and not written to may become another incident's: only the line makes it ours."""
        with suppress(Refused):  # which is said of the message, too
            ours = self._ours(str(message.values["name"]), thread)
            if ours and self._has(ours, message, thread):
                invited = self._invited(ours, message, thread)
                return invited.reference if invited else None
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
        """Whether no other incident was the first to write to it."""
        first = first_of(self._history(channel, thread))
        return first is None or incident_of(first) == thread.incident

    def _has(self, channel: str, message: Message, thread: Thread) -> bool:
        return any(is_post_of(found, thread.incident, message.key) for found in self._history(channel, thread))

    def _invited(self, channel: str, message: Message, thread: Thread, is_new: bool = False) -> Delivered | None:
        """What makes the channel this incident's, and useful; a person who cannot be invited is named. None where
        another incident was first."""
        if (is_new or not self._has(channel, message, thread)) and not self._is_written(channel, message, thread):
            return None
        notes = []
        users = [str(user) for user in message.values.get("invite") or ()]
        if users:
            try:
                # Each for oneself: one who is unknown, or there already, keeps no other out.
                self._call("conversations.invite", thread, channel=channel, users=",".join(users), force=True)
            except Refused as refused:
                if refused.name in errors.OF_THE_TOKEN:
                    raise
                if refused.name != "already_in_channel":
                    notes.append(f"not invited: {refused.name}")
            except Answered:  # a limit of calls, or no answer: each is invited by a message of its own
                thread.owed += [invitation_of(message, user) for user in users]
        return Delivered(channel, "; ".join(notes))

    def _is_written(self, channel: str, message: Message, thread: Thread) -> bool:
        """Writes the line that makes the channel this incident's, and takes it back where another one was there first.
        Returned is whether the channel is this incident's."""
        text = cut(self.texts.text("channel", message.values), MOST_OF_BLOCK)
        sent = self._call("chat.postMessage", thread, channel=channel, **content(text, thread.incident, message.key))
        first = None
        with suppress(Answered):  # where it cannot be read, the line that was taken counts
            first = first_of(self._history(channel, thread))
        if first is None or first.get("ts") == sent.get("ts"):
            return True
        is_ours = bool(incident_of(first) == thread.incident)
        if not is_ours or is_post_of(first, thread.incident, message.key):
            with suppress(Answered):
                self._call("chat.delete", thread, channel=channel, ts=sent["ts"])
        return is_ours

    def _channels(self, thread: Thread) -> list[dict[str, Any]]:
        try:
            return self._listed("public_channel,private_channel", thread)
        except Refused as refused:
            if refused.name not in errors.NO_CHANNEL:
                raise
        return self._listed("public_channel", thread)  # the others need a right of their own

    def _history(self, channel: str, thread: Thread, message: Message | None = None) -> Iterator[dict[str, Any]]:
        """Of a channel that is there. ``message``: which is looked for, and was not said before its incident was
        opened."""
        options: dict[str, Any] = {"channel": channel, "include_all_metadata": True, "limit": 200}
        opened_at = message.values.get("opened_at") if message else None
        if is_stamp(opened_at):
            options["oldest"] = f"{moment_of(str(opened_at)).timestamp() - _SKEW:.6f}"
        yield from self._listed_messages("conversations.history", thread, message is not None, **options)

    def _user(self, thread: Thread) -> str:
        if not self._self:
            self._self = str(self._call("auth.test", thread).get("user_id", ""))
        return self._self


class _NotMade(Answered):
    """Slack makes no channel, and does not say why."""
