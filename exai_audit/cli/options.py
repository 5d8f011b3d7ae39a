"""The options of the commands: their types, names and help, by panel of ``scan --help``."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated, Any

import typer

from exai_audit.cli.completing import color_choices, format_names, rule_names
from exai_audit.finding import Confidence, Scope, Severity
from exai_audit.report import FORMATS
from exai_audit.results.tables import By

_CHOICE, _OUTPUT, _GATE, _RUN = "Choice", "Output", "Gate", "Running"
REPEATED = (_CHOICE, _GATE)
"""The panels of the options that decide what an audit says."""
_LEVELS = "|".join(severity.value for severity in Severity)
_SURE = "|".join(confidence.value for confidence in Confidence)


def _option(
    panel: str,
    metavar: str | None,
    text: str,
    *names: str,
    least: int | None = None,
    completing: Callable[..., Any] | None = None,
) -> Any:  # noqa: ANN401 - as typer's own
    """Return an option; without a metavar it is a flag, which takes no value."""
    return typer.Option(
        *names,
        metavar=metavar or " ",
        help=text,
        min=least,
        rich_help_panel=panel,
        autocompletion=completing,
        show_default=False,
    )


def formats_of(names: Iterable[str]) -> Any:  # noqa: ANN401 - as typer's own
    """Return the option that chooses among the formats of a command."""
    text = f"One of {', '.join(names)}; with =FILE into a file, and then several times."
    return typer.Option("--format", "-f", metavar="FORMAT[=FILE]", help=text)


Paths = Annotated[
    list[Path] | None,
    typer.Argument(metavar="PATHS", help="Files or folders. Default: the working folder."),
]

Select = Annotated[
    list[str] | None,
    _option(
        _CHOICE,
        "RULES",
        "Run only these rules: a code, the beginning of codes, or a name, such as "
        "EXA205, EXA2 or missing-timeout; several with commas. Default: all.",
        "--select",
        completing=rule_names,
    ),
]
Ignore = Annotated[
    list[str] | None,
    _option(_CHOICE, "RULES", "Leave these rules out.", "--ignore", completing=rule_names),
]
ExtendSelect = Annotated[
    list[str] | None,
    _option(
        _CHOICE,
        "RULES",
        "Run these rules besides those that the settings choose.",
        "--extend-select",
        completing=rule_names,
    ),
]
MinConfidence = Annotated[
    Confidence | None,
    _option(
        _CHOICE,
        _SURE,
        "Findings less sure than this are shown, but neither lower the score nor fail a "
        "gate. Default: medium.",
        "--min-confidence",
    ),
]
Watch = Annotated[
    bool,
    typer.Option(
        "--watch",
        help="Audit again after each change, and print what is new and what is fixed.",
        rich_help_panel=_RUN,
    ),
]
Only = Annotated[
    list[str] | None,
    _option(
        _CHOICE,
        "FINGERPRINT",
        "Look for this finding alone: exit status 1 while it is still there.",
        "--only",
    ),
]
ShowOnly = Annotated[
    list[str] | None,
    _option(
        _CHOICE,
        "FILES",
        "Judge the whole project, but show and gate only these files, as a commit hook does.",
        "--show-only",
    ),
]
Exclude = Annotated[
    list[str] | None,
    _option(
        _CHOICE,
        "PATTERN",
        "Leave these files or folders out, instead of the default ones (.venv, build, "
        "node_modules and the like).",
        "--exclude",
    ),
]
ExtendExclude = Annotated[
    list[str] | None,
    _option(_CHOICE, "PATTERN", "Leave these files or folders out, too.", "--extend-exclude"),
]
ForceExclude = Annotated[
    bool,
    _option(
        _CHOICE,
        None,
        "Leave out what is excluded even where it is named on the command line.",
        "--force-exclude",
    ),
]
NoRespectGitignore = Annotated[
    bool, _option(_CHOICE, None, "Read the files that git ignores, too.", "--no-respect-gitignore")
]
Scopes = Annotated[
    list[Scope] | None,
    _option(
        _CHOICE,
        "SCOPE",
        "Which code to judge: production, scripts, tests or examples. Default: "
        "production and scripts.",
        "--scope",
    ),
]
Config = Annotated[
    Path | None,
    _option(
        _CHOICE,
        "FILE",
        "Judge everything by this settings file. Default: each file by the nearest one above it.",
        "--config",
    ),
]
Isolated = Annotated[bool, _option(_CHOICE, None, "Read no settings file.", "--isolated")]
Formats = Annotated[
    list[str] | None,
    _option(
        _OUTPUT,
        "FORMAT[=FILE]",
        "How to report; with =FILE into a file, and then several times. Default: terminal. "
        f"One of {', '.join(FORMATS)}.",
        "--format",
        "-f",
        completing=format_names,
    ),
]
Output = Annotated[
    Path | None,
    _option(_OUTPUT, "FILE", "Write the report here instead of printing it.", "--output", "-o"),
]
Color = Annotated[
    str,
    _option(
        _OUTPUT,
        "WHEN",
        "Colour: auto, always or never. Default: auto, only on a terminal.",
        "--color",
        completing=color_choices,
    ),
]
Ascii = Annotated[bool, _option(_OUTPUT, None, "Draw with ASCII characters only.", "--ascii")]
Top = Annotated[
    int | None,
    _option(
        _OUTPUT,
        "NUMBER",
        "How many bottlenecks to show in full, 0 for all; default: 10. In formats that "
        "list findings: how many, the costliest; default: all.",
        "--top",
        least=0,
    ),
]
OfRules = Annotated[
    list[str] | None,
    _option(
        _CHOICE,
        "RULES",
        "Show these rules: codes, prefixes or names.",
        "--select",
        completing=rule_names,
    ),
]
OfPaths = Annotated[
    list[str] | None,
    _option(_CHOICE, "PATTERN", "Show what lies in these files or folders.", "--path"),
]
OfSeverity = Annotated[
    Severity | None, _option(_CHOICE, _LEVELS, "Show this severity and graver ones.", "--severity")
]
MinPoints = Annotated[
    float | None,
    _option(_CHOICE, "POINTS", "Show what costs at least so many points.", "--min-points"),
]
OfFingerprints = Annotated[
    list[str] | None,
    _option(_CHOICE, "FINGERPRINT", "Show the findings of these fingerprints.", "--fingerprint"),
]
MaxSize = Annotated[
    int | None,
    _option(
        _OUTPUT,
        "BYTES",
        "At most so many bytes of markdown: what costs most stays. A comment on GitHub "
        "takes 65536.",
        "--max-size",
        least=2000,
    ),
]
Quiet = Annotated[
    bool,
    _option(
        _OUTPUT,
        None,
        "Print one line: the score, the number of findings, what the gates say.",
        "--quiet",
        "-q",
    ),
]
Verbose = Annotated[
    bool,
    _option(
        _OUTPUT, None, "Say which settings, root, rules and cache are in force.", "--verbose", "-v"
    ),
]
Statistics = Annotated[
    bool, _option(_OUTPUT, None, "Print only how many findings each rule has.", "--statistics")
]
ShowSuppressed = Annotated[
    bool, _option(_OUTPUT, None, "List suppressed findings in SARIF, too.", "--show-suppressed")
]
ShowFiles = Annotated[
    bool,
    _option(
        _OUTPUT, None, "List the files that are read, and why others are left out.", "--show-files"
    ),
]
Facts = Annotated[
    bool,
    _option(
        _OUTPUT,
        None,
        "Add the facts behind the findings to the JSON report: every limit, cache, pool "
        "and bridge.",
        "--facts",
    ),
]
Fixes = Annotated[
    bool,
    typer.Option(
        "--fixes",
        help="Say in JSON, SARIF and HTML how each finding is repaired, or why not.",
        rich_help_panel=_OUTPUT,
    ),
]
ExplainScore = Annotated[
    bool,
    _option(
        _OUTPUT,
        None,
        "Print how the score adds up: the sums, then what each finding costs.",
        "--explain-score",
    ),
]
ByPart = Annotated[
    By | None,
    _option(
        _OUTPUT,
        "package|folder|owner",
        "Add a score for each package, top folder or owner (of CODEOWNERS).",
        "--by",
    ),
]
FailUnder = Annotated[
    str | None,
    _option(
        _GATE, "SCORE", "Fail below this score, such as 80, or grade, such as B.", "--fail-under"
    ),
]
FailOn = Annotated[
    Severity | None,
    _option(_GATE, _LEVELS, "Fail on a finding of this severity or a graver one.", "--fail-on"),
]
Baseline = Annotated[
    Path | None,
    _option(
        _GATE,
        "FILE",
        "Accept the findings in this file, as `exai-audit baseline` writes it: gates "
        "judge only others.",
        "--baseline",
    ),
]
NoBaseline = Annotated[
    bool, _option(_GATE, None, "Use no baseline, though the settings name one.", "--no-baseline")
]
FailOnNew = Annotated[
    bool,
    _option(
        _GATE,
        None,
        "Fail on any finding that the baseline, or the revision of --since, does not have.",
        "--fail-on-new",
    ),
]
MaxDrop = Annotated[
    float | None,
    _option(
        _GATE,
        "POINTS",
        "Fail when the score is so many points below that of the baseline.",
        "--max-drop",
    ),
]
Since = Annotated[
    str | None,
    _option(
        _GATE,
        "REVISION",
        "Show only what the changes since this branch or commit answer for, and the "
        "score before and after.",
        "--since",
    ),
]
ExitZero = Annotated[
    bool, _option(_GATE, None, "End with exit status 0 even if a gate fails.", "--exit-zero")
]
Jobs = Annotated[
    str,
    _option(_RUN, "NUMBER", "How many processes. Default: auto, one for each processor.", "--jobs"),
]
NoCache = Annotated[
    bool, _option(_RUN, None, "Neither read nor write the cache of facts.", "--no-cache")
]
StdinFilename = Annotated[
    Path | None,
    _option(
        _RUN,
        "NAME",
        "With - as the path: judge standard input as the content of this file, as editors do.",
        "--stdin-filename",
    ),
]
CacheDir = Annotated[
    Path | None,
    _option(
        _RUN,
        "FOLDER",
        "Where the cache is kept. Default: .exai-audit-cache at the root.",
        "--cache-dir",
    ),
]
