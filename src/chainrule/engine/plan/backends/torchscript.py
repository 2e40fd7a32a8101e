"""TorchScript: torch's interpreter makes the same operations without Python in between.

For small tensors that takes half the time. What TorchScript cannot take is left as it is. torch calls it deprecated:
where it is gone, plans replay their calls.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import groupby
from typing import Any

import torch
from torch import Tensor

from chainrule.engine.plan.backends.backend import Backend, Iteration, IterationCalls, IterationRange, Runner
from chainrule.engine.plan.backends.replayed import ReplayedRunner
from chainrule.engine.plan.calls import BoundCall, CopyOut, NumberCall, VaryingNumber, is_torch_alone
from chainrule.engine.plan.torch_private import NotScriptableError, Script, can_record, script

# Fewer calls take less time by themselves than one of a function.
FEWEST_CALLS = 6
_INDENT = " " * 4
_LITERALS = (bool, int, float, type(None))


class TorchScript(Backend):
    """Ranges of iterations as one loop; where Python has to look at something in between, the calls before and after
    it as one function each.
    """

    name = "TorchScript"

    def is_available(self, device: torch.device) -> bool:
        """Return whether torch still has it; on a GPU it gains nothing."""
        return device.type == "cpu" and can_record() and script() is not None

    def runner(self, iteration: Iteration) -> Runner:
        """Return the loop, or what makes an iteration's functions and other calls."""
        recorded, known = iteration.recorded, script()
        if known is None:
            return ReplayedRunner(recorded)
        try:
            return ScriptedLoop(recorded, known)
        except NotScriptableError:
            return ReplayedRunner(recorded, partial(scripted, known=known))


class _Source:
    """The text of a function, and what its names stand for."""

    def __init__(self, known: Script) -> None:
        self._script = known
        self.tensors: list[Tensor] = []
        self.functions: dict[str, Any] = {}
        self.numbers: list[VaryingNumber] = []
        self._names: dict[int, str] = {}
        self._function_names: dict[Any, int] = {}

    def name(self, tensor: Tensor) -> str:
        if id(tensor) not in self._names:
            self._names[id(tensor)] = f"t{len(self.tensors)}"
            self.tensors.append(tensor)
        return self._names[id(tensor)]

    def lines(self, call: BoundCall) -> list[str]:
        """Return the lines of one call; raises `NotScriptableError`."""
        if isinstance(call, partial):
            return [self._called(self._function(call.func), call.args, call.keywords)]
        if isinstance(call, NumberCall):
            return [self._called(self._function(call.function), call.arguments, call.keywords)]
        if not isinstance(call, CopyOut):
            raise NotScriptableError(call)
        name = self._named(call.function.overloadpacket)
        found = f"found = {self._called(name, call.arguments, call.keywords)}"
        copies = [(out, "found" if place is None else f"found[{place}]") for place, out in call.outs]
        return [found, *(f"{self.name(out)}.copy_({part})" for out, part in copies)]

    def all_lines(self, calls: Iterable[BoundCall]) -> list[str]:
        """Return the lines of calls in a row; raises `NotScriptableError`."""
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
        if isinstance(value, VaryingNumber):
            if value not in self.numbers:
                self.numbers.append(value)
            return f"n{self.numbers.index(value)}"
        if type(value) not in _LITERALS:
            raise NotScriptableError(value)
        return repr(value) if value is None or math.isfinite(value) else f'float("{value}")'

    def filled(self, tensor: Tensor, value: str) -> str:
        """Return the line that puts a value into a tensor, or in its place where nothing else looks at its memory."""
        name, memory = self.name(tensor), tensor.untyped_storage().data_ptr()
        alone = sum(other.untyped_storage().data_ptr() == memory for other in self.tensors) == 1
        return f"{name} = {value}" if alone else f"{name}.copy_({value})"

    def compiled(self, parameters: Sequence[str], lines: Sequence[str]) -> Callable[..., object]:
        """Return the function of all tensors so far and of other parameters; raises `NotScriptableError`."""
        # One operation, however many there are; the last stands for nothing, as one name alone is not unpacked.
        unpacked = ", ".join([f"t{place}" for place in range(len(self.tensors))] + ["_"])
        body = [f"{unpacked} = tensors", *lines]
        head = f"def run({', '.join(['tensors: List[Tensor]', *parameters])}):\n"
        run = self._script.compiled(head + "".join(f"{_INDENT}{line}\n" for line in body), self.functions)
        return partial(run, self._script.as_list([*self.tensors, torch.empty(0)]))


def _indented(lines: Sequence[str]) -> list[str]:
    return [_INDENT + line for line in lines]


def scripted(calls: Sequence[BoundCall], known: Script) -> Iterator[BoundCall]:
    """Return the calls, with those of torch's alone that follow each other made one function."""
    for is_torch, run in groupby(calls, key=is_torch_alone):
        together = list(run)
        yield from _one(together, known) if is_torch and len(together) >= FEWEST_CALLS else together


def _one(calls: list[BoundCall], known: Script) -> list[BoundCall]:
    source = _Source(known)
    try:
        lines = source.all_lines(calls)
        run = source.compiled([f"n{place}: float" for place in range(len(source.numbers))], lines)
    except NotScriptableError:
        return calls
    numbers = source.numbers
    return [lambda: run(*[number.value for number in numbers])] if numbers else [run]


class ScriptedLoop:
    """Whole iterations in a row, each with its batch, its test where one is due, and what is kept of it."""

    def __init__(self, iteration: IterationCalls, known: Script) -> None:
        """Compile the loop; raises `NotScriptableError`."""
        source, lists = _Source(known), dict[str, Sequence[Tensor]]()
        lines = source.all_lines(iteration.calls)
        for place, feed in enumerate(iteration.feeds):
            name = f"feed{place}"
            lists[name] = feed.rows
            lines.insert(0, source.filled(feed.tensor, f"{name}[{'batch + i' if feed.by_batch else 'i'}]"))
        lines.append(f"rows[row + i].copy_({source.name(iteration.kept)})")
        lists["rows"] = iteration.rows
        if iteration.test is not None:
            test = iteration.test
            asked = [*source.all_lines(test.calls), f"losses[row + i].copy_({source.name(test.loss)})"]
            lines = ["if tested:", *_indented(asked), *lines]
            lists["losses"] = test.rows
        self._numbers = tuple(source.numbers)
        lines = [*(f"n{place} = numbers{place}[i]" for place in range(len(self._numbers))), *lines]
        parameters = [f"{name}: List[Tensor]" for name in lists]
        parameters += [f"numbers{place}: List[float]" for place in range(len(self._numbers))]
        parameters += ["batch: int", "row: int", "count: int", "tested: bool"]
        run = source.compiled(parameters, ["for i in range(count):", *_indented(lines)])
        self._run = partial(run, *map(known.as_list, lists.values()))

    def run(self, iterations: IterationRange) -> None:
        """Compute the iterations of a range."""
        columns = [list(number.column) for number in self._numbers]
        self._run(*columns, iterations.batch, iterations.row, iterations.count, iterations.tested)
