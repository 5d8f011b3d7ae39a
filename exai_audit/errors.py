"""Errors meant for the user: each says where, what, and what to do about it."""


class AuditError(Exception):
    """The audit cannot be done; the command line prints the message and exits with status 2."""


class UsageError(AuditError):
    """A path, option or option value that makes no sense."""


class SettingsError(AuditError):
    """One or more invalid settings, all of them in one message."""
