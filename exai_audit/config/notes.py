"""What each setting is for, in one sentence."""

from __future__ import annotations

NOTES: dict[str, str] = {
    "select": "rules that run: codes or prefixes",
    "ignore": "rules that do not run; the longer prefix decides",
    "extend-select": "rules that run besides `select`",
    "exclude": "what is left out below the paths given; replaces this list",
    "extend-exclude": "what is left out besides `exclude`",
    "force-exclude": "leave excluded files out even where they are named, as hooks do",
    "respect-gitignore": "leave out what git ignores",
    "scope": "what is judged: production, scripts (one step lower), tests, examples",
    "generated": "files to treat as generated: counted, not judged",
    "max-file-size": "bytes; larger files are left out",
    "knowledge": "your own knowledge files, beside this one",
    "bridge-functions": "your own functions that run a coroutine and wait for it",
    "cache-layers": "words that sort a cache into a layer",
    "timeout-categories": "words that sort a limit into a category",
    "namespace-packages": "folders that are packages without an `__init__.py`",
    "per-file-ignores": "rules that do not count in some files",
    "min-confidence": "findings less sure than this neither gate nor weigh",
    "category-points": "how the score's 100 points are shared",
    "fail-under": "fail below this score or grade",
    "fail-on": "fail on any finding of this severity or above",
    "baseline": "findings to accept, as `exai-audit baseline` writes them",
    "fail-on-new": "fail on any finding that the baseline lacks",
    "max-drop": "points that the score may lose against the baseline",
    "alerts": 'what `trend` is to say, such as "drop > 2 in 7d" or "new critical"',
}
"""By settings key, in the order of the keys."""
