"""Slack's Web API, as far as channels and messages go. Source: docs.slack.dev/reference/methods."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

from .server import Answer, Request, StandIn

_NAME = re.compile(r"[a-z0-9_-]{1,80}\Z")
_MOST = 40_000  # characters of a message


@dataclass
class Room:
    """A channel of the workspace."""

    id: str
    name: str
    creator: str
    is_archived: bool = False
    topic: str = ""
    members: set[str] = field(default_factory=set)
    messages: list[dict[str, Any]] = field(default_factory=list)
    pins: list[str] = field(default_factory=list)
    files: list[tuple[str, str]] = field(default_factory=list)  # the thread and the name
    replies: list[dict[str, Any]] = field(default_factory=list)


class Slack(StandIn):
    """``users``: ids that can be invited; ``refusals``: an error by method, as a missing scope gives; ``unlisted``:
    names of channels that are there and not in the list yet."""

    def __init__(self, token: str = "xoxb-test", users: tuple[str, ...] = ("U1", "U2")) -> None:
        super().__init__()
        self.token, self.users, self.bot = token, users, "UBOT"
        self.refusals: dict[str, str] = {}
        self.unlisted: set[str] = set()
        self.written = 0  # messages, also those that were deleted
        self.files: dict[str, str] = {}  # names by id
        self.texts: dict[str, str] = {}  # of files, by id
        self.rooms: list[Room] = []
        self.began = 4_000_000_000  # the time of the first message, after all incidents of tests
        self.add("pafar-incidents", creator="U1")

    @property
    def api(self) -> str:
        return f"{self.url}/api/"

    def add(self, name: str, creator: str, is_archived: bool = False) -> Room:
        room = Room(f"C{len(self.rooms) + 1}", name, creator, is_archived, members={creator})
        self.rooms.append(room)
        return room

    def room(self, name: str) -> Room:
        return next(room for room in self.rooms if room.name == name)

    def said(self) -> list[str]:
        """Our key of every message that was taken, in the order of their arrival."""
        messages = sorted((each for room in self.rooms for each in room.messages), key=lambda each: each["ts"])
        found = [each["metadata"].get("event_payload", {}).get("key", "") for each in messages]
        return [key for key in found if key]

    def serve(self, request: Request) -> Answer:
        if request.path.startswith("/upload/"):
            self.texts[request.path[len("/upload/") :]] = str(request.fields["data"])
            return Answer(200, {})
        if not request.path.startswith("/api/"):
            return Answer(404, {})
        method = request.path[len("/api/") :]
        if request.headers.get("authorization") != f"Bearer {self.token}":
            return _refused("invalid_auth")
        if method in self.refusals:
            return _refused(self.refusals[method])
        known = getattr(self, "_" + method.replace(".", "_"), None)
        return known(request.fields) if known else _refused("unknown_method")

    def _auth_test(self, fields: Any) -> Answer:  # noqa: ARG002
        return _ok(user_id=self.bot, team_id="T1")

    def _conversations_create(self, fields: Any) -> Answer:
        name = str(fields.get("name", ""))
        if not _NAME.match(name):
            return _refused("invalid_name_specials")
        if any(room.name == name for room in self.rooms):
            return _refused("name_taken")
        room = self.add(name, self.bot)
        room.members.add(self.bot)
        return _ok(channel=_shown(room))

    def _conversations_list(self, fields: Any) -> Answer:
        if int(fields.get("limit") or 100) > 999:
            return _refused("invalid_limit")
        start, size = int(fields.get("cursor") or 0), min(int(fields.get("limit") or 100), 2)
        listed = [room for room in self.rooms if room.name not in self.unlisted]
        found = listed[start : start + size]
        after = str(start + size) if start + size < len(listed) else ""
        return _ok(channels=[_shown(room) for room in found], response_metadata={"next_cursor": after})

    def _conversations_join(self, fields: Any) -> Answer:
        return self._within(fields, lambda room: room.members.add(self.bot), needs_member=False)

    def _conversations_open(self, fields: Any) -> Answer:
        user = str(fields.get("users", ""))
        if user not in self.users:
            return _refused("user_not_found")
        known = next((room for room in self.rooms if room.name == f"dm-{user}"), None)
        room = known or self.add(f"dm-{user}", self.bot)
        return _ok(channel={"id": room.id})

    def _conversations_invite(self, fields: Any) -> Answer:
        """Without ``force`` one who cannot be invited keeps all others out."""
        users = str(fields.get("users", "")).split(",")
        room = self._room(fields)
        unknown = [user for user in users if user not in self.users]
        there = [user for user in users if room is not None and user in room.members]
        if not fields.get("force") and (unknown or there):
            return _refused("user_not_found" if unknown else "already_in_channel")
        invited = [user for user in users if user not in (*unknown, *there)]
        if not invited:
            return _refused("user_not_found" if unknown else "already_in_channel")
        done = self._within(fields, lambda room: room.members.update(invited))
        if unknown and done.body.get("ok"):
            errors = [{"user": user, "ok": False, "error": "user_not_found"} for user in unknown]
            return Answer(200, {"ok": False, "error": "user_not_found", "errors": errors})
        return done

    def _conversations_setTopic(self, fields: Any) -> Answer:
        return self._within(fields, lambda room: setattr(room, "topic", str(fields.get("topic", ""))[:250]))

    def _conversations_archive(self, fields: Any) -> Answer:
        room = self._room(fields)
        if room and room.is_archived:
            return _refused("already_archived")

        def archive(room: Room) -> None:
            room.is_archived = True
            room.members.discard(self.bot)  # and the bot is out

        return self._within(fields, archive)

    def _conversations_history(self, fields: Any) -> Answer:
        room = self._room(fields)
        if room is None:
            return _refused("channel_not_found")
        if self.bot not in room.members:
            return _refused("not_in_channel")
        oldest = float(fields.get("oldest") or 0)
        newest = [each for each in reversed(room.messages) if float(each["ts"]) > oldest]
        start, size = int(fields.get("cursor") or 0), min(int(fields.get("limit") or 100), 15)
        keep = str(fields.get("include_all_metadata", "")).lower() in ("true", "1")
        found = [{name: value for name, value in each.items() if keep or name != "metadata"} for each in newest]
        after = str(start + size) if start + size < len(found) else ""
        return _ok(messages=found[start : start + size], response_metadata={"next_cursor": after})

    def _pins_add(self, fields: Any) -> Answer:
        stamp = str(fields.get("timestamp"))
        if any(stamp in room.pins for room in self.rooms if room is self._room(fields)):
            return _refused("already_pinned")
        return self._within(fields, lambda room: room.pins.append(stamp))

    def _chat_postMessage(self, fields: Any) -> Answer:
        if len(str(fields.get("text", ""))) > _MOST:
            return _refused("msg_too_long")
        named = next((room for room in self.rooms if f"#{room.name}" == fields.get("channel")), None)
        room = named or self._room(fields)
        if room is None:
            return _refused("channel_not_found")
        if room.is_archived:
            return _refused("is_archived")
        if self.bot not in room.members:
            return _refused("not_in_channel")
        stamp = f"{self.began + self.written}.000100"
        self.written += 1
        message = {
            "ts": stamp, "text": fields.get("text", ""), "metadata": fields.get("metadata") or {},
            "blocks": fields.get("blocks"),
        }  # fmt: skip
        room.messages.append(message)
        return _ok(channel=room.id, ts=stamp)

    def _chat_delete(self, fields: Any) -> Answer:
        def delete(room: Room) -> None:
            room.messages[:] = [each for each in room.messages if each["ts"] != fields.get("ts")]

        return self._within(fields, delete)

    def _files_getUploadURLExternal(self, fields: Any) -> Answer:
        name = f"F{len(self.files) + 1}"
        self.files[name] = str(fields.get("filename"))
        return _ok(file_id=name, upload_url=f"{self.url}/upload/{name}")

    def _files_completeUploadExternal(self, fields: Any) -> Answer:
        given = fields.get("files") or []
        files = json.loads(given) if isinstance(given, str) else given
        room = next((room for room in self.rooms if room.id == fields.get("channel_id")), None)
        if room is None:
            return _refused("channel_not_found")
        if any(each["id"] not in self.texts for each in files):
            return _refused("file_not_found")
        thread = str(fields.get("thread_ts"))
        for each in files:
            name = self.files[each["id"]]
            room.files.append((thread, name))
            room.replies.append({"thread_ts": thread, "user": self.bot, "files": [{"id": each["id"], "name": name}]})
        return _ok(files=files)

    def _conversations_replies(self, fields: Any) -> Answer:
        room = self._room(fields)
        if room is None:
            return _refused("channel_not_found")
        if self.bot not in room.members:
            return _refused("not_in_channel")
        thread = [each for each in room.messages if each["ts"] == fields.get("ts")]
        if not thread:
            return _refused("thread_not_found")
        return _ok(messages=thread + [each for each in room.replies if each["thread_ts"] == fields.get("ts")])

    def _room(self, fields: Any) -> Room | None:
        return next((room for room in self.rooms if room.id == fields.get("channel")), None)

    def _within(self, fields: Any, does: Any, needs_member: bool = True) -> Answer:
        room = self._room(fields)
        if room is None:
            return _refused("channel_not_found")
        if room.is_archived:
            return _refused("is_archived")
        if needs_member and self.bot not in room.members:
            return _refused("not_in_channel")
        does(room)
        return _ok(channel=_shown(room))


def _shown(room: Room) -> dict[str, Any]:
    return {"id": room.id, "name": room.name, "creator": room.creator, "is_archived": room.is_archived}


def _ok(**more: Any) -> Answer:
    return Answer(200, {"ok": True, **more})


def _refused(error: str) -> Answer:
    return Answer(200, {"ok": False, "error": error})
