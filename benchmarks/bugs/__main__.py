"""``python -m benchmarks.bugs CASES``: run everything over the cases, print the table."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import exai_audit
from benchmarks.bugs.cases import Case, CasesError, read_cases
from benchmarks.bugs.table import OURS, UNSURE, Outcome, judged, table
from benchmarks.bugs.tools import PEERS, Said, of_peer, ours, version_of

_Saying = Mapping[str, Sequence[Said]]
"""What one tool says, by ``ID/before`` and ``ID/after``."""


def main() -> int:
    """Run what the arguments ask for; 2 when the folder holds no cases."""
    options = _options()
    try:
        cases = read_cases(options.cases)
    except CasesError as error:
        print(error, file=sys.stderr)
        return 2
    programs = {} if options.alone else _programs(tuple(options.tools))
    with tempfile.TemporaryDirectory(prefix="bugs-") as scratch:
        _lay_out(cases, Path(scratch))
        peers = {
            peer.name: of_peer(peer, programs[peer.name], Path(scratch))
            for peer in PEERS
            if peer.name in programs
        }
        outcomes = [_outcome(case, Path(scratch), peers) for case in cases]
    if options.show:
        print("\n".join(_shown(outcome) for outcome in outcomes))
    print(_versions(programs))
    print("\n".join(table(outcomes, list(peers))))
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bugs")
    parser.add_argument("cases", type=Path, help="the folder of cases")
    parser.add_argument("--tools", nargs="*", default=[], help="folders with other tools' programs")
    parser.add_argument("--alone", action="store_true", help="without the other tools")
    parser.add_argument("--show", action="store_true", help="print who caught each case")
    return parser.parse_args()


def _programs(folders: tuple[str, ...]) -> dict[str, str]:
    found = ((peer.name, peer.program(folders)) for peer in PEERS)
    return {name: program for name, program in found if program is not None}


def _versions(programs: dict[str, str]) -> str:
    others = (f"{p.name} {version_of(p, programs[p.name])}" for p in PEERS if p.name in programs)
    return ", ".join([f"exai-audit {exai_audit.__version__}", *others])


def _lay_out(cases: Sequence[Case], scratch: Path) -> None:
    """Copy the cases out of any repository and its settings."""
    for case in cases:
        if case.in_scope:
            shutil.copytree(case.before, scratch / case.name / "before")
            after = scratch / case.name / "after"
            if case.after.is_dir():
                shutil.copytree(case.after, after)
            else:
                after.mkdir()


def _outcome(case: Case, scratch: Path, peers: Mapping[str, _Saying]) -> Outcome:
    if not case.in_scope:
        return Outcome(case, frozenset())
    before, after = f"{case.name}/before", f"{case.name}/after"
    others = {name: (said.get(before, ()), said.get(after, ())) for name, said in peers.items()}
    return judged(case, (ours(scratch / before), ours(scratch / after)), others)


def _shown(outcome: Outcome) -> str:
    case = outcome.case
    who: Sequence[str] = sorted(outcome.caught)
    if OURS in outcome.caught:
        who = [name for name in who if name != UNSURE]
    said = ", ".join(who) or ("nobody" if case.in_scope else "out of scope")
    return f"{case.name}: {said}{', still after the fix' if outcome.alarm else ''}"


if __name__ == "__main__":
    sys.exit(main())
