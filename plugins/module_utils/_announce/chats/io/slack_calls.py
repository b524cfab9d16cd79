# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Calls of Slack's API, by slack_sdk without its retries: they post twice. I/O."""

from __future__ import annotations

from typing import Any, Callable, Iterator, Mapping

from ...._core.errors import DriverMissing
from ...delivery import InDoubt, NotDelivered
from ...io.channel import Thread
from ...io.http_call import Answered, of_error, put, seconds_in
from .. import slack_errors as errors


class Refused(Answered):
    """A refusal of Slack by its name: the call had no effect."""

    def __init__(self, name: str, words: str) -> None:
        super().__init__(NotDelivered(words, forever=name in errors.NEVER))
        self.name = name


class SlackCalls:
    """``settings``: those of `runbook_announce.slack`."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        try:
            from slack_sdk import WebClient  # noqa: PLC0415 - optional, on the controller alone
        except ImportError:
            raise DriverMissing(
                "The Python library slack_sdk is missing on the controller: pip install slack_sdk, beside Ansible."
                " Nothing was sent to Slack."
            ) from None
        self.client = WebClient(
            token=str(settings["token"]), base_url=str(settings["api"]).rstrip("/") + "/", retry_handlers=[]
        )
        self.settings = settings
        self._is_blind = False  # the bot may not read what it has written

    def _call(self, method: str, thread: Thread, **given: Any) -> dict[str, Any]:
        """Raises Answered. ``Refused`` is a refusal by name, surely without effect."""
        call = self.client.api_call
        found = self._answered(method, thread, lambda: call(method, json=given) if given else call(method))
        thread.goes_on()
        return found

    def _get(self, method: str, thread: Thread, **given: Any) -> dict[str, Any]:
        return self._answered(method, thread, lambda: self.client.api_call(method, http_verb="GET", params=given))

    def _answered(self, what: str, thread: Thread, call: Callable[[], Any]) -> dict[str, Any]:
        from slack_sdk.errors import SlackApiError  # noqa: PLC0415

        self.client.timeout = _left(thread, what)  # also for each page of a list, which may never end
        try:
            return dict(call().data)
        except SlackApiError as error:
            raise self._refusal(error) from None
        except Exception as error:
            raise Answered(of_error(error)) from None

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
        return Refused(name, f"Slack: {name}{needed}")

    def _upload(self, name: str, text: str, thread: Thread, channel: str, stamp: str) -> str:
        """The id of a file with this text that was added to the thread of a message. Raises Answered. Of its calls only
        the last one has an effect that people see."""
        data = text.encode("utf-8", "replace")
        length = len(data)
        begun = self._answered(
            "the file", thread, lambda: self.client.files_getUploadURLExternal(filename=name, length=length)
        )
        put(str(begun.get("upload_url")), data, thread.left("the file"))
        file = str(begun.get("file_id"))
        files: list[dict[str, str | None]] = [{"id": file, "title": "The whole text"}]
        self._answered(
            "the file",
            thread,
            lambda: self.client.files_completeUploadExternal(files=files, channel_id=channel, thread_ts=stamp),
        )
        thread.goes_on()
        return file

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

    def _listed_messages(
        self, method: str, thread: Thread, is_looked_for: bool = True, **options: Any
    ) -> Iterator[dict[str, Any]]:
        """``is_looked_for``: one of them; where the bot may not read, it is sent again, which is noted."""
        while True:
            try:
                page = self._get(method, thread, **options)
            except Refused as refused:
                if is_looked_for and refused.name in errors.NO_CHANNEL:
                    self._is_blind = True
                elif not errors.is_gone(refused.name):
                    raise
                return
            yield from page.get("messages") or []
            options["cursor"] = str((page.get("response_metadata") or {}).get("next_cursor") or "")
            if not options["cursor"]:
                return


def _left(thread: Thread, method: str) -> Any:
    """Seconds that a call may take; slack_sdk says that they are whole, and takes any. Raises Answered."""
    return thread.left(method)
