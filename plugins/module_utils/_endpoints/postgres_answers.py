# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What PostgreSQL's answer to a login means. Pure. Source: "Message Formats" and "Error Codes", its documentation."""

from __future__ import annotations

import re

from .._core.redaction import redacted
from .endpoint import DEGRADED, DOWN, OURS, UP, Meaning

# A login without a password is shown no state of the server: those are pg_activity_info's.
_UNASKED = "whether it takes writes was not asked"
_ALIVE = {  # SQLSTATE of a server that is up and refuses this very login
    "28000": f"it is up; pg_hba.conf has no line that allows a login from here; {_UNASKED}",
    "28P01": f"it is up; it refuses the password; {_UNASKED}",
    "3D000": f"it is up; the database does not exist; {_UNASKED}",
    "42704": f"it is up; the role does not exist; {_UNASKED}",
}
# PgBouncer's own words for this very login; all its errors have the one SQLSTATE.
_POOLER = re.compile(
    r"(?i)no such (?:user|database)|(?:password |SASL )?authentication failed|auth failed|login denied"
)
_DOWN = {
    "53300": "it runs, and every connection slot is taken (53300)",
    "53200": "it runs out of memory (53200)",
    "53100": "its disk is full (53100)",
    "57P01": "it is stopping, on an administrator's command (57P01)",
    "57P02": "one of its processes crashed, and it recovers (57P02)",
    "57P03": "it is starting, stopping or recovering, and takes no login yet (57P03)",
}


def of_postgres(kind: str, sqlstate: str, message: str) -> Meaning:
    """``kind``: the first byte of its answer; R asks for a password or lets in, E is an error."""
    said = redacted(message)[:120]
    if kind == "R":
        return Meaning(UP, f"it accepts logins; {_UNASKED}")
    if kind != "E":
        return Meaning(DOWN, "something answers there, and it is not PostgreSQL", OURS)
    if sqlstate in _ALIVE:
        return Meaning(UP, _ALIVE[sqlstate])
    if sqlstate == "08P01" and _POOLER.search(message):
        return Meaning(UP, f"it is a pooler, and is up; it refuses this login ({said}); {_UNASKED}")
    if sqlstate in _DOWN or sqlstate.startswith("57P0"):
        why = _DOWN.get(sqlstate, f"it refuses every login ({sqlstate})")
        return Meaning(DOWN, f"{why}: {said}" if said and sqlstate != "53300" else why, OURS)
    return Meaning(DEGRADED, f"it answers with error {sqlstate}: {said}", OURS)
