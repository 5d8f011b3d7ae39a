"""What the import statements of a module bind, with the comments around them."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from msgspec.structs import replace

from exai_audit.collectors.structure.symbols.bound import bound_in
from exai_audit.collectors.structure.symbols.uses import last_name, uses_of
from exai_audit.facts.symbols import ImportFact, LineRange
from exai_audit.files.source import SourceFile

IMPORTS = (ast.Import, ast.ImportFrom)


def import_facts(
    node: ast.Import | ast.ImportFrom,
    lines: LineRange,
    source: SourceFile,
    header: str | None = None,
) -> Iterator[ImportFact]:
    """Yield what a statement imports.

    Args:
        header: the comment of the block around it, if only type checkers run it.
    """
    above, shared = _above(source, node.lineno, lines.first), _beside(source, node)
    for alias in node.names:
        own = _beside(source, alias) if alias.lineno > node.lineno else ()
        yield replace(
            _bare_fact(node, alias, lines),
            typing_only=header is not None,
            header=header or "",
            above=above,
            beside=tuple(dict.fromkeys((*shared, *own))),
        )


def _bare_fact(node: ast.Import | ast.ImportFrom, alias: ast.alias, lines: LineRange) -> ImportFact:
    names = (alias.asname or alias.name.partition(".")[0],)
    if isinstance(node, ast.ImportFrom):
        return ImportFact(names, node.module or "", alias.name, node.level, lines)
    module = alias.name if not alias.asname else f"{alias.name} as {alias.asname}"
    return ImportFact(names, module, "", 0, lines)


def conditional_facts(node: ast.stmt, lines: LineRange, source: SourceFile) -> Iterator[ImportFact]:
    """Yield what a block imports: what only type checkers need name by name, else all as one."""
    if isinstance(node, ast.If) and _is_type_checking(node.test) and not node.orelse:
        statements = list(_statements_in(node))
        if all(isinstance(one, IMPORTS) for one in statements):
            header = "".join(_beside(source, node.test)[:1])
            for one in statements:
                if isinstance(one, IMPORTS):
                    yield from import_facts(one, lines, source, header)
            return
    names = tuple(dict.fromkeys(bound_in(node)))
    needs = tuple(sorted(uses_of([node], annotations_run=True).eager))
    text = "\n".join(source.lines[lines.first - 1 : lines.last])
    yield ImportFact(names, None, "", 0, lines, needs=needs, text=text)


def is_conditional_import(node: ast.stmt) -> bool:
    """Tell whether a block only imports, or says with a plain value whether it could."""
    if not isinstance(node, (ast.If, ast.Try)):
        return False
    statements = list(_statements_in(node))
    return any(isinstance(s, IMPORTS) for s in statements) and all(
        isinstance(s, (*IMPORTS, ast.Pass)) or _is_plain_assignment(s) for s in statements
    )


def _statements_in(node: ast.stmt) -> Iterator[ast.stmt]:
    for block in ("body", "orelse", "finalbody", "handlers"):
        for part in getattr(node, block, ()):
            if isinstance(part, (ast.If, ast.Try, ast.ExceptHandler)):
                yield from _statements_in(part)  # type: ignore[arg-type]
            else:
                yield part


def _is_plain_assignment(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.Assign)
        and isinstance(node.value, (ast.Constant, ast.Name, ast.Attribute))
        and all(isinstance(target, ast.Name) for target in node.targets)
    )


def _is_type_checking(test: ast.expr) -> bool:
    return last_name(test) == "TYPE_CHECKING"


def _above(source: SourceFile, line: int, least: int) -> tuple[str, ...]:
    """Return the comments on the lines right above one, not above the line ``least``."""
    found: list[str] = []
    while line - 1 >= least and source.line(line - 1).lstrip().startswith("#"):
        line -= 1
        found.insert(0, source.line(line).strip())
    return tuple(found)


def _beside(source: SourceFile, node: ast.expr | ast.stmt | ast.alias) -> tuple[str, ...]:
    """Return the comment that ends the line on which a node begins, and on which it ends."""
    found = []
    for line in sorted({node.lineno, node.end_lineno or node.lineno}):
        text = source.line(line).encode()
        tail = text[node.end_col_offset or 0 :] if line == node.end_lineno else text
        mark = tail.find(b"#")  # an import has no texts in it
        if mark >= 0:
            found.append(tail[mark:].decode())
    return tuple(found)
