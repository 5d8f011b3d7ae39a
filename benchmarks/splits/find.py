"""Find modules that their maintainers split: compare two releases of a package.

    python benchmarks/splits/find.py PACKAGE OLD NEW [--python 3.6 3.8]
        [--folder DIR] [--pythons DIR]

Prints every module of OLD whose symbols are found in three or more modules of NEW. ``cpython`` is
the standard library, of versions installed below ``--pythons``.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from releases import sources
from truth import release, split_of


def main() -> None:
    """Print the splits between two releases."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("package")
    parser.add_argument("old")
    parser.add_argument("new")
    parser.add_argument("--python", nargs=2, default=("3.7", "3.7"), help="of OLD and NEW")
    parser.add_argument("--folder", type=Path, default=Path(".releases"))
    parser.add_argument("--pythons", type=Path, default=Path.home() / ".pyenv" / "versions")
    given = parser.parse_args()
    folders = [
        sources(given.package, version, python, given.folder, given.pythons)
        for version, python in zip((given.old, given.new), given.python, strict=True)
    ]
    old, new = map(release, folders)
    for module in old:
        text = (folders[0] / module).read_text(encoding="utf-8", errors="replace")
        found = split_of(module, text, old, new)
        if found.is_real():
            print(f"{module}: {found.lines} lines, {len(found.placed)}/{found.symbols} placed")
            for target, size in found.modules().most_common(12):
                print(f"    {size:>4} {target}")


if __name__ == "__main__":
    main()
