"""Expressions of libcst as the interpreter's."""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from unicodedata import normalize

import libcst as cst

from exai_audit.syntax.lowering.places import Places, Where, joined, where

_OPERATORS: dict[type[cst.CSTNode], Callable[[], Any]] = {
    cst.Add: ast.Add, cst.Subtract: ast.Sub, cst.Multiply: ast.Mult, cst.Divide: ast.Div,
    cst.FloorDivide: ast.FloorDiv, cst.Modulo: ast.Mod, cst.Power: ast.Pow,
    cst.LeftShift: ast.LShift, cst.RightShift: ast.RShift, cst.BitAnd: ast.BitAnd,
    cst.BitOr: ast.BitOr, cst.BitXor: ast.BitXor, cst.MatrixMultiply: ast.MatMult,
    cst.Plus: ast.UAdd, cst.Minus: ast.USub, cst.BitInvert: ast.Invert, cst.Not: ast.Not,
    cst.And: ast.And, cst.Or: ast.Or, cst.Equal: ast.Eq, cst.NotEqual: ast.NotEq,
    cst.LessThan: ast.Lt, cst.LessThanEqual: ast.LtE, cst.GreaterThan: ast.Gt,
    cst.GreaterThanEqual: ast.GtE, cst.Is: ast.Is, cst.IsNot: ast.IsNot, cst.In: ast.In,
    cst.NotIn: ast.NotIn,
}  # fmt: skip
CONSTANTS: dict[str, bool | None] = {"None": None, "True": True, "False": False}
_CONVERSIONS = {"s": 115, "r": 114, "a": 97}
_TEMPLATES = tuple(getattr(cst, name) for name in ("TemplatedString",) if hasattr(cst, name))
_NEEDS_ESCAPE = re.compile(r'(\\.)|(["\n])', re.DOTALL)
_ESCAPED = {'"': '\\"', "\n": "\\n"}
LOAD = ast.Load()


def identifier(node: cst.Name) -> str:
    """Return a name as the interpreter knows it: in Unicode's form NFKC."""
    return node.value if node.value.isascii() else normalize("NFKC", node.value)


def operator(node: cst.CSTNode) -> Any:  # noqa: ANN401 - of five classes with no common use
    """Return the interpreter's operator for one of libcst's."""
    return _OPERATORS[type(node)]()


