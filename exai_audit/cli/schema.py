"""``exai-audit schema``: JSON Schema of the settings and of the JSON report."""

from __future__ import annotations

import json
from enum import Enum
from typing import Annotated

import typer

from exai_audit.cli.output import write_stdout
from exai_audit.schema import report_schema, settings_schema


class Subject(str, Enum):
    CONFIG = "config"
    REPORT = "report"


def schema_command(
    of: Annotated[Subject, typer.Argument(help="The settings, or the JSON report.")],
) -> None:
    """Print a JSON Schema, for editors and for what reads the reports."""
    made = settings_schema() if of is Subject.CONFIG else report_schema()
    write_stdout(json.dumps(made, indent=2))
