"""Run campaigns: ``python -m benchmarks.hostile [CAMPAIGN ...] --seconds 3600 --in FOLDER ...``.

Whatever raises, or takes over five seconds of processor time, is printed with its seed; the status
is 1 if anything raised. Give one campaign, ``--seed N`` and ``--times 1`` to do a trial again.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

from benchmarks.hostile import beside, commands, ends, markup, places, servers, sources
from benchmarks.hostile.mutation import Corpus, corpus

Trial = Callable[[random.Random, Corpus], None]
CAMPAIGNS: Mapping[str, Trial] = {
    "sources": sources.sources,
    "fixers": sources.fixers,
    "splits": sources.splits,
    "beside": beside.beside,
    "documents": beside.documents,
    "memories": beside.memories,
    "commands": commands.commands,
    "writes": commands.writes,
    "histories": commands.histories,
    "sights": commands.sights,
    "markup": markup.markup,
    "agents": servers.agents,
    "editors": servers.editors,
    "visitors": servers.visitors,
    "places": places.places,
    "repositories": places.repositories,
    "kills": ends.kills,
    "crowds": ends.crowds,
}
_SLOW = 5.0
_HERE = Path(__file__).parent.parent.parent


def main() -> int:
    """Run the campaigns one after the other, and say how often each was tried."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    # Where none is given argparse looks for the empty list among the choices.
    parser.add_argument("campaigns", nargs="*", choices=[[], *CAMPAIGNS], default=[])
    parser.add_argument("--in", dest="folders", nargs="+", type=Path, default=[_HERE / "fixtures"])
    parser.add_argument("--seconds", type=float, default=60.0, help="for each campaign")
    parser.add_argument("--times", type=int, default=sys.maxsize, help="of each campaign")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    material = corpus(asked.folders)
    has_failed = False
    for name in asked.campaigns or CAMPAIGNS:
        counts = campaign(name, material, asked.seed, asked.seconds, asked.times)
        has_failed = has_failed or bool(counts["raised"])
        print(name, *(f"{number:,} {what}" for what, number in counts.items()), flush=True)
    return 1 if has_failed else 0


def campaign(
    name: str, material: Corpus, seed: int, seconds: float, times: int
) -> Mapping[str, int]:
    """Do a trial again and again, and return how often it was done, raised and was slow."""
    counts: Counter[str] = Counter(done=0, raised=0, slow=0)
    end = time.monotonic() + seconds
    while counts["done"] < times and time.monotonic() < end:
        start = time.process_time()
        trouble = trouble_of(CAMPAIGNS[name], random.Random(seed), material)
        counts["done"] += 1
        if time.process_time() - start > _SLOW:
            counts["slow"] += 1
            print(f"{name} --seed {seed}: slow", flush=True)
        if trouble:
            counts["raised"] += 1
            print(f"{name} --seed {seed}:\n{trouble}", flush=True)
        seed += 1
    return counts


def trouble_of(trial: Trial, dice: random.Random, material: Corpus) -> str:
    """Return what a trial raised, empty where it went well."""
    try:
        trial(dice, material)
    except Exception:  # whatever it is, it was not promised
        return traceback.format_exc(limit=-6)
    return ""


if __name__ == "__main__":
    sys.exit(main())
