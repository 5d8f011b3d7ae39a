"""The graded report as markdown, as GitHub renders it."""

from exai_audit.report.markdown.fitting import render

__all__ = ["render"]
