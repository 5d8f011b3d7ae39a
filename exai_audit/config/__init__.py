"""The settings: what they are, how they are read, where they are found."""

from exai_audit.config.files import (
    common_parent,
    find_root,
    find_table,
    lexically_absolute,
    load,
    load_for,
    nearest_settings_file,
    table_for,
)
from exai_audit.config.keys import read_settings, with_options
from exai_audit.config.nested import SETTINGS_FILES, NestedSettings, knowledge_files
from exai_audit.config.policy import EXTENDS, OVERRIDABLE, inherited
from exai_audit.config.settings import (
    DEFAULT_EXCLUDES,
    OF_THE_PLACE,
    FileChoice,
    Override,
    RuleChoice,
    ScoreChoice,
    Settings,
)
from exai_audit.config.tables import SECTION, SHARED_FILE, document_of, shown_path

__all__ = [
    "DEFAULT_EXCLUDES",
    "EXTENDS",
    "OF_THE_PLACE",
    "OVERRIDABLE",
    "SECTION",
    "SETTINGS_FILES",
    "SHARED_FILE",
    "FileChoice",
    "NestedSettings",
    "Override",
    "RuleChoice",
    "ScoreChoice",
    "Settings",
    "common_parent",
    "document_of",
    "find_root",
    "find_table",
    "inherited",
    "knowledge_files",
    "lexically_absolute",
    "load",
    "load_for",
    "nearest_settings_file",
    "read_settings",
    "shown_path",
    "table_for",
    "with_options",
]
