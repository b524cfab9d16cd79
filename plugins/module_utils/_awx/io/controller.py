# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reads documents of AWX's API. I/O."""

from __future__ import annotations

import http.client
import json
import threading
import urllib.error
from dataclasses import dataclass
from typing import Any, Mapping

from ansible.module_utils.urls import open_url

from ..._core.errors import AwxError
from ..._core.text import printable, shortened

_AGENT = "pafar-runbook"
_MOST = 4 << 20  # bytes of an answer that are read
_REMEDY = "Nothing was done. Check CONTROLLER_HOST and the token of the job's credential for AWX."


@dataclass(frozen=True)
class Controller:
    """Where AWX is, and as whom it is asked. ``timeout``: seconds for each answer."""

    host: str
    token: str = ""
    username: str = ""
    password: str = ""
    verify_ssl: bool = True
    timeout: float = 10.0

    def get(self, path: str) -> Mapping[str, Any]:
        """The document at a path below /api/v2/. Raises AwxError for anything else than a JSON object of status 200."""
        if not self.host:
            raise AwxError(f"AWX cannot be asked: no address of it is known. {_REMEDY}")
        address = f"{self.host if '://' in self.host else f'https://{self.host}'}".rstrip("/") + f"/api/v2/{path}"
        try:
            document = json.loads(self._in_time(address))
        except urllib.error.HTTPError as error:
            error.close()
            raise AwxError(f"AWX refused {path}: HTTP {error.code}. {_REMEDY}") from None
        except (ValueError, RecursionError):
            raise AwxError(f"AWX answered {path} with something that is no JSON. {_REMEDY}") from None
        except (OSError, http.client.HTTPException) as error:
            words = shortened(printable(str(getattr(error, "reason", "") or error or type(error).__name__)), 160)
            raise AwxError(f"AWX could not be asked for {path}: {words}. {_REMEDY}") from None
        if not isinstance(document, dict):
            raise AwxError(f"AWX answered {path} with no object. {_REMEDY}")
        return document

    def _in_time(self, address: str) -> bytes:
        """The answer, which must be whole when the time is over: a socket's own limit is for each part of it."""
        found: list[bytes] = []
        failed: list[Exception] = []

        def read() -> None:
            try:
                found.append(self._read(address))
            except Exception as error:
                failed.append(error)

        reading = threading.Thread(target=read, daemon=True)
        reading.start()
        reading.join(self.timeout)
        if failed:
            raise failed[0]
        if not found:
            raise TimeoutError(f"its answer was not whole within {self.timeout:g} s")
        return found[0]

    def _read(self, address: str) -> bytes:
        headers = {"Accept": "application/json"}
        login: dict[str, Any] = {}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        elif self.username:
            login = {"url_username": self.username, "url_password": self.password, "force_basic_auth": True}
        # A redirection would take the token to another host.
        answer: Any = open_url(
            address, headers=headers, timeout=self.timeout, validate_certs=self.verify_ssl, follow_redirects="none",
            http_agent=_AGENT, **login,
        )  # fmt: skip
        with answer:
            if answer.status != 200:
                raise ValueError(answer.status)
            body: bytes = answer.read(_MOST)
            return body
