"""Steps as calls: each operation that a step makes, recorded once, and made again into the same memory.

A step that reads numbers which change, and does not say how (see `WithScalars`), is called as it is. All others are a
fixed list of operations on fixed tensors, so that views are made once, equal operations are made once, and results go
where they are wanted (`out=`). The operations are the trace's own, and so are the numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

import torch
from torch import Tensor

from chainrule.catalog.values.refs import ValueRef
from chainrule.engine.plan.calls import BoundCall, CopyOut, NumberCall, VaryingNumber, present
from chainrule.engine.plan.recording import RecordedOperation, record, storage
from chainrule.engine.plan.torch_private import COPIES, HOMES, READS_A_NUMBER
from chainrule.engine.program.steps import MicroStep

_aten = torch.ops.aten
# What these return depends on the shape alone of what they are given.
_FILLED = {_aten.ones_like.default, _aten.zeros_like.default, _aten.full_like.default}
_WITH_NUMBERS = {_aten.add.Tensor, _aten.sub.Tensor, _aten.mul.Tensor, _aten.div.Tensor}


class RecordedCalls:
    """The calls of some steps, in order. `values` are the tensors of what they read, and then of what they write.

    `fixed` are the refs whose numbers never change. A result goes to the memory that `targets` has for its ref, unless
    that still holds what a later step reads: then it is moved there at the end, by `last`. What `replaced` has for it
    holds the value before. `varying` are numbers that change from iteration to iteration, by the value that stands for
    them in what is recorded.
    """

    def __init__(
        self,
        values: dict[ValueRef, Tensor],
        fixed: Iterable[ValueRef],
        targets: Mapping[ValueRef, Tensor],
        replaced: Mapping[ValueRef, Tensor],
        varying: Mapping[float, VaryingNumber] | None = None,
    ) -> None:
        self.values = values
        self.calls: list[BoundCall] = []
        self.last: list[BoundCall] = []
        self._varying = varying or {}
        self._targets, self._replaced = {**targets, **replaced}, frozenset(replaced)
        self._fixed = {id(values[ref]) for ref in fixed if ref in values}
        # By the id of a recorded tensor: the tensor that holds its numbers when the calls are made.
        self._actual: dict[int, Tensor] = {}
        self._late: dict[int, ValueRef] = {}
        self._equal: dict[object, Tensor] = {}
        # Ids are those of tensors that live.
        self._kept: list[object] = [dict(values)]

    def add(self, step: MicroStep, free: bool, settled: bool = False) -> None:
        """Add a step; `free` says that no later step reads what its target holds now.

        It is called as it is where it has to be, unless it is to be `settled`: it then reads copies, which stay where
        they are, of what is made anew each time.
        """
        if settled:
            self._settle(step.reads)
        reads = [self.values[ref] for ref in step.reads]
        operations, result = record(step.compute, reads)
        self._kept += [operations, result]
        target = self._targets.get(step.writes)
        if self._is_dynamic(operations) or id(result) in self._late:
            self._call_as_it_is(step, result)
            if target is not None:
                self.last.append(_late(target.copy_, [step.writes], {}, self.values))
            return
        self._mutated = {storage(op.arguments[0]) for op in operations if op.mutates}
        landing = target if target is not None and self._lands(operations, result, target, free) else None
        for operation in operations:
            self._lower(operation, landing if operation.result is result else None)
        found = self._now(result)
        if target is not None and landing is None:
            if free:
                self.emit(partial(target.copy_, found))
                found = target
            else:
                self.last.append(partial(target.copy_, found))
        if step.writes in self._replaced:
            # What was computed from the old value is not what the same operation gives for the new one.
            self._equal.clear()
        self.values[step.writes] = found
        self._kept.append(found)

    def _settle(self, reads: Iterable[ValueRef]) -> None:
        """Copy what is made anew each time to tensors that stay."""
        for ref in reads:
            if id(self.values[ref]) in self._late:
                settled = self.values[ref].clone()
                self.emit(_late(settled.copy_, [ref], {}, self.values))
                self.values[ref] = settled
                self._kept.append(settled)

    def _is_dynamic(self, operations: list[RecordedOperation]) -> bool:
        """Return whether they go through numbers that change, or look at a value that is made anew each time."""
        for op in operations:
            if op.function in READS_A_NUMBER and not all(id(tensor) in self._fixed for tensor in op.tensors()):
                return True
            if op.is_view and any(id(tensor) in self._late for tensor in op.tensors()):
                return True
        return False

    def _call_as_it_is(self, step: MicroStep, result: Tensor) -> None:
        values, compute, writes, reads = self.values, step.compute, step.writes, step.reads

        def call() -> None:
            values[writes] = compute(*[values[ref] for ref in reads])

        self.calls.append(call)
        # A tensor of its own: the step may hand on what it read, or a number that others share.
        values[writes] = result.clone()
        self._late[id(values[writes])] = writes
        self._kept.append(values[writes])

    def _lands(self, operations: list[RecordedOperation], result: Tensor, target: Tensor, free: bool) -> bool:
        """Return whether the operation that makes the result can write to the target at once."""
        made = [index for index, op in enumerate(operations) if op.result is result and not op.mutates]
        if not made or operations[made[0]].is_view or not free:
            return False
        first, memory = operations[made[0]], storage(target)

        def shares(op: RecordedOperation) -> bool:
            now = [self._actual.get(id(tensor), tensor) for tensor in op.tensors()]
            return any(storage(t) == memory and _overlap(t, target) for t in now)

        if shares(first) and torch.Tag.pointwise not in first.function.tags:
            return False
        return not any(shares(op) for op in operations[made[0] + 1 :])

    def _lower(self, op: RecordedOperation, landing: Tensor | None) -> None:
        if op.function in READS_A_NUMBER:
            return
        arguments, keywords = self._mapped(op)
        if op.is_view:
            self._actual[id(op.result)] = op.function(*arguments, **keywords)
            self._kept.append(self._actual[id(op.result)])
            self._pass_on_fixed(op)
        elif op.mutates:
            self.emit(self._bound(getattr(arguments[0], op.name), arguments[1:], keywords))
            self._actual[id(op.result)] = arguments[0]
        elif not isinstance(op.result, Tensor):
            self._emit_parts(op, arguments, keywords)
        else:
            self._lower_result(op, arguments, keywords, landing)

    def _lower_result(
        self, op: RecordedOperation, arguments: list[Any], keywords: dict[str, Any], landing: Tensor | None
    ) -> None:
        changes = storage(op.result) in self._mutated
        key = None if changes or landing is not None else self._key(op, arguments, keywords)
        if key is not None and key in self._equal:
            self._stand_in(op, self._equal[key])
            return
        if not changes and landing is None:
            if op.function in _FILLED or self._only_fixed(op):
                self._fixed.add(id(op.result))
                return
            if op.function is _aten.mul.Tensor and (factor := self._times_one(op, arguments)) is not None:
                self._stand_in(op, factor)
                return
        out = op.result if landing is None else landing
        if landing is not None:
            self._stand_in(op, landing)
        if op.function in COPIES:
            self.emit(self._bound(out.copy_, arguments[:1], {}))
        else:
            self.emit(self._into(op, arguments, keywords, out))
        if key is not None:
            self._equal[key] = out

    def _stand_in(self, op: RecordedOperation, actual: Tensor) -> None:
        self._actual[id(op.result)] = actual
        self._kept.append(actual)

    def emit(self, call: BoundCall) -> None:
        """Add a call."""
        self.calls.append(call)

    def _emit_parts(self, op: RecordedOperation, arguments: list[Any], keywords: dict[str, Any]) -> None:
        """Add the call of an operation with several results, such as log_sigmoid_forward."""
        parts = ((place, part) for place, part in enumerate(op.result) if isinstance(part, Tensor))
        self.emit(CopyOut(op.function, arguments, keywords, tuple(parts)))

    def _mapped(self, op: RecordedOperation) -> tuple[list[Any], dict[str, Any]]:
        return [self._now(a) for a in op.arguments], {name: self._now(a) for name, a in op.keywords.items()}

    def _now(self, value: Any) -> Any:
        if isinstance(value, list | tuple):
            return type(value)(self._now(item) for item in value)
        if type(value) is float and value in self._varying:
            self._varying[value].is_used = True
            return self._varying[value]
        return self._actual.get(id(value), value) if isinstance(value, Tensor) else value

    def _pass_on_fixed(self, op: RecordedOperation) -> None:
        if self._only_fixed(op):
            self._fixed |= {id(op.result), id(self._actual[id(op.result)])}

    def _only_fixed(self, op: RecordedOperation) -> bool:
        return all(id(tensor) in self._fixed for tensor in op.tensors())

    def _times_one(self, op: RecordedOperation, arguments: list[Any]) -> Tensor | None:
        """Return the other factor, where one is 1 everywhere."""
        for one, other in (arguments, reversed(arguments)):
            if not (isinstance(one, Tensor) and isinstance(other, Tensor) and id(one) in self._fixed):
                continue
            if id(other) not in self._late and _alike(other, op.result) and bool((one == 1).all()):
                return other
        return None

    def _key(self, op: RecordedOperation, arguments: list[Any], keywords: dict[str, Any]) -> object | None:
        """Return what is equal for operations that give the same; None where an argument is made anew, or changes."""
        tensors = [value for value in (*arguments, *keywords.values()) if isinstance(value, Tensor)]
        if any(id(t) in self._late or storage(t) in self._mutated for t in tensors):
            return None
        names = tuple(sorted(keywords))
        return (
            op.function,
            tuple(map(_identity, arguments)),
            names,
            tuple(_identity(keywords[name]) for name in names),
        )

    def _into(self, op: RecordedOperation, arguments: list[Any], keywords: dict[str, Any], out: Tensor) -> BoundCall:
        """Return the operation as a call that writes to `out`."""
        function, arguments = _quicker(op, arguments, out)
        for home in HOMES:
            function = function or getattr(home, op.name, None)
            if function is not None:
                try:
                    function(*map(present, arguments), **{k: present(a) for k, a in keywords.items()}, out=out)
                except (TypeError, RuntimeError):
                    function = None
                    continue
                return self._bound(function, arguments, {**keywords, "out": out})
        places = [(place, self._late[id(a)]) for place, a in enumerate(arguments) if id(a) in self._late]
        if not places and not _varies(arguments, keywords):
            return CopyOut(op.function, arguments, keywords, ((None, out),))
        values, whole, current = self.values, op.function, list(arguments)

        def call() -> None:
            for place, ref in places:
                current[place] = values[ref]
            out.copy_(whole(*map(present, current), **{name: present(a) for name, a in keywords.items()}))

        return call

    def _bound(self, function: Callable[..., Any], arguments: list[Any], keywords: dict[str, Any]) -> BoundCall:
        """Return the function with its arguments; those that are made anew are looked up at each call."""
        marked = [self._late.get(id(a), a) if isinstance(a, Tensor) else a for a in arguments]
        if all(new is old for new, old in zip(marked, arguments, strict=True)):
            if _varies(arguments, keywords):
                return NumberCall(function, arguments, keywords)
            return partial(function, *arguments, **keywords)
        places = [place for place, a in enumerate(arguments) if isinstance(a, Tensor) and id(a) in self._late]
        return _late(function, marked, keywords, self.values, places)


def _quicker(op: RecordedOperation, arguments: list[Any], out: Tensor) -> tuple[Callable[..., Any] | None, list[Any]]:
    """Return the same computation by a shorter way, or None where there is none.

    torch makes a tensor of each Python number at each call, which takes longer than the arithmetic; `sum` and `relu`
    take `out` only under another name, and the square is a product.
    """
    function = op.function
    if function is _aten.pow.Tensor_Scalar and arguments[1] == 2:  # noqa: PLR2004
        return torch.mul, [arguments[0], arguments[0]]
    if function is _aten.sum.default:
        return torch.sum, [arguments[0], list(range(arguments[0].dim()))]
    if function is _aten.relu.default:
        return torch.clamp_min, [arguments[0], 0]
    if function is _aten.rsub.Scalar and len(arguments) == 2:  # noqa: PLR2004
        return torch.sub, [torch.tensor(arguments[1], dtype=out.dtype), arguments[0]]
    if function in _WITH_NUMBERS and len(arguments) == 2 and isinstance(arguments[1], int | float):  # noqa: PLR2004
        return None, [arguments[0], torch.tensor(arguments[1], dtype=out.dtype)]
    return None, arguments


def _late(
    function: Callable[..., Any],
    arguments: list[Any],
    keywords: dict[str, Any],
    values: Mapping[ValueRef, Tensor],
    places: list[int] | None = None,
) -> BoundCall:
    """Return a call that looks up, each time, the arguments that are refs: those at `places`, or all."""
    looked_up = [(place, arguments[place]) for place in (range(len(arguments)) if places is None else places)]
    current = list(arguments)

    def call() -> None:
        for place, ref in looked_up:
            current[place] = values[ref]
        function(*map(present, current), **{name: present(a) for name, a in keywords.items()})

    return call


def _varies(arguments: list[Any], keywords: dict[str, Any]) -> bool:
    return any(type(a) is VaryingNumber for a in (*arguments, *keywords.values()))


def _overlap(a: Tensor, b: Tensor) -> bool:
    """Return whether two tensors of one storage share an element, as far as their outermost elements tell."""

    def ends(tensor: Tensor) -> tuple[int, int]:
        first = int(tensor.storage_offset())
        return first, first + sum((n - 1) * int(s) for n, s in zip(tensor.shape, tensor.stride(), strict=True)) + 1

    (a_first, a_end), (b_first, b_end) = ends(a), ends(b)
    return a_first < b_end and b_first < a_end


def _alike(a: Tensor, b: Tensor) -> bool:
    return a.shape == b.shape and a.dtype == b.dtype


def _identity(value: Any) -> object:
    if isinstance(value, Tensor):
        return ("tensor", id(value))
    if isinstance(value, list | tuple):
        return tuple(map(_identity, value))
    return (type(value), value)
