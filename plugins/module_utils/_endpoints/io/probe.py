# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One attempt at one endpoint, layer by layer, by plain sockets: nothing is sent that changes anything. I/O."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

from ..endpoint import ALWAYS, DOWN, UNKNOWN, UP, Attempt, Meaning, Step, Target, redirected
from ..meaning import behind_silent_servers, is_unreadable, of_certificate, of_failed, slower, whose_fault
from .addresses import MOST
from .ask_database import ask_postgres, ask_redis
from .ask_http import ask_http
from .certificates import UNREAD
from .namespaces import Place
from .wire import Failed, Wire

_LATE = 0.25  # seconds after which an attempt that should have ended is cut
_ASK = {"http": ask_http, "postgres": ask_postgres, "redis": ask_redis}


def attempt(place: Place, target: Target, key: str, seconds: float, number: int = 0) -> Attempt:
    """Try it once; the thread is in the place's network already. ``number``: each takes another address.

    Where redirects are followed, the attempt is that of the last address, within the time of all. Of a webhook none is:
    those who send events follow none either.
    """
    deadline = time.monotonic() + seconds
    made, location = _attempt(place, target, key, seconds, number)
    seen = {_address(target)}
    while location and target.redirects > 0 and target.judge != "webhook":
        onward, why = redirected(target, location, made.steps[-1].facts.get("status", 302))
        left = deadline - time.monotonic()
        if onward is None or left <= 0:
            # An address that holds a secret, or is of another protocol, is one for others.
            state = UNKNOWN if onward is None and not is_unreadable(target, location) else DOWN
            said = f"its redirect was not followed: {why or 'the time was over'}"
            return replace(made, meaning=Meaning(state, said, made.meaning.fault_of))
        if _address(onward) in seen:
            again = f"its redirects lead in a circle, back to {onward.host}:{onward.port}"
            return replace(made, meaning=Meaning(DOWN, again, whose_fault(target, False)))
        target = onward
        seen.add(_address(target))
        made, location = _attempt(place, target, key if target.key else "", left, number)
        where = f"{target.host}:{target.port}"
        made = replace(made, meaning=replace(made.meaning, why=f"redirected to {where}: {made.meaning.why}"))
    return made


def _address(target: Target) -> tuple[bool, str, int, str]:
    return target.secure, target.host, target.port, target.path


def _attempt(place: Place, target: Target, key: str, seconds: float, number: int) -> tuple[Attempt, str]:
    """One request, and where its answer redirects to; empty for nowhere."""
    wire = Wire(place, target, key, seconds, number)
    # Each call has its limit; one that is fed a byte at a time has none but this.
    # Silent addresses beside one that connects are waited for, at most half of the time, which does not count.
    alarm = threading.Timer(1.5 * seconds + _LATE, wire.hang_up)
    alarm.daemon = True
    alarm.start()
    try:
        meaning = _tried(wire)
    except Failed as failed:
        step = Step(failed.layer, False, wire.lap(), wire.clean(failed.said), failed.facts)
        wire.steps.append(step)
        meaning = of_failed(step, target, wire.near)
    finally:
        alarm.cancel()
        wire.close()
    resolved = behind_silent_servers(meaning, wire.servers_failed) if wire.servers_silent else meaning
    layer = "protocol" if resolved.state == meaning.state else "dns"
    meaning = resolved
    if meaning.state == UP:
        more = "whether its name has more addresses was not answered" if wire.unresolved else wire.servers_failed
        untried = len(wire.addresses) - MOST
        over = f"{untried} of its {len(wire.addresses)} addresses were not tried" if untried > 0 else ""
        chain = wire.certificate.get("chain_problems", []) if target.kind in ("http", "tls") else []
        unread = UNREAD if UNREAD in chain else ""
        meaning = replace(meaning, unasked="; ".join(filter(None, (meaning.unasked, more, over, unread))))
    made = Attempt(
        tuple(wire.steps),
        replace(meaning, why=wire.clean(meaning.why)),
        wire.peer[0],
        wire.dead,
        len(wire.dialled.live),
        tuple(wire.dialled.unused.items()) if wire.dialled.live else (),
        layer,
    )
    return made, wire.location


def _tried(wire: Wire) -> Meaning:
    """Down to the wire, then what is asked in the protocol, and what its answer means."""
    target = wire.target
    host, port = wire.proxy or (target.host, target.port)
    wire.connect(wire.resolve(host), port)
    if target.secure or target.kind == "tls":
        if wire.proxy:
            wire.tunnel()
        wire.handshake()
    elif target.kind == "redis" and target.tls == ALWAYS:
        wire.encrypt()
    certified = of_certificate(wire.certificate, target, wire.near)
    if target.kind == "tcp":
        wire.stay()
    if target.kind == "tls":
        wire.listen()
    if target.kind in ("tcp", "tls"):
        return certified
    said = _ASK[target.kind](wire)
    answered = slower(said, wire.took - wire.waited_for_name, target.slow, whose_fault(target, wire.near))
    certified = of_certificate(wire.certificate, target, wire.near)
    return certified if answered.state == UP and certified.state != UP else answered