class Expressions:
    """Makes the expressions of one module; ``places`` tells where they stand."""

    def __init__(self, places: Places) -> None:
        self.places = places

    def of(self, node: cst.CSTNode) -> ast.expr:
        """Return an expression.

        Raises:
            TypeError: libcst has a kind of node that this does not know.
        """
        make = _MAKERS.get(type(node))
        if make is None:
            raise TypeError(f"no expression is known for {type(node).__name__}")
        made: ast.expr = make(self, node)
        return made

    def optional(self, node: cst.CSTNode | None) -> ast.expr | None:
        """Return an expression where there is one."""
        return None if node is None else self.of(node)

    # Names and literals

    def _name(self, node: cst.Name) -> ast.expr:
        at = self.places.of(node)
        if node.value in CONSTANTS:
            return ast.Constant(CONSTANTS[node.value], **at)
        return ast.Name(identifier(node), LOAD, **at)

    def _ellipsis(self, node: cst.Ellipsis) -> ast.expr:
        return ast.Constant(..., **self.places.of(node))

    def _number(self, node: cst.Integer | cst.Float | cst.Imaginary) -> ast.expr:
        return ast.Constant(_number_of(node.value), **self.places.of(node))

    def _string(self, node: cst.SimpleString) -> ast.expr:
        return ast.Constant(node.evaluated_value, **self.places.of(node))

    def _concatenated(self, node: cst.ConcatenatedString) -> ast.expr:
        at = self.places.of(node)
        parts = [self.of(part) for part in _flat(node)]
        if all(isinstance(part, ast.Constant) for part in parts):
            texts: list[Any] = [part.value for part in parts if isinstance(part, ast.Constant)]
            return ast.Constant(texts[0][:0].join(texts), **at)
        inner: list[ast.expr] = []
        for part in parts:
            inner.extend(part.values if isinstance(part, ast.JoinedStr) else [part])
        return ast.JoinedStr(_with_joined_texts(inner), **at)

    def _formatted(self, node: Any) -> ast.expr:  # noqa: ANN401 - or its newer sister
        at = self.places.of(node)
        return ast.JoinedStr(_with_joined_texts(self._parts(node.parts, node)), **at)

    def _parts(self, parts: Sequence[Any], string: Any) -> list[ast.expr]:  # noqa: ANN401
        made: list[ast.expr] = []
        for part in parts:
            at = self.places.of(part)
            if hasattr(part, "expression"):
                if part.equal is not None:
                    made.append(ast.Constant(_written(part), **at))
                made.append(self._formatted_value(part, string, at))
            else:
                made.append(ast.Constant(_text(part.value, string), **at))
        return made

    def _formatted_value(self, part: Any, string: Any, at: Where) -> ast.expr:  # noqa: ANN401
        spec = None
        if part.format_spec is not None:
            inner = _with_joined_texts(self._parts(part.format_spec, string))
            spec = ast.JoinedStr(inner, **at)
        conversion = _CONVERSIONS.get(part.conversion or "", -1)
        if part.equal is not None and part.conversion is None and part.format_spec is None:
            conversion = _CONVERSIONS["r"]
        return ast.FormattedValue(self.of(part.expression), conversion, spec, **at)

    # Access, calls, operations

    def _attribute(self, node: cst.Attribute) -> ast.expr:
        return ast.Attribute(
            self.of(node.value), identifier(node.attr), LOAD, **self.places.of(node)
        )

    def _subscript(self, node: cst.Subscript) -> ast.expr:
        parts = [self._slice(element.slice) for element in node.slice]
        only = parts[0]
        last = node.slice[-1]
        many = len(parts) > 1 or isinstance(last.comma, cst.Comma) or _is_starred(only)
        if many:
            at = joined(where(parts[0]), where(parts[-1]))
            if isinstance(last.comma, cst.Comma):
                at = joined(at, self.places.of(last.comma))
            only = ast.Tuple(parts, LOAD, **at)
        return ast.Subscript(self.of(node.value), only, LOAD, **self.places.of(node))

    def _slice(self, node: cst.BaseSlice) -> ast.expr:
        if isinstance(node, cst.Index):
            value = self.of(node.value)
            if node.star:
                return ast.Starred(value, LOAD, **self.places.of(node))
            return value
        assert isinstance(node, cst.Slice)
        lower, upper, step = (self.optional(n) for n in (node.lower, node.upper, node.step))
        return ast.Slice(lower, upper, step, **self.places.of(node))

    def _call(self, node: cst.Call) -> ast.expr:
        positional = [self._given(arg) for arg in node.args if not _is_keyword(arg)]
        keywords = [self.keyword(arg) for arg in node.args if _is_keyword(arg)]
        func, at = self.of(node.func), self.places.of(node)
        only = node.args[0].value if len(node.args) == 1 else None
        if isinstance(only, cst.GeneratorExp) and not only.lpar:  # f(x for x in y): the call's own
            begin = func.end_col_offset or 0
            for name, value in zip(Where.__annotations__, (
                func.end_lineno, begin, at["end_lineno"], at["end_col_offset"],
            ), strict=True):  # fmt: skip
                setattr(positional[0], name, value)
        return ast.Call(func, positional, keywords, **at)

    def _given(self, arg: cst.Arg) -> ast.expr:
        value = self.of(arg.value)
        return ast.Starred(value, LOAD, **self.places.of(arg)) if arg.star else value

    def keyword(self, arg: cst.Arg) -> ast.keyword:
        """Return a keyword argument of a call or class."""
        name = identifier(arg.keyword) if arg.keyword is not None else None
        return ast.keyword(name, self.of(arg.value), **self.places.of(arg))

    def given(self, args: Sequence[cst.Arg]) -> list[ast.expr]:
        """Return the bases of a class."""
        return [self._given(arg) for arg in args]

    def _unary(self, node: cst.UnaryOperation) -> ast.expr:
        inner = self.of(node.expression)
        return ast.UnaryOp(operator(node.operator), inner, **self.places.of(node))

    def _binary(self, node: cst.BinaryOperation) -> ast.expr:
        left, right = self.of(node.left), self.of(node.right)
        return ast.BinOp(left, operator(node.operator), right, **self.places.of(node))

    def _boolean(self, node: cst.BooleanOperation) -> ast.expr:
        values: list[ast.expr] = []
        current: cst.BaseExpression = node
        while (
            isinstance(current, cst.BooleanOperation)
            and type(current.operator) is type(node.operator)
            and (current is node or not current.lpar)
        ):
            values.append(self.of(current.right))
            current = current.left
        values.append(self.of(current))
        return ast.BoolOp(operator(node.operator), values[::-1], **self.places.of(node))

    def _comparison(self, node: cst.Comparison) -> ast.expr:
        operators = [operator(target.operator) for target in node.comparisons]
        others = [self.of(target.comparator) for target in node.comparisons]
        return ast.Compare(self.of(node.left), operators, others, **self.places.of(node))

    def _choice(self, node: cst.IfExp) -> ast.expr:
        parts = (self.of(part) for part in (node.test, node.body, node.orelse))
        return ast.IfExp(*parts, **self.places.of(node))

    def _named(self, node: cst.NamedExpr) -> ast.expr:
        return ast.NamedExpr(
            self.of(node.target),  # type: ignore[arg-type]
            self.of(node.value),
            **self.places.of(node),
        )

    def _await(self, node: cst.Await) -> ast.expr:
        return ast.Await(self.of(node.expression), **self.places.of(node))

    def _yield(self, node: cst.Yield) -> ast.expr:
        at = self.places.of(node)
        if isinstance(node.value, cst.From):
            return ast.YieldFrom(self.of(node.value.item), **at)
        return ast.Yield(self.optional(node.value), **at)

    # Functions

    def _lambda(self, node: cst.Lambda) -> ast.expr:
        return ast.Lambda(self.parameters(node.params), self.of(node.body), **self.places.of(node))

    def parameters(self, node: cst.Parameters) -> ast.arguments:
        """Return what a function takes."""
        positional = [*node.posonly_params, *node.params]
        star = node.star_arg if isinstance(node.star_arg, cst.Param) else None
        return ast.arguments(
            posonlyargs=[self._parameter(p) for p in node.posonly_params],
            args=[self._parameter(p) for p in node.params],
            vararg=self._parameter(star) if star else None,
            kwonlyargs=[self._parameter(p) for p in node.kwonly_params],
            kw_defaults=[self.optional(p.default) for p in node.kwonly_params],
            kwarg=self._parameter(node.star_kwarg) if node.star_kwarg else None,
            defaults=[self.of(p.default) for p in positional if p.default is not None],
        )

    def _parameter(self, node: cst.Param) -> ast.arg:
        annotation = self.optional(node.annotation.annotation if node.annotation else None)
        at = self.places.of(node.name)
        if annotation is not None and node.annotation is not None:
            given = node.annotation.annotation
            at = joined(at, self.places.of(given.rpar[-1] if given.rpar else given))
        return ast.arg(identifier(node.name), annotation, **at)

    # Collections and comprehensions

    def _elements(self, node: cst.Tuple | cst.List | cst.Set) -> ast.expr:
        inner = [self.of(element) for element in node.elements]
        if isinstance(node, cst.Set):
            return ast.Set(inner, **self.places.of(node))
        if isinstance(node, cst.List):
            return ast.List(inner, LOAD, **self.places.of(node))
        return ast.Tuple(inner, LOAD, **self.places.bracketed(node))

    def _element(self, node: cst.Element) -> ast.expr:
        return self.of(node.value)

    def _starred(self, node: cst.StarredElement) -> ast.expr:
        return ast.Starred(self.of(node.value), LOAD, **self.places.of(node))

    def _dict(self, node: cst.Dict) -> ast.expr:
        keys = [getattr(element, "key", None) for element in node.elements]
        values = [self.of(element.value) for element in node.elements]
        return ast.Dict([self.optional(key) for key in keys], values, **self.places.of(node))

    def _comprehension(self, node: cst.GeneratorExp | cst.ListComp | cst.SetComp) -> ast.expr:
        element, loops = self.of(node.elt), list(self._loops(node.for_in))
        if isinstance(node, cst.GeneratorExp):
            return ast.GeneratorExp(element, loops, **self.places.bracketed(node))
        kind = ast.ListComp if isinstance(node, cst.ListComp) else ast.SetComp
        return kind(element, loops, **self.places.of(node))

    def _dict_comprehension(self, node: cst.DictComp) -> ast.expr:
        loops = list(self._loops(node.for_in))
        return ast.DictComp(self.of(node.key), self.of(node.value), loops, **self.places.of(node))

    def _loops(self, node: cst.CompFor | None) -> Iterator[ast.comprehension]:
        while node is not None:
            tests = [self.of(condition.test) for condition in node.ifs]
            is_async = int(node.asynchronous is not None)
            yield ast.comprehension(self.of(node.target), self.of(node.iter), tests, is_async)
            node = node.inner_for_in


