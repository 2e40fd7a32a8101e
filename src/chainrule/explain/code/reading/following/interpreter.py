"""The statements of a script, followed in their order. A loop that trains is followed once."""

from __future__ import annotations

import ast
from collections import ChainMap
from collections.abc import Callable
from typing import Any

from chainrule.explain.code.reading.findings import NotUnderstoodError, quote
from chainrule.explain.code.reading.following.expressions import Expressions, passed_over
from chainrule.explain.code.reading.following.subscripts import set_item
from chainrule.explain.code.reading.operators import binary
from chainrule.explain.code.reading.python_functions import items_of
from chainrule.explain.code.reading.state import ScriptCall, ScriptState
from chainrule.explain.code.reading.values import (
    UNKNOWN,
    BatchLoader,
    LibraryName,
    LoopIndex,
    ParameterGradient,
    RowSet,
    Scope,
    ScriptArray,
    ScriptClass,
    ScriptFunction,
    ScriptModule,
    Signal,
)

# What a loop that trains calls.
_TRAINS = frozenset(("backward",))
_CHANGES = frozenset(("backward", "step", "zero_grad"))
MOST_TURNS = 20_000


class ReturnedError(Exception):
    """The end of a function, with what it returns."""

    def __init__(self, value: object) -> None:
        super().__init__()
        self.value = value


class YieldedError(Exception):
    """The first value that a generator gives out."""

    def __init__(self, value: object) -> None:
        super().__init__()
        self.value = value


class LoopEndedError(Exception):
    """`break`, or `continue` where `goes_on`."""

    def __init__(self, *, goes_on: bool) -> None:
        super().__init__()
        self.goes_on = goes_on


