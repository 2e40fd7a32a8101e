"""The expressions of a script: what each stands for, by the kind of its node."""

from __future__ import annotations

import ast
from collections import ChainMap
from collections.abc import Callable
from typing import Any

from chainrule.explain.code.reading.findings import NotUnderstoodError, quote, words
from chainrule.explain.code.reading.following.attributes import attribute_of
from chainrule.explain.code.reading.following.calls import call_value
from chainrule.explain.code.reading.following.subscripts import item_of
from chainrule.explain.code.reading.operators import binary, comparison, unary
from chainrule.explain.code.reading.python_functions import items_of
from chainrule.explain.code.reading.state import ScriptCall, ScriptState, items_within
from chainrule.explain.code.reading.values import (
    UNKNOWN,
    ErrorTerm,
    LibraryName,
    Scope,
    ScriptFunction,
    ScriptLoss,
    Signal,
)

PYTHON_NAMES = words(
    """
    range len list tuple reversed dict zip enumerate map filter sum int float bool abs round str min max print input
    isinstance type getattr hasattr setattr id next iter super open format sorted set any all object Exception
    """
)
# Modules that scripts may have imported in cells that are not there, by their usual names.
USUAL = {
    "torch": "torch",
    "nn": "torch.nn",
    "F": "torch.nn.functional",
    "optim": "torch.optim",
    "np": "numpy",
    "math": "math",
}


class Expressions:
    """Follows the expressions of a script. What it does not understand becomes unknown, with a finding."""

    def __init__(self, state: ScriptState) -> None:
        self.state = state
        self.depth = 0
        self._readers: dict[type[ast.expr], Callable[[Any, Scope], object]] = {
            ast.Constant: lambda node, scope: node.value if _is_literal(node.value) else UNKNOWN,
            ast.Name: self._name,
            ast.Attribute: lambda node, scope: attribute_of(self.value(node.value, scope), node.attr, self._at(node)),
            ast.Call: self._call,
            ast.BinOp: self._binary,
            ast.UnaryOp: lambda node, scope: unary(node.op, self.value(node.operand, scope), self._at(node)),
            ast.BoolOp: self._boolean,
            ast.Compare: self._comparison,
            ast.IfExp: self._either,
            ast.List: lambda node, scope: self._items(node.elts, scope),
            ast.Tuple: lambda node, scope: tuple(self._items(node.elts, scope)),
            ast.Set: lambda node, scope: UNKNOWN,
            ast.Dict: self._dictionary,
            ast.Subscript: lambda node, scope: item_of(
                self.value(node.value, scope), self.index(node.slice, scope), self._at(node)
            ),
            ast.Lambda: lambda node, scope: ScriptFunction("lambda", node.args, node.body, scope),
            ast.ListComp: self._comprehension,
            ast.GeneratorExp: self._comprehension,
            ast.JoinedStr: lambda node, scope: UNKNOWN,
            ast.NamedExpr: self._named,
        }

    def value(self, node: ast.expr, scope: Scope) -> Any:
        """Return what an expression stands for."""
        self.state.spend_step()
        reader = self._readers.get(type(node))
        if reader is None:
            return UNKNOWN
        try:
            return reader(node, scope)
        except NotUnderstoodError as error:
            return self._passed_over(node, scope, str(error))

    def index(self, node: ast.expr, scope: Scope) -> object:
        """Return what stands in square brackets."""
        if isinstance(node, ast.Slice):
            ends = (node.lower, node.upper, node.step)
            return slice(*(None if each is None else self.value(each, scope) for each in ends))
        if isinstance(node, ast.Tuple):
            return tuple(self.index(each, scope) for each in node.elts)
        return self.value(node, scope)

    def call(self, function: object, args: Any, named: dict[str, object], node: ast.AST) -> object:
        """Call a value of the script."""
        self.state.spend_step()
        self.state.spend_items(items_within((*args, *named.values())))
        return call_value(function, ScriptCall(self, list(args), named, node))

    def run_function(self, function: ScriptFunction, args: list[object], named: dict[str, object]) -> object:
        """Follow a function of the script with its arguments: what it returns."""
        raise NotImplementedError

    def _at(self, node: ast.AST) -> ScriptCall:
        return ScriptCall(self, [], {}, node)

    def _passed_over(self, node: ast.expr, scope: Scope, why: str) -> object:
        """Say that an expression was not understood; a signal or a loss in it goes on as it was."""
        kept = _kept_operand(self, node, scope)
        self.state.findings.add(node.lineno, passed_over(ast.unparse(node), why))
        return kept

    def _name(self, node: ast.Name, scope: Scope) -> object:
        if node.id in scope:
            return scope[node.id]
        if node.id in PYTHON_NAMES:
            return LibraryName(f"builtins.{node.id}")
        if node.id in USUAL:
            return LibraryName(USUAL[node.id])
        return UNKNOWN

    def _call(self, node: ast.Call, scope: Scope) -> object:
        function = self.value(node.func, scope)
        args: list[object] = []
        for each in node.args:
            if isinstance(each, ast.Starred):
                found = items_of(self.value(each.value, scope))
                args += [UNKNOWN] if found is None else found
            else:
                args.append(self.value(each, scope))
        named: dict[str, object] = {}
        for keyword in node.keywords:
            value = self.value(keyword.value, scope)
            if keyword.arg is not None:
                named[keyword.arg] = value
            elif isinstance(value, dict):
                named |= {str(key): item for key, item in value.items()}
        return self.call(function, args, named, node)

    def _binary(self, node: ast.BinOp, scope: Scope) -> object:
        return binary(node.op, self.value(node.left, scope), self.value(node.right, scope), self._at(node))

    def _boolean(self, node: ast.BoolOp, scope: Scope) -> object:
        found: object = UNKNOWN
        for each in node.values:
            found = self.value(each, scope)
            if not (found is None or isinstance(found, bool | int | float | str | list | tuple)):
                return UNKNOWN
            if bool(found) is isinstance(node.op, ast.Or):
                return found
        return found

    def _comparison(self, node: ast.Compare, scope: Scope) -> object:
        left, found = self.value(node.left, scope), None
        for kind, each in zip(node.ops, node.comparators, strict=True):
            right = self.value(each, scope)
            found = comparison(kind, left, right, self._at(node))
            if found is not True:
                return found
            left = right
        return found

    def _either(self, node: ast.IfExp, scope: Scope) -> object:
        test = self.value(node.test, scope)
        if isinstance(test, bool | int | float | str | list) or test is None:
            return self.value(node.body if test else node.orelse, scope)
        return UNKNOWN

    def _items(self, nodes: list[ast.expr], scope: Scope) -> list[object]:
        found: list[object] = []
        for each in nodes:
            if isinstance(each, ast.Starred):
                found += items_of(self.value(each.value, scope)) or [UNKNOWN]
            elif (number := _number(each)) is not None:
                # Tables of numbers are long: each is no step of its own.
                found.append(number)
            else:
                found.append(self.value(each, scope))
        return found

    def _dictionary(self, node: ast.Dict, scope: Scope) -> object:
        found: dict[object, object] = {}
        for key, value in zip(node.keys, node.values, strict=True):
            if key is None:
                more = self.value(value, scope)
                found |= more if isinstance(more, dict) else {}
                continue
            name = self.value(key, scope)
            if isinstance(name, str | int | float):
                found[name] = self.value(value, scope)
        return found

    def _comprehension(self, node: ast.ListComp | ast.GeneratorExp, scope: Scope) -> object:
        found: list[object] = []
        known = self._gather(node, 0, ChainMap({}, scope), found)
        return found if known else UNKNOWN

    def _gather(self, node: ast.ListComp | ast.GeneratorExp, place: int, scope: Scope, found: list[object]) -> bool:
        if place == len(node.generators):
            found.append(self.value(node.elt, scope))
            return True
        part = node.generators[place]
        items = items_of(self.value(part.iter, scope))
        if items is None:
            return False
        for item in items:
            self.assign(part.target, item, scope)
            tests = [self.value(each, scope) for each in part.ifs]
            if any(not isinstance(each, bool | int) for each in tests):
                return False
            if all(tests) and not self._gather(node, place + 1, scope, found):
                return False
        return True

    def _named(self, node: ast.NamedExpr, scope: Scope) -> object:
        value = self.value(node.value, scope)
        self.assign(node.target, value, scope)
        return value

    def assign(self, target: ast.expr, value: object, scope: Scope) -> None:
        """Give a name of the script a value."""
        raise NotImplementedError


