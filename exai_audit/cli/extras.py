"""What only some commands and formats need: an extra of the package."""

from __future__ import annotations

from importlib.util import find_spec

from exai_audit.errors import UsageError


def need(extra: str, *modules: str, what: str) -> None:
    """Make sure that an extra is installed before any work is done.

    Args:
        modules: what is imported of it.
        what: the option or command that needs it, as it is typed.

    Raises:
        UsageError: a module is missing; the message says how to install it.
    """
    missing = [name for name in modules if find_spec(name) is None]
    if missing:
        raise UsageError(
            f"{what}: needs {' and '.join(missing)}: python -m pip install 'exai-audit[{extra}]'"
        )
