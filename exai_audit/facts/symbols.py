"""Facts about what an oversized module defines and which parts of it belong together."""

from __future__ import annotations

from enum import Enum

from msgspec import Struct

FEWEST_GROUPS, FEWEST_SYMBOLS = 3, 2
"""How many groups of how many symbols make several duties."""
MOSTLY = 0.6
"""Which share of a module's lines is most of it."""


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


class LineRange(Struct, frozen=True):
    """Lines from ``first`` to ``last``, both counted, comments directly above included."""

    first: int
    last: int

    @property
    def lines(self) -> int:
        return self.last - self.first + 1


class FunctionBody(Struct, frozen=True):
    """A function of a symbol: where its first statement stands, and the names that it needs.

    ``line`` is that of the first statement but the docstring, ``column`` counts from 0.
    """

    name: str
    line: int
    column: int
    names: tuple[str, ...]


class SymbolFact(Struct, frozen=True):
    """One piece at the top of a module: a definition, or statements that run at import.

    ``names`` are what it binds, none for a statement, ``maybe`` those of them that it binds on some
    platforms or versions only; ``uses`` are indices of the symbols that it
    needs when it runs, ``eager`` those of them needed at import already; ``typed`` are needed by
    annotations alone that nothing evaluates; ``names_used`` are the names of all these, and
    ``external`` those of imports. ``rebinds`` are
    symbols whose names it assigns anew, ``mutates`` those whose content it changes.
    ``registers`` are the decorators that hand it to something else (``app.route``). What is
    ``anchored`` sets what belongs to the module itself: ``__all__``, ``__doc__``, ``__getattr__``.
    ``calls`` are symbols that it runs at import, ``hooks`` what runs of it when a class is made of
    it, ``touches`` the symbols whose methods are all that it
    calls: a statement of its own. ``words``
    are those of its code with how often each is said, ``parameters`` those of its functions, and
    ``attributes`` what a method uses of ``self``, but for methods. ``functions`` are the functions
    in it that could import what they need themselves; ``fixed_uses`` those of ``uses`` that
    something else in it needs, too; ``annotated`` those that annotations need, too, which nothing
    evaluates.
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
    calls: tuple[int, ...] = ()
    hooks: tuple[int, ...] = ()
    touches: tuple[int, ...] = ()
    words: tuple[tuple[str, int], ...] = ()
    parameters: tuple[str, ...] = ()
    attributes: tuple[str, ...] = ()
    functions: tuple[FunctionBody, ...] = ()
    fixed_uses: tuple[int, ...] = ()
    annotated: tuple[int, ...] = ()

    @property
    def line(self) -> int:
        return self.ranges[0].first

    @property
    def lines(self) -> int:
        return sum(found.lines for found in self.ranges)


class ImportFact(Struct, frozen=True):
    """A name that an import binds, or several that one conditional block does.

    ``module`` is None for a block, and ``text`` then what has to be copied. ``level`` counts the
    dots of a relative import; ``attribute`` is empty for ``import module``. ``needs`` are names
    that a block reads itself. ``above`` are the comment lines right above the statement, ``beside``
    the comments behind it, and ``header`` the one behind the ``if TYPE_CHECKING:`` around it.
    """

    names: tuple[str, ...]
    module: str | None
    attribute: str
    level: int
    lines: LineRange
    typing_only: bool = False
    needs: tuple[str, ...] = ()
    text: str = ""
    above: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    header: str = ""


class HazardFact(Struct, frozen=True):
    """A name by which a symbol asks about its own module: ``globals``, ``__file__``."""

    what: str
    symbol: int


class ModuleSymbols(Struct, frozen=True):
    """What a module defines, and what of it needs what.

    ``exported`` is ``__all__`` where it is a plain list, which stands on ``exported_at``.
    ``docstring`` are the lines of the module's own, ``licence`` those of the comments above all
    code, ``relative`` those of the relative imports inside of functions. ``opaque`` says what
    makes names that nobody can see: then nothing can be moved. ``unknown`` are names that nothing
    that can be seen defines.
    """

    symbols: tuple[SymbolFact, ...]
    imports: tuple[ImportFact, ...] = ()
    exported: tuple[str, ...] | None = None
    exported_at: LineRange | None = None
    relative: tuple[int, ...] = ()
    opaque: str = ""
    unknown: tuple[str, ...] = ()
    features: tuple[str, ...] = ()
    docstring: LineRange | None = None
    licence: LineRange | None = None
    hazards: tuple[HazardFact, ...] = ()


class ModuleShape(Struct, frozen=True):
    """What shows without its clusters whether an oversized module has several duties.

    ``symbols`` are the definitions at its top and ``lines`` theirs; ``largest`` is the longest of
    them. ``makes_names`` tells that names may come from ``exec``, ``globals`` or ``locals``.
    """

    symbols: int
    lines: int
    largest: int
    makes_names: bool = False

    @property
    def is_mixed(self) -> bool:
        """Whether there are three groups of two or more, and no one definition is most of them."""
        return (
            not self.makes_names
            and self.symbols >= FEWEST_GROUPS * FEWEST_SYMBOLS
            and self.largest <= MOSTLY * self.lines
        )


class ClassMembers(Struct, frozen=True):
    """The methods of a class in source order; their ``uses`` are indices among themselves.

    ``assigned`` are the attributes that methods set and the class body does not. ``plain`` are
    methods that do something and do not use the object for it, ``supers`` those that call
    ``super()``; ``mangled`` are names that only the class itself can spell (``__name``), by method.
    """

    name: str
    lines: LineRange
    bases: tuple[str, ...]
    methods: tuple[SymbolFact, ...]
    assigned: tuple[str, ...] = ()
    plain: tuple[int, ...] = ()
    supers: tuple[int, ...] = ()
    mangled: tuple[tuple[int, str], ...] = ()
