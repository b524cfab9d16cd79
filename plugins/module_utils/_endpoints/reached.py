# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The matrix of probes as a report: what is not healthy in it, and what is not known. Pure."""

from __future__ import annotations

from typing import Sequence, TypedDict

from .._core.text import some
from .endpoint import (
    DEGRADED,
    DOWN,
    FLAPPING,
    LATE,
    LATE_NAME,
    PROVIDERS,
    READS_ONLY,
    THEIRS,
    UNKNOWN,
    UP,
    ProbeReport,
)

BELOW = ("dns", "tcp")  # layers below an answer of the target itself


class ReachedReport(TypedDict):
    """What endpoint_probe_info returns. ``lines``: what is not healthy, a sentence each."""

    matrix: list[ProbeReport]
    lines: list[str]
    healthy: bool


def reached_report(rows: list[ProbeReport]) -> ReachedReport:
    """The matrix with what is not healthy in it."""
    return {"matrix": rows, "lines": lines_of(rows), "healthy": all(row["state"] == UP for row in rows)}


def lines_of(rows: Sequence[ProbeReport]) -> list[str]:
    """What is not healthy, a sentence each, those of one target together."""
    lines = []
    by_target: dict[tuple[str, str, str, str], list[str]] = {}
    for row in rows:
        if row["state"] not in (UP, UNKNOWN):
            by_target.setdefault((row["target"], row["state"], row["layer"], row["why"]), []).append(row["source"])
    for (target, state, layer, why), sources in by_target.items():
        well = [row["source"] for row in rows if row["target"] == target and row["state"] == UP]
        beside = f"; from {some(well)} it is healthy" if well else ""
        lines.append(f"{target} is {state} from {some(sources)} ({layer}): {why}{beside}")
    return lines + unknown_of(rows)


def unknown_of(rows: Sequence[ProbeReport]) -> list[str]:
    """What was not tried, or answered nothing from which its state is known, a sentence each."""
    unknown = [row for row in rows if row["state"] == UNKNOWN]
    return sorted(
        {
            f"{row['target']} is unknown from {row['source']}: {row['why']}"
            if row["attempts"]
            else f"{row['source']}: {row['why']}"
            for row in unknown
        }
    )


def unasked_of(rows: Sequence[ProbeReport]) -> list[str]:
    """What the answers of those that are up do not show, a clause each: it may be wrong all the same."""
    return sorted({f"{row['target']}: {row['unasked']}" for row in rows if row["unasked"]})


def unread_of(rows: Sequence[ProbeReport]) -> list[str]:
    """What no answer shows: of targets whose state is unknown, and of those that are up."""
    return [*unknown_of(rows), *unasked_of(rows)]


def is_cut(row: ProbeReport) -> bool:
    """Whether no attempt made a connection. Where one of several did, a path, a name and a listener are there."""
    return row["state"] == DOWN and row["layer"] in BELOW


def is_unsteady(row: ProbeReport) -> bool:
    """Whether some attempts made a connection, and others did not."""
    return row["state"] == FLAPPING and row["layer"] in BELOW


def is_late_name(row: ProbeReport) -> bool:
    """Whether it works and only a name server gave no answer to its name: a matter of who asks, not of the target."""
    return row["state"] == DEGRADED and row["layer"] == "dns" and LATE_NAME in row["why"]


def is_handshake(row: ProbeReport) -> bool:
    """Whether a handshake with a provider failed: for a fault of its own, or for a clock or a proxy of ours."""
    return row["layer"] == "tls" and row["state"] in (DOWN, FLAPPING) and row["judge"] in PROVIDERS


def is_limited(row: ProbeReport) -> bool:
    """Whether every attempt was answered, and it is degraded for another reason than that it is slow or fails itself:
    a limit of our requests, a permission that the key lacks, a certificate that ends."""
    answered = row["state"] == DEGRADED and row["layer"] not in BELOW and not row["failed"]
    return answered and row["fault_of"] != THEIRS and LATE not in row["why"]


def serves_reads(row: ProbeReport) -> bool:
    """Whether it is a standby or a replica, which takes no writes: by design, or for those who were to write to it."""
    return row["state"] == DEGRADED and READS_ONLY in row["why"]


def is_connected(row: ProbeReport) -> bool:
    """Whether at least one attempt made a connection, whatever came of it."""
    return row["state"] != UNKNOWN and not is_cut(row)


def is_refused(row: ProbeReport) -> bool:
    """Whether every connection was refused: a refusal that arrived has come by a path that works."""
    return is_cut(row) and row["layer"] == "tcp" and "refused" in row["why"]


def is_no_name(row: ProbeReport) -> bool:
    """Whether a name server answered that there is no such name, or no address of it: it works."""
    return is_cut(row) and row["layer"] == "dns" and ("NXDOMAIN" in row["why"] or "has no address" in row["why"])
