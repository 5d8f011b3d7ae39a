"""The settings: what they are, how they are read, where they are found."""

from exai_audit.config.files import find_root, lexically_absolute, load
from exai_audit.config.keys import with_options
from exai_audit.config.settings import DEFAULT_EXCLUDES, Override, Settings

__all__ = [
    "DEFAULT_EXCLUDES",
    "Override",
    "Settings",
    "find_root",
    "lexically_absolute",
    "load",
    "with_options",
]
