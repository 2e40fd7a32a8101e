"""Calls: the operations of an iteration, each with the tensors that it works on, to be made again and again.

What a call is tells what a backend can do with it. A `functools.partial` and a `CopyOut` work on fixed tensors: a GPU
can replay them by itself. A `NumberCall` is handed a number as well, which is another one in each iteration. Any other
is Python code, which nothing looks into.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from torch import Tensor

BoundCall = Callable[[], object]


@dataclass(slots=True, eq=False)
class VaryingNumber:
    """A number that torch wants as one, such as `alpha`: `column` has that of each iteration, `value` the present.

    It `is_used` once a call is handed it.
    """

    value: float
    column: Sequence[float] = ()
    is_used: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class CopyOut:
    """A call of an operation that does not write where its results are wanted: each is made anew, and copied.

    `outs` are the places of results among all, None for the only one, and where they are copied to.
    """

    function: Any
    arguments: Sequence[Any]
    keywords: Mapping[str, Any]
    outs: tuple[tuple[int | None, Tensor], ...]

    def __call__(self) -> None:
        """Make it."""
        found = self.function(*self.arguments, **self.keywords)
        for place, out in self.outs:
            out.copy_(found if place is None else found[place])


@dataclass(frozen=True, slots=True, eq=False)
class NumberCall:
    """A call with `VaryingNumber`s among its arguments."""

    function: Callable[..., object]
    arguments: Sequence[Any]
    keywords: Mapping[str, Any]

    def __call__(self) -> None:
        """Make it with the present numbers."""
        self.function(*map(present, self.arguments), **{name: present(a) for name, a in self.keywords.items()})


def present(value: Any) -> Any:
    """Return the present number, where a value is one that varies; else the value."""
    return value.value if type(value) is VaryingNumber else value


def works_on_fixed_tensors(call: BoundCall) -> bool:
    """Return whether a call does the same each time, to the same tensors."""
    return isinstance(call, partial | CopyOut)


def is_torch_alone(call: BoundCall) -> bool:
    """Return whether a call is one of torch's, and no Python code."""
    return isinstance(call, partial | CopyOut | NumberCall)


def tensors_in(calls: Iterable[BoundCall]) -> Iterator[Tensor]:
    """Return the tensors that calls read and write; those that are looked up at each call are the plan's values."""
    for call in calls:
        if isinstance(call, partial):
            owner = getattr(call.func, "__self__", None)
            yield from _tensors((owner, call.args, tuple(call.keywords.values())))
        elif isinstance(call, NumberCall):
            owner = getattr(call.function, "__self__", None)
            yield from _tensors((owner, call.arguments, tuple(call.keywords.values())))
        elif isinstance(call, CopyOut):
            yield from _tensors((call.arguments, tuple(call.keywords.values()), tuple(out for _, out in call.outs)))


def _tensors(value: Any) -> Iterator[Tensor]:
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _tensors(item)
