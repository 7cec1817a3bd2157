"""Expressions of CloudWatch's metric math, as far as alarms here use them; others are refused.

Numbers, ids, `+ - * / ^`, comparisons, `AND`, `OR`, and the functions IF, FILL, ABS, CEIL, FLOOR,
MIN, MAX, SUM and AVG of single values.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
"""

from __future__ import annotations

import ast
import math
import operator
import re
from collections.abc import Callable, Mapping

type Value = float | None

# What the language writes otherwise than Python.
SPELLINGS = ((r"\^", "**"), (r"&&|\bAND\b", " and "), (r"\|\||\bOR\b", " or "))
OPERATORS: dict[type[ast.AST], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
FUNCTIONS: dict[str, Callable[..., float]] = {
    "ABS": abs,
    "AVG": lambda *values: sum(values) / len(values),
    "CEIL": math.ceil,
    "FLOOR": math.floor,
    "MAX": lambda *values: max(values),
    "MIN": lambda *values: min(values),
    "SUM": lambda *values: sum(values),
}
# How many these take; FILL's second is a number here, not REPEAT or LINEAR.
ARGUMENTS = {"IF": 3, "FILL": 2, "ABS": 1, "CEIL": 1, "FLOOR": 1}
# Of a metric or an expression: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDataQuery.html
ID = re.compile(r"[a-z]\w*")


class UnsupportedExpressionError(ValueError):
    """Local AWS cannot evaluate an expression; the message says which part."""


class Expression:
    """One expression, read and checked.

    Args:
        text: As it was sent.

    Attributes:
        ids: Those that it uses.

    Raises:
        UnsupportedExpressionError: it has something that is not evaluated here.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        written = text
        for pattern, spelling in SPELLINGS:
            written = re.sub(pattern, spelling, written)
        try:
            self._tree = ast.parse(written.strip(), mode="eval").body
        except SyntaxError as error:
            raise UnsupportedExpressionError(f"{text!r}: {error.msg}") from error
        self.ids: set[str] = set()
        self._check(self._tree)

    def _check(self, node: ast.AST) -> None:
        if isinstance(node, ast.Name) and ID.fullmatch(node.id):
            self.ids.add(node.id)
            return
        parts = _operands(node)
        if parts is None:
            raise UnsupportedExpressionError(
                f"{self._text!r}: local AWS does not evaluate {ast.unparse(node)!r}"
            )
        for part in parts:
            self._check(part)

    def value(self, values: Mapping[str, Value]) -> Value:
        """What it gives; None where a value that it needs is missing, or it divides by 0.

        Args:
            values: By id; None for a metric without data.
        """
        try:
            return self._value(self._tree, values)
        except ZeroDivisionError:
            return None

    def _value(self, node: ast.AST, values: Mapping[str, Value]) -> Value:
        if isinstance(node, ast.Name):
            return values.get(node.id)
        operands = [self._value(part, values) for part in _operands(node) or ()]
        match node:
            case ast.Call(func=ast.Name(id="FILL")):
                return operands[0] if operands[0] is not None else operands[1]
            case ast.Call(func=ast.Name(id="IF")):
                decided, then, otherwise = operands
                return None if decided is None else then if decided else otherwise
        known = [operand for operand in operands if operand is not None]
        return _combined(node, known) if len(known) == len(operands) else None


def _operands(node: ast.AST) -> list[ast.expr] | None:
    """What a part is made of; None for one that is not evaluated here."""
    parts: list[ast.expr] | None = None
    match node:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            parts = []
        case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATORS:
            parts = [left, right]
        case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in OPERATORS:
            parts = [left, right]
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            parts = [operand]
        case ast.BoolOp(values=values):
            parts = values
        case ast.Call(func=ast.Name(id=name), args=given, keywords=[]) if (
            given
            and name in {*FUNCTIONS, *ARGUMENTS}
            and ARGUMENTS.get(name, len(given)) == len(given)
        ):
            parts = given
    return parts


def _combined(node: ast.AST, operands: list[float]) -> float:
    match node:
        case ast.Constant(value=int() | float() as number):
            return float(number)
        case ast.BinOp(op=op) | ast.Compare(ops=[op]):
            return float(OPERATORS[type(op)](*operands))
        case ast.UnaryOp():
            return -operands[0]
        case ast.BoolOp(op=op):
            return float((all if isinstance(op, ast.And) else any)(operands))
        case ast.Call(func=ast.Name(id=name)):
            return float(FUNCTIONS[name](*operands))
    raise AssertionError(node)  # `_operands` saw to it
