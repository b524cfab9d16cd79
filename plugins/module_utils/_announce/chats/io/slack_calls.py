# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Calls of Slack's API, by slack_sdk without its retries: they post twice. I/O."""

from __future__ import annotations

import ssl
import time
from typing import Any, Callable, Iterator, Mapping
from urllib.error import HTTPError
from urllib.request import BaseHandler, HTTPRedirectHandler, HTTPSHandler, ProxyHandler, Request, build_opener

from ...._core.errors import DriverMissing
from ...delivery import InDoubt, NotDelivered
from ...io.channel import Thread
from ...io.http_call import MOST, Answered, of_error, put, read_within, wait_asked
from .. import slack_errors as errors

_POST = "chat.postMessage"
_LISTED = 999  # channels of a page: the most that Slack gives


class Refused(Answered):
    """A refusal of Slack by its name: the call had no effect."""

    def __init__(self, name: str, words: str) -> None:
        super().__init__(NotDelivered(words, forever=name in errors.NEVER))
        self.name = name


class SlackCalls:
    """``settings``: those of `runbook_announce.slack`."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self.client = _client(str(settings["token"]), str(settings["api"]).rstrip("/") + "/")
        self.settings = settings
        self._is_blind = False  # the bot may not read what it has written

    def _call(self, method: str, thread: Thread, **given: Any) -> dict[str, Any]:
        """Raises Answered. ``Refused`` is a refusal by name, surely without effect."""
        call = self.client.api_call
        # Of posts each channel has a limit of its own, of other calls each method.
        place = f"{method} of {given.get('channel')}" if method == _POST else method
        thread.pauses.require_over(f"Slack ({place})")
        try:
            found = self._answered(method, thread, lambda: call(method, json=given) if given else call(method))
        except Answered as refused:
            thread.pauses.keep(f"Slack ({place})", refused.delivery)
            raise
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
        except Answered:
            raise
        except (AttributeError, KeyError, TypeError, RecursionError):
            raise Answered(InDoubt("Slack: the answer has not the form of its API")) from None
        except Exception as error:
            raise Answered(of_error(error)) from None

    @staticmethod
    def _refusal(error: Any) -> Answered:
        response = error.response
        data = response.data if isinstance(response.data, dict) else {}
        name = str(data.get("error") or "")
        if response.status_code == 429 or name in errors.RATE:
            return Answered(NotDelivered("Slack: rate limited", wait_asked(response.headers, 1.0)))
        if response.status_code >= 500 or not errors.NAME.match(name):
            # slack_sdk puts a sentence of its own in place of a name where a page came in place of an answer.
            why = f"Slack: HTTP {response.status_code} without an answer of its API"
            return Answered(InDoubt(why, again_after=wait_asked(response.headers)))
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
            options = {"limit": _LISTED, "exclude_archived": False, "types": types}
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


def _client(token: str, address: str) -> Any:
    """A WebClient that reads no answer without an end: that of slack_sdk takes all of it into memory."""
    try:
        from slack_sdk import WebClient  # noqa: PLC0415 - optional, on the controller alone
    except ImportError:
        raise DriverMissing(
            "The Python library slack_sdk is missing on the controller: pip install slack_sdk, beside Ansible."
            " Nothing was sent to Slack."
        ) from None

    class Bounded(WebClient):  # type: ignore[misc, unused-ignore]
        def _perform_urllib_http_request_internal(self, url: str, req: Request) -> dict[str, Any]:  # noqa: ARG002
            return _exchanged(req, float(self.timeout), self.proxy, self.ssl)

    return Bounded(token=token, base_url=address, retry_handlers=[])


class _NotElsewhere(HTTPRedirectHandler):
    """A redirection is an answer: to follow it would be another request, of which nothing would be known, and it
    would take the token to another host."""

    def redirect_request(self, *_given: Any) -> None:
        return None


def _exchanged(request: Request, timeout: float, proxy: str | None, context: ssl.SSLContext | None) -> dict[str, Any]:
    """Status, headers and body of an answer, whatever its status is. Raises Answered for one that is too large."""
    until = time.monotonic() + timeout
    handlers: list[BaseHandler] = [HTTPSHandler(context=context), _NotElsewhere()]
    if proxy:
        handlers.append(ProxyHandler({"http": proxy, "https": proxy}))
    try:
        answer: Any = build_opener(*handlers).open(request, timeout=timeout)
    except HTTPError as error:
        answer = error
    with answer:
        body = read_within(answer, MOST, until)
        charset = answer.headers.get_content_charset() or "utf-8"
        return {"status": answer.code, "headers": answer.headers, "body": _text(body, charset)}


def _text(data: bytes, charset: str) -> str:
    try:
        return data.decode(charset, "replace")
    except LookupError:
        return data.decode("utf-8", "replace")


def _left(thread: Thread, method: str) -> Any:
    """Seconds that a call may take; slack_sdk says that they are whole, and takes any. Raises Answered."""
    return thread.left(method)
