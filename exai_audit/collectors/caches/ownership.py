"""One container or store that outlives the call, with all that its module does with it."""

from __future__ import annotations

import ast

from msgspec import Struct

from exai_audit.collectors.caches.accesses import Function, Target, is_constructor, is_literal
from exai_audit.collectors.caches.uses import Act, Use
from exai_audit.facts.caches import Lifetime


class Container(Struct, frozen=True):
    """A container: its definition, and its uses in the order of its references.

    ``kind`` is its dotted class, ``made`` the expression that makes it, where these are known.
    """

    target: Target
    uses: tuple[Use, ...]
    weak: bool = False
    kind: str = ""
    made: ast.expr | None = None

    @property
    def lifetime(self) -> Lifetime:
        assert self.target.lifetime is not None
        return self.target.lifetime

    def does(self, act: Act) -> list[Use]:
        return [use for use in self.uses if use.act is act]

    def stores(self) -> list[Use]:
        """Return the stores made while the program works, not while it is set up."""
        return [
            use
            for use in self.does(Act.STORE)
            if use.function is not None
            and not (use.key is not None and is_literal(use.key))
            and not (self.lifetime is Lifetime.INSTANCE and is_constructor(use.function))
        ]

    def rebinds(self) -> list[Use]:
        """Return where the container is replaced after it was made."""
        return [
            use
            for use in self.does(Act.BIND)
            if use.node is not self.target.node
            and use.function is not None
            and not is_constructor(use.function)
        ]

    def writers(self) -> list[Function]:
        """Return the functions that store an entry, each once."""
        found: dict[ast.AST, Function] = {}
        for use in self.stores():
            if use.function is not None:
                found[use.function] = use.function
        return list(found.values())