def passed_over(text: str, why: str) -> str:
    """Return that a piece of code was not understood and left out, with the reason where there is one."""
    return f"{quote(text)} is not understood, and was left out{f': {why}' if why else ''}"


def _number(node: ast.expr) -> int | float | None:
    """Return the number that is written there; None where it is something else."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        number = _number(node.operand)
        return None if number is None else -number
    return node.value if isinstance(node, ast.Constant) and type(node.value) in (int, float) else None  # type: ignore[return-value]


def _is_literal(value: object) -> bool:
    return value is None or value is Ellipsis or isinstance(value, bool | int | float | str)


def _kept_operand(reader: Expressions, node: ast.expr, scope: Scope) -> object:
    """Return the signal or loss that an expression which is not understood was about.

    Only names are looked at again: they cost nothing, and change nothing.
    """
    parts: list[ast.expr] = []
    if isinstance(node, ast.Call):
        parts = [*([node.func.value] if isinstance(node.func, ast.Attribute) else []), *node.args]
    elif isinstance(node, ast.BinOp):
        parts = [node.left, node.right]
    names = [scope.get(part.id) for part in parts if isinstance(part, ast.Name)]
    found = [each for each in names if isinstance(each, Signal | ErrorTerm | ScriptLoss)]
    return max(found, key=lambda each: len(each.layers) if isinstance(each, Signal) else 0, default=UNKNOWN)
