"""Statements of libcst as the interpreter's."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any

import libcst as cst

from exai_audit.syntax.lowering.expressions import LOAD, Expressions, identifier, operator
from exai_audit.syntax.lowering.patterns import pattern
from exai_audit.syntax.lowering.places import Where, where

_TRY_STAR: Callable[..., ast.stmt] = getattr(ast, "TryStar", ast.Try)
_TYPE_ALIAS: Callable[..., ast.stmt] | None = getattr(ast, "TypeAlias", None)
_HAS_TYPE_PARAMETERS = "type_params" in ast.ClassDef._fields
_TYPE_PARAMETERS = {
    cst.TypeVar: "TypeVar", cst.TypeVarTuple: "TypeVarTuple", cst.ParamSpec: "ParamSpec",
}  # fmt: skip


class Statements:
    """Makes the statements of one module."""

    def __init__(self, expressions: Expressions) -> None:
        self._expressions = expressions
        self._of = expressions.of
        self._optional = expressions.optional
        self._places = expressions.places

    def block(self, nodes: Sequence[cst.CSTNode]) -> list[ast.stmt]:
        """Return statements in order; those that share a line are statements of their own."""
        made: list[ast.stmt] = []
        for node in nodes:
            if isinstance(node, cst.SimpleStatementLine):
                made += [self._statement(small) for small in node.body]
            else:
                made.append(self._statement(node))
        return made

    def _statement(self, node: cst.CSTNode) -> ast.stmt:
        make = _MAKERS.get(type(node))
        if make is None:
            raise TypeError(f"no statement is known for {type(node).__name__}")
        made: ast.stmt = make(self, node)
        return made

    def _body(self, suite: cst.BaseSuite) -> list[ast.stmt]:
        return self.block(suite.body)

    def _upto(self, first: cst.CSTNode, *blocks: list[ast.stmt] | list[ast.ExceptHandler]) -> Where:
        """Return where a compound statement stands: up to the end of its last block."""
        last = next(block[-1] for block in reversed(blocks) if block)
        at = self._places.of(first)
        at["end_lineno"], at["end_col_offset"] = last.end_lineno or 0, last.end_col_offset or 0
        return at

    # Simple statements

    def _expression(self, node: cst.Expr) -> ast.stmt:
        value = self._of(node.value)
        return ast.Expr(value, **where(value) if not node.value.lpar else self._around(node))

    def _around(self, node: cst.Expr) -> Where:
        """Return where an expression stands with all its brackets."""
        value = node.value
        return self._places.of(value.lpar[0], value.rpar[-1])

    def _assign(self, node: cst.Assign) -> ast.stmt:
        targets = [self._of(target.target) for target in node.targets]
        return ast.Assign(targets, self._of(node.value), **self._places.of(node))

    def _annotated(self, node: cst.AnnAssign) -> ast.stmt:
        kind: Callable[..., ast.stmt] = ast.AnnAssign
        return kind(
            self._of(node.target),
            self._of(node.annotation.annotation),
            self._optional(node.value),
            int(isinstance(node.target, cst.Name) and not node.target.lpar),
            **self._places.of(node),
        )

    def _augmented(self, node: cst.AugAssign) -> ast.stmt:
        return ast.AugAssign(
            self._of(node.target),  # type: ignore[arg-type]
            _augmenting(node.operator),
            self._of(node.value),
            **self._places.of(node),
        )

    def _return(self, node: cst.Return) -> ast.stmt:
        return ast.Return(self._optional(node.value), **self._places.of(node))

    def _raise(self, node: cst.Raise) -> ast.stmt:
        cause = self._optional(node.cause.item if node.cause else None)
        return ast.Raise(self._optional(node.exc), cause, **self._places.of(node))

    def _assert(self, node: cst.Assert) -> ast.stmt:
        test, message = self._of(node.test), self._optional(node.msg)
        return ast.Assert(test, message, **self._places.of(node))

    def _delete(self, node: cst.Del) -> ast.stmt:
        target = self._of(node.target)
        plain = isinstance(target, ast.Tuple) and not node.target.lpar
        targets = target.elts if plain and isinstance(target, ast.Tuple) else [target]
        return ast.Delete(targets, **self._places.of(node))

    def _word(self, node: cst.Pass | cst.Break | cst.Continue) -> ast.stmt:
        kind: Callable[..., ast.stmt] = getattr(ast, type(node).__name__)
        return kind(**self._places.of(node))

    def _declared(self, node: cst.Global | cst.Nonlocal) -> ast.stmt:
        names = [identifier(item.name) for item in node.names]
        kind = ast.Global if isinstance(node, cst.Global) else ast.Nonlocal
        return kind(names, **self._places.of(node))

    def _import(self, node: cst.Import) -> ast.stmt:
        return ast.Import([self._alias(one) for one in node.names], **self._places.of(node))

    def _import_from(self, node: cst.ImportFrom) -> ast.stmt:
        if isinstance(node.names, cst.ImportStar):
            names = [ast.alias("*", None, **self._places.of(node.names))]
        else:
            names = [self._alias(one) for one in node.names]
        module = _path(node.module) if node.module else None
        return ast.ImportFrom(module, names, len(node.relative), **self._places.of(node))

    def _alias(self, node: cst.ImportAlias) -> ast.alias:
        return ast.alias(_path(node.name), node.evaluated_alias, **self._places.of(node))

    def _type_alias(self, node: cst.TypeAlias) -> ast.stmt:
        name = ast.Name(identifier(node.name), LOAD, **self._places.of(node.name))
        value, at = self._of(node.value), self._places.of(node)
        if _TYPE_ALIAS is None:
            return ast.Assign([name], value, **at)
        return _TYPE_ALIAS(name, self._type_parameters(node.type_parameters), value, **at)

    # Compound statements

    def _if(self, node: cst.If) -> ast.stmt:
        test, body = self._of(node.test), self._body(node.body)
        if isinstance(node.orelse, cst.If):
            others = [self._if(node.orelse)]
        else:
            others = self._body(node.orelse.body) if node.orelse else []
        return ast.If(test, body, others, **self._upto(node, body, others))

    def _else(self, node: cst.Else | cst.Finally | None) -> list[ast.stmt]:
        return self._body(node.body) if node is not None else []

    def _while(self, node: cst.While) -> ast.stmt:
        body, others = self._body(node.body), self._else(node.orelse)
        return ast.While(self._of(node.test), body, others, **self._upto(node, body, others))

    def _for(self, node: cst.For) -> ast.stmt:
        kind = ast.AsyncFor if node.asynchronous else ast.For
        target, iterated = self._of(node.target), self._of(node.iter)
        body, others = self._body(node.body), self._else(node.orelse)
        return kind(target, iterated, body, others, **self._upto(node, body, others))

    def _with(self, node: cst.With) -> ast.stmt:
        kind = ast.AsyncWith if node.asynchronous else ast.With
        items = [
            ast.withitem(self._of(item.item), self._optional(item.asname and item.asname.name))
            for item in node.items
        ]
        body = self._body(node.body)
        return kind(items, body, **self._upto(node, body))

    def _try(self, node: cst.Try | cst.TryStar) -> ast.stmt:
        kind = _TRY_STAR if isinstance(node, cst.TryStar) else ast.Try
        body = self._body(node.body)
        handlers = [self._handler(handler) for handler in node.handlers]
        others, last = self._else(node.orelse), self._else(node.finalbody)
        return kind(body, handlers, others, last, **self._upto(node, body, handlers, others, last))

    def _handler(self, node: cst.ExceptHandler | cst.ExceptStarHandler) -> ast.ExceptHandler:
        name = node.name.name if node.name else None
        body = self._body(node.body)
        return ast.ExceptHandler(
            self._optional(node.type),
            identifier(name) if isinstance(name, cst.Name) else None,
            body,
            **self._upto(node, body),
        )

    def _match(self, node: cst.Match) -> ast.stmt:
        cases = [
            ast.match_case(
                pattern(case.pattern, self._expressions),
                self._optional(case.guard),
                self._body(case.body),
            )
            for case in node.cases
        ]
        subject = self._of(node.subject)
        return ast.Match(subject, cases, **self._upto(node, cases[-1].body))

    def _function(self, node: cst.FunctionDef) -> ast.stmt:
        kind: Callable[..., ast.stmt]
        kind = ast.AsyncFunctionDef if node.asynchronous else ast.FunctionDef
        body = self._body(node.body)
        return kind(
            name=identifier(node.name),
            args=self._expressions.parameters(node.params),
            body=body,
            decorator_list=[self._of(decorator.decorator) for decorator in node.decorators],
            returns=self._optional(node.returns.annotation if node.returns else None),
            type_comment=None,
            **self._with_type_parameters(node.type_parameters),
            **self._upto(node, body),
        )

    def _class(self, node: cst.ClassDef) -> ast.stmt:
        body = self._body(node.body)
        kind: Callable[..., ast.stmt] = ast.ClassDef
        return kind(
            name=identifier(node.name),
            bases=self._expressions.given(node.bases),
            keywords=[self._expressions.keyword(arg) for arg in node.keywords],
            body=body,
            decorator_list=[self._of(decorator.decorator) for decorator in node.decorators],
            **self._with_type_parameters(node.type_parameters),
            **self._upto(node, body),
        )

    def _with_type_parameters(self, node: cst.TypeParameters | None) -> dict[str, Any]:
        return {"type_params": self._type_parameters(node)} if _HAS_TYPE_PARAMETERS else {}

    def _type_parameters(self, node: cst.TypeParameters | None) -> list[ast.AST]:
        made: list[ast.AST] = []
        for one in node.params if node is not None else ():
            kind = getattr(ast, _TYPE_PARAMETERS[type(one.param)])
            given = {"name": identifier(one.param.name), **self._places.of(one.param)}
            if isinstance(one.param, cst.TypeVar):
                given["bound"] = self._optional(one.param.bound)
            if "default_value" in kind._fields:
                given["default_value"] = self._optional(one.default)
            made.append(kind(**given))
        return made


def _augmenting(node: cst.BaseAugOp) -> ast.operator:
    plain: type[cst.CSTNode] = getattr(cst, type(node).__name__.removesuffix("Assign"))
    made: ast.operator = operator(plain())
    return made


def _path(node: cst.CSTNode) -> str:
    """Return the dotted name of a module."""
    if isinstance(node, cst.Attribute):
        return f"{_path(node.value)}.{identifier(node.attr)}"
    assert isinstance(node, cst.Name)
    return identifier(node)


_MAKERS: dict[type[cst.CSTNode], Callable[..., ast.stmt]] = {
    cst.Expr: Statements._expression, cst.Assign: Statements._assign,
    cst.AnnAssign: Statements._annotated, cst.AugAssign: Statements._augmented,
    cst.Return: Statements._return, cst.Raise: Statements._raise,
    cst.Assert: Statements._assert, cst.Del: Statements._delete, cst.Pass: Statements._word,
    cst.Break: Statements._word, cst.Continue: Statements._word,
    cst.Global: Statements._declared, cst.Nonlocal: Statements._declared,
    cst.Import: Statements._import, cst.ImportFrom: Statements._import_from,
    cst.TypeAlias: Statements._type_alias, cst.If: Statements._if,
    cst.While: Statements._while, cst.For: Statements._for, cst.With: Statements._with,
    cst.Try: Statements._try, cst.TryStar: Statements._try, cst.Match: Statements._match,
    cst.FunctionDef: Statements._function, cst.ClassDef: Statements._class,
}  # fmt: skip
