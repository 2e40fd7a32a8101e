"""Calls as one TorchScript function: torch's interpreter makes the same operations without Python in between.

For small tensors that takes half the time. What TorchScript cannot take is left as it is.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence, Set
from functools import partial
from itertools import groupby
from typing import Any

import torch
from torch import Tensor

from chainrule.engine.plan.tape import Call, Copied

# Fewer calls take less time by themselves than one of a function.
WORTHWHILE = 6
_INDENT = " " * 4
_LITERALS = (bool, int, float, type(None))


class NotScriptableError(Exception):
    """A call that TorchScript has no words for."""


class _Source:
    """The text of a function, and what its names stand for."""

    def __init__(self) -> None:
        self.tensors: list[Tensor] = []
        self.functions: dict[str, Any] = {}
        self._names: dict[int, str] = {}
        self._function_names: dict[Any, int] = {}

    def name(self, tensor: Tensor) -> str:
        if id(tensor) not in self._names:
            self._names[id(tensor)] = f"t{len(self.tensors)}"
            self.tensors.append(tensor)
        return self._names[id(tensor)]

    def lines(self, call: Call) -> list[str]:
        """Return one call; raise `NotScriptableError`."""
        if isinstance(call, partial):
            return [self._called(self._function(call.func), call.args, call.keywords)]
        if not isinstance(call, Copied):
            raise NotScriptableError(call)
        name = self._named(call.function.overloadpacket)
        found = f"found = {self._called(name, call.arguments, call.keywords)}"
        copies = [(out, "found" if place is None else f"found[{place}]") for place, out in call.outs]
        return [found, *(f"{self.name(out)}.copy_({part})" for out, part in copies)]

    def all_lines(self, calls: Iterable[Call]) -> list[str]:
        """Return calls in a row; raise `NotScriptableError`."""
        return [line for call in calls for line in self.lines(call)]

    def _called(self, name: str, arguments: Iterable[Any], keywords: Mapping[str, Any]) -> str:
        given = [self._argument(a) for a in arguments]
        given += [f"{key}={self._argument(a)}" for key, a in keywords.items()]
        return f"{name}({', '.join(given)})"

    def _function(self, function: Any) -> str:
        owner = getattr(function, "__self__", None)
        if isinstance(owner, Tensor):
            return f"{self.name(owner)}.{function.__name__}"
        return self._named(function)

    def _named(self, function: Any) -> str:
        """Return a name for a function of torch's; the same function has one alone."""
        name = f"f{self._function_names.setdefault(function, len(self._function_names))}"
        self.functions[name] = function
        return name

    def _argument(self, value: Any) -> str:
        if isinstance(value, Tensor):
            return self.name(value)
        if isinstance(value, list | tuple):
            return f"[{', '.join(map(self._argument, value))}]"
        if type(value) not in _LITERALS:
            raise NotScriptableError(value)
        return repr(value) if value is None or math.isfinite(value) else f'float("{value}")'

    def filled(self, tensor: Tensor, value: str) -> str:
        """Return a value's numbers put into a tensor,
        or the value in its place where nothing else looks at its memory.
        """
        name, memory = self.name(tensor), tensor.untyped_storage().data_ptr()
        alone = sum(other.untyped_storage().data_ptr() == memory for other in self.tensors) == 1
        return f"{name} = {value}" if alone else f"{name}.copy_({value})"

    def compiled(self, parameters: str, lines: Sequence[str]) -> Any:
        """Return the function of all tensors so far, as a list, and of other parameters; raise `NotScriptableError`."""
        # One operation, however many there are; the last stands for nothing, as one name alone is not unpacked.
        unpacked = ", ".join([f"t{place}" for place in range(len(self.tensors))] + ["_"])
        body = [f"{unpacked} = tensors", *lines]
        text = f"def run(tensors: List[Tensor], {parameters}):\n" + "".join(f"{_INDENT}{line}\n" for line in body)
        unit = torch.jit.CompilationUnit()
        try:
            unit.define(text, self.functions.get)
        except RuntimeError as error:
            raise NotScriptableError(text) from error
        return partial(unit.run, torch._C.ScriptList([*self.tensors, torch.empty(0)]))


def _indented(lines: Sequence[str]) -> list[str]:
    return [_INDENT + line for line in lines]


def scripted(calls: Sequence[Call], static: Set[Call]) -> tuple[Call, ...]:
    """Return the calls, with those of `static` that follow each other made one function."""
    found: list[Call] = []
    for is_static, run in groupby(calls, key=lambda call: call in static):
        together = list(run)
        found += _one(together) if is_static and len(together) >= WORTHWHILE else together
    return tuple(found)


def _one(calls: list[Call]) -> list[Call]:
    source = _Source()
    try:
        lines = source.all_lines(calls)
        return [source.compiled("", lines)]
    except NotScriptableError:
        return calls


class Loop:
    """Whole iterations in a row, each with its batch, its test where one is due, and what is kept of it."""

    def __init__(
        self,
        calls: Sequence[Call],
        batch: Sequence[tuple[Tensor, Sequence[Tensor]]],
        kept: tuple[Tensor, Sequence[Tensor]],
        test: tuple[Sequence[Call], Tensor, Sequence[Tensor]] | None,
    ) -> None:
        """Write the script, or raise `NotScriptableError`.

        `batch` are the tensors that the calls read, and what is copied to each, by the place in the epoch. `kept` is
        what is kept of an iteration, and where, by its place in the stretch; `test` are the calls, the loss, and where
        it is kept.
        """
        source = _Source()
        lines = source.all_lines(calls)
        lines = [source.filled(read, f"batch{n}[first + i]") for n, (read, _) in enumerate(batch)] + lines
        lines.append(f"rows[at + i].copy_({source.name(kept[0])})")
        lists = {f"batch{n}": rows for n, (_, rows) in enumerate(batch)} | {"rows": kept[1]}
        if test is not None:
            tests, loss, losses = test
            asked = [*source.all_lines(tests), f"losses[at + i].copy_({source.name(loss)})"]
            lines = ["if tested:", *_indented(asked), *lines]
            lists["losses"] = losses
        parameters = [f"{name}: List[Tensor]" for name in lists]
        parameters += ["first: int", "at: int", "count: int", "tested: bool"]
        run = source.compiled(", ".join(parameters), ["for i in range(count):", *_indented(lines)])
        self._run = partial(run, *(torch._C.ScriptList(list(tensors)) for tensors in lists.values()))

    def run(self, first: int, at: int, count: int, tested: bool) -> None:
        """Run so many iterations, from the batch at place `first` of the epoch,
        and the one at `at` in the stretch on.
        """
        self._run(first, at, count, tested)