def _number_of(text: str) -> complex:
    """Return a number; one of more digits than the interpreter reads is endless."""
    try:
        value = ast.literal_eval(text)
    except (SyntaxError, ValueError):
        if not text.replace("_", "").isdecimal():
            raise
        return math.inf
    assert isinstance(value, (int, float, complex))
    return value


def _flat(node: cst.BaseExpression) -> Iterator[cst.BaseExpression]:
    while isinstance(node, cst.ConcatenatedString):
        yield node.left
        node = node.right
    yield node


def _is_keyword(arg: cst.Arg) -> bool:
    return arg.keyword is not None or arg.star == "**"


def _is_starred(node: ast.expr) -> bool:
    return isinstance(node, ast.Starred)


def _text(raw: str, string: Any) -> str:  # noqa: ANN401 - a string with parts
    """Return what a stretch of a formatted string's text says."""
    raw = raw.replace("{{", "{").replace("}}", "}")
    if "r" in string.prefix.lower():
        return raw
    quotable = _NEEDS_ESCAPE.sub(lambda found: found[1] or _ESCAPED[found[2]], raw)
    value = ast.literal_eval(f'"{quotable}"')
    assert isinstance(value, str)
    return value


def _written(part: Any) -> str:  # noqa: ANN401 - a part of a formatted string
    """Return what ``{name=}`` shows before the value."""
    code = cst.Module([])
    pieces = (part.whitespace_before_expression, part.expression, part.whitespace_after_expression)
    return "".join([*map(code.code_for_node, pieces), code.code_for_node(part.equal)])


