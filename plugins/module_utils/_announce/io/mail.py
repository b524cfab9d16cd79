# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Mail by SMTP. Between the end of a mail and the server's reply nothing is known of it: it goes out once more under
the same Message-ID, by which programs know it as the same, and the log says that it may have arrived twice. I/O.
"""

from __future__ import annotations

import hashlib
import re
import smtplib
import ssl
from contextlib import suppress
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formataddr, formatdate, getaddresses
from typing import Any, Mapping, Sequence

from ..._core.errors import RunbookError
from ..._core.text import printable, shortened
from ..._incident.stamps import moment_of
from ..._postmortem.invitation import invitation
from ..delivery import Delivered, Delivery, InDoubt, NotDelivered
from ..escape import in_plain
from ..outbox import Message
from .channel import Thread
from .render import Texts

# In seven bits: a server without 8BITMIME may refuse or change anything else.
SMTP_POLICY = SMTP.clone(cte_type="7bit")
_TRIES = 100  # of a mail whose fault can be corrected: 16 hours
_LOGIN = (530, 535, 538)  # RFC 4954: authentication is required, or failed
_NO_PART_OF_A_NAME = re.compile(r"[^\w '-]")
_LINES = 200  # of one reply of the server
_PATIENCE = 4  # silences for its reply to a mail, as long as there is time: without one the mail goes out once more


class Mail:
    """``settings``: those of `runbook_announce.mail`."""

    gap = 0.0
    can_ask = False

    def __init__(self, settings: Mapping[str, Any], texts: Texts) -> None:
        self.settings, self.texts = settings, texts

    def find(self, message: Message, thread: Thread) -> str | None:  # noqa: ARG002
        return None  # a mail server cannot be asked

    def differences(self, thread: Thread) -> list[str]:  # noqa: ARG002
        return []

    def send(self, message: Message, thread: Thread) -> Delivery:
        to, sender = str(message.values["to"]), str(self.settings["sender"])
        try:
            mail, recipients = self._mail(message, thread), [address for dummy, address in _parsed(to)]
            # RFC 5321, 4.5.2: a line that begins with a dot gets another one.
            data = re.sub(rb"(?m)^\.", b"..", mail.as_bytes(policy=SMTP_POLICY))
        except RunbookError:
            raise
        except Exception as error:  # also a fault of the library, of a text that is odd enough: nothing was sent
            # A sender that is wrong can be corrected; the recipient of a message that is queued stays as it is.
            return NotDelivered(f"mail: {_words(error)}", forever=_is_fit(sender))
        try:
            server = self._connected(thread.left())
        except Exception as error:  # whatever it is, nothing was sent
            return NotDelivered(f"mail: no connection: {_words(error)}")
        try:
            return self._sent(server, str(mail["Message-ID"]), data, recipients, thread)
        finally:
            with suppress(OSError):
                server.close()

    def _connected(self, timeout: float) -> smtplib.SMTP:
        host, port, tls = str(self.settings["host"]), int(self.settings["port"]), self.settings["tls"]
        context = ssl.create_default_context()
        if tls == "tls":
            server: smtplib.SMTP = _OverTls(host, port, timeout=timeout, context=context)
        else:
            server = _Plain(host, port, timeout=timeout)
        try:
            server.ehlo_or_helo_if_needed()
            if tls == "starttls":
                server.starttls(context=context)
                server.ehlo()
            if self.settings["user"]:
                server.login(str(self.settings["user"]), str(self.settings["password"]))
        except BaseException:
            server.close()
            raise
        return server

    def _sent(
        self, server: smtplib.SMTP, name: str, data: bytes, recipients: Sequence[str], thread: Thread
    ) -> Delivery:
        """``name``: the Message-ID; ``data``: the mail as it goes over the wire, but for its last line."""
        refused: list[Delivery] = []
        try:
            code, words = server.mail(_parsed(str(self.settings["sender"]))[0][1])
            if code != 250:
                # The site's settings, which can be corrected.
                return NotDelivered(f"mail: the sender was refused: {code} {_words(words)}")
            for address in recipients:
                code, words = server.rcpt(address)
                if code not in (250, 251):
                    refused.append(_by_code(f"the recipient {address}", code, words, _is_of_recipient(code, words)))
            if len(refused) == len(recipients):
                return refused[-1]
            code, words = server.docmd("DATA")
            if code != 354:
                return _by_code("DATA", code, words, _is_of_recipient(code, words))
            thread.left("the mail")
            thread.goes_on(_PATIENCE)
            if server.sock is not None:
                server.sock.settimeout(thread.left())
            server.send(data if data.endswith(b"\r\n") else data + b"\r\n")
        except Exception as error:  # whatever it is, the mail was not sent
            return NotDelivered(f"mail: {_words(error)}")
        try:
            server.send(b".\r\n")
            code, words = server.getreply()
        except (OSError, smtplib.SMTPException) as error:
            return InDoubt(f"mail: the connection ended before the server's reply: {_words(error)}", is_copied=True)
        if code < 200 or 300 <= code < 400:
            return InDoubt(f"mail: the server's reply is none: {code} {_words(words)}", is_copied=True)
        if code >= 400:
            return _by_code("the mail", code, words, not _is_of_site(code, words))
        return Delivered(name, "; ".join(str(getattr(each, "reason", "")) for each in refused))

    def _mail(self, message: Message, thread: Thread) -> EmailMessage:
        """The same message gives the same mail, but for the date at which it is sent. Raises ValueError."""
        mail = EmailMessage(policy=SMTP_POLICY)
        mail["Subject"] = self.texts.title(message.template, message.values)
        senders, recipients = _parsed(str(self.settings["sender"])), _parsed(str(message.values["to"]))
        mail["From"], mail["To"] = _in_header(senders[:1]), _in_header(recipients)
        mail["Date"] = formatdate(usegmt=True)
        mark = hashlib.sha256(f"{thread.incident} {message.key}".encode("utf-8", "backslashreplace")).hexdigest()[:32]
        dummy, is_whole, domain = senders[0][1].rpartition("@")
        domain = domain if is_whole and domain else "localhost"
        mail["Message-ID"] = f"<{mark}.pafar-runbook@{domain}>"
        # One conversation for each incident in the reader's program.
        first = hashlib.sha256(thread.incident.encode("utf-8", "backslashreplace")).hexdigest()[:32]
        mail["References"] = f"<{first}.pafar-runbook@{domain}>"
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(self.texts.text(message.template, message.values) + "\n")
        if message.template == "review":
            self._add_appointment(mail, message.values, thread.incident)
        return mail

    def _add_appointment(self, mail: EmailMessage, values: Mapping[str, Any], incident: str) -> None:
        """As a part that programs show with buttons, and as a file for the others."""
        text = invitation(
            incident, str(values["severity"]), moment_of(str(values["ended_at"])).timestamp(),
            in_plain(str(values["scenario"])),
            str(self.settings["sender"]), str(values["to"]), int(values["round"]),
        )  # fmt: skip
        mail.add_alternative(text, subtype="calendar", params={"method": "REQUEST"})
        mail.add_attachment(text.encode(), maintype="application", subtype="ics", filename="review.ics")


class _Lines:
    """The lines of one reply after another, each of which has an end: smtplib takes any number of them."""

    def __init__(self, file: Any) -> None:
        self._file, self.left = file, _LINES

    def readline(self, most: int = -1) -> bytes:
        self.left -= 1
        if self.left < 0:
            raise smtplib.SMTPServerDisconnected(f"the server's reply has more than {_LINES} lines")
        line: bytes = self._file.readline(most)
        return line

    def close(self) -> None:
        self._file.close()


class _Plain(smtplib.SMTP):
    def getreply(self) -> tuple[int, bytes]:
        if self.file is None and self.sock is not None:
            self.file = _Lines(self.sock.makefile("rb"))
        if isinstance(self.file, _Lines):
            self.file.left = _LINES
        return super().getreply()


class _OverTls(_Plain, smtplib.SMTP_SSL):
    pass


def _parsed(text: str) -> list[tuple[str, str]]:
    """The names and addresses of a text, at least one, as SMTP can carry them: the domain of an address in ASCII.
    Raises ValueError."""
    found = [(name, address) for name, address in getaddresses([text]) if address]
    is_whole = not any(re.search(r"[\s<>]", address) for dummy, address in found)
    if not found or not text.isprintable() or not is_whole:
        raise ValueError(f"{text!r} is no address")
    parsed = []
    for name, address in found:
        local, at, domain = address.rpartition("@")
        if not local.isascii():
            raise ValueError(f"the address {address} has letters before the @ that SMTP does not carry")
        parsed.append((name, f"{local}{at}{domain if domain.isascii() else domain.encode('idna').decode()}"))
    return parsed


def _in_header(people: Sequence[tuple[str, str]]) -> str:
    """The names and addresses of a header. Where the library would lose the quotes of a name, as of one with a comma
    and a letter that is none of ASCII, so that its words were addresses, it is written without what needs quotes."""
    text = ", ".join(map(formataddr, people))
    with suppress(Exception):  # of the library, for names that are odd enough
        folded = str(SMTP_POLICY.header_factory("To", text).fold(policy=SMTP_POLICY)).partition(":")[2]
        if [address for dummy, address in getaddresses([folded])] == [address for dummy, address in people]:
            return text
    return ", ".join(formataddr((" ".join(_NO_PART_OF_A_NAME.sub(" ", name).split()), to)) for name, to in people)


def _is_fit(sender: str) -> bool:
    try:
        return bool(_parsed(sender))
    except ValueError:
        return False


def _by_code(what: str, code: int, words: Any, forever: bool) -> Delivery:
    """A reply of the server before the mail was taken: 4xx is tried again, and so is 5xx for many hours, unless it is
    ``forever`` of this mail or its recipient: the site or the server can be corrected."""
    reason = f"mail: {what} was refused: {code} {_words(words)}"
    return NotDelivered(reason, forever=forever and code >= 500, at_most=_TRIES if code >= 500 else 0)


def _is_of_recipient(code: int, words: Any) -> bool:
    """Whether there is no such mailbox. A relay that is denied, a policy or a missing login is a fault of the site."""
    enhanced = _enhanced(words)
    return code in (550, 551, 553) and (not enhanced or enhanced.startswith(("5.1.", "5.2.")))


def _is_of_site(code: int, words: Any) -> bool:
    return code in _LOGIN or _enhanced(words).startswith("5.7.")


def _enhanced(words: Any) -> str:
    """The status code of RFC 3463 at the beginning of a reply; empty without one."""
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else str(words)
    found = re.match(r"\s*([245]\.\d{1,3}\.\d{1,3})\b", text)
    return found.group(1) if found else ""


def _words(error: Any) -> str:
    text = error.decode("utf-8", "replace") if isinstance(error, bytes) else str(error) or type(error).__name__
    return shortened(printable(text), 200)
