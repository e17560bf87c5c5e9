"""The faults of a module: comparisons, numbers, conditions, calls and statements, one at a time."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

OPERATORS: dict[type[ast.AST], str] = {
    ast.Lt: "<=", ast.LtE: "<", ast.Gt: ">=", ast.GtE: ">", ast.Eq: "!=", ast.NotEq: "==",
    ast.In: "not in", ast.NotIn: "in", ast.Is: "is not", ast.IsNot: "is",
    ast.Add: "-", ast.Sub: "+", ast.Mult: "//", ast.Div: "*", ast.FloorDiv: "*", ast.Mod: "*",
    ast.And: "or", ast.Or: "and",
}  # fmt: skip
FUNCTIONS = {"any": "all", "all": "any", "min": "max", "max": "min", "sorted": "list"}
TEXT_METHODS = {
    "casefold", "lower", "lstrip", "removeprefix", "removesuffix", "replace", "rstrip", "strip",
}  # fmt: skip
NO_RESULT = {"annotation", "decorator_list", "returns"}
"""Fields of a syntax tree that say nothing of results."""

UNFELT = {"encoding", "strict"}
"""Options that make no difference here: UTF-8 is the default, and lengths that must agree do."""

Edit = tuple[ast.AST, str]


@dataclass(frozen=True)
class Mutant:
    """One fault.

    Args:
        lines: Those of its statement; of a compound one, those of its head.
        before: The text of the lines that it changes, blanks aside.
        after: The same with the fault.
        source: The whole module with the fault.
    """

    lines: range
    before: str
    after: str
    source: bytes


def mutants(source: bytes) -> list[Mutant]:
    """Return every fault of a module, each once."""
    lines = source.splitlines(keepends=True)
    starts = [sum(map(len, lines[:number])) for number in range(len(lines) + 1)]
    found = {}
    for statement, node, text in _edits(ast.parse(source)):
        start = starts[node.lineno - 1] + node.col_offset
        end = starts[node.end_lineno - 1] + node.end_col_offset
        changed = source[:start] + text.encode() + source[end:]
        first, last = starts[node.lineno - 1], starts[node.end_lineno]
        if source[start:end].decode() != text:
            before = source[first:last]
            after = changed[first : last + len(changed) - len(source)]
            found[changed] = Mutant(_head(statement), _line(before), _line(after), changed)
    return list(found.values())


def _head(statement: Any) -> range:
    body = getattr(statement, "body", None)
    return range(statement.lineno, max(body[0].lineno if body else statement.end_lineno + 1,
                                       statement.lineno + 1))  # fmt: skip


def _line(text: bytes) -> str:
    return " ".join(text.decode().split())


def _edits(node: Any, statement: Any = None) -> Iterator[tuple[Any, Any, str]]:
    """Yield statement, node and new text, for all below a node; types and docstrings aside."""
    statement = node if isinstance(node, ast.stmt) else statement
    yield from ((statement, *edit) for edit in _edits_of(node))
    for name, child in _below(node):
        if isinstance(child, (ast.arg, ast.alias)) or name in NO_RESULT:
            continue
        text = isinstance(node, ast.JoinedStr) and isinstance(child, ast.Constant)
        if not (text or _says_nothing_of_results(child)):
            yield from _edits(child, statement)


def _below(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    for name, value in ast.iter_fields(node):
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield name, child


def _says_nothing_of_results(node: ast.AST) -> bool:
    """Whether it is a docstring, for types, logged, or how a record is printed in an error."""
    match node:
        case ast.Expr(ast.Constant()) | ast.If(ast.Name("TYPE_CHECKING")):
            return True
        case ast.Expr(ast.Call(ast.Attribute(ast.Name("log")))) | ast.Call(ast.Name("field")):
            return True
        case ast.keyword(name):
            return name in UNFELT
    return False


def _edits_of(node: ast.AST) -> Iterator[Edit]:
    match node:
        case ast.Compare(left, operators, others):
            for place, operator in enumerate(operators):
                sides = [left, *others]
                texts = [f"({ast.unparse(side)})" for side in sides]
                names = [_operator(one) for one in operators]
                names[place] = OPERATORS[type(operator)]
                yield (
                    node,
                    texts[0]
                    + "".join(
                        f" {name} {text}" for name, text in zip(names, texts[1:], strict=True)
                    ),
                )
        case ast.BoolOp(operator, values):
            name = f" {OPERATORS[type(operator)]} "
            yield node, "(" + name.join(f"({ast.unparse(value)})" for value in values) + ")"
        case ast.BinOp(left, operator, right) if type(operator) in OPERATORS:
            if not any(isinstance(side, (ast.JoinedStr, ast.List)) for side in (left, right)):
                name = OPERATORS[type(operator)]
                yield node, f"(({ast.unparse(left)}) {name} ({ast.unparse(right)}))"
        case ast.UnaryOp(ast.Not() | ast.USub(), operand):
            yield node, f"({ast.unparse(operand)})"
        case ast.Constant(bool(value)):
            yield node, str(not value)
        case ast.Constant(int(value)):
            yield node, str(value + 1)
        case ast.If(test) | ast.While(test) | ast.IfExp(test):
            yield test, f"(not ({ast.unparse(test)}))"
        case ast.comprehension(ifs=ifs):
            yield from ((test, "True") for test in ifs)
        case ast.Return(value) if value is not None and not isinstance(value, ast.Constant):
            yield value, "None"
        case ast.Expr(ast.Call()) | ast.Raise() | ast.AugAssign():
            yield node, "pass"
        case ast.withitem(context):
            yield context, "__import__('contextlib').nullcontext()"
        case ast.Call(ast.Name(name) as function) if name in FUNCTIONS:
            yield function, FUNCTIONS[name]
        case ast.Call(ast.Attribute(value, name)) if name in TEXT_METHODS:
            yield node, ast.unparse(value)
    if isinstance(node, ast.Call):
        yield from _without_a_keyword(node)


def _operator(operator: ast.cmpop) -> str:
    return ast.unparse(ast.Compare(ast.Name("x"), [operator], [ast.Name("y")]))[2:-2]


def _without_a_keyword(call: ast.Call) -> Iterator[Edit]:
    """Yield the call without each of its options; a class needs all that it is given."""
    if isinstance(call.func, ast.Name) and call.func.id[0].isupper():
        return
    for keyword in call.keywords:
        kept = [other for other in call.keywords if other is not keyword]
        if keyword.arg and keyword.arg not in UNFELT:
            yield call, ast.unparse(ast.Call(call.func, call.args, kept))
