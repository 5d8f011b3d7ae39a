"""SARIF 2.1.0, as GitHub code scanning reads it."""

from exai_audit.report.sarif.log import render

__all__ = ["render"]
