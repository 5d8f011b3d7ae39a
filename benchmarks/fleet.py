"""How a survey scales: one worker and two, processes and Dask, and the least a repository costs.

    python benchmarks/fleet.py FOLDER     # each folder in it is a repository

Prints a table: seconds, and the largest result. What a repository costs besides its audit is
measured on a hundred of one short file.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

_SMALL = 100


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    asked = parser.parse_args()
    large = [str(one) for one in sorted(asked.folder.iterdir()) if one.is_dir()]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        small = [str(_repository(folder / "small" / f"r{number}")) for number in range(_SMALL)]
        print("| repositories | run by | jobs | seconds | results, MB |")
        print("| --- | --- | ---: | ---: | ---: |")
        for what, places in ((f"{len(large)} given", large), (f"{_SMALL} of one file", small)):
            for dask in (False, True):
                for jobs in (1, 2):
                    seconds, size = _survey(folder, places, jobs, dask=dask)
                    by = "Dask" if dask else "processes"
                    print(f"| {what} | {by} | {jobs} | {seconds:.1f} | {size:.1f} |", flush=True)


def _repository(folder: Path) -> Path:
    folder.mkdir(parents=True)
    (folder / "app.py").write_text("import time\n\n\nasync def wait():\n    time.sleep(1)\n")
    return folder


def _survey(folder: Path, places: list[str], jobs: int, *, dask: bool) -> tuple[float, float]:
    manifest, into = folder / "fleet.txt", folder / "into"
    manifest.write_text("\n".join(places))
    command = [sys.executable, "-m", "exai_audit", "survey", str(manifest), "--no-cache"]
    command += ["--into", str(into), "--jobs", str(jobs), "-f", "csv"]
    command += ["--dask", "local"] if dask else []
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    seconds = time.perf_counter() - start
    return seconds, sum(file.stat().st_size for file in into.glob("*.json")) / 1e6


if __name__ == "__main__":
    main()
