"""The options of the commands: their types, names and help, by panel of ``scan --help``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from exai_audit.finding import Confidence, Scope, Severity
from exai_audit.report import FORMATS

_CHOICE, _OUTPUT, _GATE, _RUN = "Choice", "Output", "Gate", "Running"
REPEATED = (_CHOICE, _GATE)
"""The panels of the options that decide what an audit says."""

Paths = Annotated[list[Path] | None, typer.Argument(help="Files or folders.")]

Select = Annotated[
    list[str] | None,
    typer.Option(help="Rules to run: codes or prefixes.", rich_help_panel=_CHOICE),
]
Ignore = Annotated[
    list[str] | None, typer.Option(help="Rules to leave out.", rich_help_panel=_CHOICE)
]
ExtendSelect = Annotated[
    list[str] | None, typer.Option(help="Rules to add.", rich_help_panel=_CHOICE)
]
MinConfidence = Annotated[
    Confidence | None, typer.Option(help="What gates and weighs.", rich_help_panel=_CHOICE)
]
ShowOnly = Annotated[
    list[str] | None,
    typer.Option(help="FILE… Judge all, show and gate these.", rich_help_panel=_CHOICE),
]
Exclude = Annotated[
    list[str] | None, typer.Option(help="Replace the excludes.", rich_help_panel=_CHOICE)
]
ExtendExclude = Annotated[
    list[str] | None, typer.Option(help="Add to the excludes.", rich_help_panel=_CHOICE)
]
ForceExclude = Annotated[
    bool, typer.Option(help="Exclude named paths too.", rich_help_panel=_CHOICE)
]
NoRespectGitignore = Annotated[
    bool,
    typer.Option("--no-respect-gitignore", help="Read ignored files.", rich_help_panel=_CHOICE),
]
Scopes = Annotated[list[Scope] | None, typer.Option(help="What to judge.", rich_help_panel=_CHOICE)]
Config = Annotated[Path | None, typer.Option(help="Settings file.", rich_help_panel=_CHOICE)]
Isolated = Annotated[bool, typer.Option(help="Ignore settings files.", rich_help_panel=_CHOICE)]

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
Color = Annotated[str, typer.Option(help="auto, always or never.", rich_help_panel=_OUTPUT)]
Ascii = Annotated[
    bool, typer.Option("--ascii", help="No Unicode drawing.", rich_help_panel=_OUTPUT)
]
Top = Annotated[
    int, typer.Option(min=0, help="Bottlenecks to show, 0 for all.", rich_help_panel=_OUTPUT)
]
MaxSize = Annotated[
    int | None, typer.Option(min=2000, help="Bytes of markdown at most.", rich_help_panel=_OUTPUT)
]
Quiet = Annotated[
    bool, typer.Option("--quiet", "-q", help="Only the verdict.", rich_help_panel=_OUTPUT)
]
Verbose = Annotated[
    bool, typer.Option("--verbose", "-v", help="Say what is in force.", rich_help_panel=_OUTPUT)
]
Statistics = Annotated[
    bool, typer.Option("--statistics", help="Only counts per rule.", rich_help_panel=_OUTPUT)
]
ShowSuppressed = Annotated[
    bool,
    typer.Option("--show-suppressed", help="Suppressed ones in SARIF.", rich_help_panel=_OUTPUT),
]
ShowFiles = Annotated[
    bool, typer.Option(help="List files, and why some are out.", rich_help_panel=_OUTPUT)
]
Facts = Annotated[bool, typer.Option(help="Add the facts to the JSON.", rich_help_panel=_OUTPUT)]
ExplainScore = Annotated[
    bool, typer.Option(help="Print what every finding costs.", rich_help_panel=_OUTPUT)
]

FailUnder = Annotated[
    str | None, typer.Option(help="Least score (80) or grade (B).", rich_help_panel=_GATE)
]
FailOn = Annotated[
    Severity | None, typer.Option(help="Fail on this severity.", rich_help_panel=_GATE)
]
Baseline = Annotated[
    Path | None, typer.Option(help="Judge only what this file lacks.", rich_help_panel=_GATE)
]
NoBaseline = Annotated[
    bool, typer.Option("--no-baseline", help="Leave the setting aside.", rich_help_panel=_GATE)
]
FailOnNew = Annotated[
    bool, typer.Option("--fail-on-new", help="Fail on any new finding.", rich_help_panel=_GATE)
]
MaxDrop = Annotated[
    float | None, typer.Option(help="Points the score may lose.", rich_help_panel=_GATE)
]
Since = Annotated[
    str | None, typer.Option(help="REV: show what its changes answer for.", rich_help_panel=_GATE)
]
ExitZero = Annotated[
    bool, typer.Option(help="Exit 0 though the gate fails.", rich_help_panel=_GATE)
]

Jobs = Annotated[str, typer.Option(help="Processes, or auto.", rich_help_panel=_RUN)]
NoCache = Annotated[
    bool, typer.Option("--no-cache", help="Remember nothing.", rich_help_panel=_RUN)
]
StdinFilename = Annotated[
    Path | None, typer.Option(help="NAME - judges the input as it.", rich_help_panel=_RUN)
]
CacheDir = Annotated[
    Path | None, typer.Option(help="Where to remember facts.", rich_help_panel=_RUN)
]