def _with_joined_texts(parts: list[ast.expr]) -> list[ast.expr]:
    """Join texts that follow each other, as the interpreter does, and drop empty ones."""
    found: list[ast.expr] = []
    for part in parts:
        last = found[-1] if found else None
        if isinstance(part, ast.Constant) and isinstance(last, ast.Constant):
            texts: list[Any] = [last.value, part.value]
            found[-1] = ast.Constant("".join(texts), **joined(where(last), where(part)))
        elif not isinstance(part, ast.Constant) or part.value:
            found.append(part)
    return found


_MAKERS: dict[type[cst.CSTNode], Callable[..., ast.expr]] = {
    cst.Name: Expressions._name, cst.Ellipsis: Expressions._ellipsis,
    cst.Integer: Expressions._number, cst.Float: Expressions._number,
    cst.Imaginary: Expressions._number, cst.SimpleString: Expressions._string,
    cst.ConcatenatedString: Expressions._concatenated,
    cst.FormattedString: Expressions._formatted,
    **dict.fromkeys(_TEMPLATES, Expressions._formatted),
    cst.Attribute: Expressions._attribute, cst.Subscript: Expressions._subscript,
    cst.Call: Expressions._call, cst.UnaryOperation: Expressions._unary,
    cst.BinaryOperation: Expressions._binary, cst.BooleanOperation: Expressions._boolean,
    cst.Comparison: Expressions._comparison, cst.IfExp: Expressions._choice,
    cst.NamedExpr: Expressions._named, cst.Await: Expressions._await,
    cst.Yield: Expressions._yield, cst.Lambda: Expressions._lambda,
    cst.Tuple: Expressions._elements, cst.List: Expressions._elements,
    cst.Set: Expressions._elements, cst.Element: Expressions._element,
    cst.StarredElement: Expressions._starred, cst.Dict: Expressions._dict,
    cst.GeneratorExp: Expressions._comprehension, cst.ListComp: Expressions._comprehension,
    cst.SetComp: Expressions._comprehension, cst.DictComp: Expressions._dict_comprehension,
}  # fmt: skip
