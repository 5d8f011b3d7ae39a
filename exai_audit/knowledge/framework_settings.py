"""Settings of frameworks that wait for ever by default, with the source of each."""

from __future__ import annotations

from msgspec import Struct


class FrameworkSetting(Struct, frozen=True):
    """A setting ``name`` without which what ``shown_by`` sets up waits for ever.

    It matters where ``used_by`` is imported, and only if the setting ``backend``, where it is
    plain text, holds ``backend_word``.
    """

    name: str
    shown_by: str
    used_by: str
    backend: str
    backend_word: str
    source: str


SETTINGS = (
    FrameworkSetting(
        name="EMAIL_TIMEOUT",
        shown_by="EMAIL_HOST",
        used_by="django.core.mail",
        backend="EMAIL_BACKEND",
        backend_word="smtp",
        source="Django 5.2 documentation, settings: EMAIL_TIMEOUT, default None",
    ),
)
