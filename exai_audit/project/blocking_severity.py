"""How grave it is that a call blocks the event loop: how long it takes, and who waits meanwhile."""

from __future__ import annotations

from exai_audit.facts.concurrency import BlockingFact, BlockingKind, Moment
from exai_audit.finding import Severity

_OF_KIND = {
    BlockingKind.DATABASE: Severity.MEDIUM,
    BlockingKind.DNS: Severity.MEDIUM,
    BlockingKind.WORK: Severity.MEDIUM,
    BlockingKind.TWIN: Severity.MEDIUM,
    BlockingKind.INPUT: Severity.LOW,
}
_OF_OTHERS = frozenset({BlockingKind.NETWORK, BlockingKind.DATABASE, BlockingKind.DNS})
_LONG, _SHORT = 1.0, 0.1
_WHOLE_TREES = "shutil."
_BRIEF = ("hashlib.", "bcrypt.", "argon2.", "passlib.", "werkzeug.security.", "PIL.")
"""Work of a tenth of a second or so: a password's hash at a login, one picture."""


def severity_of(blocks: BlockingFact, moment: Moment) -> Severity:
    """Return the severity of a blocking call for coroutines that run at a moment.

    High from a second on or without a limit; medium from a tenth of one, for databases and names,
    and where nothing says how long; low below, for passwords and pictures, on the machine itself,
    and while nothing else can wait.
    """
    if moment is not Moment.SERVING or (blocks.loopback and blocks.kind in _OF_OTHERS):
        return Severity.LOW
    if blocks.kind is BlockingKind.FILE_SYSTEM:
        whole = blocks.operation.startswith(_WHOLE_TREES)
        return Severity.MEDIUM if whole else Severity.LOW
    if blocks.kind is BlockingKind.WORK and blocks.operation.startswith(_BRIEF):
        return Severity.LOW
    if blocks.kind in _OF_KIND:
        return _OF_KIND[blocks.kind]
    if blocks.seconds is None or blocks.seconds >= _LONG:
        return Severity.HIGH
    is_nap = blocks.kind is BlockingKind.SLEEP and blocks.seconds < _SHORT
    return Severity.LOW if is_nap else Severity.MEDIUM
