# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is lost with a session whose client is gone. Pure.

The server does not miss a client before it has something to send. What runs until then may complete, and commit:
an UPDATE, a CALL, a build. A transaction that is idle cannot; but a client that only does not answer may come back
when its network does.
"""

from __future__ import annotations

from ..background.backends import NO_ANSWER
from ..session import Session
from ..work import maintenance, why_ask


def why_not_unasked(session: Session, sign: str) -> str:
    """Why a session is terminated only with an approval although its client is gone; empty where nothing is lost.
    ``sign``: what shows that it is gone."""
    if session.state == "active":
        kind = maintenance(session)
        if kind or why_ask(session):
            what = f"is maintenance ({kind})" if kind else "writes, or its transaction has written"
            return f"its statement {what}: it may complete and commit without its client"
    elif session.idle_in_transaction and session.has_written and NO_ANSWER in sign:
        return "its transaction has written, and its client may come back when the network does"
    return ""
