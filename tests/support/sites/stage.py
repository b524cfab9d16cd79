"""Plays sites by their seeds and prints who was wronged.

python -m support.sites.stage 1 24                    the healthy and the broken sites of these seeds
python -m support.sites.stage 7 7 broken -v           one site again, with what the playbooks printed
PAFAR_SITES=6 python -m support.sites.stage 1 200     so many servers at once
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Sequence

from support.sites.description import Site, broken, healthy
from support.sites.places import Place, batches, places
from support.sites.playing import PLAYBOOKS, Judged, play

AT_ONCE = int(os.environ.get("PAFAR_SITES", "6"))
ATTEMPTS = 3


def play_all(found: Sequence[Place], sites: Sequence[Site], show: Callable[[Judged], None]) -> list[Judged]:
    """Every site, those that fell again; the playbooks in another order from batch to batch."""
    judged: list[Judged] = []
    waiting, attempts = list(sites), 0
    while waiting:
        attempts += 1
        again = []
        for number, batch in enumerate(batches(found, waiting)):
            order = [PLAYBOOKS[(number + place) % len(PLAYBOOKS)] for place in range(len(PLAYBOOKS))]
            for result in play(batch, order):
                if result.lost and attempts < ATTEMPTS:
                    again.append(result.site)
                else:
                    judged.append(result)
                show(result)
        waiting = again
    return judged


def report(result: Judged) -> str:
    """The site, and what was wrong in the order in which it was found."""
    verdict = "FELL " if result.lost else "WRONG" if result.wrong else "right"
    kind = "broken" if result.site.fault else "healthy"
    replay = f"replay: python -m support.sites.stage {result.site.seed} {result.site.seed} {kind} -v"
    texts = [*result.lost, *result.wrong]
    return "\n      ".join([f"{verdict} {result.site.title}", *texts, *([replay] if result.wrong else [])])


def main() -> int:
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # the servers are taken down
    words = [word for word in sys.argv[1:] if word != "-v"]
    first, last = int(words[0]), int(words[1])
    kinds = words[2:] or ["healthy", "broken"]
    makers = {"healthy": healthy, "broken": broken}
    sites = [makers[kind](seed) for kind in kinds for seed in range(first, last + 1)]
    began = time.monotonic()

    def show(result: Judged) -> None:
        print(report(result), flush=True)
        if "-v" in sys.argv:
            for name, text in result.kept.items():
                print(f"--- {name}\n{text}", flush=True)

    with places(min(AT_ONCE, max(2, len(sites)))) as found:
        print(f"servers after {time.monotonic() - began:.0f} s", flush=True)
        judged = play_all(found, sites, show)
    bad = sum(bool(result.wrong or result.lost) for result in judged)
    print(f"{bad} of {len(judged)} wrong, {time.monotonic() - began:.0f} s")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
