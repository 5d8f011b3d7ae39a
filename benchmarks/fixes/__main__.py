"""``python -m benchmarks.fixes SDISTS --python PYTHON [PACKAGE]…``: the suites, and a table."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from benchmarks.fixes.suites import compare, packages, table


def main() -> None:
    """Run the benchmark and print its table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sdists", type=Path, help="folder of the unpacked source distributions")
    parser.add_argument("packages", nargs="*", help="which; all when none is named")
    parser.add_argument("--python", default=sys.executable, help="has what the tests need")
    parser.add_argument("--work", type=Path, default=Path("fixed-packages"))
    parser.add_argument("--unsafe", action="store_true", help="make unsafe fixes, too")
    given = parser.parse_intermixed_args()
    outcomes = []
    for package in packages():
        if not given.packages or package.name in given.packages:
            options = ["--unsafe"] if given.unsafe else []
            one = compare(package, given.sdists, given.work.absolute(), given.python, options)
            print(f"{package.name}: {one.said}", file=sys.stderr)
            for test in one.newly_failed:
                print(f"  newly failed: {test}", file=sys.stderr)
            for module in one.unimportable:
                print(f"  cannot be imported any more: {module}", file=sys.stderr)
            if one.undefined:
                print(f"  undefined names: {one.undefined:+}", file=sys.stderr)
            outcomes.append(one)
    print(table(outcomes), end="")


main()
