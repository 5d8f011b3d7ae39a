"""The graded report as one HTML page, made from the result alone, which it holds, too."""

from exai_audit.report.html.document import render

__all__ = ["render"]
