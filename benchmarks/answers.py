"""How long agents and editors wait after one changed file, and how long the answers are.

``python -m benchmarks.answers PROJECT FILE`` changes the file as an editor does, unsaved, and
prints the processor time until the project is judged again, and the tokens of what `mcp` answers.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from exai_audit.mcp import answers
from exai_audit.mcp.document import Document, text_of, tokens
from exai_audit.results.selection import Selection
from exai_audit.session.clock import today
from exai_audit.session.open_project import OpenProject, Request, State

_CHANGE = "\n\nasync def added_{0}():\n    import time\n\n    time.sleep({0})\n"


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.answers")
    parser.add_argument("project", type=Path)
    parser.add_argument("file", type=Path, help="a file of the project, relative to it")
    parser.add_argument("--rounds", type=int, default=9)
    asked = parser.parse_args()
    project = OpenProject(Request((asked.project,), no_cache=True), today, print)
    spent, state = _timed(project.current)
    scale = state.result.scale
    print(f"{scale.files} files, {scale.lines:,} lines, {scale.judged_lines:,} of them judged")
    print(f"first look          {spent:.2f} s of processor time")
    print(f"nothing changed     {_timed(project.current)[0]:.3f} s")
    print(f"one file changed    {_after_a_change(project, asked):.3f} s")
    for name, length in _lengths(state):
        print(f"{name:<20}{length:>6,} tokens")


def _timed(work: Callable[[], State]) -> tuple[float, State]:
    start = time.process_time()
    state = work()
    return time.process_time() - start, state


def _after_a_change(project: OpenProject, asked: argparse.Namespace) -> float:
    """Return the median time in which a change is judged, and take all changes back."""
    file = asked.project / asked.file
    text, spent = file.read_text(encoding="utf-8"), []
    for number in range(asked.rounds):
        project.set_text(file, text + _CHANGE.format(number))
        spent.append(_timed(project.current)[0])
    project.set_text(file, None)
    return median(spent)


def _lengths(state: State) -> list[tuple[str, int]]:
    page = answers.Question(Selection(), "", 50, on_the_way=False, known=False)
    found: list[tuple[str, Document]] = [
        ("audit", answers.summary(state)),
        ("findings, 50 a page", answers.findings_page(state, page)),
    ]
    if state.result.findings:
        worst = max(state.result.findings, key=lambda finding: finding.points)
        found.append(("finding, the worst", answers.finding_page(state, worst.fingerprint)))
    return [(name, tokens(text_of(document))) for name, document in found]


if __name__ == "__main__":
    main()
