"""The tool's only clock."""

from __future__ import annotations

import os
from datetime import date, datetime, timezone

from exai_audit.errors import UsageError


def today() -> date:
    """Return the day of ``SOURCE_DATE_EPOCH``, else today; both in UTC.

    Raises:
        UsageError: the variable is no number of seconds.
    """
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    if not epoch:
        return datetime.now(timezone.utc).date()
    try:
        return datetime.fromtimestamp(int(epoch), timezone.utc).date()
    except (ValueError, OverflowError, OSError) as error:
        raise UsageError(
            f"SOURCE_DATE_EPOCH={epoch!r}: expected seconds since 1970, such as 1735689600"
        ) from error
