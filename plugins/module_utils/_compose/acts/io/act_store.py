# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Records of acts, kept by the engine beside what they are about. I/O.

A record is the label of a network that is configuration only: it has no interface and no addresses, needs no image, and
no prune removes it. Whoever can act on the containers of an engine finds it there, as any user and from any host.
"""

from __future__ import annotations

import uuid
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any, Callable, Collection

from ...._core.errors import EngineError
from ...._core.times import moment
from ...._system.identity import RUNS, UNKNOWN
from ...._system.io import identity
from ...io.engine_transport import Transport
from ...lock.engine_lock import state_by_claims
from ...lock.io.engine_lock import living
from ..wish import RESTART, ActRecord, Unfinished, record_from

LABEL = "pafar.runbook.act"
_RECORD = f"{LABEL}.record"


class ActStore:
    """The records of one project."""

    def __init__(self, engine: Transport, project: str) -> None:
        self.engine, self.project = engine, project

    def unfinished(self) -> list[Unfinished]:
        """Every act whose record is there. Empty, too, where the engine keeps them from this user."""
        networks: list[dict[str, Any]] = []
        with suppress(EngineError), self.engine.call("read the acts of"):
            networks = self.engine.api.networks(filters={"label": f"{LABEL}={self.project}"})
        records = [
            record_from(
                str((network.get("Labels") or {}).get(_RECORD) or ""),
                str(network["Id"]),
                moment(network.get("Created")),
            )
            for network in networks
        ]
        return [Unfinished(record, self._state(record)) for record in records if record is not None]

    def _state(self, record: ActRecord) -> str:
        """Of the process of an act; of one on another host the lock of the project says it."""
        state = identity.state(record.owner)
        with suppress(EngineError):
            return state_by_claims(record.owner, living(self.engine, self.project)) if state == UNKNOWN else state
        return UNKNOWN

    def put(self, record: ActRecord) -> ActRecord:
        """Keep a record in place of what it was before; it is never missing in between."""
        name = f"{LABEL}.{self.project}.{uuid.uuid4().hex[:12]}"
        labels = {LABEL: self.project, _RECORD: record.as_text()}
        api = self.engine.api
        with self.engine.call("record the act on", f"the project {self.project}"):
            answer = api.post(
                f"{api.base_url}/v{api.api_version}/networks/create",
                json={"Name": name, "ConfigOnly": True, "Labels": labels},
                timeout=api.timeout,
            )
            if answer.status_code != 201:
                raise EngineError(f"The engine refused to record the act: {answer.text[:200]}.")
            kept = replace(record, id=str(answer.json()["Id"]))
        self.remove(record.id)
        return kept

    def remove(self, id: str) -> None:
        """Remove a record; one that cannot be removed is put right by the next act."""
        if id:
            with suppress(EngineError), self.engine.call("remove", "the record of an act"):
                self.engine.api.remove_network(id)


class OpenRecord:
    """The record of the act of this run."""

    def __init__(self, store: ActStore, record: ActRecord) -> None:
        self.store, self.record = store, record

    def begin(self, still_open: Callable[[ActRecord], Collection[str]]) -> None:
        """Keep it, and only then drop older wishes for the same services, and those that were reached. ``still_open``:
        the services on which an older act has not reached what it wanted."""
        older = self.store.unfinished()
        self.record = self.store.put(replace(self.record, seen=_now(self.record)))
        for record, run in ((unfinished.record, unfinished.run) for unfinished in older):
            # A restart says nothing of how many there are to be, or of their image.
            own = [] if self.record.module == RESTART != record.module else list(self.record.wishes)
            reached = set(record.wishes) - set(still_open(record)) if run != RUNS else set()
            rest = record.without([*own, *reached])
            if not rest.wishes:
                self.store.remove(record.id)
            elif rest.wishes != record.wishes:
                self.store.put(rest)

    def step(self) -> None:
        """Before each step: what is made or stopped until a minute from now is this act's."""
        with suppress(EngineError):
            self.record = self.store.put(replace(self.record, seen=_now(self.record)))

    def end(self) -> None:
        self.store.remove(self.record.id)


def _now(record: ActRecord) -> datetime:
    """By the clock of the engine, as far as the record knows it."""
    return datetime.now(timezone.utc) + record.ahead
