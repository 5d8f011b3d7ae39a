"""Why a fix is not made: said at its finding."""


class RefusedError(Exception):
    """A fix would not keep its promises here; the message says why, as the end of a sentence."""
