"""The options of the commands: their types, names and help, by panel of ``scan --help``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from exai_audit.finding import Confidence, Scope, Severity
from exai_audit.report import FORMATS
from exai_audit.results.result import By

_CHOICE, _OUTPUT, _GATE, _RUN = "Choice", "Output", "Gate", "Running"
REPEATED = (_CHOICE, _GATE)
"""The panels of the options that decide what an audit says."""

Paths = Annotated[list[Path] | None, typer.Argument(help="Files or folders.")]

Select = Annotated[
    list[str] | None,
    typer.Option(
        help="Rules to run, by code, prefix or name: EXA205, EXA2, missing-timeout. Default: all.",
        rich_help_panel=_CHOICE,
    ),
]
Ignore = Annotated[
    list[str] | None,
    typer.Option(help="Rules to leave out, named as for --select.", rich_help_panel=_CHOICE),
]
ExtendSelect = Annotated[
    list[str] | None,
    typer.Option(help="Rules to add to those of the settings.", rich_help_panel=_CHOICE),
]
MinConfidence = Annotated[
    Confidence | None,
    typer.Option(
        help="Least confidence that gates and weighs: low, medium (default), high.",
        rich_help_panel=_CHOICE,
    ),
]
Only = Annotated[
    list[str] | None,
    typer.Option(
        metavar="FINGERPRINT",
        help="Look for this finding alone: exit status 1 while it is still there.",
        rich_help_panel=_CHOICE,
    ),
]
ShowOnly = Annotated[
    list[str] | None,
    typer.Option(
        help="FILE… Judge the whole project, show and gate only these files.",
        rich_help_panel=_CHOICE,
    ),
]
Exclude = Annotated[
    list[str] | None,
    typer.Option(
        help="Path patterns to leave out, instead of the default ones.", rich_help_panel=_CHOICE
    ),
]
ExtendExclude = Annotated[
    list[str] | None,
    typer.Option(
        help="Path patterns to leave out, too.",
        rich_help_panel=_CHOICE,
    ),
]
ForceExclude = Annotated[
    bool,
    typer.Option(help="Leave out excluded paths even if they are named.", rich_help_panel=_CHOICE),
]
NoRespectGitignore = Annotated[
    bool,
    typer.Option(
        "--no-respect-gitignore",
        help="Read files that .gitignore leaves out.",
        rich_help_panel=_CHOICE,
    ),
]
Scopes = Annotated[
    list[Scope] | None,
    typer.Option(help="Which code to judge; default: production.", rich_help_panel=_CHOICE),
]
Config = Annotated[
    Path | None,
    typer.Option(
        help="Settings file; default: pyproject.toml or exai-audit.toml above.",
        rich_help_panel=_CHOICE,
    ),
]
Isolated = Annotated[
    bool,
    typer.Option(help="Use no settings file, only defaults and options.", rich_help_panel=_CHOICE),
]

Formats = Annotated[
    list[str] | None,
    typer.Option(
        "--format",
        "-f",
        help=f"{', '.join(FORMATS)}; FORMAT=FILE writes a file.",
        rich_help_panel=_OUTPUT,
    ),
]
Output = Annotated[
    Path | None,
    typer.Option("--output", "-o", help="Write the report here.", rich_help_panel=_OUTPUT),
]
Color = Annotated[
    str,
    typer.Option(
        help="auto, always or never.",
        rich_help_panel=_OUTPUT,
    ),
]
Ascii = Annotated[
    bool,
    typer.Option(
        "--ascii",
        help="No Unicode drawing.",
        rich_help_panel=_OUTPUT,
    ),
]
Top = Annotated[
    int | None,
    typer.Option(
        min=0,
        help="How many bottlenecks to show in full, 0 for all; default: 10. In formats that list "
        "findings: how many, the costliest; default: all.",
        rich_help_panel=_OUTPUT,
    ),
]
OfRules = Annotated[
    list[str] | None,
    typer.Option(
        "--select",
        help="Show these rules: codes, prefixes or names.",
        rich_help_panel=_CHOICE,
    ),
]
OfPaths = Annotated[
    list[str] | None,
    typer.Option(
        "--path",
        help="Show what lies in these files or folders, or patterns.",
        rich_help_panel=_CHOICE,
    ),
]
OfSeverity = Annotated[
    Severity | None,
    typer.Option("--severity", help="Show this severity and graver ones.", rich_help_panel=_CHOICE),
]
MinPoints = Annotated[
    float | None,
    typer.Option(
        "--min-points", help="Show what costs at least so many points.", rich_help_panel=_CHOICE
    ),
]
OfFingerprints = Annotated[
    list[str] | None,
    typer.Option(
        "--fingerprint", help="Show the findings of these fingerprints.", rich_help_panel=_CHOICE
    ),
]
MaxSize = Annotated[
    int | None,
    typer.Option(
        min=2000, help="At most so many bytes of markdown (GitHub: 65536).", rich_help_panel=_OUTPUT
    ),
]
Quiet = Annotated[
    bool,
    typer.Option(
        "--quiet", "-q", help="Print one line: score, findings, gates.", rich_help_panel=_OUTPUT
    ),
]
Verbose = Annotated[
    bool,
    typer.Option(
        "--verbose",
        "-v",
        help="Say which settings, root, rules and cache are in force.",
        rich_help_panel=_OUTPUT,
    ),
]
Statistics = Annotated[
    bool,
    typer.Option(
        "--statistics", help="Print only how many findings each rule has.", rich_help_panel=_OUTPUT
    ),
]
ShowSuppressed = Annotated[
    bool,
    typer.Option(
        "--show-suppressed",
        help="Put suppressed findings into SARIF, too.",
        rich_help_panel=_OUTPUT,
    ),
]
ShowFiles = Annotated[
    bool,
    typer.Option(
        help="List the files, and why others are left out.",
        rich_help_panel=_OUTPUT,
    ),
]
Facts = Annotated[
    bool,
    typer.Option(
        help="Add the facts behind the findings to the JSON report.", rich_help_panel=_OUTPUT
    ),
]
ExplainScore = Annotated[
    bool,
    typer.Option(
        help="Print what every finding costs the score, adding up.", rich_help_panel=_OUTPUT
    ),
]

ByPart = Annotated[
    By | None,
    typer.Option(
        "--by",
        help="Show a score for each package, each top folder or each owner (CODEOWNERS).",
        rich_help_panel=_OUTPUT,
    ),
]

FailUnder = Annotated[
    str | None,
    typer.Option(
        help="Fail below this score (80) or grade (B).",
        rich_help_panel=_GATE,
    ),
]
FailOn = Annotated[
    Severity | None,
    typer.Option(help="Fail on a finding of this severity or a graver one.", rich_help_panel=_GATE),
]
Baseline = Annotated[
    Path | None,
    typer.Option(help="Gate only findings that this baseline file lacks.", rich_help_panel=_GATE),
]
NoBaseline = Annotated[
    bool,
    typer.Option(
        "--no-baseline",
        help="Use no baseline, though the settings name one.",
        rich_help_panel=_GATE,
    ),
]
FailOnNew = Annotated[
    bool,
    typer.Option(
        "--fail-on-new",
        help="Fail on any finding that the baseline or --since REV lacks.",
        rich_help_panel=_GATE,
    ),
]
MaxDrop = Annotated[
    float | None,
    typer.Option(
        help="Fail when the score lost more points than this since the baseline.",
        rich_help_panel=_GATE,
    ),
]
Since = Annotated[
    str | None,
    typer.Option(
        help="REV: show only what changed since this revision answers for.", rich_help_panel=_GATE
    ),
]
ExitZero = Annotated[
    bool,
    typer.Option(
        help="Exit with 0 even if a gate fails.",
        rich_help_panel=_GATE,
    ),
]

Jobs = Annotated[
    str,
    typer.Option(help="How many processes; auto: one for each processor.", rich_help_panel=_RUN),
]
NoCache = Annotated[
    bool,
    typer.Option(
        "--no-cache", help="Neither read nor write the cache of facts.", rich_help_panel=_RUN
    ),
]
StdinFilename = Annotated[
    Path | None,
    typer.Option(
        help="NAME -: judge standard input as the content of this file.", rich_help_panel=_RUN
    ),
]
CacheDir = Annotated[
    Path | None,
    typer.Option(
        help="Folder of the cache; default: .exai-audit-cache at the root.", rich_help_panel=_RUN
    ),
]