class Interpreter(Expressions):
    """Follows the statements of a script."""

    def __init__(self, state: ScriptState) -> None:
        super().__init__(state)
        self.training_functions: set[str] = set()
        self.generators = 0
        self._statements: dict[type[ast.stmt], Callable[[Any, Scope], None]] = {
            ast.Import: self._import,
            ast.ImportFrom: self._import_from,
            ast.FunctionDef: self._define,
            ast.ClassDef: self._define_class,
            ast.Assign: self._assign,
            ast.AnnAssign: self._annotated,
            ast.AugAssign: self._changed,
            ast.Expr: lambda node, scope: self._done(node.value, scope),
            ast.For: self._for,
            ast.While: self._while,
            ast.If: self._if,
            ast.With: self._with,
            ast.Return: self._return,
            ast.Break: self._end_loop,
            ast.Continue: self._end_loop,
            ast.Try: lambda node, scope: self.run([*node.body, *node.orelse, *node.finalbody], scope),
        }

    def run(self, statements: list[ast.stmt], scope: Scope) -> None:
        """Follow statements; names are kept in the scope."""
        for node in statements:
            self.state.spend_step()
            follow = self._statements.get(type(node))
            if follow is None:
                continue
            try:
                follow(node, scope)
            except NotUnderstoodError as error:
                self.state.findings.add(node.lineno, passed_over(ast.unparse(node), str(error)))

    def find_training(self, tree: ast.Module) -> None:
        """Remember which functions of the script train, those too that call one that does."""
        functions = {node.name: node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
        called = {name: _called(node) for name, node in functions.items()}
        found = {name for name, names in called.items() if names & _TRAINS}
        while more := {name for name, names in called.items() if name not in found and names & found}:
            found |= more
        self.training_functions = found

    # ------------------------------------------------------------------------------------------------ definitions

    def _import(self, node: ast.Import, scope: Scope) -> None:
        for alias in node.names:
            first = alias.name.partition(".")[0]
            scope[alias.asname or first] = LibraryName(alias.name if alias.asname else first)

    def _import_from(self, node: ast.ImportFrom, scope: Scope) -> None:
        for alias in node.names:
            scope[alias.asname or alias.name] = LibraryName(f"{node.module}.{alias.name}")

    def _define(self, node: ast.FunctionDef, scope: Scope) -> None:
        scope[node.name] = ScriptFunction(node.name, node.args, node.body, scope)

    def _define_class(self, node: ast.ClassDef, scope: Scope) -> None:
        members: dict[str, object] = {}
        self.run(node.body, ChainMap(members, scope))
        bases = tuple(self.value(base, scope) for base in node.bases)
        for member in members.values():
            if isinstance(member, ScriptFunction):
                # What a method sees does not include the names of its class.
                member.scope = scope
        scope[node.name] = ScriptClass(node.name, bases, members, node.lineno)

    def run_function(self, function: ScriptFunction, args: list[object], named: dict[str, object]) -> object:
        """Follow a function of the script with its arguments: what it returns."""
        local: Scope = ChainMap({}, function.scope)
        given = function.arguments
        names = [each.arg for each in (*given.posonlyargs, *given.args)]
        for name, default in zip(reversed(names), reversed(given.defaults), strict=False):
            local[name] = self.value(default, function.scope)
        for each, default_or_none in zip(given.kwonlyargs, given.kw_defaults, strict=True):
            if default_or_none is not None:
                local[each.arg] = self.value(default_or_none, function.scope)
        known = {*names, *(each.arg for each in given.kwonlyargs)}
        local.update(zip(names, args, strict=False))
        if given.vararg:
            local[given.vararg.arg] = tuple(args[len(names) :])
        for name, value in named.items():
            if name in known:
                local[name] = value
        if given.kwarg:
            local[given.kwarg.arg] = {name: value for name, value in named.items() if name not in known}
        for name in known:
            if name not in local.maps[0]:  # type: ignore[attr-defined]
                local[name] = UNKNOWN
        if isinstance(function.body, ast.expr):
            return self.value(function.body, local)
        try:
            self.run(function.body, local)
        except ReturnedError as returned:
            return returned.value
        return None

    def first_batch(self, function: ScriptFunction, args: list[object], named: dict[str, object]) -> object:
        """Follow a function that gives out batches up to its first, which stands for all of them."""
        training = self.state.training
        before = training.batch_size, training.shuffle
        training.batch_size, training.shuffle = None, False
        self.state.loops.append("batch")
        self.generators += 1
        try:
            self.run_function(function, args, named)
        except YieldedError as given:
            rows = given.value if isinstance(given.value, tuple) else (given.value,)
            return BatchLoader(RowSet(rows), training.batch_size, training.shuffle)
        finally:
            self.generators -= 1
            self.state.loops.pop()
            training.batch_size, training.shuffle = before
        return UNKNOWN

    # ------------------------------------------------------------------------------------------------- assignments

    def _assign(self, node: ast.Assign, scope: Scope) -> None:
        value = self.value(node.value, scope)
        for target in node.targets:
            self.assign(target, value, scope)

    def _annotated(self, node: ast.AnnAssign, scope: Scope) -> None:
        if node.value is not None:
            self.assign(node.target, self.value(node.value, scope), scope)

    def assign(self, target: ast.expr, value: object, scope: Scope) -> None:
        """Give a name, an attribute or an item of the script a value."""
        if isinstance(target, ast.Name):
            scope[target.id] = value
        elif isinstance(target, ast.Starred):
            self.assign(target.value, UNKNOWN, scope)
        elif isinstance(target, ast.Tuple | ast.List):
            found = items_of(value) if not isinstance(value, BatchLoader) else None
            fits = found is not None and len(found) == len(target.elts)
            for place, part in enumerate(target.elts):
                self.assign(part, found[place] if found is not None and fits else UNKNOWN, scope)
        elif isinstance(target, ast.Attribute):
            self._set_attribute(target, value, scope)
        elif isinstance(target, ast.Subscript):
            owner, index = self.value(target.value, scope), self.index(target.slice, scope)
            set_item(owner, index, value, ScriptCall(self, [], {}, target))

    def _set_attribute(self, target: ast.Attribute, value: object, scope: Scope) -> None:
        owner = self.value(target.value, scope)
        if isinstance(owner, ScriptModule):
            owner.attributes[target.attr] = value
        elif isinstance(owner, ScriptArray) and target.attr == "data":
            if not isinstance(value, ScriptArray):
                raise NotUnderstoodError("its numbers are not known")
            data, own = value.tensor, owner.tensor
            if tuple(data.shape) != tuple(own.shape):
                raise NotUnderstoodError(f"it has the shape {tuple(data.shape)} in the place of {tuple(own.shape)}")
            owner.data = data.to(own.dtype).clone()
        elif isinstance(owner, ScriptArray) and target.attr == "requires_grad":
            owner.frozen = value is False
            owner.learned = owner.learned or value is True
        elif isinstance(owner, ScriptArray) and target.attr == "grad":
            self.state.training.clears = True

    def _changed(self, node: ast.AugAssign, scope: Scope) -> None:
        target: Any = node.target
        before, value = self.value(target, scope), self.value(node.value, scope)
        if isinstance(value, ParameterGradient) and isinstance(before, ScriptArray) and isinstance(node.op, ast.Sub):
            self.by_hand(value, node.lineno)
            return
        if isinstance(before, ScriptArray) and before.learned and isinstance(value, int | float | ScriptArray):
            found = binary(node.op, ScriptArray(before.data), value, ScriptCall(self, [], {}, node))
            if isinstance(found, ScriptArray):
                before.data = found.data
            return
        self.assign(target, binary(node.op, before, value, ScriptCall(self, [], {}, node)), scope)

    def by_hand(self, gradient: ParameterGradient, line: int) -> None:
        """Follow an update that the script writes out: a parameter less a multiple of its gradient."""
        from chainrule.catalog.arguments import Choice  # noqa: PLC0415
        from chainrule.explain.code.reading.values import ScriptOptimizer  # noqa: PLC0415

        training = self.state.training
        if training.stepped is None:
            choice = Choice("SGD", {"lr": gradient.factor})
            training.stepped = ScriptOptimizer(choice, [([], {})], line)
        parameters, _ = training.stepped.groups[0]
        parameters.append(gradient.parameter)

    # ------------------------------------------------------------------------------------------------ what branches

    def _done(self, node: ast.expr, scope: Scope) -> None:
        if isinstance(node, ast.Yield) and self.generators:
            raise YieldedError(None if node.value is None else self.value(node.value, scope))
        if not isinstance(node, ast.Constant):
            self.value(node, scope)

    def _return(self, node: ast.Return, scope: Scope) -> None:
        raise ReturnedError(None if node.value is None else self.value(node.value, scope))

    def _end_loop(self, node: ast.stmt, scope: Scope) -> None:
        raise LoopEndedError(goes_on=isinstance(node, ast.Continue))

    def _if(self, node: ast.If, scope: Scope) -> None:
        if ast.unparse(node.test) in ("__name__ == '__main__'", "'__main__' == __name__"):
            self.run(node.body, scope)
            return
        test = self.value(node.test, scope)
        if test is None or isinstance(test, bool | int | float | str | list | tuple | dict):
            self.run(node.body if test else node.orelse, scope)
        elif isinstance(test, ScriptModule | Signal | ScriptArray | BatchLoader):
            self.run(node.body, scope)
        else:
            self._uncertain(node, scope)

    def _uncertain(self, node: ast.If, scope: Scope) -> None:
        """Follow a condition that only training tells: prints are left out, an update each so often is taken."""
        called = _called(node)
        if not called & (_CHANGES | self.training_functions) and "param_groups" not in ast.unparse(node):
            for each in ast.walk(node):
                if isinstance(each, ast.Call):
                    self.state.findings.leave_out(each.lineno)
            return
        every = self._every(node.test, scope)
        if every is not None and "step" in called and "backward" not in called:
            self.state.training.accumulate = every
        else:
            text = f"whether {quote(ast.unparse(node.test))} only training tells; what follows was taken as if it were"
            self.state.findings.add(node.lineno, text)
        self.run(node.body, scope)

    def _every(self, test: ast.expr, scope: Scope) -> int | None:
        """Return the k of `(i + 1) % k == 0`."""
        if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.Or):
            return self._every(test.values[0], scope)
        if isinstance(test, ast.Compare) and isinstance(test.left, ast.BinOp) and isinstance(test.left.op, ast.Mod):
            count = self.value(test.left.right, scope)
            return count if isinstance(count, int) and count > 0 else None
        return None

    def _with(self, node: ast.With, scope: Scope) -> None:
        free = any(
            "no_grad" in ast.unparse(item.context_expr) or "inference" in ast.unparse(item) for item in node.items
        )
        for item in node.items:
            if item.optional_vars is not None:
                opened = self.value(item.context_expr, scope)
                self.assign(item.optional_vars, opened, scope)
        self.state.without_gradient += free
        try:
            self.run(node.body, scope)
        finally:
            self.state.without_gradient -= free

    def _while(self, node: ast.While, scope: Scope) -> None:
        if self._trains(node.body):
            self._once(node.body, scope, "epoch")
            return
        for _ in range(MOST_TURNS):
            if self.value(node.test, scope) is not True or not self._turn(node.body, scope):
                return

    def _for(self, node: ast.For, scope: Scope) -> None:
        gone_through = self.value(node.iter, scope)
        if isinstance(gone_through, tuple) and gone_through[:1] == ("enumerated",):
            self._batches(node, gone_through[1], scope, numbered=True)
        elif isinstance(gone_through, BatchLoader):
            self._batches(node, gone_through, scope, numbered=False)
        elif self._trains(node.body) or (self.generators and isinstance(gone_through, range)):
            index: object = UNKNOWN
            if isinstance(gone_through, range) and gone_through.start == 0 and gone_through.step > 0:
                index = LoopIndex(gone_through.stop, gone_through.step)
            self.assign(node.target, index, scope)
            self._once(node.body, scope, "epoch")
        else:
            self._each(node, gone_through, scope)

    def _each(self, node: ast.For, gone_through: object, scope: Scope) -> None:
        items = items_of(gone_through)
        if items is None:
            if not isinstance(gone_through, dict):
                self.assign(node.target, UNKNOWN, scope)
            self._turn(node.body, scope)
            return
        for item in items:
            self.assign(node.target, item, scope)
            if not self._turn(node.body, scope):
                break

    def _batches(self, node: ast.For, loader: BatchLoader, scope: Scope, *, numbered: bool) -> None:
        batch: object = tuple(loader.rows.arrays)
        if numbered:
            batch = (UNKNOWN, batch)
        if self._trains(node.body):
            self.state.training.batch_size = loader.batch_size
            self.state.training.shuffle = loader.shuffle
        self.assign(node.target, batch, scope)
        self._once(node.body, scope, "batch")

    def _once(self, body: list[ast.stmt], scope: Scope, kind: str) -> None:
        self.state.loops.append(kind)
        try:
            self._turn(body, scope)
        finally:
            self.state.loops.pop()

    def _turn(self, body: list[ast.stmt], scope: Scope) -> bool:
        """Follow a loop's body once; False where the loop ends there."""
        try:
            self.run(body, scope)
        except LoopEndedError as ended:
            return ended.goes_on
        return True

    def _trains(self, body: list[ast.stmt]) -> bool:
        names = set().union(*(_called(each) for each in body))
        return bool(names & (_TRAINS | self.training_functions))


def _called(node: ast.AST) -> set[str]:
    """Return the last names of all that is called somewhere in a node."""
    found = set()
    for each in ast.walk(node):
        if isinstance(each, ast.Call):
            function = each.func
            if isinstance(function, ast.Attribute | ast.Name):
                found.add(function.attr if isinstance(function, ast.Attribute) else function.id)
    return found
