# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The rules by which a session is one too many, as options of a module."""

from __future__ import annotations

from typing import Any

from ..._core.errors import InputError
from ..._core.module import at_least, share
from ..background.io.background import SUBJECTS
from ..options import pooler_of
from ..snapshot import MIN_WAITERS
from .chosen import ACTIONS, AUTO, Chosen, chosen_of
from .excess_plan import BUSY, DEAD_CLIENT, Rules
from .io.end import Look
from .process_facts import dead_clients_of, measured

CHOSEN_ARGS: dict[str, Any] = {
    "session": {"type": "str", "default": ""},
    "session_action": {"type": "str", "default": AUTO, "choices": list(ACTIONS)},
    "override_exclusions": {"type": "bool", "default": False},
}
RULE_ARGS: dict[str, Any] = {
    "idle": {"type": "float"},
    "shares": {"type": "dict", "default": {}},
    "share": {"type": "float", "default": 0.5},
    "headroom": {"type": "float", "default": 0.2},
    "floor": {"type": "int", "default": 2},
    "possible_leaks": {"type": "bool", "default": False},
    "idle_in_transaction": {"type": "float"},
    "holds_back": {"type": "bool", "default": False},
    "long_running": {"type": "float"},
    "busy": {"type": "list", "elements": "dict", "default": []},
    "min_running": {"type": "float", "default": 10.0},
    "maintenance": {"type": "bool", "default": False},
    "dead_clients": {"type": "list", "elements": "dict", "default": []},
    "max_terminations": {"type": "int", "default": 10, "aliases": ["max_victims"]},
    "max_share": {"type": "float", "default": 0.2},
    "max_idle": {"type": "int", "default": 100},
    "grace": {"type": "float", "default": 10.0},
    "timeout": {"type": "float", "default": 5.0},
    "max_rows": {"type": "int", "default": 200},
}
# What a plan reports beside itself, so that one snapshot serves facts and plan.
LOOK_ARGS: dict[str, Any] = {
    "also": {"type": "list", "elements": "str", "choices": list(SUBJECTS)},
    "measure": {"type": "list", "elements": "str", "default": [], "choices": [BUSY, DEAD_CLIENT]},
    "interval": {"type": "float", "default": 1.0},
    "min_waiting": {"type": "float", "default": 30.0},
    "min_waiters": {"type": "int", "default": MIN_WAITERS},
}


def rules_of(params: dict[str, Any]) -> Rules:
    """The options as Rules; refuses what could never be meant."""
    for name, least in (("max_terminations", 1), ("max_idle", 1), ("max_rows", 1), ("floor", 0), ("timeout", 0.001)):
        at_least(params, name, least)
    for name in ("idle", "idle_in_transaction", "long_running", "min_running", "grace"):
        if params[name] is not None:
            at_least(params, name, 0, "s")
    for name in ("share", "headroom", "max_share"):
        share(params, name)
    shares = {}
    for application, most in params["shares"].items():
        try:
            shares[str(application)] = int(most)
        except (TypeError, ValueError):
            raise InputError(
                f"shares: the value of {application} is {most!r}, and must be a number of sessions. Nothing was done."
            ) from None
    return Rules(
        idle=params["idle"],
        idle_in_transaction=params["idle_in_transaction"],
        long_running=params["long_running"],
        busy=measured(params["busy"]),
        min_running=params["min_running"],
        dead_clients=dead_clients_of(params["dead_clients"]),
        shares=shares,
        share=params["share"],
        headroom=params["headroom"],
        floor=params["floor"],
        possible_leaks=params["possible_leaks"],
        maintenance=params["maintenance"],
        holds_back=params["holds_back"],
    )


def look_of(params: dict[str, Any]) -> Look:
    """The options as a Look."""
    at_least(params, "interval", 0.1, "s")
    at_least(params, "min_waiting", 0, "s")
    at_least(params, "min_waiters", 1)
    return Look(
        also=params["also"],
        measure=params["measure"],
        pooler=pooler_of({**params, "also": params["also"] or []}),
        interval=params["interval"],
        min_waiting=params["min_waiting"],
        min_waiters=params["min_waiters"],
    )


def choice_of(params: dict[str, Any]) -> Chosen | None:
    """The one session to end; None where none is chosen. Refuses rules beside it, and what is no choice."""
    if not params["session"]:
        if params["override_exclusions"]:
            raise InputError("override_exclusions needs the option session. Nothing was done.")
        return None
    rules = [name for name in ("idle", "idle_in_transaction", "long_running") if params[name] is not None]
    rules += [name for name in ("busy", "dead_clients") if params[name]]
    if rules:
        raise InputError(
            f"session cannot be combined with {', '.join(rules)}: use session or the rules. Nothing was done."
        )
    return chosen_of(params["session"], params["session_action"], params["override_exclusions"])
