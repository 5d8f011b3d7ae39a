"""JSON Schema of the settings and of the JSON report, made from the types that these are read into.

So a schema is that of this very version: nothing is written down twice, nothing can lag behind.
"""

from exai_audit.schema.report import report_schema
from exai_audit.schema.settings import settings_schema

__all__ = ["report_schema", "settings_schema"]
