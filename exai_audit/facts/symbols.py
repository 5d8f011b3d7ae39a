"""Facts about what an oversized module defines and which parts of it belong together."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

FEWEST_CLUSTERS, FEWEST_SYMBOLS = 3, 2
"""How many clusters of how many symbols make several duties."""
MOSTLY = 0.6
"""Which share of a module's lines is most of it."""
_LOOSE = 0.8


class SymbolKind(str, Enum):
    """What a piece at the top of a module is.

    A ``block`` is a compound statement that binds names, a ``statement`` binds none. What is
    ``fixed`` says something of the module itself (``__version__``, ``__getattr__``) and stays
    with it; a ``logger`` is named after its module, so that each module has its own.
    """

    FUNCTION = "function"
    CLASS = "class"
    CONSTANT = "constant"
    VARIABLE = "variable"
    ALIAS = "alias"
    LOGGER = "logger"
    BLOCK = "block"
    STATEMENT = "statement"
    FIXED = "fixed"
    MAIN = "main"


@dataclass(frozen=True, slots=True)
class LineRange:
    """Lines from ``first`` to ``last``, both counted, comments directly above included."""

    first: int
    last: int

    @property
    def lines(self) -> int:
        return self.last - self.first + 1


@dataclass(frozen=True, slots=True)
class SymbolFact:
    """One piece at the top of a module: a definition, or statements that run at import.

    ``names`` are what it binds, none for a statement, ``maybe`` those of them that it binds on some
    platforms or versions only; ``uses`` are indices of the symbols that it
    needs when it runs, ``eager`` those of them needed at import already; ``typed`` are needed by
    annotations alone that nothing evaluates; ``names_used`` are the names of all these, and
    ``external`` those of imports. ``rebinds`` are
    symbols whose names it assigns anew, ``mutates`` those whose content it changes.
    ``registers`` are the decorators that hand it to something else (``app.route``). What is
    ``anchored`` sets what belongs to the module itself: ``__all__``, ``__doc__``, ``__getattr__``.
    """

    names: tuple[str, ...]
    kind: SymbolKind
    ranges: tuple[LineRange, ...]
    uses: tuple[int, ...] = ()
    eager: tuple[int, ...] = ()
    typed: tuple[int, ...] = ()
    names_used: tuple[str, ...] = ()
    external: tuple[str, ...] = ()
    rebinds: tuple[int, ...] = ()
    mutates: tuple[int, ...] = ()
    bases: tuple[str, ...] = ()
    registers: tuple[str, ...] = ()
    maybe: tuple[str, ...] = ()
    anchored: bool = False
    section: int = 0

    @property
    def line(self) -> int:
        return self.ranges[0].first

    @property
    def lines(self) -> int:
        return sum(found.lines for found in self.ranges)


@dataclass(frozen=True, slots=True)
class ImportFact:
    """A name that an import binds, or several that one conditional block does.

    ``module`` is None for a block, and ``text`` then what has to be copied. ``level`` counts the
    dots of a relative import; ``attribute`` is empty for ``import module``. ``needs`` are names
    that a block reads itself.
    """

    names: tuple[str, ...]
    module: str | None
    attribute: str
    level: int
    lines: LineRange
    typing_only: bool = False
    needs: tuple[str, ...] = ()
    text: str = ""


@dataclass(frozen=True, slots=True)
class HazardFact:
    """A name by which a symbol asks about its own module: ``globals``, ``__file__``."""

    what: str
    symbol: int


@dataclass(frozen=True, slots=True)
class ModuleSymbols:
    """The symbol graph of an oversized module, and the clusters it falls into.

    ``clusters`` are indices of symbols, in an order in which each needs only earlier ones; what
    stays with the module is in none. ``modularity`` is theirs in the graph of what ties symbols
    together, by the share of symbols that more than their place ties; ``coupling`` is the share
    of uses that cross from one cluster to another.

    ``exported`` is ``__all__`` where it is a plain list, which stands on ``exported_at``.
    ``docstring`` are the lines of the module's own, ``relative`` those of the relative imports
    inside of functions. ``detached`` are names assigned anew at run time by more code than fits
    one module: the others have to reach them through their module. ``opaque`` says what makes
    names that nobody can see: then nothing can be moved.
    """

    symbols: tuple[SymbolFact, ...]
    imports: tuple[ImportFact, ...] = ()
    exported: tuple[str, ...] | None = None
    exported_at: LineRange | None = None
    relative: tuple[int, ...] = ()
    opaque: str = ""
    detached: tuple[int, ...] = ()
    features: tuple[str, ...] = ()
    docstring: LineRange | None = None
    clusters: tuple[tuple[int, ...], ...] = ()
    modularity: float = 0.0
    coupling: float = 0.0
    hazards: tuple[HazardFact, ...] = ()

    @property
    def is_loose(self) -> bool:
        """Whether the clusters are several duties, if they are only clear enough.

        Not where one class or circle of uses is most of them: that has to be divided itself.
        """
        sizes = [sum(self.symbols[n].lines for n in cluster) for cluster in self.clusters]
        several = sum(len(cluster) >= FEWEST_SYMBOLS for cluster in self.clusters)
        return (
            not self.opaque
            and several >= FEWEST_CLUSTERS
            and self.coupling <= _LOOSE
            and max(sizes) <= MOSTLY * sum(sizes)
        )
