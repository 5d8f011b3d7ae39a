"""The settings: what they are, how they are read, where they are found."""

from exai_audit.config.files import (
    SECTION,
    SHARED_FILE,
    document_of,
    find_root,
    find_table,
    lexically_absolute,
    load,
    nearest_settings_file,
    shown_path,
)
from exai_audit.config.keys import read_settings, with_options
from exai_audit.config.settings import (
    DEFAULT_EXCLUDES,
    FileChoice,
    Override,
    RuleChoice,
    ScoreChoice,
    Settings,
)

__all__ = [
    "DEFAULT_EXCLUDES",
    "SECTION",
    "SHARED_FILE",
    "FileChoice",
    "Override",
    "RuleChoice",
    "ScoreChoice",
    "Settings",
    "document_of",
    "find_root",
    "find_table",
    "lexically_absolute",
    "load",
    "nearest_settings_file",
    "read_settings",
    "shown_path",
    "with_options",
]
